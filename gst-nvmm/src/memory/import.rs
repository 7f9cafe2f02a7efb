//! NVMM memory that another element made.

use std::ffi::{CStr, c_void};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use gst::ffi::{GstMapInfo, GstMemory};
use gst::glib;
use gst::glib::translate::IntoGlib;
use nvbuf::legacy::{NvBuffer, OpaqueBlock};
use nvbuf::{Descriptor, ErrorKind, Surface};

use crate::error::{Error, Result};
use crate::log::CATEGORY;
use crate::memory::backing::Backing;
use crate::memory::form::{Form, has_legacy};
use crate::memory::interop::{Shared, SharedPtr};
use crate::memory::key::{Key, Which, check, filled};
use crate::memory::{guard, legacy, recycled, why};

/// What this copy of the crate keeps with a foreign memory, as its qdata: made once and never
/// replaced while the memory lives, because the core hands qdata out as a bare pointer.
struct Entry {
    /// What another copy of the crate lends, if the memory is one of its own.
    shared: Option<SharedPtr>,
    /// One for each buffer of a batch that was used.
    known: Mutex<Vec<Known>>,
}

struct Known {
    index: u32,
    key: Key,
    backing: Arc<Backing>,
}

/// What a memory maps to, read and checked.
enum Found {
    Surface(Box<Descriptor>),
    Legacy(Box<OpaqueBlock>),
}

/// One quark per copy of the crate: `Entry` is a Rust type, and another copy's may differ.
static QUARK: LazyLock<glib::Quark> = LazyLock::new(|| {
    static HERE: u8 = 0;
    glib::Quark::from_str(format!("gst-nvmm-import-{:p}", &raw const HERE))
});

/// What is behind a buffer of a foreign memory, validated; registered with CUDA only once. And what
/// another copy of the crate lends, if it made the memory.
///
/// # Errors
///
/// [`Error::Surface`] says which field of the descriptor cannot be, or what the library says of an
/// `nv_buffer`; [`Error::Buffer`] when the memory cannot be mapped or has no such buffer.
pub(crate) fn backing(
    memory: &gst::MemoryRef,
    which: Which,
) -> Result<(Arc<Backing>, Option<SharedPtr>)> {
    let raw = memory.as_ptr().cast_mut();
    let (entry, index) = (entry(raw), which.unwrap_or(0));
    let shared = entry.shared;
    let mapped = address_of(raw, shared)?;
    let mut known = entry.known.lock().unwrap_or_else(|e| e.into_inner());
    let place = known.iter().position(|known| known.index == index);
    if let Some(Known { key, backing, .. }) = place.map(|place| &mut known[place]) {
        // SAFETY: what mapping gave just now, of the memory that this entry is the qdata of.
        let is_same = unsafe { key.is_of(mapped.0, mapped.1, which) };
        if is_same {
            return Ok((Arc::clone(backing), shared));
        }
    }
    let backing = import(memory, mapped, which, shared, (known, place))?;
    Ok((backing, shared))
}

/// Reads what a memory holds, and keeps it in its entry: in the place of what it held, if it is known.
#[cold]
fn import(
    memory: &gst::MemoryRef,
    mapped: (*const c_void, usize),
    which: Which,
    shared: Option<SharedPtr>,
    (mut known, place): (MutexGuard<'_, Vec<Known>>, Option<usize>),
) -> Result<Arc<Backing>> {
    let index = which.unwrap_or(0);
    let (key, backing) = match find(memory, mapped, shared.is_some(), index)? {
        Found::Surface(descriptor) => {
            check(&descriptor, which)?;
            let identity = descriptor.identity();
            let backing = match recycled::take(&identity) {
                Some(backing) => backing,
                None => {
                    // SAFETY: the view lives in the memory's qdata, which goes before the memory, and
                    // in guards and frames, which hold the buffer. Parked in `recycled` it may outlast
                    // a surface that its producer destroys without any sign (caps, flush, stop)
                    // before: then it is only dropped, since no equal identity comes again, and
                    // unmapping fails with a line.
                    let surface = unsafe { Surface::view(&descriptor) }?;
                    Arc::new(Backing::view(surface))
                }
            };
            (Key::Surface(descriptor), backing)
        }
        Found::Legacy(block) => {
            let imported = legacy::import(&block, mem_type(memory))?;
            let identity = imported.is_kept.then(|| imported.buffer.identity());
            // The library may note something in a block: the buffer is the same.
            let same = place.map(|place| &known[place]).filter(|known| {
                matches!(&known.key, Key::Legacy(_, was) if was.is_some() && *was == identity)
            });
            let backing = same.map(|known| Arc::clone(&known.backing));
            let parked = || identity.as_ref().and_then(recycled::take);
            let backing = backing.or_else(parked);
            let new = || Arc::new(Backing::imported(imported));
            let backing = backing.unwrap_or_else(new);
            (Key::Legacy(block, identity), backing)
        }
    };
    let now = Known {
        index,
        key,
        backing: Arc::clone(&backing),
    };
    match place {
        Some(place) => {
            gst::debug!(
                CATEGORY,
                "memory {:p} holds another buffer now: {backing:?}",
                memory.as_ptr()
            );
            let old = std::mem::replace(&mut known[place], now);
            drop(known);
            // The library may have noted something in a block: then it is the same buffer still.
            if !Arc::ptr_eq(&old.backing, &backing) {
                old.leave(shared);
            }
        }
        None => known.push(now),
    }
    Ok(backing)
}

impl Known {
    /// Parks the registration for when the buffer comes again, or ends it, behind whatever another copy of
    /// the crate has pending on it.
    fn leave(self, shared: Option<SharedPtr>) {
        let left = match self.key {
            Key::Surface(descriptor) => recycled::gone(descriptor.identity(), self.backing),
            Key::Legacy(_, Some(identity)) => recycled::gone(identity, self.backing),
            Key::Legacy(_, None) => Some(self.backing),
        };
        if let (Some(backing), Some(SharedPtr(shared))) = (left, shared) {
            // SAFETY: whoever calls this has the memory still, and the header lies in it.
            if let Err(error) = unsafe { backing.take_over(shared) } {
                gst::error!(
                    CATEGORY,
                    "work pending on a memory that goes failed: {error}"
                );
            }
        }
    }
}

/// How many buffers a foreign memory holds.
pub(crate) fn num_buffers(memory: &gst::MemoryRef) -> Result<u32> {
    let raw = memory.as_ptr().cast_mut();
    let shared = entry(raw).shared;
    let mapped = address_of(raw, shared)?;
    Ok(match find(memory, mapped, shared.is_some(), 0)? {
        Found::Surface(descriptor) => filled(&descriptor),
        Found::Legacy(_) => 1,
    })
}

/// What mapping a foreign memory gives.
pub(crate) fn form(memory: &gst::MemoryRef) -> Result<Form> {
    let mapped = map_address(memory.as_ptr().cast_mut())?;
    Ok(match find(memory, mapped, false, 0)? {
        Found::Surface(_) => Form::Surface,
        Found::Legacy(_) => Form::Legacy,
    })
}

/// Decides what a memory maps to: by its size and its content; by its name only where neither says.
fn find(
    memory: &gst::MemoryRef,
    (address, size): (*const c_void, usize),
    is_shared: bool,
    index: u32,
) -> Result<Found> {
    let surface = || Descriptor::read(address, size, index).map(|d| Found::Surface(Box::new(d)));
    if is_shared || !has_legacy() {
        return Ok(surface()?);
    }
    let block = NvBuffer::memory_size()?;
    let legacy = || -> Result<Found> {
        if index != 0 {
            return Err(Error::buffer(format!(
                "buffer {index} of an nv_buffer, which is one"
            )));
        }
        Ok(Found::Legacy(Box::new(OpaqueBlock::read(address, size)?)))
    };
    if size == block && Form::Surface.memory_size()? != block {
        return legacy();
    }
    match surface() {
        Err(error) if error.kind() == ErrorKind::Foreign => {
            if legacy::may_be(mem_type(memory), size, block) {
                return legacy();
            }
            Err(error.into())
        }
        result => Ok(result?),
    }
}

/// The name of a memory's kind.
fn mem_type(memory: &gst::MemoryRef) -> &str {
    // SAFETY: the memory is valid; the field is fixed when it is made.
    let allocator = unsafe { (*memory.as_ptr()).allocator };
    if allocator.is_null() {
        return "";
    }
    // SAFETY: a memory's allocator is valid as long as the memory.
    let name = unsafe { (*allocator).mem_type };
    if name.is_null() {
        return "";
    }
    // SAFETY: a C string that is as long there as the allocator.
    let name = unsafe { CStr::from_ptr(name) };
    name.to_str().unwrap_or_default()
}

/// Where the descriptor is, and its size. Another copy of this crate says so without waiting for
/// pending work (its frames are waited for on our stream); everybody else maps.
#[inline(always)]
fn address_of(raw: *mut GstMemory, shared: Option<SharedPtr>) -> Result<(*const c_void, usize)> {
    let Some(SharedPtr(shared)) = shared else {
        return map_address(raw);
    };
    // SAFETY: the caller holds the memory that the header is of.
    let surface = unsafe { (*shared).surface };
    Ok((surface, Form::Surface.memory_size()?))
}

/// Where mapping a memory leads. Its owner waits for whatever is pending on the pixels.
#[inline(always)]
pub(crate) fn map_address(raw: *mut GstMemory) -> Result<(*const c_void, usize)> {
    let mut info = std::mem::MaybeUninit::<GstMapInfo>::uninit();
    // SAFETY: the caller holds the memory, and `info` is a place for one.
    let mapped =
        unsafe { gst::ffi::gst_memory_map(raw, info.as_mut_ptr(), gst::ffi::GST_MAP_READ) };
    if mapped == 0 {
        // SAFETY: as above.
        let why = unsafe { why::take(raw) };
        return Err(Error::buffer(format!(
            "an NVMM memory cannot be mapped: {why}"
        )));
    }
    // Where they are: a copy of it all would wait for what was written just now.
    let info = info.as_mut_ptr();
    // SAFETY: gst_memory_map returned TRUE and has filled this.
    let data = unsafe { (*info).data };
    // SAFETY: as above.
    let size = unsafe { (*info).size };
    // The pointer is the descriptor's own address and stays valid as long as the memory: NVIDIA's
    // unmap does nothing, and a wrapped descriptor lies in the wrapped bytes (facts).
    // SAFETY: mapped just now.
    unsafe { gst::ffi::gst_memory_unmap(raw, info) };
    Ok((data.cast_const().cast(), size))
}

/// The entry of a memory, made at the first call.
#[inline]
fn entry<'a>(raw: *mut GstMemory) -> &'a Entry {
    find_entry(raw).unwrap_or_else(|| new_entry(raw))
}

#[inline]
fn find_entry<'a>(raw: *mut GstMemory) -> Option<&'a Entry> {
    // SAFETY: the caller holds the memory.
    let found = unsafe { gst::ffi::gst_mini_object_get_qdata(raw.cast(), QUARK.into_glib()) };
    // SAFETY: the quark is this copy's own: under it is an `Entry`, as long as the memory.
    unsafe { found.cast::<Entry>().as_ref() }
}

#[cold]
fn new_entry<'a>(raw: *mut GstMemory) -> &'a Entry {
    static CREATING: Mutex<()> = Mutex::new(());
    // Two threads may see a memory first at the same time; only one may make its entry.
    let _one_at_a_time = CREATING.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(entry) = find_entry(raw) {
        return entry;
    }
    // SAFETY: the caller holds the memory. What lends it was tied to it when it was made.
    let shared = unsafe { Shared::find(raw) };
    let new = Box::into_raw(Box::new(Entry {
        shared,
        known: Mutex::default(),
    }));
    let quark = QUARK.into_glib();
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
        // The memory's qdata goes before the memory.
        known
            .into_iter()
            .for_each(|known| known.leave(entry.shared));
    });
}
