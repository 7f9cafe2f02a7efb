use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::lock;

/// What a change to PLAYING takes at most if it does not wait for a lock.
const SOON: Duration = Duration::from_millis(100);

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
    /// Changes to PLAYING so far, and whether one is under way.
    changes: u64,
    is_changing: bool,
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
    ///
    /// The caller holds the lock that a change to PLAYING needs, which begins without any other sign. Who
    /// waits since before makes way for it. Who comes while it is under way cannot know whether it still needs
    /// the lock, unless it made way just now (`has_made_way`): if it is not over soon, it does, and the caller
    /// is refused.
    pub(super) fn take(self: &Arc<Self>, wait: bool, has_made_way: bool) -> Result<Place, Refused> {
        let mut state = lock(&self.state);
        if wait && !has_made_way && state.taken >= self.limit && state.is_changing {
            let is_under_way = |state: &mut State| state.is_changing && !state.is_flushing;
            let waited = self.changed.wait_timeout_while(state, SOON, is_under_way);
            let (now, _) = waited.unwrap_or_else(|e| e.into_inner());
            state = now;
            if state.is_changing && state.taken >= self.limit && !state.is_flushing {
                return Err(Refused::Full);
            }
        }
        let changes = state.changes;
        while state.taken >= self.limit {
            if state.is_flushing || state.changes != changes {
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

    /// A change to PLAYING begins, or has ended.
    pub(super) fn set_changing(&self, changing: bool) {
        let mut state = lock(&self.state);
        state.is_changing = changing;
        state.changes += u64::from(changing);
        drop(state);
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
        let place = places.take(false, false).expect("the first");
        assert_eq!(places.take(false, false).unwrap_err(), Refused::Full);
        let waiting = Arc::clone(&places);
        let thread = std::thread::spawn(move || waiting.take(true, false).map(drop));
        drop(place);
        assert_eq!(thread.join().expect("no panic"), Ok(()));
        let _place = places.take(true, false).expect("it is free again");
        places.set_flushing(true);
        assert_eq!(places.take(true, false).unwrap_err(), Refused::Flushing);
        assert_eq!(places.taken(), 1);
    }

    #[test]
    fn who_waits_makes_way_for_a_change_and_who_comes_meanwhile_is_refused() {
        let places = Places::new(1);
        let place = places.take(false, false).expect("the first");
        let waiting = Arc::clone(&places);
        let thread = std::thread::spawn(move || waiting.take(true, false).map(drop));
        // Whether it waits by then or comes later, it does not keep the change waiting.
        std::thread::sleep(Duration::from_millis(50));
        places.set_changing(true);
        let made_way = thread.join().expect("no panic").unwrap_err();
        assert!(matches!(made_way, Refused::Flushing | Refused::Full));
        assert_eq!(places.take(true, false).unwrap_err(), Refused::Full);
        let waiting = Arc::clone(&places);
        let thread = std::thread::spawn(move || waiting.take(true, true).map(drop));
        places.set_changing(false);
        drop(place);
        assert_eq!(thread.join().expect("no panic"), Ok(()));
    }
}
