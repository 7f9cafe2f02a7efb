//! A context of OpenGL ES that draws to no window.

use std::ffi::c_void;
use std::fmt;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};

use super::current::{Api, Current};
use super::functions::Functions;
use crate::sys::{self, EGLSurface};
use crate::{EglDisplay, Error, Result};

/// A context of OpenGL ES 3 without a window; destroyed with its last clone and texture.
///
/// It is current on a thread only while it works: [`run`](Self::run) and the functions of [`Texture`](crate::Texture)
/// make it so and bring back what was current before. Threads take turns.
///
/// ```no_run
/// let display = egl_cuda::EglDisplay::of_device(0)?;
/// let gles = egl_cuda::GlesContext::new(&display)?;
/// # Ok::<(), egl_cuda::Error>(())
/// ```
#[derive(Clone)]
pub struct GlesContext {
    inner: Arc<Inner>,
}

/// # Invariants
///
/// `context` is a context of `display` that is current only on the thread that holds `turn`, and nobody else destroys
/// it; `surface` is null or a surface of `display` for it.
struct Inner {
    display: EglDisplay,
    context: NonNull<c_void>,
    surface: EGLSurface,
    functions: Functions,
    turn: Mutex<()>,
    /// The [`thread`] that has the turn; 0 is none.
    holder: AtomicUsize,
}

// SAFETY: a context belongs to the thread that it is current on only while it is current, and by the type
// invariant that is one at a time.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

/// The context is current on this thread. Brings back what was, then lets others take their turn.
struct Turn<'a> {
    inner: &'a Inner,
    before: Current,
    /// None if the thread has the turn anyway.
    turn: Option<MutexGuard<'a, ()>>,
}

/// A number of this thread that no other has meanwhile.
fn thread() -> usize {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|place| std::ptr::from_ref(place).addr())
}

impl GlesContext {
    /// Makes a context of OpenGL ES 3.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Egl`](crate::ErrorKind::Egl): the display has no OpenGL ES 3;
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): a function is missing.
    pub fn new(display: &EglDisplay) -> Result<Self> {
        const CALL: &str = "eglCreateContext";
        let egl = display.library();
        let functions = Functions::of(egl).map_err(Error::missing)?;
        let raw = display.as_ptr().as_ptr();
        let surfaceless = display.has_extension("EGL_KHR_surfaceless_context");
        let wanted = [
            sys::EGL_SURFACE_TYPE,
            if surfaceless { 0 } else { sys::EGL_PBUFFER_BIT },
            sys::EGL_RENDERABLE_TYPE,
            sys::EGL_OPENGL_ES3_BIT,
            sys::EGL_NONE,
        ];
        let (mut config, mut count) = (null_mut(), 0);
        // SAFETY: an initialised display, attributes with an end, room for one configuration and a count.
        let found = unsafe {
            (egl.functions().choose_config)(
                raw,
                wanted.as_ptr(),
                &raw mut config,
                1,
                &raw mut count,
            )
        };
        egl.check("eglChooseConfig", found)?;
        if count < 1 {
            return Err(Error::egl("eglChooseConfig", sys::EGL_BAD_CONFIG));
        }
        let _api = Api::bind(egl)?;
        let attributes = [sys::EGL_CONTEXT_MAJOR_VERSION, 3, sys::EGL_NONE];
        // SAFETY: a configuration of the display, attributes with an end.
        let context = unsafe {
            (egl.functions().create_context)(raw, config, null_mut(), attributes.as_ptr())
        };
        let mut inner = Inner {
            display: display.clone(),
            context: egl.handle(CALL, context)?,
            surface: null_mut(),
            functions,
            turn: Mutex::default(),
            holder: AtomicUsize::new(0),
        };
        // From here on its drop destroys the context.
        if !surfaceless {
            let size = [sys::EGL_WIDTH, 1, sys::EGL_HEIGHT, 1, sys::EGL_NONE];
            // SAFETY: a configuration of the display for such surfaces, attributes with an end.
            let surface =
                unsafe { (egl.functions().create_pbuffer_surface)(raw, config, size.as_ptr()) };
            inner.surface = egl.handle("eglCreatePbufferSurface", surface)?.as_ptr();
        }
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Runs GL commands of the caller's with the context current, and brings back what was current before.
    ///
    /// Within it the functions of [`Texture`](crate::Texture) and `run` of any context may be called; another thread's
    /// wait for its end. (Two threads that nest the same two contexts in opposite orders wait for each other for ever.)
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Egl`](crate::ErrorKind::Egl): the context cannot be made current.
    pub fn run<R>(&self, commands: impl FnOnce() -> R) -> Result<R> {
        let _turn = self.inner.turn()?;
        Ok(commands())
    }

    /// The display that the context is of.
    pub fn display(&self) -> &EglDisplay {
        &self.inner.display
    }

    /// The `EGLContext`. Valid as long as `self`.
    pub fn as_ptr(&self) -> NonNull<c_void> {
        self.inner.context
    }

    /// Runs commands of ours, and says what GL said of them.
    pub(super) fn commands<R>(
        &self,
        call: &'static str,
        commands: impl FnOnce(&Functions) -> R,
    ) -> Result<R> {
        let _turn = self.inner.turn()?;
        let functions = &self.inner.functions;
        let errors = || {
            // SAFETY: a context is current. At most one error of each kind is kept; a lost context repeats one.
            (0..16).map_while(|_| match unsafe { (functions.get_error)() } {
                sys::GL_NO_ERROR => None,
                code => Some(code),
            })
        };
        // Of commands of others.
        let _ = errors().count();
        let result = commands(functions);
        match errors().last() {
            None => Ok(result),
            Some(code) => Err(Error::argument(call, format!("GL error {code:#06x}"))),
        }
    }
}

impl Inner {
    /// Makes the context current on this thread, once no other has it.
    fn turn(&self) -> Result<Option<Turn<'_>>> {
        let egl = self.display.library();
        let before = Current::of_thread(egl);
        if before.context == self.context.as_ptr() {
            // Within `run`.
            return Ok(None);
        }
        // Only this thread writes its own number. It has the turn within `run` of another context within ours.
        let turn = (self.holder.load(Relaxed) != thread()).then(|| {
            let turn = self.turn.lock().unwrap_or_else(|e| e.into_inner());
            self.holder.store(thread(), Relaxed);
            turn
        });
        let now = Current {
            api: sys::EGL_OPENGL_ES_API,
            display: self.display.as_ptr().as_ptr(),
            draw: self.surface,
            read: self.surface,
            context: self.context.as_ptr(),
        };
        let made = now.make(egl);
        let turn = Turn {
            inner: self,
            before,
            turn,
        };
        made.map(|()| Some(turn))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let egl = self.inner.display.library();
        if self.before.context.is_null() {
            // Nothing was: EGL wants a display all the same.
            self.before.display = self.inner.display.as_ptr().as_ptr();
        }
        if let Err(error) = self.before.make(egl) {
            crate::error::report(&error);
            // It is gone. Other threads must get ours all the same.
            self.before.draw = null_mut();
            self.before.read = null_mut();
            self.before.context = null_mut();
            if let Err(error) = self.before.make(egl) {
                crate::error::report(&error);
            }
        }
        if self.turn.is_some() {
            self.inner.holder.store(0, Relaxed);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let egl = self.display.library();
        let display = self.display.as_ptr().as_ptr();
        if !self.surface.is_null() {
            // SAFETY: by the type invariant the surface is of this display and nobody else's.
            let done = unsafe { (egl.functions().destroy_surface)(display, self.surface) };
            egl.check("eglDestroySurface", done)
                .unwrap_or_else(|error| crate::error::report(&error));
        }
        // SAFETY: by the type invariant the context is of this display and nobody else's.
        let done = unsafe { (egl.functions().destroy_context)(display, self.context.as_ptr()) };
        egl.check("eglDestroyContext", done)
            .unwrap_or_else(|error| crate::error::report(&error));
    }
}

impl fmt::Debug for GlesContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GlesContext")
            .field("raw", &self.inner.context)
            .field("display", &self.inner.display)
            .finish_non_exhaustive()
    }
}
