//! Fences that come as files, from whoever else works on a buffer.

use std::ffi::c_int;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use crate::functions::Function;
use crate::nvbuf::{Refused, refuse};

/// The files that a fence can be: the kernel's own, and what stands for one here.
const FILES: [&str; 2] = ["anon_inode:sync_file", "anon_inode:[eventfd]"];

/// A fence: signalled when its file can be read.
#[derive(Debug)]
pub(crate) struct Fence(OwnedFd);

impl Fence {
    /// The fence of a file, which stays the caller's: it is duplicated.
    pub(crate) fn of_file(function: Function, fd: c_int) -> Result<Self, Refused> {
        let name = std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap_or_default();
        if !FILES.contains(&name.to_string_lossy().as_ref()) {
            refuse!(function, "fd {fd} is closed, or no fence: {name:?}");
        }
        // SAFETY: open a moment ago, hence not -1; should another thread have closed it since, the
        // copy fails.
        let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
        match borrowed.try_clone_to_owned() {
            Ok(own) => Ok(Self(own)),
            Err(error) => {
                crate::log::line(format_args!("{function:?}: fd {fd}: {error}"));
                Err(Refused)
            }
        }
    }

    /// Waits for it, at most so long; whether it is signalled.
    pub(crate) fn wait(&self, limit: Option<Duration>) -> bool {
        let end = limit.and_then(|limit| Instant::now().checked_add(limit));
        loop {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            // Rounded up: a wait is never too short.
            let milliseconds = left.map_or(-1, |left| {
                c_int::try_from(left.as_micros().div_ceil(1000)).unwrap_or(c_int::MAX)
            });
            let mut poll = libc::pollfd {
                fd: self.0.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            };
            // SAFETY: one struct, valid for the call.
            if unsafe { libc::poll(&mut poll, 1, milliseconds) } > 0 {
                return true;
            }
            // Time is up, or a signal came, or the time does not fit: only the first ends it.
            if left.is_some_and(|left| left.is_zero()) {
                return false;
            }
        }
    }
}
