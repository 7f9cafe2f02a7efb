//! The producer's calls.

#![forbid(unsafe_code)]

use std::ffi::c_int;
use std::time::{Duration, Instant};

use super::super::egl::EglFrame;
use super::super::error::{INVALID_VALUE, LAUNCH_TIMEOUT, UNKNOWN};
use super::super::{CuResult, Out, call, stream};
use super::connection::{Role, connect, disconnect, find, wait_for_work};
use super::frame::Frame;
use super::memories::MAX_MEMORIES;
use crate::egl::frames::MAX_IN_FLIGHT;
use crate::egl::stream::{Phase, now};
use crate::functions::Function;

/// `cuEGLStreamProducerConnect`
pub(crate) extern "C" fn connect_to(
    out: Out<'_, usize>,
    stream: usize,
    width: c_int,
    height: c_int,
) -> CuResult {
    let function = Function::cuEGLStreamProducerConnect;
    call(function, || {
        if width <= 0 || height <= 0 {
            return Err(INVALID_VALUE);
        }
        connect(function, out, stream, Role::Producer)
    })
}

/// `cuEGLStreamProducerDisconnect`
pub(crate) extern "C" fn disconnect_from(conn: Option<&usize>) -> CuResult {
    let function = Function::cuEGLStreamProducerDisconnect;
    call(function, || disconnect(function, conn, Role::Producer))
}

/// `cuEGLStreamProducerPresentFrame`: waits for the work of the stream, and while the FIFO is full.
pub(crate) extern "C" fn present(
    conn: Option<&usize>,
    frame: EglFrame,
    stream: Option<&usize>,
) -> CuResult {
    let function = Function::cuEGLStreamProducerPresentFrame;
    call(function, || {
        let connection = find(function, conn, Role::Producer)?;
        let mut frame = Frame::new(frame)?;
        let handle = frame.first().ok_or(INVALID_VALUE)?;
        wait_for_work(stream)?;
        let mut inner = connection.stream.lock();
        loop {
            if inner.phase != Phase::Connected {
                return Err(UNKNOWN);
            }
            if inner.frames.in_flight() == MAX_IN_FLIGHT {
                crate::log::line(format_args!(
                    "{function:?}: {MAX_IN_FLIGHT} frames are in flight: cuEGLStreamProducerReturnFrame"
                ));
                return Err(UNKNOWN);
            }
            let is_same = |other: &Frame| other.first() == Some(handle);
            if inner.frames.any(is_same) {
                crate::log::line(format_args!("{function:?}: the frame is in flight already"));
                return Err(UNKNOWN);
            }
            if inner.frames.has_room() {
                break;
            }
            let waited = connection.stream.changed().wait(inner);
            inner = waited.unwrap_or_else(|e| e.into_inner());
        }
        if !connection.memories().admit(handle) {
            crate::log::line(format_args!(
                "{function:?}: {MAX_MEMORIES} other memories were presented: \
                 present a fixed set of them in turn"
            ));
            return Err(UNKNOWN);
        }
        frame.at = now();
        inner.presented_at = frame.at;
        inner.frames.present(frame).map_err(|_| UNKNOWN)?;
        drop(inner);
        connection.stream.changed().notify_all();
        Ok(())
    })
}

/// `cuEGLStreamProducerReturnFrame`: after the consumer has gone only what it had given back.
pub(crate) extern "C" fn take_back(
    conn: Option<&usize>,
    out: Out<'_, EglFrame>,
    stream: Option<&usize>,
) -> CuResult {
    let function = Function::cuEGLStreamProducerReturnFrame;
    call(function, || {
        let connection = find(function, conn, Role::Producer)?;
        let out = out.ok_or(INVALID_VALUE)?;
        stream::find(stream.copied().unwrap_or(0))?;
        let end = Instant::now().checked_add(connection.return_wait);
        let mut inner = connection.stream.lock();
        let frame = loop {
            if let Some(frame) = inner.frames.take_returned() {
                break frame;
            }
            if inner.phase != Phase::Connected || inner.frames.in_flight() == 0 {
                return Err(UNKNOWN);
            }
            let left = end.map_or(Duration::MAX, |end| {
                end.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return Err(LAUNCH_TIMEOUT);
            }
            let waited = connection.stream.changed().wait_timeout(inner, left);
            inner = waited.unwrap_or_else(|e| e.into_inner()).0;
        };
        drop(inner);
        out.write(frame.frame);
        Ok(())
    })
}
