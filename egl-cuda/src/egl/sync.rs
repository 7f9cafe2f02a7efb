//! Fences of EGL.

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use crate::error::check;
use crate::sys;
use crate::{Context, EglDisplay, Error, Event, Result};

/// A fence in the commands of the GL context that was current when it was made.
///
/// A clone is the same fence; it is destroyed with the last one and the last [`Event`] made of it.
#[derive(Clone)]
pub struct EglSync {
    inner: Arc<Inner>,
}

/// # Invariants
///
/// `raw` is a sync object of `display` that nobody else destroys; the display has `EGL_KHR_fence_sync`.
struct Inner {
    raw: NonNull<c_void>,
    display: EglDisplay,
}

// SAFETY: a sync object is a handle of its display, not of a thread.
unsafe impl Send for Inner {}
// SAFETY: `&self` waits for it, which any thread may.
unsafe impl Sync for Inner {}

impl EglSync {
    /// A fence behind the commands of the GL context that is current on this thread.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the display has no `EGL_KHR_fence_sync`;
    /// [`ErrorKind::Egl`](crate::ErrorKind::Egl): `EGL_BAD_MATCH` when no context of the display is current.
    #[doc(alias = "eglCreateSyncKHR")]
    pub fn fence(display: &EglDisplay) -> Result<Self> {
        const CALL: &str = "eglCreateSyncKHR";
        display.require(CALL, "EGL_KHR_fence_sync")?;
        let egl = display.library();
        let create = egl
            .functions()
            .create_sync
            .ok_or_else(|| Error::missing(CALL))?;
        let attributes = [sys::EGL_NONE];
        // SAFETY: an initialised display, and attributes with an end.
        let raw = unsafe {
            create(
                display.as_ptr().as_ptr(),
                sys::EGL_SYNC_FENCE_KHR,
                attributes.as_ptr(),
            )
        };
        Ok(Self {
            inner: Arc::new(Inner {
                raw: egl.handle(CALL, raw)?,
                display: display.clone(),
            }),
        })
    }

    /// Waits on the CPU until the commands before the fence are done. False if the time was up before.
    ///
    /// Commands that GL has not submitted yet are never done. EGL submits them here only on the thread that has their
    /// context current, and `GlesContext::run` when it ends; else call `glFlush` after the fence is made.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Egl`](crate::ErrorKind::Egl).
    #[doc(alias = "eglClientWaitSyncKHR")]
    pub fn wait(&self, timeout: Duration) -> Result<bool> {
        const CALL: &str = "eglClientWaitSyncKHR";
        let egl = self.inner.display.library();
        let wait = egl
            .functions()
            .client_wait_sync
            .ok_or_else(|| Error::missing(CALL))?;
        let nanoseconds = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        let (display, sync) = (self.inner.display.as_ptr().as_ptr(), self.as_ptr().as_ptr());
        // SAFETY: by the type invariant.
        let answer = unsafe {
            wait(
                display,
                sync,
                sys::EGL_SYNC_FLUSH_COMMANDS_BIT_KHR,
                nanoseconds,
            )
        };
        match answer {
            sys::EGL_CONDITION_SATISFIED_KHR => Ok(true),
            sys::EGL_TIMEOUT_EXPIRED_KHR => Ok(false),
            _ => Err(egl.error(CALL)),
        }
    }

    /// The `EGLSyncKHR`. Valid as long as `self`.
    pub fn as_ptr(&self) -> NonNull<c_void> {
        self.inner.raw
    }
}

impl Event {
    /// An event that happens when a fence of EGL's is signalled: a stream that waits for it waits for GL.
    ///
    /// It cannot be recorded, and keeps the fence. The GL commands must have been submitted, as for
    /// [`EglSync::wait`]. NVIDIA says that only Tegra's drivers have it (since CUDA 9.0).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): a driver before CUDA 9.0; or the driver's error.
    #[doc(alias = "cuEventCreateFromEGLSync")]
    pub fn from_egl_sync(context: &Context, sync: &EglSync) -> Result<Self> {
        const CALL: &str = "cuEventCreateFromEGLSync";
        let create = context
            .functions()
            .event_create_from_egl_sync
            .ok_or_else(|| Error::missing(CALL))?;
        let mut raw = std::ptr::null_mut();
        let _current = context.push()?;
        // SAFETY: the pointer is to a live handle, the context is current and the sync object alive.
        let code = unsafe { create(&raw mut raw, sync.as_ptr().as_ptr(), sys::CU_EVENT_DEFAULT) };
        check(context.driver(), CALL, code)?;
        // SAFETY: null, or an event of the context, just made of this fence and nobody else's.
        unsafe { Self::of_sync(context, CALL, raw, sync) }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let egl = self.display.library();
        let Some(destroy) = egl.functions().destroy_sync else {
            return;
        };
        // SAFETY: by the type invariant the sync object is of this display and nobody else's.
        let done = unsafe { destroy(self.display.as_ptr().as_ptr(), self.raw.as_ptr()) };
        if let Err(error) = egl.check("eglDestroySyncKHR", done) {
            crate::error::report(&error);
        }
    }
}

impl fmt::Debug for EglSync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EglSync")
            .field("raw", &self.as_ptr())
            .finish_non_exhaustive()
    }
}
