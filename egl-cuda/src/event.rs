//! Events: points in a stream's work.

use std::fmt;
use std::time::Duration;

use crate::error::check;
use crate::{Context, Current, EglSync, Error, Result, Stream, sys};

/// A point in a stream's work that the CPU and other streams can wait for.
///
/// Made once and recorded again for every frame; recording and waiting allocate nothing. Events
/// carry a time stamp only if made [`with_timing`](Self::with_timing). An event that was never recorded counts as complete.
///
/// # Invariants
///
/// `raw` is a live event of `context`.
pub struct Event {
    raw: sys::CUevent,
    has_timing: bool,
    context: Context,
    /// The fence that it is made of: once that is destroyed, the driver allows nothing but to destroy the event.
    sync: Option<EglSync>,
}

// SAFETY: the driver API is thread-safe and an event belongs to no thread; each call pushes the
// event's context on the thread that makes it.
unsafe impl Send for Event {}
// SAFETY: as above.
unsafe impl Sync for Event {}

impl Event {
    /// Creates an event without time stamps.
    ///
    /// # Errors
    ///
    /// The driver's error.
    #[doc(alias = "cuEventCreate")]
    pub fn new(context: &Context) -> Result<Self> {
        Self::with_flags(context, sys::CU_EVENT_DISABLE_TIMING)
    }

    /// Creates an event with time stamps, for [`elapsed_since`](Self::elapsed_since). Recording and waiting
    /// cost more.
    ///
    /// # Errors
    ///
    /// The driver's error.
    #[doc(alias = "cuEventCreate")]
    pub fn with_timing(context: &Context) -> Result<Self> {
        Self::with_flags(context, sys::CU_EVENT_DEFAULT)
    }

    fn with_flags(context: &Context, flags: sys::CUevent_flags) -> Result<Self> {
        let mut raw = std::ptr::null_mut();
        let _current = context.push()?;
        // SAFETY: the pointer is to a live handle, and the context is current.
        let code = unsafe { (context.functions().event_create)(&raw mut raw, flags) };
        check(context.driver(), "cuEventCreate", code)?;
        Ok(Self {
            raw,
            has_timing: flags & sys::CU_EVENT_DISABLE_TIMING == 0,
            context: context.clone(),
            sync: None,
        })
    }

    /// Takes over the event of a fence.
    ///
    /// # Errors
    ///
    /// The event is null.
    ///
    /// # Safety
    ///
    /// `raw` is null or a live event of the context, made of `sync`, that nobody else destroys.
    pub(crate) unsafe fn of_sync(
        context: &Context,
        call: &'static str,
        raw: sys::CUevent,
        sync: &EglSync,
    ) -> Result<Self> {
        if raw.is_null() {
            return Err(Error::argument(call, "the driver gave a null event"));
        }
        Ok(Self {
            raw,
            has_timing: false,
            context: context.clone(),
            sync: Some(sync.clone()),
        })
    }

    /// The time on the device from an earlier event to this one, to about half a microsecond.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): one has no time stamps, or this
    /// is the earlier one. Or the driver's error: one was not recorded, or is not complete
    /// (`CUDA_ERROR_NOT_READY`).
    #[doc(alias = "cuEventElapsedTime")]
    pub fn elapsed_since(&self, start: &Self) -> Result<Duration> {
        const CALL: &str = "cuEventElapsedTime";
        if !self.has_timing || !start.has_timing {
            return Err(Error::argument(
                "Event::elapsed_since",
                "both events need a time stamp: Event::with_timing makes such",
            ));
        }
        let elapsed = self.context.functions().event_elapsed_time;
        let elapsed = elapsed.ok_or_else(|| Error::missing(CALL))?;
        let mut milliseconds = 0.0;
        let _current = self.context.push()?;
        // SAFETY: the pointer is to a live number, both events are live by their invariant.
        let code = unsafe { elapsed(&raw mut milliseconds, start.raw, self.raw) };
        check(self.context.driver(), CALL, code)?;
        Duration::try_from_secs_f64(f64::from(milliseconds) / 1000.0).map_err(|_| {
            Error::argument(
                "Event::elapsed_since",
                format!("{milliseconds} ms: this event is the earlier one"),
            )
        })
    }

    /// The context that the event is of.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Sets the event to the end of the work that is on the stream now.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the stream is of another context, or
    /// the event is a fence's ([`Event::from_egl_sync`]); or the driver's error.
    #[doc(alias = "cuEventRecord")]
    pub fn record(&self, stream: &Stream) -> Result<()> {
        // The driver would not notice it of a default stream, whose handle is null in every context.
        if stream.context().as_raw() != self.context.as_raw() {
            return Err(Error::argument(
                "Event::record",
                format!(
                    "the stream is of device {}, the event of device {}: make an event of the stream's context",
                    stream.context().ordinal(),
                    self.context.ordinal()
                ),
            ));
        }
        // SAFETY: by the type invariant of `Stream` the stream is live.
        unsafe { self.record_raw(stream.as_raw()) }
    }

    /// Sets the event to the end of the work that is on a stream of somebody else's.
    ///
    /// Null is the default stream of the event's context.
    ///
    /// # Errors
    ///
    /// The driver's error, as when stream and event are of two contexts. Also as [`record`](Self::record).
    ///
    /// # Safety
    ///
    /// `stream` is null or a live stream.
    pub unsafe fn record_raw(&self, stream: sys::CUstream) -> Result<()> {
        let current = self.context.push()?;
        // SAFETY: by this function's contract.
        unsafe { self.record_in(&current, stream) }
    }

    /// [`record_raw`](Self::record_raw) where the context is current already: one call of the driver in
    /// place of three.
    ///
    /// # Errors
    ///
    /// As `record_raw`.
    ///
    /// # Safety
    ///
    /// `stream` is null or a live stream.
    #[doc(alias = "cuEventRecord")]
    pub unsafe fn record_in(&self, current: &Current<'_>, stream: sys::CUstream) -> Result<()> {
        if self.sync.is_some() {
            return Err(Error::argument(
                "Event::record",
                "the event is an EGL fence's, which EGL alone signals: make one with Event::new",
            ));
        }
        let _own = self.context.push_unless(current)?;
        // SAFETY: by the type invariant the event is live, by this function's contract the
        // stream is.
        let code = unsafe { (self.context.functions().event_record)(self.raw, stream) };
        check(self.context.driver(), "cuEventRecord", code)
    }

    /// Makes a stream of somebody else's wait for the event, without blocking the CPU.
    ///
    /// Null is the default stream of the event's context. For our own streams there is
    /// [`Stream::wait_event`].
    ///
    /// # Errors
    ///
    /// The driver's error.
    ///
    /// # Safety
    ///
    /// `stream` is null or a live stream.
    #[doc(alias = "cuStreamWaitEvent")]
    pub unsafe fn wait_raw(&self, stream: sys::CUstream) -> Result<()> {
        let current = self.context.push()?;
        // SAFETY: by this function's contract.
        unsafe { self.wait_in(&current, stream) }
    }

    /// [`wait_raw`](Self::wait_raw) where the context is current already: one call of the driver in place of
    /// three.
    ///
    /// # Errors
    ///
    /// As `wait_raw`.
    ///
    /// # Safety
    ///
    /// `stream` is null or a live stream.
    #[doc(alias = "cuStreamWaitEvent")]
    pub unsafe fn wait_in(&self, current: &Current<'_>, stream: sys::CUstream) -> Result<()> {
        let _own = self.context.push_unless(current)?;
        // SAFETY: by the type invariant the event is live, by this function's contract the
        // stream is; the flags must be 0.
        let code = unsafe { (self.context.functions().stream_wait_event)(stream, self.raw, 0) };
        check(self.context.driver(), "cuStreamWaitEvent", code)
    }

    /// Blocks until the work before the event is done.
    ///
    /// # Errors
    ///
    /// The driver's error, which may be that of the work.
    #[doc(alias = "cuEventSynchronize")]
    pub fn synchronize(&self) -> Result<()> {
        let _current = self.context.push()?;
        // SAFETY: by the type invariant the event is live.
        let code = unsafe { (self.context.functions().event_synchronize)(self.raw) };
        check(self.context.driver(), "cuEventSynchronize", code)
    }

    /// Whether the work before the event is done.
    ///
    /// # Errors
    ///
    /// The driver's error, which may be that of the work.
    #[doc(alias = "cuEventQuery")]
    pub fn is_complete(&self) -> Result<bool> {
        let _current = self.context.push()?;
        // SAFETY: by the type invariant the event is live.
        let code = unsafe { (self.context.functions().event_query)(self.raw) };
        if code == sys::CUDA_ERROR_NOT_READY {
            return Ok(false);
        }
        check(self.context.driver(), "cuEventQuery", code).map(|()| true)
    }

    /// The handle, valid while this object lives.
    pub fn as_raw(&self) -> sys::CUevent {
        self.raw
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        let destroyed = self.context.push().and_then(|_current| {
            // SAFETY: by the type invariant the event is live, and nobody uses it after this.
            // Waits that are queued already stay valid.
            let code = unsafe { (self.context.functions().event_destroy)(self.raw) };
            check(self.context.driver(), "cuEventDestroy", code)
        });
        if let Err(error) = destroyed {
            crate::error::report(&error);
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("raw", &self.raw)
            .field("context", &self.context)
            .finish()
    }
}
