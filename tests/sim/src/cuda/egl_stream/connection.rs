//! Connections of both kinds: `CUeglStreamConnection`.

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::super::egl::EglFrame;
use super::super::error::{CudaError, INVALID_HANDLE, INVALID_VALUE, UNKNOWN};
use super::super::{Out, context, stream};
use super::memories::Memories;
use crate::egl::frames::MAX_IN_FLIGHT;
use crate::egl::stream::{self as egl_stream, End, Phase, Stream};
use crate::functions::Function;
use crate::rule::Rule;
use crate::table::Table;

/// How long `cuEGLStreamProducerReturnFrame` waits, in microseconds, where the variable says nothing.
const RETURN_WAIT: u64 = 1000;
const RETURN_WAIT_VARIABLE: &str = "CUDA_EGL_PRODUCER_RETURN_WAIT_TIMEOUT";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Consumer,
    Producer,
}

/// An end of a stream.
#[derive(Debug)]
pub(super) struct Connection {
    role: Role,
    context: usize,
    pub(super) stream: Arc<Stream>,
    /// `CUgraphicsResource` of each slot, for the consumer.
    pub(super) resources: [usize; MAX_IN_FLIGHT],
    pub(super) return_wait: Duration,
    memories: Mutex<Memories>,
}

static CONNECTIONS: Table<Connection> = Table::new();
/// What connecting left behind where it failed.
static DEAD: Table<()> = Table::new();
/// Streams and slots by `CUgraphicsResource`.
static RESOURCES: Table<(Arc<Stream>, usize)> = Table::new();

/// The connection of a handle in the current context.
pub(super) fn find(
    function: Function,
    conn: Option<&usize>,
    role: Role,
) -> Result<Arc<Connection>, CudaError> {
    let context = context::current()?.handle;
    let handle = *conn.ok_or(INVALID_VALUE)?;
    if DEAD.get(handle).is_some() {
        crate::log::violation(
            Rule::UseAfterDestroy,
            format_args!("{function:?}: the connection is what connecting left when it failed"),
        );
        return Err(INVALID_HANDLE);
    }
    let connection = CONNECTIONS.get(handle);
    connection
        .filter(|c| c.role == role && c.context == context)
        .ok_or(INVALID_HANDLE)
}

/// Waits until a program's CUDA stream has done what is on it; `None` is the null stream.
pub(super) fn wait_for_work(stream: Option<&usize>) -> Result<(), CudaError> {
    let stream = stream::find(stream.copied().unwrap_or(0))?;
    let count = stream.enqueue(|slot| slot.command = super::super::work::Command::Nothing);
    stream.wait_for(count);
    Ok(())
}

/// Moves a stream on, if it is this end's turn.
fn enter(function: Function, stream: &Stream, role: Role) -> Result<(), CudaError> {
    let mut inner = stream.lock();
    let why = match (role, inner.phase) {
        (Role::Consumer, Phase::Created) => {
            inner.phase = Phase::Connecting;
            return Ok(());
        }
        (Role::Producer, Phase::Connecting) if !inner.is_spoiled => {
            inner.phase = Phase::Connected;
            return Ok(());
        }
        (Role::Producer, Phase::Connecting) => {
            "a producer has tried before there was a consumer: make a new stream"
        }
        (Role::Producer, Phase::Created) => {
            inner.is_spoiled = true;
            "the consumer connects first; this stream takes no producer any more"
        }
        _ => "each end connects once, and the consumer first",
    };
    let phase = inner.phase;
    drop(inner);
    crate::log::line(format_args!("{function:?}: the stream is {phase:?}: {why}"));
    Err(UNKNOWN)
}

pub(super) fn connect(
    function: Function,
    out: Out<'_, usize>,
    handle: usize,
    role: Role,
) -> Result<(), CudaError> {
    let context = context::current()?.handle;
    let out = out.ok_or(INVALID_VALUE)?;
    let stream = egl_stream::get(handle).ok_or(INVALID_VALUE)?;
    if let Err(error) = enter(function, &stream, role) {
        // A driver writes the address of a connection that it has freed.
        out.write(DEAD.add(Arc::new(())));
        return Err(error);
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
        memories: Mutex::new(Memories::new()),
    })));
    Ok(())
}

impl Connection {
    pub(super) fn memories(&self) -> MutexGuard<'_, Memories> {
        self.memories.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Ends the stream, and what the program has of it.
    fn end(&self) {
        self.stream.end_by(match self.role {
            Role::Consumer => End::Consumer,
            Role::Producer => End::Producer,
        });
        for resource in self.resources.iter().filter(|r| **r != 0) {
            RESOURCES.remove(*resource);
        }
    }
}

pub(super) fn disconnect(
    function: Function,
    conn: Option<&usize>,
    role: Role,
) -> Result<(), CudaError> {
    let connection = find(function, conn, role)?;
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

/// The frame of a `CUgraphicsResource` that the consumer has acquired and not released.
pub(in crate::cuda) fn acquired(resource: usize, context: usize) -> Result<EglFrame, CudaError> {
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
