//! The memory that the program's buffers and device allocations may have together.

#![forbid(unsafe_code)]

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use crate::stats::COUNTERS;

/// Bytes that may be alive at a time.
static LIMIT: AtomicU64 = AtomicU64::new(u64::MAX);

/// Sets the limit; 0 is none. What is alive stays.
pub(crate) fn limit(bytes: u64) {
    LIMIT.store(if bytes == 0 { u64::MAX } else { bytes }, SeqCst);
}

/// The limit, and how much of it is left.
pub(crate) fn limit_and_rest() -> (u64, u64) {
    let limit = LIMIT.load(SeqCst);
    (
        limit,
        limit.saturating_sub(COUNTERS.bytes_alive.load(SeqCst)),
    )
}

/// Bytes that are counted as alive until they are given back, at the latest on drop.
#[derive(Debug)]
pub(crate) struct Room(AtomicU64);

impl Room {
    /// For memory that somebody else has counted.
    pub(crate) fn none() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Takes so many bytes, all or none.
    pub(crate) fn take(bytes: u64) -> io::Result<Self> {
        let limit = LIMIT.load(SeqCst);
        let taken = COUNTERS.bytes_alive.fetch_update(SeqCst, SeqCst, |alive| {
            alive.checked_add(bytes).filter(|sum| *sum <= limit)
        });
        match taken {
            Ok(before) => {
                COUNTERS.bytes_peak.fetch_max(before + bytes, SeqCst);
                Ok(Self(AtomicU64::new(bytes)))
            }
            Err(alive) => {
                crate::log::line(format_args!(
                    "out of memory: {bytes} bytes more than the {alive} in use, of {limit}"
                ));
                Err(io::ErrorKind::OutOfMemory.into())
            }
        }
    }

    /// A part of it, at most all that is left.
    pub(crate) fn split(&self, bytes: u64) -> Self {
        let before = self
            .0
            .fetch_update(SeqCst, SeqCst, |left| Some(left.saturating_sub(bytes)))
            .unwrap_or(0);
        Self(AtomicU64::new(before.min(bytes)))
    }

    /// Makes room for others; more than once does nothing.
    pub(crate) fn give_back(&self) {
        COUNTERS
            .bytes_alive
            .fetch_sub(self.0.swap(0, SeqCst), SeqCst);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_and_come_back_once() {
        let alive = || COUNTERS.bytes_alive.load(SeqCst);
        let before = alive();
        let all = Room::take(100).unwrap();
        let (first, rest) = (all.split(60), all.split(60));
        assert_eq!(alive(), before + 100);
        first.give_back();
        first.give_back();
        assert_eq!(alive(), before + 40);
        drop((first, rest));
        assert_eq!(alive(), before);
    }
}
