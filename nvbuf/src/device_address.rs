//! Surfaces in CUDA's memory, by address.
#![forbid(unsafe_code)]

use crate::MemType;
use crate::error::{Error, ErrorKind, Result};
use crate::surface::Surface;

impl Surface {
    /// CUDA's address of buffer `index`, on the GPU of [`Surface::gpu_id`]: for CUDA_DEVICE, CUDA_PINNED
    /// and CUDA_UNIFIED, whose planes lie behind it at their offsets. `None` for other memory types, which
    /// have none, whatever `dataPtr` says. It is valid as long as `self`. From here on pixels are reached
    /// as pointers only ([`Surface::map_ptr`]), since kernels may write them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for an index beyond the batch, [`ErrorKind::Busy`] while slices of
    /// [`Surface::map`] live, [`ErrorKind::Foreign`] where the address is null.
    #[doc(alias = "dataPtr")]
    pub fn device_address(&self, index: u32) -> Result<Option<u64>> {
        let call = "Surface::device_address";
        let buffer = self.buffer_at(call, index)?;
        let cuda = [
            MemType::CUDA_DEVICE,
            MemType::CUDA_PINNED,
            MemType::CUDA_UNIFIED,
        ];
        if !cuda.contains(&self.mem_type()) {
            return Ok(None);
        }
        let address = buffer.view.data_ptr().addr() as u64;
        if address == 0 {
            let detail = format!("{self:?}, buffer {index}: dataPtr is null");
            return Err(Error::new(ErrorKind::Foreign, call, detail));
        }
        let mut table = self.lock();
        table.require_no_slices(call)?;
        table.share();
        Ok(Some(address))
    }
}
