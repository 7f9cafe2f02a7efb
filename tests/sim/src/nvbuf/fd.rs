//! File descriptors of buffers: whether they still are what they were, and how many there are.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;

use crate::rule::Rule;

/// Fds of a process on a Jetson. An fd is the lowest free number: this one comes after that many.
const MAX_FDS: c_int = 1024;

/// Which file an fd is; `None` if it is closed.
pub(crate) fn file_id(fd: c_int) -> Option<(u64, u64)> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: writes a `stat`, for which there is room.
    if fd < 0 || unsafe { libc::fstat(fd, stat.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: fstat succeeded and has written it.
    let stat = unsafe { stat.assume_init() };
    Some((stat.st_dev, stat.st_ino))
}

/// Says once that a new fd is one more than a process has on a Jetson.
pub(crate) fn check_number(fd: c_int) {
    static SAID: AtomicBool = AtomicBool::new(false);
    if fd >= MAX_FDS && !SAID.swap(true, SeqCst) {
        crate::log::violation(
            Rule::TooManyFds,
            format_args!("more than {MAX_FDS} file descriptors are open"),
        );
    }
}
