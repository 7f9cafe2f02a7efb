//! The functions of the simulated libraries: name, number and address of each.

#![forbid(unsafe_code)]

use std::ffi::c_void;

use crate::{cuda, egl, legacy, missing, nvbuf, transform};

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
        cuEGLStreamConsumerConnect => cuda::egl_stream::consumer_connect,
        cuEGLStreamConsumerConnectWithFlags => cuda::egl_stream::consumer_connect_with_flags,
        cuEGLStreamConsumerDisconnect => cuda::egl_stream::consumer_disconnect,
        cuEGLStreamConsumerAcquireFrame => cuda::egl_stream::consumer_acquire,
        cuEGLStreamConsumerReleaseFrame => cuda::egl_stream::consumer_release,
        cuEGLStreamProducerConnect => cuda::egl_stream::producer_connect,
        cuEGLStreamProducerDisconnect => cuda::egl_stream::producer_disconnect,
        cuEGLStreamProducerPresentFrame => cuda::egl_stream::producer_present,
        cuEGLStreamProducerReturnFrame => cuda::egl_stream::producer_return,
        cuEventCreateFromEGLSync => cuda::event::create_from_egl_sync,
    }
    missing {}
    "libEGL.so.1"
    simulated {
        eglBindAPI => egl::surface::bind_api,
        eglBindTexImage => egl::surface::bind_tex_image,
        eglChooseConfig => egl::surface::choose_config,
        eglClientWaitSync => egl::sync::client_wait,
        eglCopyBuffers => egl::surface::copy_buffers,
        eglCreateContext => egl::surface::create_context,
        eglCreateImage => egl::image::create,
        eglCreatePbufferFromClientBuffer => egl::surface::create_pbuffer_from_client_buffer,
        eglCreatePbufferSurface => egl::surface::create_pbuffer_surface,
        eglCreatePixmapSurface => egl::surface::create_pixmap_surface,
        eglCreatePlatformPixmapSurface => egl::surface::create_platform_pixmap_surface,
        eglCreatePlatformWindowSurface => egl::surface::create_platform_window_surface,
        eglCreateSync => egl::sync::create,
        eglCreateWindowSurface => egl::surface::create_window_surface,
        eglDestroyContext => egl::surface::destroy_context,
        eglDestroyImage => egl::image::destroy,
        eglDestroySurface => egl::surface::destroy_surface,
        eglDestroySync => egl::sync::destroy,
        eglGetConfigAttrib => egl::surface::get_config_attribute,
        eglGetConfigs => egl::surface::get_configs,
        eglGetCurrentContext => egl::surface::current_context,
        eglGetCurrentDisplay => egl::surface::current_display,
        eglGetCurrentSurface => egl::surface::current_surface,
        eglGetDisplay => egl::display::get_display,
        eglGetError => egl::get_error,
        eglGetPlatformDisplay => egl::display::get_platform_display,
        eglGetProcAddress => egl::proc_address::get_proc_address,
        eglGetSyncAttrib => egl::sync::get_attribute,
        eglInitialize => egl::display::initialize,
        eglMakeCurrent => egl::surface::make_current,
        eglQueryAPI => egl::surface::query_api,
        eglQueryContext => egl::surface::query_context,
        eglQueryString => egl::display::query_string,
        eglQuerySurface => egl::surface::query_surface,
        eglReleaseTexImage => egl::surface::release_tex_image,
        eglReleaseThread => egl::release_thread,
        eglSurfaceAttrib => egl::surface::surface_attribute,
        eglSwapBuffers => egl::surface::swap_buffers,
        eglSwapInterval => egl::surface::swap_interval,
        eglTerminate => egl::display::terminate,
        eglWaitClient => egl::surface::wait_client,
        eglWaitGL => egl::surface::wait_gl,
        eglWaitNative => egl::surface::wait_native,
        eglWaitSync => egl::sync::wait,
        // By eglGetProcAddress alone.
        eglGetPlatformDisplayEXT => egl::display::get_platform_display_ext,
        eglQueryDevicesEXT => egl::device::query_devices,
        eglQueryDeviceStringEXT => egl::device::query_string,
        eglQueryDeviceAttribEXT => egl::device::query_attribute,
        eglQueryDisplayAttribEXT => egl::display::query_attribute,
        eglCreateImageKHR => egl::image::create_khr,
        eglDestroyImageKHR => egl::image::destroy_khr,
        eglCreateSyncKHR => egl::sync::create_khr,
        eglDestroySyncKHR => egl::sync::destroy_khr,
        eglClientWaitSyncKHR => egl::sync::client_wait_khr,
        eglSignalSyncKHR => egl::sync::signal,
        eglGetSyncAttribKHR => egl::sync::get_attribute_khr,
        eglCreateStreamKHR => egl::stream::create,
        eglDestroyStreamKHR => egl::stream::destroy,
        eglStreamAttribKHR => egl::stream::set_attribute,
        eglQueryStreamKHR => egl::stream::query,
        eglQueryStreamu64KHR => egl::stream::query_u64,
        eglQueryStreamTimeKHR => egl::stream::query_time,
    }
    missing {}
}
