use std::ffi::c_void;

use super::Numbers;

/// Places that a pointer may lead to, none of them what it says.
#[derive(Debug)]
pub struct Places {
    /// Bytes of random content.
    heap: Box<[u64; 512]>,
    /// Two pages of which the second cannot be read.
    pages: Unreadable,
}

impl Default for Places {
    fn default() -> Self {
        Self::new()
    }
}

impl Places {
    /// New ones.
    ///
    /// # Panics
    ///
    /// When there is no memory for them.
    pub fn new() -> Self {
        Self {
            heap: Box::new([0x0101_0101_0101_0101; 512]),
            pages: Unreadable::new(),
        }
    }

    /// Null, misaligned, unreadable, short, or anything.
    pub fn pointer(&self, random: &mut Numbers<'_>) -> usize {
        let heap = self.heap.as_ptr().addr();
        match random.below(8) {
            0 => 0,
            1 => random.below(4096),
            2 => heap + random.below(4096),
            3 => heap & !7,
            // Ends within what is pointed to.
            4 => self.pages.end() - random.below(512),
            5 => self.pages.end(),
            6 => usize::MAX - random.below(64),
            _ => random.word() as usize,
        }
    }
}

/// A page of zeros, and one after it that was given back.
#[derive(Debug)]
struct Unreadable(*mut c_void);

const PAGE: usize = 4096;

impl Unreadable {
    fn new() -> Self {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping wherever there is room.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), 2 * PAGE, access, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        let second = start.wrapping_byte_add(PAGE);
        // SAFETY: the second page of the mapping made above.
        let code = unsafe { libc::mprotect(second, PAGE, libc::PROT_NONE) };
        assert_eq!(code, 0);
        Self(start)
    }

    /// Where what can be read ends.
    fn end(&self) -> usize {
        self.0.addr() + PAGE
    }
}

impl Drop for Unreadable {
    fn drop(&mut self) {
        // SAFETY: the mapping made in `new`, which nobody follows any more.
        unsafe { libc::munmap(self.0, 2 * PAGE) };
    }
}
