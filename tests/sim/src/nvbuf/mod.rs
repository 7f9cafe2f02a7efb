//! libnvbufsurface of any release on host memory.
//!
//! A buffer is a memfd with two mappings, both without access at rest: the CPU's, opened plane by
//! plane while mapped, and the device's, opened while an engine runs. State is kept by fd, since
//! callers legitimately pass copies of the structs.

pub(crate) mod buffer;
pub(crate) mod copy;
pub(crate) mod create;
pub(crate) mod descriptor;
pub(crate) mod egl;
pub(crate) mod format;
pub(crate) mod layout;
pub(crate) mod map;
pub(crate) mod request;
pub(crate) mod surface;

use std::ffi::c_int;

use crate::functions::Function;

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

/// Refuses a call that breaks a rule.
macro_rules! refuse {
    ($function:expr, $($text:tt)*) => {{
        crate::log::violation(format_args!("{:?}: {}", $function, format_args!($($text)*)));
        return Err($crate::nvbuf::Refused);
    }};
}
pub(crate) use refuse;
