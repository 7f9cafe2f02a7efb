//! Finds the map table of a buffer that several handles of this process reach.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::claims::Claims;
use crate::descriptor::Descriptor;

/// What names a buffer in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// The dmabuf's own inode: the same for every fd of it.
    Inode(u64),
    /// The fd, where all dmabufs share one inode (before Linux 5.3).
    Fd(i32),
    /// The address, for memory types without a dmabuf.
    Address(usize),
}

impl Key {
    /// Asks the kernel once, when a handle is made.
    pub(crate) fn of(descriptor: &Descriptor) -> Self {
        let identity = descriptor.identity();
        match descriptor.params().fd_number() {
            Some(_) if identity.has_inode() => Self::Inode(identity.inode()),
            Some(fd) => Self::Fd(fd),
            None => Self::Address(descriptor.raw.head.dataPtr.addr()),
        }
    }
}

static TABLES: Mutex<BTreeMap<Key, Weak<Claims>>> = Mutex::new(BTreeMap::new());

fn tables() -> MutexGuard<'static, BTreeMap<Key, Weak<Claims>>> {
    // Whole at every step, so a panic elsewhere does not spoil it.
    TABLES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The table that lives under a key, or a new one.
pub(super) fn find_or_insert(key: Key, new: impl FnOnce() -> Claims) -> Arc<Claims> {
    if key == Key::Address(0) {
        // Nothing tells which buffer it is (CUDA_ARRAY): it is not taken for another.
        return Arc::new(new());
    }
    let mut tables = tables();
    if let Some(present) = tables.get(&key).and_then(Weak::upgrade) {
        return present;
    }
    let claims = Arc::new(new());
    tables.insert(key, Arc::downgrade(&claims));
    claims
}

/// A new table under a key. One that is there is of a buffer that is gone.
pub(super) fn replace(key: Key, new: impl FnOnce() -> Claims) -> Arc<Claims> {
    let claims = Arc::new(new());
    tables().insert(key, Arc::downgrade(&claims));
    claims
}

/// Takes a table out that goes, unless another has its place.
pub(super) fn forget(key: Key, claims: &Claims) {
    let mut tables = tables();
    if tables
        .get(&key)
        .is_some_and(|weak| std::ptr::eq(weak.as_ptr(), claims))
    {
        tables.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_table_per_buffer_as_long_as_somebody_has_it() {
        // No other test has these.
        let key = Key::Fd(-7);
        let new = || Claims::new(key);
        let first = find_or_insert(key, new);
        assert!(Arc::ptr_eq(&first, &find_or_insert(key, new)));
        let recycled = replace(key, new);
        assert!(!Arc::ptr_eq(&first, &recycled));
        // The old one's end leaves the new one alone.
        drop(first);
        assert!(Arc::ptr_eq(&recycled, &find_or_insert(key, new)));
        drop(recycled);
        assert!(!tables().contains_key(&key));
    }
}
