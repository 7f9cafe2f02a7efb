//! Which formats this platform has surfaces of.

#![forbid(unsafe_code)]

use nvbuf::ColorFormat;
use nvbuf::sys::{LegacyLibrary, Library, Numbering, Release, TransformLibrary};

use crate::memory::Form;
use crate::memory::form::has_legacy_format;

/// Formats are only ever appended, so the first number that came with a release says since when the ones
/// behind it are there (the published headers of L4T and of DeepStream).
const SINCE: [(u32, Release, Release); 7] = [
    (37, Release::L4t(32, 4, 3), Release::DeepStream(5, 0, 0)),
    (42, Release::L4t(32, 5, 0), Release::DeepStream(6, 0, 0)),
    (47, Release::L4t(34, 1, 0), Release::DeepStream(6, 1, 0)),
    (71, Release::L4t(35, 4, 1), Release::DeepStream(6, 3, 0)),
    (88, Release::L4t(36, 2, 0), Release::DeepStream(7, 1, 0)),
    (89, Release::L4t(36, 3, 0), Release::DeepStream(7, 1, 0)),
    (92, Release::L4t(36, 4, 0), Release::DeepStream(7, 1, 0)),
];

/// Whether this platform's libraries have a number for a format, so that a pool can make surfaces of it that
/// map to this form. R32 has no NV16, NV24 and GRAY16_LE, and as `nv_buffer` of RGB only RGBA, BGRx and BGRA.
///
/// Yes where nothing is known: then the library says it when a surface is made.
pub fn is_allocatable(format: ColorFormat, form: Form) -> bool {
    let release = Library::get().ok().and_then(release);
    is_of(format, release) && (form == Form::Surface || has_legacy_format(format))
}

/// That of this machine, or the last one that its libraries can be of, where they tell.
fn release(library: &Library) -> Option<Release> {
    library.release().or_else(|| {
        if library.functions().allocate.is_none() {
            let numbering = LegacyLibrary::get().ok().map(LegacyLibrary::numbering);
            return Some(match numbering {
                Some(old) if old <= Numbering::R32_3 => Release::L4t(32, 3, 1),
                Some(Numbering::R32_4) => Release::L4t(32, 4, 4),
                _ => Release::L4t(32, 7, 6),
            });
        }
        let transform = TransformLibrary::get().ok()?;
        let is_old = transform.functions().sync_obj_from_file.is_none();
        is_old.then_some(Release::L4t(36, 2, 0))
    })
}

fn is_of(format: ColorFormat, release: Option<Release>) -> bool {
    let newest = SINCE.iter().rev().find(|(first, ..)| *first <= format.0);
    newest.is_none_or(|(_, l4t, deepstream)| match release {
        Some(release @ Release::L4t(..)) => release >= *l4t,
        Some(release @ Release::DeepStream(..)) => release >= *deepstream,
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_there_since_their_release() {
        use ColorFormat as F;
        let l4t = |major, minor, patch| Some(Release::L4t(major, minor, patch));
        for (format, release, is_there) in [
            (F::RGBA, l4t(32, 1, 0), true),
            (F::YUV422, l4t(32, 4, 3), false),
            (F::YUV422, l4t(32, 7, 6), true),
            (F::NV16, l4t(32, 7, 6), false),
            (F::NV24, l4t(34, 1, 0), true),
            (F::NV24, Some(Release::DeepStream(6, 0, 0)), false),
            (F::NV24, Some(Release::DeepStream(6, 1, 0)), true),
            (F::GRAY16_LE, l4t(36, 3, 0), false),
            (F::GRAY16_LE, l4t(36, 4, 0), true),
            (F::GRAY16_LE, None, true),
        ] {
            assert_eq!(is_of(format, release), is_there, "{format} {release:?}");
        }
    }
}
