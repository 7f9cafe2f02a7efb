//! Who uses the pixels of one buffer: shared by every handle of this process that reaches it.

#![forbid(unsafe_code)]

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::Access;
use super::registry::{self, Key};

/// Each plane has so many bits: a number of readers, or all of them for a writer.
const PLANE_BITS: usize = 10;
const WRITER: u64 = (1 << PLANE_BITS) - 1;
/// One mapping that gives slices.
const SLICE: u64 = 1 << 40;
/// One export under way.
const EXPORT: u64 = 1 << 52;
/// The bits that count slices.
const SLICES: u64 = EXPORT - SLICE;
/// Others may reach the pixels. Never taken back.
const SHARED: u64 = 1 << 63;

const _: () = assert!(1 << (PLANE_BITS * crate::MAX_PLANES) == SLICE);

/// The map table of one buffer: who reads and writes its planes, and whether others reach it.
///
/// It is one word, claimed before the library is called and given back after, and needs no lock. Guards
/// that were forgotten fill it up to where claims are refused.
///
/// # Invariants
///
/// While `SHARED` is set there are no slices, but for those that lived when
/// [`Surface::as_ptr`](crate::Surface::as_ptr) was called: they are in its callers' care. While an
/// export is under way none begin.
#[derive(Debug)]
pub(crate) struct Claims {
    state: AtomicU64,
    key: Key,
}

/// Why planes cannot be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Somebody reads one of them, or too many do.
    Read,
    /// Somebody writes one of them.
    Written,
    /// There are no slices of what others may reach.
    Shared,
    /// It is being exported by another thread, or more guards were forgotten than can be counted.
    Exporting,
}

impl Claims {
    /// Those of a buffer that is new: nobody else can have it yet.
    pub(crate) fn of_new(key: Key) -> Arc<Self> {
        registry::replace(key, || Self::new(key))
    }

    /// Those of a buffer that other handles of this process may have; it is shared from here on.
    pub(crate) fn of_foreign(key: Key) -> Arc<Self> {
        let claims = registry::find_or_insert(key, || Self::new(key));
        claims.share();
        claims
    }

    pub(super) fn new(key: Key) -> Self {
        Self {
            state: AtomicU64::new(0),
            key,
        }
    }

    /// Claims planes, all or none.
    #[inline]
    pub(super) fn claim(&self, usage: Usage) -> Result<Claim<'_>, Refused> {
        let taken = self.state.fetch_update(Acquire, Relaxed, |state| {
            usage.refused(state).is_none().then(|| state + usage.0)
        });
        match taken {
            Ok(_) => Ok(Claim {
                claims: self,
                usage,
            }),
            Err(state) => Err(usage.refused(state).unwrap_or(Refused::Written)),
        }
    }

    /// Ends what [`Claim::hold`] has left.
    #[inline]
    pub(super) fn release(&self, usage: Usage) {
        self.state.fetch_sub(usage.0, Release);
    }

    pub(crate) fn share(&self) {
        self.state.fetch_or(SHARED, Relaxed);
    }

    /// Whether there are mappings that give slices.
    #[inline]
    pub(crate) fn has_slices(&self) -> bool {
        self.state.load(Acquire) & SLICES != 0
    }

    /// Keeps slices from being made until [`end_export`](Self::end_export); `false` while there are.
    pub(crate) fn begin_export(&self) -> bool {
        let begun = self.state.fetch_update(Acquire, Relaxed, |state| {
            // Lock guards, which are not forgotten and whose threads are far fewer than 2047.
            (state & SLICES == 0).then(|| state + EXPORT)
        });
        begun.is_ok()
    }

    pub(crate) fn end_export(&self) {
        self.state.fetch_sub(EXPORT, Release);
    }
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
    fn refused(self, state: u64) -> Option<Refused> {
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

impl Drop for Claims {
    fn drop(&mut self) {
        registry::forget(self.key, self);
    }
}

/// Planes of a buffer that somebody uses, until drop.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    claims: &'a Claims,
    usage: Usage,
}

impl Claim<'_> {
    /// Lets it last until [`Claims::release`]: for work that outlives a borrow.
    #[inline]
    pub(super) fn hold(self) {
        std::mem::forget(self);
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.claims.release(self.usage);
    }
}

#[cfg(test)]
mod tests {
    use super::Access::{Read, Write};
    use super::*;

    fn claims() -> Arc<Claims> {
        Arc::new(Claims::new(Key::Address(usize::MAX)))
    }

    fn slices(planes: Range<usize>, access: Access) -> Usage {
        Usage::new(planes, access).with_slices()
    }

    #[test]
    fn readers_share_and_writers_are_alone_plane_by_plane() {
        let claims = claims();
        let first = claims.claim(Usage::new(0..2, Read)).unwrap();
        let second = claims.claim(Usage::new(1..3, Read)).unwrap();
        assert_eq!(
            claims.claim(Usage::new(0..1, Write)).unwrap_err(),
            Refused::Read
        );
        let other = claims.claim(Usage::new(3..4, Write)).unwrap();
        assert_eq!(
            claims.claim(Usage::new(2..4, Read)).unwrap_err(),
            Refused::Written
        );
        drop(second);
        // The failed claim left nothing in plane 2.
        drop(claims.claim(Usage::new(2..3, Write)).unwrap());
        drop((first, other));
        drop(claims.claim(Usage::new(0..4, Write)).unwrap());
        assert_eq!(claims.state.load(Relaxed), 0);
    }

    #[test]
    fn exports_and_slices_exclude_each_other() {
        let claims = claims();
        let slice = claims.claim(slices(0..4, Write)).unwrap();
        assert!(claims.has_slices() && !claims.begin_export());
        drop(slice);
        assert!(claims.begin_export());
        assert_eq!(
            claims.claim(slices(0..1, Read)).unwrap_err(),
            Refused::Exporting
        );
        claims.end_export();
        drop(claims.claim(slices(0..1, Read)).unwrap());
        claims.share();
        assert_eq!(
            claims.claim(slices(0..1, Read)).unwrap_err(),
            Refused::Shared
        );
        assert!(!claims.has_slices());
        drop(
            claims
                .claim(Usage::new(0..4, Write))
                .expect("all given back"),
        );
    }

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

    #[test]
    fn what_is_held_ends_when_it_is_released() {
        let claims = claims();
        claims.claim(Usage::new(0..2, Write)).unwrap().hold();
        claims.claim(Usage::new(2..4, Read)).unwrap().hold();
        assert_eq!(
            claims.claim(Usage::new(1..2, Read)).unwrap_err(),
            Refused::Written
        );
        assert_eq!(
            claims.claim(Usage::new(2..3, Write)).unwrap_err(),
            Refused::Read
        );
        drop(claims.claim(Usage::new(2..4, Read)).unwrap());
        claims.release(Usage::new(0..2, Write));
        claims.release(Usage::new(2..4, Read));
        assert_eq!(claims.state.load(Relaxed), 0);
    }

    #[test]
    fn guards_that_were_forgotten_do_not_overflow() {
        let claims = claims();
        for _ in 1..WRITER {
            std::mem::forget(claims.claim(Usage::new(0..1, Read)).unwrap());
        }
        assert_eq!(
            claims.claim(Usage::new(0..1, Read)).unwrap_err(),
            Refused::Read
        );
        // The neighbour is not touched.
        drop(claims.claim(Usage::new(1..2, Write)).unwrap());
        let claims = self::claims();
        let mut refused = None;
        for _ in 0..8192 {
            match claims.claim(slices(0..0, Read)) {
                Ok(claim) => std::mem::forget(claim),
                Err(why) => refused = Some(why),
            }
        }
        assert_eq!(refused, Some(Refused::Exporting));
        assert!(claims.state.load(Relaxed) < EXPORT);
    }
}
