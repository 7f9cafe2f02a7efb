//! What goes wrong, in one type.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::fmt;
use std::io::Write as _;
use std::num::NonZeroU32;

use crate::{Driver, ErrorKind, LoadError, code, egl, sys};

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A call that failed: which, why, and the remedy where one is known.
#[derive(Debug, Clone)]
pub struct Error {
    call: &'static str,
    cause: Cause,
}

#[derive(Debug, Clone)]
enum Cause {
    Cuda {
        code: NonZeroU32,
        name: Option<&'static str>,
        text: Option<&'static str>,
    },
    Egl(i32),
    Load(Box<LoadError>),
    Missing,
    Extension(&'static str),
    StreamOver(&'static str),
    Argument(Cow<'static, str>),
    Plane {
        plane: u32,
        planes: u32,
    },
    BlockLinear,
    PitchLinear,
    #[cfg(feature = "nvbuf")]
    Surface(nvbuf::Error),
}

impl Error {
    pub(crate) fn missing(call: &'static str) -> Self {
        Self {
            call,
            cause: Cause::Missing,
        }
    }

    pub(crate) fn extension(call: &'static str, name: &'static str) -> Self {
        Self {
            call,
            cause: Cause::Extension(name),
        }
    }

    /// An EGL call failed with a code of `eglGetError`.
    #[cold]
    pub(crate) fn egl(call: &'static str, code: i32) -> Self {
        Self {
            call,
            cause: Cause::Egl(code),
        }
    }

    /// An EGLStream that has lost this end.
    pub(crate) fn stream_over(call: &'static str, gone: &'static str) -> Self {
        Self {
            call,
            cause: Cause::StreamOver(gone),
        }
    }

    pub(crate) fn load(call: &'static str, error: LoadError) -> Self {
        Self {
            call,
            cause: Cause::Load(Box::new(error)),
        }
    }

    pub(crate) fn argument(call: &'static str, what: impl Into<Cow<'static, str>>) -> Self {
        Self {
            call,
            cause: Cause::Argument(what.into()),
        }
    }

    pub(crate) fn plane(call: &'static str, plane: u32, planes: u32) -> Self {
        Self {
            call,
            cause: Cause::Plane { plane, planes },
        }
    }

    pub(crate) fn block_linear(call: &'static str) -> Self {
        Self {
            call,
            cause: Cause::BlockLinear,
        }
    }

    pub(crate) fn pitch_linear(call: &'static str) -> Self {
        Self {
            call,
            cause: Cause::PitchLinear,
        }
    }

    /// A driver's error, in the driver's words where there is a driver.
    #[cold]
    pub(crate) fn cuda(driver: Option<&Driver>, call: &'static str, code: NonZeroU32) -> Self {
        let (name, text) = match driver {
            Some(driver) => (driver.error_name(code), driver.error_text(code)),
            None => code::known(code.get()).map_or((None, None), |(name, text)| {
                (name.to_str().ok(), text.to_str().ok())
            }),
        };
        Self {
            call,
            cause: Cause::Cuda { code, name, text },
        }
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        match self.cause {
            Cause::Cuda { .. } => ErrorKind::Cuda,
            Cause::Egl(_) => ErrorKind::Egl,
            Cause::StreamOver(_) => ErrorKind::StreamOver,
            Cause::Load(_) => ErrorKind::Load,
            Cause::Missing | Cause::Extension(_) => ErrorKind::Unsupported,
            Cause::Argument(_) => ErrorKind::InvalidArgument,
            Cause::Plane { .. } => ErrorKind::PlaneOutOfRange,
            Cause::BlockLinear => ErrorKind::BlockLinear,
            Cause::PitchLinear => ErrorKind::PitchLinear,
            #[cfg(feature = "nvbuf")]
            Cause::Surface(_) => ErrorKind::Surface,
        }
    }

    /// The call that failed: a driver function, or one of ours.
    pub fn call(&self) -> &'static str {
        self.call
    }

    /// The driver's code, if a driver call failed.
    pub fn code(&self) -> Option<NonZeroU32> {
        match self.cause {
            Cause::Cuda { code, .. } => Some(code),
            _ => None,
        }
    }

    /// What `eglGetError` said, if an EGL call failed.
    pub fn egl_code(&self) -> Option<i32> {
        match self.cause {
            Cause::Egl(code) => Some(code),
            _ => None,
        }
    }

    /// The name of the code: the driver's, or EGL's.
    pub fn name(&self) -> Option<&'static str> {
        match self.cause {
            Cause::Cuda { name, .. } => name,
            Cause::Egl(code) => egl::known(code).map(|(name, _)| name),
            _ => None,
        }
    }

    /// Why the driver is not there, if that is the reason.
    pub fn load_error(&self) -> Option<&LoadError> {
        match &self.cause {
            Cause::Load(error) => Some(error),
            _ => None,
        }
    }

    /// What `nvbuf` said, if that is the reason.
    #[cfg(feature = "nvbuf")]
    pub fn surface_error(&self) -> Option<&nvbuf::Error> {
        match &self.cause {
            Cause::Surface(error) => Some(error),
            _ => None,
        }
    }

    /// What users found to help, where something is known.
    pub fn remedy(&self) -> Option<&'static str> {
        match &self.cause {
            Cause::Cuda { code, .. } => code::remedy(self.call, code.get()),
            Cause::Egl(code) => egl::remedy(self.call, *code),
            Cause::Load(error) => Some(error.remedy()),
            Cause::Extension(_) => Some("this EGL cannot do it: look at EglDisplay::extensions"),
            Cause::StreamOver(_) => Some("create a new one"),
            Cause::Missing => Some("this driver is too old for it"),
            Cause::BlockLinear => Some(
                "take CudaFrame::surface_object, in a kernel that reads and writes surfaces, or ask \
                 the producer for pitch linear memory: a nvvidconv before this with bl-output=false",
            ),
            Cause::PitchLinear => Some("take CudaFrame::pitch_ptr"),
            Cause::Argument(_) | Cause::Plane { .. } => None,
            // Says its remedy itself.
            #[cfg(feature = "nvbuf")]
            Cause::Surface(_) => None,
        }
    }
}

/// Says an error that nobody can be given, as that of a drop.
///
/// Where standard error is closed it is lost: `eprintln!` would panic.
#[cold]
pub(crate) fn report(error: &dyn fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "egl-cuda: {error}");
}

/// Turns a driver's return value into a result.
#[inline]
pub(crate) fn check(driver: &Driver, call: &'static str, code: sys::CUresult) -> Result<()> {
    match NonZeroU32::new(code) {
        None => Ok(()),
        Some(code) => Err(Error::cuda(Some(driver), call, code)),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It begins with its call.
        #[cfg(feature = "nvbuf")]
        if let Cause::Surface(error) = &self.cause {
            return write!(f, "{error}");
        }
        write!(f, "{}: ", self.call)?;
        match &self.cause {
            Cause::Cuda { code, name, text } => {
                write!(f, "CUDA error {code}")?;
                match (name, text) {
                    (Some(name), Some(text)) => write!(f, " ({name}, {text})")?,
                    (Some(name), None) => write!(f, " ({name})")?,
                    _ => {}
                }
            }
            Cause::Egl(code) => {
                write!(f, "EGL error {code:#06x}")?;
                if let Some((name, text)) = egl::known(*code) {
                    write!(f, " ({name}, {text})")?;
                }
            }
            Cause::StreamOver(gone) => write!(f, "{gone} is gone: the EGLStream is over")?,
            Cause::Extension(name) => write!(f, "EGL has no extension {name}")?,
            // Says its remedy itself.
            Cause::Load(error) => return write!(f, "{error}"),
            Cause::Missing => write!(f, "the driver has no such function")?,
            Cause::Argument(what) => write!(f, "{what}")?,
            Cause::Plane { plane, planes } => {
                write!(f, "plane {plane} of a frame with {planes} planes")?;
            }
            Cause::BlockLinear => {
                write!(
                    f,
                    "the surface is block linear: its planes are arrays, not pointers"
                )?;
            }
            Cause::PitchLinear => {
                write!(
                    f,
                    "the surface is pitch linear: its planes are pointers, not arrays"
                )?;
            }
            #[cfg(feature = "nvbuf")]
            Cause::Surface(_) => {}
        }
        match self.remedy() {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            Cause::Load(error) => Some(error),
            #[cfg(feature = "nvbuf")]
            Cause::Surface(error) => Some(error),
            _ => None,
        }
    }
}

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        Self {
            call: "Driver::get",
            cause: Cause::Load(Box::new(error)),
        }
    }
}

#[cfg(feature = "nvbuf")]
impl From<nvbuf::Error> for Error {
    fn from(error: nvbuf::Error) -> Self {
        Self {
            call: error.call(),
            cause: Cause::Surface(error),
        }
    }
}
