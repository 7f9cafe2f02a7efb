//! The producer's end of an EGLStream.

use std::collections::VecDeque;
use std::fmt;
use std::mem::MaybeUninit;
use std::sync::Arc;

use super::connection::Connection;
use super::present_error::PresentError;
use super::{MAX_IN_FLIGHT, leftovers};
use crate::error::check;
use crate::objects::first;
use crate::sys::{
    self, CUeglFrame, CUeglStreamConnection, CUstream, EGLStreamKHR,
    PFN_cuEGLStreamProducerPresentFrame, PFN_cuEGLStreamProducerReturnFrame,
};
use crate::{Context, CudaFrame, EglStream, Error, PlaneData, Result, Stream};

const PRESENT: &str = "cuEGLStreamProducerPresentFrame";
const RETURN: &str = "cuEGLStreamProducerReturnFrame";

/// CUDA as the producer of an EGLStream.
///
/// ```text
/// EGLStream --Producer::connect_raw--> Producer --present(frame)--> the consumer
///                                         ^------return_frame-----------'
/// ```
///
/// The consumer has to be connected already; each end connects once in the life of a stream. A frame is not copied: its
/// memory must stay untouched until it comes back, so [`present`](Self::present) takes it and
/// [`return_frame`](Self::return_frame) gives it back. With a FIFO of N frames, N + 2 frames in turn keep both ends
/// busy; 64 can be under way.
///
/// # The end
///
/// When the producer is dropped it takes back what comes back, and disconnects. That takes frames that nobody
/// acquired out of the stream: keep the producer until the consumer has them. What the consumer has acquired it may go
/// on reading. So what is left then
/// (the newest frame always is) stays alive until the consumer disconnects, if that is a
/// [`Consumer`](crate::Consumer) of this process. With another consumer it is leaked, which is logged and counted
/// ([`Producer::num_leaked`]), unless that one was disconnected before: let the consumer go first.
///
/// One thread presents and takes back at a time:
///
/// ```compile_fail,E0596
/// fn take(producer: &egl_cuda::Producer, stream: &egl_cuda::Stream) {
///     let _ = producer.return_frame(stream);
/// }
/// ```
pub struct Producer {
    /// In the order in which they were presented, [`MAX_IN_FLIGHT`] at most: room for them was made at the start.
    presented: VecDeque<CudaFrame>,
    connection: Connection,
    present: PFN_cuEGLStreamProducerPresentFrame,
    take_back: PFN_cuEGLStreamProducerReturnFrame,
    /// Whether the consumer is one of this crate in this process.
    consumer_is_known: bool,
    has_ended: bool,
}

impl Producer {
    /// Connects CUDA as the producer of an EGLStream of this crate's whose consumer is connected, for frames of this
    /// size.
    ///
    /// # Errors
    ///
    /// As [`Producer::connect_raw`].
    pub fn connect(
        context: &Context,
        stream: &Arc<EglStream>,
        width: u32,
        height: u32,
    ) -> Result<Self> {
        let (raw, keep) = (stream.as_ptr().as_ptr(), Arc::clone(stream));
        // SAFETY: the stream is live, and stays so with the clone.
        unsafe { Self::connect_raw(context, raw, width, height, keep) }
    }

    /// Connects CUDA as the producer of an EGLStream of others whose consumer is connected, for frames of this size.
    ///
    /// `keep` is what keeps the stream alive; it is dropped after the end is disconnected, at once if connecting
    /// fails.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the driver knows no EGLStreams;
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the stream is null or the size is not an
    /// `EGLint` above 0; or the driver's error, which is `CUDA_ERROR_UNKNOWN` of a stream that has no consumer, or
    /// that has or had a producer (an H100, driver 580).
    ///
    /// # Safety
    ///
    /// `stream` is null or a live `EGLStreamKHR`, and stays alive until `keep` is dropped.
    #[doc(alias = "cuEGLStreamProducerConnect")]
    pub unsafe fn connect_raw(
        context: &Context,
        stream: EGLStreamKHR,
        width: u32,
        height: u32,
        keep: impl Send + Sync + 'static,
    ) -> Result<Self> {
        const CALL: &str = "cuEGLStreamProducerConnect";
        const DISCONNECT: &str = "cuEGLStreamProducerDisconnect";
        let size = |size: u32| i32::try_from(size).ok().filter(|size| *size > 0);
        let (Some(columns), Some(rows)) = (size(width), size(height)) else {
            return Err(Error::argument(
                CALL,
                format!(
                    "frames of {width}x{height} (each 1 to {} is possible)",
                    i32::MAX
                ),
            ));
        };
        let functions = context.functions();
        // Before anything is connected: nothing else may be missing later.
        let connect = functions
            .producer_connect
            .ok_or_else(|| Error::missing(CALL))?;
        let disconnect = functions.producer_disconnect;
        let disconnect = disconnect.ok_or_else(|| Error::missing(DISCONNECT))?;
        let present = functions
            .producer_present
            .ok_or_else(|| Error::missing(PRESENT))?;
        let take_back = functions
            .producer_return
            .ok_or_else(|| Error::missing(RETURN))?;
        let connect = |out: *mut CUeglStreamConnection, stream| {
            // SAFETY: `Connection::new` passes a live pointer and the stream, which is live by this
            // function's contract, with the context current.
            unsafe { connect(out, stream, columns, rows) }
        };
        // SAFETY: by this function's contract; the closure connects a producer, which is disconnected by the
        // producer's function.
        let connection = unsafe {
            Connection::new(
                context,
                CALL,
                stream,
                (DISCONNECT, disconnect),
                Box::new(keep),
                connect,
            )
        }?;
        Ok(Self {
            presented: VecDeque::with_capacity(MAX_IN_FLIGHT),
            consumer_is_known: leftovers::is_known(connection.stream()),
            connection,
            present,
            take_back,
            has_ended: false,
        })
    }

    /// Gives a frame to the consumer, whose work on it comes behind the work that is on `stream` now.
    ///
    /// Waits on the CPU while the stream's FIFO is full; without a FIFO the frame replaces one that the consumer has not
    /// acquired. Clones of the frame that are elsewhere must not be written to until it is back.
    ///
    /// # Errors
    ///
    /// With the frame, which is the caller's again:
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): `stream` is of another context, 64 frames are
    /// under way, this memory is already, or the frame has no colour format; or the driver's error, which is `CUDA_ERROR_UNKNOWN` when the consumer has
    /// gone (an H100, driver 580).
    #[doc(alias = "cuEGLStreamProducerPresentFrame")]
    pub fn present(
        &mut self,
        frame: CudaFrame,
        stream: &Stream,
    ) -> std::result::Result<(), PresentError> {
        match self.give(&frame, stream) {
            Ok(()) => {
                self.presented.push_back(frame);
                Ok(())
            }
            Err(error) => Err(PresentError::new(error, frame)),
        }
    }

    fn give(&self, frame: &CudaFrame, stream: &Stream) -> Result<()> {
        const CALL: &str = "Producer::present";
        self.connection.check_stream(CALL, stream)?;
        if self.presented.len() >= MAX_IN_FLIGHT {
            return Err(Error::argument(
                CALL,
                format!(
                    "{MAX_IN_FLIGHT} frames are under way, the most there can be: take some back \
                     with Producer::return_frame"
                ),
            ));
        }
        let address = first_plane(frame);
        if self.presented.iter().any(|f| first_plane(f) == address) {
            return Err(Error::argument(
                CALL,
                "a frame of this memory is under way: Producer::return_frame gives it back",
            ));
        }
        let format = frame.color_format().ok_or_else(|| {
            Error::argument(CALL, "the frame has no colour format: make it with one")
        })?;
        // Copies to it that are on other streams come before what the consumer sees.
        frame.pending().precede(stream)?;
        let frame = frame.to_egl_frame(format);
        let context = self.connection.context();
        let _current = context.push()?;
        let mut connection = self.connection.as_raw();
        let mut on = stream.as_raw();
        // SAFETY: the producer is connected and its context current, the stream is live; the frame's memory is kept
        // alive in `presented` until the driver has given it back, and longer.
        let code = unsafe { (self.present)(&raw mut connection, frame, &raw mut on) };
        check(context.driver(), PRESENT, code)
    }

    /// Takes the oldest frame back that the consumer is done with; work put on `stream` from now on comes behind
    /// the consumer's. `None` when there is none.
    ///
    /// Frames come back in the order in which they were presented, and a frame only when a newer one was presented and
    /// the consumer has released it, or never acquired it where the stream has no FIFO: the newest one stays in the
    /// stream, for a consumer that asks again. Until then the driver waits, for a millisecond or as many
    /// microseconds as the environment variable `CUDA_EGL_PRODUCER_RETURN_WAIT_TIMEOUT` says, and answers
    /// `CUDA_ERROR_LAUNCH_TIMEOUT` (702), which is the `None` here and harms nothing. Measured on an H100, driver 580.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): `stream` is of another context, or the driver gave a
    /// frame that was not presented here; or the driver's error, which is `CUDA_ERROR_UNKNOWN` when the consumer has
    /// gone: then what was presented is dropped with the producer.
    #[doc(alias = "cuEGLStreamProducerReturnFrame")]
    pub fn return_frame(&mut self, stream: &Stream) -> Result<Option<CudaFrame>> {
        self.connection
            .check_stream("Producer::return_frame", stream)?;
        // SAFETY: by the type invariant of `Stream` it is live.
        unsafe { self.take(stream.as_raw()) }
    }

    /// # Safety
    ///
    /// `stream` is null, the default stream, or a live stream of the context.
    unsafe fn take(&mut self, stream: CUstream) -> Result<Option<CudaFrame>> {
        if self.presented.is_empty() {
            return Ok(None);
        }
        let context = self.connection.context();
        let _current = context.push()?;
        let (mut connection, mut on) = (self.connection.as_raw(), stream);
        let mut returned = MaybeUninit::<CUeglFrame>::zeroed();
        // SAFETY: the producer is connected and its context current, the pointers are to live values, and by this
        // function's contract the stream is live.
        let code =
            unsafe { (self.take_back)(&raw mut connection, returned.as_mut_ptr(), &raw mut on) };
        if code == sys::CUDA_ERROR_LAUNCH_TIMEOUT {
            return Ok(None);
        }
        check(context.driver(), RETURN, code)?;
        // SAFETY: it was zeroed, which is a valid frame, and the driver filled it in.
        let returned = unsafe { returned.assume_init() };
        // SAFETY: both members are plain pointers of any value, at the same places.
        let address = unsafe { returned.frame.pPitch }[0].addr();
        let index = self
            .presented
            .iter()
            .position(|f| first_plane(f) == address);
        let frame = index.and_then(|index| self.presented.remove(index));
        frame.map(Some).ok_or_else(|| {
            Error::argument(
                RETURN,
                format!("the driver gave back a frame at {address:#x} that was not presented"),
            )
        })
    }

    /// How many frames are under way: presented and not returned.
    pub fn num_presented(&self) -> usize {
        self.presented.len()
    }

    /// The context that the end is connected in.
    pub fn context(&self) -> &Context {
        self.connection.context()
    }

    /// The driver's handle, valid while this object lives.
    pub fn as_raw(&self) -> CUeglStreamConnection {
        self.connection.as_raw()
    }

    /// How many frames the producers of this process have leaked, because a consumer that is not ours might still
    /// read them.
    pub fn num_leaked() -> usize {
        leftovers::num_leaked()
    }

    /// Takes back what comes back, disconnects, and drops what kept the stream alive.
    ///
    /// # Errors
    ///
    /// The driver's first error; others are logged. The end is over either way. That the consumer has gone before
    /// is no error.
    #[doc(alias = "cuEGLStreamProducerDisconnect")]
    pub fn disconnect(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.has_ended, true) {
            return Ok(());
        }
        let mut back = Vec::new();
        let mut result = Ok(());
        let mut consumer_has_gone = false;
        loop {
            // SAFETY: null is the default stream.
            match unsafe { self.take(std::ptr::null_mut()) } {
                Ok(Some(frame)) => back.push(frame),
                Ok(None) => break,
                Err(error) => {
                    let code = error.code().map(|code| code.get());
                    consumer_has_gone = code == Some(sys::CUDA_ERROR_UNKNOWN);
                    if !consumer_has_gone {
                        result = Err(error);
                    }
                    break;
                }
            }
        }
        let disconnected = self.connection.disconnect();
        let is_over = disconnected.is_ok();
        result = first(result, disconnected);
        let left = self.presented.drain(..).collect();
        let context = self.connection.context();
        if let Err(left) = leftovers::leave_to(self.connection.stream(), left) {
            // A consumer of ours that is not there any more has disconnected, and the stream is over.
            if self.consumer_is_known || (consumer_has_gone && is_over) {
                back.extend(left);
            } else {
                leftovers::leak(left);
            }
        }
        leftovers::free(context, back);
        result
    }
}

/// What the driver knows a frame by.
fn first_plane(frame: &CudaFrame) -> usize {
    match frame.planes().first().map(|plane| plane.data) {
        Some(PlaneData::Pitch(address)) => usize::try_from(address).unwrap_or(0),
        Some(PlaneData::Array(array)) => array.addr(),
        None => 0,
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("egl-cuda: {error}");
        }
    }
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer")
            .field("connection", &self.connection)
            .field("presented", &self.presented.len())
            .finish_non_exhaustive()
    }
}
