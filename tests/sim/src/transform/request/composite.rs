//! The parameters of compositions and blends.

use std::ffi::c_void;

use nvbufsurface_sys::{classic, composite24};

use super::{Rects, in_family, read};
use crate::functions::Function;
use crate::nvbuf::layout::Family;
use crate::release;
use crate::transform::geometry::Filter;
use crate::transform::{Failure, fail};

/// A composition, and a blend of several surfaces.
#[derive(Clone, Copy, Debug)]
pub(in crate::transform) struct Composite {
    pub(in crate::transform) count: u32,
    pub(in crate::transform) from: Rects,
    pub(in crate::transform) to: Rects,
    pub(in crate::transform) filter: Filter,
    /// A filter and an alpha for each source, or NULL.
    pub(in crate::transform) filters: *const u32,
    pub(in crate::transform) alphas: *const f32,
    pub(in crate::transform) background: Option<[f64; 4]>,
}

/// `NvBufSurfTransformCompositeParams` in its three forms.
///
/// # Safety
///
/// `params` is null or points to one of the release.
pub(in crate::transform) unsafe fn composite(
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
pub(in crate::transform) struct Blend {
    pub(in crate::transform) count: u32,
    pub(in crate::transform) filter: Filter,
    pub(in crate::transform) background: Option<[f64; 4]>,
    /// A value for each buffer, or NULL.
    pub(in crate::transform) perform: *const u32,
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
pub(in crate::transform) unsafe fn blend(
    function: Function,
    params: *const c_void,
) -> Result<Blend, Failure> {
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
pub(in crate::transform) unsafe fn blend_ex(
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
