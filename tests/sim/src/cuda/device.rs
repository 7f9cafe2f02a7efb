//! The one device: the GPU of the release.

use std::ffi::{c_char, c_int, c_uint};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use super::error::{CudaError, INVALID_DEVICE, INVALID_VALUE};
use super::model::Gpu;
use super::{CuResult, Out, call, call_any_time, put};
use crate::functions::Function;
use crate::release;

static INITIALISED: AtomicBool = AtomicBool::new(false);

pub(crate) fn is_initialised() -> bool {
    INITIALISED.load(SeqCst)
}

/// The GPU that is simulated.
pub(crate) fn gpu() -> Gpu {
    release::current().gpu()
}

pub(crate) fn check(device: c_int) -> Result<(), CudaError> {
    if device == 0 {
        Ok(())
    } else {
        Err(INVALID_DEVICE)
    }
}

/// `cuInit`
pub(crate) extern "C" fn init(flags: c_uint) -> CuResult {
    call_any_time(Function::cuInit, || {
        if flags != 0 {
            return Err(INVALID_VALUE);
        }
        INITIALISED.store(true, SeqCst);
        Ok(())
    })
}

/// `cuDriverGetVersion`
pub(crate) extern "C" fn driver_get_version(version: Out<'_, c_int>) -> CuResult {
    call_any_time(Function::cuDriverGetVersion, || {
        let cuda = c_int::try_from(release::current().cuda);
        put(version, cuda.unwrap_or(c_int::MAX))
    })
}

/// `cuDeviceGetCount`
pub(crate) extern "C" fn get_count(count: Out<'_, c_int>) -> CuResult {
    call(Function::cuDeviceGetCount, || put(count, 1))
}

/// `cuDeviceGet`
pub(crate) extern "C" fn get(device: Out<'_, c_int>, ordinal: c_int) -> CuResult {
    call(Function::cuDeviceGet, || {
        check(ordinal)?;
        put(device, 0)
    })
}

/// `cuDeviceGetName`
///
/// # Safety
///
/// `name` is null or has `len` writable bytes.
pub(crate) unsafe extern "C" fn get_name(name: *mut c_char, len: c_int, device: c_int) -> CuResult {
    call(Function::cuDeviceGetName, || {
        check(device)?;
        let len = usize::try_from(len)
            .ok()
            .filter(|len| *len > 0)
            .ok_or(INVALID_VALUE)?;
        if name.is_null() {
            return Err(INVALID_VALUE);
        }
        let text = gpu().name().to_bytes_with_nul();
        let n = len.min(text.len());
        // SAFETY: `n` is within both; they do not overlap, one being ours and constant.
        unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), name.cast(), n) };
        // SAFETY: the last of the bytes just written.
        unsafe { *name.wrapping_add(n - 1) = 0 };
        Ok(())
    })
}

/// `cuDeviceGetUuid`
pub(crate) extern "C" fn get_uuid(uuid: Out<'_, [u8; 16]>, device: c_int) -> CuResult {
    call(Function::cuDeviceGetUuid, || {
        check(device)?;
        put(uuid, gpu().uuid())
    })
}

/// `cuDeviceGetUuid_v2`: the same where there is no MIG.
pub(crate) extern "C" fn get_uuid_v2(uuid: Out<'_, [u8; 16]>, device: c_int) -> CuResult {
    call(Function::cuDeviceGetUuid_v2, || {
        check(device)?;
        put(uuid, gpu().uuid())
    })
}

/// `cuDeviceTotalMem_v2`
pub(crate) extern "C" fn total_mem(bytes: Out<'_, usize>, device: c_int) -> CuResult {
    call(Function::cuDeviceTotalMem_v2, || {
        check(device)?;
        put(bytes, gpu().memory())
    })
}

/// `cuDeviceComputeCapability`
pub(crate) extern "C" fn compute_capability(
    major: Out<'_, c_int>,
    minor: Out<'_, c_int>,
    device: c_int,
) -> CuResult {
    call(Function::cuDeviceComputeCapability, || {
        check(device)?;
        let (major, minor) = (major.ok_or(INVALID_VALUE)?, minor.ok_or(INVALID_VALUE)?);
        let capability = gpu().compute_capability();
        major.write(capability.0);
        minor.write(capability.1);
        Ok(())
    })
}

/// `cuDeviceGetAttribute`
pub(crate) extern "C" fn get_attribute(
    value: Out<'_, c_int>,
    attribute: c_int,
    device: c_int,
) -> CuResult {
    call(Function::cuDeviceGetAttribute, || {
        check(device)?;
        let answer = gpu().attribute(attribute, release::current().cuda);
        put(value, answer.ok_or(INVALID_VALUE)?)
    })
}
