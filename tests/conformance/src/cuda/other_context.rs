//! A context beside the primary one, which egl-cuda has none of.

use egl_cuda::sys::CUcontext;

use super::{Cuda, done};
use crate::case::Failure;

/// Destroyed on drop.
#[derive(Debug)]
pub(crate) struct OtherContext<'a> {
    cuda: &'a Cuda,
    raw: CUcontext,
}

impl<'a> OtherContext<'a> {
    pub(crate) fn new(cuda: &'a Cuda) -> Result<Self, Failure> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: the pointer is valid for the call.
        done("cuCtxCreate", unsafe {
            cuda.ctx_create(&raw mut raw, 0, 0)
        })?;
        let other = Self { cuda, raw };
        // Creating made it current.
        other.pop()?;
        Ok(other)
    }

    pub(crate) fn as_raw(&self) -> CUcontext {
        self.raw
    }

    /// Does something with it current on this thread.
    pub(crate) fn with<T>(&self, call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        // SAFETY: the context is alive.
        done("cuCtxPushCurrent", unsafe { self.cuda.ctx_push(self.raw) })?;
        let result = call();
        self.pop()?;
        result
    }

    fn pop(&self) -> Result<(), Failure> {
        let mut popped = std::ptr::null_mut();
        // SAFETY: the pointer is valid for the call.
        done("cuCtxPopCurrent", unsafe {
            self.cuda.ctx_pop(&raw mut popped)
        })
    }
}

impl Drop for OtherContext<'_> {
    fn drop(&mut self) {
        // SAFETY: the context is alive, and used no more.
        let _ignored = unsafe { self.cuda.ctx_destroy(self.raw) };
    }
}
