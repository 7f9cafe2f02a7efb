//! A transform that is under way.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use super::buffer::NvBuffer;
use super::session::Session;
use super::sync_point::SyncPoint;
use crate::error::{Error, ErrorKind, Result, report};

/// A transform of [`Transform::start`](super::Transform::start) that is under way. It keeps the buffers and the session
/// alive; dropping it waits.
///
/// If the wait fails, nobody knows when the engine is done: the buffers are never given back.
#[derive(Debug)]
#[must_use = "dropping it waits until the transform is done"]
pub struct Pending<'fd> {
    point: SyncPoint,
    /// `None` once it is done.
    keep: Option<Kept<'fd>>,
}

/// Only dropped.
#[derive(Debug)]
struct Kept<'fd> {
    _buffers: [Arc<NvBuffer<'fd>>; 2],
    _session: Option<Arc<Session>>,
}

impl<'fd> Pending<'fd> {
    pub(super) fn new(
        point: SyncPoint,
        buffers: [Arc<NvBuffer<'fd>>; 2],
        session: Option<Arc<Session>>,
    ) -> Self {
        Self {
            point,
            keep: Some(Kept {
                _buffers: buffers,
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
    /// [`ErrorKind::Call`] when the library refuses to wait; both buffers are then kept for good.
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
        if self.keep.is_none() {
            return Ok(());
        }
        self.point.wait_timeout(timeout)?;
        self.keep = None;
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if self.keep.is_none() {
            return Ok(());
        }
        let result = self.point.wait();
        let keep = self.keep.take();
        if result.is_err() {
            // The engine may still write: nobody may get the memory.
            std::mem::forget(keep);
        }
        result.map_err(|error| {
            let detail = format!("{error}; both buffers are kept for good");
            Error::new(ErrorKind::Call, "NvBufferSyncObjWait", detail)
        })
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.end().unwrap_or_else(|error| report(&error));
    }
}
