//! `NvBufSurfTransform`, `NvBufSurfTransformAsync`.

use std::ffi::{c_int, c_void};

use super::geometry::{Rect, check_scale};
use super::work::{Job, OPAQUE, Source, Step};
use super::{Failure, Surfaces, call, fail, request, sync};
use crate::functions::Function;
use crate::nvbuf::layout::SurfaceHead;

/// `NvBufSurfTransform`
///
/// # Safety
///
/// Both surfaces as for [`Surfaces::new`], `params` as for [`request::transform`] with rectangles for
/// every filled buffer.
pub(crate) unsafe extern "C" fn transform(
    source: *mut SurfaceHead,
    dest: *mut SurfaceHead,
    params: *const c_void,
) -> c_int {
    let function = Function::NvBufSurfTransform;
    call(function, || {
        // SAFETY: by this function's contract.
        let job = unsafe { check(function, source, dest, params) }?;
        sync::dispatch(function, job, None)
    })
}

/// `NvBufSurfTransformAsync`
///
/// # Safety
///
/// As [`transform`].
pub(crate) unsafe extern "C" fn transform_async(
    source: *mut SurfaceHead,
    dest: *mut SurfaceHead,
    params: *const c_void,
    object: Option<&mut usize>,
) -> c_int {
    let function = Function::NvBufSurfTransformAsync;
    call(function, || {
        // SAFETY: by this function's contract.
        let job = unsafe { check(function, source, dest, params) }?;
        sync::dispatch(function, job, object)
    })
}

/// What a call wants, once nothing is wrong with it.
///
/// # Safety
///
/// As [`transform`].
unsafe fn check(
    function: Function,
    source: *mut SurfaceHead,
    dest: *mut SurfaceHead,
    params: *const c_void,
) -> Result<Job, Failure> {
    // SAFETY: by this function's contract.
    let source = unsafe { Surfaces::source(function, source) }?;
    // SAFETY: by this function's contract.
    let dest = unsafe { Surfaces::new(function, dest) }?;
    // SAFETY: by this function's contract.
    let wanted = unsafe { request::transform(function, params) }?;
    let mut steps = Vec::with_capacity(source.filled as usize);
    for i in 0..source.filled {
        let (from, to) = (source.buffer(i)?, dest.target(i)?);
        let part = |rects: Option<request::Rects>, buffer| match rects {
            None => Ok(Rect::whole(buffer)),
            Some(rects) => {
                // SAFETY: one for every filled buffer, by this function's contract.
                let rect = unsafe { rects.at(function, i) }?;
                rect.check(function, buffer, wanted.odd)
            }
        };
        let rect = part(wanted.from, &from)?;
        let to_rect = part(wanted.to, &to)?;
        check_scale(function, rect, to_rect, wanted.flip)?;
        if from.fd() == to.fd() {
            fail!(function, Params, "fd {} onto itself", from.fd());
        }
        steps.push(Step::Place {
            from: Source {
                buffer: from,
                rect,
                flip: wanted.flip,
                filter: wanted.filter,
            },
            to,
            rect: to_rect,
            alpha: OPAQUE,
        });
    }
    Ok(Job::new(steps))
}
