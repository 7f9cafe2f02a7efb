//! `NvBufSurfaceCreate`, `NvBufSurfaceAllocate`, `NvBufSurfaceDestroy`, `NvBufSurfaceFromFd`.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use super::request::Request;
use super::{Refused, buffer, call, gone, nvmm_buffer, refuse, refused, surface};
use crate::functions::Function;
use crate::rule::Rule;

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
        refuse!(function, Rule::NullArgument, "the result pointer is NULL")
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
        let Some(batch) = surface::take(surface.addr()) else {
            let rule = match surface.is_null() {
                true => Rule::NullArgument,
                false => gone::SURFACES.rule(surface.addr() as u64, Rule::DoubleDestroy),
            };
            let text = format_args!("{surface:p} is no surface of the library");
            return Err(refused(function, rule, text));
        };
        gone::SURFACES.add(surface.addr() as u64);
        for buffer in &batch.buffers {
            buffer.report_users(function);
            nvmm_buffer::report(function, buffer);
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
            refuse!(function, Rule::NullArgument, "the result pointer is NULL")
        };
        let Some(pointer) = surface::of_fd(fd) else {
            if buffer::find(fd).is_some() {
                // Nothing says what NVIDIA's library does here: no rule is broken.
                crate::log::unsupported(format_args!(
                    "{function:?} with fd {fd}, which libnvbuf_utils made"
                ));
                return Err(Refused);
            }
            let rule = gone::FDS.rule(fd.cast_unsigned().into(), Rule::UseAfterDestroy);
            return Err(refused(
                function,
                rule,
                format_args!("no surface has fd {fd}"),
            ));
        };
        out.write(std::ptr::with_exposed_provenance_mut(pointer));
        Ok(())
    })
}
