//! A descriptor that was read once, and may say something else by now.

use std::ffi::c_void;
use std::mem::offset_of;
use std::ptr;

use nvbufsurface_sys::prefix;

use super::Descriptor;
use crate::error::Result;

impl Descriptor {
    /// Reads the same buffer of the same surface again, of which `size` bytes are said to exist: as
    /// [`Descriptor::read`], with a call of the kernel less where the surface's list has not moved.
    ///
    /// # Errors
    ///
    /// As `read`.
    pub fn read_again(&self, size: usize) -> Result<Self> {
        let address = ptr::without_provenance(self.identity.address);
        let list = self.surface.head.surfaceList;
        let entry = self.family.params(list, self.index as usize);
        Self::read_at(address, size, self.index, Some(entry.addr()))
    }

    /// Whether the surface at `address`, of which `size` bytes are said to exist, is the one that was
    /// read, and its buffer still says what it said. Where it is mapped does not count. Without a call
    /// of the kernel: tens of nanoseconds, where [`Descriptor::read_again`] takes microseconds, and
    /// nothing is learnt of the dmabuf.
    ///
    /// # Safety
    ///
    /// `size` bytes at `address` can be read; and if they name the list of buffers that was read, that
    /// can be read, too. So it is as long as whoever made the surface has not destroyed it: the library
    /// makes and frees both together.
    #[inline]
    pub unsafe fn is_unchanged(&self, address: *const c_void, size: usize) -> bool {
        let surface = address.cast::<prefix::NvBufSurface>();
        if !self.identity.is_at(address)
            || size < self.family.surface_size()
            || !surface.is_aligned()
        {
            return false;
        }
        // SAFETY: readable by this function's contract, and aligned as seen above.
        let is_same_surface =
            unsafe { is_same::<SURFACE>(surface.cast(), (&raw const self.said).cast()) };
        if !is_same_surface {
            return false;
        }
        let entry = self
            .family
            .params(self.said.surfaceList, self.index as usize);
        // SAFETY: an entry of the list that was read, which is named still: readable by this function's
        // contract, and aligned, as was seen when it was read.
        unsafe { is_same::<BUFFER>(entry.cast_const().cast(), (&raw const self.raw.head).cast()) }
    }
}

/// Words of a surface's struct, as far as it is compared.
const SURFACE: usize = size_of::<prefix::NvBufSurface>() / 8;

/// Words of a buffer's, up to where its planes end (but for the last number of a fourth plane, which
/// shares its word with padding; no format has one).
const BUFFER: usize = (offset_of!(prefix::NvBufSurfaceParams, planeParams)
    + offset_of!(prefix::NvBufSurfacePlaneParams, bytesPerPix)
    + 16)
    / 8;

/// Whether so many words are the same.
///
/// # Safety
///
/// Both can be read and are aligned; what is known is not written meanwhile, and has no padding there.
unsafe fn is_same<const WORDS: usize>(now: *const u64, known: *const u64) -> bool {
    (0..WORDS).all(|i| {
        // SAFETY: by this function's contract. Volatile: somebody else may write.
        let now = unsafe { now.wrapping_add(i).read_volatile() };
        // SAFETY: by this function's contract.
        let known = unsafe { known.wrapping_add(i).read() };
        now == known
    })
}
