use std::sync::{Arc, Condvar, Mutex};

use super::lock;

/// A bounded number of frames that an application may have at a time.
#[derive(Debug)]
pub(super) struct Places {
    limit: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    taken: usize,
    is_flushing: bool,
}

/// One of them, free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Places>);

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// All are taken.
    Full,
    /// Nobody may wait now.
    Flushing,
}

impl Places {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    pub(super) fn taken(&self) -> usize {
        lock(&self.state).taken
    }

    /// A place; waits for one if `wait` says so.
    pub(super) fn take(self: &Arc<Self>, wait: bool) -> Result<Place, Refused> {
        let mut state = lock(&self.state);
        while state.taken >= self.limit {
            if state.is_flushing {
                return Err(Refused::Flushing);
            }
            if !wait {
                return Err(Refused::Full);
            }
            state = self.changed.wait(state).unwrap_or_else(|e| e.into_inner());
        }
        state.taken += 1;
        Ok(Place(Arc::clone(self)))
    }

    /// Wakes whoever waits and lets nobody wait until it is unset.
    pub(super) fn set_flushing(&self, flushing: bool) {
        lock(&self.state).is_flushing = flushing;
        self.changed.notify_all();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.0.state).taken -= 1;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_and_whoever_waits_is_woken() {
        let places = Places::new(1);
        let place = places.take(false).expect("the first");
        assert_eq!(places.take(false).unwrap_err(), Refused::Full);
        let waiting = Arc::clone(&places);
        let thread = std::thread::spawn(move || waiting.take(true).map(drop));
        drop(place);
        assert_eq!(thread.join().expect("no panic"), Ok(()));
        let _place = places.take(true).expect("it is free again");
        places.set_flushing(true);
        assert_eq!(places.take(true).unwrap_err(), Refused::Flushing);
        assert_eq!(places.taken(), 1);
    }
}
