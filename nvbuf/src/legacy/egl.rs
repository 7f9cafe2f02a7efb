//! A buffer as EGLImage.

use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;

use super::buffer::NvBuffer;
use crate::error::{Error, ErrorKind, Result, check, report};

/// An EGLImage of a buffer, for CUDA or OpenGL ES; destroyed on drop, before the buffer. Unregister it
/// from CUDA first.
///
/// # Invariants
///
/// `handle` is there until the end, of `buffer`.
#[derive(Debug)]
#[must_use = "the EGLImage is destroyed when this is dropped"]
pub struct EglImage {
    image: NonNull<c_void>,
    handle: Option<Handle>,
    // After the EGLImage is destroyed, in `drop`.
    buffer: Arc<NvBuffer<'static>>,
}

/// What the library needs to destroy one.
///
/// # Invariants
///
/// `image` is the library's, made with `display`, and not destroyed.
#[derive(Debug)]
pub(super) struct Handle {
    image: NonNull<c_void>,
    display: *mut c_void,
}

// SAFETY: an EGLImage is a handle of the process's display, not of a thread.
unsafe impl Send for EglImage {}
// SAFETY: `&self` reads the handle and nothing else.
unsafe impl Sync for EglImage {}

impl EglImage {
    /// Makes an EGLImage on the library's own display. From here on pixels are reached as pointers only
    /// ([`NvBuffer::map_ptr`]).
    ///
    /// The buffer lives as long as the EGLImage: one of somebody else's comes from [`NvBuffer::view`].
    ///
    /// ```compile_fail,E0597
    /// # use std::{os::fd::AsFd, sync::Arc};
    /// # use nvbuf::legacy::{EglImage, NvBuffer};
    /// let owner = NvBuffer::builder(64, 48).build()?;
    /// let image = EglImage::map(&Arc::new(NvBuffer::from_fd(owner.as_fd())?))?;
    /// # Ok::<(), nvbuf::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for raw memory or a buffer of another process, [`ErrorKind::Call`] when the
    /// library refuses: without a usable EGL display, mostly.
    #[doc(alias = "NvEGLImageFromFd")]
    pub fn map(buffer: &Arc<NvBuffer<'static>>) -> Result<Self> {
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
    /// the EGLImage is destroyed: where that fails, until the buffer is dropped.
    pub unsafe fn map_on(buffer: &Arc<NvBuffer<'static>>, display: *mut c_void) -> Result<Self> {
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
            handle: Some(Handle { image, display }),
            buffer: Arc::clone(buffer),
        })
    }

    /// The EGLImageKHR. Valid as long as `self`.
    pub fn as_ptr(&self) -> NonNull<c_void> {
        self.image
    }

    /// The buffer that this is of.
    pub fn buffer(&self) -> &Arc<NvBuffer<'static>> {
        &self.buffer
    }

    /// Destroys the EGLImage and says whether that went well. What failed is tried again when the
    /// buffer is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Call`] when the library refuses.
    #[doc(alias = "NvDestroyEGLImage")]
    pub fn unmap(mut self) -> Result<()> {
        self.end()
    }

    /// Takes the handle and destroys its image; nothing the second time.
    fn end(&mut self) -> Result<()> {
        let Some(handle) = self.handle.take() else {
            return Ok(());
        };
        self.buffer
            .destroy_image(handle)
            .map_err(|(handle, error)| {
                self.buffer.lock().left_images.push(handle);
                error
            })
    }
}

impl NvBuffer<'_> {
    /// Destroys an image of this buffer, or gives it back.
    fn destroy_image(&self, handle: Handle) -> Result<(), (Handle, Error)> {
        let destroy = self.library().functions().destroy_egl_image;
        // SAFETY: by the type invariant of the handle, and this is its last use if it succeeds.
        let ret = unsafe { destroy(handle.display, handle.image.as_ptr()) };
        let result = check("NvDestroyEGLImage", ret, || {
            format!(
                "EGLImage {:p} of {self:?}: unregister it from CUDA first. It is tried again when the \
                 buffer is dropped, which leaks if that fails too",
                handle.image
            )
        });
        result.map_err(|error| (handle, error))
    }

    /// Destroys the images that could not be destroyed before. False if one stays.
    pub(super) fn destroy_left_images(&self, images: &mut Vec<Handle>) -> bool {
        let left = std::mem::take(images).into_iter().filter_map(|handle| {
            let (handle, error) = self.destroy_image(handle).err()?;
            report(&error);
            Some(handle)
        });
        *images = left.collect();
        images.is_empty()
    }
}

impl Drop for EglImage {
    fn drop(&mut self) {
        self.end().unwrap_or_else(|error| report(&error));
    }
}
