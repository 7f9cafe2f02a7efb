//! Control and counters of the simulated platform, for programs that run on it.
//!
//! The functions of `nvmm_sim.h` in the copy of the core that the process uses. All state is the
//! core's: any number of [`Simulator`]s, in any number of libraries of one process, are the same.

use std::ffi::{CStr, CString, c_char, c_int};
use std::fmt;
use std::num::NonZeroU64;

use libloading::os::unix::{Library, RTLD_NOW};
use serde_json::Value;

const CORE: &str = "libnvmm_sim.so";

/// `RTLD_NOLOAD` of Linux: find the library only if it is loaded already.
const RTLD_NOLOAD: c_int = 4;

/// The number of [`Simulator::fail`] for every call from now on.
pub const EVERY: u64 = u64::MAX;

/// The simulator that this process runs on.
#[derive(Debug)]
pub struct Simulator(Library);

impl Simulator {
    /// The simulator, if a library of it is loaded; `None` on hardware, and before.
    pub fn loaded() -> Option<Self> {
        // SAFETY: nothing is loaded, so nothing runs.
        let library = unsafe { Library::open(Some(CORE), RTLD_NOW | RTLD_NOLOAD) };
        library.ok().map(Self)
    }

    /// The simulator of a process that is run by `ci/sim.sh`, loaded or not.
    ///
    /// # Errors
    ///
    /// The loader's words where it does not find the core: not under `ci/sim.sh`, or on hardware.
    pub fn find() -> Result<Self, String> {
        // SAFETY: the shims have the same file open, or will: its initialisers run once.
        let library = unsafe { Library::open(Some(CORE), RTLD_NOW) };
        library.map(Self).map_err(|error| error.to_string())
    }

    /// The report: every counter, calls by function, threads. Keys are described in the simulator's
    /// README.
    ///
    /// # Panics
    ///
    /// When the core writes no JSON, which would be a mistake in it.
    pub fn report(&self) -> Value {
        type Report = unsafe extern "C" fn(*mut c_char, usize) -> usize;
        // SAFETY: this is the function's type in nvmm_sim.h.
        let report = unsafe { self.function::<Report>("nvmm_sim_report") };
        let mut text = Vec::new();
        loop {
            // SAFETY: the buffer has that many bytes; of none, nothing is written.
            let needed = unsafe { report(text.as_mut_ptr(), text.len()) };
            if needed <= text.len() {
                break;
            }
            // Counters may grow by some digits between two calls.
            text.resize(needed + 256, 0);
        }
        // A char of C has a sign on x86_64 and none on aarch64.
        let text: Vec<u8> = text.into_iter().flat_map(c_char::to_ne_bytes).collect();
        let text = CStr::from_bytes_until_nul(&text).expect("the report ends in a zero");
        serde_json::from_slice(text.to_bytes()).expect("the report is JSON")
    }

    /// A counter of the report's top level, or the calls of a function; `None` for another name.
    pub fn counter(&self, name: &str) -> Option<u64> {
        type Counter = unsafe extern "C" fn(*const c_char) -> u64;
        // SAFETY: this is the function's type in nvmm_sim.h.
        let counter = unsafe { self.function::<Counter>("nvmm_sim_counter") };
        let name = CString::new(name).ok()?;
        // SAFETY: a C string that lives for the call.
        Some(unsafe { counter(name.as_ptr()) }).filter(|value| *value != u64::MAX)
    }

    /// Lets a call of a function fail with an error, beside the failures that are armed: the next (1),
    /// the one after it (2), ..., or every one ([`EVERY`]); 0 takes back all of the function. For
    /// functions of the buffer libraries error 0 is -1. `FUNCTION@SITE` counts and fails only its calls
    /// from a site of the report.
    ///
    /// # Errors
    ///
    /// There is no such function, or too many failures are armed.
    pub fn fail(&self, function: &str, number: u64, error: i32) -> Result<(), FailError> {
        type Fail = unsafe extern "C" fn(*const c_char, u64, c_int) -> c_int;
        // SAFETY: this is the function's type in nvmm_sim.h.
        let fail = unsafe { self.function::<Fail>("nvmm_sim_fail") };
        let name = CString::new(function).unwrap_or_default();
        // SAFETY: a C string that lives for the call.
        match unsafe { fail(name.as_ptr(), number, error) } {
            0 => Ok(()),
            -2 => Err(FailError::TooMany),
            _ => Err(UnknownFunction(function.to_owned()).into()),
        }
    }

    /// Lets every call of a function take so many microseconds more; 0 takes it back.
    ///
    /// # Errors
    ///
    /// There is no such function.
    pub fn delay(&self, function: &str, microseconds: u64) -> Result<(), UnknownFunction> {
        type Delay = unsafe extern "C" fn(*const c_char, u64) -> c_int;
        // SAFETY: this is the function's type in nvmm_sim.h.
        let delay = unsafe { self.function::<Delay>("nvmm_sim_delay") };
        let name = CString::new(function).unwrap_or_default();
        // SAFETY: a C string that lives for the call.
        match unsafe { delay(name.as_ptr(), microseconds) } {
            0 => Ok(()),
            _ => Err(UnknownFunction(function.to_owned())),
        }
    }

    /// Lets the buffers of both libraries and device memory have at most so many bytes together: what
    /// would be more fails as out of memory. `None` is no limit.
    pub fn limit_memory(&self, bytes: Option<NonZeroU64>) {
        type Memory = unsafe extern "C" fn(u64);
        // SAFETY: this is the function's type in nvmm_sim.h.
        let memory = unsafe { self.function::<Memory>("nvmm_sim_memory") };
        // SAFETY: takes a number.
        unsafe { memory(bytes.map_or(0, NonZeroU64::get)) };
    }

    /// Sets all totals to zero; numbers of what is alive stay.
    pub fn reset_counters(&self) {
        // SAFETY: this is the function's type in nvmm_sim.h.
        let reset = unsafe { self.function::<unsafe extern "C" fn()>("nvmm_sim_reset_counters") };
        // SAFETY: takes nothing.
        unsafe { reset() };
    }

    /// A function of the core.
    ///
    /// # Safety
    ///
    /// `T` is its type.
    unsafe fn function<T: Copy>(&self, name: &str) -> T {
        // SAFETY: by this function's contract.
        let symbol = unsafe { self.0.get::<T>(name) };
        *symbol.unwrap_or_else(|error| panic!("the core is of another version: {error}"))
    }
}

/// A name that is no function of a simulated library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFunction(String);

impl fmt::Display for UnknownFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the simulator has no function {:?}", self.0)
    }
}

impl std::error::Error for UnknownFunction {}

/// Why no call can be made to fail.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailError {
    /// There is no such function.
    UnknownFunction(UnknownFunction),
    /// The simulator has no room for more armed failures.
    TooMany,
}

impl From<UnknownFunction> for FailError {
    fn from(unknown: UnknownFunction) -> Self {
        Self::UnknownFunction(unknown)
    }
}

impl fmt::Display for FailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFunction(unknown) => unknown.fmt(f),
            Self::TooMany => f.write_str("the simulator has no room for more armed failures"),
        }
    }
}

impl std::error::Error for FailError {}
