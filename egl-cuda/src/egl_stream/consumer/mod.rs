//! The consumer's end of an EGLStream.

mod acquire;
mod connect;

use std::fmt;
use std::sync::Arc;

use super::hold::Link;
use crate::sys::{CUeglStreamConnection, MAX_PLANES, PFN_cuEGLStreamConsumerAcquireFrame};
use crate::{Context, Error, PlaneLayout, Result, Stream};

const ACQUIRE: &str = "cuEGLStreamConsumerAcquireFrame";

/// CUDA as the consumer of an EGLStream, of a camera (Argus), an OpenGL ES context, or a [`Producer`](crate::Producer).
///
/// ```text
/// EGLStream --Consumer::connect--> Consumer --acquire--> AcquiredFrame --drop, release--> the producer has it back
/// ```
///
/// The consumer connects first, then the producer; each end once in the life of a stream. The end is disconnected when
/// this object and all its frames are gone, then what keeps the stream alive is dropped.
///
/// A producer that is a camera (Argus) has to be disconnected before the consumer is: end the capture session's stream
/// or its repeating request, then drop the frames, then [`disconnect`](Self::disconnect). NVIDIA's own sample does so
/// because of a fault of the driver. Between two ends of CUDA's any order works. A producer that goes first takes along what was
/// not acquired, see [`Producer`](crate::Producer); a consumer that goes first leaves the producer what it released.
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
    acquire_frame: PFN_cuEGLStreamConsumerAcquireFrame,
    layouts: [PlaneLayout; MAX_PLANES],
    /// How many of them were given.
    num_layouts: usize,
}

impl Consumer {
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
