//! The driver's functions as methods, and the few steps that most tests begin with.

mod descriptors;

use std::ffi::{CString, c_char, c_int, c_uint, c_void};

pub(crate) use descriptors::{ArrayDesc, ArrayDesc3, Copy3D, Half3, ResourceDesc, TextureDesc};

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
    pub(crate) memory_type: c_uint,
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

    /// An address of which the driver finds out what it is.
    pub(crate) fn unified(device: usize, pitch: usize) -> Self {
        Self {
            device,
            pitch,
            ..Self::new(4)
        }
    }

    pub(crate) fn at(self, x_in_bytes: usize, y: usize) -> Self {
        Self {
            x_in_bytes,
            y,
            ..self
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
        /// The functions, looked up once; of those that the release lacks a call is a panic.
        #[derive(Clone, Copy)]
        pub(crate) struct Cuda {
            $($name: Option<unsafe extern "C" fn($($type),*) -> c_uint>,)*
        }

        impl Cuda {
            pub(crate) fn load() -> Self {
                Self { $($name: {
                    let address = $crate::support::symbol_if(LIBRARY, stringify!($symbol));
                    // SAFETY: null, or a function with the driver's prototype for this name.
                    unsafe { std::mem::transmute::<
                        *mut c_void, Option<unsafe extern "C" fn($($type),*) -> c_uint>
                    >(address) }
                },)* }
            }

            $(#[allow(clippy::too_many_arguments, reason = "the driver's prototype")]
            pub(crate) fn $name(&self, $($arg: $type),*) -> c_uint {
                let function = self.$name.expect(stringify!($symbol));
                // SAFETY: tests pass valid pointers, or what the simulator must refuse.
                unsafe { function($($arg),*) }
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
    cuDeviceGetAttribute as attribute(out: *mut c_int, attribute: c_int, device: c_int);
    cuDeviceGetName as device_name(out: *mut c_char, len: c_int, device: c_int);
    cuDeviceTotalMem_v2 as total_memory(out: *mut usize, device: c_int);
    cuDeviceComputeCapability as capability(
        major: *mut c_int, minor: *mut c_int, device: c_int
    );
    cuGetProcAddress as proc_address(
        name: *const c_char, out: *mut *mut c_void, version: c_int, flags: u64
    );
    cuGetProcAddress_v2 as proc_address_v2(
        name: *const c_char, out: *mut *mut c_void, version: c_int, flags: u64, status: *mut c_uint
    );
    cuDevicePrimaryCtxReset as primary_reset(device: c_int);
    cuDevicePrimaryCtxReset_v2 as primary_reset_v2(device: c_int);
    cuDevicePrimaryCtxRelease_v2 as primary_release_v2(device: c_int);
    cuDevicePrimaryCtxSetFlags_v2 as primary_set_flags_v2(device: c_int, flags: c_uint);
    cuCtxCreate_v3 as ctx_create_v3(
        out: *mut usize, affinity: *const c_void, n: c_int, flags: c_uint, device: c_int
    );
    cuCtxCreate_v4 as ctx_create_v4(
        out: *mut usize, params: *const c_void, flags: c_uint, device: c_int
    );
    cuCtxGetDevice as ctx_device(out: *mut c_int);
    cuCtxGetFlags as ctx_flags(out: *mut c_uint);
    cuCtxGetApiVersion as api_version(context: usize, out: *mut c_uint);
    cuCtxGetLimit as get_limit(out: *mut usize, limit: c_uint);
    cuCtxSetLimit as set_limit(limit: c_uint, value: usize);
    cuCtxGetCacheConfig as get_cache(out: *mut c_uint);
    cuCtxSetCacheConfig as set_cache(config: c_uint);
    cuCtxGetSharedMemConfig as get_banks(out: *mut c_uint);
    cuCtxSetSharedMemConfig as set_banks(config: c_uint);
    cuStreamAddCallback as add_callback(
        stream: usize, function: Option<unsafe extern "C" fn(usize, c_uint, *mut c_void)>,
        data: *mut c_void, flags: c_uint
    );
    cuStreamAttachMemAsync as attach(stream: usize, address: usize, len: usize, flags: c_uint);
    cuEventRecordWithFlags as event_record_with(event: usize, stream: usize, flags: c_uint);
    cuEventDestroy_v2 as event_destroy(event: usize);
    cuEventElapsedTime_v2 as elapsed_v2(out: *mut f32, from: usize, to: usize);
    cuModuleLoad as module_load_file(out: *mut usize, path: *const c_char);
    cuModuleGetGlobal_v2 as get_global(
        out: *mut usize, size: *mut usize, module: usize, name: *const c_char
    );
    cuFuncGetAttribute as function_attribute(out: *mut c_int, attribute: c_int, function: usize);
    cuOccupancyMaxActiveBlocksPerMultiprocessor as max_blocks(
        out: *mut c_int, function: usize, size: c_int, shared: usize
    );
    cuOccupancyMaxPotentialBlockSize as best_block(
        grid: *mut c_int, block: *mut c_int, function: usize,
        shared: Option<unsafe extern "C" fn(c_int) -> usize>, bytes: usize, limit: c_int
    );
    cuMemAllocManaged as alloc_managed(out: *mut usize, size: usize, flags: c_uint);
    cuMemAllocHost_v2 as alloc_host(out: *mut *mut c_void, size: usize);
    cuMemHostAlloc as host_alloc(out: *mut *mut c_void, size: usize, flags: c_uint);
    cuMemFreeHost as free_host(address: *mut c_void);
    cuMemHostGetDevicePointer_v2 as device_pointer(
        out: *mut usize, address: *mut c_void, flags: c_uint
    );
    cuMemHostGetFlags as host_flags(out: *mut c_uint, address: *mut c_void);
    cuMemHostRegister_v2 as host_register(address: *mut c_void, size: usize, flags: c_uint);
    cuMemHostUnregister as host_unregister(address: *mut c_void);
    cuMemGetInfo_v2 as mem_info(free: *mut usize, total: *mut usize);
    cuMemGetAddressRange_v2 as address_range(base: *mut usize, size: *mut usize, address: usize);
    cuMemAdvise as advise(address: usize, len: usize, advice: c_uint, device: c_int);
    cuMemPrefetchAsync as prefetch(address: usize, len: usize, device: c_int, stream: usize);
    cuPointerGetAttribute as pointer_attribute(
        out: *mut c_void, attribute: c_uint, address: usize
    );
    cuPointerGetAttributes as pointer_attributes(
        count: c_uint, attributes: *const c_uint, outs: *const *mut c_void, address: usize
    );
    cuMemcpy as copy(to: usize, from: usize, len: usize);
    cuMemcpyAsync as copy_async(to: usize, from: usize, len: usize, stream: usize);
    cuMemcpyAtoH_v2 as array_to_host(
        to: *mut c_void, array: usize, offset: usize, len: usize
    );
    cuMemcpyHtoA_v2 as host_to_array(
        array: usize, offset: usize, from: *const c_void, len: usize
    );
    cuMemcpyHtoAAsync_v2 as host_to_array_async(
        array: usize, offset: usize, from: *const c_void, len: usize, stream: usize
    );
    cuMemcpyAtoD_v2 as array_to_device(to: usize, array: usize, offset: usize, len: usize);
    cuMemcpyDtoA_v2 as device_to_array(array: usize, offset: usize, from: usize, len: usize);
    cuMemcpyAtoA_v2 as array_to_array(
        to: usize, to_offset: usize, from: usize, from_offset: usize, len: usize
    );
    cuMemcpy2DUnaligned_v2 as copy_2d_unaligned(what: *const Copy2D);
    cuMemcpy2DAsync_v2 as copy_2d_async(what: *const Copy2D, stream: usize);
    cuMemcpy3D_v2 as copy_3d(what: *const Copy3D);
    cuMemcpy3DAsync_v2 as copy_3d_async(what: *const Copy3D, stream: usize);
    cuMemsetD8Async as memset_async(address: usize, value: u8, len: usize, stream: usize);
    cuMemsetD16_v2 as memset_16(address: usize, value: u16, count: usize);
    cuMemsetD32_v2 as memset_32(address: usize, value: u32, count: usize);
    cuMemsetD2D8_v2 as fill_8(address: usize, pitch: usize, value: u8, w: usize, h: usize);
    cuMemsetD2D16_v2 as fill_16(address: usize, pitch: usize, value: u16, w: usize, h: usize);
    cuMemsetD2D32Async as fill_32_async(
        address: usize, pitch: usize, value: u32, w: usize, h: usize, stream: usize
    );
    cuArrayCreate_v2 as array_create(out: *mut usize, desc: *const ArrayDesc);
    cuArray3DCreate_v2 as array_create_3d(out: *mut usize, desc: *const ArrayDesc3);
    cuArrayGetDescriptor_v2 as array_desc(out: *mut ArrayDesc, array: usize);
    cuArray3DGetDescriptor_v2 as array_desc_3d(out: *mut ArrayDesc3, array: usize);
    cuArrayDestroy as array_destroy(array: usize);
    cuSurfObjectCreate as surface_create(out: *mut u64, desc: *const ResourceDesc);
    cuSurfObjectDestroy as surface_destroy(surface: u64);
    cuSurfObjectGetResourceDesc as surface_desc(out: *mut ResourceDesc, surface: u64);
    cuTexObjectCreate as texture_create(
        out: *mut u64, desc: *const ResourceDesc, how: *const TextureDesc, view: *const c_void
    );
    cuTexObjectDestroy as texture_destroy(texture: u64);
    cuTexObjectGetResourceDesc as texture_resource(out: *mut ResourceDesc, texture: u64);
    cuTexObjectGetTextureDesc as texture_desc(out: *mut TextureDesc, texture: u64);
    cuTexObjectGetResourceViewDesc as texture_view(out: *mut c_void, texture: u64);
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
