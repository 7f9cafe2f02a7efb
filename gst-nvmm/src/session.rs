#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use egl_cuda::{Context, Current, Stream};

use crate::error::Result;
use crate::memory::{Form, recycled};

/// Opens libnvbufsurface, and on R32 libnvbuf_utils, for an element that goes to READY.
///
/// # Errors
///
/// Where it was looked for and what to do.
pub fn load_platform() -> Result<()> {
    Form::of_platform(false).memory_size()?;
    IS_LOADED.store(true, Ordering::Relaxed);
    Ok(())
}

static IS_LOADED: AtomicBool = AtomicBool::new(false);

/// Whether [`load_platform`] has: before that an element, which is in NULL then, opens nothing to answer for
/// its caps.
pub fn is_platform_loaded() -> bool {
    IS_LOADED.load(Ordering::Relaxed)
}

/// What an element runs kernels with: the device's primary context and a stream of its own.
#[derive(Debug)]
pub struct Session {
    // The stream is destroyed before the context is released.
    stream: Stream,
    context: Context,
}

impl Session {
    /// Opens CUDA on device 0, the only one of a Jetson.
    ///
    /// # Errors
    ///
    /// What is missing, and what to do.
    pub fn new() -> Result<Self> {
        let context = Context::primary(0)?;
        let stream = Stream::new(&context)?;
        recycled::session_started();
        Ok(Self { stream, context })
    }

    /// The stream on which the element's work is ordered.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The device's primary context, shared with every runtime-API library in the process.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Makes the context current on this thread until the guard is dropped.
    ///
    /// # Errors
    ///
    /// The driver's.
    pub fn push(&self) -> Result<Current<'_>> {
        Ok(self.context.push()?)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        recycled::session_stopped();
    }
}

/// An element's session, from READY to NULL.
#[derive(Debug, Default)]
pub(crate) struct ElementSession(Mutex<Option<Arc<Session>>>);

impl ElementSession {
    fn session(&self) -> MutexGuard<'_, Option<Arc<Session>>> {
        // Only ever replaced as a whole.
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// At NULL to READY. `prepare` runs with the context current.
    pub(crate) fn open(&self, prepare: impl FnOnce(&Session) -> Result<()>) -> Result<()> {
        load_platform()?;
        let session = Session::new()?;
        {
            let _current = session.push()?;
            prepare(&session)?;
        }
        *self.session() = Some(Arc::new(session));
        Ok(())
    }

    /// At READY to NULL. `give_back` runs with the context current, if it was ever opened.
    pub(crate) fn close(&self, give_back: impl FnOnce()) -> Result<()> {
        let session = self.session().take();
        if let Some(session) = session {
            let _current = session.push()?;
            give_back();
        }
        Ok(())
    }

    pub(crate) fn get(&self) -> Option<Arc<Session>> {
        self.session().clone()
    }
}
