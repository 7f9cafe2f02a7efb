//! Mapped memory: what may be done with it changes, what it is does not.

use std::ffi::{c_int, c_void};
use std::io;

/// A mapping, unmapped on drop.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: usize,
    len: usize,
    /// Whether it is ours to protect and unmap, or the program's.
    is_ours: bool,
}

/// The size of a large page, of those that the kernel uses by itself.
const LARGE_PAGE: usize = 2 << 20;

impl Mapping {
    /// Maps `len` bytes without access: of the file, or of fresh memory with fd -1.
    pub(crate) fn new(fd: c_int, len: usize) -> io::Result<Self> {
        let flags = if fd < 0 {
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS
        } else {
            libc::MAP_SHARED
        };
        if len < LARGE_PAGE {
            return Self::map(std::ptr::null_mut(), len, flags, fd);
        }
        // Large pages are only for addresses that are multiples of theirs: a place with room to choose.
        let none = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let room = Self::map(std::ptr::null_mut(), len + LARGE_PAGE, none, -1)?;
        let start = room.base.next_multiple_of(LARGE_PAGE);
        let end = start + len.next_multiple_of(page_size());
        let at = std::ptr::with_exposed_provenance_mut(start);
        // In the place of a part of the room, which is ours; the rest of it is given back, and not the whole.
        let mapping = Self::map(at, len, flags | libc::MAP_FIXED, fd)?;
        let room = std::mem::ManuallyDrop::new(room);
        unmap(room.base, start - room.base);
        unmap(
            end,
            room.base + room.len.next_multiple_of(page_size()) - end,
        );
        Ok(mapping)
    }

    fn map(at: *mut c_void, len: usize, flags: c_int, fd: c_int) -> io::Result<Self> {
        // SAFETY: a new mapping at an address of the kernel's choice, or in the place of one of ours that
        // nothing refers to.
        let base = unsafe { libc::mmap(at, len, libc::PROT_NONE, flags, fd, 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            base: base.expose_provenance(),
            len,
            is_ours: true,
        })
    }

    /// Memory of the program, which stays as it is.
    pub(crate) fn foreign(base: usize, len: usize) -> Self {
        Self {
            base,
            len,
            is_ours: false,
        }
    }

    pub(crate) fn base(&self) -> usize {
        self.base
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Lets the kernel use large pages for it, where that makes sense: changing what may be done with a
    /// picture goes through every page of it.
    pub(crate) fn prefer_large_pages(&self) {
        let address = std::ptr::with_exposed_provenance_mut(self.base);
        // SAFETY: advice on a mapping of ours, which changes nothing in it.
        unsafe { libc::madvise(address, self.len, libc::MADV_HUGEPAGE) };
    }

    /// Sets what may be done with a part. `offset` is a multiple of the page size.
    pub(crate) fn protect(&self, offset: usize, len: usize, protection: c_int) {
        assert!(
            self.is_ours && offset.checked_add(len).is_some_and(|end| end <= self.len),
            "inside a mapping of ours"
        );
        let address = std::ptr::with_exposed_provenance_mut(self.base + offset);
        // SAFETY: the range lies in a mapping of ours (checked above), whose pages no Rust
        // reference covers.
        let result = unsafe { libc::mprotect(address, len, protection) };
        assert_eq!(result, 0, "mprotect: {}", io::Error::last_os_error());
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.is_ours {
            unmap(self.base, self.len);
        }
    }
}

/// Gives back a range of pages that only [`Mapping`] knows.
fn unmap(base: usize, len: usize) {
    if len > 0 {
        // SAFETY: the range is this file's own, and nothing refers to it any more.
        unsafe { libc::munmap(std::ptr::with_exposed_provenance_mut(base), len) };
    }
}

/// The size of a page.
pub(crate) fn page_size() -> usize {
    // SAFETY: a query without arguments in memory.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}
