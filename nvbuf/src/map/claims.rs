//! Who uses the pixels of one buffer: shared by every handle of this process that reaches it.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::registry::{self, Key};
use super::usage::{EXPORT, Refused, SHARED, SLICES, Usage};

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
            usage
                .refused(state)
                .is_none()
                .then(|| state + usage.weight())
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
        self.state.fetch_sub(usage.weight(), Release);
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
    use std::ops::Range;

    use super::super::Access::{self, Read, Write};
    use super::super::usage::WRITER;
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
            Refused::Full
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
