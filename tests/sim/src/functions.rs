//! The functions of the simulated libraries: name, number and address of each.

#![forbid(unsafe_code)]

use std::ffi::c_void;

use crate::{cuda, legacy, missing, nvbuf};

macro_rules! functions {
    ($($library:literal
        simulated { $($symbol:ident => $path:path,)* }
        missing { $($missing:ident => $result:ident,)* }
    )*) => {
        /// A function that a shim exports.
        #[derive(Clone, Copy, Debug)]
        #[expect(non_camel_case_types, clippy::enum_variant_names, reason = "C names")]
        pub(crate) enum Function { $($($symbol,)* $($missing,)*)* }

        /// C names in the order of [`Function`].
        pub(crate) const NAMES: &[&str] =
            &[$($(stringify!($symbol),)* $(stringify!($missing),)*)*];

        /// The address of a function of a library. Which of them a release has is the shim's affair:
        /// its list comes from the release's headers.
        pub(crate) fn resolve(library: &str, name: &str) -> Option<*const c_void> {
            $($(
                if library == $library && name == stringify!($symbol) {
                    return Some($path as *const c_void);
                }
            )*
            $(
                if library == $library && name == stringify!($missing) {
                    const NUMBER: usize = Function::$missing as usize;
                    return Some(missing::$result::<NUMBER> as *const c_void);
                }
            )*)*
            None
        }
    };
}

functions! {
    "libnvbufsurface.so.1.0.0"
    simulated {
        NvBufSurfaceCreate => nvbuf::create::create,
        NvBufSurfaceAllocate => nvbuf::create::allocate,
        NvBufSurfaceDestroy => nvbuf::create::destroy,
        NvBufSurfaceFromFd => nvbuf::create::from_fd,
        NvBufSurfaceMap => nvbuf::map::map,
        NvBufSurfaceUnMap => nvbuf::map::unmap,
        NvBufSurfaceSyncForCpu => nvbuf::map::sync_for_cpu,
        NvBufSurfaceSyncForDevice => nvbuf::map::sync_for_device,
        NvBufSurfaceCopy => nvbuf::copy::copy,
        NvBufSurfaceMemSet => nvbuf::copy::mem_set,
        NvBufSurfaceMapEglImage => nvbuf::egl::map_egl_image,
        NvBufSurfaceUnMapEglImage => nvbuf::egl::unmap_egl_image,
    }
    missing {
        NvBufSurface2Raw => status,
        Raw2NvBufSurface => status,
        NvBufSurfaceGetMapParams => status,
        NvBufSurfaceImport => status,
        NvBufSurfaceMapCudaBuffer => status,
        NvBufSurfaceUnMapCudaBuffer => status,
        NvBufSurfaceMapNvmmBuffer => status,
        NvBufSurfaceUnMapNvmmBuffer => status,
        NvBufSurfaceGetDeviceInfo => status,
        NvBufSurfaceSyncGpuL2CacheForDevice => status,
    }
    "libnvbufsurftransform.so.1.0.0"
    simulated {}
    missing {
        NvBufSurfTransformSetSessionParams => status,
        NvBufSurfTransformGetSessionParams => status,
        NvBufSurfTransformSetDefaultSession => status,
        NvBufSurfTransform => status,
        NvBufSurfTransformAsync => status,
        NvBufSurfTransformComposite => status,
        NvBufSurfTransformCompositeAsync => status,
        NvBufSurfTransformCompositeBlend => status,
        NvBufSurfTransformMultiInputBufComposite => status,
        NvBufSurfTransformMultiInputBufCompositeAsync => status,
        NvBufSurfTransformMultiInputBufCompositeBlend => status,
        NvBufSurfTransformMultiInputBufCompositeBlendAsync => status,
        NvBufSurfTransformSyncObjWait => status,
        NvBufSurfTransformSyncObjDestroy => status,
        NvBufSurfTransformSyncObjFromFile => status,
    }
    "libnvbuf_utils.so.1.0.0"
    simulated {
        NvBufferCreate => legacy::create::create,
        NvBufferCreateEx => legacy::create::create_ex,
        NvBufferDestroy => legacy::create::destroy,
        NvBufferGetParams => legacy::params::get_params,
        NvBufferGetParamsEx => legacy::params::get_params_ex,
        NvBufferGetSize => legacy::handle::get_size,
        ExtractFdFromNvBuffer => legacy::handle::extract_fd,
        NvReleaseFd => legacy::handle::release_fd,
        NvBufferMemMap => legacy::map::map,
        NvBufferMemUnMap => legacy::map::unmap,
        NvBufferMemSyncForCpu => legacy::map::sync_for_cpu,
        NvBufferMemSyncForDevice => legacy::map::sync_for_device,
        NvBufferMemMapEx => legacy::map::map_ex,
        NvBufferMemUnMapEx => legacy::map::unmap_ex,
        NvBufferMemSyncForCpuEx => legacy::map::sync_for_cpu_ex,
        NvBufferMemSyncForDeviceEx => legacy::map::sync_for_device_ex,
        NvEGLImageFromFd => legacy::egl::image_from_fd,
        NvDestroyEGLImage => legacy::egl::destroy_image,
    }
    missing {
        NvBufferCreateInterlace => status,
        NvBufferCreateWithChromaLoc => status,
        NvBufferCreateCompressed => status,
        NvBufferImportFd => status,
        NvBuffer2Raw => status,
        Raw2NvBuffer => status,
        NvBufferTransform => status,
        NvBufferTransformEx => status,
        NvBufferTransformAsync => status,
        NvBufferComposite => status,
        NvBufferSyncObjWait => status,
        NvBufferSyncObjParamsFromFile => status,
        NvBufferSessionCreate => pointer,
        NvBufferSessionDestroy => nothing,
    }
    "libcuda.so.1"
    simulated {
        cuInit => cuda::device::init,
        cuDriverGetVersion => cuda::device::driver_get_version,
        cuDeviceGetCount => cuda::device::get_count,
        cuDeviceGet => cuda::device::get,
        cuDeviceGetName => cuda::device::get_name,
        cuDeviceGetUuid => cuda::device::get_uuid,
        cuDeviceGetAttribute => cuda::device::get_attribute,
        cuDeviceTotalMem_v2 => cuda::device::total_mem,
        cuGetErrorName => cuda::error::get_error_name,
        cuGetErrorString => cuda::error::get_error_string,
        cuDevicePrimaryCtxRetain => cuda::primary::retain,
        cuDevicePrimaryCtxRelease => cuda::primary::release,
        cuDevicePrimaryCtxReset => cuda::primary::reset,
        cuDevicePrimaryCtxSetFlags => cuda::primary::set_flags,
        cuDevicePrimaryCtxGetState => cuda::primary::get_state,
        cuCtxCreate_v2 => cuda::context::create,
        cuCtxDestroy_v2 => cuda::context::destroy,
        cuCtxPushCurrent_v2 => cuda::context::push_current,
        cuCtxPopCurrent_v2 => cuda::context::pop_current,
        cuCtxSetCurrent => cuda::context::set_current,
        cuCtxGetCurrent => cuda::context::get_current,
        cuCtxGetDevice => cuda::context::get_device,
        cuCtxGetFlags => cuda::context::get_flags,
        cuCtxGetApiVersion => cuda::context::get_api_version,
        cuCtxGetStreamPriorityRange => cuda::context::get_stream_priority_range,
        cuCtxSynchronize => cuda::context::synchronize,
        cuStreamCreate => cuda::stream::create,
        cuStreamCreateWithPriority => cuda::stream::create_with_priority,
        cuStreamDestroy_v2 => cuda::stream::destroy,
        cuStreamSynchronize => cuda::stream::synchronize,
        cuStreamQuery => cuda::stream::query,
        cuStreamWaitEvent => cuda::stream::wait_event,
        cuStreamGetFlags => cuda::stream::get_flags,
        cuStreamGetPriority => cuda::stream::get_priority,
        cuStreamGetCtx => cuda::stream::get_ctx,
        cuLaunchHostFunc => cuda::stream::launch_host_func,
        cuEventCreate => cuda::event::create,
        cuEventRecord => cuda::event::record,
        cuEventSynchronize => cuda::event::synchronize,
        cuEventQuery => cuda::event::query,
        cuEventDestroy_v2 => cuda::event::destroy,
        cuEventElapsedTime => cuda::event::elapsed_time,
        cuModuleLoadData => cuda::module::load_data,
        cuModuleLoadDataEx => cuda::module::load_data_ex,
        cuModuleUnload => cuda::module::unload,
        cuModuleGetFunction => cuda::module::get_function,
        cuFuncGetAttribute => cuda::module::get_attribute,
        cuFuncSetCacheConfig => cuda::module::set_cache_config,
        cuLaunchKernel => cuda::launch::launch_kernel,
        cuMemAlloc_v2 => cuda::memory::alloc,
        cuMemAllocPitch_v2 => cuda::memory::alloc_pitch,
        cuMemFree_v2 => cuda::memory::free,
        cuMemAllocHost_v2 => cuda::memory::alloc_host,
        cuMemFreeHost => cuda::memory::free_host,
        cuMemGetInfo_v2 => cuda::memory::get_info,
        cuMemcpyHtoD_v2 => cuda::copy::host_to_device,
        cuMemcpyHtoDAsync_v2 => cuda::copy::host_to_device_async,
        cuMemcpyDtoH_v2 => cuda::copy::device_to_host,
        cuMemcpyDtoHAsync_v2 => cuda::copy::device_to_host_async,
        cuMemcpyDtoD_v2 => cuda::copy::device_to_device,
        cuMemcpyDtoDAsync_v2 => cuda::copy::device_to_device_async,
        cuMemcpy2D_v2 => cuda::copy::copy_2d,
        cuMemcpy2DAsync_v2 => cuda::copy::copy_2d_async,
        cuMemsetD8_v2 => cuda::copy::memset_d8,
        cuMemsetD8Async => cuda::copy::memset_d8_async,
        cuGraphicsEGLRegisterImage => cuda::egl::register_image,
        cuGraphicsResourceGetMappedEglFrame => cuda::egl::get_mapped_egl_frame,
        cuGraphicsUnregisterResource => cuda::egl::unregister_resource,
    }
    missing {}
}
