//! `cuStream*`.

use std::ffi::{c_int, c_uint, c_void};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use super::context::{self, Context};
use super::error::{CudaError, INVALID_HANDLE, INVALID_VALUE, NOT_READY};
use super::queue::{NON_BLOCKING, STREAMS, Stream, of_context};
use super::work::Command;
use super::{CuResult, Out, call, event, put};
use crate::functions::Function;
use crate::stats::{COUNTERS, add};

/// Handle of the most recent null stream: contexts mostly are one.
static LAST_NULL: AtomicUsize = AtomicUsize::new(0);

/// The stream of a handle in the current context; 0, 1 and 2 are the null stream.
pub(crate) fn find(handle: usize) -> Result<Arc<Stream>, CudaError> {
    let context = context::current()?;
    if handle <= 2 {
        return null_stream(&context);
    }
    STREAMS
        .get(handle)
        .filter(|stream| stream.context == context.handle && !stream.is_null)
        .filter(|stream| !stream.is_ended())
        .ok_or(INVALID_HANDLE)
}

/// The null stream of a context, made at its first use.
fn null_stream(context: &Context) -> Result<Arc<Stream>, CudaError> {
    static MAKING: Mutex<()> = Mutex::new(());
    let is_it =
        |stream: &Stream| stream.is_null && stream.context == context.handle && !stream.is_ended();
    if let Some(stream) = STREAMS.get(LAST_NULL.load(SeqCst)).filter(|s| is_it(s)) {
        return Ok(stream);
    }
    let _making = MAKING.lock().unwrap_or_else(|e| e.into_inner());
    let known = STREAMS
        .lock()
        .iter()
        .find(|(_, s)| is_it(s))
        .map(|(handle, _)| *handle);
    let handle = match known {
        Some(handle) => handle,
        None => Stream::spawn(context, 0, 0, true)?,
    };
    LAST_NULL.store(handle, SeqCst);
    STREAMS.get(handle).ok_or(INVALID_HANDLE)
}

/// `cuStreamCreate`
pub(crate) extern "C" fn create(out: Out<'_, usize>, flags: c_uint) -> CuResult {
    call(Function::cuStreamCreate, || create_any(out, flags, 0))
}

/// `cuStreamCreateWithPriority`
pub(crate) extern "C" fn create_with_priority(
    out: Out<'_, usize>,
    flags: c_uint,
    priority: c_int,
) -> CuResult {
    call(Function::cuStreamCreateWithPriority, || {
        create_any(out, flags, priority.clamp(-1, 0))
    })
}

fn create_any(out: Out<'_, usize>, flags: c_uint, priority: c_int) -> Result<(), CudaError> {
    let context = context::current()?;
    let out = out.ok_or(INVALID_VALUE)?;
    if flags & !NON_BLOCKING != 0 {
        return Err(INVALID_VALUE);
    }
    out.write(Stream::spawn(&context, flags, priority, false)?);
    Ok(())
}

/// `cuStreamDestroy_v2`: returns at once; the work is still finished, and waited for as before.
pub(crate) extern "C" fn destroy(handle: usize) -> CuResult {
    call(Function::cuStreamDestroy_v2, || {
        context::end(|context| {
            let stream = STREAMS
                .get(handle)
                .filter(|stream| stream.context == context.handle && !stream.is_null);
            match stream {
                Some(stream) if stream.end() => Ok(()),
                _ => Err(INVALID_HANDLE),
            }
        })
    })
}

/// `cuStreamSynchronize`
pub(crate) extern "C" fn synchronize(handle: usize) -> CuResult {
    call(Function::cuStreamSynchronize, || {
        let stream = find(handle)?;
        add(&COUNTERS.synchronisations, 1);
        wait_for_all(&stream);
        context::current().map(|_| ())
    })
}

/// Waits for a stream; for the null stream, for all that it orders itself behind.
pub(crate) fn wait_for_all(stream: &Arc<Stream>) {
    if stream.is_null {
        of_context(stream.context, Stream::is_blocking).wait();
    } else if let Some(count) = stream.unfinished() {
        stream.wait_for(count);
    }
}

/// `cuStreamQuery`
pub(crate) extern "C" fn query(handle: usize) -> CuResult {
    call(Function::cuStreamQuery, || {
        let stream = find(handle)?;
        if stream.unfinished().is_some() {
            Err(NOT_READY)
        } else {
            Ok(())
        }
    })
}

/// `cuStreamWaitEvent`
pub(crate) extern "C" fn wait_event(handle: usize, event: usize, flags: c_uint) -> CuResult {
    call(Function::cuStreamWaitEvent, || {
        let stream = find(handle)?;
        let event = event::find(event)?;
        if flags != 0 {
            return Err(INVALID_VALUE);
        }
        add(&COUNTERS.stream_waits, 1);
        if let Some(sync) = event.sync().cloned() {
            stream.enqueue(|slot| slot.command = Command::Signal(sync));
        }
        if let Some((other, done)) = event.recorded() {
            stream.enqueue(|slot| {
                slot.command = Command::Wait {
                    stream: other,
                    done,
                }
            });
        }
        Ok(())
    })
}

/// `cuStreamGetFlags`
pub(crate) extern "C" fn get_flags(handle: usize, out: Out<'_, c_uint>) -> CuResult {
    call(Function::cuStreamGetFlags, || put(out, find(handle)?.flags))
}

/// `cuStreamGetPriority`
pub(crate) extern "C" fn get_priority(handle: usize, out: Out<'_, c_int>) -> CuResult {
    call(Function::cuStreamGetPriority, || {
        put(out, find(handle)?.priority)
    })
}

/// `cuStreamGetCtx`
pub(crate) extern "C" fn get_ctx(handle: usize, out: Out<'_, usize>) -> CuResult {
    call(Function::cuStreamGetCtx, || put(out, find(handle)?.context))
}

/// `cuStreamAddCallback`
pub(crate) extern "C" fn add_callback(
    handle: usize,
    function: Option<unsafe extern "C" fn(usize, CuResult, *mut c_void)>,
    data: *mut c_void,
    flags: c_uint,
) -> CuResult {
    call(Function::cuStreamAddCallback, || {
        let stream = find(handle)?;
        let function = function.ok_or(INVALID_VALUE)?;
        if flags != 0 {
            return Err(INVALID_VALUE);
        }
        let (context, data) = (stream.context, data.expose_provenance());
        stream.enqueue(|slot| {
            slot.command = Command::Callback {
                function,
                stream: handle,
                context,
                data,
            }
        });
        Ok(())
    })
}

/// `cuLaunchHostFunc`
pub(crate) extern "C" fn launch_host_func(
    handle: usize,
    function: Option<unsafe extern "C" fn(*mut c_void)>,
    data: *mut c_void,
) -> CuResult {
    call(Function::cuLaunchHostFunc, || {
        let stream = find(handle)?;
        let function = function.ok_or(INVALID_VALUE)?;
        let data = data.expose_provenance();
        stream.enqueue(|slot| slot.command = Command::Host { function, data });
        Ok(())
    })
}
