//! Memory as the allocators of NVIDIA's elements make it: no sharing, no copy of its own, mapping gives a
//! pointer and unmapping does nothing.

use std::ffi::{CStr, c_void};
use std::fmt::Debug;

use gst::glib;
use gst::glib::translate::{ToGlibPtr, from_glib_full};
use gst::prelude::*;
use gst::subclass::prelude::*;

mod imp {
    use super::*;

    #[derive(Debug, Default)]
    pub struct PeerAllocator;

    #[glib::object_subclass]
    impl ObjectSubclass for PeerAllocator {
        const NAME: &'static str = "NvmmTestPeerAllocator";
        type Type = super::PeerAllocator;
        type ParentType = gst::Allocator;
    }

    impl ObjectImpl for PeerAllocator {}
    impl GstObjectImpl for PeerAllocator {}

    // SAFETY: `alloc` gives null, which callers must expect; `free` takes what `super::memory` made.
    unsafe impl AllocatorImpl for PeerAllocator {
        unsafe fn alloc(
            &self,
            _size: usize,
            _params: &gst::AllocationParams,
        ) -> *mut gst::ffi::GstMemory {
            std::ptr::null_mut()
        }

        unsafe fn free(&self, memory: *mut gst::ffi::GstMemory) {
            // SAFETY: the box leaked in `super::memory`, after its last reference.
            drop(unsafe { Box::from_raw(memory.cast::<PeerMemory>()) });
        }
    }
}

glib::wrapper! {
    pub struct PeerAllocator(ObjectSubclass<imp::PeerAllocator>) @extends gst::Allocator, gst::Object;
}

#[repr(C)]
struct PeerMemory {
    memory: gst::ffi::GstMemory,
    data: *mut c_void,
    _held: Box<dyn Debug + Send + Sync>,
}

/// How a peer presents a descriptor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shell {
    pub(super) mem_type: &'static CStr,
    pub(super) data: *mut c_void,
    pub(super) size: usize,
    /// V4l2Memory has that of a raw frame.
    pub(super) max_size: usize,
}

/// # Safety
///
/// `size` bytes at `data` live as long as `held`.
pub(super) unsafe fn memory(shell: Shell, held: impl Debug + Send + Sync + 'static) -> gst::Memory {
    unsafe extern "C" fn map(
        memory: *mut gst::ffi::GstMemory,
        _size: usize,
        _flags: gst::ffi::GstMapFlags,
    ) -> *mut c_void {
        // SAFETY: a memory of this allocator, held by the caller.
        unsafe { (*memory.cast::<PeerMemory>()).data }
    }
    unsafe extern "C" fn unmap(_memory: *mut gst::ffi::GstMemory) {}

    let allocator: gst::Allocator = glib::Object::new::<PeerAllocator>().upcast();
    let raw: *mut gst::ffi::GstAllocator = allocator.to_glib_none().0;
    // SAFETY: just made, and nobody else has it.
    let class = unsafe { &mut *raw };
    class.mem_type = shell.mem_type.as_ptr();
    class.object.flags |= gst::ffi::GST_ALLOCATOR_FLAG_CUSTOM_ALLOC;
    class.mem_map = Some(map);
    class.mem_unmap = Some(unmap);
    let memory = Box::into_raw(Box::new(PeerMemory {
        // SAFETY: integers and pointers; gst_memory_init fills them.
        memory: unsafe { std::mem::zeroed() },
        data: shell.data,
        _held: Box::new(held),
    }));
    // SAFETY: a place for a memory, and an allocator that it takes a reference of.
    unsafe {
        gst::ffi::gst_memory_init(
            memory.cast(),
            gst::ffi::GST_MEMORY_FLAG_NO_SHARE,
            raw,
            std::ptr::null_mut(),
            shell.max_size,
            0,
            0,
            shell.size,
        );
    }
    // SAFETY: a memory with one reference, which is given to us.
    unsafe { from_glib_full(memory.cast::<gst::ffi::GstMemory>()) }
}
