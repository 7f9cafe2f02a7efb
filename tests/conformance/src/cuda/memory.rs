//! Memory of the driver's: pinned on the host, and the device's own.

use std::ffi::c_void;

use egl_cuda::sys::CUdeviceptr;

use super::{Cuda, done, failed};
use crate::case::Failure;

/// Pinned host memory; freed on drop.
#[derive(Debug)]
pub(crate) struct Pinned<'a> {
    cuda: &'a Cuda,
    pub(super) address: *mut c_void,
    pub(super) len: usize,
}

impl<'a> Pinned<'a> {
    /// With these bytes in it.
    pub(crate) fn new(cuda: &'a Cuda, bytes: &[u8]) -> Result<Self, Failure> {
        let mut address = std::ptr::null_mut();
        let _current = cuda.context.push().map_err(failed)?;
        // SAFETY: the pointer is valid for the call.
        let code = unsafe { cuda.mem_alloc_host(&raw mut address, bytes.len()) };
        done("cuMemAllocHost", code)?;
        let start = address.cast::<u8>();
        // SAFETY: the driver just gave as many bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len()) };
        Ok(Self {
            cuda,
            address,
            len: bytes.len(),
        })
    }

    /// What is in it now, with nothing under way.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        // SAFETY: as many bytes, written when it was made.
        unsafe { std::slice::from_raw_parts(self.address.cast::<u8>(), self.len) }.to_vec()
    }
}

impl Drop for Pinned<'_> {
    fn drop(&mut self) {
        if let Ok(_current) = self.cuda.context.push() {
            // SAFETY: made by the driver, and used no more.
            let _ignored = unsafe { self.cuda.mem_free_host(self.address) };
        }
    }
}

/// Device memory; freed on drop.
#[derive(Debug)]
pub(crate) struct Memory<'a> {
    cuda: &'a Cuda,
    pub(crate) address: CUdeviceptr,
}

impl<'a> Memory<'a> {
    pub(crate) fn new(cuda: &'a Cuda, size: usize) -> Result<Self, Failure> {
        let mut address = 0;
        let _current = cuda.context.push().map_err(failed)?;
        // SAFETY: the pointer is valid for the call.
        done("cuMemAlloc", unsafe {
            cuda.mem_alloc(&raw mut address, size)
        })?;
        Ok(Self { cuda, address })
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        if let Ok(_current) = self.cuda.context.push() {
            // SAFETY: takes no pointer of ours; nothing is under way.
            let _ignored = unsafe { self.cuda.mem_free(self.address) };
        }
    }
}

impl Memory<'_> {
    /// Copies bytes to its beginning.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        let _current = self.cuda.context.push().map_err(failed)?;
        let from = bytes.as_ptr().cast();
        // SAFETY: the slice is as long as said, and only read.
        let code = unsafe { self.cuda.to_device(self.address, from, bytes.len()) };
        done("cuMemcpyHtoD", code)
    }

    /// The bytes at its beginning.
    pub(crate) fn read(&self, len: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = vec![0u8; len];
        let _current = self.cuda.context.push().map_err(failed)?;
        let to = bytes.as_mut_ptr().cast();
        // SAFETY: the vector is as long as said.
        done("cuMemcpyDtoH", unsafe {
            self.cuda.to_host(to, self.address, len)
        })?;
        Ok(bytes)
    }

    /// Fills its beginning.
    pub(crate) fn fill(&self, len: usize, value: u8) -> Result<(), Failure> {
        let _current = self.cuda.context.push().map_err(failed)?;
        // SAFETY: no pointer of the host's.
        done("cuMemsetD8", unsafe {
            self.cuda.memset(self.address, value, len)
        })
    }

    /// Fills its beginning, some time.
    pub(crate) fn start_fill(
        &self,
        len: usize,
        value: u8,
        stream: &egl_cuda::Stream,
    ) -> Result<(), Failure> {
        let _current = self.cuda.context.push().map_err(failed)?;
        // SAFETY: no pointer of the host's; the stream is live.
        done("cuMemsetD8Async", unsafe {
            self.cuda
                .memset_async(self.address, value, len, stream.as_raw())
        })
    }

    /// Copies its beginning to pinned memory, some time.
    pub(crate) fn start_read(
        &self,
        to: &Pinned<'_>,
        stream: &egl_cuda::Stream,
    ) -> Result<(), Failure> {
        let _current = self.cuda.context.push().map_err(failed)?;
        // SAFETY: pinned memory as long as said, which the case keeps until the stream is done.
        done("cuMemcpyDtoHAsync", unsafe {
            self.cuda
                .to_host_async(to.address, self.address, to.len, stream.as_raw())
        })
    }
}
