#![forbid(unsafe_code)]

use std::sync::{Mutex, OnceLock};

/// The process's one library of a kind.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    library: OnceLock<T>,
    opening: Mutex<()>,
}

impl<T> Slot<T> {
    pub(crate) const fn new() -> Self {
        Self {
            library: OnceLock::new(),
            opening: Mutex::new(()),
        }
    }

    /// The library, opened by the first who asks. A failure is not kept: the next tries again.
    pub(crate) fn get<E>(&self, open: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
        if let Some(library) = self.library.get() {
            return Ok(library);
        }
        let _one_at_a_time = self.opening.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(library) = self.library.get() {
            return Ok(library);
        }
        let library = open()?;
        Ok(self.library.get_or_init(|| library))
    }

    /// Takes a library from elsewhere, unless there is one already, which is the error.
    pub(crate) fn set(&self, library: T) -> Result<&T, &T> {
        let _one_at_a_time = self.opening.lock().unwrap_or_else(|e| e.into_inner());
        match self.library.get() {
            Some(present) => Err(present),
            None => Ok(self.library.get_or_init(|| library)),
        }
    }
}
