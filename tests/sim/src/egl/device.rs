//! The one device: the GPU that CUDA has too.

#![forbid(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::sync::LazyLock;

use super::{
    BAD_ATTRIBUTE, BAD_DEVICE, BAD_PARAMETER, Boolean, EglError, FALSE, Out, TRUE, call, put,
    refuse,
};
use crate::functions::Function;
use crate::table::new_handle;

/// `EGL_DEVICE_EXT`
pub(super) const DEVICE: c_int = 0x322c;
/// `EGL_CUDA_DEVICE_NV`
const CUDA_DEVICE: c_int = 0x323a;
/// `EGL_EXTENSIONS`
const EXTENSIONS: c_int = 0x3055;

/// The device's handle.
pub(super) fn handle() -> usize {
    static HANDLE: LazyLock<usize> = LazyLock::new(new_handle);
    *HANDLE
}

fn check(function: Function, device: usize) -> Result<(), EglError> {
    if device == handle() {
        return Ok(());
    }
    refuse!(function, BAD_DEVICE, "{device:#x} is no device");
}

/// `eglQueryDevicesEXT`
pub(crate) extern "C" fn query_devices(
    max: c_int,
    devices: Out<'_, usize>,
    count: Out<'_, c_int>,
) -> Boolean {
    let function = Function::eglQueryDevicesEXT;
    call(function, FALSE, || {
        if let Some(devices) = devices {
            if max <= 0 {
                refuse!(function, BAD_PARAMETER, "room for {max} devices");
            }
            devices.write(handle());
        }
        put(function, count, 1)?;
        Ok(TRUE)
    })
}

/// `eglQueryDeviceStringEXT`
pub(crate) extern "C" fn query_string(device: usize, name: c_int) -> *const c_char {
    let function = Function::eglQueryDeviceStringEXT;
    call(function, std::ptr::null(), || {
        check(function, device)?;
        if name != EXTENSIONS {
            refuse!(
                function,
                BAD_PARAMETER,
                "the device has no string {name:#x}"
            );
        }
        Ok(c"EGL_NV_device_cuda".as_ptr())
    })
}

/// `eglQueryDeviceAttribEXT`
pub(crate) extern "C" fn query_attribute(
    device: usize,
    name: c_int,
    out: Out<'_, isize>,
) -> Boolean {
    let function = Function::eglQueryDeviceAttribEXT;
    call(function, FALSE, || {
        check(function, device)?;
        if name != CUDA_DEVICE {
            refuse!(
                function,
                BAD_ATTRIBUTE,
                "the device has no attribute {name:#x}"
            );
        }
        put(function, out, 0)?;
        Ok(TRUE)
    })
}
