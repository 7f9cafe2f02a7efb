//! The functions of the simulated libraries: name, number and address of each.

#![forbid(unsafe_code)]

use std::ffi::c_void;

use crate::{cuda, legacy, missing, nvbuf, transform};

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
        NvBufSurface2Raw => nvbuf::raw::to_raw,
        Raw2NvBufSurface => nvbuf::raw::from_raw,
        NvBufSurfaceGetMapParams => nvbuf::share::get_map_params,
        NvBufSurfaceImport => nvbuf::share::import,
        NvBufSurfaceMapCudaBuffer => nvbuf::cuda_buffer::map,
        NvBufSurfaceUnMapCudaBuffer => nvbuf::cuda_buffer::unmap,
        NvBufSurfaceMapNvmmBuffer => nvbuf::nvmm_buffer::map,
        NvBufSurfaceUnMapNvmmBuffer => nvbuf::nvmm_buffer::unmap,
        NvBufSurfaceGetDeviceInfo => nvbuf::device_info::get,
        NvBufSurfaceSyncGpuL2CacheForDevice => nvbuf::cuda_buffer::sync_gpu_l2,
    }
    missing {}
    "libnvbufsurftransform.so.1.0.0"
    simulated {
        NvBufSurfTransformSetSessionParams => transform::session::set,
        NvBufSurfTransformGetSessionParams => transform::session::get,
        NvBufSurfTransformSetDefaultSession => transform::session::set_default,
        NvBufSurfTransform => transform::convert::transform,
        NvBufSurfTransformAsync => transform::convert::transform_async,
        NvBufSurfTransformComposite => transform::composite::composite,
        NvBufSurfTransformCompositeAsync => transform::composite::composite_async,
        NvBufSurfTransformCompositeBlend => transform::blend::composite_blend,
        NvBufSurfTransformMultiInputBufComposite => transform::composite::multi,
        NvBufSurfTransformMultiInputBufCompositeAsync => transform::composite::multi_async,
        NvBufSurfTransformMultiInputBufCompositeBlend => transform::composite::multi_blend,
        NvBufSurfTransformMultiInputBufCompositeBlendAsync =>
            transform::composite::multi_blend_async,
        NvBufSurfTransformSyncObjWait => transform::sync::wait,
        NvBufSurfTransformSyncObjDestroy => transform::sync::destroy,
    }
    missing {
        NvBufSurfTransformSyncObjFromFile => status,
    }
    "libnvbuf_utils.so.1.0.0"
    simulated {
        NvBufferCreate => legacy::create::create,
        NvBufferCreateEx => legacy::create::create_ex,
        NvBufferCreateInterlace => legacy::create::create_interlace,
        NvBufferCreateWithChromaLoc => legacy::create::create_with_chroma_loc,
        NvBufferCreateCompressed => legacy::create::create_compressed,
        NvBufferImportFd => legacy::import::import_fd,
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
        NvBuffer2Raw => legacy::raw::to_raw,
        Raw2NvBuffer => legacy::raw::from_raw,
        NvEGLImageFromFd => legacy::egl::image_from_fd,
        NvDestroyEGLImage => legacy::egl::destroy_image,
        NvBufferTransform => legacy::transform::transform,
        NvBufferTransformEx => legacy::transform::transform_ex,
        NvBufferTransformAsync => legacy::transform::transform_async,
        NvBufferComposite => legacy::transform::composite,
        NvBufferSyncObjWait => legacy::transform::sync_obj_wait,
        NvBufferSessionCreate => legacy::transform::session_create,
        NvBufferSessionDestroy => legacy::transform::session_destroy,
    }
    missing {
        NvBufferSyncObjParamsFromFile => status,
    }
    "libcuda.so.1"
    simulated {
        cuInit => cuda::device::init,
        cuDriverGetVersion => cuda::device::driver_get_version,
        cuGetProcAddress => cuda::proc_address::get,
        cuGetProcAddress_v2 => cuda::proc_address::get_v2,
        cuDeviceGetCount => cuda::device::get_count,
        cuDeviceGet => cuda::device::get,
        cuDeviceGetName => cuda::device::get_name,
        cuDeviceGetUuid => cuda::device::get_uuid,
        cuDeviceGetUuid_v2 => cuda::device::get_uuid_v2,
        cuDeviceGetAttribute => cuda::device::get_attribute,
        cuDeviceComputeCapability => cuda::device::compute_capability,
        cuDeviceTotalMem_v2 => cuda::device::total_mem,
        cuGetErrorName => cuda::error::get_error_name,
        cuGetErrorString => cuda::error::get_error_string,
        cuDevicePrimaryCtxRetain => cuda::primary::retain,
        cuDevicePrimaryCtxRelease => cuda::primary::release,
        cuDevicePrimaryCtxRelease_v2 => cuda::primary::release_v2,
        cuDevicePrimaryCtxReset => cuda::primary::reset,
        cuDevicePrimaryCtxReset_v2 => cuda::primary::reset_v2,
        cuDevicePrimaryCtxSetFlags => cuda::primary::set_flags,
        cuDevicePrimaryCtxSetFlags_v2 => cuda::primary::set_flags_v2,
        cuDevicePrimaryCtxGetState => cuda::primary::get_state,
        cuCtxCreate_v2 => cuda::context::create,
        cuCtxCreate_v3 => cuda::context::create_v3,
        cuCtxCreate_v4 => cuda::context::create_v4,
        cuCtxDestroy_v2 => cuda::context::destroy,
        cuCtxPushCurrent_v2 => cuda::context::push_current,
        cuCtxPopCurrent_v2 => cuda::context::pop_current,
        cuCtxSetCurrent => cuda::context::set_current,
        cuCtxGetCurrent => cuda::context::get_current,
        cuCtxGetDevice => cuda::context::get_device,
        cuCtxGetFlags => cuda::context::get_flags,
        cuCtxGetApiVersion => cuda::context::get_api_version,
        cuCtxGetStreamPriorityRange => cuda::context::get_stream_priority_range,
        cuCtxGetLimit => cuda::settings::get_limit,
        cuCtxSetLimit => cuda::settings::set_limit,
        cuCtxGetCacheConfig => cuda::settings::get_cache_config,
        cuCtxSetCacheConfig => cuda::settings::set_cache_config,
        cuCtxGetSharedMemConfig => cuda::settings::get_shared_mem_config,
        cuCtxSetSharedMemConfig => cuda::settings::set_shared_mem_config,
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
        cuStreamAddCallback => cuda::stream::add_callback,
        cuStreamAttachMemAsync => cuda::managed::attach,
        cuLaunchHostFunc => cuda::stream::launch_host_func,
        cuEventCreate => cuda::event::create,
        cuEventRecord => cuda::event::record,
        cuEventRecordWithFlags => cuda::event::record_with_flags,
        cuEventSynchronize => cuda::event::synchronize,
        cuEventQuery => cuda::event::query,
        cuEventDestroy_v2 => cuda::event::destroy,
        cuEventElapsedTime => cuda::event::elapsed_time,
        cuEventElapsedTime_v2 => cuda::event::elapsed_time_v2,
        cuModuleLoad => cuda::module::load_file,
        cuModuleLoadData => cuda::module::load_data,
        cuModuleLoadDataEx => cuda::module::load_data_ex,
        cuModuleUnload => cuda::module::unload,
        cuModuleGetFunction => cuda::module::get_function,
        cuModuleGetGlobal_v2 => cuda::module::get_global,
        cuFuncGetAttribute => cuda::module::get_attribute,
        cuFuncSetCacheConfig => cuda::module::set_cache_config,
        cuFuncSetSharedMemConfig => cuda::module::set_shared_mem_config,
        cuOccupancyMaxActiveBlocksPerMultiprocessor => cuda::occupancy::max_active_blocks,
        cuOccupancyMaxPotentialBlockSize => cuda::occupancy::max_potential_block_size,
        cuOccupancyAvailableDynamicSMemPerBlock => cuda::occupancy::available_shared_memory,
        cuLaunchKernel => cuda::launch::launch_kernel,
        cuMemAlloc_v2 => cuda::memory::alloc,
        cuMemAllocPitch_v2 => cuda::memory::alloc_pitch,
        cuMemAllocManaged => cuda::managed::alloc,
        cuMemAllocAsync => cuda::memory::alloc_async,
        cuMemFree_v2 => cuda::memory::free,
        cuMemFreeAsync => cuda::memory::free_async,
        cuMemAllocHost_v2 => cuda::host::alloc_plain,
        cuMemFreeHost => cuda::host::free,
        cuMemHostAlloc => cuda::host::alloc,
        cuMemHostGetDevicePointer_v2 => cuda::host::get_device_pointer,
        cuMemHostGetFlags => cuda::host::get_flags,
        cuMemHostRegister_v2 => cuda::host::register,
        cuMemHostUnregister => cuda::host::unregister,
        cuMemGetInfo_v2 => cuda::memory::get_info,
        cuMemGetAddressRange_v2 => cuda::pointer::get_address_range,
        cuMemAdvise => cuda::managed::advise,
        cuMemPrefetchAsync => cuda::managed::prefetch,
        cuPointerGetAttribute => cuda::pointer::get_attribute,
        cuPointerGetAttributes => cuda::pointer::get_attributes,
        cuMemcpy => cuda::copy::unified,
        cuMemcpyAsync => cuda::copy::unified_async,
        cuMemcpyHtoD_v2 => cuda::copy::host_to_device,
        cuMemcpyHtoDAsync_v2 => cuda::copy::host_to_device_async,
        cuMemcpyDtoH_v2 => cuda::copy::device_to_host,
        cuMemcpyDtoHAsync_v2 => cuda::copy::device_to_host_async,
        cuMemcpyDtoD_v2 => cuda::copy::device_to_device,
        cuMemcpyDtoDAsync_v2 => cuda::copy::device_to_device_async,
        cuMemcpyAtoH_v2 => cuda::copy_array::array_to_host,
        cuMemcpyAtoHAsync_v2 => cuda::copy_array::array_to_host_async,
        cuMemcpyHtoA_v2 => cuda::copy_array::host_to_array,
        cuMemcpyHtoAAsync_v2 => cuda::copy_array::host_to_array_async,
        cuMemcpyAtoD_v2 => cuda::copy_array::array_to_device,
        cuMemcpyDtoA_v2 => cuda::copy_array::device_to_array,
        cuMemcpyAtoA_v2 => cuda::copy_array::array_to_array,
        cuMemcpy2D_v2 => cuda::copy_2d::copy,
        cuMemcpy2DUnaligned_v2 => cuda::copy_2d::copy_unaligned,
        cuMemcpy2DAsync_v2 => cuda::copy_2d::copy_async,
        cuMemcpy3D_v2 => cuda::copy_3d::copy,
        cuMemcpy3DAsync_v2 => cuda::copy_3d::copy_async,
        cuMemsetD8_v2 => cuda::memset::d8,
        cuMemsetD8Async => cuda::memset::d8_async,
        cuMemsetD16_v2 => cuda::memset::d16,
        cuMemsetD16Async => cuda::memset::d16_async,
        cuMemsetD32_v2 => cuda::memset::d32,
        cuMemsetD32Async => cuda::memset::d32_async,
        cuMemsetD2D8_v2 => cuda::memset::d2d8,
        cuMemsetD2D8Async => cuda::memset::d2d8_async,
        cuMemsetD2D16_v2 => cuda::memset::d2d16,
        cuMemsetD2D16Async => cuda::memset::d2d16_async,
        cuMemsetD2D32_v2 => cuda::memset::d2d32,
        cuMemsetD2D32Async => cuda::memset::d2d32_async,
        cuArrayCreate_v2 => cuda::array::create,
        cuArray3DCreate_v2 => cuda::array::create_3d,
        cuArrayGetDescriptor_v2 => cuda::array::get_descriptor,
        cuArray3DGetDescriptor_v2 => cuda::array::get_descriptor_3d,
        cuArrayDestroy => cuda::array::destroy,
        cuSurfObjectCreate => cuda::object::surface_create,
        cuSurfObjectDestroy => cuda::object::surface_destroy,
        cuSurfObjectGetResourceDesc => cuda::object::surface_resource,
        cuTexObjectCreate => cuda::object::texture_create,
        cuTexObjectDestroy => cuda::object::texture_destroy,
        cuTexObjectGetResourceDesc => cuda::object::texture_resource,
        cuTexObjectGetTextureDesc => cuda::object::texture_desc,
        cuTexObjectGetResourceViewDesc => cuda::object::texture_view,
        cuGraphicsEGLRegisterImage => cuda::egl::register_image,
        cuGraphicsResourceGetMappedEglFrame => cuda::egl::get_mapped_egl_frame,
        cuGraphicsUnregisterResource => cuda::egl::unregister_resource,
    }
    missing {}
}
