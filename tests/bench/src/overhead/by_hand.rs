//! The C in `c/`.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;

use gst::glib;
use gst::glib::translate::{FromGlib, ToGlibPtr, from_glib_full};
use gst::prelude::*;
use gst_video::VideoInfo;

unsafe extern "C" {
    fn bench_init() -> *const c_char;
    fn bench_frame_open(
        frame: *mut RawFrame,
        buffer: *mut gst::ffi::GstBuffer,
        info: *const gst_video::ffi::GstVideoInfo,
    ) -> glib::ffi::gboolean;
    fn bench_frame_close(frame: *mut RawFrame);
    fn bench_pool_new(
        caps: *mut gst::ffi::GstCaps,
        min: u32,
        max: u32,
    ) -> *mut gst::ffi::GstBufferPool;
    fn bench_mix_get_type() -> glib::ffi::GType;
}

/// `BenchFrame`.
#[repr(C)]
struct RawFrame {
    buffer: *mut gst::ffi::GstBuffer,
    registration: *mut std::ffi::c_void,
    info: gst_video::ffi::GstVideoInfo,
}

/// Finds the platform's functions.
pub(crate) fn init() -> Result<(), String> {
    let family = gst_nvmm::nvbuf::sys::Library::get()
        .map_err(|e| e.to_string())?
        .family();
    if family != gst_nvmm::nvbuf::sys::Family::Classic {
        return Err(format!(
            "the C was compiled for the structs of L4T R32 to R36.4, this platform has {family:?}"
        ));
    }
    // SAFETY: nothing is asked for but that GStreamer is initialised.
    let missing = unsafe { bench_init() };
    if missing.is_null() {
        return Ok(());
    }
    // SAFETY: a C string: a name in the program, or dlerror's, which nobody has called since.
    let missing = unsafe { CStr::from_ptr(missing) };
    Err(format!("missing: {}", missing.to_string_lossy()))
}

/// Opens a buffer's frame by hand, and closes it.
pub(crate) fn open_and_close(buffer: &gst::Buffer, info: &VideoInfo) -> Result<(), String> {
    let mut frame = MaybeUninit::<RawFrame>::uninit();
    let info: *const gst_video::ffi::GstVideoInfo = info.to_glib_none().0;
    // SAFETY: a place for a frame, and a buffer and an info that live for the call.
    if unsafe { bench_frame_open(frame.as_mut_ptr(), buffer.as_mut_ptr(), info) } == 0 {
        return Err("the C cannot open a buffer".into());
    }
    // SAFETY: opened just now.
    unsafe { bench_frame_close(frame.as_mut_ptr()) };
    Ok(())
}

/// A pool of so many surfaces, which somebody else has wrapped.
pub(crate) fn pool(caps: &gst::Caps, surfaces: u32) -> Result<gst::BufferPool, String> {
    // SAFETY: caps that live for the call.
    let pool = unsafe { bench_pool_new(caps.as_mut_ptr(), surfaces, surfaces) };
    // SAFETY: null, or a pool that is given to us.
    let pool: Option<gst::BufferPool> = unsafe { from_glib_full(pool) };
    pool.ok_or_else(|| format!("no pool for {caps}"))
}

/// The element; `synchronizes` makes it wait for each frame.
pub(crate) fn mix(synchronizes: bool) -> Result<gst::Element, String> {
    // SAFETY: registers the type the first time.
    let of_type = unsafe { bench_mix_get_type() };
    // SAFETY: a type, registered.
    let of_type = unsafe { glib::Type::from_glib(of_type) };
    glib::Object::builder_with_type(of_type)
        .property("synchronizes", synchronizes)
        .build()
        .downcast()
        .map_err(|_| "the C's type is no element".into())
}
