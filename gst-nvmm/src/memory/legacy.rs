//! The legacy form: the opaque `nv_buffer` of libnvbuf_utils.

use std::ffi::c_void;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::Arc;

use nvbuf::Surface;
use nvbuf::legacy::{ExtractedFd, FdRule, NvBuffer, OpaqueBlock, Payload};

use crate::error::{Error, Result};

/// Memory of NVIDIA's elements of R32 that maps to an `nv_buffer` (facts). Never decided by that alone.
const NVIDIAS: [&str; 6] = [
    "nvfilter",
    "nvarguscam",
    "V4l2Memory",
    "nvV4l2Memory",
    "nvcompositor",
    "openmax",
];

/// The `nv_buffer` of a surface: address and size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    address: NonNull<c_void>,
    size: usize,
}

// SAFETY: an address that is handed out, and never followed here.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

impl Block {
    /// The block of a surface of ours, which lives as long as it.
    ///
    /// On R32 a surface is a buffer of libnvbuf_utils as well: nvvidconv passes surfaces' fds to
    /// that library, and omxvideosink takes `dataPtr` for the block. What the library says of the
    /// fd must be the surface.
    pub(crate) fn of(surface: &Surface) -> Result<Self> {
        let size = NvBuffer::memory_size()?;
        let buffer = NvBuffer::from_fd(surface.dmabuf(0)?)?;
        let (theirs, ours) = (buffer.params(), surface.params(0)?);
        let shape = |planes: &[nvbuf::PlaneParams]| {
            planes
                .first()
                .map(|plane| (plane.width, plane.height, plane.pitch))
        };
        let is_same = shape(theirs.planes()) == shape(ours.planes())
            && theirs.planes().len() == ours.planes().len()
            && theirs.color_format() == ours.color_format()
            && theirs.layout() == ours.layout();
        match NonNull::new(buffer.as_ptr()).filter(|_| is_same && buffer.raw_size() == size) {
            Some(address) => Ok(Self { address, size }),
            None => Err(Error::buffer(format!(
                "libnvbuf_utils says of the fd of {surface:?} that it is {buffer:?}, with an nv_buffer \
                 of {} bytes where NvBufferGetSize says {size}: this platform's surfaces have no \
                 legacy form. Set bufapi-version=true on this and on NVIDIA's elements",
                buffer.raw_size()
            ))),
        }
    }

    pub(crate) fn address(self) -> *mut c_void {
        self.address.as_ptr()
    }

    pub(crate) fn size(self) -> usize {
        self.size
    }
}

/// Whether a memory of this name and mapped size is an `nv_buffer` if it is no `NvBufSurface`.
pub(crate) fn may_be(mem_type: &str, size: usize, block: usize) -> bool {
    // Yocto's nvvidconv has memories of the frame's size (facts).
    size == block || (size > block && NVIDIAS.contains(&mem_type))
}

/// A buffer of somebody else's, by its block.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(crate) buffer: Arc<NvBuffer<'static>>,
    pub(crate) fd: ExtractedFd,
    /// Whether the fd stays what it is when the memory goes.
    pub(crate) is_kept: bool,
}

/// # Errors
///
/// What the library says of the block, or of the fd that it gives.
pub(crate) fn import(block: &OpaqueBlock, mem_type: &str) -> Result<Imported> {
    let rule = FdRule::of_memory(mem_type)?;
    // SAFETY: what the element that made the memory says to be a block, by its caps and size; the
    // memory, and with it the buffer and its fd, outlives the `Backing` that this goes into, or the
    // `Backing` is only dropped.
    let fd = unsafe { block.extract(rule) }?;
    // SAFETY: open as long as `fd`, which is kept beside the buffer and dropped after it.
    let borrowed: BorrowedFd<'static> = unsafe { BorrowedFd::borrow_raw(fd.as_fd().as_raw_fd()) };
    let buffer = NvBuffer::from_fd(borrowed)?;
    if buffer.params().payload() != Payload::SURF_ARRAY {
        return Err(Error::buffer(format!(
            "{buffer:?} has no picture (payload {:?}): put nvvidconv after the element that made it",
            buffer.params().payload()
        )));
    }
    Ok(Imported {
        buffer: Arc::new(buffer),
        fd,
        is_kept: rule == FdRule::Keep,
    })
}

#[cfg(test)]
mod tests {
    use super::may_be;

    #[test]
    fn the_size_decides_and_the_name_only_for_larger_memory() {
        assert!(may_be("nvfilter", 1008, 1008) && may_be("SystemMemory", 1008, 1008));
        assert!(may_be("V4l2Memory", 3_110_400, 1008));
        assert!(!may_be("SystemMemory", 3_110_400, 1008));
        assert!(!may_be("nvfilter", 64, 1008) && !may_be("nvstream", 64, 1008));
    }
}
