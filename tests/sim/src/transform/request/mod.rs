//! The caller's parameters in the structs of the release, read into one form.

mod composite;

use std::ffi::c_void;

use nvbufsurface_sys::classic;

use super::geometry::{Filter, Flip, Rect};
use super::{Failure, fail};
use crate::functions::Function;
use crate::release;
pub(super) use composite::{Composite, blend, blend_ex, composite};

/// An expression with a module name bound to the types of the release's family.
macro_rules! in_family {
    ($module:ident => $value:expr) => {
        match crate::release::current().family() {
            crate::nvbuf::layout::Family::Classic => {
                use nvbufsurface_sys::classic as $module;
                $value
            }
            crate::nvbuf::layout::Family::Extended => {
                use nvbufsurface_sys::extended as $module;
                $value
            }
        }
    };
}
pub(super) use in_family;

/// Reads a struct of the caller; `None` for NULL.
///
/// # Safety
///
/// `params` is null or points to a `T`.
unsafe fn read<T: Copy>(params: *const c_void) -> Option<T> {
    // SAFETY: by this function's contract.
    unsafe { params.cast::<T>().as_ref() }.copied()
}

/// An array of rectangles of the caller, or NULL.
///
/// # Invariants
///
/// If not null, `list` has as many `NvBufSurfTransformRect` of the family as there are buffers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rects {
    list: *const c_void,
}

impl Rects {
    /// One of them.
    ///
    /// # Safety
    ///
    /// By the invariant the index has to be that of a buffer of the call.
    pub(super) unsafe fn at(self, function: Function, index: u32) -> Result<Rect, Failure> {
        if self.list.is_null() {
            fail!(function, Params, "the rectangles are NULL");
        }
        Ok(in_family!(family => {
            let place = self.list.cast::<family::NvBufSurfTransformRect>();
            let place = place.wrapping_add(index as usize);
            // SAFETY: in the list by this function's contract.
            let rect = unsafe { place.read() };
            Rect { left: rect.left, top: rect.top, width: rect.width, height: rect.height }
        }))
    }
}

/// A transform.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transform {
    pub(super) from: Option<Rects>,
    pub(super) to: Option<Rects>,
    pub(super) flip: Flip,
    pub(super) filter: Filter,
    pub(super) odd: bool,
}

const FLAGS: u32 = classic::NVBUFSURF_TRANSFORM_CROP_SRC
    | classic::NVBUFSURF_TRANSFORM_CROP_DST
    | classic::NVBUFSURF_TRANSFORM_FILTER
    | classic::NVBUFSURF_TRANSFORM_FLIP;

/// `NvBufSurfTransformParams`
///
/// # Safety
///
/// `params` is null or points to one of the family.
pub(super) unsafe fn transform(
    function: Function,
    params: *const c_void,
) -> Result<Transform, Failure> {
    let release = release::current();
    let found = in_family!(family => {
        // SAFETY: by this function's contract.
        let params = unsafe { read::<family::NvBufSurfTransformParams>(params) };
        params.map(|p| (
            [p.transform_flag, p.transform_flip, p.transform_filter],
            Rects { list: p.src_rect.cast() },
            Rects { list: p.dst_rect.cast() },
        ))
    });
    let Some(([flags, flip, filter], from, to)) = found else {
        fail!(function, Params, "the parameters are NULL")
    };
    let odd = if release.allows_odd_crop() {
        classic::NVBUFSURF_TRANSFORM_ALLOW_ODD_CROP
    } else {
        0
    };
    let normalize = classic::NVBUFSURF_TRANSFORM_NORMALIZE;
    if release.has_composite_filter() && flags & normalize != 0 {
        crate::log::unsupported(format_args!("{function:?} with NORMALIZE"));
        return Err(Failure::Unsupported);
    }
    if flags & !(FLAGS | odd) != 0 {
        fail!(function, Params, "transform_flag is {flags:#x}");
    }
    let has = |flag| flags & flag != 0;
    Ok(Transform {
        from: has(classic::NVBUFSURF_TRANSFORM_CROP_SRC).then_some(from),
        to: has(classic::NVBUFSURF_TRANSFORM_CROP_DST).then_some(to),
        flip: if has(classic::NVBUFSURF_TRANSFORM_FLIP) {
            Flip::of(function, flip)?
        } else {
            Flip::None
        },
        filter: if has(classic::NVBUFSURF_TRANSFORM_FILTER) {
            Filter::of(function, filter)?
        } else {
            Filter::Nearest
        },
        odd: has(odd),
    })
}
