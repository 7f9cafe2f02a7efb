#![forbid(unsafe_code)]
//! Producers that wrap a new GstMemory around the same few surfaces for every frame, or put another surface
//! into the same GstMemory.
//!
//! A registration goes with its memory. Where the same surface comes again in another memory, it is
//! registered anew, at the price of milliseconds. Once that is seen, registrations are parked when
//! their memory goes, and taken out when the surface comes back: a bounded number, the longest
//! parked ones go first, and all go when any element stops, is flushed, gets other caps or loses a
//! pad. Elements stop from the sinks upwards, so that is before the producer destroys its surfaces.
//!
//! Only where the kernel gives each dmabuf its own inode: elsewhere (Linux before 5.3) a surface
//! freed and another made in its place could not be told apart, and the parked picture would be
//! shown. There such a producer costs a registration per frame, and the log says so.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use nvbuf::Identity;

use crate::log::CATEGORY;
use crate::memory::backing::Backing;

/// More surfaces than any known producer recycles.
const LIMIT: usize = 32;

#[derive(Debug)]
struct Table {
    /// Identities whose memory went, without any resource: the evidence.
    gone: VecDeque<Identity>,
    /// Surfaces that came back in a new memory so far.
    returns: u64,
    is_parking: bool,
    parked: VecDeque<(Identity, Arc<Backing>)>,
    sessions: usize,
}

static TABLE: Mutex<Table> = Mutex::new(Table {
    gone: VecDeque::new(),
    returns: 0,
    is_parking: false,
    parked: VecDeque::new(),
    sessions: 0,
});

fn table() -> MutexGuard<'static, Table> {
    // Each step leaves the table consistent, so a panic elsewhere does not spoil it.
    TABLE.lock().unwrap_or_else(|e| e.into_inner())
}

/// Notes that the memory of a surface is gone, or holds another one. What is not parked comes back, to be
/// dropped.
#[must_use]
pub(crate) fn gone(identity: Identity, backing: Arc<Backing>) -> Option<Arc<Backing>> {
    let mut table = table();
    if table.is_parking {
        table.parked.push_back((identity, backing));
        let evicted = (table.parked.len() > LIMIT).then(|| table.parked.pop_front());
        drop(table);
        // Unregistering takes milliseconds: not under the lock.
        drop(evicted);
        None
    } else {
        if table.gone.len() == LIMIT {
            table.gone.pop_front();
        }
        table.gone.push_back(identity);
        Some(backing)
    }
}

/// What was parked for a surface that is back in a new memory.
pub(crate) fn take(identity: &Identity) -> Option<Arc<Backing>> {
    let mut table = table();
    if let Some(i) = table
        .parked
        .iter()
        .position(|(parked, _)| parked == identity)
    {
        return table.parked.remove(i).map(|(_, backing)| backing);
    }
    if let Some(i) = table.gone.iter().position(|gone| gone == identity) {
        table.gone.remove(i);
        table.returns += 1;
        let can_park = identity.has_inode() && table.sessions > 0;
        let remedy = if can_park {
            table.is_parking = true;
            "registrations are kept from now on"
        } else {
            "this kernel cannot tell dmabufs apart, so each costs a registration: let the producer \
             recycle GstBuffers from a pool instead"
        };
        if table.returns.is_power_of_two() {
            gst::warning!(
                CATEGORY,
                "{} times a new GstMemory came around a surface seen before; {remedy}",
                table.returns
            );
        }
    }
    None
}

/// One element more that uses CUDA.
pub(crate) fn session_started() {
    table().sessions += 1;
}

/// One less.
pub(crate) fn session_stopped() {
    table().sessions -= 1;
    forget();
}

/// Everything parked goes, and what goes from now on is not parked until the evidence is there anew.
pub(crate) fn forget() {
    let mut table = table();
    let parked = std::mem::take(&mut table.parked);
    table.gone.clear();
    table.is_parking = false;
    drop(table);
    drop(parked);
}
