#![forbid(unsafe_code)]

use std::fmt;
use std::io::Write;

use crate::transform::TransformError;

/// This crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A library of NVIDIA's cannot be opened or lacks a function.
    Load,
    /// A call of the library failed (it says only -1) or gave something that cannot be.
    Call,
    /// The caller asked for something that is not possible.
    Invalid,
    /// Somebody else has the pixels mapped in a way that does not go together with this.
    Busy,
    /// A descriptor from somebody else makes no sense.
    Foreign,
    /// A function of libnvbufsurftransform failed, with its result.
    Transform(TransformError),
}

/// What failed, with which arguments, and what helps.
// One pointer, so that a call that goes well moves no room for what did not happen.
#[derive(Clone, Debug)]
pub struct Error(Box<Failure>);

#[derive(Clone, Debug)]
struct Failure {
    kind: ErrorKind,
    call: &'static str,
    detail: String,
}

impl Error {
    #[cold]
    pub(crate) fn new(kind: ErrorKind, call: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Failure {
            kind,
            call,
            detail: detail.into(),
        }))
    }

    /// The loaded library lacks a function; `instead` says what to use.
    pub(crate) fn missing(
        library: &nvbufsurface_sys::Library,
        call: &'static str,
        instead: &str,
    ) -> Self {
        let detail = format!("{}. {instead}", library.missing(call));
        Self::new(ErrorKind::Load, call, detail)
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The C function, or our own, that failed.
    pub fn call(&self) -> &'static str {
        self.0.call
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.call, self.0.detail)
    }
}

impl std::error::Error for Error {}

impl From<nvbufsurface_sys::LoadError> for Error {
    fn from(error: nvbufsurface_sys::LoadError) -> Self {
        Self::new(ErrorKind::Load, "load libnvbufsurface", error.to_string())
    }
}

impl From<nvbufsurface_sys::MissingFunction> for Error {
    fn from(missing: nvbufsurface_sys::MissingFunction) -> Self {
        Self::new(ErrorKind::Load, missing.symbol(), missing.to_string())
    }
}

/// Says on stderr what a drop cannot give back as an error. Unlike `eprintln!` it does not panic
/// where stderr is a closed pipe.
pub(crate) fn report(what: &dyn fmt::Display) {
    // There is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "nvbuf: {what}");
}

/// Turns the library's 0 or -1 into a result; `detail` says the arguments and the remedy.
pub(crate) fn check(call: &'static str, ret: i32, detail: impl FnOnce() -> String) -> Result<()> {
    if ret == 0 {
        Ok(())
    } else {
        Err(Error::new(ErrorKind::Call, call, detail()))
    }
}
