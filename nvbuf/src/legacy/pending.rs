//! A transform that is under way.

use std::ffi::{c_int, c_uint, c_void};
use std::sync::Arc;
use std::time::Duration;

use nvbufsurface_sys::nvbuf_utils::{r32_4, r32_5, r32_6, r34};

use super::buffer::NvBuffer;
use super::session::Session;
use crate::error::{Error, ErrorKind, Result, check, report};

pub(super) type Point = r32_4::NvBufferSyncObjParams;

macro_rules! same {
    ($($module:ident)*) => {
        $(const _: () = assert!(
            size_of::<r32_4::NvBufferSyncObj>() == size_of::<$module::NvBufferSyncObj>()
                && size_of::<Point>() == size_of::<$module::NvBufferSyncObjParams>()
        );)*
    };
}
same!(r32_5 r32_6 r34);

/// A transform of [`Transform::start`](super::Transform::start) that is under way. It keeps the buffers and the session
/// alive; dropping it waits.
///
/// If the wait fails, nobody knows when the engine is done: the buffers are never given back.
#[derive(Debug)]
#[must_use = "dropping it waits until the transform is done"]
pub struct Pending<'fd> {
    wait: unsafe extern "C" fn(*mut c_void, c_uint) -> c_int,
    point: Point,
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
        wait: unsafe extern "C" fn(*mut c_void, c_uint) -> c_int,
        point: Point,
        buffers: [Arc<NvBuffer<'fd>>; 2],
        session: Option<Arc<Session>>,
    ) -> Self {
        Self {
            wait,
            point,
            keep: Some(Kept {
                _buffers: buffers,
                _session: session,
            }),
        }
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
        // All bits set would mean without end.
        let limit = u128::from(r32_4::NVBUFFER_SYNCPOINT_WAIT_INFINITE - 1);
        let milliseconds = timeout.as_millis().clamp(1, limit) as c_uint;
        self.wait_for(milliseconds)?;
        self.keep = None;
        Ok(())
    }

    fn wait_for(&self, milliseconds: c_uint) -> Result<()> {
        let call = "NvBufferSyncObjWait";
        let mut point = self.point;
        let place = (&raw mut point).cast::<c_void>();
        // SAFETY: the sync point that the library wrote when the transform began.
        let ret = unsafe { (self.wait)(place, milliseconds) };
        check(call, ret, || match milliseconds {
            r32_4::NVBUFFER_SYNCPOINT_WAIT_INFINITE => format!("{point:?}"),
            _ => format!("{point:?}: not done in {milliseconds} ms, or the wait failed"),
        })
    }

    fn end(&mut self) -> Result<()> {
        if self.keep.is_none() {
            return Ok(());
        }
        let result = self.wait_for(r32_4::NVBUFFER_SYNCPOINT_WAIT_INFINITE);
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
