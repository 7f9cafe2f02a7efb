//! Functions that a release exports and the simulator does not do: they are counted and refuse.
//! Each is called with its own arguments, which the caller takes back: nothing looks at them here.

#![forbid(unsafe_code)]

use std::ffi::c_int;

use crate::functions::NAMES;

/// A function that returns 0, or something else on failure (the libraries' -1 is also the
/// transform's "unsupported").
pub(crate) extern "C" fn status<const FUNCTION: usize>() -> c_int {
    match refuse(FUNCTION) {
        Some(error) if error != 0 => error,
        _ => -1,
    }
}

/// Counts the call; gives the error that it was to fail with anyway.
fn refuse(function: usize) -> Option<c_int> {
    let error = crate::stats::enter_number(function);
    crate::log::not_yet(NAMES[function]);
    error
}
