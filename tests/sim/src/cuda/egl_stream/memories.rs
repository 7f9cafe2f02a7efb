//! The memories that a stream has seen: a driver keeps a place for each.

#![forbid(unsafe_code)]

/// Memories that a driver has places for.
pub(super) const MAX_MEMORIES: usize = 64;

/// The addresses, or arrays, that were presented. Two addresses of one allocation are two. Freeing makes no
/// room; memory that comes to lie at the address of some that is gone is known.
#[derive(Debug)]
pub(super) struct Memories(Vec<usize>);

impl Memories {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(MAX_MEMORIES))
    }

    /// Whether there is a place for a memory: its own, or a free one.
    pub(super) fn admit(&mut self, handle: usize) -> bool {
        let is_known = self.0.contains(&handle);
        if !is_known && self.0.len() < MAX_MEMORIES {
            self.0.push(handle);
            return true;
        }
        is_known
    }
}
