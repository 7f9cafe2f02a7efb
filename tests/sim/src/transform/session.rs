//! Sessions: the engine that a thread's transforms use.

use std::cell::Cell;
use std::ffi::{c_int, c_void};

use nvbufsurface_sys::classic as sys;

use super::request::in_family;
use super::{Failure, call, fail};
use crate::functions::Function;
use crate::nvbuf::buffer::Buffer;

/// What `NvBufSurfTransformSetSessionParams` takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    engine: u32,
    gpu_id: i32,
    /// Address of the caller's CUDA stream, which is not used: GPU transforms run at once.
    stream: usize,
}

const DEFAULT: Session = Session {
    engine: sys::NvBufSurfTransformCompute_Default,
    gpu_id: 0,
    stream: 0,
};

thread_local! {
    static SESSION: Cell<Session> = const { Cell::new(DEFAULT) };
}

/// The session of the calling thread.
pub(crate) fn current() -> Session {
    SESSION.get()
}

impl Session {
    /// Whether it is the VIC: so it is by default on a Jetson.
    pub(crate) fn is_vic(self) -> bool {
        self.engine != sys::NvBufSurfTransformCompute_GPU
    }

    fn name(self) -> &'static str {
        if self.is_vic() { "VIC" } else { "GPU" }
    }

    /// Whether the engine reaches a type of memory.
    pub(crate) fn check_memory(self, function: Function, mem_type: u32) -> Result<(), Failure> {
        let reaches = match mem_type {
            sys::NVBUF_MEM_SURFACE_ARRAY => true,
            sys::NVBUF_MEM_CUDA_PINNED
            | sys::NVBUF_MEM_CUDA_DEVICE
            | sys::NVBUF_MEM_CUDA_UNIFIED => !self.is_vic(),
            _ => false,
        };
        if !reaches {
            let name = self.name();
            fail!(
                function,
                Engine,
                "the {name} does not reach memory of type {mem_type}"
            );
        }
        Ok(())
    }

    /// Whether the engine writes a buffer's layout.
    pub(crate) fn check_target(self, function: Function, buffer: &Buffer) -> Result<(), Failure> {
        if !self.is_vic() && buffer.layout != sys::NVBUF_LAYOUT_PITCH {
            fail!(
                function,
                Engine,
                "the GPU writes pitch layout only, fd {} is block-linear",
                buffer.fd()
            );
        }
        Ok(())
    }
}

/// `NvBufSurfTransformSetSessionParams`
///
/// # Safety
///
/// `params` is null or points to a `NvBufSurfTransformConfigParams` of the release's family.
pub(crate) unsafe extern "C" fn set(params: *const c_void) -> c_int {
    let function = Function::NvBufSurfTransformSetSessionParams;
    call(function, || {
        if params.is_null() {
            fail!(function, Params, "the parameters are NULL");
        }
        let session = in_family!(family => {
            let params = params.cast::<family::NvBufSurfTransformConfigParams>();
            // SAFETY: by this function's contract.
            let params = unsafe { params.read() };
            Session {
                engine: params.compute_mode,
                gpu_id: params.gpu_id,
                stream: params.cuda_stream.addr(),
            }
        });
        if session.engine > sys::NvBufSurfTransformCompute_VIC {
            fail!(function, Params, "compute_mode is {}", session.engine);
        }
        SESSION.set(session);
        Ok(())
    })
}

/// `NvBufSurfTransformGetSessionParams`
///
/// # Safety
///
/// `params` is null or points to a writable `NvBufSurfTransformConfigParams` of the family.
pub(crate) unsafe extern "C" fn get(params: *mut c_void) -> c_int {
    let function = Function::NvBufSurfTransformGetSessionParams;
    call(function, || {
        if params.is_null() {
            fail!(function, Params, "the parameters are NULL");
        }
        let session = current();
        in_family!(family => {
            #[allow(clippy::needless_update, reason = "one of the families has reserved words")]
            let value = family::NvBufSurfTransformConfigParams {
                compute_mode: session.engine,
                gpu_id: session.gpu_id,
                cuda_stream: std::ptr::without_provenance_mut(session.stream),
                ..Default::default()
            };
            let params = params.cast::<family::NvBufSurfTransformConfigParams>();
            // SAFETY: by this function's contract.
            unsafe { params.write(value) };
        });
        Ok(())
    })
}

/// `NvBufSurfTransformSetDefaultSession`
pub(crate) extern "C" fn set_default() -> c_int {
    call(Function::NvBufSurfTransformSetDefaultSession, || {
        SESSION.set(DEFAULT);
        Ok(())
    })
}
