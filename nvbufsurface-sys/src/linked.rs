//! Feature `linked`: one function of each library is named here, or the linker would leave out the
//! libraries as not used (`--as-needed`). They are never called by these names.

use std::ffi::c_void;

unsafe extern "C" {
    fn NvBufSurfaceCreate() -> *mut c_void;
    fn NvBufSurfTransform() -> *mut c_void;
    #[cfg(nvbuf_utils_linked)]
    fn NvBufferGetParams() -> *mut c_void;
}

/// Stays in every program that has this crate: `#[used]` objects are pulled out of the archive, and
/// the linker may not collect them.
#[used]
static NEEDED: &[unsafe extern "C" fn() -> *mut c_void] = &[
    NvBufSurfaceCreate,
    NvBufSurfTransform,
    #[cfg(nvbuf_utils_linked)]
    NvBufferGetParams,
];
