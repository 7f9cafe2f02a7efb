//! NVMM memory that another element made.

use std::ffi::c_void;
use std::sync::{Arc, LazyLock, Mutex};

use gst::ffi::{GstMapInfo, GstMemory};
use gst::glib;
use gst::glib::translate::IntoGlib;
use nvbuf::{Descriptor, Identity, Surface};

use crate::error::{Error, Result};
use crate::log::CATEGORY;
use crate::memory::backing::Backing;
use crate::memory::interop::Shared;
use crate::memory::{guard, recycled};

/// What this copy of the crate keeps with a foreign memory, as its qdata: made once and never
/// replaced while the memory lives, because the core hands qdata out as a bare pointer.
struct Entry {
    known: Mutex<Option<(Identity, Arc<Backing>)>>,
}

/// One quark per copy of the crate: `Entry` is a Rust type, and another copy's may differ.
static QUARK: LazyLock<glib::Quark> = LazyLock::new(|| {
    static HERE: u8 = 0;
    glib::Quark::from_str(format!("gst-nvmm-import-{:p}", &raw const HERE))
});

/// The surface behind a foreign memory, validated; registered with CUDA only once per surface.
///
/// # Errors
///
/// [`Error::Surface`] says which field of the descriptor cannot be; [`Error::Buffer`] when the
/// memory cannot be mapped.
pub(crate) fn backing(memory: &gst::MemoryRef) -> Result<Arc<Backing>> {
    let raw = memory.as_ptr().cast_mut();
    let (address, size) = surface_address(raw)?;
    let descriptor = Descriptor::read(address, size, 0)?;
    if descriptor.batch_size() != 1 {
        return Err(Error::buffer(format!(
            "a batch of {} buffers: put nvstreamdemux, or nvmultistreamtiler, before this element",
            descriptor.batch_size()
        )));
    }
    let entry = entry(raw);
    let mut known = entry.known.lock().unwrap_or_else(|e| e.into_inner());
    if let Some((identity, backing)) = &*known {
        if *identity == descriptor.identity() {
            return Ok(Arc::clone(backing));
        }
        gst::debug!(
            CATEGORY,
            "memory {raw:p} holds another surface now: {descriptor:?}"
        );
    }
    let backing = match recycled::take(&descriptor.identity()) {
        Some(backing) => backing,
        None => {
            // SAFETY: the view lives in the memory's qdata, which goes before the memory, and in
            // `NvmmFrame`s, which hold the buffer. Parked in `recycled` it may outlast a surface
            // that its producer destroys without any sign (caps, flush, stop) before: then it is
            // only dropped, since no equal identity comes again, and unmapping fails with a line.
            let surface = unsafe { Surface::view(&descriptor) }?;
            Arc::new(Backing::new(surface))
        }
    };
    *known = Some((descriptor.identity(), Arc::clone(&backing)));
    Ok(backing)
}

/// Where the descriptor is. Another copy of this crate says so without waiting for pending work
/// (its frames are waited for on our stream); everybody else maps.
fn surface_address(raw: *mut GstMemory) -> Result<(*const c_void, usize)> {
    // SAFETY: the caller holds the memory.
    if let Some(shared) = unsafe { Shared::find(raw) } {
        return Ok((shared.surface, crate::memory::size()));
    }
    map_address(raw)
}

/// Where mapping a memory leads. Its owner waits for whatever is pending on the pixels.
pub(crate) fn map_address(raw: *mut GstMemory) -> Result<(*const c_void, usize)> {
    let mut info = std::mem::MaybeUninit::<GstMapInfo>::uninit();
    // SAFETY: the caller holds the memory, and `info` is a place for one.
    let mapped =
        unsafe { gst::ffi::gst_memory_map(raw, info.as_mut_ptr(), gst::ffi::GST_MAP_READ) };
    if mapped == 0 {
        return Err(Error::buffer(
            "an NVMM memory cannot be mapped: the element that made it failed, see its log",
        ));
    }
    // SAFETY: gst_memory_map returned TRUE and has filled it.
    let mut info = unsafe { info.assume_init() };
    let found = (info.data.cast_const().cast(), info.size);
    // The pointer is the descriptor's own address and stays valid as long as the memory: NVIDIA's
    // unmap does nothing, and a wrapped descriptor lies in the wrapped bytes (facts).
    // SAFETY: mapped just now.
    unsafe { gst::ffi::gst_memory_unmap(raw, &raw mut info) };
    Ok(found)
}

/// The entry of a memory, made at the first call.
fn entry<'a>(raw: *mut GstMemory) -> &'a Entry {
    static CREATING: Mutex<()> = Mutex::new(());
    let quark = QUARK.into_glib();
    let find = || {
        // SAFETY: the caller holds the memory.
        let found = unsafe { gst::ffi::gst_mini_object_get_qdata(raw.cast(), quark) };
        // SAFETY: the quark is this copy's own: under it is an `Entry`, as long as the memory.
        unsafe { found.cast::<Entry>().as_ref() }
    };
    if let Some(entry) = find() {
        return entry;
    }
    // Two threads may see a memory first at the same time; only one may make its entry.
    let _one_at_a_time = CREATING.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(entry) = find() {
        return entry;
    }
    let new = Box::into_raw(Box::new(Entry {
        known: Mutex::new(None),
    }));
    // SAFETY: the memory is valid; the entry is freed by `free_entry` with it.
    unsafe {
        gst::ffi::gst_mini_object_set_qdata(raw.cast(), quark, new.cast(), Some(free_entry));
    }
    // SAFETY: just made, and freed only with the memory.
    unsafe { &*new }
}

unsafe extern "C" fn free_entry(entry: *mut c_void) {
    guard((), || {
        // SAFETY: GStreamer calls this once with the box leaked in `entry`.
        let entry = unsafe { Box::from_raw(entry.cast::<Entry>()) };
        let known = entry.known.into_inner().unwrap_or_else(|e| e.into_inner());
        if let Some((identity, backing)) = known {
            recycled::gone(identity, backing);
        }
    });
}
