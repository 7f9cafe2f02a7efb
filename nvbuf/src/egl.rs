//! A buffer as EGLImage.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::MemType;
use crate::error::{Error, ErrorKind, Result, check, report};
use crate::leftovers::Leftover;
use crate::surface::Surface;
use crate::view::View;

/// An EGLImage of one buffer, for CUDA or OpenGL ES; destroyed on drop, before the surface.
///
/// It is made through a descriptor of its own: other code that maps or unmaps an EGLImage of the
/// same buffer, as some of NVIDIA's elements do for every frame, does not disturb it.
///
/// # Invariants
///
/// `view` is there until drop, of the buffer and nobody else's; it holds this EGLImage.
#[must_use = "the EGLImage is destroyed when this is dropped"]
#[derive(Debug)]
pub struct EglImage {
    image: NonNull<c_void>,
    // Both after the EGLImage is destroyed, in `drop`.
    view: Option<View>,
    surface: Arc<Surface>,
}

// SAFETY: an EGLImage is a handle of the process's display, not of a thread; the view is only
// used when it is made and in drop.
unsafe impl Send for EglImage {}
// SAFETY: `&self` reads the handle and nothing else.
unsafe impl Sync for EglImage {}

impl EglImage {
    /// Makes an EGLImage of buffer `index`. From here on pixels are reached as pointers only
    /// ([`Surface::map_ptr`]).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a bad index or a memory type other than SURFACE_ARRAY,
    /// [`ErrorKind::Busy`] while slices of [`Surface::map`] live, [`ErrorKind::Call`] when the
    /// library refuses: without a usable EGL display, mostly.
    #[doc(alias = "NvBufSurfaceMapEglImage")]
    pub fn map(surface: &Arc<Surface>, index: u32) -> Result<Self> {
        let call = "NvBufSurfaceMapEglImage";
        let params = surface.params_for(call, index)?;
        if params.is_raw() {
            let detail = format!("{surface:?}: memory without a picture is no EGLImage");
            return Err(Error::new(ErrorKind::Invalid, call, detail));
        }
        if surface.mem_type() != MemType::SURFACE_ARRAY {
            return Err(Error::new(
                ErrorKind::Invalid,
                call,
                format!("{surface:?}: only SURFACE_ARRAY can be an EGLImage"),
            ));
        }
        let mut table = surface.lock();
        table.require_no_slices(call)?;
        // SAFETY: calls on the surface's view happen under its lock, which is held.
        let view = unsafe { surface.buffer_view(index).another() };
        let map = surface.library().functions().map_egl_image;
        // SAFETY: the view is a valid surface of one buffer, ours alone.
        let ret = unsafe { map(view.surface().as_ptr(), 0) };
        check(call, ret, || {
            format!(
                "{surface:?}, buffer {index}: usually there is no EGL display. Headless: unset \
                 DISPLAY (one that points at a remote or dead X server is the common cause)"
            )
        })?;
        // SAFETY: the call before is over, and nobody else knows the view.
        let image = unsafe { view.egl_image() };
        let image = NonNull::new(image)
            .ok_or_else(|| Error::new(ErrorKind::Call, call, "returned 0 and no EGLImage"))?;
        table.share();
        drop(table);
        Ok(Self {
            image,
            view: Some(view),
            surface: Arc::clone(surface),
        })
    }

    /// The EGLImageKHR. Valid as long as `self`.
    pub fn as_ptr(&self) -> NonNull<c_void> {
        self.image
    }

    /// The surface whose buffer this is.
    pub fn surface(&self) -> &Arc<Surface> {
        &self.surface
    }

    /// Destroys the EGLImage and says whether that went well. What failed is tried again when the
    /// surface is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Call`] when the library refuses.
    #[doc(alias = "NvBufSurfaceUnMapEglImage")]
    pub fn unmap(mut self) -> Result<()> {
        self.end()
    }

    /// Takes the view and what it holds; nothing the second time.
    fn end(&mut self) -> Result<()> {
        let Some(view) = self.view.take() else {
            return Ok(());
        };
        let _lock = self.surface.lock();
        let unmap = self.surface.library().functions().unmap_egl_image;
        // SAFETY: by the type invariant the view is valid and holds the image.
        let ret = unsafe { unmap(view.surface().as_ptr(), 0) };
        let result = check("NvBufSurfaceUnMapEglImage", ret, || {
            let surface = &self.surface;
            format!("{surface:?}; it is tried again when the surface is dropped")
        });
        if result.is_err() {
            self.surface.leftovers().keep(Leftover::EglImage(view));
        }
        result
    }
}

impl Drop for EglImage {
    fn drop(&mut self) {
        self.end().unwrap_or_else(|error| report(&error));
    }
}
