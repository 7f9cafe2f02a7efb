//! A shared library that uses CUDA through cust, as a GStreamer plugin would.
//!
//! It has no libcuda among the libraries it needs, exports none of the driver's names, and can be
//! loaded on a machine without CUDA, where its function returns the error.

use egl_cuda::cust;

/// Initialises CUDA; 0 or the driver's error code.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_init() -> u32 {
    match cust::init(cust::CudaFlags::empty()) {
        Ok(()) => 0,
        Err(error) => error as u32,
    }
}
