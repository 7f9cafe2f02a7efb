//! The caller's parameters in the structs of the release, read into one form.

use std::ffi::c_void;

use nvbufsurface_sys::{classic, composite24};

use super::geometry::{Filter, Flip, Rect};
use super::{Failure, fail};
use crate::functions::Function;
use crate::nvbuf::layout::Family;
use crate::release;

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

/// A composition, and a blend of several surfaces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Composite {
    pub(super) count: u32,
    pub(super) from: Rects,
    pub(super) to: Rects,
    pub(super) filter: Filter,
    /// A filter and an alpha for each source, or NULL.
    pub(super) filters: *const u32,
    pub(super) alphas: *const f32,
    pub(super) background: Option<[f64; 4]>,
}

/// `NvBufSurfTransformCompositeParams` in its three forms.
///
/// # Safety
///
/// `params` is null or points to one of the release.
pub(super) unsafe fn composite(
    function: Function,
    params: *const c_void,
) -> Result<Composite, Failure> {
    let release = release::current();
    let is_short = release.family() == Family::Classic && !release.has_composite_filter();
    let found = if is_short {
        // SAFETY: by this function's contract.
        let params = unsafe { read::<composite24::NvBufSurfTransformCompositeParams>(params) };
        params.map(|p| {
            let rects = [p.src_comp_rect, p.dst_comp_rect];
            (
                [p.composite_flag, p.input_buf_count, 0],
                rects.map(|list| list.cast_const().cast()),
            )
        })
    } else {
        in_family!(family => {
            // SAFETY: by this function's contract.
            let params = unsafe { read::<family::NvBufSurfTransformCompositeParams>(params) };
            params.map(|p| {
                let rects = [p.src_comp_rect, p.dst_comp_rect];
                (
                    [p.composite_flag, p.input_buf_count, p.composite_filter],
                    rects.map(|list| list.cast_const().cast()),
                )
            })
        })
    };
    let Some(([flags, count, filter], [from, to])) = found else {
        fail!(function, Params, "the parameters are NULL")
    };
    if flags & classic::NVBUFSURF_TRANSFORM_COMPOSITE == 0 {
        fail!(
            function,
            Params,
            "composite_flag is {flags:#x}, without COMPOSITE"
        );
    }
    let has_filter = flags & classic::NVBUFSURF_TRANSFORM_COMPOSITE_FILTER != 0 && !is_short;
    Ok(Composite {
        count,
        from: Rects { list: from },
        to: Rects { list: to },
        filter: if has_filter {
            Filter::of(function, filter)?
        } else {
            Filter::Nearest
        },
        filters: std::ptr::null(),
        alphas: std::ptr::null(),
        background: None,
    })
}

/// A blend of two surfaces by a third.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blend {
    pub(super) count: u32,
    pub(super) filter: Filter,
    pub(super) background: Option<[f64; 4]>,
    /// A value for each buffer, or NULL.
    pub(super) perform: *const u32,
}

/// Flags, counts and filter, background, and `perform_blending`.
type BlendParts = ([u32; 3], Option<[f64; 4]>, *const u32);

/// The parts of a `NvBufSurfTransformCompositeBlendParams` and the background that it points to.
macro_rules! blend_parts {
    ($p:expr) => {{
        let p = $p;
        // SAFETY: null or a colour of the caller, by the contract of who reads the struct.
        let colour = unsafe { p.color_bg.as_ref() };
        let colour = colour.map(|c| [c.red, c.green, c.blue, c.alpha]);
        let numbers = [
            p.composite_blend_flag,
            p.input_buf_count,
            p.composite_blend_filter,
        ];
        (numbers, colour, p.perform_blending.cast_const())
    }};
}

/// `NvBufSurfTransformCompositeBlendParams`
///
/// # Safety
///
/// `params` is null or points to one of the family, with valid pointers in it.
pub(super) unsafe fn blend(function: Function, params: *const c_void) -> Result<Blend, Failure> {
    let found: Option<BlendParts> = in_family!(family => {
        // SAFETY: by this function's contract.
        let p = unsafe { read::<family::NvBufSurfTransformCompositeBlendParams>(params) };
        p.map(|p| blend_parts!(p))
    });
    let Some(([flags, count, filter], background, perform)) = found else {
        fail!(function, Params, "the parameters are NULL")
    };
    Ok(Blend {
        count,
        filter: blend_filter(function, flags, filter)?,
        background,
        perform,
    })
}

/// `NvBufSurfTransformCompositeBlendParamsEx`
///
/// # Safety
///
/// As [`blend`].
pub(super) unsafe fn blend_ex(
    function: Function,
    params: *const c_void,
) -> Result<Composite, Failure> {
    let found = in_family!(family => {
        // SAFETY: by this function's contract.
        let p = unsafe { read::<family::NvBufSurfTransformCompositeBlendParamsEx>(params) };
        p.map(|p| {
            let parts: BlendParts = blend_parts!(p.params);
            let rects: [*const c_void; 2] =
                [p.src_comp_rect, p.dst_comp_rect].map(|list| list.cast_const().cast());
            (parts, rects, p.composite_blend_filter.cast_const(), p.alpha.cast_const())
        })
    });
    let Some((([flags, count, filter], background, _), [from, to], filters, alphas)) = found else {
        fail!(function, Params, "the parameters are NULL")
    };
    let wanted = classic::NVBUFSURF_TRANSFORM_COMPOSITE | classic::NVBUFSURF_TRANSFORM_BLEND;
    if flags & wanted == 0 {
        fail!(function, Params, "composite_blend_flag is {flags:#x}");
    }
    let has = |flag| flags & flag != 0;
    let has_filter = has(classic::NVBUFSURF_TRANSFORM_COMPOSITE_FILTER);
    let blends = has(classic::NVBUFSURF_TRANSFORM_BLEND);
    Ok(Composite {
        count,
        from: Rects { list: from },
        to: Rects { list: to },
        filter: blend_filter(function, flags, filter)?,
        filters: if has_filter {
            filters
        } else {
            std::ptr::null()
        },
        alphas: if blends { alphas } else { std::ptr::null() },
        background,
    })
}

fn blend_filter(function: Function, flags: u32, filter: u32) -> Result<Filter, Failure> {
    if flags & classic::NVBUFSURF_TRANSFORM_COMPOSITE_FILTER == 0 {
        return Ok(Filter::Nearest);
    }
    Filter::of(function, filter)
}
