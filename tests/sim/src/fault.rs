//! Failures and delays on demand: calls of a function fail with a given error, every call of one takes
//! longer.

#![forbid(unsafe_code)]

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::functions::NAMES;
use crate::sites::{self, Site};

/// Failures that can be armed at a time.
const CAPACITY: usize = 64;

/// The number that stands for every call from now on.
pub(crate) const EVERY: u64 = u64::MAX;

/// Why a failure cannot be armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no such function, or what is behind its `@` is no site.
    Unknown,
    /// As many as there is room for are armed.
    Full,
}

/// An armed failure.
#[derive(Clone, Copy, Debug)]
struct Armed {
    function: usize,
    /// Only calls from there; `None`: from anywhere.
    site: Option<Site>,
    /// Calls until the failing one (1 = the next), or [`EVERY`].
    left: u64,
    error: c_int,
}

impl Armed {
    /// Whether it counts calls of the function from there.
    fn function_at(&self, function: usize, site: Option<Site>) -> bool {
        self.function == function && (self.site.is_none() || self.site == site)
    }
}

/// Armed failures in the order of their arming; a fixed table, so that calls never touch the heap.
#[derive(Debug)]
struct Failures {
    list: [Armed; CAPACITY],
    len: usize,
}

static FAILURES: Mutex<Failures> = Mutex::new(Failures {
    list: [const {
        Armed {
            function: 0,
            site: None,
            left: 0,
            error: 0,
        }
    }; CAPACITY],
    len: 0,
});

/// Whether a function has any: what every call looks at.
static IS_ARMED: [AtomicBool; NAMES.len()] = [const { AtomicBool::new(false) }; NAMES.len()];

/// Microseconds that each function takes more.
static DELAY: [AtomicU64; NAMES.len()] = [const { AtomicU64::new(0) }; NAMES.len()];

fn failures() -> MutexGuard<'static, Failures> {
    FAILURES.lock().unwrap_or_else(|e| e.into_inner())
}

fn number_of(name: &str) -> Option<usize> {
    NAMES.iter().position(|function| *function == name)
}

impl Failures {
    fn add(&mut self, armed: Armed) -> Result<(), Refusal> {
        let free = self.list.get_mut(self.len).ok_or(Refusal::Full)?;
        *free = armed;
        self.len += 1;
        Ok(())
    }

    /// Keeps those that `stays` says, in their order.
    fn retain(&mut self, mut stays: impl FnMut(&mut Armed) -> bool) {
        let mut kept = 0;
        for i in 0..self.len {
            let mut armed = self.list[i];
            if stays(&mut armed) {
                self.list[kept] = armed;
                kept += 1;
            }
        }
        self.len = kept;
    }

    /// Counts a call of a function down; gives the error of the first that is due.
    fn due(&mut self, function: usize, site: Option<Site>) -> Option<c_int> {
        let mut error = None;
        self.retain(|armed| {
            if !armed.function_at(function, site) {
                return true;
            }
            if armed.left != EVERY {
                armed.left -= 1;
            }
            if armed.left == 0 || armed.left == EVERY {
                error = error.or(Some(armed.error));
            }
            armed.left != 0
        });
        error
    }

    fn has(&self, function: usize) -> bool {
        let mut armed = self.list[..self.len].iter();
        armed.any(|armed| armed.function == function)
    }
}

/// Arms a failure beside those that are armed, of a function (`NAME`) or of its calls from one site
/// (`NAME@SITE`); `number` 0 takes back all of those, [`EVERY`] is every call.
pub(crate) fn arm(name: &str, number: u64, error: c_int) -> Result<(), Refusal> {
    let (name, site) = match name.split_once('@') {
        None => (name, None),
        Some((name, site)) => (name, Some(Site::parse(site).ok_or(Refusal::Unknown)?)),
    };
    let function = number_of(name).ok_or(Refusal::Unknown)?;
    if site.is_some() {
        sites::turn_on();
    }
    let mut failures = failures();
    if number == 0 {
        failures
            .retain(|armed| armed.function != function || (site.is_some() && armed.site != site));
    } else {
        let armed = Armed {
            function,
            site,
            left: number,
            error,
        };
        if let Err(refusal) = failures.add(armed) {
            drop(failures);
            crate::log::line(format_args!(
                "{name} cannot be made to fail: {CAPACITY} failures are armed already"
            ));
            return Err(refusal);
        }
    }
    IS_ARMED[function].store(failures.has(function), SeqCst);
    Ok(())
}

/// Counts a call down; gives the error if this one is to fail.
pub(crate) fn due(function: usize, site: Option<Site>) -> Option<c_int> {
    if !IS_ARMED[function].load(SeqCst) {
        return None;
    }
    let mut failures = failures();
    let error = failures.due(function, site);
    IS_ARMED[function].store(failures.has(function), SeqCst);
    error
}

/// Lets every call of a function take longer. False if no such function exists.
pub(crate) fn delay(name: &str, microseconds: u64) -> bool {
    let Some(function) = number_of(name) else {
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
