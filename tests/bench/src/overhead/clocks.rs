//! What time and heap a thread or the process has used.

use std::time::Duration;

use gst::glib;

unsafe extern "C" {
    /// Of ../pipelines/malloc_count.c, which stands in for the C library's malloc in this program.
    fn malloc_count_allocations() -> u64;
}

/// Allocations of the whole process so far.
pub(crate) fn allocations() -> u64 {
    // SAFETY: nothing is asked for.
    unsafe { malloc_count_allocations() }
}

/// That a shared library's allocation is seen.
pub(crate) fn check() -> Result<(), String> {
    let before = allocations();
    // SAFETY: a C string that lives for ever.
    let copy = unsafe { glib::ffi::g_strdup(c"a copy".as_ptr()) };
    // SAFETY: allocated just now.
    unsafe { glib::ffi::g_free(copy.cast()) };
    match allocations() > before {
        true => Ok(()),
        false => Err("allocations of shared libraries are not counted".into()),
    }
}

/// CPU time of the calling thread.
pub(crate) fn of_thread() -> Duration {
    clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// CPU time of the process.
pub(crate) fn of_process() -> Duration {
    clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}

fn clock(id: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: a place for a time; these clocks are always there.
    unsafe { libc::clock_gettime(id, &raw mut time) };
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}
