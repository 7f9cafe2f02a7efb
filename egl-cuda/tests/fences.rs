//! Events of EGL's fences, on the machine's own EGL and a driver that keeps a journal. Needs no CUDA.

mod common;
mod gl;

use std::ffi::{c_int, c_void};
use std::os::unix::fs::symlink;

use common::{directory, example, in_child, is_child};
use egl_cuda::{Context, EglDisplay, EglSync, ErrorKind, Event, GlesContext, Stream, sys};
use gl::function;

/// Whether a sync object is there.
fn is_there(display: *mut c_void, sync: *mut c_void) -> bool {
    type GetAttribute =
        unsafe extern "C" fn(*mut c_void, *mut c_void, c_int, *mut c_int) -> sys::EGLBoolean;
    // SAFETY: EGL's function has this type.
    let get = unsafe { function::<GetAttribute>(c"eglGetSyncAttribKHR") };
    let mut kind = 0;
    // SAFETY: a display, and room for a number; EGL knows its sync objects by their address.
    unsafe { get(display, sync, 0x30f7, &raw mut kind) != 0 }
}

#[test]
fn an_event_keeps_its_fence() {
    const NAME: &str = "an_event_keeps_its_fence";
    if !is_child() {
        let directory = directory(NAME);
        symlink(example("journal_driver"), directory.join("libcuda.so.1")).unwrap();
        return in_child(NAME, &directory);
    }
    let display = EglDisplay::of_device(0).unwrap();
    let gles = GlesContext::new(&display).unwrap();
    let fence = gles.run(|| EglSync::fence(&display)).unwrap().unwrap();
    let raw = [display.as_ptr().as_ptr(), fence.as_ptr().as_ptr()];
    let cuda = Context::primary(0).unwrap();
    let stream = Stream::new(&cuda).unwrap();
    let event = Event::from_egl_sync(&cuda, &fence).unwrap();
    drop(fence);
    assert!(is_there(raw[0], raw[1]));
    stream.wait_event(&event).unwrap();
    let error = event
        .record(&stream)
        .expect_err("the fence alone signals it");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    drop(event);
    assert!(!is_there(raw[0], raw[1]));
}
