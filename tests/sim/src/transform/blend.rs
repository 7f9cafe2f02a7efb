//! `NvBufSurfTransformCompositeBlend`: two batches, blended by a third.

use std::ffi::{c_int, c_void};

use super::geometry::{Flip, Rect, check_scale};
use super::work::{Below, Job, OPAQUE, Source, Step};
use super::{Failure, Surfaces, call, fail, request, sync};
use crate::functions::Function;
use crate::nvbuf::layout::SurfaceHead;

/// `NvBufSurfTransformCompositeBlend`
///
/// # Safety
///
/// Surfaces as for [`Surfaces::new`], `params` as for [`request::blend`] with an entry of
/// `perform_blending` for each filled buffer.
pub(crate) unsafe extern "C" fn composite_blend(
    above: *mut SurfaceHead,
    below: *mut SurfaceHead,
    alpha: *mut SurfaceHead,
    dest: *mut SurfaceHead,
    params: *const c_void,
) -> c_int {
    let function = Function::NvBufSurfTransformCompositeBlend;
    call(function, || {
        // SAFETY: by this function's contract.
        let job = unsafe { check(function, [above, below, alpha, dest], params) }?;
        sync::dispatch(function, job, None)
    })
}

/// # Safety
///
/// As [`composite_blend`].
unsafe fn check(
    function: Function,
    [above, below, alpha, dest]: [*mut SurfaceHead; 4],
    params: *const c_void,
) -> Result<Job, Failure> {
    // SAFETY: by this function's contract.
    let wanted = unsafe { request::blend(function, params) }?;
    // SAFETY: by this function's contract.
    let above = unsafe { Surfaces::source(function, above) }?;
    // SAFETY: by this function's contract.
    let alpha = unsafe { Surfaces::source(function, alpha) }?;
    // SAFETY: by this function's contract.
    let dest = unsafe { Surfaces::new(function, dest) }?;
    let below = if below.is_null() {
        None
    } else {
        // SAFETY: by this function's contract.
        Some(unsafe { Surfaces::source(function, below) }?)
    };
    let count = wanted.count;
    let below_filled = below.as_ref().map_or(count, |below| below.filled);
    let filled = [above.filled, below_filled, alpha.filled];
    if filled != [count; 3] {
        fail!(
            function,
            Params,
            "input_buf_count {count}, numFilled of the sources {filled:?}"
        );
    }
    let mut steps = Vec::with_capacity(count as usize);
    for i in 0..count {
        let to = dest.target(i)?;
        let source = |surfaces: &Surfaces| {
            let buffer = surfaces.buffer(i)?;
            check_scale(function, Rect::whole(&buffer), Rect::whole(&to), Flip::None)?;
            if buffer.fd() == to.fd() {
                fail!(function, Params, "fd {} onto itself", to.fd());
            }
            Ok::<_, Failure>(Source::whole(buffer, wanted.filter))
        };
        let first = source(&above)?;
        let perform = wanted.perform.wrapping_add(i as usize);
        // SAFETY: by this function's contract.
        let is_blended = wanted.perform.is_null() || unsafe { perform.read() } != 0;
        if !is_blended {
            let rect = Rect::whole(&to);
            steps.push(Step::Place {
                from: first,
                to,
                rect,
                alpha: OPAQUE,
            });
            continue;
        }
        let second = match (&below, wanted.background) {
            (Some(below), _) => Below::Source(source(below)?),
            (None, Some(colour)) => Below::Colour(colour),
            (None, None) => fail!(function, Params, "neither src1 nor color_bg"),
        };
        let alpha = source(&alpha)?;
        steps.push(Step::Blend {
            above: first,
            below: second,
            alpha,
            to,
        });
    }
    Ok(Job::new(steps))
}
