//! What the driver's codes are called and mean.
#![forbid(unsafe_code)]

use std::ffi::CStr;

use crate::sys;

/// What users found to help.
pub(crate) fn remedy(call: &str, code: u32) -> Option<&'static str> {
    let registering = call == "cuGraphicsEGLRegisterImage";
    Some(match code {
        sys::CUDA_ERROR_INVALID_VALUE | sys::CUDA_ERROR_INVALID_HANDLE if registering => {
            "the EGLImage is null, destroyed or of another process's display, or this driver \
             registers no EGLImages of its kind (desktop drivers take few)"
        }
        sys::CUDA_ERROR_OUT_OF_MEMORY => {
            "on a Jetson the GPU shares the system's memory: keep fewer surfaces and frames alive"
        }
        sys::CUDA_ERROR_NO_DEVICE => {
            "no GPU is visible: check group `video`, the container's runtime and \
             CUDA_VISIBLE_DEVICES"
        }
        sys::CUDA_ERROR_INVALID_CONTEXT => {
            "no CUDA context is current on this thread, or not the one that owns the object: hold \
             Context::push() around calls made past this crate"
        }
        sys::CUDA_ERROR_ALREADY_MAPPED => {
            "the EGLImage is registered already: register once per surface, and give a library \
             that registers for itself an EGLImage of its own"
        }
        sys::CUDA_ERROR_NO_BINARY_FOR_GPU
        | sys::CUDA_ERROR_INVALID_PTX
        | sys::CUDA_ERROR_UNSUPPORTED_PTX_VERSION => {
            "compile the PTX for the oldest GPU (Nano sm_53, TX2 sm_62, Xavier sm_72, Orin sm_87) \
             and with a toolkit no newer than the driver"
        }
        sys::CUDA_ERROR_OPERATING_SYSTEM if registering => {
            "the EGLImage is null or stale: map it from a surface that is still alive and check \
             that mapping succeeded"
        }
        sys::CUDA_ERROR_INVALID_VALUE if call == "cuSurfObjectCreate" => {
            "this driver makes no surface of the image's array: ask the producer for pitch linear \
             memory, a nvvidconv before this with bl-output=false"
        }
        sys::CUDA_ERROR_NOT_FOUND if call == "cuModuleGetFunction" => {
            "declare the kernel extern \"C\", or use its mangled name from the PTX"
        }
        sys::CUDA_ERROR_ILLEGAL_ADDRESS | sys::CUDA_ERROR_LAUNCH_FAILED => {
            "an earlier kernel reached outside its memory (index by pitch, check the last block's \
             bounds); the context is lost, restart the process"
        }
        sys::CUDA_ERROR_UNKNOWN if call == "cuEGLStreamProducerPresentFrame" => {
            "64 other memories were presented to this EGLStream, the most it takes in its life: \
             present a fixed set of buffers in turn; or its consumer is gone, and the stream is \
             over: create a new one"
        }
        sys::CUDA_ERROR_UNKNOWN if call.starts_with("cuEGLStream") => {
            "the EGLStream is not in the state for it: the consumer connects first and then the \
             producer, each end once in the stream's life; when one end is gone, or a producer tried \
             before the consumer, the stream is over: create a new one"
        }
        sys::CUDA_ERROR_UNKNOWN => {
            "often the late report of an earlier asynchronous failure: synchronise after each \
             launch to find it; with the very first call, check group `video` and the container's \
             runtime"
        }
        _ => return None,
    })
}

/// The name and the meaning of a code, for when there is no driver to ask.
pub(crate) fn known(code: u32) -> Option<(&'static CStr, &'static CStr)> {
    let index = sys::RESULTS
        .binary_search_by_key(&code, |known| known.0)
        .ok()?;
    let (_, name, text) = sys::RESULTS[index];
    Some((name, text))
}
