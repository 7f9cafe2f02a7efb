//! Which buffers engines use: while one does, the CPU is kept out as the use demands, and the other way
//! round.

#![forbid(unsafe_code)]

use std::sync::Arc;

use crate::error::Result;
use crate::map::Access;
use crate::surface::Surface;

/// Buffers in an order.
pub(super) trait Buffers {
    fn count(&self) -> u32;

    /// Surface and index of one. Indices below `count` are buffers of the surface once
    /// [`check::list`](super::check::list) has passed.
    fn at(&self, i: u32) -> (&Surface, u32);
}

/// Every buffer of a surface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch<'a>(pub(super) &'a Surface);

impl Buffers for Batch<'_> {
    fn count(&self) -> u32 {
        self.0.batch_size()
    }

    fn at(&self, i: u32) -> (&Surface, u32) {
        (self.0, i)
    }
}

impl Buffers for &[(&Surface, u32)] {
    fn count(&self) -> u32 {
        self.len() as u32
    }

    fn at(&self, i: u32) -> (&Surface, u32) {
        self[i as usize]
    }
}

/// Buffers that are kept alive.
pub(super) type Kept = Vec<(Arc<Surface>, u32)>;

impl Buffers for Kept {
    fn count(&self) -> u32 {
        self.len() as u32
    }

    fn at(&self, i: u32) -> (&Surface, u32) {
        let (surface, index) = &self[i as usize];
        (surface, *index)
    }
}

/// Buffers that an engine uses, until this is dropped.
#[derive(Debug)]
pub(super) struct Claims<B: Buffers> {
    buffers: B,
    access: Access,
    /// The first ones, which are in use.
    taken: u32,
}

impl<B: Buffers> Claims<B> {
    /// Claims all of them or none.
    pub(super) fn take(call: &'static str, buffers: B, access: Access) -> Result<Self> {
        let mut claims = Self {
            buffers,
            access,
            taken: 0,
        };
        for i in 0..claims.buffers.count() {
            let (surface, index) = claims.buffers.at(i);
            surface.begin_work(call, index, access)?;
            claims.taken += 1;
        }
        Ok(claims)
    }

    pub(super) fn buffers(&self) -> &B {
        &self.buffers
    }
}

impl<B: Buffers> Drop for Claims<B> {
    fn drop(&mut self) {
        for i in 0..self.taken {
            let (surface, index) = self.buffers.at(i);
            surface.end_work(index, self.access);
        }
    }
}
