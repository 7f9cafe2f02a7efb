//! The simulator's own counters, where this process runs on it.

use std::ffi::{CStr, c_char};

use libloading::os::unix::{Library, RTLD_NOW};
use serde_json::Value;

/// `RTLD_NOLOAD` of Linux: find the library only if it is loaded already.
const RTLD_NOLOAD: i32 = 4;

/// The report, or `None` on real hardware.
pub(crate) fn read() -> Option<Value> {
    // SAFETY: nothing is loaded, so nothing runs.
    let sim = unsafe { Library::open(Some("libnvmm_sim.so"), RTLD_NOW | RTLD_NOLOAD) }.ok()?;
    type Report = unsafe extern "C" fn(*mut c_char, usize) -> usize;
    // SAFETY: this is the function's type in nvmm_sim.h.
    let report = unsafe { sim.get::<Report>("nvmm_sim_report") }.ok()?;
    // SAFETY: a size of 0 asks for the length and writes nothing.
    let length = unsafe { report(std::ptr::null_mut(), 0) };
    // Counters may grow by some digits between the two calls.
    let mut text = vec![0_u8; length + 256];
    // SAFETY: the buffer has that many bytes.
    unsafe { report(text.as_mut_ptr().cast(), text.len()) };
    let text = CStr::from_bytes_until_nul(&text).ok()?;
    serde_json::from_slice(text.to_bytes()).ok()
}

/// Bytes of surfaces that the CPU could reach on any thread but the named ones. Pages are
/// inaccessible unless mapped, so what was not mapped was not copied.
pub(crate) fn bytes_between(report: &Value, copying_threads: &[&str]) -> u64 {
    let threads = report["threads"].as_object();
    threads
        .into_iter()
        .flatten()
        .filter(|(name, _)| !copying_threads.contains(&name.as_str()))
        .filter_map(|(_, counts)| counts["cpu_bytes_mapped"].as_u64())
        .sum()
}
