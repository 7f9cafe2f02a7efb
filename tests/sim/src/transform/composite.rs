//! Compositions: many buffers on one.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use super::geometry::{Filter, Flip, check_scale};
use super::request::{self, Composite};
use super::work::{Job, OPAQUE, Source, Step};
use super::{Failure, Surfaces, call, fail, sync};
use crate::functions::Function;
use crate::nvbuf::buffer::Buffer;
use crate::nvbuf::layout::SurfaceHead;

/// More sources than any program has.
const MAX_SOURCES: u32 = 1024;

/// An entry point and its asynchronous form.
macro_rules! forms {
    ($($(#[$doc:meta])* $name:ident, $with_object:ident: $check:ident($source:ty),
        $function:ident, $function_async:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        ///
        /// Surfaces as for [`Surfaces::new`], parameters as for the module `request`, with a rectangle for
        /// each source.
        pub(crate) unsafe extern "C" fn $name(
            source: $source,
            dest: *mut SurfaceHead,
            params: *const c_void,
        ) -> c_int {
            let function = Function::$function;
            call(function, || {
                // SAFETY: by this function's contract.
                let job = unsafe { $check(function, source, dest, params) }?;
                sync::dispatch(function, job, None)
            })
        }

        /// The same without waiting.
        ///
        /// # Safety
        ///
        /// The same.
        pub(crate) unsafe extern "C" fn $with_object(
            source: $source,
            dest: *mut SurfaceHead,
            params: *const c_void,
            object: Option<&mut usize>,
        ) -> c_int {
            let function = Function::$function_async;
            call(function, || {
                // SAFETY: by this function's contract.
                let job = unsafe { $check(function, source, dest, params) }?;
                sync::dispatch(function, job, object)
            })
        }
    )*};
}

forms! {
    /// `NvBufSurfTransformComposite`
    composite, composite_async: check_batch(*mut SurfaceHead),
        NvBufSurfTransformComposite, NvBufSurfTransformCompositeAsync;
    /// `NvBufSurfTransformMultiInputBufComposite`
    multi, multi_async: check_multi(*const *mut SurfaceHead),
        NvBufSurfTransformMultiInputBufComposite,
        NvBufSurfTransformMultiInputBufCompositeAsync;
    /// `NvBufSurfTransformMultiInputBufCompositeBlend`
    multi_blend, multi_blend_async: check_multi_blend(*const *mut SurfaceHead),
        NvBufSurfTransformMultiInputBufCompositeBlend,
        NvBufSurfTransformMultiInputBufCompositeBlendAsync;
}

/// All filled buffers of a batch.
///
/// # Safety
///
/// As [`composite`].
unsafe fn check_batch(
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
    let wanted = unsafe { request::composite(function, params) }?;
    if wanted.count != source.filled {
        let (count, filled) = (wanted.count, source.filled);
        fail!(
            function,
            Params,
            "input_buf_count {count}, numFilled {filled}"
        );
    }
    let buffers = (0..wanted.count)
        .map(|i| source.buffer(i))
        .collect::<Result<_, _>>()?;
    // SAFETY: by this function's contract.
    unsafe { steps(function, buffers, dest.target(0)?, &wanted) }
}

/// Several surfaces of one buffer.
///
/// # Safety
///
/// As [`multi`].
unsafe fn check_multi(
    function: Function,
    sources: *const *mut SurfaceHead,
    dest: *mut SurfaceHead,
    params: *const c_void,
) -> Result<Job, Failure> {
    // SAFETY: by this function's contract.
    let wanted = unsafe { request::composite(function, params) }?;
    // SAFETY: by this function's contract.
    unsafe { several(function, sources, dest, &wanted) }
}

/// Several surfaces of one buffer, blended.
///
/// # Safety
///
/// As [`multi_blend`].
unsafe fn check_multi_blend(
    function: Function,
    sources: *const *mut SurfaceHead,
    dest: *mut SurfaceHead,
    params: *const c_void,
) -> Result<Job, Failure> {
    // SAFETY: by this function's contract.
    let wanted = unsafe { request::blend_ex(function, params) }?;
    // SAFETY: by this function's contract.
    unsafe { several(function, sources, dest, &wanted) }
}

/// # Safety
///
/// `sources` is null or has `wanted.count` surfaces, `wanted` is of the caller's parameters.
unsafe fn several(
    function: Function,
    sources: *const *mut SurfaceHead,
    dest: *mut SurfaceHead,
    wanted: &Composite,
) -> Result<Job, Failure> {
    if sources.is_null() || !(1..=MAX_SOURCES).contains(&wanted.count) {
        fail!(function, Params, "{} sources at {sources:?}", wanted.count);
    }
    let mut buffers = Vec::with_capacity(wanted.count as usize);
    for i in 0..wanted.count {
        let place = sources.wrapping_add(i as usize);
        // SAFETY: in the list by this function's contract.
        let source = unsafe { place.read() };
        // SAFETY: by this function's contract.
        let source = unsafe { Surfaces::source(function, source) }?;
        buffers.push(source.buffer(0)?);
    }
    // SAFETY: by this function's contract.
    let dest = unsafe { Surfaces::new(function, dest) }?;
    // SAFETY: by this function's contract.
    unsafe { steps(function, buffers, dest.target(0)?, wanted) }
}

/// # Safety
///
/// The lists of `wanted` have an entry for each buffer.
unsafe fn steps(
    function: Function,
    buffers: Vec<Arc<Buffer>>,
    to: Arc<Buffer>,
    wanted: &Composite,
) -> Result<Job, Failure> {
    let mut steps = Vec::with_capacity(buffers.len() + 1);
    if let Some(colour) = wanted.background {
        steps.push(Step::Fill {
            to: Arc::clone(&to),
            colour,
        });
    }
    for (i, buffer) in buffers.into_iter().enumerate() {
        let number = i as u32;
        // SAFETY: by this function's contract.
        let rect = unsafe { wanted.from.at(function, number) }?;
        // SAFETY: by this function's contract.
        let to_rect = unsafe { wanted.to.at(function, number) }?;
        let rect = rect.check(function, &buffer, false)?;
        let to_rect = to_rect.check(function, &to, false)?;
        check_scale(function, rect, to_rect, Flip::None)?;
        if buffer.fd() == to.fd() {
            fail!(function, Params, "fd {} onto itself", to.fd());
        }
        let filters = wanted.filters.wrapping_add(i);
        let filter = if wanted.filters.is_null() {
            wanted.filter
        } else {
            // SAFETY: one for each buffer by this function's contract.
            Filter::of(function, unsafe { filters.read() })?
        };
        let alphas = wanted.alphas.wrapping_add(i);
        let alpha = if wanted.alphas.is_null() {
            OPAQUE
        } else {
            // SAFETY: one for each buffer by this function's contract.
            alpha(function, unsafe { alphas.read() })?
        };
        steps.push(Step::Place {
            from: Source {
                buffer,
                rect,
                flip: Flip::None,
                filter,
            },
            to: Arc::clone(&to),
            rect: to_rect,
            alpha,
        });
    }
    Ok(Job::new(steps))
}

/// An alpha of 0 to 1.
pub(crate) fn alpha(function: Function, alpha: f32) -> Result<u8, Failure> {
    if !(0. ..=1.).contains(&alpha) {
        fail!(function, Params, "an alpha of {alpha}");
    }
    Ok((alpha * 255.).round() as u8)
}
