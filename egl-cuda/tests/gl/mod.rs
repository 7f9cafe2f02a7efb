//! Functions of EGL and GL, as a program has them beside this crate.

use std::ffi::CStr;

use egl_cuda::sys;
use libloading::os::unix::Library;

/// A function of EGL's or GL's.
///
/// # Safety
///
/// `T` is its type.
pub(crate) unsafe fn function<T: Copy>(name: &CStr) -> T {
    // SAFETY: the library is open already; it runs nothing.
    let egl = unsafe { Library::new("libEGL.so.1") }.unwrap();
    // SAFETY: EGL's function of this name has this type.
    let find = unsafe { egl.get::<sys::PFN_eglGetProcAddress>(b"eglGetProcAddress") }.unwrap();
    // SAFETY: a C string.
    let found = unsafe { find(name.as_ptr()) }.expect("a function");
    std::mem::forget(egl);
    // SAFETY: by this function's contract.
    unsafe { std::mem::transmute_copy::<_, T>(&found) }
}
