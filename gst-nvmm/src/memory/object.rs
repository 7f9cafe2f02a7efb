//! The Rust face of our GstMemory.

#![expect(
    missing_docs,
    reason = "the macro's items have none; lib.rs documents both types"
)]

use std::fmt;
use std::sync::Arc;

use gst::glib;
use gst::glib::translate::{IntoGlibPtr, from_glib_full};
use nvbuf::Surface;

use super::{Form, RawMemory, is_ours};
use crate::error::{Error, Result};

/// Asked for by the macro below: nothing here needs GStreamer to be started.
macro_rules! skip_assert_initialized {
    () => {};
}

gst::memory_object_wrapper!(
    NvmmMemory,
    NvmmMemoryRef,
    RawMemory,
    is_ours,
    gst::Memory,
    gst::MemoryRef
);

impl NvmmMemoryRef {
    /// What mapping it gives.
    pub fn form(&self) -> Form {
        self.0.backing.form()
    }

    /// The surface, whatever the form. It is recycled when the last reference on the memory is gone,
    /// and then somebody else's picture: keep the memory as long as it.
    ///
    /// Work may be pending on its pixels: [`NvmmMemoryRef::synchronize`] waits for it.
    ///
    /// # Errors
    ///
    /// [`Error::Buffer`] never happens to memory that an allocator made.
    pub fn surface(&self) -> Result<&Surface> {
        let surface = self.0.backing.surface();
        surface
            .map(Arc::as_ref)
            .ok_or_else(|| Error::buffer("memory that no NvmmAllocator made"))
    }

    /// Waits on the CPU for the work that is pending on the pixels.
    ///
    /// # Errors
    ///
    /// The driver's.
    pub fn synchronize(&self) -> Result<()> {
        self.0.backing.synchronize()
    }
}

impl fmt::Debug for NvmmMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Debug for NvmmMemoryRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NvmmMemory")
            .field("form", &self.form())
            .field("surface", &self.surface())
            .finish()
    }
}
