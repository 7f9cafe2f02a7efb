//! CUDA at the ends of an EGLStream.
//!
//! What the driver was seen to do stands here; what its documentation leaves open and nobody saw is in
//! the README.

#![forbid(unsafe_code)]

use std::ffi::{c_int, c_uint};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::array::{self, Array};
use super::egl::{EglFrame, MAX_PLANES};
use super::error::{CudaError, INVALID_HANDLE, INVALID_VALUE, LAUNCH_TIMEOUT, UNKNOWN};
use super::queue;
use super::work::Command;
use super::{CuResult, Out, call, context, stream};
use crate::egl::frames::MAX_IN_FLIGHT;
use crate::egl::stream::{self as egl_stream, Phase, Stream};
use crate::functions::Function;
use crate::region::{self, Kind, Region};
use crate::table::Table;

/// `CUDA_EGL_INFINITE_TIMEOUT`
const INFINITE: c_uint = c_uint::MAX;
/// How long `cuEGLStreamProducerReturnFrame` waits, in microseconds, where the variable says nothing.
const RETURN_WAIT: u64 = 1000;
const RETURN_WAIT_VARIABLE: &str = "CUDA_EGL_PRODUCER_RETURN_WAIT_TIMEOUT";

/// A point in a CUDA stream: it has done so many commands.
type Point = (Arc<queue::Stream>, u64);

/// A frame on its way.
#[derive(Debug)]
pub(crate) struct Frame {
    frame: EglFrame,
    memory: [Option<Memory>; MAX_PLANES],
    /// When it was presented.
    at: u64,
    /// Where the producer's work on it ends.
    produced: Point,
    /// Where the consumer's work on it ends.
    consumed: Option<Point>,
}

/// What a plane lies in; kept as long as the frame is in flight.
#[derive(Debug)]
enum Memory {
    Linear(Arc<Region>),
    Array(Arc<Array>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Consumer,
    Producer,
}

/// An end of a stream: `CUeglStreamConnection`.
#[derive(Debug)]
struct Connection {
    role: Role,
    context: usize,
    stream: Arc<Stream>,
    /// `CUgraphicsResource` of each slot, for the consumer.
    resources: [usize; MAX_IN_FLIGHT],
    return_wait: Duration,
}

static CONNECTIONS: Table<Connection> = Table::new();
/// Streams and slots by `CUgraphicsResource`.
static RESOURCES: Table<(Arc<Stream>, usize)> = Table::new();

impl Memory {
    /// The memory of one plane, `len` bytes of it if it is linear.
    fn find(is_array: bool, handle: usize, len: usize) -> Option<Self> {
        if is_array {
            return array::find(handle).map(Self::Array);
        }
        let region = region::find(handle)?;
        let is_right = matches!(region.kind(), Kind::Device | Kind::Surface)
            && region.is_reachable()
            && region.holds(handle, len);
        is_right.then_some(Self::Linear(region))
    }

    /// Whether the program has not freed or unregistered it meanwhile.
    fn is_alive(&self, handle: usize) -> bool {
        match self {
            Self::Linear(region) => region::find(handle)
                .is_some_and(|found| Arc::ptr_eq(&found, region) && found.is_reachable()),
            Self::Array(array) => {
                array::find(handle).is_some_and(|found| Arc::ptr_eq(&found, array))
            }
        }
    }
}

/// Checks a frame that a program presents; finds its memory.
fn check(frame: &EglFrame) -> Result<[Option<Memory>; MAX_PLANES], CudaError> {
    let is_array = frame.is_array().ok_or(INVALID_VALUE)?;
    let planes = frame.plane_count as usize;
    if !(1..=MAX_PLANES).contains(&planes) || frame.width == 0 || frame.height == 0 {
        return Err(INVALID_VALUE);
    }
    // Width, height and pitch are those of the first plane; of the others nothing is said.
    let first = frame.first_plane_bytes().ok_or(INVALID_VALUE)?;
    let mut memory = [const { None }; MAX_PLANES];
    for (plane, found) in memory.iter_mut().enumerate().take(planes) {
        let len = if plane == 0 { first } else { 1 };
        let is_there = Memory::find(is_array, frame.planes[plane], len);
        *found = Some(is_there.ok_or(INVALID_VALUE)?);
    }
    Ok(memory)
}

/// The point that a program's stream has reached; `None` is the null stream.
fn reached(stream: Option<&usize>) -> Result<Point, CudaError> {
    let stream = stream::find(stream.copied().unwrap_or(0))?;
    let count = stream.enqueue(|slot| slot.command = Command::Nothing);
    Ok((stream, count))
}

/// Lets a stream wait for a point of another.
fn wait_for(stream: &Arc<queue::Stream>, (other, done): Point) {
    stream.enqueue(|slot| {
        slot.command = Command::Wait {
            stream: other,
            done,
        }
    });
}

/// The connection of a handle in the current context.
fn find(conn: Option<&usize>, role: Role) -> Result<Arc<Connection>, CudaError> {
    let context = context::current()?.handle;
    let connection = CONNECTIONS.get(*conn.ok_or(INVALID_VALUE)?);
    connection
        .filter(|c| c.role == role && c.context == context)
        .ok_or(INVALID_HANDLE)
}

fn connect(
    function: Function,
    out: Out<'_, usize>,
    handle: usize,
    role: Role,
) -> Result<(), CudaError> {
    let context = context::current()?.handle;
    let out = out.ok_or(INVALID_VALUE)?;
    let stream = egl_stream::get(handle).ok_or(INVALID_VALUE)?;
    let (before, after) = match role {
        Role::Consumer => (Phase::Created, Phase::Connecting),
        Role::Producer => (Phase::Connecting, Phase::Connected),
    };
    {
        let mut inner = stream.lock();
        if inner.phase != before {
            crate::log::line(format_args!(
                "{function:?}: the stream is {:?}: the consumer connects first, each end once",
                inner.phase
            ));
            return Err(UNKNOWN);
        }
        inner.phase = after;
    }
    stream.changed().notify_all();
    let resources = std::array::from_fn(|slot| match role {
        Role::Consumer => RESOURCES.add(Arc::new((Arc::clone(&stream), slot))),
        Role::Producer => 0,
    });
    let wait = std::env::var(RETURN_WAIT_VARIABLE);
    let wait = wait.ok().and_then(|wait| wait.parse().ok());
    out.write(CONNECTIONS.add(Arc::new(Connection {
        role,
        context,
        stream,
        resources,
        return_wait: Duration::from_micros(wait.unwrap_or(RETURN_WAIT)),
    })));
    Ok(())
}

impl Connection {
    /// Ends the stream, and what the program has of it.
    fn end(&self) {
        self.stream.disconnect();
        for resource in self.resources.iter().filter(|r| **r != 0) {
            RESOURCES.remove(*resource);
        }
    }
}

fn disconnect(conn: Option<&usize>, role: Role) -> Result<(), CudaError> {
    let connection = find(conn, role)?;
    // Another thread may have been first.
    conn.and_then(|conn| CONNECTIONS.remove(*conn))
        .ok_or(INVALID_HANDLE)?;
    connection.end();
    Ok(())
}

/// Ends the connections of a context that is destroyed.
pub(crate) fn context_gone(context: usize) {
    CONNECTIONS.lock().retain(|_, connection| {
        let keep = connection.context != context;
        if !keep {
            connection.end();
        }
        keep
    });
}

/// `cuEGLStreamConsumerConnect`
pub(crate) extern "C" fn consumer_connect(out: Out<'_, usize>, stream: usize) -> CuResult {
    let function = Function::cuEGLStreamConsumerConnect;
    call(function, || connect(function, out, stream, Role::Consumer))
}

/// `cuEGLStreamConsumerConnectWithFlags`: all memory is where both flags say that it is.
pub(crate) extern "C" fn consumer_connect_with_flags(
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
pub(crate) extern "C" fn consumer_disconnect(conn: Option<&usize>) -> CuResult {
    call(Function::cuEGLStreamConsumerDisconnect, || {
        disconnect(conn, Role::Consumer)
    })
}

/// `cuEGLStreamConsumerAcquireFrame`
pub(crate) extern "C" fn consumer_acquire(
    conn: Option<&usize>,
    out: Out<'_, usize>,
    stream: Option<&usize>,
    timeout: c_uint,
) -> CuResult {
    let function = Function::cuEGLStreamConsumerAcquireFrame;
    call(function, || {
        let connection = find(conn, Role::Consumer)?;
        let out = out.ok_or(INVALID_VALUE)?;
        let on = stream::find(stream.copied().unwrap_or(0))?;
        let slot = next_frame(function, &connection.stream, timeout)?;
        let mut inner = connection.stream.lock();
        let (produced, at) = match inner.frames.held(slot) {
            Some(frame) if frame.is_alive() => {
                let (stream, count) = &frame.produced;
                ((Arc::clone(stream), *count), frame.at)
            }
            _ => {
                inner.frames.release(slot);
                crate::log::line(format_args!(
                    "{function:?}: the memory of the frame was freed before the producer got it back"
                ));
                return Err(UNKNOWN);
            }
        };
        inner.acquired_at = at;
        drop(inner);
        // The producer may wait for room.
        connection.stream.changed().notify_all();
        wait_for(&on, produced);
        out.write(connection.resources[slot]);
        Ok(())
    })
}

/// Waits for a new frame; when time is up, takes the newest one again. The slot.
fn next_frame(function: Function, stream: &Stream, timeout: c_uint) -> Result<usize, CudaError> {
    let end = (timeout != INFINITE).then(|| Instant::now() + Duration::from_micros(timeout.into()));
    let mut has_waited = false;
    let mut inner = stream.lock();
    loop {
        if inner.phase == Phase::Disconnected {
            if has_waited {
                crate::log::line(format_args!(
                    "{function:?}: the stream is disconnected; a driver was seen to go on waiting"
                ));
            }
            return Err(UNKNOWN);
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
        has_waited = true;
    }
}

impl Frame {
    fn is_alive(&self) -> bool {
        let planes = self.memory.iter().zip(self.frame.planes);
        planes
            .filter_map(|(memory, handle)| Some((memory.as_ref()?, handle)))
            .all(|(memory, handle)| memory.is_alive(handle))
    }
}

/// `cuEGLStreamConsumerReleaseFrame`
pub(crate) extern "C" fn consumer_release(
    conn: Option<&usize>,
    resource: usize,
    stream: Option<&usize>,
) -> CuResult {
    call(Function::cuEGLStreamConsumerReleaseFrame, || {
        let connection = find(conn, Role::Consumer)?;
        let mut slots = connection.resources.iter();
        let slot = slots
            .position(|r| *r == resource && resource != 0)
            .ok_or(INVALID_HANDLE)?;
        let point = reached(stream)?;
        let mut inner = connection.stream.lock();
        let is_over = inner.phase == Phase::Disconnected;
        let frame = inner.frames.release(slot).ok_or(INVALID_HANDLE)?;
        frame.consumed = Some(point);
        if is_over {
            inner.frames.clear();
        }
        drop(inner);
        connection.stream.changed().notify_all();
        Ok(())
    })
}

/// `cuEGLStreamProducerConnect`
pub(crate) extern "C" fn producer_connect(
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
pub(crate) extern "C" fn producer_disconnect(conn: Option<&usize>) -> CuResult {
    call(Function::cuEGLStreamProducerDisconnect, || {
        disconnect(conn, Role::Producer)
    })
}

/// `cuEGLStreamProducerPresentFrame`: waits while the FIFO is full.
pub(crate) extern "C" fn producer_present(
    conn: Option<&usize>,
    frame: EglFrame,
    stream: Option<&usize>,
) -> CuResult {
    let function = Function::cuEGLStreamProducerPresentFrame;
    call(function, || {
        let connection = find(conn, Role::Producer)?;
        let memory = check(&frame)?;
        let produced = reached(stream)?;
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
            let first = frame.planes[0];
            if inner.frames.any(|other| other.frame.planes[0] == first) {
                crate::log::line(format_args!("{function:?}: the frame is in flight already"));
                return Err(UNKNOWN);
            }
            if inner.frames.has_room() {
                break;
            }
            let waited = connection.stream.changed().wait(inner);
            inner = waited.unwrap_or_else(|e| e.into_inner());
        }
        let frame = Frame {
            frame,
            memory,
            at: egl_stream::now(),
            produced,
            consumed: None,
        };
        inner.presented_at = frame.at;
        inner.frames.present(frame).map_err(|_| UNKNOWN)?;
        drop(inner);
        connection.stream.changed().notify_all();
        Ok(())
    })
}

/// `cuEGLStreamProducerReturnFrame`
pub(crate) extern "C" fn producer_return(
    conn: Option<&usize>,
    out: Out<'_, EglFrame>,
    stream: Option<&usize>,
) -> CuResult {
    call(Function::cuEGLStreamProducerReturnFrame, || {
        let connection = find(conn, Role::Producer)?;
        let out = out.ok_or(INVALID_VALUE)?;
        let on = stream::find(stream.copied().unwrap_or(0))?;
        let end = Instant::now().checked_add(connection.return_wait);
        let mut inner = connection.stream.lock();
        let frame = loop {
            if inner.phase != Phase::Connected || inner.frames.in_flight() == 0 {
                return Err(UNKNOWN);
            }
            if let Some(frame) = inner.frames.take_returned() {
                break frame;
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
        // Of a replaced frame that nobody looked at, only the producer's own work is left.
        wait_for(&on, frame.consumed.unwrap_or(frame.produced));
        out.write(frame.frame);
        Ok(())
    })
}

/// The frame of a `CUgraphicsResource` that the consumer has acquired and not released.
pub(super) fn acquired(resource: usize, context: usize) -> Result<EglFrame, CudaError> {
    let entry = RESOURCES.get(resource).ok_or(INVALID_HANDLE)?;
    let (stream, slot) = &*entry;
    let is_of_context = CONNECTIONS
        .lock()
        .values()
        .any(|c| c.context == context && c.resources.contains(&resource));
    let inner = stream.lock();
    match inner.frames.held(*slot) {
        Some(frame) if is_of_context => Ok(frame.frame),
        _ => Err(INVALID_HANDLE),
    }
}
