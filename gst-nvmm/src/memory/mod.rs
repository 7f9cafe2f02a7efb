//! Our GstMemory: a shell around a surface, in either form. What it maps to, how it is copied.

pub(crate) mod backing;
pub(crate) mod copy;
pub(crate) mod form;
pub(crate) mod import;
pub(crate) mod interop;
pub(crate) mod key;
pub(crate) mod legacy;
mod object;
pub(crate) mod pixels;
pub(crate) mod recycled;
pub(crate) mod why;

pub use form::Form;
pub use object::{NvmmMemory, NvmmMemoryRef};

use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use egl_cuda::Current;
use egl_cuda::sys::CUstream;
use gst::ffi::{GstMapFlags, GstMemory};
use gst::glib::translate::{IntoGlib, IntoGlibPtr, ToGlibPtr, from_glib_none};
use gst::prelude::*;

use crate::allocator::NvmmAllocator;
use crate::log::CATEGORY;
use crate::memory::backing::Backing;
use crate::memory::interop::{FAILED, Shared};

/// The C object, `GstMemory` first as GStreamer asks.
///
/// # Invariants
///
/// Made by [`new`] only; `shared` is its own qdata; `backing` is there until [`free`].
#[repr(C)]
#[derive(Debug)]
pub struct RawMemory {
    memory: GstMemory,
    shared: Shared,
    backing: ManuallyDrop<Arc<Backing>>,
    /// Made by `mem_copy`: destroyed when freed, instead of recycled.
    is_copy: bool,
}

/// Wraps a surface in a GstMemory of `allocator`.
pub(crate) fn new(allocator: &NvmmAllocator, backing: Arc<Backing>, is_copy: bool) -> gst::Memory {
    let (_, size) = backing.mapping();
    let surface = backing.surface();
    let surface = surface.map_or(std::ptr::null_mut(), |surface| surface.as_ptr().cast());
    let shared = Shared::new(surface, shared_wait, shared_record);
    let raw = Box::into_raw(Box::new(RawMemory {
        // SAFETY: GstMemory is integers and pointers; gst_memory_init fills it below.
        memory: unsafe { std::mem::zeroed() },
        shared,
        backing: ManuallyDrop::new(backing),
        is_copy,
    }));
    let allocator: &gst::Allocator = allocator.upcast_ref();
    let allocator: *mut gst::ffi::GstAllocator = allocator.to_glib_none().0;
    // SAFETY: the memory is ours, not yet initialised, and big enough; the allocator is alive, and
    // the memory takes a reference on it. No NO_SHARE: a buffer behind a tee is then made writable
    // without copying pixels, since `mem_share` refuses and the memory itself is shared.
    unsafe {
        gst::ffi::gst_memory_init(
            raw.cast(),
            0,
            allocator,
            std::ptr::null_mut(),
            size,
            0,
            0,
            size,
        );
    }
    // SAFETY: `raw` is the valid memory of just now.
    let shared = unsafe { &raw const (*raw).shared };
    // SAFETY: the memory is initialised; `shared` lies in it.
    unsafe { Shared::attach(raw.cast(), shared) };
    // SAFETY: a memory with one reference, which is given to the wrapper.
    unsafe { gst::Memory::from_glib_full(raw.cast::<GstMemory>()) }
}

/// The surface behind a memory, if this very copy of the crate made it.
pub(crate) fn backing(memory: &gst::MemoryRef) -> Option<&Arc<Backing>> {
    if !is_ours(memory) {
        return None;
    }
    // SAFETY: memories of our allocator's type are made by `new` only.
    Some(unsafe { backing_of(memory.as_ptr().cast_mut()) })
}

/// Whether this very copy of the crate made a memory.
fn is_ours(memory: &gst::MemoryRef) -> bool {
    // SAFETY: a valid memory; the field is fixed when it is made.
    let allocator = unsafe { (*memory.as_ptr()).allocator };
    if allocator.is_null() {
        return false;
    }
    // Nobody derives from it: its type is that or none of ours.
    // SAFETY: a memory's allocator is a valid GObject as long as the memory.
    let class = unsafe { (*allocator.cast::<gst::glib::gobject_ffi::GTypeInstance>()).g_class };
    if class.is_null() {
        return false;
    }
    // SAFETY: a GObject's class, whose first field is its type.
    let of_type = unsafe { (*class).g_type };
    of_type == NvmmAllocator::static_type().into_glib()
}

/// Takes a memory apart: the surface, and whether it is to be recycled.
///
/// # Safety
///
/// `memory` is from [`new`], its last reference is gone, and this is called once.
pub(crate) unsafe fn free(memory: *mut GstMemory) -> (Arc<Backing>, bool) {
    // SAFETY: by this function's contract it is the box leaked in `new`.
    let raw = unsafe { Box::from_raw(memory.cast::<RawMemory>()) };
    let RawMemory {
        backing, is_copy, ..
    } = *raw;
    (ManuallyDrop::into_inner(backing), !is_copy)
}

/// Sets our functions on an allocator of our type.
pub(crate) fn init_allocator(allocator: &gst::Allocator) {
    let raw: *mut gst::ffi::GstAllocator = allocator.to_glib_none().0;
    // SAFETY: the allocator is being initialised: nobody else has it yet.
    let raw = unsafe { &mut *raw };
    raw.mem_type = Form::Surface.mem_type().as_ptr();
    // Memory of a size says nothing of a surface's shape: `alloc` may not be called.
    raw.object.flags |= gst::ffi::GST_ALLOCATOR_FLAG_CUSTOM_ALLOC;
    raw.mem_map = Some(mem_map);
    raw.mem_unmap = Some(mem_unmap);
    raw.mem_copy = Some(mem_copy);
    raw.mem_share = Some(mem_share);
}

/// Names the memory of an allocator of our type, which has made none yet.
pub(crate) fn set_form(allocator: &NvmmAllocator, form: Form) {
    let allocator: &gst::Allocator = allocator.upcast_ref();
    let raw: *mut gst::ffi::GstAllocator = allocator.to_glib_none().0;
    // SAFETY: the allocator was just made, and nobody else has it.
    unsafe { (*raw).mem_type = form.mem_type().as_ptr() };
}

/// Calls the body; a panic becomes `failed` instead of crossing into C.
pub(crate) fn guard<R>(failed: R, body: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        gst::error!(
            CATEGORY,
            "a panic was stopped at the C border; this is a bug in gst-nvmm"
        );
        failed
    })
}

/// # Safety
///
/// `memory` is one of ours, valid for the call.
unsafe fn backing_of<'a>(memory: *mut GstMemory) -> &'a Arc<Backing> {
    // SAFETY: by this function's contract it is a `RawMemory`; a place, not a reference, since
    // GStreamer counts references in the same struct.
    let backing = unsafe { &raw const (*memory.cast::<RawMemory>()).backing };
    // SAFETY: by the type's invariant it is there until `free`, and never written.
    unsafe { &*backing }
}

/// Whoever maps the memory wants the surface, and may use it at once: pending work is waited for,
/// also for a READ map, since some elements write through those.
unsafe extern "C" fn mem_map(
    memory: *mut GstMemory,
    _max_size: usize,
    _flags: GstMapFlags,
) -> *mut c_void {
    guard(std::ptr::null_mut(), || {
        // SAFETY: GStreamer calls this with a memory of our allocator, holding a reference.
        let backing = unsafe { backing_of(memory) };
        match backing.synchronize() {
            Ok(()) => backing.mapping().0,
            Err(error) => {
                gst::error!(CATEGORY, "work pending on a memory failed: {error}");
                // SAFETY: as above.
                unsafe { why::leave(memory, &error) };
                std::ptr::null_mut()
            }
        }
    })
}

unsafe extern "C" fn mem_unmap(_memory: *mut GstMemory) {}

/// Refuses: a part of a descriptor is nothing.
unsafe extern "C" fn mem_share(
    _memory: *mut GstMemory,
    _offset: isize,
    _size: isize,
) -> *mut GstMemory {
    std::ptr::null_mut()
}

/// A real copy of the pixels in a surface of its own, outside any pool.
unsafe extern "C" fn mem_copy(
    memory: *mut GstMemory,
    offset: isize,
    size: isize,
) -> *mut GstMemory {
    guard(std::ptr::null_mut(), || {
        // SAFETY: GStreamer calls this with a memory of our allocator, holding a reference.
        let backing = unsafe { backing_of(memory) };
        let whole = backing.mapping().1;
        if offset != 0 || !(size == -1 || usize::try_from(size).is_ok_and(|size| size >= whole)) {
            gst::error!(
                CATEGORY,
                "bytes {offset}, {size} of a descriptor cannot be copied alone"
            );
            return std::ptr::null_mut();
        }
        // SAFETY: as above.
        let allocator = unsafe { (*memory).allocator };
        // SAFETY: our memories' allocator is set, and alive as long as they.
        let allocator: gst::Allocator = unsafe { from_glib_none(allocator) };
        let Ok(allocator) = allocator.downcast::<NvmmAllocator>() else {
            return std::ptr::null_mut();
        };
        match allocator.copy(backing) {
            Ok(copy) => new(&allocator, Arc::new(copy), true).into_glib_ptr(),
            Err(error) => {
                gst::error!(CATEGORY, "cannot copy a memory: {error}");
                std::ptr::null_mut()
            }
        }
    })
}

/// Does for another copy of the crate what only this one can; logs and leaves at the memory what failed.
///
/// # Safety
///
/// `shared` is the header of a memory of this copy, valid for the call.
unsafe fn lend(
    shared: *const Shared,
    what: &str,
    body: impl FnOnce(&Backing, &Current<'_>) -> crate::Result<()>,
) -> u32 {
    guard(FAILED, || {
        // SAFETY: by this function's contract and the type's invariant, it lies in a `RawMemory`.
        let raw = unsafe { shared.byte_sub(std::mem::offset_of!(RawMemory, shared)) };
        let memory: *mut GstMemory = raw.cast_mut().cast();
        // SAFETY: as above.
        let backing = unsafe { backing_of(memory) };
        let result = backing.context().and_then(|context| {
            let current = context.push()?;
            body(backing, &current)
        });
        let Err(error) = result else {
            return 0;
        };
        gst::error!(CATEGORY, "{what} for another plugin: {error}");
        // SAFETY: as above.
        unsafe { why::leave(memory, &error) };
        FAILED
    })
}

unsafe extern "C" fn shared_wait(
    shared: *const Shared,
    stream: CUstream,
    recordings: *mut u64,
) -> u32 {
    let body = |backing: &Backing, current: &Current<'_>| {
        // SAFETY: the interface's contract: a stream, alive.
        let seen = unsafe { backing.wait(current, stream) }?;
        // SAFETY: the interface's contract: a place for the number.
        unsafe { recordings.write(seen) };
        Ok(())
    };
    // SAFETY: the interface's contract: a memory's header, while a reference is held.
    unsafe { lend(shared, "wait", body) }
}

unsafe extern "C" fn shared_record(
    shared: *const Shared,
    stream: CUstream,
    recordings: u64,
) -> u32 {
    let body = |backing: &Backing, current: &Current<'_>| {
        // SAFETY: the interface's contract: a stream, alive.
        unsafe { backing.record(current, stream, recordings) }
    };
    // SAFETY: the interface's contract: a memory's header, while a reference is held.
    unsafe { lend(shared, "record", body) }
}
