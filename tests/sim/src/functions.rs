//! The functions of the simulated libraries: name, number and address of each.

#![forbid(unsafe_code)]

use std::ffi::c_void;

use crate::{cuda, nvbuf};

macro_rules! functions {
    ($($library:literal { $($symbol:ident => $path:path,)* })*) => {
        /// A function that a shim exports.
        #[derive(Clone, Copy, Debug)]
        #[expect(non_camel_case_types, clippy::enum_variant_names, reason = "C names")]
        pub(crate) enum Function { $($($symbol,)*)* }

        /// C names in the order of [`Function`].
        pub(crate) const NAMES: &[&str] = &[$($(stringify!($symbol),)*)*];

        /// The address of a function of a library, if the simulated release has it.
        pub(crate) fn resolve(library: &str, name: &str) -> Option<*const c_void> {
            $($(
                if library == $library && name == stringify!($symbol) {
                    return Some($path as *const c_void);
                }
            )*)*
            None
        }
    };
}

functions! {
    "libnvbufsurface.so.1.0.0" {
        NvBufSurfaceCreate => nvbuf::create::create,
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
    "libcuda.so.1" {
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
}
