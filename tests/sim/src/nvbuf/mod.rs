//! libnvbufsurface of R32.7 on host memory.
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
pub(crate) mod map;

use std::ffi::c_int;

use crate::functions::Function;

/// The call failed; the log line is written.
#[derive(Debug)]
pub(crate) struct Refused;

/// Runs one call of the library: counts it, lets it fail on demand, gives 0 or -1.
fn call(function: Function, body: impl FnOnce() -> Result<(), Refused>) -> c_int {
    if let Some(error) = crate::stats::enter(function) {
        crate::log::line(format_args!("{function:?} fails on demand"));
        return if error == 0 { -1 } else { error };
    }
    match body() {
        Ok(()) => 0,
        Err(Refused) => -1,
    }
}

/// Refuses a call that breaks a rule.
macro_rules! refuse {
    ($function:expr, $($text:tt)*) => {{
        crate::log::violation(format_args!("{:?}: {}", $function, format_args!($($text)*)));
        return Err($crate::nvbuf::Refused);
    }};
}
pub(crate) use refuse;
