//! CUDA: egl-cuda's objects, and raw calls for what they have no method for.

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
        let mut bytes = vec![0u8; row * rows];
        let what = Copy2d {
            from: Half::at(from),
            to: Half::host(bytes.as_mut_ptr().cast(), row),
            width_in_bytes: row,
            height: rows,
        };
        let _current = self.context.push().map_err(failed)?;
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
    let pitch = unsafe { frame.frame.pitch }[plane];
    (pitch.addr() as CUdeviceptr, pitch.cast())
}

/// Pinned host memory; freed on drop.
#[derive(Debug)]
pub(crate) struct Pinned<'a> {
    cuda: &'a Cuda,
    address: *mut c_void,
    len: usize,
}

impl<'a> Pinned<'a> {
    /// With these bytes in it.
    pub(crate) fn new(cuda: &'a Cuda, bytes: &[u8]) -> Result<Self, Failure> {
        let mut address = std::ptr::null_mut();
        let _current = cuda.context.push().map_err(failed)?;
        // SAFETY: the pointer is valid for the call.
        let code = unsafe { cuda.mem_alloc_host(&raw mut address, bytes.len()) };
        done("cuMemAllocHost", code)?;
        let start = address.cast::<u8>();
        // SAFETY: the driver just gave as many bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len()) };
        Ok(Self {
            cuda,
            address,
            len: bytes.len(),
        })
    }

    /// What is in it now, with nothing under way.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        // SAFETY: as many bytes, written when it was made.
        unsafe { std::slice::from_raw_parts(self.address.cast::<u8>(), self.len) }.to_vec()
    }
}

impl Drop for Pinned<'_> {
    fn drop(&mut self) {
        if let Ok(_current) = self.cuda.context.push() {
            // SAFETY: made by the driver, and used no more.
            let _ignored = unsafe { self.cuda.mem_free_host(self.address) };
        }
    }
}

/// Device memory; freed on drop.
#[derive(Debug)]
pub(crate) struct Memory<'a> {
    cuda: &'a Cuda,
    pub(crate) address: CUdeviceptr,
}

impl<'a> Memory<'a> {
    pub(crate) fn new(cuda: &'a Cuda, size: usize) -> Result<Self, Failure> {
        let mut address = 0;
        let _current = cuda.context.push().map_err(failed)?;
        // SAFETY: the pointer is valid for the call.
        done("cuMemAlloc", unsafe {
            cuda.mem_alloc(&raw mut address, size)
        })?;
        Ok(Self { cuda, address })
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        if let Ok(_current) = self.cuda.context.push() {
            // SAFETY: takes no pointer of ours; nothing is under way.
            let _ignored = unsafe { self.cuda.mem_free(self.address) };
        }
    }
}

/// Nobody gets these handles or texts but to look at them.
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

impl Memory<'_> {
    /// Copies bytes to its beginning.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        let _current = self.cuda.context.push().map_err(failed)?;
        let from = bytes.as_ptr().cast();
        // SAFETY: the slice is as long as said, and only read.
        let code = unsafe { self.cuda.to_device(self.address, from, bytes.len()) };
        done("cuMemcpyHtoD", code)
    }

    /// The bytes at its beginning.
    pub(crate) fn read(&self, len: usize) -> Result<Vec<u8>, Failure> {
        let mut bytes = vec![0u8; len];
        let _current = self.cuda.context.push().map_err(failed)?;
        let to = bytes.as_mut_ptr().cast();
        // SAFETY: the vector is as long as said.
        done("cuMemcpyDtoH", unsafe {
            self.cuda.to_host(to, self.address, len)
        })?;
        Ok(bytes)
    }

    /// Fills its beginning.
    pub(crate) fn fill(&self, len: usize, value: u8) -> Result<(), Failure> {
        let _current = self.cuda.context.push().map_err(failed)?;
        // SAFETY: no pointer of the host's.
        done("cuMemsetD8", unsafe {
            self.cuda.memset(self.address, value, len)
        })
    }

    /// Fills its beginning, some time.
    pub(crate) fn start_fill(
        &self,
        len: usize,
        value: u8,
        stream: &egl_cuda::Stream,
    ) -> Result<(), Failure> {
        let _current = self.cuda.context.push().map_err(failed)?;
        // SAFETY: no pointer of the host's; the stream is live.
        done("cuMemsetD8Async", unsafe {
            self.cuda
                .memset_async(self.address, value, len, stream.as_raw())
        })
    }

    /// Copies its beginning to pinned memory, some time.
    pub(crate) fn start_read(
        &self,
        to: &Pinned<'_>,
        stream: &egl_cuda::Stream,
    ) -> Result<(), Failure> {
        let _current = self.cuda.context.push().map_err(failed)?;
        // SAFETY: pinned memory as long as said, which the case keeps until the stream is done.
        done("cuMemcpyDtoHAsync", unsafe {
            self.cuda
                .to_host_async(to.address, self.address, to.len, stream.as_raw())
        })
    }
}
