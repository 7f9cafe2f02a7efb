//! EGL 1.5 as far as video without a screen needs it: displays, EGLImages of dmabufs, sync objects,
//! EGLStreams. No configurations, surfaces and GL contexts.

pub(crate) mod attributes;
pub(crate) mod device;
pub(crate) mod display;
pub(crate) mod fourcc;
pub(crate) mod frames;
pub(crate) mod image;
pub(crate) mod proc_address;
pub(crate) mod stream;
pub(crate) mod surface;
pub(crate) mod sync;

use std::cell::Cell;
use std::ffi::c_int;
use std::fmt;
use std::mem::MaybeUninit;

use crate::functions::Function;

/// `EGLBoolean`
pub(crate) type Boolean = u32;
/// `EGLenum`
pub(crate) type Enum = u32;
/// A result parameter: null, or memory for a `T` with whatever it holds.
pub(crate) type Out<'a, T> = Option<&'a mut MaybeUninit<T>>;

pub(crate) const TRUE: Boolean = 1;
pub(crate) const FALSE: Boolean = 0;
/// `EGL_NONE`
pub(crate) const NONE: isize = 0x3038;

/// What `eglGetError` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EglError(c_int);

macro_rules! errors {
    ($($name:ident = $code:literal,)*) => {
        $(pub(crate) const $name: EglError = EglError($code);)*

        impl fmt::Display for EglError {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $($code => f.write_str(concat!("EGL_", stringify!($name))),)*
                    other => write!(f, "{other:#x}"),
                }
            }
        }
    };
}

errors! {
    NOT_INITIALIZED = 0x3001,
    BAD_ACCESS = 0x3002,
    BAD_ATTRIBUTE = 0x3004,
    BAD_CONFIG = 0x3005,
    BAD_CONTEXT = 0x3006,
    BAD_DISPLAY = 0x3008,
    BAD_MATCH = 0x3009,
    BAD_PARAMETER = 0x300c,
    BAD_SURFACE = 0x300d,
    BAD_DEVICE = 0x322b,
    BAD_STREAM_KHR = 0x321b,
    BAD_STATE_KHR = 0x321c,
}

/// `EGL_SUCCESS`
const SUCCESS: c_int = 0x3000;

thread_local! {
    /// Error of the thread's latest call.
    static LATEST: Cell<c_int> = const { Cell::new(SUCCESS) };
}

/// Runs one call of the library: counts it, lets it fail on demand, notes its error. `failed` is what
/// a call that fails gives.
pub(crate) fn call<T>(
    function: Function,
    failed: T,
    body: impl FnOnce() -> Result<T, EglError>,
) -> T {
    let result = match crate::stats::enter(function) {
        Some(error) => {
            crate::log::line(format_args!("{function:?} fails on demand with {error:#x}"));
            Err(EglError(error))
        }
        None => body(),
    };
    LATEST.set(result.as_ref().err().map_or(SUCCESS, |error| error.0));
    result.unwrap_or(failed)
}

/// Says why a call fails.
pub(crate) fn refused(function: Function, error: EglError, text: fmt::Arguments<'_>) -> EglError {
    crate::log::line(format_args!("{function:?}: {error}: {text}"));
    error
}

/// Refuses a call with an error and a line that says why.
macro_rules! refuse {
    ($function:expr, $error:expr, $($text:tt)*) => {
        return Err($crate::egl::refused($function, $error, format_args!($($text)*)))
    };
}
pub(crate) use refuse;

/// Writes a result; null is a bad parameter.
pub(crate) fn put<T>(function: Function, out: Out<'_, T>, value: T) -> Result<(), EglError> {
    let Some(out) = out else {
        refuse!(function, BAD_PARAMETER, "the result pointer is NULL");
    };
    out.write(value);
    Ok(())
}

/// `eglGetError`: the latest call's, and none from then on.
pub(crate) extern "C" fn get_error() -> c_int {
    match crate::stats::enter(Function::eglGetError) {
        Some(error) => error,
        None => LATEST.replace(SUCCESS),
    }
}

/// `eglReleaseThread`
pub(crate) extern "C" fn release_thread() -> Boolean {
    let result = call(Function::eglReleaseThread, FALSE, || {
        surface::forget_api();
        Ok(TRUE)
    });
    if result == TRUE {
        LATEST.set(SUCCESS);
    }
    result
}
