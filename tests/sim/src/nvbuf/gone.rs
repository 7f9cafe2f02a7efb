//! What was destroyed, so that using it once more is told from what never was one of the library's.
//! Names can be given out again; only those that nothing has are looked up.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard};

use crate::rule::Rule;

/// Names that belonged to something and do not any more.
#[derive(Debug)]
pub(crate) struct Gone(Mutex<BTreeSet<u64>>);

/// fds of buffers.
pub(crate) static FDS: Gone = Gone(Mutex::new(BTreeSet::new()));
/// Addresses of buffers without an fd.
pub(crate) static ADDRESSES: Gone = Gone(Mutex::new(BTreeSet::new()));
/// Addresses of batches.
pub(crate) static SURFACES: Gone = Gone(Mutex::new(BTreeSet::new()));

impl Gone {
    fn names(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// What had the name is destroyed.
    pub(crate) fn add(&self, name: u64) {
        self.names().insert(name);
    }

    /// The rule that is broken by using a name that nothing has.
    pub(crate) fn rule(&self, name: u64, destroyed: Rule) -> Rule {
        if self.names().contains(&name) {
            destroyed
        } else {
            Rule::ForeignDescriptor
        }
    }
}
