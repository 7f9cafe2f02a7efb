//! The producer's end of an EGLStream.

mod connect;
mod end;

use std::collections::VecDeque;
use std::fmt;
use std::mem::MaybeUninit;

use super::MAX_IN_FLIGHT;
use super::connection::Connection;
use super::present_error::PresentError;
use crate::sys::{
    self, CUeglFrame, CUeglStreamConnection, CUstream, PFN_cuEGLStreamProducerPresentFrame,
    PFN_cuEGLStreamProducerReturnFrame,
};
use crate::{Context, CudaFrame, Error, PlaneData, Result, Stream};

const PRESENT: &str = "cuEGLStreamProducerPresentFrame";
const RETURN: &str = "cuEGLStreamProducerReturnFrame";

/// CUDA as the producer of an EGLStream.
///
/// ```text
/// EGLStream --Producer::connect--> Producer --present(frame)--> the consumer
///                                     ^------return_frame-----------'
/// ```
///
/// The consumer has to be connected already; each end connects once in the life of a stream. A frame is not copied: its
/// memory must stay untouched until it comes back, so [`present`](Self::present) takes it and
/// [`return_frame`](Self::return_frame) gives it back. With a FIFO of N frames, N + 2 frames in turn keep both ends
/// busy; 64 can be under way. Present a fixed set of buffers in turn: a stream takes 64 different memories (addresses)
/// in its life, and freeing some makes no room for others (an H100, driver 580.159.04).
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
    /// Gives a frame to the consumer, whose work on it comes behind the work that is on `stream` now: the driver waits
    /// for that on the CPU.
    ///
    /// Waits also while the stream's FIFO is full; without a FIFO the frame replaces one that the consumer has not
    /// acquired. Clones of the frame that are elsewhere must not be written to until it is back.
    ///
    /// # Errors
    ///
    /// With the frame, which is the caller's again:
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): `stream` is of another context, 64 frames are
    /// under way, this memory is already, or the frame has no colour format;
    /// [`ErrorKind::StreamOver`](crate::ErrorKind::StreamOver): the consumer of a stream of [`connect`](Self::connect) is
    /// gone; or the driver's error, which is `CUDA_ERROR_UNKNOWN` when 64 other memories were presented
    /// before, or a consumer of others is gone (an H100, driver 580.159.04).
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
        self.connection.check(PRESENT, "the consumer", code)
    }

    /// Takes the frame back that the consumer was done with first; work put on `stream` from now on comes behind
    /// the consumer's. `None` when there is none.
    ///
    /// Frames come back in the order in which they were released, and a frame only when a newer one was presented and
    /// the consumer has released it, or never acquired it where the stream has no FIFO: the newest one stays in the
    /// stream, for a consumer that asks again. When the consumer has gone, what it had released can still be had. Until then the driver waits, for a millisecond or as many
    /// microseconds as the environment variable `CUDA_EGL_PRODUCER_RETURN_WAIT_TIMEOUT` says, and answers
    /// `CUDA_ERROR_LAUNCH_TIMEOUT` (702), which is the `None` here and harms nothing. Measured on an H100, driver
    /// 580.159.04.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): `stream` is of another context, or the driver gave a
    /// frame that was not presented here; [`ErrorKind::StreamOver`](crate::ErrorKind::StreamOver) when the consumer has
    /// gone and what it had released is back, from a producer of [`connect_raw`](Self::connect_raw) the driver's error
    /// `CUDA_ERROR_UNKNOWN`: then what is under way is dropped with the producer.
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
        self.connection.check(RETURN, "the consumer", code)?;
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
}

/// What the driver knows a frame by.
fn first_plane(frame: &CudaFrame) -> usize {
    match frame.planes().first().map(|plane| plane.data) {
        Some(PlaneData::Pitch(address)) => usize::try_from(address).unwrap_or(0),
        Some(PlaneData::Array(array)) => array.addr(),
        None => 0,
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
