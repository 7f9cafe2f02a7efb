//! The consumer's calls.

#![forbid(unsafe_code)]

use std::ffi::c_uint;
use std::time::{Duration, Instant};

use super::super::error::{INVALID_HANDLE, INVALID_VALUE, UNKNOWN};
use super::super::{CuResult, CudaError, Out, call, stream};
use super::connection::{Role, connect, disconnect, find, wait_for_work};
use crate::egl::stream::{End, Phase, Stream};
use crate::functions::Function;

/// `CUDA_EGL_INFINITE_TIMEOUT`
const INFINITE: c_uint = c_uint::MAX;

/// `cuEGLStreamConsumerConnect`
pub(crate) extern "C" fn connect_to(out: Out<'_, usize>, stream: usize) -> CuResult {
    let function = Function::cuEGLStreamConsumerConnect;
    call(function, || connect(function, out, stream, Role::Consumer))
}

/// `cuEGLStreamConsumerConnectWithFlags`: all memory is where both flags say that it is.
pub(crate) extern "C" fn connect_to_with_flags(
    out: Out<'_, usize>,
    stream: usize,
    flags: c_uint,
) -> CuResult {
    let function = Function::cuEGLStreamConsumerConnectWithFlags;
    call(function, || {
        if flags > 1 {
            return Err(INVALID_VALUE);
        }
        connect(function, out, stream, Role::Consumer)
    })
}

/// `cuEGLStreamConsumerDisconnect`
pub(crate) extern "C" fn disconnect_from(conn: Option<&usize>) -> CuResult {
    let function = Function::cuEGLStreamConsumerDisconnect;
    call(function, || disconnect(function, conn, Role::Consumer))
}

/// `cuEGLStreamConsumerAcquireFrame`
pub(crate) extern "C" fn acquire(
    conn: Option<&usize>,
    out: Out<'_, usize>,
    stream: Option<&usize>,
    timeout: c_uint,
) -> CuResult {
    let function = Function::cuEGLStreamConsumerAcquireFrame;
    call(function, || {
        let connection = find(function, conn, Role::Consumer)?;
        let out = out.ok_or(INVALID_VALUE)?;
        stream::find(stream.copied().unwrap_or(0))?;
        let slot = next_frame(function, &connection.stream, timeout)?;
        let mut inner = connection.stream.lock();
        let alive = inner.frames.held(slot).filter(|frame| frame.is_alive());
        let Some(at) = alive.map(|frame| frame.at) else {
            inner.frames.release(slot);
            crate::log::line(format_args!(
                "{function:?}: the memory of the frame was freed before the producer got it back"
            ));
            return Err(UNKNOWN);
        };
        inner.acquired_at = at;
        drop(inner);
        // The producer may wait for room.
        connection.stream.changed().notify_all();
        out.write(connection.resources[slot]);
        Ok(())
    })
}

/// Waits for a new frame; when time is up, takes the newest one again. The slot.
///
/// A producer that has gone wakes nobody: without frames that it took along, time has to be up.
fn next_frame(function: Function, stream: &Stream, timeout: c_uint) -> Result<usize, CudaError> {
    let end = (timeout != INFINITE).then(|| Instant::now() + Duration::from_micros(timeout.into()));
    let mut inner = stream.lock();
    let mut was_told = false;
    loop {
        if let Phase::Ended(end) = inner.phase
            && (end != End::Producer || inner.took_frames)
        {
            return Err(UNKNOWN);
        }
        if inner.phase == Phase::Ended(End::Producer) && end.is_none() && !was_told {
            was_told = true;
            crate::log::line(format_args!(
                "{function:?}: the producer is gone: this waits for ever, as on a driver"
            ));
        }
        if let Some(slot) = inner.frames.acquire() {
            return Ok(slot);
        }
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        inner = match left {
            Some(Duration::ZERO) => return inner.frames.acquire_again().ok_or(UNKNOWN),
            Some(left) => {
                let waited = stream.changed().wait_timeout(inner, left);
                waited.unwrap_or_else(|e| e.into_inner()).0
            }
            None => {
                let waited = stream.changed().wait(inner);
                waited.unwrap_or_else(|e| e.into_inner())
            }
        };
    }
}

/// `cuEGLStreamConsumerReleaseFrame`: waits for the work of the stream.
pub(crate) extern "C" fn release(
    conn: Option<&usize>,
    resource: usize,
    stream: Option<&usize>,
) -> CuResult {
    let function = Function::cuEGLStreamConsumerReleaseFrame;
    call(function, || {
        let connection = find(function, conn, Role::Consumer)?;
        let mut slots = connection.resources.iter();
        let slot = slots
            .position(|r| *r == resource && resource != 0)
            .ok_or(INVALID_HANDLE)?;
        wait_for_work(stream)?;
        let mut inner = connection.stream.lock();
        inner.frames.release(slot).ok_or(INVALID_HANDLE)?;
        if matches!(inner.phase, Phase::Ended(_)) {
            inner.frames.clear();
        }
        drop(inner);
        connection.stream.changed().notify_all();
        Ok(())
    })
}
