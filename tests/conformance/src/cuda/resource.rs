//! A registration by plain calls, which may be made in a wrong order.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use egl_cuda::sys::{CUeglFrame, CUgraphicsResource, CUresult};

use super::{Cuda, done};
use crate::case::Failure;

/// Nothing ends it but [`Resource::unregister`]. Its calls are made in what is current on the thread.
#[derive(Debug)]
pub(crate) struct Resource<'a> {
    cuda: &'a Cuda,
    raw: CUgraphicsResource,
}

impl Cuda {
    /// Registers an EGLImage in the context that is current, flags 0.
    pub(crate) fn resource(&self, image: *mut c_void) -> Result<Resource<'_>, Failure> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: a live image of the library.
        done("cuGraphicsEGLRegisterImage", unsafe {
            self.register(&raw mut raw, image, 0)
        })?;
        Ok(Resource { cuda: self, raw })
    }
}

impl Resource<'_> {
    /// What the driver says of its frame, and the frame.
    pub(crate) fn frame(&self) -> Result<(CUresult, CUeglFrame), Failure> {
        let mut frame = MaybeUninit::<CUeglFrame>::zeroed();
        // SAFETY: room for one frame, and a live resource (only `unregister` ends it).
        let code = unsafe { self.cuda.frame_of(frame.as_mut_ptr(), self.raw, 0, 0) }?;
        // SAFETY: integers, pointers and enums that are integers: all zero is one, too.
        Ok((code, unsafe { frame.assume_init() }))
    }

    /// Ends it, and gives what the driver says.
    pub(crate) fn unregister(&self) -> Result<CUresult, Failure> {
        // SAFETY: a live resource; cases do not use it after this has worked.
        unsafe { self.cuda.unregister(self.raw) }
    }
}
