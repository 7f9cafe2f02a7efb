//! A transform that is under way.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use super::buffer::NvBuffer;
use super::session::Session;
use super::sync_point::SyncPoint;
use super::work::Ticket;
use crate::error::{Error, ErrorKind, Result, report};

/// A transform of [`Transform::start`](super::Transform::start) that is under way.
///
/// It keeps the buffers and the session alive. While it lives, the target cannot be mapped, nor the
/// source for writing, and no other transform may use the target or write the source; all that is
/// [`ErrorKind::Busy`].
///
/// Dropping it waits. If waiting fails twice, nobody knows when the engine is done: the buffers are never
/// given back.
#[derive(Debug)]
#[must_use = "dropping it waits until the transform is done"]
pub struct Pending {
    point: SyncPoint,
    /// `None` once it is done.
    keep: Option<Kept>,
}

/// What the engine uses.
#[derive(Debug)]
struct Kept {
    buffers: [Arc<NvBuffer<'static>>; 2],
    tickets: [Ticket; 2],
    /// Only dropped.
    _session: Option<Arc<Session>>,
}

impl Pending {
    /// With what both buffers call it.
    pub(super) fn new(
        point: SyncPoint,
        buffers: [Arc<NvBuffer<'static>>; 2],
        tickets: [Ticket; 2],
        session: Option<Arc<Session>>,
    ) -> Self {
        Self {
            point,
            keep: Some(Kept {
                buffers,
                tickets,
                _session: session,
            }),
        }
    }

    /// What tells that it is done, for a transform that comes after it
    /// ([`Transform::start_after`](super::Transform::start_after)).
    #[doc(alias = "outsyncobj")]
    pub fn point(&self) -> SyncPoint {
        self.point
    }

    /// Waits until it is done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Call`] when the library refuses to wait; if it refuses a second time, both buffers are
    /// kept for good.
    #[doc(alias = "NvBufferSyncObjWait")]
    pub fn wait(mut self) -> Result<()> {
        self.end()
    }

    /// Waits for at most so long: to milliseconds, at least one. It may be called again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Call`] when it is not done in time, which the library does not tell from other
    /// failures.
    pub fn wait_timeout(&mut self, timeout: Duration) -> Result<()> {
        if self.keep.is_some() {
            self.point.wait_timeout(timeout)?;
            self.release();
        }
        Ok(())
    }

    /// The engine is done.
    fn release(&mut self) {
        if let Some(kept) = self.keep.take() {
            for (buffer, ticket) in kept.buffers.iter().zip(&kept.tickets) {
                buffer.end_work(ticket);
            }
        }
    }

    fn end(&mut self) -> Result<()> {
        if self.keep.is_none() {
            return Ok(());
        }
        let Err(first) = self.point.wait() else {
            self.release();
            return Ok(());
        };
        let outcome = if self.point.wait().is_ok() {
            self.release();
            "a second wait went well: both buffers are free"
        } else {
            // The engine may still write: nobody may get the memory.
            std::mem::forget(self.keep.take());
            "a second wait, too: both buffers are kept for good"
        };
        let detail = format!("{first}; {outcome}");
        Err(Error::new(ErrorKind::Call, "NvBufferSyncObjWait", detail))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.end().unwrap_or_else(|error| report(&error));
    }
}
