//! The fd of an opaque `nv_buffer`.

use std::ffi::{c_int, c_void};
use std::os::fd::{AsFd, BorrowedFd};
use std::ptr::NonNull;

use nvbufsurface_sys::{LegacyLibrary, Numbering};

use super::library::{library, needed};
use crate::error::{Error, ErrorKind, Result, check, report};

/// Who has to give an extracted fd back.
///
/// The library does not say; elements and users found out. One that is given back although it is the
/// producer's breaks the producer ("dmabuf_fd mapped entry NOT found"), and one that is kept although
/// it is ours leaks, up to the process's limit of fds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FdRule {
    /// We do, with `NvReleaseFd`: every fd of R28, and on R32 that of memory named `openmax` (the
    /// OpenMAX elements).
    GiveBack,
    /// The producer does: on R32 `nvfilter` (nvvidconv), `nvarguscam`, `V4l2Memory` and the like.
    Keep,
}

impl FdRule {
    /// The rule for memory of a GstAllocator's `mem_type`, on this machine's release.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] where there is no libnvbuf_utils.
    pub fn of_memory(mem_type: &str) -> Result<Self> {
        Ok(Self::of(library()?.numbering(), mem_type))
    }

    fn of(numbering: Numbering, mem_type: &str) -> Self {
        // NVIDIA's DeepStream example for R28 gives back every frame's; nvcompositor of R32 that of
        // `openmax` alone.
        if numbering <= Numbering::R28 || mem_type == "openmax" {
            Self::GiveBack
        } else {
            Self::Keep
        }
    }
}

/// The dmabuf fd of an opaque `nv_buffer`, given back on drop if it has to be.
///
/// [`NvBuffer::from_fd`](super::NvBuffer::from_fd) makes a buffer of it, for as long as it lives.
#[derive(Debug)]
#[must_use = "the fd is given back as soon as this is dropped"]
pub struct ExtractedFd {
    fd: c_int,
    release: Option<unsafe extern "C" fn(c_int) -> c_int>,
}

impl ExtractedFd {
    /// Asks for the fd of an `nv_buffer`: what a GstMemory of R28 and R32 maps to, if it is no
    /// `NvBufSurface`. Since R28.2.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] where there is no libnvbuf_utils, or no such function in it (R28.1);
    /// [`ErrorKind::Call`] when the library does not know the block ("NVMAP_IOC_GET_FD failed": it is a
    /// `NvBufSurface`, or its buffer is gone).
    ///
    /// # Safety
    ///
    /// `nv_buffer` points to the whole opaque block of a buffer (`NvBufferGetSize` bytes), or a copy of
    /// it, and that buffer lives as long as what this gives. With [`FdRule::Keep`] the fd is the
    /// producer's, who does not close it before.
    #[doc(alias = "ExtractFdFromNvBuffer")]
    pub unsafe fn extract(nv_buffer: NonNull<c_void>, rule: FdRule) -> Result<Self> {
        let call = "ExtractFdFromNvBuffer";
        let library: &LegacyLibrary = library()?;
        let extract = needed(library, library.functions().extract_fd, call)?;
        let release = match rule {
            FdRule::Keep => None,
            FdRule::GiveBack => {
                let release = library.functions().release_fd;
                Some(needed(library, release, "NvReleaseFd")?)
            }
        };
        let mut fd: c_int = -1;
        // SAFETY: the block by this function's contract; a place for the fd.
        let ret = unsafe { extract(nv_buffer.as_ptr(), &raw mut fd) };
        check(call, ret, || {
            format!(
                "{nv_buffer:p} is no nv_buffer of a live buffer: a NvBufSurface has its fd in \
                 bufferDesc (bufapi-version=true, and L4T R35 and later)"
            )
        })?;
        if fd < 0 {
            let detail = format!("returned 0 and fd {fd}");
            return Err(Error::new(ErrorKind::Call, call, detail));
        }
        Ok(Self { fd, release })
    }

    /// Gives the fd back, if it has to be, and says whether that went well.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Call`] when the library refuses: the fd was not extracted, or given back before.
    #[doc(alias = "NvReleaseFd")]
    pub fn give_back(self) -> Result<()> {
        let this = std::mem::ManuallyDrop::new(self);
        this.end()
    }

    /// Called once, by `give_back` or by drop.
    fn end(&self) -> Result<()> {
        let Some(release) = self.release else {
            return Ok(());
        };
        // SAFETY: it takes an fd that the library gave, and this is its last use.
        let ret = unsafe { release(self.fd) };
        check("NvReleaseFd", ret, || {
            format!("fd {}: not extracted, or given back before", self.fd)
        })
    }
}

impl AsFd for ExtractedFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: open until it is given back, by the contract of `extract`; not negative.
        unsafe { BorrowedFd::borrow_raw(self.fd) }
    }
}

impl Drop for ExtractedFd {
    fn drop(&mut self) {
        self.end().unwrap_or_else(|error| report(&error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r28_gives_every_fd_back_and_r32_those_of_openmax() {
        for numbering in Numbering::ALL {
            assert_eq!(FdRule::of(numbering, "openmax"), FdRule::GiveBack);
            let is_old = numbering <= Numbering::R28;
            for mem_type in ["nvfilter", "nvarguscam", "V4l2Memory", ""] {
                let rule = FdRule::of(numbering, mem_type);
                assert_eq!(rule == FdRule::GiveBack, is_old, "{numbering} {mem_type}");
            }
        }
    }
}
