//! The CUDA driver of R32.7 (10.2) as far as interop with EGLImages needs it.
//!
//! Kernels run on one thread per stream, so that missing synchronisation shows.

pub(crate) mod context;
pub(crate) mod copy;
pub(crate) mod device;
pub(crate) mod egl;
pub(crate) mod egl_stream;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod launch;
pub(crate) mod memory;
pub(crate) mod module;
pub(crate) mod primary;
pub(crate) mod ptx;
pub(crate) mod queue;
pub(crate) mod stream;
pub(crate) mod twins;
pub(crate) mod work;

use std::mem::MaybeUninit;

use crate::functions::Function;
use error::{CudaError, INVALID_VALUE, NOT_INITIALIZED};

/// `CUresult`
pub(crate) type CuResult = u32;

/// A result parameter: null, or memory for a `T` with whatever it holds.
pub(crate) type Out<'a, T> = Option<&'a mut MaybeUninit<T>>;

/// Writes a result; null is an invalid value.
pub(crate) fn put<T>(out: Out<'_, T>, value: T) -> Result<(), CudaError> {
    out.ok_or(INVALID_VALUE)?.write(value);
    Ok(())
}

/// Writes a result that the caller may do without.
pub(crate) fn put_if<T>(out: Out<'_, T>, value: T) {
    if let Some(out) = out {
        out.write(value);
    }
}

/// Runs one call of the driver after `cuInit`.
pub(crate) fn call(function: Function, body: impl FnOnce() -> Result<(), CudaError>) -> CuResult {
    call_any_time(function, || {
        if !device::is_initialised() {
            return Err(NOT_INITIALIZED);
        }
        body()
    })
}

/// Runs one call of the driver that needs no `cuInit`: counts it, lets it fail on demand.
pub(crate) fn call_any_time(
    function: Function,
    body: impl FnOnce() -> Result<(), CudaError>,
) -> CuResult {
    if let Some(error) = crate::stats::enter(function) {
        crate::log::line(format_args!("{function:?} fails on demand with {error}"));
        return error.unsigned_abs();
    }
    match body() {
        Ok(()) => 0,
        Err(error) => error.code(),
    }
}
