//! The few forms that an expectation takes.
#![forbid(unsafe_code)]

use std::ffi::c_int;
use std::fmt::{Debug, Display};

use crate::case::Failure;

/// Two values that have to be the same.
pub(crate) fn equal<T: PartialEq + Debug>(
    what: impl Display,
    found: T,
    expected: T,
) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(
        format!("{what}: {}", short(&expected)),
        short(&found),
    ))
}

/// Something that has to hold.
pub(crate) fn that(what: impl Display, holds: bool) -> Result<(), Failure> {
    if holds {
        return Ok(());
    }
    Err(Failure::new(what.to_string(), "that it is not so"))
}

/// A call that has to return 0.
pub(crate) fn zero(call: impl Display, code: c_int) -> Result<(), Failure> {
    equal(format_args!("{call} returns"), code, 0)
}

/// A call that has to fail.
pub(crate) fn refused<T>(what: impl Display, result: Result<T, Failure>) -> Result<(), Failure> {
    match result {
        Ok(_) => Err(Failure::new(format!("{what} is refused"), "success")),
        Err(_) => Ok(()),
    }
}

/// Bytes that may differ by a few steps each.
pub(crate) fn near(
    what: impl Display,
    found: &[u8],
    expected: &[u8],
    steps: u8,
) -> Result<(), Failure> {
    equal(format_args!("{what}: bytes"), found.len(), expected.len())?;
    let wrong = found
        .iter()
        .zip(expected)
        .position(|(f, e)| f.abs_diff(*e) > steps);
    match wrong {
        None => Ok(()),
        Some(at) => Err(Failure::new(
            format!("{what}: byte {at} is {} within {steps}", expected[at]),
            found[at].to_string(),
        )),
    }
}

/// Every byte within a few steps of one value.
pub(crate) fn flat(what: impl Display, found: &[u8], value: u8, steps: u8) -> Result<(), Failure> {
    near(what, found, &vec![value; found.len()], steps)
}

/// Pictures are too long for a line.
fn short(value: &impl Debug) -> String {
    let mut text = format!("{value:?}");
    if let Some((end, _)) = text.char_indices().nth(200) {
        text.truncate(end);
        text.push_str(" ...");
    }
    text
}
