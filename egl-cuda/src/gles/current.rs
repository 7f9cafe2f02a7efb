//! What EGL has current on a thread, and how to bring it back.

use crate::Result;
use crate::egl::Egl;
use crate::sys::{self, EGLContext, EGLDisplay, EGLSurface, EGLenum};

/// What is current on a thread.
pub(super) struct Current {
    pub(super) api: EGLenum,
    pub(super) display: EGLDisplay,
    pub(super) draw: EGLSurface,
    pub(super) read: EGLSurface,
    pub(super) context: EGLContext,
}

impl Current {
    pub(super) fn of_thread(egl: &Egl) -> Self {
        let functions = egl.functions();
        let surface = |which| {
            // SAFETY: one of the two surfaces.
            unsafe { (functions.get_current_surface)(which) }
        };
        Self {
            // SAFETY: the call takes no arguments.
            api: unsafe { (functions.query_api)() },
            // SAFETY: as above.
            display: unsafe { (functions.get_current_display)() },
            draw: surface(sys::EGL_DRAW),
            read: surface(sys::EGL_READ),
            // SAFETY: as above.
            context: unsafe { (functions.get_current_context)() },
        }
    }

    pub(super) fn make(&self, egl: &Egl) -> Result<()> {
        let functions = egl.functions();
        // SAFETY: one of EGL's own numbers.
        let bound = unsafe { (functions.bind_api)(self.api) };
        egl.check("eglBindAPI", bound)?;
        // SAFETY: what this thread had current, or a context of ours with its surface.
        let made =
            unsafe { (functions.make_current)(self.display, self.draw, self.read, self.context) };
        egl.check("eglMakeCurrent", made)
    }
}

/// OpenGL ES is this thread's API; brings back what was.
pub(super) struct Api {
    egl: &'static Egl,
    before: EGLenum,
}

impl Api {
    pub(super) fn bind(egl: &'static Egl) -> Result<Self> {
        // SAFETY: the call takes no arguments.
        let before = unsafe { (egl.functions().query_api)() };
        // SAFETY: one of EGL's own numbers.
        let bound = unsafe { (egl.functions().bind_api)(sys::EGL_OPENGL_ES_API) };
        egl.check("eglBindAPI", bound)?;
        Ok(Self { egl, before })
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        // SAFETY: what EGL itself said it was.
        unsafe { (self.egl.functions().bind_api)(self.before) };
    }
}
