//! What crosses from one copy of this crate to another in the same process.
//!
//! Two plugins may each carry gst-nvmm, of different versions. Each memory of ours carries a
//! [`Shared`] as qdata under a quark with the interface's version: a copy that knows the version
//! waits for the owner's pending event on its stream and leaves its own, by the owner's functions,
//! which alone know what is behind them. Any other copy sees a foreign NVMM memory: it maps it,
//! and the owner's `mem_map` waits on the CPU. Rust types never cross.

use std::ffi::c_void;
use std::sync::LazyLock;

use egl_cuda::sys::CUstream;
use gst::glib;
use gst::glib::translate::IntoGlib;

/// Changes with every incompatible change of [`Shared`] or of what its functions mean.
const VERSION: u32 = 1;
const MAGIC: u64 = u64::from_le_bytes(*b"gstnvmm\0");

static QUARK: LazyLock<glib::Quark> =
    LazyLock::new(|| glib::Quark::from_str(format!("gst-nvmm-memory-{VERSION}")));

pub(crate) type Wait = unsafe extern "C" fn(*const Shared, CUstream, *mut u64) -> u32;
pub(crate) type Record = unsafe extern "C" fn(*const Shared, CUstream, u64) -> u32;

/// The functions that a memory's owner lends. They return 0, or a CUresult, or [`FAILED`].
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Shared {
    magic: u64,
    version: u32,
    size: u32,
    /// The NvBufSurface.
    pub(crate) surface: *mut c_void,
    /// Makes a stream wait for pending work and writes how often work was recorded so far.
    pub(crate) wait: Wait,
    /// Records a stream's work; the number is what `wait` wrote.
    pub(crate) record: Record,
}

/// CUDA_ERROR_UNKNOWN, for what is no CUDA error; the owner has logged it.
pub(crate) const FAILED: u32 = 999;

/// The header of another copy's memory, valid as long as the memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SharedPtr(pub(crate) *const Shared);

// SAFETY: the header's functions may be called on any thread, by the interface's contract.
unsafe impl Send for SharedPtr {}
// SAFETY: as above; nothing is written through it here.
unsafe impl Sync for SharedPtr {}

impl Shared {
    pub(crate) fn new(surface: *mut c_void, wait: Wait, record: Record) -> Self {
        Self {
            magic: MAGIC,
            version: VERSION,
            size: size_of::<Self>() as u32,
            surface,
            wait,
            record,
        }
    }

    /// Ties `this` to a memory, so that other copies find it.
    ///
    /// # Safety
    ///
    /// `memory` is valid, and `this` stays valid as long as it.
    pub(crate) unsafe fn attach(memory: *mut gst::ffi::GstMemory, this: *const Self) {
        // SAFETY: by this function's contract; there is nothing to free.
        unsafe {
            gst::ffi::gst_mini_object_set_qdata(
                memory.cast(),
                QUARK.into_glib(),
                this.cast_mut().cast(),
                None,
            );
        }
    }

    /// What the owner of a memory lends, if it is a copy of this crate with the same interface.
    ///
    /// # Safety
    ///
    /// `memory` is valid; what the result leads to as long as it.
    pub(crate) unsafe fn find(memory: *mut gst::ffi::GstMemory) -> Option<SharedPtr> {
        // SAFETY: by this function's contract.
        let found =
            unsafe { gst::ffi::gst_mini_object_get_qdata(memory.cast(), QUARK.into_glib()) };
        // SAFETY: the quark is this interface's: what is under it starts with magic and version.
        let shared = unsafe { found.cast::<Self>().as_ref() }?;
        (shared.magic == MAGIC
            && shared.version == VERSION
            && shared.size as usize >= size_of::<Self>())
        .then_some(SharedPtr(shared))
    }
}
