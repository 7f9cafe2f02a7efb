//! The errors that each function can return, by families.
//!
//! Numbers that the functions' public documents name: of CUDA also those that any call may pass on
//! from earlier work (700, 719), and the one for everything else (999).

#![forbid(unsafe_code)]

const FAILED: &[i32] = &[-1];
const TRANSFORM: &[i32] = &[-1, -2, -3, -4];
const START: &[i32] = &[2, 3, 100, 803, 999];
const QUESTION: &[i32] = &[1, 3, 4, 101, 999];
const LOOK_UP: &[i32] = &[1, 3, 500, 801, 999];
const CONTEXT: &[i32] = &[1, 2, 4, 46, 101, 201, 999];
const CURRENT: &[i32] = &[1, 4, 201, 999];
const SETTING: &[i32] = &[1, 201, 801, 999];
const WAIT: &[i32] = &[1, 4, 201, 400, 700, 719, 999];
const POLL: &[i32] = &[1, 400, 600, 700, 719, 999];
const MAKE: &[i32] = &[1, 2, 201, 700, 719, 999];
const END: &[i32] = &[1, 4, 201, 400, 700, 719, 999];
const CODE: &[i32] = &[1, 2, 200, 201, 209, 218, 222, 700, 719, 999];
const SYMBOL: &[i32] = &[1, 400, 201, 500, 999];
const FUNCTION: &[i32] = &[1, 400, 201, 801, 999];
const LAUNCH: &[i32] = &[1, 2, 201, 400, 700, 701, 719, 720, 999];
const EGL_IMAGE: &[i32] = &[1, 2, 201, 205, 219, 700, 719, 801, 999];
const EGL_FRAME: &[i32] = &[1, 201, 211, 400, 700, 719, 999];
const EGL_STREAM: &[i32] = &[1, 201, 400, 702, 700, 719, 999];
const STREAM: &[i32] = &[1, 201, 400, 700, 719, 999];
const MEMORY: &[i32] = &[1, 2, 201, 801, 700, 719, 999];
const DESCRIPTION: &[i32] = &[1, 201, 400, 999];
const COPY: &[i32] = &[1, 201, 400, 700, 719, 999];
const EGL: &[i32] = &[0x3001, 0x3002, 0x3003, 0x3004, 0x3008, 0x300c, 0x300e];

/// Each function with its errors.
const TABLE: &[(&[&str], &[i32])] = &[
    // The buffer library: a result of -1, or NULL.
    (
        &[
            "NvBufSurfaceCreate",
            "NvBufSurfaceAllocate",
            "NvBufSurfaceDestroy",
            "NvBufSurfaceFromFd",
            "NvBufSurfaceMap",
            "NvBufSurfaceUnMap",
            "NvBufSurfaceSyncForCpu",
            "NvBufSurfaceSyncForDevice",
            "NvBufSurfaceCopy",
            "NvBufSurfaceMemSet",
            "NvBufSurfaceMapEglImage",
            "NvBufSurfaceUnMapEglImage",
            "NvBufSurface2Raw",
            "Raw2NvBufSurface",
            "NvBufSurfaceGetMapParams",
            "NvBufSurfaceImport",
            "NvBufSurfaceMapCudaBuffer",
            "NvBufSurfaceUnMapCudaBuffer",
            "NvBufSurfaceMapNvmmBuffer",
            "NvBufSurfaceUnMapNvmmBuffer",
            "NvBufSurfaceGetDeviceInfo",
            "NvBufSurfaceSyncGpuL2CacheForDevice",
        ],
        FAILED,
    ),
    // Its transforms: every number of `NvBufSurfTransform_Error`.
    (
        &[
            "NvBufSurfTransformSetSessionParams",
            "NvBufSurfTransformGetSessionParams",
            "NvBufSurfTransformSetDefaultSession",
            "NvBufSurfTransform",
            "NvBufSurfTransformAsync",
            "NvBufSurfTransformComposite",
            "NvBufSurfTransformCompositeAsync",
            "NvBufSurfTransformCompositeBlend",
            "NvBufSurfTransformMultiInputBufComposite",
            "NvBufSurfTransformMultiInputBufCompositeAsync",
            "NvBufSurfTransformMultiInputBufCompositeBlend",
            "NvBufSurfTransformMultiInputBufCompositeBlendAsync",
            "NvBufSurfTransformSyncObjWait",
            "NvBufSurfTransformSyncObjDestroy",
            "NvBufSurfTransformSyncObjFromFile",
        ],
        TRANSFORM,
    ),
    // libnvbuf_utils: likewise -1, or NULL.
    (
        &[
            "NvBufferCreate",
            "NvBufferCreateEx",
            "NvBufferCreateInterlace",
            "NvBufferCreateWithChromaLoc",
            "NvBufferCreateCompressed",
            "NvBufferImportFd",
            "NvBufferDestroy",
            "NvBufferGetParams",
            "NvBufferGetParamsEx",
            "NvBufferGetSize",
            "ExtractFdFromNvBuffer",
            "NvReleaseFd",
            "NvBufferMemMap",
            "NvBufferMemUnMap",
            "NvBufferMemSyncForCpu",
            "NvBufferMemSyncForDevice",
            "NvBufferMemMapEx",
            "NvBufferMemUnMapEx",
            "NvBufferMemSyncForCpuEx",
            "NvBufferMemSyncForDeviceEx",
            "NvBuffer2Raw",
            "Raw2NvBuffer",
            "NvEGLImageFromFd",
            "NvDestroyEGLImage",
            "NvBufferTransform",
            "NvBufferTransformEx",
            "NvBufferTransformAsync",
            "NvBufferComposite",
            "NvBufferSyncObjWait",
            "NvBufferSyncObjParamsFromFile",
            "NvBufferSessionCreate",
            "NvBufferSessionDestroy",
        ],
        FAILED,
    ),
    // The driver's start.
    (&["cuInit"], START),
    // Questions that need no context.
    (
        &[
            "cuDriverGetVersion",
            "cuDeviceGetCount",
            "cuDeviceGet",
            "cuDeviceGetName",
            "cuDeviceGetUuid",
            "cuDeviceGetUuid_v2",
            "cuDeviceGetAttribute",
            "cuDeviceComputeCapability",
            "cuDeviceTotalMem_v2",
            "cuGetErrorName",
            "cuGetErrorString",
        ],
        QUESTION,
    ),
    // Functions by name.
    (&["cuGetProcAddress", "cuGetProcAddress_v2"], LOOK_UP),
    // Contexts made and entered.
    (
        &[
            "cuDevicePrimaryCtxRetain",
            "cuDevicePrimaryCtxRelease",
            "cuDevicePrimaryCtxRelease_v2",
            "cuDevicePrimaryCtxReset",
            "cuDevicePrimaryCtxReset_v2",
            "cuDevicePrimaryCtxSetFlags",
            "cuDevicePrimaryCtxSetFlags_v2",
            "cuDevicePrimaryCtxGetState",
            "cuCtxCreate_v2",
            "cuCtxCreate_v3",
            "cuCtxCreate_v4",
        ],
        CONTEXT,
    ),
    // The current context.
    (
        &[
            "cuCtxDestroy_v2",
            "cuCtxPushCurrent_v2",
            "cuCtxPopCurrent_v2",
            "cuCtxSetCurrent",
            "cuCtxGetCurrent",
        ],
        CURRENT,
    ),
    // Settings of a context.
    (
        &[
            "cuCtxGetDevice",
            "cuCtxGetFlags",
            "cuCtxGetApiVersion",
            "cuCtxGetStreamPriorityRange",
            "cuCtxGetLimit",
            "cuCtxSetLimit",
            "cuCtxGetCacheConfig",
            "cuCtxSetCacheConfig",
            "cuCtxGetSharedMemConfig",
            "cuCtxSetSharedMemConfig",
        ],
        SETTING,
    ),
    // Waiting for work, or asking for it: errors of the work come here.
    (
        &[
            "cuCtxSynchronize",
            "cuStreamSynchronize",
            "cuEventSynchronize",
            "cuEventElapsedTime",
            "cuEventElapsedTime_v2",
        ],
        WAIT,
    ),
    // The same where unfinished is an answer.
    (&["cuStreamQuery", "cuEventQuery"], POLL),
    // Making streams and events.
    (
        &[
            "cuStreamCreate",
            "cuStreamCreateWithPriority",
            "cuEventCreate",
            "cuEventCreateFromEGLSync",
        ],
        MAKE,
    ),
    // Ending objects.
    (
        &[
            "cuStreamDestroy_v2",
            "cuEventDestroy_v2",
            "cuModuleUnload",
            "cuMemFree_v2",
            "cuMemFreeAsync",
            "cuMemFreeHost",
            "cuMemHostUnregister",
            "cuArrayDestroy",
            "cuSurfObjectDestroy",
            "cuTexObjectDestroy",
            "cuGraphicsUnregisterResource",
        ],
        END,
    ),
    // Code.
    (
        &["cuModuleLoad", "cuModuleLoadData", "cuModuleLoadDataEx"],
        CODE,
    ),
    // Names in code.
    (&["cuModuleGetFunction", "cuModuleGetGlobal_v2"], SYMBOL),
    // Questions about code.
    (
        &[
            "cuFuncGetAttribute",
            "cuFuncSetCacheConfig",
            "cuFuncSetSharedMemConfig",
            "cuOccupancyMaxActiveBlocksPerMultiprocessor",
            "cuOccupancyMaxPotentialBlockSize",
            "cuOccupancyAvailableDynamicSMemPerBlock",
        ],
        FUNCTION,
    ),
    // Launches.
    (
        &["cuStreamAddCallback", "cuLaunchHostFunc", "cuLaunchKernel"],
        LAUNCH,
    ),
    // EGLImages.
    (&["cuGraphicsEGLRegisterImage"], EGL_IMAGE),
    // Frames of EGLImages.
    (&["cuGraphicsResourceGetMappedEglFrame"], EGL_FRAME),
    // EGLStreams.
    (
        &[
            "cuEGLStreamConsumerConnect",
            "cuEGLStreamConsumerConnectWithFlags",
            "cuEGLStreamConsumerDisconnect",
            "cuEGLStreamConsumerAcquireFrame",
            "cuEGLStreamConsumerReleaseFrame",
            "cuEGLStreamProducerConnect",
            "cuEGLStreamProducerDisconnect",
            "cuEGLStreamProducerPresentFrame",
            "cuEGLStreamProducerReturnFrame",
        ],
        EGL_STREAM,
    ),
    // Work on streams, events recorded and waited for.
    (
        &[
            "cuStreamWaitEvent",
            "cuStreamGetFlags",
            "cuStreamGetPriority",
            "cuStreamGetCtx",
            "cuStreamAttachMemAsync",
            "cuEventRecord",
            "cuEventRecordWithFlags",
        ],
        STREAM,
    ),
    // Memory and arrays made, or taken in.
    (
        &[
            "cuMemAlloc_v2",
            "cuMemAllocPitch_v2",
            "cuMemAllocManaged",
            "cuMemAllocAsync",
            "cuMemAllocHost_v2",
            "cuMemHostAlloc",
            "cuMemHostGetDevicePointer_v2",
            "cuMemHostGetFlags",
            "cuMemHostRegister_v2",
            "cuArrayCreate_v2",
            "cuArray3DCreate_v2",
            "cuSurfObjectCreate",
            "cuTexObjectCreate",
        ],
        MEMORY,
    ),
    // Questions about memory and objects.
    (
        &[
            "cuMemGetInfo_v2",
            "cuMemGetAddressRange_v2",
            "cuPointerGetAttribute",
            "cuPointerGetAttributes",
            "cuArrayGetDescriptor_v2",
            "cuArray3DGetDescriptor_v2",
            "cuSurfObjectGetResourceDesc",
            "cuTexObjectGetResourceDesc",
            "cuTexObjectGetTextureDesc",
            "cuTexObjectGetResourceViewDesc",
        ],
        DESCRIPTION,
    ),
    // Copies and fills.
    (
        &[
            "cuMemAdvise",
            "cuMemPrefetchAsync",
            "cuMemcpy",
            "cuMemcpyAsync",
            "cuMemcpyHtoD_v2",
            "cuMemcpyHtoDAsync_v2",
            "cuMemcpyDtoH_v2",
            "cuMemcpyDtoHAsync_v2",
            "cuMemcpyDtoD_v2",
            "cuMemcpyDtoDAsync_v2",
            "cuMemcpyAtoH_v2",
            "cuMemcpyAtoHAsync_v2",
            "cuMemcpyHtoA_v2",
            "cuMemcpyHtoAAsync_v2",
            "cuMemcpyAtoD_v2",
            "cuMemcpyDtoA_v2",
            "cuMemcpyAtoA_v2",
            "cuMemcpy2D_v2",
            "cuMemcpy2DUnaligned_v2",
            "cuMemcpy2DAsync_v2",
            "cuMemcpy3D_v2",
            "cuMemcpy3DAsync_v2",
            "cuMemsetD8_v2",
            "cuMemsetD8Async",
            "cuMemsetD16_v2",
            "cuMemsetD16Async",
            "cuMemsetD32_v2",
            "cuMemsetD32Async",
            "cuMemsetD2D8_v2",
            "cuMemsetD2D8Async",
            "cuMemsetD2D16_v2",
            "cuMemsetD2D16Async",
            "cuMemsetD2D32_v2",
            "cuMemsetD2D32Async",
        ],
        COPY,
    ),
    // EGL: what `eglGetError` tells of a call that fails.
    (
        &[
            "eglBindAPI",
            "eglBindTexImage",
            "eglChooseConfig",
            "eglClientWaitSync",
            "eglCopyBuffers",
            "eglCreateContext",
            "eglCreateImage",
            "eglCreatePbufferFromClientBuffer",
            "eglCreatePbufferSurface",
            "eglCreatePixmapSurface",
            "eglCreatePlatformPixmapSurface",
            "eglCreatePlatformWindowSurface",
            "eglCreateSync",
            "eglCreateWindowSurface",
            "eglDestroyContext",
            "eglDestroyImage",
            "eglDestroySurface",
            "eglDestroySync",
            "eglGetConfigAttrib",
            "eglGetConfigs",
            "eglGetCurrentContext",
            "eglGetCurrentDisplay",
            "eglGetCurrentSurface",
            "eglGetDisplay",
            "eglGetError",
            "eglGetPlatformDisplay",
            "eglGetProcAddress",
            "eglGetSyncAttrib",
            "eglInitialize",
            "eglMakeCurrent",
            "eglQueryAPI",
            "eglQueryContext",
            "eglQueryString",
            "eglQuerySurface",
            "eglReleaseTexImage",
            "eglReleaseThread",
            "eglSurfaceAttrib",
            "eglSwapBuffers",
            "eglSwapInterval",
            "eglTerminate",
            "eglWaitClient",
            "eglWaitGL",
            "eglWaitNative",
            "eglWaitSync",
            "eglGetPlatformDisplayEXT",
            "eglQueryDevicesEXT",
            "eglQueryDeviceStringEXT",
            "eglQueryDeviceAttribEXT",
            "eglQueryDisplayAttribEXT",
            "eglCreateImageKHR",
            "eglDestroyImageKHR",
            "eglCreateSyncKHR",
            "eglDestroySyncKHR",
            "eglClientWaitSyncKHR",
            "eglSignalSyncKHR",
            "eglGetSyncAttribKHR",
            "eglCreateStreamKHR",
            "eglDestroyStreamKHR",
            "eglStreamAttribKHR",
            "eglQueryStreamKHR",
            "eglQueryStreamu64KHR",
            "eglQueryStreamTimeKHR",
        ],
        EGL,
    ),
];

/// The errors that a function can return; `None`: the table does not know it.
pub(crate) fn of(function: &str) -> Option<&'static [i32]> {
    let mut rows = TABLE.iter();
    let row = rows.find(|(functions, _)| functions.contains(&function));
    row.map(|(_, errors)| *errors)
}

#[cfg(test)]
mod tests {
    use super::{TABLE, of};

    /// The simulator's report has every function that it knows.
    #[test]
    fn every_function_has_errors_once() {
        let simulator = nvmm_sim_control::Simulator::find().unwrap();
        let report = simulator.report();
        let functions = report["calls"].as_object().unwrap();
        for function in functions.keys() {
            assert!(
                of(function).is_some_and(|errors| !errors.is_empty()),
                "{function}"
            );
        }
        let named = TABLE.iter().flat_map(|(functions, _)| *functions);
        for function in named.clone() {
            assert!(
                functions.contains_key(*function),
                "{function} is none of the simulator's"
            );
        }
        assert_eq!(named.count(), functions.len(), "one row each");
    }

    #[test]
    fn no_error_is_a_success_or_there_twice() {
        for (functions, errors) in TABLE {
            for (i, error) in errors.iter().enumerate() {
                assert!(*error != 0 && !errors[..i].contains(error), "{functions:?}");
            }
        }
    }
}
