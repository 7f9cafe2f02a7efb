//! The cases, one file for each area.
#![forbid(unsafe_code)]

mod allocate;
mod allocate_planes;
mod batch;
mod blend;
mod block_linear;
mod composite;
mod convert;
mod copy;
mod cuda;
mod cuda_buffer;
mod descriptor_copies;
mod dmabuf;
mod egl_frame;
mod egl_image;
mod errors;
mod format;
mod legacy_create;
mod legacy_egl;
mod legacy_fd;
mod legacy_map;
mod legacy_raw;
mod legacy_transform;
mod library;
mod map;
mod memory;
mod raw;
mod registration;
mod registration_context;
mod session;
mod share;
mod stream_order;
mod sync;
mod transform;

use crate::case::{Case, Need};
use crate::runner::DESCRIPTION;

/// In the order of the reports.
const AREAS: &[&[Case]] = &[
    library::CASES,
    allocate::CASES,
    allocate_planes::CASES,
    format::CASES,
    block_linear::CASES,
    batch::CASES,
    memory::CASES,
    map::CASES,
    sync::CASES,
    descriptor_copies::CASES,
    dmabuf::CASES,
    copy::CASES,
    raw::CASES,
    share::CASES,
    cuda::CASES,
    stream_order::CASES,
    egl_image::CASES,
    registration::CASES,
    registration_context::CASES,
    egl_frame::CASES,
    cuda_buffer::CASES,
    transform::CASES,
    convert::CASES,
    session::CASES,
    composite::CASES,
    blend::CASES,
    errors::CASES,
    legacy_create::CASES,
    legacy_fd::CASES,
    legacy_map::CASES,
    legacy_raw::CASES,
    legacy_egl::CASES,
    legacy_transform::CASES,
];

/// Parts of others, in processes of their own.
const PARTS: &[&Case] = &[&DESCRIPTION, &share::IMPORTER];

/// All cases.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    AREAS.iter().flat_map(|area| area.iter())
}

/// A case, or a part of one, by its name.
pub(crate) fn find(name: &str) -> Option<&'static Case> {
    let mut cases = all().chain(PARTS.iter().copied());
    cases.find(|case| case.name == name)
}

/// What nearly all cases need.
const SURFACE: &[Need] = &[Need::Surface("NvBufSurfaceCreate")];
const LEGACY: &[Need] = &[Need::Legacy("NvBufferCreate")];
const CUDA: &[Need] = &[Need::Cuda(c"cuInit")];
const SURFACE_CUDA: &[Need] = &[
    Need::Surface("NvBufSurfaceCreate"),
    Need::Cuda(c"cuGraphicsEGLRegisterImage"),
];
const TRANSFORM: &[Need] = &[
    Need::Surface("NvBufSurfaceCreate"),
    Need::Transform("NvBufSurfTransform"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::all;

    #[test]
    fn names_are_unique_and_of_one_form() {
        let names: Vec<_> = all().map(|case| case.name).collect();
        let unique: BTreeSet<_> = names.iter().collect();
        assert_eq!(names.len(), unique.len());
        for name in names {
            let form = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            assert!(name.contains('.') && name.chars().all(form), "{name}");
        }
    }

    #[test]
    fn every_case_says_what_it_is_and_where_that_is_from() {
        for case in all() {
            assert!(
                case.what.ends_with('.') && case.what.len() > 10,
                "{}",
                case.name
            );
            assert!(
                !case.source.is_empty() && !case.source.contains(".md"),
                "{}",
                case.name
            );
        }
    }
}
