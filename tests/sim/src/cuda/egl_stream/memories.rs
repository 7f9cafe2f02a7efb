//! The memories that a stream has seen: a driver keeps a place for each.

#![forbid(unsafe_code)]

use std::sync::{Arc, Weak};

use super::super::array::Array;
use super::frame::Memory;
use crate::region::Region;

/// Memories that a driver has places for.
pub(super) const MAX_MEMORIES: usize = 64;

/// Memory as long as it is there.
#[derive(Debug)]
enum Known {
    Linear(Weak<Region>),
    Array(Weak<Array>),
}

/// The addresses, or arrays, that were presented and are still there. Two addresses of one allocation
/// are two.
#[derive(Debug)]
pub(super) struct Memories(Vec<(usize, Known)>);

impl Known {
    fn is_alive(&self, handle: usize) -> bool {
        let memory = match self {
            Self::Linear(region) => region.upgrade().map(Memory::Linear),
            Self::Array(array) => array.upgrade().map(Memory::Array),
        };
        memory.is_some_and(|memory| memory.is_alive(handle))
    }
}

impl Memories {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(MAX_MEMORIES))
    }

    /// Whether there is a place for a memory: its own, a free one, or that of memory that is gone.
    pub(super) fn admit(&mut self, handle: usize, memory: &Memory) -> bool {
        let is_known = |(known, was): &(usize, Known)| *known == handle && was.is_alive(handle);
        if self.0.iter().any(is_known) {
            return true;
        }
        self.0.retain(|(handle, known)| known.is_alive(*handle));
        if self.0.len() == MAX_MEMORIES {
            return false;
        }
        let known = match memory {
            Memory::Linear(region) => Known::Linear(Arc::downgrade(region)),
            Memory::Array(array) => Known::Array(Arc::downgrade(array)),
        };
        self.0.push((handle, known));
        true
    }
}
