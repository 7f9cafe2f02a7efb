//! The EGLStream object, which a consumer and a producer connect to.

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;

use crate::sys;
use crate::{EglDisplay, Error, Result};

/// An EGLStream: a queue of frames between one consumer and one producer; destroyed on drop.
///
/// # Invariants
///
/// `raw` is a stream of `display` that nobody else destroys; the display has `EGL_KHR_stream`.
pub struct EglStream {
    raw: NonNull<c_void>,
    display: EglDisplay,
}

// SAFETY: a stream is a handle of its display, not of a thread.
unsafe impl Send for EglStream {}
// SAFETY: `&self` reads the handle and asks for the state, which any thread may.
unsafe impl Sync for EglStream {}

/// An end of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Consumer,
    Producer,
}

/// How an [`EglStream`] stands. Open: an EGL may have more states.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EglStreamState(pub i32);

impl EglStreamState {
    /// No consumer yet.
    pub const CREATED: Self = Self(sys::EGL_STREAM_STATE_CREATED_KHR);
    /// A consumer, and no producer yet.
    pub const CONNECTING: Self = Self(sys::EGL_STREAM_STATE_CONNECTING_KHR);
    /// Both ends, and no frame yet.
    pub const EMPTY: Self = Self(sys::EGL_STREAM_STATE_EMPTY_KHR);
    /// A frame that was not acquired yet.
    pub const NEW_FRAME: Self = Self(sys::EGL_STREAM_STATE_NEW_FRAME_AVAILABLE_KHR);
    /// Frames that were all acquired.
    pub const OLD_FRAME: Self = Self(sys::EGL_STREAM_STATE_OLD_FRAME_AVAILABLE_KHR);
    /// An end of it is gone: nothing more will come. For a consumer the driver shows it nowhere else.
    pub const DISCONNECTED: Self = Self(sys::EGL_STREAM_STATE_DISCONNECTED_KHR);
}

impl EglStream {
    /// A stream that keeps the newest frame only: one that was not acquired is replaced.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the display has no `EGL_KHR_stream`;
    /// [`ErrorKind::Egl`](crate::ErrorKind::Egl).
    #[doc(alias = "eglCreateStreamKHR")]
    pub fn mailbox(display: &EglDisplay) -> Result<Self> {
        Self::create(display, &[sys::EGL_NONE])
    }

    /// A stream in which up to `length` frames wait and none is lost: a producer that is further ahead waits.
    ///
    /// # Errors
    ///
    /// As [`EglStream::mailbox`], of `EGL_KHR_stream_fifo` too;
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) for a length of 0.
    #[doc(alias = "EGL_STREAM_FIFO_LENGTH_KHR")]
    pub fn fifo(display: &EglDisplay, length: u32) -> Result<Self> {
        const CALL: &str = "EglStream::fifo";
        display.require(CALL, "EGL_KHR_stream_fifo")?;
        let length = match i32::try_from(length) {
            Ok(length) if length > 0 => length,
            _ => {
                let why = format!("a length of {length}: at least 1, EglStream::mailbox has none");
                return Err(Error::argument(CALL, why));
            }
        };
        Self::create(
            display,
            &[sys::EGL_STREAM_FIFO_LENGTH_KHR, length, sys::EGL_NONE],
        )
    }

    fn create(display: &EglDisplay, attributes: &[i32]) -> Result<Self> {
        const CALL: &str = "eglCreateStreamKHR";
        display.require(CALL, "EGL_KHR_stream")?;
        let egl = display.library();
        let create = egl
            .functions()
            .create_stream
            .ok_or_else(|| Error::missing(CALL))?;
        // SAFETY: an initialised display, and attributes with an end.
        let raw = unsafe { create(display.as_ptr().as_ptr(), attributes.as_ptr()) };
        Ok(Self {
            raw: egl.handle(CALL, raw)?,
            display: display.clone(),
        })
    }

    /// The `EGLStreamKHR`. Valid as long as `self`.
    pub fn as_ptr(&self) -> NonNull<c_void> {
        self.raw
    }

    /// The display that the stream is of.
    pub fn display(&self) -> &EglDisplay {
        &self.display
    }

    /// How the stream stands now; an end that works may change it at any time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Egl`](crate::ErrorKind::Egl).
    #[doc(alias = "eglQueryStreamKHR")]
    pub fn state(&self) -> Result<EglStreamState> {
        const CALL: &str = "eglQueryStreamKHR";
        let egl = self.display.library();
        let query = egl
            .functions()
            .query_stream
            .ok_or_else(|| Error::missing(CALL))?;
        let (display, stream) = (self.display.as_ptr().as_ptr(), self.raw.as_ptr());
        let mut state = 0;
        // SAFETY: by the type invariant; the pointer is to a live integer.
        let done = unsafe { query(display, stream, sys::EGL_STREAM_STATE_KHR, &raw mut state) };
        egl.check(CALL, done)?;
        Ok(EglStreamState(state))
    }

    /// The number of the frame that the consumer got last, from 1; 0 before the first. A frame that it gets
    /// again keeps its number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Egl`](crate::ErrorKind::Egl).
    pub(crate) fn consumer_frame(&self) -> Result<u64> {
        const CALL: &str = "eglQueryStreamu64KHR";
        let egl = self.display.library();
        let query = egl
            .functions()
            .query_stream_u64
            .ok_or_else(|| Error::missing(CALL))?;
        let (display, stream) = (self.display.as_ptr().as_ptr(), self.raw.as_ptr());
        let (name, mut number) = (sys::EGL_CONSUMER_FRAME_KHR, 0);
        // SAFETY: by the type invariant; the pointer is to a live 64-bit number.
        let done = unsafe { query(display, stream, name, &raw mut number) };
        egl.check(CALL, done)?;
        Ok(number)
    }

    /// Whether it is an end's turn to connect. To try before would be in vain, and a producer would spoil the stream.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): it is not;
    /// [`ErrorKind::StreamOver`](crate::ErrorKind::StreamOver): nor will it be;
    /// [`ErrorKind::Egl`](crate::ErrorKind::Egl).
    pub(crate) fn expects(&self, call: &'static str, end: End) -> Result<()> {
        let why = match (end, self.state()?) {
            (_, EglStreamState::DISCONNECTED) => return Err(Error::stream_over(call, "an end")),
            (End::Consumer, EglStreamState::CREATED)
            | (End::Producer, EglStreamState::CONNECTING) => return Ok(()),
            (End::Producer, EglStreamState::CREATED) => "has no consumer: connect that first",
            (End::Consumer, _) => "has a consumer: each end connects once, make another stream",
            (End::Producer, _) => "has a producer: each end connects once, make another stream",
        };
        Err(Error::argument(call, format!("the EGLStream {why}")))
    }
}

impl Drop for EglStream {
    fn drop(&mut self) {
        let egl = self.display.library();
        let Some(destroy) = egl.functions().destroy_stream else {
            return;
        };
        // SAFETY: by the type invariant the stream is of this display and nobody else's.
        let done = unsafe { destroy(self.display.as_ptr().as_ptr(), self.raw.as_ptr()) };
        if let Err(error) = egl.check("eglDestroyStreamKHR", done) {
            crate::error::report(&error);
        }
    }
}

impl fmt::Debug for EglStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EglStream")
            .field("raw", &self.raw)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for EglStreamState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::CREATED => "CREATED",
            Self::CONNECTING => "CONNECTING",
            Self::EMPTY => "EMPTY",
            Self::NEW_FRAME => "NEW_FRAME",
            Self::OLD_FRAME => "OLD_FRAME",
            Self::DISCONNECTED => "DISCONNECTED",
            Self(other) => return write!(f, "EglStreamState({other:#x})"),
        })
    }
}
