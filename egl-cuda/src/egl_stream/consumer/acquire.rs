//! How a consumer waits for frames.

use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use super::super::acquired_frame::AcquiredFrame;
use super::super::hold::Hold;
use super::super::timeout::{is_timeout, microseconds};
use super::super::{MAX_IN_FLIGHT, layout};
use super::{ACQUIRE, Consumer};
use crate::error::check;
use crate::sys::{self, CUeglFrame};
use crate::{CudaFrame, EglStream, Error, Result};

/// How long the driver waits at a time, where the end of the stream can be seen in between.
const SLICE: Duration = Duration::from_millis(100);

impl Consumer {
    /// Waits for the next frame, at most so long (in microseconds, rounded up); without a time, until there is
    /// one. `None` when time was up.
    ///
    /// Work that is put on [`stream`](Self::stream) from now on comes behind the producer's on the frame; for other
    /// streams record an [`Event`](crate::Event) there. Nothing is copied or allocated.
    ///
    /// When time is up without a new frame, the driver gives the newest one again, if it was released. To see each
    /// frame once, wait without a time.
    ///
    /// A producer that goes wakes no consumer, and takes frames along that were not acquired (an H100, driver
    /// 580.159.04). A consumer of [`connect`](Self::connect) therefore looks at the state of its stream ten times a
    /// second, and the end is [`ErrorKind::StreamOver`](crate::ErrorKind::StreamOver). One of
    /// [`connect_raw`](Self::connect_raw) does what the driver does:
    ///
    /// - It waits for the whole time, an hour at most, and for ever without one.
    /// - Time that is up and a stream that is over are both `CUDA_ERROR_UNKNOWN`. Only where the producer took frames
    ///   along the call fails at once, by which it is told apart, and is an error; with a time of zero, or if no frame
    ///   was lost, the result is `None`: give a time, and ask EGL for the stream's state.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::StreamOver`](crate::ErrorKind::StreamOver): the producer is gone; or the driver's error,
    /// [`ErrorKind::Cuda`](crate::ErrorKind::Cuda).
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): 64 frames are held already, the driver's frame
    /// makes no sense, or it has planes that nobody described ([`set_layouts`](Self::set_layouts)). A frame
    /// that was acquired and refused goes back to the producer.
    #[doc(alias = "cuEGLStreamConsumerAcquireFrame")]
    pub fn acquire(&mut self, timeout: Option<Duration>) -> Result<Option<AcquiredFrame>> {
        let _current = self.context().push()?;
        let hold = match self.link.connection().egl_stream() {
            Some(stream) => self.watch(stream, timeout)?,
            None => self.take(timeout)?,
        };
        let Some(hold) = hold else {
            return Ok(None);
        };
        // Dropped with an error, the hold releases the frame.
        let frame = self.frame(&hold)?;
        Ok(Some(AcquiredFrame::new(frame, hold)))
    }

    /// Waits for a frame in slices, in between for the end of the stream. The context is current.
    fn watch(&self, stream: &EglStream, timeout: Option<Duration>) -> Result<Option<Hold>> {
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let start = Instant::now();
            let left = end.map(|end| end.saturating_duration_since(start));
            let slice = left.map_or(SLICE, |left| left.min(SLICE));
            let is_last = left == Some(slice);
            let before = (!is_last).then(|| stream.consumer_frame()).transpose()?;
            if let Some(hold) = self.take(Some(slice))? {
                let Some(before) = before else {
                    return Ok(Some(hold));
                };
                // Towards the end of a slice it may be the newest frame again: that is for the last one.
                if start.elapsed() < slice / 2 || stream.consumer_frame()? != before {
                    return Ok(Some(hold));
                }
                drop(hold);
            }
            if self.link.connection().is_over()? {
                return Err(Error::stream_over(ACQUIRE, "the producer"));
            }
            if is_last {
                return Ok(None);
            }
        }
    }

    /// One wait of the driver's; the context is current.
    fn take(&self, timeout: Option<Duration>) -> Result<Option<Hold>> {
        let slot = self.link.free_slot().ok_or_else(|| {
            Error::argument(
                "Consumer::acquire",
                format!("{MAX_IN_FLIGHT} frames are held, the most there can be: release some"),
            )
        })?;
        let mut connection = self.link.connection().as_raw();
        let mut on = self.link.stream().as_raw();
        let mut resource = std::ptr::null_mut();
        let start = Instant::now();
        // SAFETY: the consumer is connected as long as the link lives, its stream is live, the pointers are to
        // live values, and the context is current.
        let code = unsafe {
            (self.acquire_frame)(
                &raw mut connection,
                &raw mut resource,
                &raw mut on,
                timeout.map_or(sys::CUDA_EGL_INFINITE_TIMEOUT, microseconds),
            )
        };
        if is_timeout(code, timeout, start.elapsed()) {
            return Ok(None);
        }
        self.link
            .connection()
            .check(ACQUIRE, "the producer", code)?;
        // SAFETY: the driver acquired it for this consumer, which this call alone takes frames of.
        unsafe { self.link.hold(ACQUIRE, slot, resource) }.map(Some)
    }

    /// The picture of a frame that was just acquired; the context is current.
    fn frame(&self, hold: &Hold) -> Result<CudaFrame> {
        const CALL: &str = "cuGraphicsResourceGetMappedEglFrame";
        let context = self.context();
        let mut frame = MaybeUninit::<CUeglFrame>::zeroed();
        // SAFETY: the pointer is to memory for one frame, the resource is acquired in the current context; a
        // stream's frame has index 0 and mip level 0.
        let code = unsafe {
            (context.functions().mapped_egl_frame)(frame.as_mut_ptr(), hold.as_raw(), 0, 0)
        };
        check(context.driver(), CALL, code)?;
        // SAFETY: it was zeroed, which is a valid frame, and the driver filled it in.
        let frame = unsafe { frame.assume_init() };
        let (layouts, count) = if self.num_layouts > 0 {
            (self.layouts, self.num_layouts)
        } else {
            // SAFETY: the driver's frame has null or live arrays while the frame is held.
            unsafe { layout::of(context, &frame) }?
        };
        // SAFETY: the driver has just said it of the resource that is held.
        unsafe { CudaFrame::of_acquired(CALL, &frame, &layouts[..count], hold.clone()) }
    }
}
