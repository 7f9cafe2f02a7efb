//! The consumer's end of an EGLStream.

use std::fmt;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::acquired_frame::AcquiredFrame;
use super::connection::Connection;
use super::hold::{Hold, Link};
use super::timeout::{is_timeout, microseconds};
use super::{MAX_IN_FLIGHT, layout};
use crate::error::check;
use crate::sys::{
    self, CUeglFrame, CUeglResourceLocationFlags, CUeglStreamConnection, CUresult, EGLStreamKHR,
    MAX_PLANES, PFN_cuEGLStreamConsumerAcquireFrame,
};
use crate::{Context, CudaFrame, EglStream, Error, PlaneLayout, Result, Stream};

const ACQUIRE: &str = "cuEGLStreamConsumerAcquireFrame";

/// CUDA as the consumer of an EGLStream, of a camera (Argus), an OpenGL ES context, or a [`Producer`](crate::Producer).
///
/// ```text
/// EGLStream --Consumer::connect_raw--> Consumer --acquire--> AcquiredFrame --drop, release--> the producer has it back
/// ```
///
/// The consumer connects first, then the producer; each end once in the life of a stream. The end is disconnected when
/// this object and all its frames are gone, then what keeps the stream alive is dropped.
///
/// A producer that is a camera (Argus) has to be disconnected before the consumer is: end the capture session's stream
/// or its repeating request, then drop the frames, then [`disconnect`](Self::disconnect). NVIDIA's own sample does so
/// because of a fault of the driver. Between two ends of CUDA's any order works; to disconnect the consumer
/// first costs nothing, see [`Producer`](crate::Producer).
///
/// One thread acquires at a time:
///
/// ```compile_fail,E0596
/// fn acquire(consumer: &egl_cuda::Consumer) {
///     let _ = consumer.acquire(None);
/// }
/// ```
///
/// What keeps the stream alive may be dropped on any thread:
///
/// ```compile_fail,E0277
/// # use egl_cuda::{Consumer, Context, sys::EGLStreamKHR};
/// fn connect(context: &Context, stream: EGLStreamKHR, keep: std::rc::Rc<u8>) {
///     let _ = unsafe { Consumer::connect_raw(context, stream, keep) };
/// }
/// ```
pub struct Consumer {
    link: Arc<Link>,
    acquire: PFN_cuEGLStreamConsumerAcquireFrame,
    layouts: [PlaneLayout; MAX_PLANES],
    /// How many of them were given.
    num_layouts: usize,
}

impl Consumer {
    /// Connects CUDA as the consumer of an EGLStream of this crate's. The consumer connects before the producer.
    ///
    /// # Errors
    ///
    /// As [`Consumer::connect_raw`].
    pub fn connect(context: &Context, stream: &Arc<EglStream>) -> Result<Self> {
        // SAFETY: the stream is live, and stays so with the clone.
        unsafe { Self::connect_raw(context, stream.as_ptr().as_ptr(), Arc::clone(stream)) }
    }

    /// Connects CUDA as the consumer of an EGLStream of others.
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

    /// The same, with a wish where the frames are to be: [`sys::CU_EGL_RESOURCE_LOCATION_SYSMEM`] or
    /// [`sys::CU_EGL_RESOURCE_LOCATION_VIDMEM`]. Tegra, where both are one memory, ignores it.
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
            // SAFETY: as in `connect_raw`; any flags may be passed.
            unsafe { connect(out, stream, location) }
        };
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
        keep: impl Send + Sync + 'static,
        connect: impl FnOnce(*mut CUeglStreamConnection, EGLStreamKHR) -> CUresult,
    ) -> Result<Self> {
        const DISCONNECT: &str = "cuEGLStreamConsumerDisconnect";
        const RELEASE: &str = "cuEGLStreamConsumerReleaseFrame";
        let functions = context.functions();
        // Before anything is connected: nothing else may be missing later.
        let disconnect = functions.consumer_disconnect;
        let disconnect = disconnect.ok_or_else(|| Error::missing(DISCONNECT))?;
        let acquire = functions
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
                Box::new(keep),
                connect,
            )
        }?;
        Ok(Self {
            link: Arc::new(Link::new(connection, own, release)),
            acquire,
            layouts: [PlaneLayout::default(); MAX_PLANES],
            num_layouts: 0,
        })
    }

    /// Describes the planes of the frames to come. An empty slice takes it back.
    ///
    /// The driver describes plane 0 of a frame only, so those of several planes of pitch linear memory need the
    /// producer's table: the shape of each plane, at the pitch of its memory. Frames that differ from it are refused by
    /// [`acquire`](Self::acquire). Of arrays every plane is known.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): there are more than three.
    pub fn set_layouts(&mut self, planes: &[PlaneLayout]) -> Result<()> {
        let Some(layouts) = self.layouts.get_mut(..planes.len()) else {
            return Err(Error::argument(
                "Consumer::set_layouts",
                format!(
                    "{} planes are described (at most {MAX_PLANES})",
                    planes.len()
                ),
            ));
        };
        layouts.copy_from_slice(planes);
        self.num_layouts = planes.len();
        Ok(())
    }

    /// Waits for the next frame, at most so long (in microseconds, rounded up; an hour at most); without a time,
    /// until there is one. `None` when time was up.
    ///
    /// Work that is put on [`stream`](Self::stream) from now on comes behind the producer's on the frame; for other
    /// streams record an [`Event`](crate::Event) there. Nothing is copied or allocated.
    ///
    /// Measured on an H100, driver 580:
    ///
    /// - When time is up without a new frame, the driver gives the newest one again, if it was released. To
    ///   see each frame once, wait without a time.
    /// - A consumer that waits is not woken when the producer goes. Only the next call fails, so give a time to
    ///   notice.
    /// - Time that is up and a stream that is over are both `CUDA_ERROR_UNKNOWN`. They are told apart by the time
    ///   that the call took: a stream that is over fails at once. With a time of zero that cannot be seen, and the
    ///   result is `None`: ask EGL for the stream's state.
    ///
    /// # Errors
    ///
    /// The driver's error, [`ErrorKind::Cuda`](crate::ErrorKind::Cuda): the stream is over.
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): 64 frames are held already, the driver's frame
    /// makes no sense, or it has planes that nobody described ([`set_layouts`](Self::set_layouts)). A frame
    /// that was acquired and refused goes back to the producer.
    #[doc(alias = "cuEGLStreamConsumerAcquireFrame")]
    pub fn acquire(&mut self, timeout: Option<Duration>) -> Result<Option<AcquiredFrame>> {
        let slot = self.link.free_slot().ok_or_else(|| {
            Error::argument(
                "Consumer::acquire",
                format!("{MAX_IN_FLIGHT} frames are held, the most there can be: release some"),
            )
        })?;
        let context = self.link.connection().context();
        let _current = context.push()?;
        let mut connection = self.link.connection().as_raw();
        let mut on = self.link.stream().as_raw();
        let mut resource = std::ptr::null_mut();
        let start = Instant::now();
        // SAFETY: the consumer is connected as long as the link lives, its stream is live, the pointers are to
        // live values, and the context is current.
        let code = unsafe {
            (self.acquire)(
                &raw mut connection,
                &raw mut resource,
                &raw mut on,
                timeout.map_or(sys::CUDA_EGL_INFINITE_TIMEOUT, microseconds),
            )
        };
        if is_timeout(code, timeout, start.elapsed()) {
            return Ok(None);
        }
        check(context.driver(), ACQUIRE, code)?;
        // SAFETY: the driver acquired it for this consumer, which this call alone takes frames of.
        let hold = unsafe { self.link.hold(ACQUIRE, slot, resource) }?;
        // Dropped with an error, the hold releases the frame.
        let frame = self.frame(&hold)?;
        Ok(Some(AcquiredFrame::new(frame, hold)))
    }

    /// The picture of a frame that was just acquired; the context is current.
    fn frame(&self, hold: &Hold) -> Result<CudaFrame> {
        const CALL: &str = "cuGraphicsResourceGetMappedEglFrame";
        let context = self.link.connection().context();
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

    /// The stream on which frames are acquired, and released when they are dropped: the one to launch kernels on that
    /// read them.
    pub fn stream(&self) -> &Stream {
        self.link.stream()
    }

    /// The context that the end is connected in.
    pub fn context(&self) -> &Context {
        self.link.connection().context()
    }

    /// How many frames are held: acquired and not released.
    pub fn num_held(&self) -> usize {
        self.link.num_held()
    }

    /// The driver's handle, valid while this object or one of its frames lives.
    pub fn as_raw(&self) -> CUeglStreamConnection {
        self.link.connection().as_raw()
    }

    /// Disconnects now, then drops what kept the stream alive.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): frames are held; the last of them disconnects.
    /// Or the driver's error. The end is over either way.
    #[doc(alias = "cuEGLStreamConsumerDisconnect")]
    pub fn disconnect(self) -> Result<()> {
        let held = self.num_held();
        let mut link = Arc::into_inner(self.link).ok_or_else(|| {
            Error::argument(
                "Consumer::disconnect",
                format!("{held} frames are held: it disconnects when the last one is dropped"),
            )
        })?;
        link.end()
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("link", &self.link)
            .field("layouts", &&self.layouts[..self.num_layouts])
            .finish_non_exhaustive()
    }
}
