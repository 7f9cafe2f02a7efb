//! How a producer connects.

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::connection::{Connection, Keep};
use super::super::{MAX_IN_FLIGHT, leftovers};
use super::{PRESENT, Producer, RETURN};
use crate::egl::End;
use crate::sys::{CUeglStreamConnection, EGLStreamKHR};
use crate::{Context, EglStream, Error, Result};

impl Producer {
    /// Connects CUDA as the producer of an EGLStream of this crate's whose consumer is connected, for frames of this
    /// size.
    ///
    /// The way to do it: the driver is not asked as long as there is no consumer, which would spoil the stream.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the stream has no consumer, or has a
    /// producer; [`ErrorKind::StreamOver`](crate::ErrorKind::StreamOver): it has lost an end; otherwise as
    /// [`Producer::connect_raw`].
    pub fn connect(
        context: &Context,
        stream: &Arc<EglStream>,
        width: u32,
        height: u32,
    ) -> Result<Self> {
        stream.expects("Producer::connect", End::Producer)?;
        let (raw, keep) = (stream.as_ptr().as_ptr(), Keep::Stream(Arc::clone(stream)));
        // SAFETY: the stream is live, and stays so with the clone.
        unsafe { Self::start(context, raw, width, height, keep) }
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
    /// that has or had a producer (an H100, driver 580). After a try without a consumer no producer connects to this stream any
    /// more, also when the consumer has come: make a new stream.
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
        // SAFETY: by this function's contract.
        unsafe { Self::start(context, stream, width, height, Keep::other(keep)) }
    }

    /// # Safety
    ///
    /// As for [`Producer::connect_raw`].
    unsafe fn start(
        context: &Context,
        stream: EGLStreamKHR,
        width: u32,
        height: u32,
        keep: Keep,
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
                keep,
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
}
