//! The GPU's L2 cache, for buffers that it shares with other devices.

use nvbufsurface_sys::extended as sys;

use crate::MemType;
use crate::error::{Error, ErrorKind, Result, check};
use crate::surface::Surface;

/// What to do with the lines of a buffer in the GPU's L2 cache.
#[doc(alias = "NvBufSurfaceGPUL2SyncCacheOps")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GpuL2 {
    /// Drop them, before the GPU reads what another device wrote.
    Invalidate,
    /// Write them back, before another device reads what the GPU wrote.
    Flush,
    /// Both.
    FlushInvalidate,
}

impl Surface {
    /// Writes back or drops what the GPU's L2 cache has of buffer `index`. Work on the GPU has to be
    /// finished before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] where the library lacks the function (before L4T R39),
    /// [`ErrorKind::Invalid`] for an index beyond the batch or a memory type other than
    /// SURFACE_ARRAY, CUDA_DEVICE and CUDA_ARRAY, [`ErrorKind::Call`] when the library refuses.
    #[doc(alias = "NvBufSurfaceSyncGpuL2CacheForDevice")]
    pub fn sync_gpu_l2(&self, index: u32, operation: GpuL2) -> Result<()> {
        let call = "NvBufSurfaceSyncGpuL2CacheForDevice";
        let library = self.library();
        let instead = "Before it no call of the library does this, and none is needed for pixels \
                       that reach other engines by stream synchronisation";
        let sync = library.functions().sync_gpu_l2_cache_for_device;
        let sync = sync.ok_or_else(|| Error::missing(library, call, instead))?;
        self.params_for(call, index)?;
        let types = [
            MemType::SURFACE_ARRAY,
            MemType::CUDA_DEVICE,
            MemType::CUDA_ARRAY,
        ];
        if !types.contains(&self.mem_type()) {
            let detail = format!("{self:?}: only for {types:?}");
            return Err(Error::new(ErrorKind::Invalid, call, detail));
        }
        let mut params = sys::NvBufSurfaceGPUL2SyncParams {
            type_: match operation {
                GpuL2::Invalidate => sys::NVBUF_GPU_L2_CACHE_INVALIDATE,
                GpuL2::Flush => sys::NVBUF_GPU_L2_CACHE_FLUSH,
                GpuL2::FlushInvalidate => sys::NVBUF_GPU_L2_CACHE_FLUSH_INVALIDATE,
            },
            ..Default::default()
        };
        let _lock = self.lock();
        let view = self.buffer_view(index).surface().as_ptr();
        // SAFETY: the view is a valid surface of one buffer, used under its lock; the parameters are
        // a local that outlives the call.
        let ret = unsafe { sync(view, 0, &raw mut params) };
        check(call, ret, || {
            format!(
                "{operation:?} of {self:?}, buffer {index}: the driver of this platform does not do \
                 it. Synchronise the stream instead, as for engines without this cache"
            )
        })
    }
}
