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
    /// Maps `len` bytes of the file, or of fresh memory with fd -1: open, or without access. What there is not
    /// enough memory for fails here, and not when it is opened.
    pub(crate) fn new(fd: c_int, len: usize, is_open: bool) -> io::Result<Self> {
        let mapping = Self::place(fd, len)?;
        mapping.prefer_large_pages();
        if !is_open {
            mapping.protect(0, len, libc::PROT_NONE);
        }
        Ok(mapping)
    }

    fn place(fd: c_int, len: usize) -> io::Result<Self> {
        const OPEN: c_int = libc::PROT_READ | libc::PROT_WRITE;
        let flags = if fd < 0 {
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS
        } else {
            libc::MAP_SHARED
        };
        if len < LARGE_PAGE {
            return Self::map(std::ptr::null_mut(), len, OPEN, flags, fd);
        }
        // Large pages are only for addresses that are multiples of theirs: a place with room to choose. Of a file
        // it is a part of it that is replaced, since the file has to begin there.
        let none = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let (protection, kind) = match fd {
            ..0 => (OPEN, flags),
            _ => (libc::PROT_NONE, none),
        };
        let room = Self::map(std::ptr::null_mut(), len + LARGE_PAGE, protection, kind, -1)?;
        let room = std::mem::ManuallyDrop::new(room);
        let start = room.base.next_multiple_of(LARGE_PAGE);
        let end = start + len.next_multiple_of(page_size());
        let mapping = if fd < 0 {
            Ok(Self {
                base: start,
                len,
                is_ours: true,
            })
        } else {
            let at = std::ptr::with_exposed_provenance_mut(start);
            // If this fails the kernel may have given back that part, which may be somebody else's at once.
            Self::map(at, len, OPEN, flags | libc::MAP_FIXED, fd)
        };
        unmap(room.base, start - room.base);
        unmap(
            end,
            room.base + room.len.next_multiple_of(page_size()) - end,
        );
        mapping
    }

    fn map(
        at: *mut c_void,
        len: usize,
        protection: c_int,
        flags: c_int,
        fd: c_int,
    ) -> io::Result<Self> {
        // SAFETY: a new mapping at an address of the kernel's choice, or in the place of one of ours that
        // nothing refers to.
        let base = unsafe { libc::mmap(at, len, protection, flags, fd, 0) };
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
    fn prefer_large_pages(&self) {
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
        if result != 0 {
            // Memory that stays closed or open would be a wrong result or a hang somewhere else.
            crate::log::fatal(format_args!("mprotect: {}", io::Error::last_os_error()));
        }
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
