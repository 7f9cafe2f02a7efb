//! Who uses the pixels of one buffer: shared by every handle of this process that reaches it.

#![forbid(unsafe_code)]

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
    /// Somebody reads one of them.
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

    /// Claims planes, all or none; with slices, for a buffer that nobody else can reach.
    pub(crate) fn claim(
        &self,
        planes: Range<usize>,
        access: Access,
        gives_slices: bool,
    ) -> Result<Claim<'_>, Refused> {
        let slices = if gives_slices { SLICE } else { 0 };
        let weight = slices + weight(planes.clone(), access);
        let taken = self.state.fetch_update(Acquire, Relaxed, |state| {
            let room = refused(state, planes.clone(), access, gives_slices);
            room.is_none().then_some(state + weight)
        });
        match taken {
            Ok(_) => Ok(Claim {
                claims: self,
                weight,
                planes,
                access,
            }),
            Err(state) => {
                Err(refused(state, planes, access, gives_slices).unwrap_or(Refused::Written))
            }
        }
    }

    /// Ends what [`Claim::hold`] has left, which is of these planes and for this access.
    pub(super) fn release(&self, planes: Range<usize>, access: Access) {
        self.state.fetch_sub(weight(planes, access), Release);
    }

    pub(crate) fn share(&self) {
        self.state.fetch_or(SHARED, Relaxed);
    }

    /// Whether there are mappings that give slices.
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

/// What a claim without slices adds to the state.
fn weight(planes: Range<usize>, access: Access) -> u64 {
    let one = match access {
        Access::Read => 1,
        Access::Write => WRITER,
    };
    planes.map(|plane| one << (plane * PLANE_BITS)).sum()
}

/// What is in the way of a claim.
fn refused(
    state: u64,
    planes: Range<usize>,
    access: Access,
    gives_slices: bool,
) -> Option<Refused> {
    if gives_slices && state & SHARED != 0 {
        return Some(Refused::Shared);
    }
    if gives_slices && state >= SLICES {
        return Some(Refused::Exporting);
    }
    for plane in planes {
        let users = state >> (plane * PLANE_BITS) & WRITER;
        let is_free = match access {
            // One more must not become the writer's number.
            Access::Read => users < WRITER - 1,
            Access::Write => users == 0,
        };
        if !is_free {
            return Some(match users {
                WRITER => Refused::Written,
                _ if access == Access::Read => Refused::Full,
                _ => Refused::Read,
            });
        }
    }
    None
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
    /// What it adds to the state.
    weight: u64,
    pub(super) planes: Range<usize>,
    pub(super) access: Access,
}

impl Claim<'_> {
    /// Lets it last until [`Claims::release`]: for work that outlives a borrow.
    pub(super) fn hold(self) {
        std::mem::forget(self);
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.claims.state.fetch_sub(self.weight, Release);
    }
}

#[cfg(test)]
mod tests {
    use super::Access::{Read, Write};
    use super::*;

    fn claims() -> Arc<Claims> {
        Arc::new(Claims::new(Key::Address(usize::MAX)))
    }

    #[test]
    fn readers_share_and_writers_are_alone_plane_by_plane() {
        let claims = claims();
        let first = claims.claim(0..2, Read, false).unwrap();
        let second = claims.claim(1..3, Read, false).unwrap();
        assert_eq!(claims.claim(0..1, Write, false).unwrap_err(), Refused::Read);
        let other = claims.claim(3..4, Write, false).unwrap();
        assert_eq!(
            claims.claim(2..4, Read, false).unwrap_err(),
            Refused::Written
        );
        drop(second);
        // The failed claim left nothing in plane 2.
        drop(claims.claim(2..3, Write, false).unwrap());
        drop((first, other));
        drop(claims.claim(0..4, Write, false).unwrap());
        assert_eq!(claims.state.load(Relaxed), 0);
    }

    #[test]
    fn exports_and_slices_exclude_each_other() {
        let claims = claims();
        let slice = claims.claim(0..4, Write, true).unwrap();
        assert!(claims.has_slices() && !claims.begin_export());
        drop(slice);
        assert!(claims.begin_export());
        assert_eq!(
            claims.claim(0..1, Read, true).unwrap_err(),
            Refused::Exporting
        );
        claims.end_export();
        drop(claims.claim(0..1, Read, true).unwrap());
        claims.share();
        assert_eq!(claims.claim(0..1, Read, true).unwrap_err(), Refused::Shared);
        assert!(!claims.has_slices());
        drop(claims.claim(0..4, Write, false).expect("all given back"));
    }

    #[test]
    fn what_is_held_ends_when_it_is_released() {
        let claims = claims();
        claims.claim(0..2, Write, false).unwrap().hold();
        claims.claim(2..4, Read, false).unwrap().hold();
        assert_eq!(
            claims.claim(1..2, Read, false).unwrap_err(),
            Refused::Written
        );
        assert_eq!(claims.claim(2..3, Write, false).unwrap_err(), Refused::Read);
        drop(claims.claim(2..4, Read, false).unwrap());
        claims.release(0..2, Write);
        claims.release(2..4, Read);
        assert_eq!(claims.state.load(Relaxed), 0);
    }

    #[test]
    fn guards_that_were_forgotten_do_not_overflow() {
        let claims = claims();
        for _ in 1..WRITER {
            std::mem::forget(claims.claim(0..1, Read, false).unwrap());
        }
        assert_eq!(claims.claim(0..1, Read, false).unwrap_err(), Refused::Full);
        // The neighbour is not touched.
        drop(claims.claim(1..2, Write, false).unwrap());
        let claims = self::claims();
        let mut refused = None;
        for _ in 0..8192 {
            match claims.claim(0..0, Read, true) {
                Ok(claim) => std::mem::forget(claim),
                Err(why) => refused = Some(why),
            }
        }
        assert_eq!(refused, Some(Refused::Exporting));
        assert!(claims.state.load(Relaxed) < EXPORT);
    }
}
