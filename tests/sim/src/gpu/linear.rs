//! Memory of CUDA's types on the real driver.

use std::io;

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

    /// Brings the bytes to host memory.
    ///
    /// # Safety
    ///
    /// There are as many writable bytes at `host`, which no Rust reference covers.
    pub(super) unsafe fn fetch(&self, host: usize) -> io::Result<()> {
        driver::get()?.run(|driver| {
            // SAFETY: by this function's contract, and the allocation is that long.
            let code = unsafe { (driver.copy)(host, self.address, self.len) };
            check("cuMemcpy", code)
        })
    }

    /// Takes the bytes from host memory.
    ///
    /// # Safety
    ///
    /// There are as many readable bytes at `host`, which nobody writes.
    pub(super) unsafe fn flush(&self, host: usize) -> io::Result<()> {
        driver::get()?.run(|driver| {
            // SAFETY: by this function's contract, and the allocation is that long.
            let code = unsafe { (driver.copy)(self.address, host, self.len) };
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
