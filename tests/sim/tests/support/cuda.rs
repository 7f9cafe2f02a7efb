//! The driver's functions as methods, and the few steps that most tests begin with.

use std::ffi::{CString, c_char, c_int, c_uint, c_void};

use crate::function;

pub(crate) const LIBRARY: &str = "libcuda.so.1";

/// `CUeglFrame`
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Frame {
    pub(crate) planes: [usize; 3],
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) depth: u32,
    pub(crate) pitch: u32,
    pub(crate) plane_count: u32,
    pub(crate) num_channels: u32,
    pub(crate) frame_type: u32,
    pub(crate) egl_color_format: u32,
    pub(crate) cu_format: u32,
}

/// Half of a `CUDA_MEMCPY2D`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Half {
    pub(crate) x_in_bytes: usize,
    pub(crate) y: usize,
    memory_type: c_uint,
    host: *mut c_void,
    device: usize,
    array: usize,
    pitch: usize,
}

impl Half {
    fn new(memory_type: c_uint) -> Self {
        let host = std::ptr::null_mut();
        Self {
            x_in_bytes: 0,
            y: 0,
            memory_type,
            host,
            device: 0,
            array: 0,
            pitch: 0,
        }
    }

    pub(crate) fn host(host: *mut c_void, pitch: usize) -> Self {
        Self {
            host,
            pitch,
            ..Self::new(1)
        }
    }

    pub(crate) fn device(device: usize, pitch: usize) -> Self {
        Self {
            device,
            pitch,
            ..Self::new(2)
        }
    }

    pub(crate) fn array(array: usize) -> Self {
        Self {
            array,
            ..Self::new(3)
        }
    }
}

/// `CUDA_MEMCPY2D`
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Copy2D {
    from: Half,
    to: Half,
    width_in_bytes: usize,
    height: usize,
}

impl Copy2D {
    pub(crate) fn new(to: Half, from: Half, (width_in_bytes, height): (usize, usize)) -> Self {
        Self {
            from,
            to,
            width_in_bytes,
            height,
        }
    }
}

macro_rules! driver {
    ($($symbol:ident as $name:ident($($arg:ident: $type:ty),*);)*) => {
        /// The functions, looked up once.
        #[derive(Clone, Copy)]
        pub(crate) struct Cuda { $($name: unsafe extern "C" fn($($type),*) -> c_uint,)* }

        impl Cuda {
            pub(crate) fn load() -> Self {
                Self { $($name: function!(
                    LIBRARY, stringify!($symbol), unsafe extern "C" fn($($type),*) -> c_uint
                ),)* }
            }

            $(#[allow(clippy::too_many_arguments, reason = "the driver's prototype")]
            pub(crate) fn $name(&self, $($arg: $type),*) -> c_uint {
                // SAFETY: tests pass valid pointers, or what the simulator must refuse.
                unsafe { (self.$name)($($arg),*) }
            })*
        }
    };
}

driver! {
    cuInit as init(flags: c_uint);
    cuDriverGetVersion as version(out: *mut c_int);
    cuGetErrorName as error_name(error: c_uint, out: *mut *const c_char);
    cuDevicePrimaryCtxRetain as primary_retain(out: *mut usize, device: c_int);
    cuDevicePrimaryCtxRelease as primary_release(device: c_int);
    cuDevicePrimaryCtxGetState as primary_state(device: c_int, f: *mut c_uint, a: *mut c_int);
    cuCtxCreate_v2 as ctx_create(out: *mut usize, flags: c_uint, device: c_int);
    cuCtxDestroy_v2 as ctx_destroy(context: usize);
    cuCtxPushCurrent_v2 as push(context: usize);
    cuCtxPopCurrent_v2 as pop(out: *mut usize);
    cuCtxSetCurrent as set_current(context: usize);
    cuCtxGetCurrent as get_current(out: *mut usize);
    cuCtxSynchronize as ctx_synchronize();
    cuStreamCreate as stream_create(out: *mut usize, flags: c_uint);
    cuStreamDestroy_v2 as stream_destroy(stream: usize);
    cuStreamSynchronize as stream_synchronize(stream: usize);
    cuStreamQuery as stream_query(stream: usize);
    cuStreamWaitEvent as stream_wait(stream: usize, event: usize, flags: c_uint);
    cuLaunchHostFunc as launch_host(
        stream: usize, function: unsafe extern "C" fn(*mut c_void), data: *mut c_void
    );
    cuEventCreate as event_create(out: *mut usize, flags: c_uint);
    cuEventRecord as event_record(event: usize, stream: usize);
    cuEventSynchronize as event_synchronize(event: usize);
    cuEventQuery as event_query(event: usize);
    cuEventElapsedTime as elapsed(out: *mut f32, from: usize, to: usize);
    cuModuleLoadData as module_load(out: *mut usize, image: *const c_char);
    cuModuleUnload as module_unload(module: usize);
    cuModuleGetFunction as get_function(out: *mut usize, module: usize, name: *const c_char);
    cuLaunchKernel as launch_raw(
        function: usize, gx: c_uint, gy: c_uint, gz: c_uint, bx: c_uint, by: c_uint, bz: c_uint,
        shared: c_uint, stream: usize, params: *mut *mut c_void, extra: *mut *mut c_void
    );
    cuMemAlloc_v2 as mem_alloc(out: *mut usize, size: usize);
    cuMemFree_v2 as mem_free(address: usize);
    cuMemcpyDtoH_v2 as copy_to_host(to: *mut c_void, from: usize, len: usize);
    cuMemcpyHtoD_v2 as copy_to_device(to: usize, from: *const c_void, len: usize);
    cuMemcpy2D_v2 as copy_2d(what: *const Copy2D);
    cuMemsetD8_v2 as memset(address: usize, value: u8, len: usize);
    cuGraphicsEGLRegisterImage as register(out: *mut usize, image: *mut c_void, flags: c_uint);
    cuGraphicsResourceGetMappedEglFrame as frame_of(
        out: *mut Frame, resource: usize, index: c_uint, mip: c_uint
    );
    cuGraphicsUnregisterResource as unregister(resource: usize);
}

/// `struct picture` of `twin.c`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Picture {
    pub(crate) pixels: usize,
    pub(crate) pitch: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Cuda {
    /// The driver with the primary context current.
    pub(crate) fn start() -> Self {
        let cuda = Self::load();
        let mut context = 0;
        assert_eq!(cuda.init(0), 0);
        assert_eq!(cuda.primary_retain(&mut context, 0), 0);
        assert_eq!(cuda.push(context), 0);
        cuda
    }

    pub(crate) fn stream(&self) -> usize {
        let mut stream = 0;
        assert_eq!(self.stream_create(&mut stream, 1), 0);
        stream
    }

    pub(crate) fn event(&self) -> usize {
        let mut event = 0;
        assert_eq!(self.event_create(&mut event, 0), 0);
        event
    }

    /// A function of [`super::PTX`].
    pub(crate) fn function(&self, name: &str) -> usize {
        let (ptx, name) = (
            CString::new(super::PTX).unwrap(),
            CString::new(name).unwrap(),
        );
        let (mut module, mut function) = (0, 0);
        assert_eq!(self.module_load(&mut module, ptx.as_ptr()), 0);
        assert_eq!(self.get_function(&mut function, module, name.as_ptr()), 0);
        function
    }

    pub(crate) fn launch(
        &self,
        function: usize,
        stream: usize,
        params: &mut [*mut c_void],
    ) -> c_uint {
        let null = std::ptr::null_mut();
        self.launch_raw(
            function,
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            stream,
            params.as_mut_ptr(),
            null,
        )
    }

    /// Launches `fill` of `twin.c`. The parameters are gone when it runs.
    pub(crate) fn fill(
        &self,
        function: usize,
        stream: usize,
        to: Picture,
        ms: u32,
        value: u8,
    ) -> c_uint {
        let (mut to, mut ms, mut value) = (to, ms, value);
        let mut params: [*mut c_void; 3] = [
            (&raw mut to).cast(),
            (&raw mut ms).cast(),
            (&raw mut value).cast(),
        ];
        self.launch(function, stream, &mut params)
    }

    /// Registers a surface's image; the resource and the first plane.
    pub(crate) fn picture(&self, image: *mut c_void) -> (usize, Picture) {
        let (mut resource, mut frame) = (0, Frame::default());
        assert_eq!(self.register(&mut resource, image, 0), 0);
        assert_eq!(self.frame_of(&mut frame, resource, 0, 0), 0);
        let Frame {
            planes,
            pitch,
            width,
            height,
            num_channels,
            ..
        } = frame;
        (
            resource,
            Picture {
                pixels: planes[0],
                pitch,
                width: width * num_channels,
                height,
            },
        )
    }
}
