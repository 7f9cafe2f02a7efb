//! libnvbufsurface of any release on host memory.
//!
//! A buffer is a memfd, which is the device's memory, mapped without access except while an engine
//! runs, and a copy for the CPU, opened plane by plane while mapped. State is kept by fd, since
//! callers legitimately pass copies of the structs.

pub(crate) mod adopt;
pub(crate) mod buffer;
pub(crate) mod copy;
pub(crate) mod create;
pub(crate) mod cuda_buffer;
pub(crate) mod descriptor;
pub(crate) mod device_info;
pub(crate) mod egl;
pub(crate) mod fd;
pub(crate) mod format;
pub(crate) mod gone;
pub(crate) mod layout;
pub(crate) mod map;
pub(crate) mod memory;
pub(crate) mod nvmm_buffer;
pub(crate) mod pixels;
mod plane;
pub(crate) mod raw;
mod registry;
pub(crate) mod request;
mod shape;
pub(crate) mod share;
pub(crate) mod surface;
pub(crate) mod transfer;
mod users;

use std::ffi::c_int;
use std::fmt;

use crate::functions::Function;
use crate::rule::Rule;

/// The call failed; the log line is written.
#[derive(Debug)]
pub(crate) struct Refused;

/// Runs one call of the library: counts it, lets it fail on demand, gives 0 or -1.
pub(crate) fn call(function: Function, body: impl FnOnce() -> Result<(), Refused>) -> c_int {
    call_for(function, || body().map(|()| 0), |error| error)
}

/// Runs one call of the library that has another result: `failed` makes it of an error code.
pub(crate) fn call_for<T>(
    function: Function,
    body: impl FnOnce() -> Result<T, Refused>,
    failed: impl FnOnce(c_int) -> T,
) -> T {
    if let Some(error) = crate::stats::enter(function) {
        crate::log::line(format_args!("{function:?} fails on demand"));
        return failed(if error == 0 { -1 } else { error });
    }
    body().unwrap_or_else(|Refused| failed(-1))
}

/// Says which rule a call breaks.
pub(crate) fn refused(function: Function, rule: Rule, text: fmt::Arguments<'_>) -> Refused {
    crate::log::violation(rule, format_args!("{function:?}: {text}"));
    Refused
}

/// Refuses a call that breaks a rule: `BadArgument`, unless it is named after the function.
macro_rules! refuse {
    ($function:expr, Rule::$rule:ident, $($text:tt)*) => {{
        let (function, rule) = ($function, $crate::rule::Rule::$rule);
        return Err($crate::nvbuf::refused(function, rule, format_args!($($text)*)));
    }};
    ($function:expr, $($text:tt)*) => {
        $crate::nvbuf::refuse!($function, Rule::BadArgument, $($text)*)
    };
}
pub(crate) use refuse;
