//! The kinds of errors.
#![forbid(unsafe_code)]

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A driver call returned an error code: [`Error::code`](crate::Error::code).
    Cuda,
    /// An EGL call failed: [`Error::egl_code`](crate::Error::egl_code).
    Egl,
    /// The CUDA driver or libEGL is not there or does not start: [`Error::load_error`](crate::Error::load_error).
    Load,
    /// An end of the EGLStream is gone, which is over: nothing more will come.
    StreamOver,
    /// This driver lacks the function or the EGL extension.
    Unsupported,
    /// The caller's values contradict each other or what the driver says.
    InvalidArgument,
    /// The frame has no such plane.
    PlaneOutOfRange,
    /// A pointer was asked of a frame whose memory is block linear.
    BlockLinear,
    /// A surface object was asked of a frame whose memory is pitch linear.
    PitchLinear,
    /// The surface, or libnvbufsurface, refused: `Error::surface_error`.
    #[cfg(feature = "nvbuf")]
    Surface,
}
