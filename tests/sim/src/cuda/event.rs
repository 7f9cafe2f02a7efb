//! Events: a point in a stream.

#![forbid(unsafe_code)]

use std::ffi::c_uint;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::Instant;

use super::error::{CudaError, INVALID_HANDLE, INVALID_VALUE, NOT_READY};
use super::queue::Stream;
use super::work::Command;
use super::{CuResult, Out, call, context, put, stream};
use crate::egl::sync::{self, Sync};
use crate::functions::Function;
use crate::stats::{COUNTERS, add};
use crate::table::Table;

const BLOCKING_SYNC: c_uint = 1;
const DISABLE_TIMING: c_uint = 2;
const INTERPROCESS: c_uint = 4;

/// An event.
#[derive(Debug)]
pub(crate) struct Event {
    context: usize,
    flags: c_uint,
    /// The latest record: it has happened when the stream has done that many commands.
    recorded: Mutex<Option<(Arc<Stream>, u64)>>,
    /// The sync object that it is, of an event that is one.
    sync: Option<Arc<Sync>>,
    /// When it last happened, in nanoseconds since the first look at the clock.
    at: AtomicU64,
}

static EVENTS: Table<Event> = Table::new();
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Event {
    /// The latest record, if there is one.
    pub(crate) fn recorded(&self) -> Option<(Arc<Stream>, u64)> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Arc<Stream>, u64)>> {
        self.recorded.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Notes the time.
    pub(crate) fn happened(&self) {
        let now = START.elapsed().as_nanos();
        self.at
            .store(u64::try_from(now).unwrap_or(u64::MAX), SeqCst);
    }

    /// The sync object that it is.
    pub(crate) fn sync(&self) -> Option<&Arc<Sync>> {
        self.sync.as_ref()
    }

    fn is_done(&self) -> bool {
        self.sync().is_none_or(|sync| sync.is_over())
            && self
                .recorded()
                .is_none_or(|(stream, count)| stream.has_done(count))
    }
}

/// A live event.
pub(crate) fn find(handle: usize) -> Result<Arc<Event>, CudaError> {
    EVENTS.get(handle).ok_or(INVALID_HANDLE)
}

/// Drops the events of a context.
pub(crate) fn context_gone(context: usize) {
    EVENTS.lock().retain(|_, event| event.context != context);
}

/// `cuEventCreate`
pub(crate) extern "C" fn create(out: Out<'_, usize>, flags: c_uint) -> CuResult {
    call(Function::cuEventCreate, || {
        let context = context::current()?.handle;
        let interprocess = flags & INTERPROCESS != 0;
        if flags & !7 != 0 || (interprocess && flags & DISABLE_TIMING == 0) {
            return Err(INVALID_VALUE);
        }
        let out = out.ok_or(INVALID_VALUE)?;
        LazyLock::force(&START);
        let event = Event {
            context,
            flags,
            recorded: Mutex::new(None),
            sync: None,
            at: AtomicU64::new(0),
        };
        out.write(EVENTS.add(Arc::new(event)));
        Ok(())
    })
}

/// `cuEventCreateFromEGLSync`: an event that happens when the sync object is signalled.
pub(crate) extern "C" fn create_from_egl_sync(
    out: Out<'_, usize>,
    sync: usize,
    flags: c_uint,
) -> CuResult {
    call(Function::cuEventCreateFromEGLSync, || {
        let context = context::current()?.handle;
        let out = out.ok_or(INVALID_VALUE)?;
        if flags & !BLOCKING_SYNC != 0 {
            return Err(INVALID_VALUE);
        }
        let event = Event {
            context,
            flags: flags | DISABLE_TIMING,
            recorded: Mutex::new(None),
            sync: Some(sync::get(sync).ok_or(INVALID_VALUE)?),
            at: AtomicU64::new(0),
        };
        out.write(EVENTS.add(Arc::new(event)));
        Ok(())
    })
}

/// `cuEventDestroy_v2`
pub(crate) extern "C" fn destroy(handle: usize) -> CuResult {
    call(Function::cuEventDestroy_v2, || {
        context::end(|_| EVENTS.remove(handle).map(|_| ()).ok_or(INVALID_HANDLE))
    })
}

/// `cuEventRecord`
pub(crate) extern "C" fn record(handle: usize, stream: usize) -> CuResult {
    call(Function::cuEventRecord, || record_any(handle, stream))
}

/// `cuEventRecordWithFlags`: "external" is for a stream that is being captured, which none is.
pub(crate) extern "C" fn record_with_flags(
    handle: usize,
    stream: usize,
    flags: c_uint,
) -> CuResult {
    call(Function::cuEventRecordWithFlags, || {
        if flags != 0 {
            return Err(INVALID_VALUE);
        }
        record_any(handle, stream)
    })
}

fn record_any(handle: usize, stream: usize) -> Result<(), CudaError> {
    let stream = stream::find(stream)?;
    let event = find(handle)?;
    if event.context != stream.context || event.sync.is_some() {
        return Err(INVALID_HANDLE);
    }
    let noted = Arc::clone(&event);
    let count = stream.enqueue(|slot| slot.command = Command::Record(noted));
    *event.lock() = Some((stream, count));
    Ok(())
}

/// `cuEventSynchronize`
pub(crate) extern "C" fn synchronize(handle: usize) -> CuResult {
    call(Function::cuEventSynchronize, || {
        context::current()?;
        let event = find(handle)?;
        add(&COUNTERS.synchronisations, 1);
        if let Some(sync) = event.sync() {
            sync.wait(None);
        }
        if let Some((stream, count)) = event.recorded() {
            stream.wait_for(count);
        }
        context::current().map(|_| ())
    })
}

/// `cuEventQuery`
pub(crate) extern "C" fn query(handle: usize) -> CuResult {
    call(Function::cuEventQuery, || {
        context::current()?;
        if find(handle)?.is_done() {
            Ok(())
        } else {
            Err(NOT_READY)
        }
    })
}

/// `cuEventElapsedTime`
pub(crate) extern "C" fn elapsed_time(out: Out<'_, f32>, from: usize, to: usize) -> CuResult {
    call(Function::cuEventElapsedTime, || elapsed(out, from, to))
}

/// `cuEventElapsedTime_v2`
pub(crate) extern "C" fn elapsed_time_v2(out: Out<'_, f32>, from: usize, to: usize) -> CuResult {
    call(Function::cuEventElapsedTime_v2, || elapsed(out, from, to))
}

fn elapsed(out: Out<'_, f32>, from: usize, to: usize) -> Result<(), CudaError> {
    context::current()?;
    let (from, to) = (find(from)?, find(to)?);
    for event in [&from, &to] {
        if event.flags & DISABLE_TIMING != 0 || event.recorded().is_none() {
            return Err(INVALID_HANDLE);
        }
    }
    if !from.is_done() || !to.is_done() {
        return Err(NOT_READY);
    }
    let (from, to) = (from.at.load(SeqCst) as f64, to.at.load(SeqCst) as f64);
    put(out, ((to - from) / 1e6) as f32)
}
