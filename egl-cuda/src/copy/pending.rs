//! The copies that are on their way to or from memory: it is neither freed nor read before they are done.
#![forbid(unsafe_code)]

use std::sync::{Mutex, MutexGuard};

use crate::{Context, Event, Result, Stream};

/// The copies of one piece of memory that may not be done yet, whatever streams they are on.
///
/// # Invariants
///
/// When `event` is complete and `is_untracked` is not set, every copy that was noted is done: each
/// stream waits for the event as it was before it records it anew.
#[derive(Debug)]
pub(crate) struct Pending {
    state: Mutex<State>,
    context: Context,
}

#[derive(Debug, Default)]
struct State {
    /// Made at the first copy.
    event: Option<Event>,
    /// A copy may be under way that the event knows nothing of.
    is_untracked: bool,
}

impl Pending {
    pub(crate) fn new(context: &Context) -> Self {
        Self {
            state: Mutex::default(),
            context: context.clone(),
        }
    }

    /// The context that the memory is of.
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each step leaves the state right, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Notes what is on the stream now.
    ///
    /// # Errors
    ///
    /// The driver's error; then it was waited for as far as the driver lets anybody wait.
    pub(crate) fn note(&self, stream: &Stream) -> Result<()> {
        let mut state = self.lock();
        let noted = state.event(&self.context).and_then(|event| {
            stream.wait_event(event)?;
            event.record(stream)
        });
        if noted.is_err() && stream.synchronize().is_err() {
            state.is_untracked = true;
        }
        noted
    }

    /// Waits until all that was noted is done.
    ///
    /// # Errors
    ///
    /// The driver's error: it may not be done.
    pub(crate) fn wait(&self) -> Result<()> {
        let mut state = self.lock();
        if state.is_untracked {
            self.context.synchronize()?;
            state.is_untracked = false;
        }
        match &state.event {
            Some(event) => event.synchronize(),
            None => Ok(()),
        }
    }

    /// Puts all that was noted before what comes on a stream, without a wait of the CPU.
    ///
    /// # Errors
    ///
    /// The driver's error.
    pub(crate) fn precede(&self, stream: &Stream) -> Result<()> {
        let mut state = self.lock();
        if state.is_untracked {
            self.context.synchronize()?;
            state.is_untracked = false;
        }
        match &state.event {
            Some(event) => stream.wait_event(event),
            None => Ok(()),
        }
    }

    /// The last wait, before the memory goes. Where even the whole context cannot be waited for it was
    /// left with an error: the driver runs nothing in it any more.
    pub(crate) fn end(&self) {
        if let Err(error) = self.wait() {
            crate::error::report(&error);
            if let Err(error) = self.context.synchronize() {
                crate::error::report(&error);
            }
        }
    }
}

impl State {
    fn event(&mut self, context: &Context) -> Result<&Event> {
        match &mut self.event {
            Some(event) => Ok(event),
            none => Ok(none.insert(Event::new(context)?)),
        }
    }
}
