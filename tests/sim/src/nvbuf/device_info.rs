//! `NvBufSurfaceGetDeviceInfo`.

use std::ffi::c_int;
use std::mem::MaybeUninit;

use nvbufsurface_sys::extended::{self as sys, NvBufSurfaceDeviceInfo};

use super::{call, refuse};
use crate::functions::Function;

/// `NvBufSurfaceGetDeviceInfo`. An Orin: DEFAULT memory is SURFACE_ARRAY here, and of the machines
/// of R39 only those with the nvgpu driver have that. Thor is expected to have the other driver.
pub(crate) extern "C" fn get(out: Option<&mut MaybeUninit<NvBufSurfaceDeviceInfo>>) -> c_int {
    let function = Function::NvBufSurfaceGetDeviceInfo;
    call(function, || {
        let Some(out) = out else {
            refuse!(function, Rule::NullArgument, "the result pointer is NULL")
        };
        out.write(NvBufSurfaceDeviceInfo {
            driverType: sys::NVBUF_DRIVER_TYPE_NVGPU,
            isVicPresent: true,
            isIntegratedGpu: true,
            platformType: sys::NVBUF_PLATFORM_TYPE_T234,
            ..Default::default()
        });
        Ok(())
    })
}
