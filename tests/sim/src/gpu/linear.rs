//! Memory of CUDA's types on the real driver.

use std::io;
use std::ops::Range;

use nvbufsurface_sys::classic as sys;

use super::driver::{self, check};

/// `CU_MEM_ATTACH_GLOBAL`
const ATTACH_GLOBAL: u32 = 1;
/// `CU_MEMHOSTALLOC_PORTABLE` and `_DEVICEMAP`: for every context, and at the same address for the GPU.
const PORTABLE_DEVICEMAP: u32 = 1 | 2;

/// An allocation of the driver's, freed on drop.
#[derive(Debug)]
pub(crate) struct Linear {
    address: usize,
    len: usize,
    is_host: bool,
}

impl Linear {
    /// Memory of one of CUDA's types; `None` for other types.
    pub(super) fn new(mem_type: u32, len: usize) -> io::Result<Option<Self>> {
        let mut address = 0;
        let place = &raw mut address;
        match mem_type {
            sys::NVBUF_MEM_CUDA_DEVICE => driver::get()?.run(|driver| {
                // SAFETY: a place for the result.
                check("cuMemAlloc", unsafe { (driver.allocate)(place, len) })
            })?,
            sys::NVBUF_MEM_CUDA_PINNED => driver::get()?.run(|driver| {
                // SAFETY: a place for the result.
                let code = unsafe { (driver.allocate_host)(place, len, PORTABLE_DEVICEMAP) };
                check("cuMemHostAlloc", code)
            })?,
            sys::NVBUF_MEM_CUDA_UNIFIED => driver::get()?.run(|driver| {
                // SAFETY: a place for the result.
                let code = unsafe { (driver.allocate_managed)(place, len, ATTACH_GLOBAL) };
                check("cuMemAllocManaged", code)
            })?,
            _ => return Ok(None),
        }
        Ok(Some(Self {
            address,
            len,
            is_host: mem_type == sys::NVBUF_MEM_CUDA_PINNED,
        }))
    }

    pub(super) fn address(&self) -> usize {
        self.address
    }

    /// What of a range is inside.
    fn inside(&self, part: &Range<usize>) -> (usize, usize) {
        let end = part.end.min(self.len);
        let start = part.start.min(end);
        (start, end - start)
    }

    /// Brings a part of the bytes to the same place in host memory.
    ///
    /// # Safety
    ///
    /// There are as many writable bytes at `host` as the allocation has, which no Rust reference covers.
    pub(super) unsafe fn fetch(&self, host: usize, part: &Range<usize>) -> io::Result<()> {
        let (start, len) = self.inside(part);
        driver::get()?.run(|driver| {
            // SAFETY: by this function's contract; the part is inside the allocation.
            let code = unsafe { (driver.copy)(host + start, self.address + start, len) };
            check("cuMemcpy", code)
        })
    }

    /// Takes a part of the bytes from the same place in host memory.
    ///
    /// # Safety
    ///
    /// There are as many readable bytes at `host` as the allocation has, of which nobody writes that part.
    pub(super) unsafe fn flush(&self, host: usize, part: &Range<usize>) -> io::Result<()> {
        let (start, len) = self.inside(part);
        driver::get()?.run(|driver| {
            // SAFETY: by this function's contract; the part is inside the allocation.
            let code = unsafe { (driver.copy)(self.address + start, host + start, len) };
            check("cuMemcpy", code)
        })
    }
}

impl Drop for Linear {
    fn drop(&mut self) {
        let freed = driver::get().and_then(|driver| {
            driver.run(|driver| {
                let free = if self.is_host {
                    driver.free_host
                } else {
                    driver.free
                };
                // SAFETY: allocated by the function's counterpart, and freed once.
                check("cuMemFree", unsafe { free(self.address) })
            })
        });
        super::complain(freed);
    }
}
