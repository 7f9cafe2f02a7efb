//! Failures and delays on demand: call N of a function fails with a given error, every call of one takes
//! longer.

#![forbid(unsafe_code)]

use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use crate::functions::NAMES;

/// Calls left until the failing one (1 = the next), 0 = none.
static LEFT: [AtomicU64; NAMES.len()] = [const { AtomicU64::new(0) }; NAMES.len()];
static ERROR: [AtomicI32; NAMES.len()] = [const { AtomicI32::new(0) }; NAMES.len()];

/// Arms a failure; `number` 0 disarms. False if no such function exists.
pub(crate) fn arm(name: &str, number: u64, error: c_int) -> bool {
    let Some(function) = NAMES.iter().position(|function| *function == name) else {
        return false;
    };
    ERROR[function].store(error, SeqCst);
    LEFT[function].store(number, SeqCst);
    true
}

/// Microseconds that each function takes more.
static DELAY: [AtomicU64; NAMES.len()] = [const { AtomicU64::new(0) }; NAMES.len()];

/// Lets every call of a function take longer. False if no such function exists.
pub(crate) fn delay(name: &str, microseconds: u64) -> bool {
    let Some(function) = NAMES.iter().position(|function| *function == name) else {
        return false;
    };
    DELAY[function].store(microseconds, SeqCst);
    true
}

/// Waits as long as a function is to take more.
pub(crate) fn wait(function: usize) {
    match DELAY[function].load(SeqCst) {
        0 => {}
        microseconds => std::thread::sleep(Duration::from_micros(microseconds)),
    }
}

/// Arms what `NVMM_SIM_FAIL` (`FUNCTION:NUMBER:ERROR`) and `NVMM_SIM_DELAY` (`FUNCTION:MICROSECONDS`)
/// ask for, several with commas.
pub(crate) fn arm_from_environment() {
    each(
        "NVMM_SIM_FAIL",
        "FUNCTION:NUMBER:ERROR",
        |name, number, error| {
            let (number, error) = (number.parse().ok()?, error.parse().ok()?);
            arm(name, number, error).then_some(())
        },
    );
    each(
        "NVMM_SIM_DELAY",
        "FUNCTION:MICROSECONDS",
        |name, microseconds, rest| {
            let microseconds = microseconds.parse().ok().filter(|_| rest.is_empty())?;
            delay(name, microseconds).then_some(())
        },
    );
}

/// Does each wish of a variable; says which cannot be done.
fn each(variable: &str, form: &str, wish: impl Fn(&str, &str, &str) -> Option<()>) {
    let wishes = std::env::var(variable).unwrap_or_default();
    for text in wishes.split(',').filter(|text| !text.is_empty()) {
        let mut parts = text.splitn(3, ':').chain(["", ""]);
        let mut next = || parts.next().unwrap_or_default();
        if wish(next(), next(), next()).is_none() {
            crate::log::line(format_args!("{variable}: {text:?} is not {form}"));
        }
    }
}

/// Counts a call down; gives the error if this one is to fail.
pub(crate) fn due(function: usize) -> Option<c_int> {
    let left = &LEFT[function];
    if left.load(SeqCst) == 0 {
        return None;
    }
    let before = left
        .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1))
        .ok()?;
    (before == 1).then(|| ERROR[function].load(SeqCst))
}
