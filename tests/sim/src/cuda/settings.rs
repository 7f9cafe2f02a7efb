//! Limits and preferences of a context: kept, and without effect.

#![forbid(unsafe_code)]

use std::ffi::c_uint;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst};

use super::error::{CudaError, INVALID_VALUE, UNSUPPORTED_LIMIT};
use super::{CuResult, Out, call, context, put};
use crate::functions::Function;

/// What a program has set in a context.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Stack, printf, heap, depth of synchronisation, pending launches.
    limits: [AtomicUsize; 5],
    cache_config: AtomicU32,
    shared_mem_config: AtomicU32,
}

impl Settings {
    pub(crate) fn new() -> Self {
        Self {
            limits: [1024, 1 << 20, 8 << 20, 2, 2048].map(AtomicUsize::new),
            cache_config: AtomicU32::new(0),
            // Banks of four bytes.
            shared_mem_config: AtomicU32::new(1),
        }
    }

    fn limit(&self, limit: c_uint) -> Result<&AtomicUsize, CudaError> {
        let known = usize::try_from(limit).ok().and_then(|n| self.limits.get(n));
        known.ok_or(if limit < 10 {
            UNSUPPORTED_LIMIT
        } else {
            INVALID_VALUE
        })
    }
}

/// `cuCtxGetLimit`
pub(crate) extern "C" fn get_limit(out: Out<'_, usize>, limit: c_uint) -> CuResult {
    call(Function::cuCtxGetLimit, || {
        let context = context::current()?;
        put(out, context.settings.limit(limit)?.load(SeqCst))
    })
}

/// `cuCtxSetLimit`
pub(crate) extern "C" fn set_limit(limit: c_uint, value: usize) -> CuResult {
    call(Function::cuCtxSetLimit, || {
        let context = context::current()?;
        context.settings.limit(limit)?.store(value, SeqCst);
        Ok(())
    })
}

/// `cuCtxGetCacheConfig`
pub(crate) extern "C" fn get_cache_config(out: Out<'_, c_uint>) -> CuResult {
    call(Function::cuCtxGetCacheConfig, || {
        put(out, context::current()?.settings.cache_config.load(SeqCst))
    })
}

/// `cuCtxSetCacheConfig`
pub(crate) extern "C" fn set_cache_config(config: c_uint) -> CuResult {
    call(Function::cuCtxSetCacheConfig, || {
        let context = context::current()?;
        if config > 3 {
            return Err(INVALID_VALUE);
        }
        context.settings.cache_config.store(config, SeqCst);
        Ok(())
    })
}

/// `cuCtxGetSharedMemConfig`
pub(crate) extern "C" fn get_shared_mem_config(out: Out<'_, c_uint>) -> CuResult {
    call(Function::cuCtxGetSharedMemConfig, || {
        let context = context::current()?;
        put(out, context.settings.shared_mem_config.load(SeqCst))
    })
}

/// `cuCtxSetSharedMemConfig`: banks of one size only, as on these GPUs.
pub(crate) extern "C" fn set_shared_mem_config(config: c_uint) -> CuResult {
    call(Function::cuCtxSetSharedMemConfig, || {
        context::current()?;
        if config > 2 {
            return Err(INVALID_VALUE);
        }
        Ok(())
    })
}
