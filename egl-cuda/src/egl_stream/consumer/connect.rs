//! How a consumer connects.

use std::sync::Arc;

use super::super::connection::{Connection, Keep};
use super::super::hold::Link;
use super::{ACQUIRE, Consumer};
use crate::egl::End;
use crate::sys::{
    CUeglResourceLocationFlags, CUeglStreamConnection, CUresult, EGLStreamKHR, MAX_PLANES,
};
use crate::{Context, EglStream, Error, PlaneLayout, Result, Stream};

impl Consumer {
    /// Connects CUDA as the consumer of an EGLStream of this crate's. The consumer connects before the producer.
    ///
    /// The way to do it: the consumer can ask for the stream's state, and so notices when the producer is gone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the stream has a consumer;
    /// [`ErrorKind::StreamOver`](crate::ErrorKind::StreamOver): it had one; otherwise as [`Consumer::connect_raw`].
    pub fn connect(context: &Context, stream: &Arc<EglStream>) -> Result<Self> {
        stream.expects("Consumer::connect", End::Consumer)?;
        let (raw, keep) = (stream.as_ptr().as_ptr(), Keep::Stream(Arc::clone(stream)));
        // SAFETY: the stream is live, and stays so with the clone.
        unsafe { Self::at_default(context, raw, keep) }
    }

    /// Connects CUDA as the consumer of an EGLStream of others. Of those the state is not known: how
    /// [`acquire`](Self::acquire) ends is the driver's way then.
    ///
    /// `keep` is what keeps the stream alive; it is dropped after the end is disconnected, at once if connecting
    /// fails.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the driver knows no EGLStreams;
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the stream is null; or the driver's error, which
    /// is `CUDA_ERROR_UNKNOWN` of a stream that has, or had, a consumer (an H100, driver 580).
    ///
    /// # Safety
    ///
    /// `stream` is null or a live `EGLStreamKHR`, and stays alive until `keep` is dropped.
    #[doc(alias = "cuEGLStreamConsumerConnect")]
    pub unsafe fn connect_raw(
        context: &Context,
        stream: EGLStreamKHR,
        keep: impl Send + Sync + 'static,
    ) -> Result<Self> {
        // SAFETY: by this function's contract.
        unsafe { Self::at_default(context, stream, Keep::other(keep)) }
    }

    /// # Safety
    ///
    /// As for [`Consumer::connect_raw`].
    unsafe fn at_default(context: &Context, stream: EGLStreamKHR, keep: Keep) -> Result<Self> {
        const CALL: &str = "cuEGLStreamConsumerConnect";
        let connect = context.functions().consumer_connect;
        let connect = connect.ok_or_else(|| Error::missing(CALL))?;
        let connect = |out: *mut CUeglStreamConnection, stream| {
            // SAFETY: `Connection::new` passes a live pointer and the stream, which is live by this
            // function's contract, with the context current.
            unsafe { connect(out, stream) }
        };
        // SAFETY: by this function's contract; the closure connects a consumer.
        unsafe { Self::start(context, CALL, stream, keep, connect) }
    }

    /// The same, with a wish where the frames are to be:
    /// [`CU_EGL_RESOURCE_LOCATION_SYSMEM`](crate::sys::CU_EGL_RESOURCE_LOCATION_SYSMEM) or
    /// [`CU_EGL_RESOURCE_LOCATION_VIDMEM`](crate::sys::CU_EGL_RESOURCE_LOCATION_VIDMEM). Tegra, where both are one
    /// memory, ignores it.
    ///
    /// # Errors
    ///
    /// As [`Consumer::connect_raw`]; a driver refuses locations that it does not know.
    ///
    /// # Safety
    ///
    /// As for [`Consumer::connect_raw`].
    #[doc(alias = "cuEGLStreamConsumerConnectWithFlags")]
    pub unsafe fn connect_raw_at(
        context: &Context,
        stream: EGLStreamKHR,
        location: CUeglResourceLocationFlags,
        keep: impl Send + Sync + 'static,
    ) -> Result<Self> {
        const CALL: &str = "cuEGLStreamConsumerConnectWithFlags";
        let connect = context.functions().consumer_connect_with_flags;
        let connect = connect.ok_or_else(|| Error::missing(CALL))?;
        let connect = |out: *mut CUeglStreamConnection, stream| {
            // SAFETY: as in `at_default`; any flags may be passed.
            unsafe { connect(out, stream, location) }
        };
        let keep = Keep::other(keep);
        // SAFETY: by this function's contract; the closure connects a consumer.
        unsafe { Self::start(context, CALL, stream, keep, connect) }
    }

    /// # Safety
    ///
    /// As for [`Consumer::connect_raw`]; `connect` connects a consumer in the current context.
    unsafe fn start(
        context: &Context,
        call: &'static str,
        stream: EGLStreamKHR,
        keep: Keep,
        connect: impl FnOnce(*mut CUeglStreamConnection, EGLStreamKHR) -> CUresult,
    ) -> Result<Self> {
        const DISCONNECT: &str = "cuEGLStreamConsumerDisconnect";
        const RELEASE: &str = "cuEGLStreamConsumerReleaseFrame";
        let functions = context.functions();
        // Before anything is connected: nothing else may be missing later.
        let disconnect = functions.consumer_disconnect;
        let disconnect = disconnect.ok_or_else(|| Error::missing(DISCONNECT))?;
        let acquire_frame = functions
            .consumer_acquire
            .ok_or_else(|| Error::missing(ACQUIRE))?;
        let release = functions
            .consumer_release
            .ok_or_else(|| Error::missing(RELEASE))?;
        let own = Stream::new(context)?;
        // SAFETY: by this function's contract; a consumer is disconnected by the consumer's function.
        let connection = unsafe {
            Connection::new(
                context,
                call,
                stream,
                (DISCONNECT, disconnect),
                keep,
                connect,
            )
        }?;
        Ok(Self {
            link: Arc::new(Link::new(connection, own, release)),
            acquire_frame,
            layouts: [PlaneLayout::default(); MAX_PLANES],
            num_layouts: 0,
        })
    }
}
