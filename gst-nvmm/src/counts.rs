#![forbid(unsafe_code)]
//! What elements did that costs: for the line that each logs when it stops.

use std::cell::Cell;
use std::fmt;
use std::ops::{AddAssign, Sub};

/// How often something was done that a zero-copy path does once per surface, or never.
///
/// An element takes the difference over its own work on a streaming thread, and adds it up:
///
/// ```
/// # fn work() {}
/// # let mut total = gst_nvmm::Counts::default();
/// let before = gst_nvmm::Counts::of_thread();
/// work();
/// total += gst_nvmm::Counts::of_thread() - before;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Surfaces registered with CUDA.
    pub registrations: u64,
    /// Pictures mapped for the CPU.
    pub maps: u64,
    /// Pictures copied, by an engine, by CUDA or by the CPU.
    pub copies: u64,
    /// Times that the CPU waited for work of the GPU.
    pub synchronizations: u64,
}

thread_local! {
    static COUNTS: Cell<Counts> = const { Cell::new(Counts {
        registrations: 0,
        maps: 0,
        copies: 0,
        synchronizations: 0,
    }) };
}

impl Counts {
    /// All that the calling thread has done so far, in this copy of the crate.
    pub fn of_thread() -> Self {
        COUNTS.get()
    }

    /// Notes work of the calling thread that this crate does not see: an element's own copies.
    pub fn note(change: impl FnOnce(&mut Self)) {
        let mut counts = COUNTS.get();
        change(&mut counts);
        COUNTS.set(counts);
    }
}

impl Sub for Counts {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            registrations: self.registrations.wrapping_sub(before.registrations),
            maps: self.maps.wrapping_sub(before.maps),
            copies: self.copies.wrapping_sub(before.copies),
            synchronizations: self.synchronizations.wrapping_sub(before.synchronizations),
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.registrations = self.registrations.wrapping_add(more.registrations);
        self.maps = self.maps.wrapping_add(more.maps);
        self.copies = self.copies.wrapping_add(more.copies);
        self.synchronizations = self.synchronizations.wrapping_add(more.synchronizations);
    }
}

/// As in the line that elements log: `3 registrations, 0 maps, 0 copies, 1 synchronizations`.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} registrations, {} maps, {} copies, {} synchronizations",
            self.registrations, self.maps, self.copies, self.synchronizations
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_what_was_done_on_this_thread() {
        let before = Counts::of_thread();
        Counts::note(|counts| counts.copies += 2);
        let other = std::thread::spawn(|| Counts::note(|counts| counts.maps += 1));
        other.join().expect("the thread ends");
        let mut total = Counts::default();
        total += Counts::of_thread() - before;
        total += Counts::of_thread() - before;
        assert_eq!(
            total.to_string(),
            "0 registrations, 0 maps, 4 copies, 0 synchronizations"
        );
    }
}
