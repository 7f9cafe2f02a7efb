//! A frame that the consumer has.
#![forbid(unsafe_code)]

use super::hold::Hold;
use crate::{CudaFrame, Result, Stream, sys};

/// A frame that a [`Consumer`](crate::Consumer) acquired: the consumer's until this guard is dropped and the clones of
/// its [`CudaFrame`] are.
///
/// It may be held and dropped on any thread, several at once. The consumer stays connected until the last one is
/// released. The producer does not get its memory back before, and while a FIFO's frames are all held, it waits.
///
/// It is released behind the work of the consumer's own stream, [`Consumer::stream`](crate::Consumer::stream): kernels on
/// another one are waited for by [`release`](Self::release) on that, not by a drop. Releasing waits for the work of the stream
/// on the CPU: the driver does (an H100, driver 580.159.04), and so do surface objects of it that are destroyed there
/// ([`CudaFrame::surface_object`]).
///
/// ```compile_fail,E0382
/// fn twice(frame: egl_cuda::AcquiredFrame, stream: &egl_cuda::Stream) {
///     frame.release(stream).unwrap();
///     frame.release(stream).unwrap();
/// }
/// ```
#[must_use = "the frame goes back to the producer when the guard is dropped"]
#[derive(Debug)]
pub struct AcquiredFrame {
    frame: CudaFrame,
    hold: Hold,
}

impl AcquiredFrame {
    /// `frame` holds by a clone of `hold`.
    pub(super) fn new(frame: CudaFrame, hold: Hold) -> Self {
        Self { frame, hold }
    }

    /// The picture, for reading: [`CudaFrame::is_read_only`] is true, a consumer must not write. A clone holds the
    /// frame as this guard does.
    pub fn frame(&self) -> &CudaFrame {
        &self.frame
    }

    /// Gives the frame back to the producer now, behind the work that is on a stream.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): the stream is of another context, or
    /// clones of the [`CudaFrame`] are alive; or the driver's error. Then the frame is released as by a drop, behind
    /// the consumer's own stream: wait for yours before it is too late.
    #[doc(alias = "cuEGLStreamConsumerReleaseFrame")]
    pub fn release(self, stream: &Stream) -> Result<()> {
        self.hold.release(stream)
    }

    /// The driver's handle of the frame, valid while it is held. It is not for `cuGraphicsUnregisterResource`.
    pub fn as_raw(&self) -> sys::CUgraphicsResource {
        self.hold.as_raw()
    }
}
