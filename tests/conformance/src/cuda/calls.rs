//! Single calls of the driver, and what they returned.

use std::ffi::{c_int, c_void};

use egl_cuda::sys::{CUcontext, CUeglFrame, CUresult, CUstream};

use super::{Cuda, done, failed};
use crate::case::Failure;
use crate::check;

impl Cuda {
    /// `cuDeviceGetCount`
    pub(crate) fn num_devices(&self) -> Result<c_int, Failure> {
        let mut count = 0;
        // SAFETY: the pointer is valid for the call.
        done("cuDeviceGetCount", unsafe {
            self.device_get_count(&raw mut count)
        })?;
        Ok(count)
    }

    /// `cuCtxGetCurrent`
    pub(crate) fn current(&self) -> Result<CUcontext, Failure> {
        let mut context = std::ptr::null_mut();
        // SAFETY: the pointer is valid for the call.
        done("cuCtxGetCurrent", unsafe {
            self.ctx_get_current(&raw mut context)
        })?;
        Ok(context)
    }

    /// `cuGetErrorName`
    pub(crate) fn name_of(&self, code: CUresult) -> Result<String, Failure> {
        let mut name = std::ptr::null();
        // SAFETY: the pointer is valid for the call.
        done("cuGetErrorName", unsafe {
            self.error_name(code, &raw mut name)
        })?;
        check::that(format_args!("code {code} has a name"), !name.is_null())?;
        // SAFETY: the driver's own string, with an end, for good.
        let name = unsafe { std::ffi::CStr::from_ptr(name) };
        Ok(name.to_string_lossy().into_owned())
    }

    /// The code of registering an EGLImage with flags; nothing stays registered.
    pub(crate) fn code_of_flags(&self, image: *mut c_void, flags: u32) -> Result<u32, Failure> {
        let mut resource = std::ptr::null_mut();
        let _current = self.context.push().map_err(failed)?;
        // SAFETY: a live image of the library, or what the driver must refuse.
        let code = unsafe { self.register(&raw mut resource, image, flags) }?;
        if code == 0 {
            // SAFETY: registered just now, in the current context.
            done("cuGraphicsUnregisterResource", unsafe {
                self.unregister(resource)
            })?;
        }
        Ok(code)
    }

    /// The code of registering an EGLImage with no context on the thread.
    pub(crate) fn code_without_context(&self, image: *mut c_void) -> Result<u32, Failure> {
        let mut resource = std::ptr::null_mut();
        // SAFETY: a live image of the library; the driver must refuse the thread.
        unsafe { self.register(&raw mut resource, image, 0) }
    }

    /// The code of asking for a frame of an image by another index and mip level.
    pub(crate) fn code_of_index(
        &self,
        image: *mut c_void,
        index: u32,
        mip: u32,
    ) -> Result<u32, Failure> {
        let mut resource = std::ptr::null_mut();
        let _current = self.context.push().map_err(failed)?;
        // SAFETY: a live image of the library.
        done("cuGraphicsEGLRegisterImage", unsafe {
            self.register(&raw mut resource, image, 0)
        })?;
        let mut frame = std::mem::MaybeUninit::<CUeglFrame>::zeroed();
        // SAFETY: room for one frame, and a resource of just now.
        let code = unsafe { self.frame_of(frame.as_mut_ptr(), resource, index, mip) };
        // SAFETY: registered just now, in the current context.
        done("cuGraphicsUnregisterResource", unsafe {
            self.unregister(resource)
        })?;
        code
    }

    /// `cuStreamQuery`
    pub(crate) fn is_done(&self, stream: &egl_cuda::Stream) -> Result<bool, Failure> {
        let _current = self.context.push().map_err(failed)?;
        // SAFETY: a live stream.
        match unsafe { self.stream_query(stream.as_raw()) }? {
            0 => Ok(true),
            egl_cuda::sys::CUDA_ERROR_NOT_READY => Ok(false),
            code => Err(Failure::new(
                "cuStreamQuery returns 0 or 600",
                code.to_string(),
            )),
        }
    }

    /// Puts a function of the host on a stream.
    pub(crate) fn call_on(&self, stream: &egl_cuda::Stream, call: fn()) -> Result<(), Failure> {
        self.call_on_raw(stream.as_raw(), call)
    }

    /// The same on the default stream.
    pub(crate) fn call_on_default(&self, call: fn()) -> Result<(), Failure> {
        self.call_on_raw(std::ptr::null_mut(), call)
    }

    fn call_on_raw(&self, stream: CUstream, call: fn()) -> Result<(), Failure> {
        unsafe extern "C" fn trampoline(data: *mut c_void) {
            // SAFETY: `call_on` passes such a function, and nothing else calls this.
            let call = unsafe { std::mem::transmute::<*mut c_void, fn()>(data) };
            call();
        }
        let _current = self.context.push().map_err(failed)?;
        let data = call as *mut c_void;
        // SAFETY: a live stream or the default one, and a function that lives for good and does not panic.
        done("cuLaunchHostFunc", unsafe {
            self.launch_host_func(stream, trampoline, data)
        })
    }
}
