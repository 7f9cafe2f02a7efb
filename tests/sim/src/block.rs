//! Heap blocks of an exact size that programs get pointers into.

use std::alloc::Layout;
use std::ffi::c_void;
use std::ptr::NonNull;

/// A block of memory, freed on drop. An overrun of it is one that a sanitizer sees.
///
/// # Invariants
///
/// `start` is a live allocation of `layout`, which is not empty. No Rust reference leads into it.
#[derive(Debug)]
pub(crate) struct Block {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: it is memory without a thread of its own; who writes through `start` owns the block or
// is the program, which owes that itself.
unsafe impl Send for Block {}
// SAFETY: as above; `&Block` only tells the address.
unsafe impl Sync for Block {}

impl Block {
    /// A block of zeros, aligned for every C type of the libraries.
    pub(crate) fn zeroed(size: usize) -> Self {
        let Ok(layout) = Layout::from_size_align(size.max(1), align_of::<u64>()) else {
            panic!("{size} bytes are too many");
        };
        // SAFETY: the layout is not empty.
        let start = unsafe { std::alloc::alloc_zeroed(layout) };
        let Some(start) = NonNull::new(start) else {
            std::alloc::handle_alloc_error(layout)
        };
        Self { start, layout }
    }

    pub(crate) fn address(&self) -> *mut c_void {
        self.start.as_ptr().cast()
    }

    /// The address of a byte inside.
    pub(crate) fn at(&self, offset: usize) -> *mut c_void {
        assert!(offset < self.layout.size(), "inside the block");
        self.address().wrapping_byte_add(offset)
    }

    /// Writes a value into the block.
    pub(crate) fn put<T: Copy>(&mut self, offset: usize, value: T) {
        let end = offset.checked_add(size_of::<T>());
        assert!(
            end.is_some_and(|end| end <= self.layout.size()),
            "inside the block"
        );
        let place = self.address().wrapping_byte_add(offset).cast::<T>();
        // SAFETY: inside the block by the check above, and the block is ours by the invariant.
        unsafe { place.write_unaligned(value) };
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout by the type's invariant, and freed once.
        unsafe { std::alloc::dealloc(self.start.as_ptr(), self.layout) };
    }
}
