//! What a call that does not wait keeps until it is done.

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::arena::{Arena, bytes_for};
use super::claim::{Buffers, Claims, Kept};
use crate::error::Result;
use crate::map::Access;
use crate::surface::Surface;

/// What an engine uses until the call is done.
#[derive(Debug)]
pub(super) struct Work {
    sources: Claims<Kept>,
    target: Claims<Kept>,
    /// The call's structs: whether the library looks at them later is not said anywhere.
    arena: Arena,
}

/// Memory for one call. It is the process's: often one thread starts what another waits for.
#[derive(Debug, Default)]
struct Memory {
    sources: Kept,
    target: Kept,
    arena: Arena,
}

/// Calls under way at a time that find memory from before, and its size for each: that of batches of 64.
const KEPT: usize = 32;
const KEPT_BYTES: usize = bytes_for(64);

static IDLE: Mutex<Vec<Memory>> = Mutex::new(Vec::new());

fn idle() -> MutexGuard<'static, Vec<Memory>> {
    // A list is consistent at every step, so a panic elsewhere does not spoil it.
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Work {
    /// Claims the buffers, all or none, and has an empty arena for the call's structs.
    pub(super) fn new(
        call: &'static str,
        sources: impl IntoIterator<Item = (Arc<Surface>, u32)>,
        target: impl IntoIterator<Item = (Arc<Surface>, u32)>,
    ) -> Result<Self> {
        let mut memory = idle().pop().unwrap_or_default();
        memory.sources.0.extend(sources);
        memory.target.0.extend(target);
        memory.arena.clear(bytes_for(memory.sources.count()));
        Ok(Self {
            sources: Claims::take(call, memory.sources, Access::Read)?,
            target: Claims::take(call, memory.target, Access::Write)?,
            arena: memory.arena,
        })
    }

    /// Sources, targets and the arena.
    pub(super) fn parts(&mut self) -> (&Kept, &Kept, &mut Arena) {
        (
            self.sources.buffers(),
            self.target.buffers(),
            &mut self.arena,
        )
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // Surfaces may go here, which calls the library: before the lock.
        let memory = Memory {
            sources: self.sources.recycle(),
            target: self.target.recycle(),
            arena: std::mem::take(&mut self.arena),
        };
        let mut idle = idle();
        if idle.len() < KEPT && memory.arena.size() <= KEPT_BYTES {
            idle.push(memory);
        }
    }
}
