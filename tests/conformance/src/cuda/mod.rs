//! CUDA: egl-cuda's objects, and raw calls for what they have no method for.

mod calls;
mod memory;
mod registration;

pub(crate) use memory::{Memory, Pinned};

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ptr::NonNull;

use egl_cuda::sys::{
    CUarray, CUcontext, CUdeviceptr, CUeglFrame, CUeglFrameType, CUgraphicsResource, CUresult,
    CUstream,
};
use egl_cuda::{Context, Driver, MappedEglImage};

use crate::case::Failure;
use crate::check;

/// Half of a `CUDA_MEMCPY2D`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Half {
    x_in_bytes: usize,
    y: usize,
    memory_type: c_uint,
    host: *mut c_void,
    device: CUdeviceptr,
    array: CUarray,
    pitch: usize,
}

/// `CUDA_MEMCPY2D`
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Copy2d {
    from: Half,
    to: Half,
    width_in_bytes: usize,
    height: usize,
}

/// A plane on the device, as a copy takes it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Pitch(CUdeviceptr, usize),
    Array(CUarray),
}

impl Half {
    fn new(memory_type: c_uint) -> Self {
        Self {
            x_in_bytes: 0,
            y: 0,
            memory_type,
            host: std::ptr::null_mut(),
            device: 0,
            array: std::ptr::null_mut(),
            pitch: 0,
        }
    }

    fn host(host: *mut c_void, pitch: usize) -> Self {
        Self {
            host,
            pitch,
            ..Self::new(1)
        }
    }

    fn at(place: Place) -> Self {
        match place {
            Place::Pitch(device, pitch) => Self {
                device,
                pitch,
                ..Self::new(2)
            },
            Place::Array(array) => Self {
                array,
                ..Self::new(3)
            },
        }
    }
}

macro_rules! raw {
    ($($name:ident = $symbol:literal ($($arg:ident: $type:ty),*);)*) => {
        /// Calls that egl-cuda has no method for. They want a context on the thread.
        ///
        /// Arguments are the driver's to check, but for pointers: these are the methods' callers'.
        impl Cuda {
            $(
                /// # Safety
                ///
                /// Pointers are good for what the driver does with them.
                #[doc(alias = $symbol)]
                pub(crate) unsafe fn $name(&self, $($arg: $type),*) -> Result<CUresult, Failure> {
                    const SYMBOL: &std::ffi::CStr = match std::ffi::CStr::from_bytes_with_nul(
                        concat!($symbol, "\0").as_bytes()
                    ) {
                        Ok(name) => name,
                        Err(_) => panic!("a NUL in a name"),
                    };
                    let missing = || Failure::new($symbol, "no such function");
                    let address = self.driver.symbol(SYMBOL).ok_or_else(missing)?;
                    // SAFETY: libcuda's function of this name has this prototype, and the library
                    // stays open.
                    let function = unsafe {
                        std::mem::transmute::<
                            *mut c_void,
                            unsafe extern "C" fn($($type),*) -> CUresult,
                        >(address.as_ptr())
                    };
                    // SAFETY: by this function's contract.
                    Ok(unsafe { function($($arg),*) })
                }
            )*
        }
    };
}

raw! {
    device_get_count = "cuDeviceGetCount" (out: *mut c_int);
    error_name = "cuGetErrorName" (code: CUresult, out: *mut *const c_char);
    ctx_get_current = "cuCtxGetCurrent" (out: *mut CUcontext);
    ctx_create = "cuCtxCreate_v2" (out: *mut CUcontext, flags: c_uint, device: c_int);
    ctx_destroy = "cuCtxDestroy_v2" (context: CUcontext);
    ctx_push_current = "cuCtxPushCurrent_v2" (context: CUcontext);
    ctx_pop_current = "cuCtxPopCurrent_v2" (out: *mut CUcontext);
    stream_query = "cuStreamQuery" (stream: CUstream);
    launch_host_func = "cuLaunchHostFunc"
        (stream: CUstream, function: unsafe extern "C" fn(*mut c_void), data: *mut c_void);
    mem_alloc = "cuMemAlloc_v2" (out: *mut CUdeviceptr, size: usize);
    mem_free = "cuMemFree_v2" (address: CUdeviceptr);
    mem_alloc_host = "cuMemAllocHost_v2" (out: *mut *mut c_void, size: usize);
    mem_free_host = "cuMemFreeHost" (address: *mut c_void);
    memset = "cuMemsetD8_v2" (address: CUdeviceptr, value: u8, len: usize);
    memset_async = "cuMemsetD8Async"
        (address: CUdeviceptr, value: u8, len: usize, stream: CUstream);
    to_host = "cuMemcpyDtoH_v2" (to: *mut c_void, from: CUdeviceptr, len: usize);
    to_host_async = "cuMemcpyDtoHAsync_v2"
        (to: *mut c_void, from: CUdeviceptr, len: usize, stream: CUstream);
    to_device = "cuMemcpyHtoD_v2" (to: CUdeviceptr, from: *const c_void, len: usize);
    copy_2d = "cuMemcpy2D_v2" (what: *const Copy2d);
    copy_2d_async = "cuMemcpy2DAsync_v2" (what: *const Copy2d, stream: CUstream);
    register = "cuGraphicsEGLRegisterImage"
        (out: *mut CUgraphicsResource, image: *mut c_void, flags: c_uint);
    frame_of = "cuGraphicsResourceGetMappedEglFrame"
        (out: *mut CUeglFrame, resource: CUgraphicsResource, index: c_uint, mip: c_uint);
    unregister = "cuGraphicsUnregisterResource" (resource: CUgraphicsResource);
}

/// A call of the driver that has to work.
pub(crate) fn done(call: &str, code: Result<CUresult, Failure>) -> Result<(), Failure> {
    check::equal(format_args!("{call} returns"), code?, 0)
}

/// An error of egl-cuda as a failure.
pub(crate) fn failed(error: egl_cuda::Error) -> Failure {
    Failure::new("that CUDA does it", error.to_string())
}

/// The driver and the device's primary context.
#[derive(Debug)]
pub(crate) struct Cuda {
    pub(crate) driver: &'static Driver,
    pub(crate) context: Context,
}

impl Cuda {
    pub(crate) fn new() -> Result<Self, Failure> {
        let context = Context::primary(0).map_err(failed)?;
        Ok(Self {
            driver: context.driver(),
            context,
        })
    }

    /// Registers an EGLImage, flags 0. Work on it is over before the result is dropped, and the
    /// image lives longer: cases are written so.
    pub(crate) fn image(&self, image: *mut c_void) -> Result<MappedEglImage, Failure> {
        let image = NonNull::new(image).ok_or_else(|| Failure::new("an EGLImage", "null"))?;
        // SAFETY: a live image of the library, which the case unmaps after the registration is
        // dropped.
        unsafe { MappedEglImage::register(&self.context, image, ()) }.map_err(failed)
    }

    /// The pixels of a plane on the device, packed.
    pub(crate) fn read(&self, from: Place, row: usize, rows: usize) -> Result<Vec<u8>, Failure> {
        let _current = self.context.push().map_err(failed)?;
        self.read_here(from, row, rows)
    }

    /// The same, with the context that is current.
    pub(crate) fn read_here(
        &self,
        from: Place,
        row: usize,
        rows: usize,
    ) -> Result<Vec<u8>, Failure> {
        let mut bytes = vec![0u8; row * rows];
        let what = Copy2d {
            from: Half::at(from),
            to: Half::host(bytes.as_mut_ptr().cast(), row),
            width_in_bytes: row,
            height: rows,
        };
        // SAFETY: the host side is the vector, as long as the rows; the device checks its own.
        done("cuMemcpy2D", unsafe { self.copy_2d(&raw const what) })?;
        Ok(bytes)
    }

    /// Writes packed pixels to a plane on the device, and waits until they are there.
    pub(crate) fn write(&self, to: Place, row: usize, bytes: &[u8]) -> Result<(), Failure> {
        let what = Copy2d {
            from: Half::host(bytes.as_ptr().cast_mut().cast(), row),
            to: Half::at(to),
            width_in_bytes: row,
            height: bytes.len() / row,
        };
        let _current = self.context.push().map_err(failed)?;
        // SAFETY: the host side is the slice, as long as the rows, and only read.
        done("cuMemcpy2D", unsafe { self.copy_2d(&raw const what) })?;
        self.context.synchronize().map_err(failed)
    }

    /// Starts to copy pinned memory to a plane.
    pub(crate) fn start_write(
        &self,
        to: Place,
        row: usize,
        from: &Pinned<'_>,
        stream: &egl_cuda::Stream,
    ) -> Result<(), Failure> {
        let what = Copy2d {
            from: Half::host(from.address, row),
            to: Half::at(to),
            width_in_bytes: row,
            height: from.len / row,
        };
        let _current = self.context.push().map_err(failed)?;
        // SAFETY: the host side is pinned memory that the case keeps until the stream is done.
        done("cuMemcpy2DAsync", unsafe {
            self.copy_2d_async(&raw const what, stream.as_raw())
        })
    }
}

/// Where plane `plane` of a frame is.
pub(crate) fn place(frame: &CUeglFrame, plane: usize, pitch: u32) -> Result<Place, Failure> {
    let (address, array) = addresses(frame, plane);
    check::that(
        format_args!("plane {plane} of {frame:?} is not null"),
        address != 0,
    )?;
    Ok(match frame.frameType {
        CUeglFrameType::PITCH => Place::Pitch(address, pitch as usize),
        _ => Place::Array(array),
    })
}

/// Both readings of a plane's pointer.
fn addresses(frame: &CUeglFrame, plane: usize) -> (CUdeviceptr, CUarray) {
    // SAFETY: both members are plain pointers of any value.
    let pitch = unsafe { frame.frame.pPitch }[plane];
    (pitch.addr() as CUdeviceptr, pitch.cast())
}
