//! `eglGetProcAddress`

use std::ffi::{c_char, c_void};

use crate::functions::{self, Function};
use crate::report::text;

/// `eglGetProcAddress`: any function of this EGL, of extensions too.
///
/// # Safety
///
/// `name` is null or a C string.
pub(crate) unsafe extern "C" fn get_proc_address(name: *const c_char) -> *const c_void {
    super::call(Function::eglGetProcAddress, std::ptr::null(), || {
        // SAFETY: by this function's contract, for the time of the call.
        let name = unsafe { text(name) };
        let address = name.and_then(|name| functions::resolve("libEGL.so.1", name));
        Ok(address.unwrap_or(std::ptr::null()))
    })
}
