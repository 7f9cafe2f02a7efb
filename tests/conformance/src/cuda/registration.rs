//! Registrations by single calls, in whatever context is current, and contexts beside the primary one.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::null_mut;

use egl_cuda::sys::{CUcontext, CUeglFrame, CUgraphicsResource, CUresult};

use super::{Cuda, done};
use crate::case::Failure;
use crate::check;

/// A registered EGLImage. Nobody unregisters it for a case that ends early: its process ends.
#[derive(Debug)]
#[must_use = "a registration lasts until it is unregistered"]
pub(crate) struct Registration<'a> {
    cuda: &'a Cuda,
    raw: CUgraphicsResource,
}

/// A context that is not the primary one; destroyed on drop.
#[derive(Debug)]
pub(crate) struct OtherContext<'a> {
    cuda: &'a Cuda,
    raw: CUcontext,
}

impl Cuda {
    /// Registers an EGLImage in the current context, flags 0.
    pub(crate) fn register_here(&self, image: *mut c_void) -> Result<Registration<'_>, Failure> {
        let mut raw = null_mut();
        // SAFETY: the pointer is valid for the call; a live image of the library.
        done("cuGraphicsEGLRegisterImage", unsafe {
            self.register(&raw mut raw, image, 0)
        })?;
        check::that("the registration is not null", !raw.is_null())?;
        Ok(Registration { cuda: self, raw })
    }

    /// Makes another context of the same device. It is not current.
    pub(crate) fn other_context(&self) -> Result<OtherContext<'_>, Failure> {
        let mut raw = null_mut();
        // SAFETY: the pointer is valid for the call.
        done("cuCtxCreate", unsafe {
            self.ctx_create(&raw mut raw, 0, self.context.ordinal())
        })?;
        // Making it made it current.
        let other = OtherContext { cuda: self, raw };
        other.pop()?;
        Ok(other)
    }
}

impl Registration<'_> {
    /// The frame, as the current context is told it, or the code that it is refused with.
    pub(crate) fn try_frame(&self) -> Result<Result<CUeglFrame, CUresult>, Failure> {
        let mut frame = MaybeUninit::<CUeglFrame>::zeroed();
        // SAFETY: room for one frame; the resource is registered.
        match unsafe { self.cuda.frame_of(frame.as_mut_ptr(), self.raw, 0, 0) }? {
            // SAFETY: it was zeroed, which is a valid frame, and the driver filled it in.
            0 => Ok(Ok(unsafe { frame.assume_init() })),
            code => Ok(Err(code)),
        }
    }

    /// The frame, which the current context has to be told.
    pub(crate) fn frame(&self) -> Result<CUeglFrame, Failure> {
        let call = "cuGraphicsResourceGetMappedEglFrame";
        self.try_frame()?
            .map_err(|code| Failure::new(format!("{call} returns: 0"), code.to_string()))
    }

    /// Unregisters it with the current context, which has to work.
    pub(crate) fn unregister_here(self) -> Result<(), Failure> {
        // SAFETY: the resource is registered, and forgotten with `self`.
        done("cuGraphicsUnregisterResource", unsafe {
            self.cuda.unregister(self.raw)
        })
    }
}

impl OtherContext<'_> {
    pub(crate) fn as_raw(&self) -> CUcontext {
        self.raw
    }

    /// Does something with this context current.
    pub(crate) fn run<R>(&self, work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
        // SAFETY: the context is alive.
        done("cuCtxPushCurrent", unsafe {
            self.cuda.ctx_push_current(self.raw)
        })?;
        let result = work();
        self.pop()?;
        result
    }

    /// Takes it off the thread's stack, on top of which it has to be.
    fn pop(&self) -> Result<(), Failure> {
        let mut popped = null_mut();
        // SAFETY: the pointer is valid for the call.
        done("cuCtxPopCurrent", unsafe {
            self.cuda.ctx_pop_current(&raw mut popped)
        })?;
        check::equal("the context that was current", popped, self.raw)
    }
}

impl Drop for OtherContext<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `other_context`, and used no more.
        let _ignored = unsafe { self.cuda.ctx_destroy(self.raw) };
    }
}
