//! Tables of live objects behind opaque handles.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

/// Handles look like addresses that no process can have and are never given out twice, so that
/// a stale or a foreign one is always noticed and never followed.
const FIRST: usize = 0x5e00_0000_0000_0010;
static NEXT: AtomicUsize = AtomicUsize::new(FIRST);

/// A handle that was never given out before.
pub(crate) fn new_handle() -> usize {
    NEXT.fetch_add(0x10, Relaxed)
}

/// Whether a number may be a handle: it was given out once.
pub(crate) fn is_handle(number: usize) -> bool {
    (FIRST..NEXT.load(Relaxed)).contains(&number)
}

/// Live objects of one kind by handle.
pub(crate) struct Table<T>(LazyLock<Mutex<HashMap<usize, Arc<T>>>>);

impl<T> Table<T> {
    pub(crate) const fn new() -> Self {
        Self(LazyLock::new(|| Mutex::new(HashMap::new())))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<usize, Arc<T>>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Adds an object under a new handle.
    pub(crate) fn add(&self, object: Arc<T>) -> usize {
        let handle = new_handle();
        self.lock().insert(handle, object);
        handle
    }

    pub(crate) fn get(&self, handle: usize) -> Option<Arc<T>> {
        self.lock().get(&handle).cloned()
    }

    pub(crate) fn remove(&self, handle: usize) -> Option<Arc<T>> {
        self.lock().remove(&handle)
    }

    /// Removes an object if it is what is wanted: of several threads that try, one gets it.
    pub(crate) fn remove_if(
        &self,
        handle: usize,
        wanted: impl FnOnce(&T) -> bool,
    ) -> Option<Arc<T>> {
        let mut objects = self.lock();
        objects.get(&handle).filter(|object| wanted(object))?;
        objects.remove(&handle)
    }
}
