//! Memory of the host that the device reaches.

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;

use crate::copy::{Pending, Place, Streams};
use crate::error::check;
use crate::sys::{self, CUdeviceptr};
use crate::{Context, CopyTarget, Error, Result};

/// Memory of the host that stays in its place: copies to and from it run beside the CPU, and kernels can
/// reach it.
///
/// Rows without gaps. Allocating is slow: do it once, not per frame. On devices of compute capability
/// below 7.2 (Nano, TX1, TX2) the CPU sees it uncached, so that reading it is slow:
/// [`ManagedMemory`](crate::ManagedMemory) is cached there.
///
/// A slice is only lent when the copies that use the memory are done. Kernels that are given its
/// [`device_address`](Self::device_address) must be waited for by who launched them.
///
/// # Invariants
///
/// `address` is pinned memory of `row_bytes * height` bytes, all initialised, made in the context of
/// `pending` and freed by `drop` alone. What the device does with it is noted in `pending`, or is a
/// kernel's, which is waited for by contract.
pub struct PinnedMemory {
    address: NonNull<u8>,
    row_bytes: usize,
    height: usize,
    free: sys::PFN_cuMemFreeHost,
    pending: Pending,
}

// SAFETY: the address is the process's, and freeing it pushes the context on whichever thread.
unsafe impl Send for PinnedMemory {}
// SAFETY: a shared reference reads only, and lets the device read; what is changed is behind a lock.
unsafe impl Sync for PinnedMemory {}

impl PinnedMemory {
    /// Allocates rows, all zeros.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the size is 0 or more than
    /// there can be. Or the driver's error, as when memory is out.
    #[doc(alias = "cuMemHostAlloc")]
    pub fn new(context: &Context, row_bytes: usize, height: usize) -> Result<Self> {
        const CALL: &str = "cuMemHostAlloc";
        let size = super::packed_size("PinnedMemory::new", row_bytes, height)?;
        let functions = context.functions();
        let missing = || Error::missing(CALL);
        let alloc = functions.mem_host_alloc.ok_or_else(missing)?;
        let free = functions.mem_free_host.ok_or_else(missing)?;
        let mut address = std::ptr::null_mut();
        let flags = sys::CU_MEMHOSTALLOC_PORTABLE | sys::CU_MEMHOSTALLOC_DEVICEMAP;
        let _current = context.push()?;
        // SAFETY: the pointer is to a live address, and the context is current.
        let code = unsafe { alloc(&raw mut address, size, flags) };
        check(context.driver(), CALL, code)?;
        let address = NonNull::new(address.cast::<u8>())
            .ok_or_else(|| Error::argument(CALL, "the driver gave a null address"))?;
        // SAFETY: the driver gave memory of that size, which nobody else knows of.
        unsafe { address.write_bytes(0, size) };
        Ok(Self {
            address,
            row_bytes,
            height,
            free,
            pending: Pending::new(context),
        })
    }

    /// The bytes, rows without gaps, when the copies that use them are done.
    ///
    /// # Errors
    ///
    /// The driver's error, which may be that of the copies.
    pub fn as_slice(&self) -> Result<&[u8]> {
        self.pending.wait()?;
        // SAFETY: by the type invariant the memory is alive, initialised and of this size. The device
        // writes it only in copies that took `&mut self` and are done, and takes `&mut self` again for
        // others, which the slice's borrow excludes.
        Ok(unsafe { std::slice::from_raw_parts(self.address.as_ptr(), self.len()) })
    }

    /// The bytes to write, when the copies that use them are done.
    ///
    /// # Errors
    ///
    /// As [`as_slice`](Self::as_slice).
    pub fn as_mut_slice(&mut self) -> Result<&mut [u8]> {
        self.pending.wait()?;
        // SAFETY: as in `as_slice`; the copies that read are done as well, and new ones need a shared
        // borrow, which the slice's excludes.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.address.as_ptr(), self.len()) })
    }

    /// The address that kernels use. Valid while this object lives.
    ///
    /// # Errors
    ///
    /// The driver's error.
    #[doc(alias = "cuMemHostGetDevicePointer")]
    pub fn device_address(&self) -> Result<CUdeviceptr> {
        const CALL: &str = "cuMemHostGetDevicePointer";
        let context = self.context();
        let find = context
            .functions()
            .mem_host_get_device_pointer
            .ok_or_else(|| Error::missing(CALL))?;
        let mut device = 0;
        let _current = context.push()?;
        // SAFETY: the pointer is to a live address, the memory is pinned by the type invariant, the
        // flags must be 0.
        let code = unsafe { find(&raw mut device, self.address.as_ptr().cast(), 0) };
        check(context.driver(), CALL, code)?;
        Ok(device)
    }

    /// The address that the CPU uses, for code that keeps itself from what the device does.
    pub fn as_ptr(&self) -> *mut u8 {
        self.address.as_ptr()
    }

    /// All rows, to copy to.
    pub fn target(&mut self) -> CopyTarget<'_> {
        CopyTarget(self.rows())
    }

    fn len(&self) -> usize {
        // Checked when it was allocated.
        self.row_bytes * self.height
    }

    /// Where the rows are, and who may copy them now.
    fn place(&self) -> (Place, Streams) {
        let place = Place::Host(self.address.as_ptr().cast::<c_void>(), self.row_bytes);
        (place, Streams::Any)
    }
}

super::in_rows!(PinnedMemory);

impl Drop for PinnedMemory {
    fn drop(&mut self) {
        super::end(&self.pending, "cuMemFreeHost", || {
            // SAFETY: by the type invariant the memory is ours to free, once, in its context, which `end`
            // has made current; copies are done, and kernels are by the contract of their launch.
            unsafe { (self.free)(self.address.as_ptr().cast()) }
        });
    }
}

impl fmt::Debug for PinnedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinnedMemory")
            .field("address", &self.address)
            .field("row_bytes", &self.row_bytes)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}
