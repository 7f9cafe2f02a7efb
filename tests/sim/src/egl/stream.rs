//! EGLStreams: a producer's frames for a consumer. Both ends are CUDA's (`cuda/egl_stream/`).

use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard};
use std::time::Instant;

use super::attributes::Attributes;
use super::frames::Frames;
use super::{
    BAD_ACCESS, BAD_ATTRIBUTE, BAD_PARAMETER, BAD_STATE_KHR, BAD_STREAM_KHR, Boolean, EglError,
    FALSE, Out, TRUE, call, display, put, refuse,
};
use crate::cuda::egl_stream::Frame;
use crate::functions::Function;
use crate::stats::{COUNTERS, add, sub};
use crate::table::Table;

const CONSUMER_LATENCY: c_int = 0x3210;
const PRODUCER_FRAME: c_int = 0x3212;
const CONSUMER_FRAME: c_int = 0x3213;
const STATE: c_int = 0x3214;
const ACQUIRE_TIMEOUT: c_int = 0x321e;
const FIFO_LENGTH: c_int = 0x31fc;

const TIME_NOW: c_int = 0x31fd;
const TIME_CONSUMER: c_int = 0x31fe;
const TIME_PRODUCER: c_int = 0x31ff;

const STATE_CREATED: c_int = 0x3215;
const STATE_CONNECTING: c_int = 0x3216;
const STATE_EMPTY: c_int = 0x3217;
const STATE_NEW_FRAME: c_int = 0x3218;
const STATE_OLD_FRAME: c_int = 0x3219;
const STATE_DISCONNECTED: c_int = 0x321a;

/// How far a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No end is connected.
    Created,
    /// The consumer is.
    Connecting,
    /// Both are.
    Connected,
    /// Nothing comes after it.
    Ended(End),
}

/// Who ended a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Consumer,
    Producer,
    /// It was destroyed under both.
    Destroyed,
}

/// What changes in a stream.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) phase: Phase,
    /// A producer tried to connect before there was a consumer: none can any more.
    pub(crate) is_spoiled: bool,
    /// The producer went with frames that nobody had acquired.
    pub(crate) took_frames: bool,
    pub(crate) frames: Frames<Frame>,
    /// When the newest frame was presented, in [`now`]'s time.
    pub(crate) presented_at: u64,
    /// When the frame that the consumer got latest was.
    pub(crate) acquired_at: u64,
}

/// The time of all streams: nanoseconds since somebody first asked.
pub(crate) fn now() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// A stream.
#[derive(Debug)]
pub(crate) struct Stream {
    display: usize,
    length: c_int,
    latency: AtomicI32,
    acquire_timeout: AtomicI32,
    inner: Mutex<Inner>,
    changed: Condvar,
}

static STREAMS: Table<Stream> = Table::new();

impl Stream {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Something that others may wait for.
    pub(crate) fn changed(&self) -> &Condvar {
        &self.changed
    }

    /// Ends the stream. What the consumer holds is its own until it goes; what it gave back is the
    /// producer's until that goes. Other frames are lost.
    pub(crate) fn end_by(&self, end: End) {
        let mut inner = self.lock();
        if !matches!(inner.phase, Phase::Ended(_)) || end == End::Destroyed {
            inner.phase = Phase::Ended(end);
        }
        match end {
            End::Consumer => inner.frames.keep_returned(),
            End::Producer => {
                inner.took_frames = inner.frames.pending() > 0;
                inner.frames.clear();
            }
            End::Destroyed => inner.frames.clear(),
        }
        drop(inner);
        self.changed.notify_all();
    }

    fn state(&self) -> c_int {
        let inner = self.lock();
        match inner.phase {
            Phase::Created => STATE_CREATED,
            Phase::Connecting => STATE_CONNECTING,
            Phase::Connected if inner.frames.pending() > 0 => STATE_NEW_FRAME,
            Phase::Connected if inner.frames.presented() > 0 => STATE_OLD_FRAME,
            Phase::Connected => STATE_EMPTY,
            Phase::Ended(_) => STATE_DISCONNECTED,
        }
    }

    fn end(&self) {
        self.end_by(End::Destroyed);
        sub(&COUNTERS.egl_streams_alive);
    }
}

/// A live stream by handle, for CUDA.
pub(crate) fn get(handle: usize) -> Option<Arc<Stream>> {
    STREAMS.get(handle)
}

fn find(function: Function, display: usize, handle: usize) -> Result<Arc<Stream>, EglError> {
    display::initialised(function, display)?;
    match STREAMS.get(handle).filter(|s| s.display == display) {
        Some(stream) => Ok(stream),
        None => refuse!(
            function,
            BAD_STREAM_KHR,
            "{handle:#x} is no stream of the display"
        ),
    }
}

/// `eglCreateStreamKHR`
///
/// # Safety
///
/// As [`Attributes::of_ints`].
pub(crate) unsafe extern "C" fn create(display: usize, attributes: *const c_int) -> usize {
    let function = Function::eglCreateStreamKHR;
    call(function, 0, || {
        display::initialised(function, display)?;
        // SAFETY: by this function's contract.
        let attributes = unsafe { Attributes::of_ints(function, attributes) }?;
        let (mut length, mut latency, mut acquire_timeout) = (0, 0, 0);
        for (name, value) in attributes.iter() {
            // Both are an `EGLint` each.
            let (name, value) = (name as c_int, value as c_int);
            match name {
                FIFO_LENGTH if value < 0 => {
                    refuse!(function, BAD_PARAMETER, "a FIFO of {value} frames")
                }
                FIFO_LENGTH => length = value,
                CONSUMER_LATENCY => latency = value,
                ACQUIRE_TIMEOUT => acquire_timeout = value,
                STATE | PRODUCER_FRAME | CONSUMER_FRAME => {
                    refuse!(function, BAD_ACCESS, "attribute {name:#x} is not to be set")
                }
                _ => refuse!(function, BAD_ATTRIBUTE, "there is no attribute {name:#x}"),
            }
        }
        add(&COUNTERS.egl_streams_alive, 1);
        Ok(STREAMS.add(Arc::new(Stream {
            display,
            length,
            latency: AtomicI32::new(latency),
            acquire_timeout: AtomicI32::new(acquire_timeout),
            inner: Mutex::new(Inner {
                phase: Phase::Created,
                is_spoiled: false,
                took_frames: false,
                frames: Frames::new(length.unsigned_abs() as usize),
                presented_at: 0,
                acquired_at: 0,
            }),
            changed: Condvar::new(),
        })))
    })
}

/// `eglDestroyStreamKHR`: its ends see it disconnected.
pub(crate) extern "C" fn destroy(display: usize, stream: usize) -> Boolean {
    let function = Function::eglDestroyStreamKHR;
    call(function, FALSE, || {
        find(function, display, stream)?;
        // Another thread may have been first.
        if let Some(stream) = STREAMS.remove(stream) {
            stream.end();
        }
        Ok(TRUE)
    })
}

/// `eglStreamAttribKHR`
pub(crate) extern "C" fn set_attribute(
    display: usize,
    stream: usize,
    name: c_int,
    value: c_int,
) -> Boolean {
    let function = Function::eglStreamAttribKHR;
    call(function, FALSE, || {
        let stream = find(function, display, stream)?;
        let attribute = match name {
            CONSUMER_LATENCY => &stream.latency,
            ACQUIRE_TIMEOUT => &stream.acquire_timeout,
            STATE | FIFO_LENGTH | PRODUCER_FRAME | CONSUMER_FRAME => {
                refuse!(function, BAD_ACCESS, "attribute {name:#x} is not to be set")
            }
            _ => refuse!(function, BAD_ATTRIBUTE, "there is no attribute {name:#x}"),
        };
        if matches!(stream.lock().phase, Phase::Ended(_)) {
            refuse!(function, BAD_STATE_KHR, "the stream is disconnected");
        }
        attribute.store(value, SeqCst);
        Ok(TRUE)
    })
}

/// `eglQueryStreamKHR`
pub(crate) extern "C" fn query(
    display: usize,
    stream: usize,
    name: c_int,
    out: Out<'_, c_int>,
) -> Boolean {
    let function = Function::eglQueryStreamKHR;
    call(function, FALSE, || {
        let stream = find(function, display, stream)?;
        let value = match name {
            STATE => stream.state(),
            CONSUMER_LATENCY => stream.latency.load(SeqCst),
            ACQUIRE_TIMEOUT => stream.acquire_timeout.load(SeqCst),
            FIFO_LENGTH => stream.length,
            _ => refuse!(function, BAD_ATTRIBUTE, "there is no attribute {name:#x}"),
        };
        put(function, out, value)?;
        Ok(TRUE)
    })
}

/// `eglQueryStreamu64KHR`
pub(crate) extern "C" fn query_u64(
    display: usize,
    stream: usize,
    name: c_int,
    out: Out<'_, u64>,
) -> Boolean {
    let function = Function::eglQueryStreamu64KHR;
    call(function, FALSE, || {
        let stream = find(function, display, stream)?;
        let value = match name {
            PRODUCER_FRAME => stream.lock().frames.presented(),
            CONSUMER_FRAME => stream.lock().frames.acquired(),
            _ => refuse!(function, BAD_ATTRIBUTE, "there is no attribute {name:#x}"),
        };
        put(function, out, value)?;
        Ok(TRUE)
    })
}

/// `eglQueryStreamTimeKHR`
pub(crate) extern "C" fn query_time(
    display: usize,
    stream: usize,
    name: c_int,
    out: Out<'_, u64>,
) -> Boolean {
    let function = Function::eglQueryStreamTimeKHR;
    call(function, FALSE, || {
        let stream = find(function, display, stream)?;
        let value = match name {
            TIME_NOW => now(),
            TIME_CONSUMER => stream.lock().acquired_at,
            TIME_PRODUCER => stream.lock().presented_at,
            _ => refuse!(function, BAD_ATTRIBUTE, "there is no attribute {name:#x}"),
        };
        put(function, out, value)?;
        Ok(TRUE)
    })
}

/// Ends the streams of a display.
pub(super) fn display_gone(display: usize) {
    STREAMS.lock().retain(|_, stream| {
        let keep = stream.display != display;
        if !keep {
            stream.end();
        }
        keep
    });
}
