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

/// Buffers that are kept alive. The list is used again for other work.
#[derive(Debug, Default)]
pub(super) struct Kept(pub(super) Vec<(Arc<Surface>, u32)>);

impl Buffers for Kept {
    fn count(&self) -> u32 {
        self.0.len() as u32
    }

    fn at(&self, i: u32) -> (&Surface, u32) {
        kept_at(&self.0, i)
    }
}

fn kept_at(list: &[(Arc<Surface>, u32)], i: u32) -> (&Surface, u32) {
    let (surface, index) = &list[i as usize];
    (surface, *index)
}

impl Buffers for &[(Arc<Surface>, u32)] {
    fn count(&self) -> u32 {
        self.len() as u32
    }

    fn at(&self, i: u32) -> (&Surface, u32) {
        kept_at(self, i)
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

    fn end(&mut self) {
        for i in 0..std::mem::take(&mut self.taken) {
            let (surface, index) = self.buffers.at(i);
            surface.end_work(index, self.access);
        }
    }
}

impl Claims<Kept> {
    /// Ends them, lets go of the surfaces and gives the list back, empty.
    pub(super) fn recycle(&mut self) -> Kept {
        self.end();
        let mut list = std::mem::take(&mut self.buffers);
        list.0.clear();
        list
    }
}

impl<B: Buffers> Drop for Claims<B> {
    fn drop(&mut self) {
        self.end();
    }
}
