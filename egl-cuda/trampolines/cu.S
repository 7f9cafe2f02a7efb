/*
 * Trampolines for the CUDA driver API: every `cu*` function that cust_raw 0.11.3 declares, as a
 * jump through a table entry that src/cust_interop/trampolines.rs fills at the first call.
 *
 * The list at the end is made by
 *     grep -oE 'pub fn cu[A-Za-z0-9_]+' cust_raw-0.11.3/src/cuda.rs | cut -c8- | LC_ALL=C sort
 * and tests/trampolines.rs compares the two, for both architectures.
 *
 * An entry is { target, name }, the `Entry` of src/cust_interop/trampolines.rs. `target` first leads to a stub
 * that keeps all argument registers, asks `egl_cuda_resolve(entry)` for the function, restores
 * and jumps there. All symbols are hidden: a library that carries them exports none and is not
 * disturbed by another library's.
 */

        .hidden egl_cuda_resolve

#if defined(__x86_64__)

        .macro TRAMPOLINE symbol
        .section .data.egl_cuda,"aw",@progbits
        .balign 16
.Lentry_\symbol:
        .quad .Lfirst_\symbol
        .quad .Lname_\symbol
        .section .rodata.egl_cuda,"a",@progbits
.Lname_\symbol:
        .asciz "\symbol"
        .text
        .balign 16
        .globl \symbol
        .hidden \symbol
        .type \symbol,@function
\symbol:
        jmp *.Lentry_\symbol(%rip)
.Lfirst_\symbol:
        lea .Lentry_\symbol(%rip), %r11
        jmp .Lresolve
        .size \symbol, . - \symbol
        .endm

        /* r11: the entry. rdi..r9, xmm0-7: arguments. The stack holds the caller's return address
           (and further arguments above it), so it is 8 bytes off its alignment here. */
        .text
        .balign 16
        .type .Lresolve,@function
.Lresolve:
        .cfi_startproc
        sub $184, %rsp
        .cfi_adjust_cfa_offset 184
        mov %rdi, 128(%rsp)
        mov %rsi, 136(%rsp)
        mov %rdx, 144(%rsp)
        mov %rcx, 152(%rsp)
        mov %r8, 160(%rsp)
        mov %r9, 168(%rsp)
        movaps %xmm0, 0(%rsp)
        movaps %xmm1, 16(%rsp)
        movaps %xmm2, 32(%rsp)
        movaps %xmm3, 48(%rsp)
        movaps %xmm4, 64(%rsp)
        movaps %xmm5, 80(%rsp)
        movaps %xmm6, 96(%rsp)
        movaps %xmm7, 112(%rsp)
        mov %r11, %rdi
        call egl_cuda_resolve
        mov %rax, %r11
        mov 128(%rsp), %rdi
        mov 136(%rsp), %rsi
        mov 144(%rsp), %rdx
        mov 152(%rsp), %rcx
        mov 160(%rsp), %r8
        mov 168(%rsp), %r9
        movaps 0(%rsp), %xmm0
        movaps 16(%rsp), %xmm1
        movaps 32(%rsp), %xmm2
        movaps 48(%rsp), %xmm3
        movaps 64(%rsp), %xmm4
        movaps 80(%rsp), %xmm5
        movaps 96(%rsp), %xmm6
        movaps 112(%rsp), %xmm7
        add $184, %rsp
        .cfi_adjust_cfa_offset -184
        jmp *%r11
        .cfi_endproc
        .size .Lresolve, . - .Lresolve

#elif defined(__aarch64__)

        .macro TRAMPOLINE symbol
        .section .data.egl_cuda,"aw",@progbits
        .balign 16
.Lentry_\symbol:
        .quad .Lfirst_\symbol
        .quad .Lname_\symbol
        .section .rodata.egl_cuda,"a",@progbits
.Lname_\symbol:
        .asciz "\symbol"
        .text
        .balign 16
        .globl \symbol
        .hidden \symbol
        .type \symbol,@function
\symbol:
        adrp x16, .Lentry_\symbol
        ldr x16, [x16, :lo12:.Lentry_\symbol]
        br x16
.Lfirst_\symbol:
        adrp x9, .Lentry_\symbol
        add x9, x9, :lo12:.Lentry_\symbol
        b .Lresolve
        .size \symbol, . - \symbol
        .endm

        /* x9: the entry. x0..x8, q0-q7: arguments (x8: where a struct result goes). */
        .text
        .balign 16
        .type .Lresolve,@function
.Lresolve:
        .cfi_startproc
        stp x29, x30, [sp, #-224]!
        .cfi_adjust_cfa_offset 224
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        mov x29, sp
        stp x0, x1, [sp, #16]
        stp x2, x3, [sp, #32]
        stp x4, x5, [sp, #48]
        stp x6, x7, [sp, #64]
        str x8, [sp, #80]
        stp q0, q1, [sp, #96]
        stp q2, q3, [sp, #128]
        stp q4, q5, [sp, #160]
        stp q6, q7, [sp, #192]
        mov x0, x9
        bl egl_cuda_resolve
        mov x16, x0
        ldp x0, x1, [sp, #16]
        ldp x2, x3, [sp, #32]
        ldp x4, x5, [sp, #48]
        ldp x6, x7, [sp, #64]
        ldr x8, [sp, #80]
        ldp q0, q1, [sp, #96]
        ldp q2, q3, [sp, #128]
        ldp q4, q5, [sp, #160]
        ldp q6, q7, [sp, #192]
        ldp x29, x30, [sp], #224
        .cfi_adjust_cfa_offset -224
        .cfi_restore x29
        .cfi_restore x30
        br x16
        .cfi_endproc
        .size .Lresolve, . - .Lresolve

#else
#error "trampolines exist for x86_64 and aarch64"
#endif

        .section .note.GNU-stack,"",@progbits

        TRAMPOLINE cuArray3DCreate_v2
        TRAMPOLINE cuArray3DGetDescriptor_v2
        TRAMPOLINE cuArrayCreate_v2
        TRAMPOLINE cuArrayDestroy
        TRAMPOLINE cuArrayGetDescriptor_v2
        TRAMPOLINE cuArrayGetPlane
        TRAMPOLINE cuArrayGetSparseProperties
        TRAMPOLINE cuCtxAttach
        TRAMPOLINE cuCtxCreate_v2
        TRAMPOLINE cuCtxCreate_v3
        TRAMPOLINE cuCtxDestroy_v2
        TRAMPOLINE cuCtxDetach
        TRAMPOLINE cuCtxDisablePeerAccess
        TRAMPOLINE cuCtxEnablePeerAccess
        TRAMPOLINE cuCtxGetApiVersion
        TRAMPOLINE cuCtxGetCacheConfig
        TRAMPOLINE cuCtxGetCurrent
        TRAMPOLINE cuCtxGetDevice
        TRAMPOLINE cuCtxGetExecAffinity
        TRAMPOLINE cuCtxGetFlags
        TRAMPOLINE cuCtxGetLimit
        TRAMPOLINE cuCtxGetSharedMemConfig
        TRAMPOLINE cuCtxGetStreamPriorityRange
        TRAMPOLINE cuCtxPopCurrent_v2
        TRAMPOLINE cuCtxPushCurrent_v2
        TRAMPOLINE cuCtxResetPersistingL2Cache
        TRAMPOLINE cuCtxSetCacheConfig
        TRAMPOLINE cuCtxSetCurrent
        TRAMPOLINE cuCtxSetLimit
        TRAMPOLINE cuCtxSetSharedMemConfig
        TRAMPOLINE cuCtxSynchronize
        TRAMPOLINE cuDestroyExternalMemory
        TRAMPOLINE cuDestroyExternalSemaphore
        TRAMPOLINE cuDeviceCanAccessPeer
        TRAMPOLINE cuDeviceComputeCapability
        TRAMPOLINE cuDeviceGet
        TRAMPOLINE cuDeviceGetAttribute
        TRAMPOLINE cuDeviceGetByPCIBusId
        TRAMPOLINE cuDeviceGetCount
        TRAMPOLINE cuDeviceGetDefaultMemPool
        TRAMPOLINE cuDeviceGetExecAffinitySupport
        TRAMPOLINE cuDeviceGetGraphMemAttribute
        TRAMPOLINE cuDeviceGetLuid
        TRAMPOLINE cuDeviceGetMemPool
        TRAMPOLINE cuDeviceGetName
        TRAMPOLINE cuDeviceGetNvSciSyncAttributes
        TRAMPOLINE cuDeviceGetP2PAttribute
        TRAMPOLINE cuDeviceGetPCIBusId
        TRAMPOLINE cuDeviceGetProperties
        TRAMPOLINE cuDeviceGetTexture1DLinearMaxWidth
        TRAMPOLINE cuDeviceGetUuid
        TRAMPOLINE cuDeviceGetUuid_v2
        TRAMPOLINE cuDeviceGraphMemTrim
        TRAMPOLINE cuDevicePrimaryCtxGetState
        TRAMPOLINE cuDevicePrimaryCtxRelease_v2
        TRAMPOLINE cuDevicePrimaryCtxReset_v2
        TRAMPOLINE cuDevicePrimaryCtxRetain
        TRAMPOLINE cuDevicePrimaryCtxSetFlags_v2
        TRAMPOLINE cuDeviceSetGraphMemAttribute
        TRAMPOLINE cuDeviceSetMemPool
        TRAMPOLINE cuDeviceTotalMem_v2
        TRAMPOLINE cuDriverGetVersion
        TRAMPOLINE cuEventCreate
        TRAMPOLINE cuEventDestroy_v2
        TRAMPOLINE cuEventElapsedTime
        TRAMPOLINE cuEventQuery
        TRAMPOLINE cuEventRecord
        TRAMPOLINE cuEventRecordWithFlags
        TRAMPOLINE cuEventSynchronize
        TRAMPOLINE cuExternalMemoryGetMappedBuffer
        TRAMPOLINE cuExternalMemoryGetMappedMipmappedArray
        TRAMPOLINE cuFlushGPUDirectRDMAWrites
        TRAMPOLINE cuFuncGetAttribute
        TRAMPOLINE cuFuncGetModule
        TRAMPOLINE cuFuncSetAttribute
        TRAMPOLINE cuFuncSetBlockShape
        TRAMPOLINE cuFuncSetCacheConfig
        TRAMPOLINE cuFuncSetSharedMemConfig
        TRAMPOLINE cuFuncSetSharedSize
        TRAMPOLINE cuGetErrorName
        TRAMPOLINE cuGetErrorString
        TRAMPOLINE cuGetExportTable
        TRAMPOLINE cuGetProcAddress
        TRAMPOLINE cuGraphAddChildGraphNode
        TRAMPOLINE cuGraphAddDependencies
        TRAMPOLINE cuGraphAddEmptyNode
        TRAMPOLINE cuGraphAddEventRecordNode
        TRAMPOLINE cuGraphAddEventWaitNode
        TRAMPOLINE cuGraphAddExternalSemaphoresSignalNode
        TRAMPOLINE cuGraphAddExternalSemaphoresWaitNode
        TRAMPOLINE cuGraphAddHostNode
        TRAMPOLINE cuGraphAddKernelNode
        TRAMPOLINE cuGraphAddMemAllocNode
        TRAMPOLINE cuGraphAddMemFreeNode
        TRAMPOLINE cuGraphAddMemcpyNode
        TRAMPOLINE cuGraphAddMemsetNode
        TRAMPOLINE cuGraphChildGraphNodeGetGraph
        TRAMPOLINE cuGraphClone
        TRAMPOLINE cuGraphCreate
        TRAMPOLINE cuGraphDebugDotPrint
        TRAMPOLINE cuGraphDestroy
        TRAMPOLINE cuGraphDestroyNode
        TRAMPOLINE cuGraphEventRecordNodeGetEvent
        TRAMPOLINE cuGraphEventRecordNodeSetEvent
        TRAMPOLINE cuGraphEventWaitNodeGetEvent
        TRAMPOLINE cuGraphEventWaitNodeSetEvent
        TRAMPOLINE cuGraphExecChildGraphNodeSetParams
        TRAMPOLINE cuGraphExecDestroy
        TRAMPOLINE cuGraphExecEventRecordNodeSetEvent
        TRAMPOLINE cuGraphExecEventWaitNodeSetEvent
        TRAMPOLINE cuGraphExecExternalSemaphoresSignalNodeSetParams
        TRAMPOLINE cuGraphExecExternalSemaphoresWaitNodeSetParams
        TRAMPOLINE cuGraphExecHostNodeSetParams
        TRAMPOLINE cuGraphExecKernelNodeSetParams
        TRAMPOLINE cuGraphExecMemcpyNodeSetParams
        TRAMPOLINE cuGraphExecMemsetNodeSetParams
        TRAMPOLINE cuGraphExecUpdate
        TRAMPOLINE cuGraphExternalSemaphoresSignalNodeGetParams
        TRAMPOLINE cuGraphExternalSemaphoresSignalNodeSetParams
        TRAMPOLINE cuGraphExternalSemaphoresWaitNodeGetParams
        TRAMPOLINE cuGraphExternalSemaphoresWaitNodeSetParams
        TRAMPOLINE cuGraphGetEdges
        TRAMPOLINE cuGraphGetNodes
        TRAMPOLINE cuGraphGetRootNodes
        TRAMPOLINE cuGraphHostNodeGetParams
        TRAMPOLINE cuGraphHostNodeSetParams
        TRAMPOLINE cuGraphInstantiateWithFlags
        TRAMPOLINE cuGraphInstantiate_v2
        TRAMPOLINE cuGraphKernelNodeCopyAttributes
        TRAMPOLINE cuGraphKernelNodeGetAttribute
        TRAMPOLINE cuGraphKernelNodeGetParams
        TRAMPOLINE cuGraphKernelNodeSetAttribute
        TRAMPOLINE cuGraphKernelNodeSetParams
        TRAMPOLINE cuGraphLaunch
        TRAMPOLINE cuGraphMemAllocNodeGetParams
        TRAMPOLINE cuGraphMemFreeNodeGetParams
        TRAMPOLINE cuGraphMemcpyNodeGetParams
        TRAMPOLINE cuGraphMemcpyNodeSetParams
        TRAMPOLINE cuGraphMemsetNodeGetParams
        TRAMPOLINE cuGraphMemsetNodeSetParams
        TRAMPOLINE cuGraphNodeFindInClone
        TRAMPOLINE cuGraphNodeGetDependencies
        TRAMPOLINE cuGraphNodeGetDependentNodes
        TRAMPOLINE cuGraphNodeGetType
        TRAMPOLINE cuGraphReleaseUserObject
        TRAMPOLINE cuGraphRemoveDependencies
        TRAMPOLINE cuGraphRetainUserObject
        TRAMPOLINE cuGraphUpload
        TRAMPOLINE cuGraphicsMapResources
        TRAMPOLINE cuGraphicsResourceGetMappedMipmappedArray
        TRAMPOLINE cuGraphicsResourceGetMappedPointer_v2
        TRAMPOLINE cuGraphicsResourceSetMapFlags_v2
        TRAMPOLINE cuGraphicsSubResourceGetMappedArray
        TRAMPOLINE cuGraphicsUnmapResources
        TRAMPOLINE cuGraphicsUnregisterResource
        TRAMPOLINE cuImportExternalMemory
        TRAMPOLINE cuImportExternalSemaphore
        TRAMPOLINE cuInit
        TRAMPOLINE cuIpcCloseMemHandle
        TRAMPOLINE cuIpcGetEventHandle
        TRAMPOLINE cuIpcGetMemHandle
        TRAMPOLINE cuIpcOpenEventHandle
        TRAMPOLINE cuIpcOpenMemHandle_v2
        TRAMPOLINE cuLaunch
        TRAMPOLINE cuLaunchCooperativeKernel
        TRAMPOLINE cuLaunchCooperativeKernelMultiDevice
        TRAMPOLINE cuLaunchGrid
        TRAMPOLINE cuLaunchGridAsync
        TRAMPOLINE cuLaunchHostFunc
        TRAMPOLINE cuLaunchKernel
        TRAMPOLINE cuLinkAddData_v2
        TRAMPOLINE cuLinkAddFile_v2
        TRAMPOLINE cuLinkComplete
        TRAMPOLINE cuLinkCreate_v2
        TRAMPOLINE cuLinkDestroy
        TRAMPOLINE cuMemAddressFree
        TRAMPOLINE cuMemAddressReserve
        TRAMPOLINE cuMemAdvise
        TRAMPOLINE cuMemAllocAsync
        TRAMPOLINE cuMemAllocFromPoolAsync
        TRAMPOLINE cuMemAllocHost_v2
        TRAMPOLINE cuMemAllocManaged
        TRAMPOLINE cuMemAllocPitch_v2
        TRAMPOLINE cuMemAlloc_v2
        TRAMPOLINE cuMemCreate
        TRAMPOLINE cuMemExportToShareableHandle
        TRAMPOLINE cuMemFreeAsync
        TRAMPOLINE cuMemFreeHost
        TRAMPOLINE cuMemFree_v2
        TRAMPOLINE cuMemGetAccess
        TRAMPOLINE cuMemGetAddressRange_v2
        TRAMPOLINE cuMemGetAllocationGranularity
        TRAMPOLINE cuMemGetAllocationPropertiesFromHandle
        TRAMPOLINE cuMemGetInfo_v2
        TRAMPOLINE cuMemHostAlloc
        TRAMPOLINE cuMemHostGetDevicePointer_v2
        TRAMPOLINE cuMemHostGetFlags
        TRAMPOLINE cuMemHostRegister_v2
        TRAMPOLINE cuMemHostUnregister
        TRAMPOLINE cuMemImportFromShareableHandle
        TRAMPOLINE cuMemMap
        TRAMPOLINE cuMemMapArrayAsync
        TRAMPOLINE cuMemPoolCreate
        TRAMPOLINE cuMemPoolDestroy
        TRAMPOLINE cuMemPoolExportPointer
        TRAMPOLINE cuMemPoolExportToShareableHandle
        TRAMPOLINE cuMemPoolGetAccess
        TRAMPOLINE cuMemPoolGetAttribute
        TRAMPOLINE cuMemPoolImportFromShareableHandle
        TRAMPOLINE cuMemPoolImportPointer
        TRAMPOLINE cuMemPoolSetAccess
        TRAMPOLINE cuMemPoolSetAttribute
        TRAMPOLINE cuMemPoolTrimTo
        TRAMPOLINE cuMemPrefetchAsync
        TRAMPOLINE cuMemRangeGetAttribute
        TRAMPOLINE cuMemRangeGetAttributes
        TRAMPOLINE cuMemRelease
        TRAMPOLINE cuMemRetainAllocationHandle
        TRAMPOLINE cuMemSetAccess
        TRAMPOLINE cuMemUnmap
        TRAMPOLINE cuMemcpy
        TRAMPOLINE cuMemcpy2DAsync_v2
        TRAMPOLINE cuMemcpy2DUnaligned_v2
        TRAMPOLINE cuMemcpy2D_v2
        TRAMPOLINE cuMemcpy3DAsync_v2
        TRAMPOLINE cuMemcpy3DPeer
        TRAMPOLINE cuMemcpy3DPeerAsync
        TRAMPOLINE cuMemcpy3D_v2
        TRAMPOLINE cuMemcpyAsync
        TRAMPOLINE cuMemcpyAtoA_v2
        TRAMPOLINE cuMemcpyAtoD_v2
        TRAMPOLINE cuMemcpyAtoHAsync_v2
        TRAMPOLINE cuMemcpyAtoH_v2
        TRAMPOLINE cuMemcpyDtoA_v2
        TRAMPOLINE cuMemcpyDtoDAsync_v2
        TRAMPOLINE cuMemcpyDtoD_v2
        TRAMPOLINE cuMemcpyDtoHAsync_v2
        TRAMPOLINE cuMemcpyDtoH_v2
        TRAMPOLINE cuMemcpyHtoAAsync_v2
        TRAMPOLINE cuMemcpyHtoA_v2
        TRAMPOLINE cuMemcpyHtoDAsync_v2
        TRAMPOLINE cuMemcpyHtoD_v2
        TRAMPOLINE cuMemcpyPeer
        TRAMPOLINE cuMemcpyPeerAsync
        TRAMPOLINE cuMemsetD16Async
        TRAMPOLINE cuMemsetD16_v2
        TRAMPOLINE cuMemsetD2D16Async
        TRAMPOLINE cuMemsetD2D16_v2
        TRAMPOLINE cuMemsetD2D32Async
        TRAMPOLINE cuMemsetD2D32_v2
        TRAMPOLINE cuMemsetD2D8Async
        TRAMPOLINE cuMemsetD2D8_v2
        TRAMPOLINE cuMemsetD32Async
        TRAMPOLINE cuMemsetD32_v2
        TRAMPOLINE cuMemsetD8Async
        TRAMPOLINE cuMemsetD8_v2
        TRAMPOLINE cuMipmappedArrayCreate
        TRAMPOLINE cuMipmappedArrayDestroy
        TRAMPOLINE cuMipmappedArrayGetLevel
        TRAMPOLINE cuMipmappedArrayGetSparseProperties
        TRAMPOLINE cuModuleGetFunction
        TRAMPOLINE cuModuleGetGlobal_v2
        TRAMPOLINE cuModuleGetSurfRef
        TRAMPOLINE cuModuleGetTexRef
        TRAMPOLINE cuModuleLoad
        TRAMPOLINE cuModuleLoadData
        TRAMPOLINE cuModuleLoadDataEx
        TRAMPOLINE cuModuleLoadFatBinary
        TRAMPOLINE cuModuleUnload
        TRAMPOLINE cuOccupancyAvailableDynamicSMemPerBlock
        TRAMPOLINE cuOccupancyMaxActiveBlocksPerMultiprocessor
        TRAMPOLINE cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags
        TRAMPOLINE cuOccupancyMaxPotentialBlockSize
        TRAMPOLINE cuOccupancyMaxPotentialBlockSizeWithFlags
        TRAMPOLINE cuParamSetSize
        TRAMPOLINE cuParamSetTexRef
        TRAMPOLINE cuParamSetf
        TRAMPOLINE cuParamSeti
        TRAMPOLINE cuParamSetv
        TRAMPOLINE cuPointerGetAttribute
        TRAMPOLINE cuPointerGetAttributes
        TRAMPOLINE cuPointerSetAttribute
        TRAMPOLINE cuProfilerInitialize
        TRAMPOLINE cuProfilerStart
        TRAMPOLINE cuProfilerStop
        TRAMPOLINE cuSignalExternalSemaphoresAsync
        TRAMPOLINE cuStreamAddCallback
        TRAMPOLINE cuStreamAttachMemAsync
        TRAMPOLINE cuStreamBatchMemOp
        TRAMPOLINE cuStreamBeginCapture_v2
        TRAMPOLINE cuStreamCopyAttributes
        TRAMPOLINE cuStreamCreate
        TRAMPOLINE cuStreamCreateWithPriority
        TRAMPOLINE cuStreamDestroy_v2
        TRAMPOLINE cuStreamEndCapture
        TRAMPOLINE cuStreamGetAttribute
        TRAMPOLINE cuStreamGetCaptureInfo
        TRAMPOLINE cuStreamGetCaptureInfo_v2
        TRAMPOLINE cuStreamGetCtx
        TRAMPOLINE cuStreamGetFlags
        TRAMPOLINE cuStreamGetPriority
        TRAMPOLINE cuStreamIsCapturing
        TRAMPOLINE cuStreamQuery
        TRAMPOLINE cuStreamSetAttribute
        TRAMPOLINE cuStreamSynchronize
        TRAMPOLINE cuStreamUpdateCaptureDependencies
        TRAMPOLINE cuStreamWaitEvent
        TRAMPOLINE cuStreamWaitValue32
        TRAMPOLINE cuStreamWaitValue64
        TRAMPOLINE cuStreamWriteValue32
        TRAMPOLINE cuStreamWriteValue64
        TRAMPOLINE cuSurfObjectCreate
        TRAMPOLINE cuSurfObjectDestroy
        TRAMPOLINE cuSurfObjectGetResourceDesc
        TRAMPOLINE cuSurfRefGetArray
        TRAMPOLINE cuSurfRefSetArray
        TRAMPOLINE cuTexObjectCreate
        TRAMPOLINE cuTexObjectDestroy
        TRAMPOLINE cuTexObjectGetResourceDesc
        TRAMPOLINE cuTexObjectGetResourceViewDesc
        TRAMPOLINE cuTexObjectGetTextureDesc
        TRAMPOLINE cuTexRefCreate
        TRAMPOLINE cuTexRefDestroy
        TRAMPOLINE cuTexRefGetAddressMode
        TRAMPOLINE cuTexRefGetAddress_v2
        TRAMPOLINE cuTexRefGetArray
        TRAMPOLINE cuTexRefGetBorderColor
        TRAMPOLINE cuTexRefGetFilterMode
        TRAMPOLINE cuTexRefGetFlags
        TRAMPOLINE cuTexRefGetFormat
        TRAMPOLINE cuTexRefGetMaxAnisotropy
        TRAMPOLINE cuTexRefGetMipmapFilterMode
        TRAMPOLINE cuTexRefGetMipmapLevelBias
        TRAMPOLINE cuTexRefGetMipmapLevelClamp
        TRAMPOLINE cuTexRefGetMipmappedArray
        TRAMPOLINE cuTexRefSetAddress2D_v3
        TRAMPOLINE cuTexRefSetAddressMode
        TRAMPOLINE cuTexRefSetAddress_v2
        TRAMPOLINE cuTexRefSetArray
        TRAMPOLINE cuTexRefSetBorderColor
        TRAMPOLINE cuTexRefSetFilterMode
        TRAMPOLINE cuTexRefSetFlags
        TRAMPOLINE cuTexRefSetFormat
        TRAMPOLINE cuTexRefSetMaxAnisotropy
        TRAMPOLINE cuTexRefSetMipmapFilterMode
        TRAMPOLINE cuTexRefSetMipmapLevelBias
        TRAMPOLINE cuTexRefSetMipmapLevelClamp
        TRAMPOLINE cuTexRefSetMipmappedArray
        TRAMPOLINE cuThreadExchangeStreamCaptureMode
        TRAMPOLINE cuUserObjectCreate
        TRAMPOLINE cuUserObjectRelease
        TRAMPOLINE cuUserObjectRetain
        TRAMPOLINE cuWaitExternalSemaphoresAsync
