//! What one user of a buffer adds to its map table.

#![forbid(unsafe_code)]

use std::fmt;
use std::ops::Range;

use super::Access;

/// Each plane has so many bits: a number of readers, or all of them for a writer.
const PLANE_BITS: usize = 10;
pub(super) const WRITER: u64 = (1 << PLANE_BITS) - 1;
/// One mapping that gives slices.
const SLICE: u64 = 1 << 40;
/// One export under way.
pub(super) const EXPORT: u64 = 1 << 52;
/// The bits that count slices.
pub(super) const SLICES: u64 = EXPORT - SLICE;
/// Others may reach the pixels. Never taken back.
pub(super) const SHARED: u64 = 1 << 63;

const _: () = assert!(1 << (PLANE_BITS * crate::MAX_PLANES) == SLICE);

/// Why planes cannot be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Somebody reads one of them, or too many do.
    Read,
    /// As many read one of them as can be counted.
    Full,
    /// Somebody writes one of them.
    Written,
    /// There are no slices of what others may reach.
    Shared,
    /// It is being exported by another thread, or more guards were forgotten than can be counted.
    Exporting,
}

/// Which planes are used, and how: what it adds to the state of the table. One word, since every
/// guard has one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage(u64);

impl Usage {
    /// Of planes that a buffer has, without slices.
    #[inline]
    pub(super) fn new(planes: Range<usize>, access: Access) -> Self {
        let one = match access {
            Access::Read => 1,
            Access::Write => WRITER,
        };
        Self(planes.fold(0, |sum, plane| sum | one << (plane * PLANE_BITS)))
    }

    /// The same with slices: for a buffer that nobody else can reach.
    #[inline]
    pub(super) fn with_slices(self) -> Self {
        Self(self.0 | SLICE)
    }

    #[inline]
    pub(super) fn gives_slices(self) -> bool {
        self.0 & SLICE != 0
    }

    /// What it adds to the state.
    #[inline]
    pub(super) fn weight(self) -> u64 {
        self.0
    }

    #[inline]
    pub(super) fn planes(self) -> Range<usize> {
        let planes = self.0 & (SLICE - 1);
        let bits = (u64::BITS - planes.leading_zeros()) as usize;
        planes.trailing_zeros() as usize / PLANE_BITS..bits.div_ceil(PLANE_BITS)
    }

    #[inline]
    pub(super) fn access(self) -> Access {
        let planes = self.0 & (SLICE - 1);
        match planes & planes >> 1 {
            0 => Access::Read,
            // A writer has more than the lowest bit of a plane.
            _ => Access::Write,
        }
    }

    /// What is in the way of it.
    #[inline]
    pub(super) fn refused(self, state: u64) -> Option<Refused> {
        if self.gives_slices() && state & SHARED != 0 {
            return Some(Refused::Shared);
        }
        if self.gives_slices() && state >= SLICES {
            return Some(Refused::Exporting);
        }
        for plane in self.planes() {
            let users = state >> (plane * PLANE_BITS) & WRITER;
            let is_free = match self.access() {
                // One more must not become the writer's number.
                Access::Read => users < WRITER - 1,
                Access::Write => users == 0,
            };
            if !is_free {
                return Some(match users {
                    WRITER => Refused::Written,
                    _ if self.access() == Access::Read => Refused::Full,
                    _ => Refused::Read,
                });
            }
        }
        None
    }
}

impl fmt::Debug for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Usage")
            .field("planes", &self.planes())
            .field("access", &self.access())
            .field("gives_slices", &self.gives_slices())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Access::{Read, Write};
    use super::*;

    #[test]
    fn a_usage_tells_what_it_is_of() {
        for (first, end) in [(0, 1), (0, 4), (1, 2), (1, 3), (2, 4), (3, 4)] {
            for access in [Read, Write] {
                let usage = Usage::new(first..end, access);
                for (usage, gives_slices) in [(usage, false), (usage.with_slices(), true)] {
                    assert_eq!(usage.planes(), first..end);
                    assert_eq!(usage.access(), access);
                    assert_eq!(usage.gives_slices(), gives_slices);
                }
            }
        }
    }
}
