//! Failures on demand: call N of a function fails with a given error.

#![forbid(unsafe_code)]

use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering::SeqCst};

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

/// Arms what `NVMM_SIM_FAIL` asks for: `FUNCTION:NUMBER:ERROR`, several with commas.
pub(crate) fn arm_from_environment() {
    let Some(wishes) = std::env::var_os("NVMM_SIM_FAIL") else {
        return;
    };
    for wish in wishes
        .to_string_lossy()
        .split(',')
        .filter(|wish| !wish.is_empty())
    {
        let mut parts = wish.split(':');
        let mut next = || parts.next().unwrap_or_default();
        let (name, number, error) = (next(), next().parse(), next().parse());
        let is_armed = number.is_ok_and(|n| error.is_ok_and(|error| arm(name, n, error)));
        if !is_armed {
            crate::log::line(format_args!(
                "NVMM_SIM_FAIL: {wish:?} is not FUNCTION:NUMBER:ERROR"
            ));
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
