//! The CUDA driver of the release as far as interop with EGLImages needs it.
//!
//! Kernels run on one thread per stream, so that missing synchronisation shows.

pub(crate) mod array;
pub(crate) mod context;
pub(crate) mod copy;
pub(crate) mod copy_2d;
pub(crate) mod copy_3d;
pub(crate) mod copy_array;
pub(crate) mod device;
pub(crate) mod egl;
pub(crate) mod egl_stream;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod host;
pub(crate) mod launch;
pub(crate) mod managed;
pub(crate) mod memory;
pub(crate) mod memset;
pub(crate) mod model;
pub(crate) mod module;
pub(crate) mod object;
pub(crate) mod occupancy;
pub(crate) mod pointer;
pub(crate) mod primary;
pub(crate) mod proc_address;
pub(crate) mod ptx;
pub(crate) mod queue;
pub(crate) mod resource;
pub(crate) mod settings;
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
