//! `NvBufferComposite`.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use nvbufsurface_sys::nvbuf_utils::{r28, r32_1, r32_2, r32_3, r32_4, r32_5, r32_6, r34};

use super::numbering::Numbering;
use super::transform::{picture, place, rect, run, same};
use super::{numbering, session};
use crate::functions::Function;
use crate::nvbuf::{Refused, call, refuse};
use crate::transform::composite::alpha;
use crate::transform::fail;
use crate::transform::geometry::{Filter, Flip, Rect};
use crate::transform::work::{Job, OPAQUE, Step};

/// `MAX_COMPOSITE_FRAME`
const MAX_SOURCES: u32 = 16;

same!(NvBufferCompositeParams: r32_1 r32_2 r32_3 r32_4 r32_5);
same!(NvBufferCompositeParams: r32_6 r34);

/// What a `NvBufferCompositeParams` says.
struct Layers {
    flags: u32,
    count: u32,
    filters: [u32; 16],
    alphas: [f32; 16],
    from: [Rect; 16],
    to: [Rect; 16],
    background: [f64; 4],
    session: usize,
}

macro_rules! layers {
    ($p:expr, $filters:expr, $session:expr) => {{
        let p = $p;
        let c = p.composite_bgcolor;
        Layers {
            flags: p.composite_flag,
            count: p.input_buf_count,
            filters: $filters,
            alphas: p.dst_comp_rect_alpha,
            from: p.src_comp_rect.map(|r| rect!(r)),
            to: p.dst_comp_rect.map(|r| rect!(r)),
            background: [c.r.into(), c.g.into(), c.b.into(), 1.],
            session: $session,
        }
    }};
}

/// `NvBufferComposite`
///
/// # Safety
///
/// `params` is null or points to a `NvBufferCompositeParams` of the release; `sources` is null or has
/// as many fds as that says.
pub(crate) unsafe extern "C" fn composite(
    sources: *const c_int,
    dest: c_int,
    params: *const c_void,
) -> c_int {
    let function = Function::NvBufferComposite;
    call(function, || {
        // SAFETY: by this function's contract.
        let layers = unsafe { read_layers(function, params) }?;
        session::check(function, layers.session)?;
        if sources.is_null() || !(1..=MAX_SOURCES).contains(&layers.count) {
            fail!(function, Params, "{} inputs at {sources:?}", layers.count);
        }
        let wanted = r32_6::NVBUFFER_COMPOSITE | r32_6::NVBUFFER_BLEND;
        if layers.flags & wanted == 0 {
            fail!(function, Params, "composite_flag is {:#x}", layers.flags);
        }
        let to = picture(function, dest)?;
        let mut steps = vec![Step::Fill {
            to: Arc::clone(&to),
            colour: layers.background,
        }];
        for i in 0..layers.count as usize {
            // SAFETY: in the list by this function's contract.
            let from = picture(function, unsafe { sources.wrapping_add(i).read() })?;
            let rect = layers.from[i].check(function, &from, false)?;
            let to_rect = layers.to[i].check(function, &to, false)?;
            let filter = Filter::of(function, layers.filters[i])?;
            let alpha = if layers.flags & r32_6::NVBUFFER_BLEND != 0 {
                alpha(function, layers.alphas[i])?
            } else {
                OPAQUE
            };
            let how = (Flip::None, filter, alpha);
            steps.push(place(
                function,
                from,
                Arc::clone(&to),
                (rect, to_rect),
                how,
            )?);
        }
        run(&Job::new(steps));
        Ok(())
    })
}

/// # Safety
///
/// As [`composite`].
unsafe fn read_layers(function: Function, params: *const c_void) -> Result<Layers, Refused> {
    if params.is_null() {
        refuse!(function, Rule::NullArgument, "the parameters are NULL");
    }
    let nearest = [r32_6::NvBufferTransform_Filter_Nearest; 16];
    Ok(match numbering(function)? {
        Numbering::r28 => {
            // SAFETY: by this function's contract.
            let p = unsafe { params.cast::<r28::NvBufferCompositeParams>().read() };
            layers!(p, nearest, 0)
        }
        Numbering::r32_6 | Numbering::r34 => {
            // SAFETY: by this function's contract; R34 has the same layout (see `same`).
            let p = unsafe { params.cast::<r32_6::NvBufferCompositeParams>().read() };
            let has_filter = p.composite_flag & r32_6::NVBUFFER_COMPOSITE_FILTER != 0;
            let filters = if has_filter {
                p.composite_filter
            } else {
                nearest
            };
            layers!(p, filters, p.session.addr())
        }
        _ => {
            // SAFETY: by this function's contract; R32.1 to R32.5 have one layout (see `same`).
            let p = unsafe { params.cast::<r32_1::NvBufferCompositeParams>().read() };
            layers!(p, nearest, p.session.addr())
        }
    })
}
