//! EGLImages that were made here.

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::{Context, EglDisplay, MappedEglImage, Result, Texture};

/// An EGLImage made by this crate, of a texture; destroyed on drop, before what it is made of.
///
/// Surfaces of NVIDIA's buffer libraries have their EGLImages from those libraries: `nvbuf::EglImage`.
///
/// # Invariants
///
/// `raw` is the only image of `texture`, of its display, that nobody else destroys; the display has `EGL_KHR_image_base`.
#[must_use = "the EGLImage is destroyed when this is dropped"]
pub struct EglImage {
    raw: NonNull<c_void>,
    texture: Arc<Texture>,
}

// SAFETY: an EGLImage is a handle of its display, not of a thread, and a texture takes its context's turn on
// whichever thread.
unsafe impl Send for EglImage {}
// SAFETY: `&self` reads the handle and nothing else.
unsafe impl Sync for EglImage {}

impl EglImage {
    /// Takes over an image.
    ///
    /// # Safety
    ///
    /// The type invariant.
    pub(crate) unsafe fn from_raw(raw: NonNull<c_void>, texture: Arc<Texture>) -> Self {
        Self { raw, texture }
    }

    /// The `EGLImageKHR`. Valid as long as `self`.
    pub fn as_ptr(&self) -> NonNull<c_void> {
        self.raw
    }

    /// The display that the image is of.
    pub fn display(&self) -> &EglDisplay {
        self.texture.display()
    }
}

impl Drop for EglImage {
    fn drop(&mut self) {
        let display = self.display();
        let egl = display.library();
        if let Some(destroy) = egl.functions().destroy_image {
            // SAFETY: by the type invariant the image is of this display and nobody else's.
            let done = unsafe { destroy(display.as_ptr().as_ptr(), self.raw.as_ptr()) };
            if let Err(error) = egl.check("eglDestroyImageKHR", done) {
                crate::error::report(&error);
            }
        }
        self.texture.image_ended();
    }
}

impl fmt::Debug for EglImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EglImage")
            .field("raw", &self.raw)
            .finish_non_exhaustive()
    }
}

impl MappedEglImage {
    /// Registers an image that was made by this crate; the registration keeps it alive.
    ///
    /// # Errors
    ///
    /// The driver's error: desktop drivers register few kinds of images. Nothing stays registered.
    pub fn of_image(context: &Context, image: &Arc<EglImage>) -> Result<Self> {
        let keep = Arc::clone(image);
        // SAFETY: the image is live, and `keep` keeps it and what it is made of so. Textures have no
        // address on the CPU.
        unsafe { Self::register(context, image.as_ptr(), keep) }
    }
}
