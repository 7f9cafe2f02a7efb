//! `NvBufSurfaceCreate`, `NvBufSurfaceAllocate`, `NvBufSurfaceDestroy`, `NvBufSurfaceFromFd`.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use super::request::Request;
use super::{Refused, buffer, call, refuse, surface};
use crate::functions::Function;

/// `NvBufSurfaceCreate`
///
/// # Safety
///
/// As [`Request::of_create`].
pub(crate) unsafe extern "C" fn create(
    out: Option<&mut MaybeUninit<*mut c_void>>,
    batch_size: u32,
    params: *const c_void,
) -> c_int {
    let function = Function::NvBufSurfaceCreate;
    call(function, || {
        // SAFETY: by this function's contract.
        let request = unsafe { Request::of_create(function, params) }?;
        make(function, out, batch_size, &request)
    })
}

/// `NvBufSurfaceAllocate`
///
/// # Safety
///
/// As [`Request::of_allocate`].
pub(crate) unsafe extern "C" fn allocate(
    out: Option<&mut MaybeUninit<*mut c_void>>,
    batch_size: u32,
    params: *const c_void,
) -> c_int {
    let function = Function::NvBufSurfaceAllocate;
    call(function, || {
        // SAFETY: by this function's contract.
        let request = unsafe { Request::of_allocate(function, params) }?;
        make(function, out, batch_size, &request)
    })
}

fn make(
    function: Function,
    out: Option<&mut MaybeUninit<*mut c_void>>,
    batch_size: u32,
    request: &Request,
) -> Result<(), Refused> {
    let Some(out) = out else {
        refuse!(function, "the result pointer is NULL")
    };
    if !(1..=1024).contains(&batch_size) {
        refuse!(function, "batchSize is {batch_size}");
    }
    match surface::make(request, batch_size) {
        Ok(surface) => {
            out.write(surface);
            Ok(())
        }
        Err(error) => {
            crate::log::line(format_args!("{function:?}: no memory: {error}"));
            Err(Refused)
        }
    }
}

/// `NvBufSurfaceDestroy`
pub(crate) extern "C" fn destroy(surface: *mut c_void) -> c_int {
    let function = Function::NvBufSurfaceDestroy;
    call(function, || {
        let Some(gone) = surface::take(surface.addr()) else {
            refuse!(
                function,
                "{surface:p} is no surface of NvBufSurfaceCreate, or destroyed twice"
            )
        };
        for buffer in &gone.buffers {
            buffer.report_users(function);
            buffer.retire();
        }
        Ok(())
    })
}

/// `NvBufSurfaceFromFd`
pub(crate) extern "C" fn from_fd(fd: c_int, out: Option<&mut MaybeUninit<*mut c_void>>) -> c_int {
    let function = Function::NvBufSurfaceFromFd;
    call(function, || {
        let Some(out) = out else {
            refuse!(function, "the result pointer is NULL")
        };
        let Some(pointer) = surface::of_fd(fd) else {
            if buffer::find(fd).is_some() {
                // Nothing says what NVIDIA's library does here: no rule is broken.
                crate::log::unsupported(format_args!(
                    "{function:?} with fd {fd}, which libnvbuf_utils made"
                ));
                return Err(Refused);
            }
            refuse!(function, "no surface has fd {fd}")
        };
        out.write(std::ptr::with_exposed_provenance_mut(pointer));
        Ok(())
    })
}
