//! A buffer as EGLImage.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;

use nvbufsurface_sys::classic::NvBufSurface;

use crate::error::{Error, ErrorKind, Result, check};
use crate::format::MemType;
use crate::surface::{Surface, View};

/// An EGLImage of one buffer, for CUDA or OpenGL ES; destroyed on drop, before the surface.
///
/// It is made through a descriptor of its own: other code that maps or unmaps an EGLImage of the
/// same buffer, as some of NVIDIA's elements do for every frame, does not disturb it.
///
/// # Invariants
///
/// `view` is a valid view of the buffer, with this EGLImage in it, until drop.
#[derive(Debug)]
pub struct EglImage {
    image: NonNull<c_void>,
    view: NonNull<View>,
    // Dropped after the EGLImage is destroyed, in `drop`.
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
    /// [`ErrorKind::Call`] when the library refuses: without a usable EGL display, mostly.
    #[doc(alias = "NvBufSurfaceMapEglImage")]
    pub fn map(surface: &Arc<Surface>, index: u32) -> Result<Self> {
        let call = "NvBufSurfaceMapEglImage";
        surface.params(index)?;
        if surface.mem_type() != MemType::SURFACE_ARRAY {
            return Err(Error::new(
                ErrorKind::Invalid,
                call,
                format!("{surface:?}: only SURFACE_ARRAY can be an EGLImage"),
            ));
        }
        let _lock = surface.lock();
        let raw = surface.raw();
        // SAFETY: `raw` is valid by the surface's invariant; what is read is plain data.
        let header: NvBufSurface = unsafe { raw.read() };
        // SAFETY: the list has an entry `index`: checked above.
        let entry = unsafe { header.surfaceList.add(index as usize) };
        // SAFETY: as above; the entry is plain data.
        let params = unsafe { entry.read() };
        let view = View::new(header, params);
        surface.share();
        // SAFETY: the view is a valid surface of one buffer, ours alone.
        let ret = unsafe { (surface.library().functions().map_egl_image)(View::surface(view), 0) };
        let mapped = check(call, ret, || {
            format!(
                "{surface:?}, buffer {index}: usually there is no EGL display. Headless: unset \
                 DISPLAY (one that points at a remote or dead X server is the common cause)"
            )
        });
        // SAFETY: as above; read after the call that fills it.
        let image = NonNull::new(unsafe { View::egl_image(view) });
        match (mapped, image) {
            (Ok(()), Some(image)) => Ok(Self {
                image,
                view,
                surface: Arc::clone(surface),
            }),
            (mapped, _) => {
                // SAFETY: nothing was mapped, so nobody else knows the view.
                unsafe { View::free(view) };
                mapped?;
                Err(Error::new(
                    ErrorKind::Call,
                    call,
                    "returned 0 and no EGLImage",
                ))
            }
        }
    }

    /// The EGLImageKHR. Valid as long as `self`.
    pub fn as_ptr(&self) -> NonNull<c_void> {
        self.image
    }

    /// The surface whose buffer this is.
    pub fn surface(&self) -> &Arc<Surface> {
        &self.surface
    }
}

impl Drop for EglImage {
    fn drop(&mut self) {
        let _lock = self.surface.lock();
        let unmap = self.surface.library().functions().unmap_egl_image;
        // SAFETY: by the type invariant the view is valid and holds the image.
        let ret = unsafe { unmap(View::surface(self.view), 0) };
        if ret != 0 {
            eprintln!(
                "nvbuf: NvBufSurfaceUnMapEglImage failed on {:?}",
                self.surface
            );
        }
        // SAFETY: this was the view's last use.
        unsafe { View::free(self.view) };
    }
}
