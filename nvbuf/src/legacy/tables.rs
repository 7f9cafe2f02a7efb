//! The map table of a buffer: one for all values of a buffer that was created here.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::map_table::MapTable;

/// Where a buffer's table is.
#[derive(Debug)]
pub(super) enum Tables {
    /// Of a buffer that was created here: in its value, and in those of its fd.
    Shared(Arc<Mutex<MapTable>>),
    /// Of somebody else's buffer.
    Own(Mutex<MapTable>),
}

static CREATED: Mutex<BTreeMap<c_int, Weak<Mutex<MapTable>>>> = Mutex::new(BTreeMap::new());

fn created() -> MutexGuard<'static, BTreeMap<c_int, Weak<Mutex<MapTable>>>> {
    // Whole at every step, so a panic elsewhere does not spoil it.
    CREATED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tables {
    /// That of a buffer that has just been created.
    pub(super) fn of_new(fd: c_int) -> Self {
        let table = Arc::new(Mutex::new(MapTable::new(false)));
        created().insert(fd, Arc::downgrade(&table));
        Self::Shared(table)
    }

    /// That of somebody's buffer, found if it was created here.
    pub(super) fn of_borrowed(fd: c_int) -> Self {
        let found = created().get(&fd).and_then(Weak::upgrade);
        let tables = found.map_or_else(Self::of_foreign, Self::Shared);
        tables.lock().share();
        tables
    }

    /// That of another process's buffer.
    pub(super) fn of_foreign() -> Self {
        Self::Own(Mutex::new(MapTable::new(true)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, MapTable> {
        let table = match self {
            Self::Shared(table) => table,
            Self::Own(table) => table,
        };
        // The table is consistent at every step, so a panic elsewhere does not spoil it.
        table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A buffer that was created here goes: its fd will be another's. Called before it is destroyed.
pub(super) fn forget(fd: c_int) {
    created().remove(&fd);
}
