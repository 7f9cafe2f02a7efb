//! `SyncObject`: an asynchronous call that may still run.

use std::fmt;
use std::mem;
use std::os::fd::{AsFd, AsRawFd as _};
use std::ptr::{self, NonNull};
use std::time::Duration;

use nvbufsurface_sys::TransformLibrary;
use nvbufsurface_sys::classic::{NVBUFSURF_MAX_SYNCOBJ, NvBufSurfTransformSyncObj_t as Raw};

use super::error::TransformError;
use super::work::Work;
use super::{call_result, library, require};
use crate::error::{Error, ErrorKind, Result, report};

const WAIT: &str = "NvBufSurfTransformSyncObjWait";
const DESTROY: &str = "NvBufSurfTransformSyncObjDestroy";
const FROM_FILE: &str = "NvBufSurfTransformSyncObjFromFile";

/// The time-out that means none.
const FOREVER: u32 = u32::MAX;

/// The functions of sync objects. They come with the asynchronous calls, but are looked for first: a
/// call that nobody can wait for must not begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct SyncFunctions {
    wait: unsafe extern "C" fn(Raw, u32) -> i32,
    destroy: unsafe extern "C" fn(*mut Raw) -> i32,
}

impl SyncFunctions {
    pub(super) fn of(library: &TransformLibrary) -> Result<Self> {
        let f = library.functions();
        Ok(Self {
            wait: require(library, WAIT, f.sync_obj_wait)?,
            destroy: require(library, DESTROY, f.sync_obj_destroy)?,
        })
    }
}

/// An asynchronous call: the engine may still be at it.
///
/// It keeps the surfaces alive. While it lives, the target cannot be mapped through this crate, nor the
/// sources for writing, and no other transform of this crate may use the target or write the sources;
/// all that is [`ErrorKind::Busy`]. Other code that reaches the pixels (an exported dmabuf, an EGLImage)
/// has to wait for itself.
///
/// Dropping it waits without end for the engine, then frees it: an engine that goes on writing into
/// memory that the program has again cannot be allowed. Should waiting fail twice, the surfaces are
/// never freed nor mapped again, and stderr says so.
///
/// # Invariants
///
/// `raw` is a sync object of the library that is destroyed in drop or `wait`, once.
#[doc(alias = "NvBufSurfTransformSyncObj_t")]
#[must_use = "dropping it waits for the engine"]
pub struct SyncObject {
    raw: NonNull<nvbufsurface_sys::classic::NvBufSurfTransformSyncObj>,
    functions: SyncFunctions,
    is_done: bool,
    work: Option<Work>,
}

// SAFETY: the object is an opaque handle that no public text binds to the thread that got it, and it is
// used by one thread at a time.
unsafe impl Send for SyncObject {}
// SAFETY: `&self` reads fields of ours only.
unsafe impl Sync for SyncObject {}

impl SyncObject {
    /// What an asynchronous call that returned 0 gave.
    ///
    /// # Safety
    ///
    /// `raw` is null or the sync object that the call of `work` has just made.
    pub(super) unsafe fn new(
        call: &'static str,
        functions: SyncFunctions,
        raw: Raw,
        work: Work,
    ) -> Result<Self> {
        let Some(raw) = NonNull::new(raw) else {
            // The engine may be at work, and nobody can know until when.
            mem::forget(work);
            let detail = "returned 0 and no sync object: the surfaces are never freed";
            return Err(Error::new(ErrorKind::Call, call, detail));
        };
        Ok(Self {
            raw,
            functions,
            is_done: false,
            work: Some(work),
        })
    }

    /// Sync objects of a fence that other code signals: five at most. The file stays the caller's.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`] on releases before R36.3 and DeepStream 7, [`ErrorKind::Transform`] when the
    /// library refuses the file.
    #[doc(alias = "NvBufSurfTransformSyncObjFromFile")]
    pub fn from_fence(fence: impl AsFd) -> Result<Vec<Self>> {
        let library = library()?;
        let functions = SyncFunctions::of(library)?;
        let from_file = require(library, FROM_FILE, library.functions().sync_obj_from_file)?;
        let mut objects = [ptr::null_mut(); NVBUFSURF_MAX_SYNCOBJ as usize];
        let mut count = NVBUFSURF_MAX_SYNCOBJ;
        let fd = fence.as_fd().as_raw_fd();
        // SAFETY: room for as many as the library makes at most, and the fd is open for the call.
        let ret = unsafe { from_file(fd, objects.as_mut_ptr(), &raw mut count) };
        call_result(FROM_FILE, ret, || format!("fd {fd}: is it a fence?"))?;
        let made = objects.iter().take(count as usize);
        Ok(made
            .filter_map(|raw| NonNull::new(*raw))
            .map(|raw| Self {
                raw,
                functions,
                is_done: false,
                work: None,
            })
            .collect())
    }

    /// Waits without end until the engine is done, and frees the object.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transform`] when waiting or freeing fails; dropping it, which this does, tried to
    /// wait a second time.
    #[doc(alias = "NvBufSurfTransformSyncObjWait")]
    #[doc(alias = "NvBufSurfTransformSyncObjDestroy")]
    pub fn wait(mut self) -> Result<()> {
        let waited = self.wait_ms(FOREVER);
        let ended = self.end();
        // `end` is what drop does.
        mem::forget(self);
        waited.and(ended)
    }

    /// Waits until the engine is done, so long at most (whole milliseconds, rounded up). The VIC alone
    /// takes notice of the time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Transform`], [`TransformError::EXECUTION`](super::TransformError::EXECUTION) when time
    /// is up, which the library does not tell from a failure.
    pub fn wait_timeout(&mut self, limit: Duration) -> Result<()> {
        let ms = limit.as_micros().div_ceil(1000);
        self.wait_ms(u32::try_from(ms).unwrap_or(FOREVER - 1).min(FOREVER - 1))
    }

    fn wait_ms(&mut self, ms: u32) -> Result<()> {
        if self.is_done {
            return Ok(());
        }
        // SAFETY: by the type invariant the object is alive.
        let ret = unsafe { (self.functions.wait)(self.raw.as_ptr(), ms) };
        if let Some(error) = TransformError::from_code(ret) {
            let detail = match ms {
                FOREVER => format!("returned {}: the engine failed", error.code()),
                _ => format!(
                    "returned {}: not done within {ms} ms, or failed",
                    error.code()
                ),
            };
            return Err(Error::new(ErrorKind::Transform(error), WAIT, detail));
        }
        self.is_done = true;
        Ok(())
    }

    /// Waits, if nobody has, and frees the object. Called once.
    fn end(&mut self) -> Result<()> {
        // Nobody's memory is behind a fence: it needs no wait.
        if self.work.is_some()
            && let Err(error) = self.wait_ms(FOREVER)
        {
            mem::forget(self.work.take());
            report(&"whether an engine is done is not known: its surfaces are never freed");
            return Err(error);
        }
        let mut raw = self.raw.as_ptr();
        // SAFETY: by the type invariant the object is alive, and this is its last use.
        let ret = unsafe { (self.functions.destroy)(&raw mut raw) };
        // From here on the surfaces are free again.
        self.work = None;
        call_result(DESTROY, ret, || "the object leaks".into())
    }
}

impl Drop for SyncObject {
    fn drop(&mut self) {
        self.end().unwrap_or_else(|error| report(&error));
    }
}

impl fmt::Debug for SyncObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncObject")
            .field("raw", &self.raw)
            .field("is_done", &self.is_done)
            .field("work", &self.work)
            .finish_non_exhaustive()
    }
}
