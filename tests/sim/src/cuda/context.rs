//! Contexts, and which one is current: a stack per thread.

use std::cell::RefCell;
use std::ffi::{c_int, c_uint, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use super::error::{
    CONTEXT_IS_DESTROYED, CudaError, INVALID_CONTEXT, INVALID_VALUE, OUT_OF_MEMORY,
    UNSUPPORTED_EXEC_AFFINITY,
};
use super::settings::Settings;
use super::{CuResult, Out, call, device, put, put_if, queue};
use crate::functions::Function;
use crate::rule::Rule;
use crate::stats::{COUNTERS, add};
use crate::table::Table;

const DEPTH: usize = 64;

/// A context.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) handle: usize,
    flags: c_uint,
    /// Error that a kernel left; every later call gives it.
    sticky: AtomicU32,
    pub(crate) settings: Settings,
}

/// The contexts that exist.
static CONTEXTS: Table<Context> = Table::new();

/// Contexts of a thread by handle; they may be destroyed meanwhile.
struct Stack {
    handles: [usize; DEPTH],
    len: usize,
}

thread_local! {
    static STACK: RefCell<Stack> = const { RefCell::new(Stack { handles: [0; DEPTH], len: 0 }) };
}

impl Stack {
    fn push(&mut self, handle: usize) -> Result<(), CudaError> {
        *self.handles.get_mut(self.len).ok_or(OUT_OF_MEMORY)? = handle;
        self.len += 1;
        Ok(())
    }

    fn pop(&mut self) -> Option<usize> {
        self.len = self.len.checked_sub(1)?;
        Some(self.handles[self.len])
    }

    fn top(&self) -> Option<usize> {
        Some(self.handles[self.len.checked_sub(1)?])
    }
}

impl Context {
    fn new(handle: usize, flags: c_uint) -> Arc<Self> {
        Arc::new(Self {
            handle,
            flags,
            sticky: AtomicU32::new(0),
            settings: Settings::new(),
        })
    }

    /// Makes the context's later calls fail, as an illegal access on the GPU does.
    pub(crate) fn poison(&self, error: CudaError) {
        self.sticky.store(error.code(), SeqCst);
    }

    /// The error that the context was left with.
    pub(crate) fn left_with(&self) -> Option<CudaError> {
        CudaError::of(self.sticky.load(SeqCst))
    }
}

/// The calling thread's current context; the error that it was left with, if it was.
pub(crate) fn current() -> Result<Arc<Context>, CudaError> {
    let context = alive()?;
    context.left_with().map_or(Ok(context), Err)
}

/// Ends something in the current context: done also if the context was left with an error, which
/// then is the result.
pub(crate) fn end(body: impl FnOnce(&Context) -> Result<(), CudaError>) -> Result<(), CudaError> {
    let context = alive()?;
    let result = body(&context);
    context.left_with().map_or(result, Err)
}

/// The current context, in whatever state.
fn alive() -> Result<Arc<Context>, CudaError> {
    let Some(handle) = STACK.with_borrow(Stack::top) else {
        crate::log::violation(
            Rule::NoCurrentContext,
            format_args!("a function of CUDA is called without a current context"),
        );
        return Err(INVALID_CONTEXT);
    };
    CONTEXTS.get(handle).ok_or(CONTEXT_IS_DESTROYED)
}

/// A live context by handle.
pub(crate) fn find(handle: usize) -> Result<Arc<Context>, CudaError> {
    CONTEXTS.get(handle).ok_or(INVALID_CONTEXT)
}

/// A new context.
pub(crate) fn add_context(flags: c_uint) -> usize {
    let handle = crate::table::new_handle();
    CONTEXTS.lock().insert(handle, Context::new(handle, flags));
    handle
}

/// Replaces a context by a new one under the same handle.
pub(crate) fn renew_context(handle: usize, flags: c_uint) -> Result<(), CudaError> {
    remove_context(handle)?;
    CONTEXTS.lock().insert(handle, Context::new(handle, flags));
    Ok(())
}

/// Destroys a context with all that lives in it.
pub(crate) fn remove_context(handle: usize) -> Result<(), CudaError> {
    CONTEXTS.remove(handle).ok_or(INVALID_CONTEXT)?;
    // First: the work that was given to it uses what ends below.
    queue::context_gone(handle);
    super::egl::context_gone(handle);
    super::egl_stream::context_gone(handle);
    super::module::context_gone(handle);
    super::object::context_gone(handle);
    super::array::context_gone(handle);
    super::memory::context_gone(handle);
    super::event::context_gone(handle);
    Ok(())
}

/// Checks the flags of a context: one way to wait, and bits up to `CU_CTX_SYNC_MEMOPS`.
pub(crate) fn check_flags(flags: c_uint) -> Result<(), CudaError> {
    match (flags & 0x7, flags >> 8) {
        (0 | 1 | 2 | 4, 0) => Ok(()),
        _ => Err(INVALID_VALUE),
    }
}

/// `cuCtxCreate_v2`
pub(crate) extern "C" fn create(out: Out<'_, usize>, flags: c_uint, dev: c_int) -> CuResult {
    call(Function::cuCtxCreate_v2, || create_any(out, flags, dev))
}

fn create_any(out: Out<'_, usize>, flags: c_uint, dev: c_int) -> Result<(), CudaError> {
    device::check(dev)?;
    check_flags(flags)?;
    let out = out.ok_or(INVALID_VALUE)?;
    let handle = add_context(flags);
    if let Err(error) = STACK.with_borrow_mut(|stack| stack.push(handle)) {
        remove_context(handle)?;
        return Err(error);
    }
    out.write(handle);
    Ok(())
}

/// `cuCtxCreate_v3`: without execution affinity, which integrated GPUs do not have.
pub(crate) extern "C" fn create_v3(
    out: Out<'_, usize>,
    _affinity: *const c_void,
    num_affinity: c_int,
    flags: c_uint,
    dev: c_int,
) -> CuResult {
    call(Function::cuCtxCreate_v3, || {
        if num_affinity != 0 {
            return Err(UNSUPPORTED_EXEC_AFFINITY);
        }
        create_any(out, flags, dev)
    })
}

/// `CUctxCreateParams`
#[derive(Debug)]
#[repr(C)]
pub(crate) struct CreateParams {
    _affinity: *const c_void,
    num_affinity: c_int,
    graphics: *const c_void,
}

/// `cuCtxCreate_v4`: as [`create_v3`], and not together with a graphics client.
pub(crate) extern "C" fn create_v4(
    out: Out<'_, usize>,
    params: Option<&CreateParams>,
    flags: c_uint,
    dev: c_int,
) -> CuResult {
    call(Function::cuCtxCreate_v4, || {
        if params.is_some_and(|params| params.num_affinity != 0) {
            return Err(UNSUPPORTED_EXEC_AFFINITY);
        }
        if params.is_some_and(|params| !params.graphics.is_null()) {
            return Err(super::error::NOT_SUPPORTED);
        }
        create_any(out, flags, dev)
    })
}

/// `cuCtxDestroy_v2`
pub(crate) extern "C" fn destroy(context: usize) -> CuResult {
    call(Function::cuCtxDestroy_v2, || {
        if super::primary::is_primary(context) {
            return Err(INVALID_CONTEXT);
        }
        remove_context(context)?;
        STACK.with_borrow_mut(|stack| {
            if stack.top() == Some(context) {
                stack.pop();
            }
        });
        Ok(())
    })
}

/// `cuCtxPushCurrent_v2`
pub(crate) extern "C" fn push_current(context: usize) -> CuResult {
    call(Function::cuCtxPushCurrent_v2, || {
        find(context)?;
        STACK.with_borrow_mut(|stack| stack.push(context))
    })
}

/// `cuCtxPopCurrent_v2`
pub(crate) extern "C" fn pop_current(out: Out<'_, usize>) -> CuResult {
    call(Function::cuCtxPopCurrent_v2, || {
        put_if(
            out,
            STACK.with_borrow_mut(Stack::pop).ok_or(INVALID_CONTEXT)?,
        );
        Ok(())
    })
}

/// `cuCtxSetCurrent`
pub(crate) extern "C" fn set_current(context: usize) -> CuResult {
    call(Function::cuCtxSetCurrent, || {
        if context != 0 {
            find(context)?;
        }
        STACK.with_borrow_mut(|stack| {
            stack.pop();
            if context == 0 {
                Ok(())
            } else {
                stack.push(context)
            }
        })
    })
}

/// `cuCtxGetCurrent`
pub(crate) extern "C" fn get_current(out: Out<'_, usize>) -> CuResult {
    call(Function::cuCtxGetCurrent, || {
        put(out, STACK.with_borrow(Stack::top).unwrap_or(0))
    })
}

/// `cuCtxGetDevice`
pub(crate) extern "C" fn get_device(out: Out<'_, c_int>) -> CuResult {
    call(Function::cuCtxGetDevice, || {
        alive()?;
        put(out, 0)
    })
}

/// `cuCtxGetFlags`
pub(crate) extern "C" fn get_flags(out: Out<'_, c_uint>) -> CuResult {
    call(Function::cuCtxGetFlags, || put(out, alive()?.flags))
}

/// `cuCtxGetApiVersion`
pub(crate) extern "C" fn get_api_version(context: usize, out: Out<'_, c_uint>) -> CuResult {
    call(Function::cuCtxGetApiVersion, || {
        if context == 0 {
            alive()?
        } else {
            find(context)?
        };
        put(out, 3020)
    })
}

/// `cuCtxGetStreamPriorityRange`
pub(crate) extern "C" fn get_stream_priority_range(
    least: Out<'_, c_int>,
    greatest: Out<'_, c_int>,
) -> CuResult {
    call(Function::cuCtxGetStreamPriorityRange, || {
        alive()?;
        put_if(least, 0);
        put_if(greatest, -1);
        Ok(())
    })
}

/// `cuCtxSynchronize`
pub(crate) extern "C" fn synchronize() -> CuResult {
    call(Function::cuCtxSynchronize, || {
        let context = current()?;
        add(&COUNTERS.synchronisations, 1);
        queue::of_context(context.handle, |_| true).wait();
        current().map(|_| ())
    })
}
