//! The control functions: what `include/nvmm_sim.h` declares, and all that the core exports.

use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;

use crate::report::{Bounded, text};
use crate::{budget, fault, functions, release, report, stats};

/// The release that is simulated, as `NVMM_SIM_RELEASE` names it, else that of the shim that asks
/// first; ends the process if that is none.
///
/// # Safety
///
/// `shim` is a C string.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmm_sim_release(shim: *const c_char) -> *const c_char {
    // Names have a few letters; the last is always zero.
    static NAME: OnceLock<[u8; 16]> = OnceLock::new();
    // SAFETY: by this function's contract.
    let shim = unsafe { text(shim) };
    let name = NAME.get_or_init(|| {
        let mut name = [0; 16];
        let text = shim
            .map_or_else(release::current, release::or)
            .name
            .as_bytes();
        let len = text.len().min(15);
        name[..len].copy_from_slice(&text[..len]);
        name
    });
    name.as_ptr().cast()
}

/// The address of a function of a simulated library, or null; for the shims.
///
/// # Safety
///
/// Both arguments are C strings.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmm_sim_resolve(
    library: *const c_char,
    name: *const c_char,
) -> *const c_void {
    report::arrange();
    // SAFETY: a C string by this function's contract.
    let library = unsafe { text(library) };
    // SAFETY: a C string by this function's contract.
    let name = unsafe { text(name) };
    library
        .zip(name)
        .and_then(|(l, n)| functions::resolve(l, n))
        .unwrap_or(std::ptr::null())
}

/// Writes the report as JSON with a final zero, cut at `size`; gives the size that it needs.
///
/// # Safety
///
/// `buffer` is null, or points to `size` writable bytes.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmm_sim_report(buffer: *mut c_char, size: usize) -> usize {
    let room: &mut [u8] = if buffer.is_null() || size == 0 {
        &mut []
    } else {
        // SAFETY: `size` writable bytes by this function's contract.
        unsafe { std::slice::from_raw_parts_mut(buffer.cast(), size) }
    };
    let mut out = Bounded {
        buffer: room,
        needed: 0,
    };
    // `Bounded` never fails.
    let _ = report::write(&mut out);
    let end = out.needed.min(out.buffer.len().saturating_sub(1));
    if let Some(last) = out.buffer.get_mut(end) {
        *last = 0;
    }
    out.needed + 1
}

/// A counter of the report, the calls of a function, or how often a rule was broken; `UINT64_MAX`
/// for an unknown name.
///
/// # Safety
///
/// `name` is a C string.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmm_sim_counter(name: *const c_char) -> u64 {
    // SAFETY: a C string by this function's contract.
    unsafe { text(name) }
        .and_then(stats::by_name)
        .unwrap_or(u64::MAX)
}

/// Makes call `number` from now (1 = the next, `UINT64_MAX` = every one) of a function fail with
/// `error`, beside the failures that are armed; 0 disarms all of the function. -1 for an unknown
/// function, -2 if too many are armed.
///
/// # Safety
///
/// `function` is a C string.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmm_sim_fail(
    function: *const c_char,
    number: u64,
    error: c_int,
) -> c_int {
    // SAFETY: a C string by this function's contract.
    let function = unsafe { text(function) };
    match function.map(|name| fault::arm(name, number, error)) {
        Some(Ok(())) => 0,
        None | Some(Err(fault::Refusal::Unknown)) => -1,
        Some(Err(fault::Refusal::Full)) => -2,
    }
}

/// Makes every call of a function take `microseconds` more; 0 takes it back. -1 for an unknown
/// function.
///
/// # Safety
///
/// `function` is a C string.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn nvmm_sim_delay(
    function: *const c_char,
    microseconds: u64,
) -> c_int {
    // SAFETY: a C string by this function's contract.
    let function = unsafe { text(function) };
    if function.is_some_and(|name| fault::delay(name, microseconds)) {
        0
    } else {
        -1
    }
}

/// Lets the buffers of both libraries and the device's allocations have at most so many bytes
/// together; 0 and `UINT64_MAX` are no limit.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn nvmm_sim_memory(bytes: u64) {
    budget::limit(bytes);
}

/// Sets totals, calls and threads' numbers to zero; what is alive stays counted.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn nvmm_sim_reset_counters() {
    stats::reset();
}
