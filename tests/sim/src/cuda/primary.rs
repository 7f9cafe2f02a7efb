//! The device's primary context, shared by reference count.

#![forbid(unsafe_code)]

use std::ffi::{c_int, c_uint};
use std::sync::{Mutex, MutexGuard};

use super::error::{CudaError, INVALID_CONTEXT, INVALID_VALUE, PRIMARY_CONTEXT_ACTIVE};
use super::{CuResult, Out, call, context, device, put, put_if};
use crate::functions::Function;

#[derive(Debug)]
struct Primary {
    handle: usize,
    users: u32,
    flags: c_uint,
}

static PRIMARY: Mutex<Primary> = Mutex::new(Primary {
    handle: 0,
    users: 0,
    flags: 0,
});

fn primary() -> MutexGuard<'static, Primary> {
    PRIMARY.lock().unwrap_or_else(|e| e.into_inner())
}

/// Whether a handle is the primary context's.
pub(crate) fn is_primary(handle: usize) -> bool {
    handle != 0 && primary().handle == handle
}

/// `cuDevicePrimaryCtxRetain`
pub(crate) extern "C" fn retain(out: Out<'_, usize>, dev: c_int) -> CuResult {
    call(Function::cuDevicePrimaryCtxRetain, || {
        device::check(dev)?;
        if out.is_none() {
            return Err(INVALID_VALUE);
        }
        let mut primary = primary();
        let handle = if primary.handle == 0 {
            context::add_context(primary.flags)
        } else {
            primary.handle
        };
        put(out, handle)?;
        primary.handle = handle;
        primary.users += 1;
        Ok(())
    })
}

/// `cuDevicePrimaryCtxRelease`
pub(crate) extern "C" fn release(dev: c_int) -> CuResult {
    call(Function::cuDevicePrimaryCtxRelease, || release_any(dev))
}

/// `cuDevicePrimaryCtxRelease_v2`
pub(crate) extern "C" fn release_v2(dev: c_int) -> CuResult {
    call(Function::cuDevicePrimaryCtxRelease_v2, || release_any(dev))
}

fn release_any(dev: c_int) -> Result<(), CudaError> {
    device::check(dev)?;
    let mut primary = primary();
    primary.users = primary.users.checked_sub(1).ok_or(INVALID_CONTEXT)?;
    if primary.users == 0 {
        destroy(&mut primary)
    } else {
        Ok(())
    }
}

/// `cuDevicePrimaryCtxReset`
pub(crate) extern "C" fn reset(dev: c_int) -> CuResult {
    call(Function::cuDevicePrimaryCtxReset, || {
        device::check(dev)?;
        let mut primary = primary();
        primary.users = 0;
        if primary.handle == 0 {
            Ok(())
        } else {
            destroy(&mut primary)
        }
    })
}

/// `cuDevicePrimaryCtxReset_v2`: who has retained it still has, and goes on with the same handle.
pub(crate) extern "C" fn reset_v2(dev: c_int) -> CuResult {
    call(Function::cuDevicePrimaryCtxReset_v2, || {
        device::check(dev)?;
        let primary = primary();
        if primary.handle == 0 {
            Ok(())
        } else {
            context::renew_context(primary.handle, primary.flags)
        }
    })
}

fn destroy(primary: &mut Primary) -> Result<(), CudaError> {
    context::remove_context(std::mem::take(&mut primary.handle))
}

/// `cuDevicePrimaryCtxSetFlags`
pub(crate) extern "C" fn set_flags(dev: c_int, flags: c_uint) -> CuResult {
    call(Function::cuDevicePrimaryCtxSetFlags, || {
        device::check(dev)?;
        context::check_flags(flags)?;
        let mut primary = primary();
        if primary.users > 0 {
            return Err(PRIMARY_CONTEXT_ACTIVE);
        }
        primary.flags = flags;
        Ok(())
    })
}

/// `cuDevicePrimaryCtxSetFlags_v2`: also while it is active, from its next start.
pub(crate) extern "C" fn set_flags_v2(dev: c_int, flags: c_uint) -> CuResult {
    call(Function::cuDevicePrimaryCtxSetFlags_v2, || {
        device::check(dev)?;
        context::check_flags(flags)?;
        primary().flags = flags;
        Ok(())
    })
}

/// `cuDevicePrimaryCtxGetState`
pub(crate) extern "C" fn get_state(
    dev: c_int,
    flags: Out<'_, c_uint>,
    active: Out<'_, c_int>,
) -> CuResult {
    call(Function::cuDevicePrimaryCtxGetState, || {
        device::check(dev)?;
        let primary = primary();
        put_if(flags, primary.flags);
        put_if(active, c_int::from(primary.users > 0));
        Ok(())
    })
}
