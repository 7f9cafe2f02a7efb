//! What only the extended family has: CUDA's view of a surface, and the machine.

use nvbufsurface_sys::extended as sys;

use super::Descriptor;
use crate::case::Failure;
use crate::check;
use crate::platform::Platform;

impl Descriptor {
    /// `NvBufSurfaceMapCudaBuffer`
    pub(crate) fn map_cuda_buffer(&self, index: i32) -> Result<(), Failure> {
        let map = self.library().functions().map_cuda_buffer;
        let map = map.ok_or_else(|| Failure::new("NvBufSurfaceMapCudaBuffer", "none"))?;
        // SAFETY: by the type invariant; the index is the library's to check.
        check::zero("NvBufSurfaceMapCudaBuffer", unsafe {
            map(self.as_ptr(), index)
        })
    }

    /// `NvBufSurfaceUnMapCudaBuffer`
    pub(crate) fn unmap_cuda_buffer(&self, index: i32) -> Result<(), Failure> {
        let unmap = self.library().functions().unmap_cuda_buffer;
        let unmap = unmap.ok_or_else(|| Failure::new("NvBufSurfaceUnMapCudaBuffer", "none"))?;
        // SAFETY: by the type invariant; the index is the library's to check.
        check::zero("NvBufSurfaceUnMapCudaBuffer", unsafe {
            unmap(self.as_ptr(), index)
        })
    }

    /// The device address of entry `index` while it is mapped, or 0.
    pub(crate) fn cuda_address(&self, index: usize) -> Result<u64, Failure> {
        check::equal(
            "the family of a library with NvBufSurfaceGetDeviceInfo",
            self.library().family(),
            nvbufsurface_sys::Family::Extended,
        )?;
        let place = self.place(index)?.cast::<sys::NvBufSurfaceParams>();
        // SAFETY: by the type invariant an entry of the extended family, as just checked.
        let buffer = unsafe { (*place).mappedAddr.cudaPtr }.cast::<sys::NvBufSurfaceCudaBuffer>();
        if buffer.is_null() {
            return Ok(0);
        }
        // SAFETY: the library's, as long as the buffer is mapped.
        Ok(unsafe { (*buffer).dataPtr }.addr() as u64)
    }
}

/// `NvBufSurfaceGetDeviceInfo`: type of the driver, and whether there is a VIC.
pub(crate) fn device_info(platform: &Platform) -> Result<(u32, bool), Failure> {
    let get = platform.surface()?.functions().get_device_info;
    let get = get.ok_or_else(|| Failure::new("NvBufSurfaceGetDeviceInfo", "none"))?;
    let mut info = sys::NvBufSurfaceDeviceInfo::default();
    // SAFETY: the pointer is valid for the call.
    check::zero("NvBufSurfaceGetDeviceInfo", unsafe { get(&raw mut info) })?;
    Ok((info.driverType, info.isVicPresent))
}
