//! Streams of others.

use std::marker::PhantomData;
use std::ops::Deref;

use crate::{Context, Stream, sys};

/// A stream of somebody else's, borrowed: usable wherever a [`Stream`] is asked for, and never destroyed
/// here.
///
/// For streams of the CUDA runtime (`cudaStream_t` is the same handle), TensorRT, OpenCV and, with
/// feature `cust`, of `cust`.
///
/// ```no_run
/// use egl_cuda::{Context, Event, StreamRef, sys};
///
/// # fn run(context: Context, theirs: sys::CUstream) -> egl_cuda::Result<()> {
/// // SAFETY: the library that made it, in the primary context, destroys it after this function.
/// let stream = unsafe { StreamRef::from_raw(&context, theirs) };
/// let done = Event::new(&context)?;
/// done.record(&stream)
/// # }
/// ```
#[derive(Debug)]
pub struct StreamRef<'a> {
    stream: Stream,
    _borrowed: PhantomData<&'a ()>,
}

impl StreamRef<'_> {
    /// A stream of `context`. Null is the context's default stream, which waits for the blocking streams
    /// of the context and they for it.
    ///
    /// # Safety
    ///
    /// `raw` is null or a stream of `context`, alive as long as the result.
    pub unsafe fn from_raw(context: &Context, raw: sys::CUstream) -> Self {
        Self {
            // SAFETY: by this function's contract.
            stream: unsafe { Stream::borrowed(context, raw) },
            _borrowed: PhantomData,
        }
    }
}

impl Deref for StreamRef<'_> {
    type Target = Stream;

    fn deref(&self) -> &Stream {
        &self.stream
    }
}
