//! Streams.

use std::fmt;

use crate::error::check;
use crate::{Context, Current, Error, Event, Result, sys};

/// A CUDA stream of ours: work in order.
///
/// The stream is non-blocking: it does not wait for the legacy default stream and the default
/// stream does not wait for it. Other libraries of the process (TensorRT, OpenCV, NPP) put work
/// on the default stream of the same primary context; with a blocking stream every kernel of ours
/// would queue behind theirs. The price: work that others put on the default stream, `cust`'s plain
/// copies among it, is ordered with this stream only by [`Context::synchronize`] or an
/// [`Event`].
///
/// # Invariants
///
/// `raw` is a live stream of `context`, or null where it is borrowed.
pub struct Stream {
    raw: sys::CUstream,
    is_borrowed: bool,
    context: Context,
}

// SAFETY: the driver API is thread-safe and a stream belongs to no thread; each call pushes the
// stream's context on the thread that makes it.
unsafe impl Send for Stream {}
// SAFETY: as above; calls on one stream from several threads are queued in some order.
unsafe impl Sync for Stream {}

impl Stream {
    /// Creates a non-blocking stream.
    ///
    /// # Errors
    ///
    /// The driver's error.
    #[doc(alias = "cuStreamCreate")]
    pub fn new(context: &Context) -> Result<Self> {
        let mut raw = std::ptr::null_mut();
        let _current = context.push()?;
        // SAFETY: the pointer is to a live handle, and the context is current.
        let code = unsafe {
            (context.functions().stream_create)(&raw mut raw, sys::CU_STREAM_NON_BLOCKING)
        };
        check(context.driver(), "cuStreamCreate", code)?;
        Ok(Self {
            raw,
            is_borrowed: false,
            context: context.clone(),
        })
    }

    /// For [`StreamRef`](crate::StreamRef): not destroyed on drop.
    ///
    /// # Safety
    ///
    /// `raw` is null or a stream of `context`, alive as long as the result.
    pub(crate) unsafe fn borrowed(context: &Context, raw: sys::CUstream) -> Self {
        Self {
            raw,
            is_borrowed: true,
            context: context.clone(),
        }
    }

    /// The context that the stream is of.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Waits until the device has done all work of the stream.
    ///
    /// # Errors
    ///
    /// The driver's error, which may be that of earlier work on the stream.
    #[doc(alias = "cuStreamSynchronize")]
    pub fn synchronize(&self) -> Result<()> {
        self.synchronize_in(&self.context.push()?)
    }

    /// The same where a context is current already, `current` being the last one that was made so: the stream's
    /// own is not made current again. Any other is, for the call.
    ///
    /// # Errors
    ///
    /// As [`Stream::synchronize`].
    #[doc(alias = "cuStreamSynchronize")]
    pub fn synchronize_in(&self, current: &Current<'_>) -> Result<()> {
        // A default stream has no handle: it is whichever context's is current.
        let _own = match self.raw.is_null() {
            true => Some(self.context.push()?),
            false => self.context.push_unless(current)?,
        };
        // SAFETY: by the type invariant the stream is live.
        let code = unsafe { (self.context.functions().stream_synchronize)(self.raw) };
        check(self.context.driver(), "cuStreamSynchronize", code)
    }

    /// Whether the device has done all work of the stream.
    ///
    /// # Errors
    ///
    /// The driver's error, which may be that of earlier work on the stream.
    #[doc(alias = "cuStreamQuery")]
    pub fn is_complete(&self) -> Result<bool> {
        const CALL: &str = "cuStreamQuery";
        let query = self.context.functions().stream_query;
        let query = query.ok_or_else(|| Error::missing(CALL))?;
        let _current = self.context.push()?;
        // SAFETY: by the type invariant the stream is live.
        let code = unsafe { query(self.raw) };
        if code == sys::CUDA_ERROR_NOT_READY {
            return Ok(false);
        }
        check(self.context.driver(), CALL, code).map(|()| true)
    }

    /// Makes work put on the stream from now on wait for the event, without blocking the CPU.
    ///
    /// # Errors
    ///
    /// The driver's error.
    #[doc(alias = "cuStreamWaitEvent")]
    pub fn wait_event(&self, event: &Event) -> Result<()> {
        let _current = self.context.push()?;
        // SAFETY: by the type invariants stream and event are live; the flags must be 0.
        let code =
            unsafe { (self.context.functions().stream_wait_event)(self.raw, event.as_raw(), 0) };
        check(self.context.driver(), "cuStreamWaitEvent", code)
    }

    /// The handle, valid while this object lives.
    pub fn as_raw(&self) -> sys::CUstream {
        self.raw
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.is_borrowed {
            return;
        }
        let destroyed = self.context.push().and_then(|_current| {
            // SAFETY: by the type invariant the stream is live, and nobody uses it after this.
            // Its pending work is done before the driver frees it.
            let code = unsafe { (self.context.functions().stream_destroy)(self.raw) };
            check(self.context.driver(), "cuStreamDestroy", code)
        });
        if let Err(error) = destroyed {
            crate::error::report(&error);
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("raw", &self.raw)
            .field("context", &self.context)
            .finish()
    }
}
