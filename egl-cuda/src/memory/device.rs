//! Memory of the device.

use std::fmt;

use crate::copy::{Pending, Place, Streams};
use crate::error::check;
use crate::sys::CUdeviceptr;
use crate::{Context, CopyTarget, Error, Result};

/// Memory that the GPU alone reaches, as rows of bytes.
///
/// What it holds at first is not said. It is freed on any thread, after the copies that use it;
/// kernels must be done before.
///
/// # Invariants
///
/// `address` is memory of `height` rows of `row_bytes` bytes, `pitch` bytes from one to the next, made in
/// the context of `pending` and freed by `drop` alone.
pub struct DeviceMemory {
    address: CUdeviceptr,
    row_bytes: usize,
    height: usize,
    pitch: usize,
    free: crate::sys::PFN_cuMemFree_v2,
    pending: Pending,
}

impl DeviceMemory {
    /// Allocates bytes in a row: one row of them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the size is 0. Or the driver's
    /// error, as when memory is out.
    #[doc(alias = "cuMemAlloc")]
    pub fn new(context: &Context, size: usize) -> Result<Self> {
        const CALL: &str = "cuMemAlloc";
        super::packed_size("DeviceMemory::new", size, 1)?;
        let functions = context.functions();
        let missing = || Error::missing(CALL);
        let alloc = functions.mem_alloc.ok_or_else(missing)?;
        let free = functions.mem_free.ok_or_else(missing)?;
        let mut address = 0;
        let _current = context.push()?;
        // SAFETY: the pointer is to a live address, and the context is current.
        let code = unsafe { alloc(&raw mut address, size) };
        check(context.driver(), CALL, code)?;
        if address == 0 {
            return Err(Error::argument(CALL, "the driver gave a null address"));
        }
        Ok(Self {
            address,
            row_bytes: size,
            height: 1,
            pitch: size,
            free,
            pending: Pending::new(context),
        })
    }

    /// Allocates rows for an image, at a pitch that suits the device: each row begins where kernels,
    /// textures and copies are fast.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the size is 0 or more than
    /// there can be. Or the driver's error, as when memory is out.
    #[doc(alias = "cuMemAllocPitch")]
    pub fn pitched(context: &Context, row_bytes: usize, height: usize) -> Result<Self> {
        const CALL: &str = "cuMemAllocPitch";
        /// The largest element that a kernel reads at once: 4, 8 or 16 bytes.
        const ELEMENT: u32 = 16;
        super::packed_size("DeviceMemory::pitched", row_bytes, height)?;
        let functions = context.functions();
        let missing = || Error::missing(CALL);
        let alloc = functions.mem_alloc_pitch.ok_or_else(missing)?;
        let free = functions.mem_free.ok_or_else(missing)?;
        let (mut address, mut pitch) = (0, 0);
        let _current = context.push()?;
        // SAFETY: both pointers are to live values, and the context is current.
        let code = unsafe { alloc(&raw mut address, &raw mut pitch, row_bytes, height, ELEMENT) };
        check(context.driver(), CALL, code)?;
        if address == 0 {
            return Err(Error::argument(CALL, "the driver gave a null address"));
        }
        // The owner from here on, which frees the memory should the driver's pitch be wrong.
        let memory = Self {
            address,
            row_bytes,
            height,
            pitch,
            free,
            pending: Pending::new(context),
        };
        if pitch < row_bytes || pitch.checked_mul(height).is_none() {
            return Err(Error::argument(
                CALL,
                format!("the driver gave pitch {pitch} for rows of {row_bytes} bytes"),
            ));
        }
        Ok(memory)
    }

    /// The address, for kernels. Valid while this object lives.
    pub fn address(&self) -> CUdeviceptr {
        self.address
    }

    /// Bytes from one row to the next.
    pub fn pitch(&self) -> usize {
        self.pitch
    }

    /// All rows, to copy to.
    pub fn target(&self) -> CopyTarget<'_> {
        CopyTarget(self.rows())
    }

    /// Where the rows are, and who may copy them now.
    fn place(&self) -> (Place, Streams) {
        let place = Place::Device(self.address, self.pitch);
        (place, Streams::Any)
    }
}

super::in_rows!(DeviceMemory);

impl Drop for DeviceMemory {
    fn drop(&mut self) {
        super::end(&self.pending, "cuMemFree", || {
            // SAFETY: by the type invariant the memory is ours to free, once, in its context, which `end`
            // has made current; copies are done, and kernels are by the contract of their launch.
            unsafe { (self.free)(self.address) }
        });
    }
}

impl fmt::Debug for DeviceMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceMemory")
            .field("address", &format_args!("{:#x}", self.address))
            .field("row_bytes", &self.row_bytes)
            .field("height", &self.height)
            .field("pitch", &self.pitch)
            .finish_non_exhaustive()
    }
}
