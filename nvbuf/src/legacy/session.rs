//! Sessions.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard};

use super::library::{library, needed};
use crate::error::{Error, ErrorKind, Result};

/// A queue for transforms: those of different sessions run side by side. Since R32.1; without one
/// transforms share the library's own.
///
/// Calls in one session come one after another, whatever thread they are of, and so do those without
/// one: nothing says that the library takes two at a time. Those that do not wait are over once the
/// engine has them.
#[derive(Debug)]
pub struct Session {
    raw: NonNull<c_void>,
    lock: Mutex<()>,
    destroy: unsafe extern "C" fn(*mut c_void),
}

// SAFETY: a session is passed to each call by its handle, and belongs to no thread.
unsafe impl Send for Session {}
// SAFETY: the handle is used under the lock.
unsafe impl Sync for Session {}

/// Keeps calls in the library's own session apart.
static DEFAULT: Mutex<()> = Mutex::new(());

impl Session {
    /// Makes one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] where there is no libnvbuf_utils or it has no sessions (R28),
    /// [`ErrorKind::Call`] when the library gives none.
    #[doc(alias = "NvBufferSessionCreate")]
    pub fn new() -> Result<Arc<Self>> {
        let call = "NvBufferSessionCreate";
        let library = library()?;
        let create = needed(library, library.functions().session_create, call)?;
        let name = "NvBufferSessionDestroy";
        let destroy = needed(library, library.functions().session_destroy, name)?;
        // SAFETY: it takes nothing.
        let raw = NonNull::new(unsafe { create() });
        let raw = raw.ok_or_else(|| Error::new(ErrorKind::Call, call, "gave no session"))?;
        Ok(Arc::new(Self {
            raw,
            lock: Mutex::new(()),
            destroy,
        }))
    }

    /// The handle for a call, which is over before the guard is dropped; null without a session.
    pub(super) fn enter(session: Option<&Arc<Self>>) -> (*mut c_void, MutexGuard<'_, ()>) {
        let (raw, lock) = match session {
            None => (std::ptr::null_mut(), &DEFAULT),
            Some(session) => (session.raw.as_ptr(), &session.lock),
        };
        // It holds nothing that a panic elsewhere could spoil.
        (raw, lock.lock().unwrap_or_else(|e| e.into_inner()))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: the library made it, and this is its last use: calls keep it alive.
        unsafe { (self.destroy)(self.raw.as_ptr()) };
    }
}
