//! A driver that keeps a journal of its calls, and images for it.

#![allow(dead_code, reason = "no test uses all of it")]

use std::os::unix::fs::symlink;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use egl_cuda::{Context, CudaFrame, MappedEglImage, PlaneLayout, sys};
use libloading::os::unix::Library;

use crate::common::{directory, example, in_child, is_child};

/// The control functions of the journal.
pub(crate) struct Journal(Library);

impl Journal {
    pub(crate) fn open() -> Self {
        // SAFETY: the child's libcuda.so.1 is the fixture.
        Self(unsafe { Library::new("libcuda.so.1") }.unwrap())
    }

    pub(crate) fn get<T: Copy>(&self, name: &str) -> T {
        // SAFETY: each use below names the fixture's prototype; test and fixture are built by one
        // compiler.
        *unsafe { self.0.get::<T>(name) }.unwrap()
    }

    /// The calls since the last time, without the pushes and pops that must surround them.
    pub(crate) fn take(&self) -> String {
        let depth = self.get::<extern "Rust" fn() -> usize>("journal_depth");
        assert_eq!(depth(), 0, "a context stayed pushed");
        let take = self.get::<extern "Rust" fn() -> String>("journal_take");
        let calls = take();
        let calls = calls.split(' ').filter(|call| !call.starts_with("cuCtxP"));
        calls
            .map(|call| call.trim_start_matches("cu"))
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub(crate) fn fail(&self, name: &str, code: u32) {
        self.get::<extern "Rust" fn(&str, u32)>("journal_fail")(name, code);
    }

    pub(crate) fn frame(&self, frame: sys::CUeglFrame) {
        // SAFETY: both are 64 bytes without padding holes that matter, of any value.
        let words = unsafe { std::mem::transmute::<sys::CUeglFrame, [u64; 8]>(frame) };
        self.get::<extern "Rust" fn([u64; 8])>("journal_frame")(words);
    }
}

pub(crate) fn child(test: &str, body: impl FnOnce(Journal)) {
    if is_child() {
        return body(Journal::open());
    }
    let directory = directory(test);
    symlink(example("journal_driver"), directory.join("libcuda.so.1")).unwrap();
    in_child(test, &directory);
}

/// Says whether it was dropped, and that the image was unregistered before.
pub(crate) struct Keep(Arc<AtomicBool>);

impl Drop for Keep {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        // SAFETY: the child's libcuda.so.1 is the fixture.
        let journal = unsafe { Library::new("libcuda.so.1") }.unwrap();
        // SAFETY: the fixture's prototype.
        let note = unsafe { journal.get::<extern "C" fn(i32) -> u32>("cuInit") }.unwrap();
        note(0);
    }
}

pub(crate) const IMAGE: NonNull<std::ffi::c_void> = NonNull::dangling();

pub(crate) fn register(context: &Context) -> (egl_cuda::Result<MappedEglImage>, Arc<AtomicBool>) {
    let dropped = Arc::new(AtomicBool::new(false));
    // SAFETY: the fixture does not follow the image's address.
    let mapped = unsafe { MappedEglImage::register(context, IMAGE, Keep(dropped.clone())) };
    (mapped, dropped)
}

pub(crate) fn nv12() -> sys::CUeglFrame {
    let plane = |address| std::ptr::without_provenance_mut(address);
    sys::CUeglFrame {
        frame: sys::CUeglFramePlanes {
            pPitch: [plane(0x10_0000), plane(0x20_0000), plane(0)],
        },
        width: 64,
        height: 32,
        depth: 1,
        pitch: 256,
        planeCount: 2,
        numChannels: 1,
        frameType: sys::CUeglFrameType::PITCH,
        eglColorFormat: sys::CUeglColorFormat::YUV420_SEMIPLANAR,
        cuFormat: sys::CUarray_format::UNSIGNED_INT8,
    }
}

pub(crate) const LUMA: PlaneLayout = PlaneLayout {
    width: 64,
    height: 32,
    pitch: 256,
    bytes_per_pixel: 1,
};

pub(crate) const CHROMA: PlaneLayout = PlaneLayout {
    width: 32,
    height: 16,
    pitch: 256,
    bytes_per_pixel: 2,
};

pub(crate) fn arrays(context: &Context) -> (CudaFrame, Arc<AtomicBool>) {
    let (mapped, dropped) = register(context);
    let frame = CudaFrame::new(Arc::new(mapped.unwrap()), &[LUMA, CHROMA]);
    (frame.unwrap(), dropped)
}

/// Unregisters what only this frame holds.
pub(crate) fn unregister(frame: CudaFrame) -> egl_cuda::Result<()> {
    let mapped = Arc::clone(frame.mapped().unwrap());
    drop(frame);
    Arc::into_inner(mapped).unwrap().unregister()
}
