//! What both ends of an EGLStream have: a connection, which ends once.

use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::error::{check, report};
use crate::sys::{self, CUeglStreamConnection, CUeglStreamConnection_st, CUresult, EGLStreamKHR};
use crate::{Context, EglStream, EglStreamState, Error, Result, Stream};

/// A driver function that disconnects, with its name.
pub(super) type Disconnect = (
    &'static str,
    unsafe extern "C" fn(*mut CUeglStreamConnection) -> CUresult,
);

/// What keeps an EGLStream alive.
pub(super) enum Keep {
    /// It is one of ours, whose state can be asked for.
    Stream(Arc<EglStream>),
    /// Never looked into, only dropped.
    Other { _keep: Box<dyn Any + Send + Sync> },
}

impl Keep {
    pub(super) fn other(keep: impl Send + Sync + 'static) -> Self {
        Self::Other {
            _keep: Box::new(keep),
        }
    }
}

/// One end of an EGLStream, and whatever keeps the stream alive.
///
/// # Invariants
///
/// `raw` was connected in `context` by the driver; it is not disconnected while `is_connected`.
pub(super) struct Connection {
    raw: NonNull<CUeglStreamConnection_st>,
    is_connected: bool,
    stream: usize,
    context: Context,
    disconnect: Disconnect,
    /// Dropped after the end is disconnected.
    keep: Keep,
}

// SAFETY: the driver API is thread-safe and a connection belongs to no thread; each call pushes its
// context on the thread that makes it. What is kept is Send.
unsafe impl Send for Connection {}
// SAFETY: as above. Through a shared reference a frame can be released while another thread waits for
// one, which the driver's own threads do to each other all the time; acquiring, presenting and
// returning, whose order matters, are behind unique references of their ends. What is kept is Sync.
unsafe impl Sync for Connection {}

impl Connection {
    /// Connects an end by `connect`, the driver's function `call`, which gets where to write the handle.
    ///
    /// # Errors
    ///
    /// The stream is null, or the driver's error.
    ///
    /// # Safety
    ///
    /// - On success `connect` has written a connection of the kind that `disconnect` ends, made in
    ///   `context`, which is current when it is called.
    /// - `keep` keeps `stream` alive.
    pub(super) unsafe fn new(
        context: &Context,
        call: &'static str,
        stream: EGLStreamKHR,
        disconnect: Disconnect,
        keep: Keep,
        connect: impl FnOnce(*mut CUeglStreamConnection, *mut c_void) -> CUresult,
    ) -> Result<Self> {
        if stream.is_null() {
            return Err(Error::argument(
                call,
                "the EGLStream is null: check that creating it succeeded",
            ));
        }
        let mut raw = std::ptr::null_mut();
        let _current = context.push()?;
        // A driver that fails may have written the address of a connection that it freed: it is dropped.
        check(context.driver(), call, connect(&raw mut raw, stream))?;
        let raw = NonNull::new(raw)
            .ok_or_else(|| Error::argument(call, "the driver gave a null connection"))?;
        Ok(Self {
            raw,
            is_connected: true,
            stream: stream.addr(),
            context: context.clone(),
            disconnect,
            keep,
        })
    }

    /// The context that the end is connected in.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// The handle.
    pub(super) fn as_raw(&self) -> CUeglStreamConnection {
        self.raw.as_ptr()
    }

    /// The address of the EGLStream, to know it by.
    pub(super) fn stream(&self) -> usize {
        self.stream
    }

    /// The EGLStream, if it is one of ours.
    pub(super) fn egl_stream(&self) -> Option<&EglStream> {
        match &self.keep {
            Keep::Stream(stream) => Some(stream),
            Keep::Other { .. } => None,
        }
    }

    /// Whether the EGLStream is one of ours that has lost an end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Egl`](crate::ErrorKind::Egl).
    pub(super) fn is_over(&self) -> Result<bool> {
        match self.egl_stream() {
            Some(stream) => Ok(stream.state()? == EglStreamState::DISCONNECTED),
            None => Ok(false),
        }
    }

    /// Turns a driver's return value into a result. `other` is the other end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::StreamOver`](crate::ErrorKind::StreamOver) where that is why, and is known; or the driver's error.
    pub(super) fn check(
        &self,
        call: &'static str,
        other: &'static str,
        code: CUresult,
    ) -> Result<()> {
        if code == sys::CUDA_ERROR_UNKNOWN && self.is_over()? {
            return Err(Error::stream_over(call, other));
        }
        check(self.context.driver(), call, code)
    }

    /// Whether work of the end can be ordered with that of a CUDA stream.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): it is of another context.
    pub(super) fn check_stream(&self, call: &'static str, stream: &Stream) -> Result<()> {
        if stream.context().as_raw() == self.context.as_raw() {
            return Ok(());
        }
        Err(Error::argument(
            call,
            format!(
                "the CUDA stream is of device {}, this end of device {}: make a stream of \
                 the end's context",
                stream.context().ordinal(),
                self.context.ordinal()
            ),
        ))
    }

    /// Disconnects; what was tried once, is not tried again.
    ///
    /// # Errors
    ///
    /// The driver's error.
    pub(super) fn disconnect(&mut self) -> Result<()> {
        if !std::mem::replace(&mut self.is_connected, false) {
            return Ok(());
        }
        let (call, disconnect) = self.disconnect;
        let _current = self.context.push()?;
        let mut raw = self.raw.as_ptr();
        // SAFETY: by the type invariant the handle is that of a connected end of this function's kind,
        // and its context is current; it is forgotten above.
        let code = unsafe { disconnect(&raw mut raw) };
        check(self.context.driver(), call, code)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Err(error) = self.disconnect() {
            report(&error);
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("raw", &self.raw)
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}
