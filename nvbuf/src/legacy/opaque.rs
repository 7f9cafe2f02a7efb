//! `OpaqueBlock`: a copy of an `nv_buffer` that somebody else gave.

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;

use super::buffer::NvBuffer;
use super::extracted::{ExtractedFd, FdRule};
use super::library::{library, needed};
use crate::descriptor::read_own_memory;
use crate::error::{Error, ErrorKind, Result};

/// 4 KiB; 1,008 bytes were seen.
const WORDS: usize = 512;

/// A copy of somebody's opaque `nv_buffer`, with the address that it is from.
///
/// What is in it is the library's secret: two that are equal are of one buffer, as long as that
/// lives. The library takes a copy as it takes the original: NVIDIA's omxvideosink hands it one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OpaqueBlock {
    address: usize,
    size: usize,
    words: [u64; WORDS],
}

impl OpaqueBlock {
    /// Copies the block at `address`, of which `size` bytes are said to exist.
    ///
    /// The address may be anything: the kernel does the reading, so a wild pointer is an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] as [`NvBuffer::memory_size`]; [`ErrorKind::Foreign`] for fewer bytes than a
    /// block has, for memory that cannot be read, and for zeros.
    pub fn read(address: *const c_void, size: usize) -> Result<Self> {
        let bad = |what: String| Error::new(ErrorKind::Foreign, "nv_buffer", what);
        let block = NvBuffer::memory_size()?;
        if size < block {
            return Err(bad(format!(
                "{size} bytes cannot hold an nv_buffer of {block}: this memory is not NVMM, or caps \
                 say memory:NVMM for ordinary memory"
            )));
        }
        let mut bytes = [0; WORDS * 8];
        let room = bytes.get_mut(..block).ok_or_else(|| {
            let most = WORDS * 8;
            bad(format!(
                "NvBufferGetSize says {block}, at most {most} are known"
            ))
        })?;
        read_own_memory(address.addr(), room)
            .map_err(|e| bad(format!("unreadable memory ({e}) at {address:p}")))?;
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_ne_bytes(*bytes);
        }
        if words.iter().all(|word| *word == 0) {
            return Err(bad(format!("zeros at {address:p}: there is no buffer")));
        }
        Ok(Self {
            address: address.addr(),
            size: block,
            words,
        })
    }

    /// Whether the block, of which `size` bytes are said to exist, still holds what was copied. Without a
    /// call of the kernel, as [`Descriptor::is_unchanged`](crate::Descriptor::is_unchanged).
    ///
    /// # Safety
    ///
    /// `address` is that of `size` bytes that can be read.
    pub unsafe fn is_unchanged(&self, address: *const c_void, size: usize) -> bool {
        let address = address.cast::<u64>();
        address.addr() == self.address
            && address.is_aligned()
            && size >= self.size
            // A block of other sizes is copied anew each time.
            && self.size.is_multiple_of(8)
            && self.words[..self.size / 8].iter().enumerate().all(|(i, known)| {
                // SAFETY: below the block's size, which is at most `size`, and that can be read by this
                // function's contract; aligned as seen above. Volatile: somebody else may write.
                let word = unsafe { address.wrapping_add(i).read_volatile() };
                word == *known
            })
    }

    /// Asks for the fd of the buffer that the block is of. Since R28.2.
    ///
    /// # Errors
    ///
    /// As [`ExtractedFd::extract`].
    ///
    /// # Safety
    ///
    /// What was copied is a block that the library made, on the word of whoever gave the address, and its
    /// buffer lives as long as what this gives. With [`FdRule::Keep`] the fd is the producer's, who does
    /// not close it before.
    #[doc(alias = "ExtractFdFromNvBuffer")]
    pub unsafe fn extract(&self, rule: FdRule) -> Result<ExtractedFd> {
        // The library may write to what it gets.
        let mut words = self.words;
        // SAFETY: a copy of the whole block; the rest by this function's contract.
        unsafe { ExtractedFd::extract(NonNull::from(&mut words).cast(), rule) }
    }
}

impl fmt::Debug for OpaqueBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpaqueBlock({:#x}, {} bytes)", self.address, self.size)
    }
}

impl NvBuffer<'_> {
    /// Bytes of every opaque `nv_buffer`, and so of a GstMemory of R32 that maps to one. Since R32.1.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] where there is no libnvbuf_utils, or no such function in it;
    /// [`ErrorKind::Call`] for a size that cannot be.
    #[doc(alias = "NvBufferGetSize")]
    pub fn memory_size() -> Result<usize> {
        let call = "NvBufferGetSize";
        let library = library()?;
        let get_size = needed(library, library.functions().get_size, call)?;
        // SAFETY: it takes nothing.
        let size = unsafe { get_size() };
        usize::try_from(size)
            .ok()
            .filter(|size| *size > 0)
            .ok_or_else(|| Error::new(ErrorKind::Call, call, format!("gave {size}")))
    }
}
