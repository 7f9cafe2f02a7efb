#![forbid(unsafe_code)]

use std::fmt;

/// This crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What failed below GStreamer, or does not go together with it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// libnvbufsurface, or a surface.
    Surface(nvbuf::Error),
    /// CUDA.
    Cuda(egl_cuda::Error),
    /// A buffer that is not what its caps say.
    Buffer(String),
    /// What an element itself has to say.
    Element(gst::ErrorMessage),
    /// The pool or its element is flushing: not a fault.
    Flushing,
}

impl Error {
    pub(crate) fn buffer(what: impl Into<String>) -> Self {
        Self::Buffer(what.into())
    }

    /// The error as an element posts it.
    pub fn to_message(&self) -> gst::ErrorMessage {
        let text = self.to_string();
        match self {
            Self::Surface(e) if e.kind() == nvbuf::ErrorKind::Load => {
                gst::error_msg!(gst::ResourceError::NotFound, ("{text}"))
            }
            Self::Surface(e) if e.call() == "NvBufSurfaceCreate" => {
                gst::error_msg!(gst::ResourceError::NoSpaceLeft, ("{text}"))
            }
            Self::Element(message) => message.clone(),
            Self::Buffer(_) => gst::error_msg!(gst::StreamError::Format, ("{text}")),
            _ => gst::error_msg!(gst::LibraryError::Failed, ("{text}")),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Surface(error) => error.fmt(f),
            Self::Cuda(error) => error.fmt(f),
            Self::Buffer(what) => f.write_str(what),
            Self::Element(message) => message.fmt(f),
            Self::Flushing => f.write_str("flushing"),
        }
    }
}

impl std::error::Error for Error {}

impl From<nvbuf::Error> for Error {
    fn from(error: nvbuf::Error) -> Self {
        Self::Surface(error)
    }
}

impl From<gst::ErrorMessage> for Error {
    fn from(message: gst::ErrorMessage) -> Self {
        Self::Element(message)
    }
}

impl From<egl_cuda::Error> for Error {
    fn from(error: egl_cuda::Error) -> Self {
        match error.surface_error() {
            Some(surface) => Self::Surface(surface.clone()),
            None => Self::Cuda(error),
        }
    }
}
