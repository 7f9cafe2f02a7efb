//! A buffer as EGLImage.

use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;

use super::buffer::NvBuffer;
use crate::error::{Error, ErrorKind, Result, report};

/// An EGLImage of a buffer, for CUDA or OpenGL ES; destroyed on drop, before the buffer. Unregister it
/// from CUDA first.
///
/// # Invariants
///
/// `image` is the library's, made with `display`, of `buffer`.
#[derive(Debug)]
pub struct EglImage<'fd> {
    image: NonNull<c_void>,
    display: *mut c_void,
    // After the EGLImage is destroyed, in `drop`.
    buffer: Arc<NvBuffer<'fd>>,
}

// SAFETY: an EGLImage is a handle of the process's display, not of a thread.
unsafe impl Send for EglImage<'_> {}
// SAFETY: `&self` reads the handle and nothing else.
unsafe impl Sync for EglImage<'_> {}

impl<'fd> EglImage<'fd> {
    /// Makes an EGLImage on the library's own display. From here on pixels are reached as pointers only
    /// ([`NvBuffer::map_ptr`]).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for raw memory or a buffer of another process, [`ErrorKind::Call`] when the
    /// library refuses: without a usable EGL display, mostly.
    #[doc(alias = "NvEGLImageFromFd")]
    pub fn map(buffer: &Arc<NvBuffer<'fd>>) -> Result<Self> {
        // SAFETY: null is the library's own display.
        unsafe { Self::map_on(buffer, null_mut()) }
    }

    /// Makes an EGLImage on the program's display.
    ///
    /// # Errors
    ///
    /// As [`EglImage::map`].
    ///
    /// # Safety
    ///
    /// `display` is null (the library's own) or an `EGLDisplay` that is initialised, and stays so until
    /// the EGLImage is dropped.
    pub unsafe fn map_on(buffer: &Arc<NvBuffer<'fd>>, display: *mut c_void) -> Result<Self> {
        let call = "NvEGLImageFromFd";
        buffer.require_picture(call)?;
        buffer.require_own(call)?;
        let make = buffer.library().functions().egl_image_from_fd;
        // SAFETY: the display by this function's contract, a live buffer by the type's invariant.
        let image = unsafe { make(display, buffer.fd()) };
        let image = NonNull::new(image).ok_or_else(|| {
            let detail = format!(
                "{buffer:?}: usually there is no EGL display. Headless: unset DISPLAY (one that points \
                 at a remote or dead X server is the common cause)"
            );
            Error::new(ErrorKind::Call, call, detail)
        })?;
        buffer.share();
        Ok(Self {
            image,
            display,
            buffer: Arc::clone(buffer),
        })
    }

    /// The EGLImageKHR. Valid as long as `self`.
    pub fn as_ptr(&self) -> NonNull<c_void> {
        self.image
    }

    /// The buffer that this is of.
    pub fn buffer(&self) -> &Arc<NvBuffer<'fd>> {
        &self.buffer
    }
}

impl Drop for EglImage<'_> {
    fn drop(&mut self) {
        let destroy = self.buffer.library().functions().destroy_egl_image;
        // SAFETY: by the type invariant, and this is its last use.
        let ret = unsafe { destroy(self.display, self.image.as_ptr()) };
        if ret != 0 {
            report(&format_args!(
                "NvDestroyEGLImage failed on {:?}",
                self.buffer
            ));
        }
    }
}
