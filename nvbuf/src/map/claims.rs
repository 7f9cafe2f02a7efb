//! Who uses the pixels of one buffer: shared by every handle of this process that reaches it.

#![forbid(unsafe_code)]

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::Access;
use super::registry::{self, Key};
use crate::params::MAX_PLANES;

/// A plane that is claimed for writing; smaller numbers count readers.
const WRITER: u32 = u32::MAX;
/// Others may reach the pixels. Never taken back.
const SHARED: u64 = 1 << 63;
/// One export under way.
const EXPORT: u64 = 1 << 32;
/// The bits that count mappings that give slices.
const SLICES: u64 = EXPORT - 1;

/// The map table of one buffer: who reads and writes its planes, and whether others reach it.
///
/// It is claimed before the library is called and given back after, so it needs no lock.
///
/// # Invariants
///
/// While `SHARED` is set there are no slices, but for those that lived when
/// [`Surface::as_ptr`](crate::Surface::as_ptr) was called: they are in its callers' care. While an
/// export is under way none begin.
#[derive(Debug)]
pub(crate) struct Claims {
    planes: [AtomicU32; MAX_PLANES],
    /// `SHARED`, exports under way and slices.
    exposure: AtomicU64,
    key: Key,
}

/// Why a mapping cannot give slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoSlices {
    Shared,
    /// It is being exported by another thread, or more guards were forgotten than can be counted.
    Busy,
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
            planes: Default::default(),
            exposure: AtomicU64::new(0),
            key,
        }
    }

    /// Claims planes, all or none; `None` if somebody has one of them in a way that excludes it.
    pub(crate) fn claim(&self, planes: Range<usize>, access: Access) -> Option<Claim<'_>> {
        for plane in planes.clone() {
            let taken = self.planes[plane].fetch_update(Acquire, Relaxed, |users| match access {
                // One below the writer's number: guards that were forgotten do not become one.
                Access::Read => (users < WRITER - 1).then(|| users + 1),
                Access::Write => (users == 0).then_some(WRITER),
            });
            if taken.is_err() {
                self.give_back(planes.start..plane, access);
                return None;
            }
        }
        Some(Claim {
            claims: self,
            planes,
            access,
            gives_slices: false,
        })
    }

    fn give_back(&self, planes: Range<usize>, access: Access) {
        for users in &self.planes[planes] {
            match access {
                Access::Read => {
                    users.fetch_sub(1, Release);
                }
                Access::Write => users.store(0, Release),
            }
        }
    }

    pub(crate) fn share(&self) {
        self.exposure.fetch_or(SHARED, Relaxed);
    }

    /// How many mappings give slices.
    pub(crate) fn num_slices(&self) -> u64 {
        self.exposure.load(Acquire) & SLICES
    }

    /// Keeps slices from being made until [`end_export`](Self::end_export); `false` while there are.
    pub(crate) fn begin_export(&self) -> bool {
        let begun = self.exposure.fetch_update(Acquire, Relaxed, |state| {
            (state & SLICES == 0).then(|| state + EXPORT)
        });
        begun.is_ok()
    }

    pub(crate) fn end_export(&self) {
        self.exposure.fetch_sub(EXPORT, Release);
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
    pub(super) planes: Range<usize>,
    pub(super) access: Access,
    gives_slices: bool,
}

impl Claim<'_> {
    /// Makes it one that gives slices: for a buffer that nobody else can reach.
    pub(super) fn with_slices(mut self) -> Result<Self, NoSlices> {
        let counted = self
            .claims
            .exposure
            .fetch_update(Acquire, Relaxed, |state| {
                (state < SLICES).then(|| state + 1)
            });
        match counted {
            Ok(_) => {
                self.gives_slices = true;
                Ok(self)
            }
            Err(state) if state & SHARED != 0 => Err(NoSlices::Shared),
            Err(_) => Err(NoSlices::Busy),
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if self.gives_slices {
            self.claims.exposure.fetch_sub(1, Release);
        }
        self.claims.give_back(self.planes.clone(), self.access);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Arc<Claims> {
        Arc::new(Claims::new(Key::Address(usize::MAX)))
    }

    #[test]
    fn readers_share_and_writers_are_alone_plane_by_plane() {
        let claims = claims();
        let first = claims.claim(0..2, Access::Read).unwrap();
        let second = claims.claim(1..3, Access::Read).unwrap();
        assert!(claims.claim(0..1, Access::Write).is_none());
        let other = claims.claim(3..4, Access::Write).unwrap();
        assert!(claims.claim(2..4, Access::Read).is_none(), "3 is written");
        drop(second);
        // The failed claim left nothing in plane 2.
        drop(claims.claim(2..3, Access::Write).unwrap());
        drop((first, other));
        drop(claims.claim(0..4, Access::Write).unwrap());
    }

    #[test]
    fn exports_and_slices_exclude_each_other() {
        let claims = claims();
        let read = || claims.claim(0..1, Access::Read).unwrap();
        let slice = read().with_slices().unwrap();
        assert_eq!(claims.num_slices(), 1);
        assert!(!claims.begin_export());
        drop(slice);
        assert!(claims.begin_export());
        assert_eq!(read().with_slices().unwrap_err(), NoSlices::Busy);
        claims.end_export();
        drop(read().with_slices().unwrap());
        claims.share();
        assert_eq!(read().with_slices().unwrap_err(), NoSlices::Shared);
        assert_eq!(claims.num_slices(), 0);
        drop(claims.claim(0..4, Access::Write).expect("all given back"));
    }

    #[test]
    fn guards_that_were_forgotten_do_not_overflow() {
        let claims = claims();
        claims.planes[0].store(WRITER - 1, Relaxed);
        assert!(claims.claim(0..1, Access::Read).is_none());
        claims.exposure.store(SLICES, Relaxed);
        let claim = claims.claim(1..2, Access::Read).unwrap();
        assert_eq!(claim.with_slices().unwrap_err(), NoSlices::Busy);
    }
}
