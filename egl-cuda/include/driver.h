/*
 * The C interface of the CUDA driver and of its EGL interop, as far as this crate uses it: CUDA 8 to 13.
 *
 * Written from published interface facts: names, values, types and order. No text of NVIDIA's is used here.
 * Functions carry the names of libcuda's symbols, so cuMemAlloc_v2 and not the macro cuMemAlloc. "Since" says where
 * a name is younger than CUDA 8; tests/headers compares all of it with NVIDIA's own headers.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef EGL_CUDA_DRIVER_H_
#define EGL_CUDA_DRIVER_H_

#include <stddef.h>

#include "egl.h"

/** A device by the driver's number. */
typedef int CUdevice;
/** An address in the device's address space. */
typedef unsigned long long CUdeviceptr;
/** What a kernel samples an array or memory by. Never 0. */
typedef unsigned long long CUtexObject;
/** What a kernel reads and writes an array by. Never 0. */
typedef unsigned long long CUsurfObject;
/** One address space and set of resources on a device. */
typedef struct CUctx_st *CUcontext;
/** Work in order. Null is the context's default stream. */
typedef struct CUstream_st *CUstream;
/** A point in a stream's work. */
typedef struct CUevent_st *CUevent;
/** Memory in the GPU's own (block linear) order, reached through textures and surfaces. */
typedef struct CUarray_st *CUarray;
/** An array with smaller copies of itself. */
typedef struct CUmipmappedArray_st *CUmipmappedArray;
/** A loaded module of device code. */
typedef struct CUmod_st *CUmodule;
/** A kernel in a module. */
typedef struct CUfunc_st *CUfunction;
/** A graphics object made known to CUDA. */
typedef struct CUgraphicsResource_st *CUgraphicsResource;
/** One end of an EGLStream. */
typedef struct CUeglStreamConnection_st *CUeglStreamConnection;

/**
 * What every driver call returns; 0 is success. A newer driver may return codes unknown here.
 */
typedef enum {
  /** No error. */
  CUDA_SUCCESS = 0,
  /** An argument is not valid. */
  CUDA_ERROR_INVALID_VALUE = 1,
  /** Memory is out. */
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  /** The driver is not initialised. */
  CUDA_ERROR_NOT_INITIALIZED = 3,
  /** The driver is shutting down. */
  CUDA_ERROR_DEINITIALIZED = 4,
  /** Profiling is disabled. */
  CUDA_ERROR_PROFILER_DISABLED = 5,
  /** The profiler is not initialised. */
  CUDA_ERROR_PROFILER_NOT_INITIALIZED = 6,
  /** The profiler runs already. */
  CUDA_ERROR_PROFILER_ALREADY_STARTED = 7,
  /** The profiler is stopped already. */
  CUDA_ERROR_PROFILER_ALREADY_STOPPED = 8,
  /** The driver library is a link-time stub. */
  CUDA_ERROR_STUB_LIBRARY = 34,
  /** The call wants a newer driver. Since CUDA 13.0. */
  CUDA_ERROR_CALL_REQUIRES_NEWER_DRIVER = 36,
  /** The device is busy or not available. */
  CUDA_ERROR_DEVICE_UNAVAILABLE = 46,
  /** There is no CUDA device, or libcuda.so.1 cannot be loaded. */
  CUDA_ERROR_NO_DEVICE = 100,
  /** There is no device of this number. */
  CUDA_ERROR_INVALID_DEVICE = 101,
  /** The device has no licence for compute. */
  CUDA_ERROR_DEVICE_NOT_LICENSED = 102,
  /** The kernel image is not valid. */
  CUDA_ERROR_INVALID_IMAGE = 200,
  /** No valid context is current. */
  CUDA_ERROR_INVALID_CONTEXT = 201,
  /** The context is current already. */
  CUDA_ERROR_CONTEXT_ALREADY_CURRENT = 202,
  /** Mapping failed. */
  CUDA_ERROR_MAP_FAILED = 205,
  /** Unmapping failed. */
  CUDA_ERROR_UNMAP_FAILED = 206,
  /** The array is mapped. */
  CUDA_ERROR_ARRAY_IS_MAPPED = 207,
  /** The resource is mapped already. */
  CUDA_ERROR_ALREADY_MAPPED = 208,
  /** The module has no code for this GPU. */
  CUDA_ERROR_NO_BINARY_FOR_GPU = 209,
  /** The resource is acquired already. */
  CUDA_ERROR_ALREADY_ACQUIRED = 210,
  /** The resource is not mapped. */
  CUDA_ERROR_NOT_MAPPED = 211,
  /** The resource is not mapped as an array. */
  CUDA_ERROR_NOT_MAPPED_AS_ARRAY = 212,
  /** The resource is not mapped as a pointer. */
  CUDA_ERROR_NOT_MAPPED_AS_POINTER = 213,
  /** An error in memory could not be corrected. */
  CUDA_ERROR_ECC_UNCORRECTABLE = 214,
  /** The device has no such limit. */
  CUDA_ERROR_UNSUPPORTED_LIMIT = 215,
  /** The context is in use by another thread. */
  CUDA_ERROR_CONTEXT_ALREADY_IN_USE = 216,
  /** The devices cannot reach each other. */
  CUDA_ERROR_PEER_ACCESS_UNSUPPORTED = 217,
  /** The PTX does not compile. */
  CUDA_ERROR_INVALID_PTX = 218,
  /** The graphics context is not valid. */
  CUDA_ERROR_INVALID_GRAPHICS_CONTEXT = 219,
  /** An error on NVLink could not be corrected. */
  CUDA_ERROR_NVLINK_UNCORRECTABLE = 220,
  /** The PTX compiler library was not found. */
  CUDA_ERROR_JIT_COMPILER_NOT_FOUND = 221,
  /** The PTX is of a version newer than the driver. */
  CUDA_ERROR_UNSUPPORTED_PTX_VERSION = 222,
  /** Compiling PTX is disabled. */
  CUDA_ERROR_JIT_COMPILATION_DISABLED = 223,
  /** The device has no such execution affinity. */
  CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY = 224,
  /** Device code synchronises, which is not supported. Since CUDA 12.1. */
  CUDA_ERROR_UNSUPPORTED_DEVSIDE_SYNC = 225,
  /** An error was contained and the device stays usable. Since CUDA 12.8. */
  CUDA_ERROR_CONTAINED = 226,
  /** The kernel source is not valid. */
  CUDA_ERROR_INVALID_SOURCE = 300,
  /** The file was not found. */
  CUDA_ERROR_FILE_NOT_FOUND = 301,
  /** A symbol of a shared object was not found. */
  CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND = 302,
  /** A shared object could not be initialised. */
  CUDA_ERROR_SHARED_OBJECT_INIT_FAILED = 303,
  /** A call to the operating system failed. */
  CUDA_ERROR_OPERATING_SYSTEM = 304,
  /** The handle is not valid. */
  CUDA_ERROR_INVALID_HANDLE = 400,
  /** The object is in the wrong state. */
  CUDA_ERROR_ILLEGAL_STATE = 401,
  /** The answer would lose information. Since CUDA 12.3. */
  CUDA_ERROR_LOSSY_QUERY = 402,
  /** There is no such name. */
  CUDA_ERROR_NOT_FOUND = 500,
  /** The work is not done yet. */
  CUDA_ERROR_NOT_READY = 600,
  /** A kernel reached memory that is not its own. */
  CUDA_ERROR_ILLEGAL_ADDRESS = 700,
  /** The launch needs more registers or memory than there are. */
  CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES = 701,
  /** The work took longer than it may. */
  CUDA_ERROR_LAUNCH_TIMEOUT = 702,
  /** The launch uses an incompatible texturing mode. */
  CUDA_ERROR_LAUNCH_INCOMPATIBLE_TEXTURING = 703,
  /** Access between these devices is enabled already. */
  CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED = 704,
  /** Access between these devices is not enabled. */
  CUDA_ERROR_PEER_ACCESS_NOT_ENABLED = 705,
  /** The primary context is in use. */
  CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE = 708,
  /** The context was destroyed. */
  CUDA_ERROR_CONTEXT_IS_DESTROYED = 709,
  /** An assertion in a kernel failed. */
  CUDA_ERROR_ASSERT = 710,
  /** Too many devices reach each other. */
  CUDA_ERROR_TOO_MANY_PEERS = 711,
  /** The host memory is registered already. */
  CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED = 712,
  /** The host memory is not registered. */
  CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED = 713,
  /** The call stack of a kernel is broken. */
  CUDA_ERROR_HARDWARE_STACK_ERROR = 714,
  /** A kernel ran an illegal instruction. */
  CUDA_ERROR_ILLEGAL_INSTRUCTION = 715,
  /** A kernel used a misaligned address. */
  CUDA_ERROR_MISALIGNED_ADDRESS = 716,
  /** A kernel used an address of the wrong space. */
  CUDA_ERROR_INVALID_ADDRESS_SPACE = 717,
  /** The program counter of a kernel is not valid. */
  CUDA_ERROR_INVALID_PC = 718,
  /** A kernel failed. */
  CUDA_ERROR_LAUNCH_FAILED = 719,
  /** The cooperative launch has more blocks than fit. */
  CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE = 720,
  /** A kernel ended without freeing its tensor memory. Since CUDA 12.8. */
  CUDA_ERROR_TENSOR_MEMORY_LEAK = 721,
  /** The call is not permitted. */
  CUDA_ERROR_NOT_PERMITTED = 800,
  /** Not supported by this driver or device. */
  CUDA_ERROR_NOT_SUPPORTED = 801,
  /** The system is not ready: a service of it is not running. */
  CUDA_ERROR_SYSTEM_NOT_READY = 802,
  /** The library and the kernel driver are of different versions. */
  CUDA_ERROR_SYSTEM_DRIVER_MISMATCH = 803,
  /** The forward compatibility library does not support this device. */
  CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE = 804,
  /** The MPS server could not be reached. */
  CUDA_ERROR_MPS_CONNECTION_FAILED = 805,
  /** A call to the MPS server failed. */
  CUDA_ERROR_MPS_RPC_FAILURE = 806,
  /** The MPS server is not ready. */
  CUDA_ERROR_MPS_SERVER_NOT_READY = 807,
  /** The MPS server has as many clients as it may. */
  CUDA_ERROR_MPS_MAX_CLIENTS_REACHED = 808,
  /** The device has as many MPS connections as it may. */
  CUDA_ERROR_MPS_MAX_CONNECTIONS_REACHED = 809,
  /** The MPS server ended this client. */
  CUDA_ERROR_MPS_CLIENT_TERMINATED = 810,
  /** A kernel launches kernels, which is not supported. Since CUDA 12.0. */
  CUDA_ERROR_CDP_NOT_SUPPORTED = 811,
  /** Modules launch kernels by different versions. Since CUDA 12.0. */
  CUDA_ERROR_CDP_VERSION_MISMATCH = 812,
  /** The call cannot be captured. */
  CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
  /** The capture was spoilt by an earlier error. */
  CUDA_ERROR_STREAM_CAPTURE_INVALIDATED = 901,
  /** The call would join two captures. */
  CUDA_ERROR_STREAM_CAPTURE_MERGE = 902,
  /** The stream is not the one that the capture began on. */
  CUDA_ERROR_STREAM_CAPTURE_UNMATCHED = 903,
  /** A forked stream was not joined before the capture ended. */
  CUDA_ERROR_STREAM_CAPTURE_UNJOINED = 904,
  /** The call would cross the border of the capture. */
  CUDA_ERROR_STREAM_CAPTURE_ISOLATION = 905,
  /** The call depends on the default stream, which cannot be captured. */
  CUDA_ERROR_STREAM_CAPTURE_IMPLICIT = 906,
  /** The event was last recorded in a capture. */
  CUDA_ERROR_CAPTURED_EVENT = 907,
  /** The capture was begun by another thread. */
  CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD = 908,
  /** The wait timed out. */
  CUDA_ERROR_TIMEOUT = 909,
  /** The graph could not be updated. */
  CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE = 910,
  /** A device other than the GPU failed. */
  CUDA_ERROR_EXTERNAL_DEVICE = 911,
  /** The cluster size is not valid. */
  CUDA_ERROR_INVALID_CLUSTER_SIZE = 912,
  /** The function is not loaded. Since CUDA 12.4. */
  CUDA_ERROR_FUNCTION_NOT_LOADED = 913,
  /** The resource type is not valid. Since CUDA 12.4. */
  CUDA_ERROR_INVALID_RESOURCE_TYPE = 914,
  /** The resources are not configured validly. Since CUDA 12.4. */
  CUDA_ERROR_INVALID_RESOURCE_CONFIGURATION = 915,
  /** The key of the confidential session rotates. Since CUDA 12.8. */
  CUDA_ERROR_KEY_ROTATION = 916,
  /** The stream is detached. Since CUDA 13.1. */
  CUDA_ERROR_STREAM_DETACHED = 917,
  /** Unknown error. */
  CUDA_ERROR_UNKNOWN = 999,
} CUresult;

/** How a stream behaves. */
typedef enum {
  /** Waits for the default stream, and it for this. */
  CU_STREAM_DEFAULT = 0,
  /** No implicit synchronisation with the default stream. */
  CU_STREAM_NON_BLOCKING = 1,
} CUstream_flags;

/** How an event behaves. */
typedef enum {
  /** Has a time stamp; the CPU spins while it waits. */
  CU_EVENT_DEFAULT = 0,
  /** The CPU sleeps while it waits. */
  CU_EVENT_BLOCKING_SYNC = 1,
  /** No time stamp, which makes recording and waiting cheaper. */
  CU_EVENT_DISABLE_TIMING = 2,
} CUevent_flags;

/** How a graphics object is to be used. Tegra takes 0 only. */
typedef enum {
  /** Read and write. */
  CU_GRAPHICS_REGISTER_FLAGS_NONE = 0,
  /** Read only. */
  CU_GRAPHICS_REGISTER_FLAGS_READ_ONLY = 1,
  /** Write only, what was there is lost. */
  CU_GRAPHICS_REGISTER_FLAGS_WRITE_DISCARD = 2,
} CUgraphicsRegisterFlags;

/** A property of a device. */
typedef enum {
  /** Whether GPU and CPU share the system's memory. */
  CU_DEVICE_ATTRIBUTE_INTEGRATED = 18,
  /** Whether device and host use one address space. */
  CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING = 41,
  /** Major part of the compute capability. */
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
  /** Minor part of the compute capability. */
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
  /** Whether managed memory can be allocated. */
  CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY = 83,
} CUdevice_attribute;

/** A property of an address. */
typedef enum {
  /** The context that the memory is of. */
  CU_POINTER_ATTRIBUTE_CONTEXT = 1,
  /** The CUmemorytype of the memory. */
  CU_POINTER_ATTRIBUTE_MEMORY_TYPE = 2,
  /** The address that kernels use. */
  CU_POINTER_ATTRIBUTE_DEVICE_POINTER = 3,
  /** Whether the memory is managed. */
  CU_POINTER_ATTRIBUTE_IS_MANAGED = 8,
} CUpointer_attribute;

/** Who uses managed memory. */
typedef enum {
  /** Every stream. */
  CU_MEM_ATTACH_GLOBAL = 1,
  /** The host, until a stream is named. */
  CU_MEM_ATTACH_HOST = 2,
  /** One stream. */
  CU_MEM_ATTACH_SINGLE = 4,
} CUmemAttach_flags;

/** Where one side of a copy is. */
typedef enum {
  /** Host memory. */
  CU_MEMORYTYPE_HOST = 1,
  /** Device memory. */
  CU_MEMORYTYPE_DEVICE = 2,
  /** An array. */
  CU_MEMORYTYPE_ARRAY = 3,
  /** An address that the driver knows the place of: pinned or managed. */
  CU_MEMORYTYPE_UNIFIED = 4,
} CUmemorytype;

/** The type of one element of an array. A driver may add types. */
typedef enum {
  /** 8-bit unsigned integers. */
  CU_AD_FORMAT_UNSIGNED_INT8 = 0x01,
  /** 16-bit unsigned integers. */
  CU_AD_FORMAT_UNSIGNED_INT16 = 0x02,
  /** 32-bit unsigned integers. */
  CU_AD_FORMAT_UNSIGNED_INT32 = 0x03,
  /** 8-bit signed integers. */
  CU_AD_FORMAT_SIGNED_INT8 = 0x08,
  /** 16-bit signed integers. */
  CU_AD_FORMAT_SIGNED_INT16 = 0x09,
  /** 32-bit signed integers. */
  CU_AD_FORMAT_SIGNED_INT32 = 0x0a,
  /** 16-bit floating point. */
  CU_AD_FORMAT_HALF = 0x10,
  /** 32-bit floating point. */
  CU_AD_FORMAT_FLOAT = 0x20,
} CUarray_format;

/** What a texture or surface object is made of. A driver may add kinds. */
typedef enum {
  /** An array: the only kind that surface objects are made of. */
  CU_RESOURCE_TYPE_ARRAY = 0,
  /** An array with smaller copies of itself. */
  CU_RESOURCE_TYPE_MIPMAPPED_ARRAY = 1,
  /** Device memory without rows. */
  CU_RESOURCE_TYPE_LINEAR = 2,
  /** Device memory with rows. */
  CU_RESOURCE_TYPE_PITCH2D = 3,
} CUresourcetype;

/** What a texture gives outside its array. */
typedef enum {
  /** Begins again; normalised coordinates only. */
  CU_TR_ADDRESS_MODE_WRAP = 0,
  /** The pixel at the border. */
  CU_TR_ADDRESS_MODE_CLAMP = 1,
  /** Goes back; normalised coordinates only. */
  CU_TR_ADDRESS_MODE_MIRROR = 2,
  /** The border colour. */
  CU_TR_ADDRESS_MODE_BORDER = 3,
} CUaddress_mode;

/** What a texture gives between pixels. */
typedef enum {
  /** The nearest pixel. */
  CU_TR_FILTER_MODE_POINT = 0,
  /** A mixture of the neighbours; elements are read as floating point. */
  CU_TR_FILTER_MODE_LINEAR = 1,
} CUfilter_mode;

/** Texture flag: elements are read as integers, not as floating point from 0 to 1. */
#define CU_TRSF_READ_AS_INTEGER 1
/** Texture flag: coordinates go from 0 to 1, not from 0 to the size. */
#define CU_TRSF_NORMALIZED_COORDINATES 2
/** Host memory flag: every context sees it as pinned. */
#define CU_MEMHOSTALLOC_PORTABLE 1
/** Host memory flag: kernels can reach it. */
#define CU_MEMHOSTALLOC_DEVICEMAP 2

/** Planes of a CUeglFrame at most. */
#define MAX_PLANES 3
/** cuEGLStreamConsumerAcquireFrame: wait without end. Otherwise the timeout is in microseconds. */
#define CUDA_EGL_INFINITE_TIMEOUT 0xFFFFFFFF

/** Where a consumer wants the frames of an EGLStream; Tegra ignores it. */
typedef enum {
  /** In the system's memory. */
  CU_EGL_RESOURCE_LOCATION_SYSMEM = 0,
  /** In the GPU's memory. */
  CU_EGL_RESOURCE_LOCATION_VIDMEM = 1,
} CUeglResourceLocationFlags;

/** How the planes of a CUeglFrame are reached. A driver may add kinds. */
typedef enum {
  /** Planes are arrays: block linear or otherwise opaque. */
  CU_EGL_FRAME_TYPE_ARRAY = 0,
  /** Planes are device pointers with a pitch. */
  CU_EGL_FRAME_TYPE_PITCH = 1,
} CUeglFrameType;

/**
 * The meaning of a frame's pixels.
 *
 * Newer drivers add values (Bayer, 10 and 12-bit, further colorimetry), so never compare with a maximum. For packed
 * RGB and 4:2:2 the name gives the bytes in the reverse of their order in memory.
 */
typedef enum {
  /** I420. */
  CU_EGL_COLOR_FORMAT_YUV420_PLANAR = 0x00,
  /** NV12. */
  CU_EGL_COLOR_FORMAT_YUV420_SEMIPLANAR = 0x01,
  /** YUV422 planar. */
  CU_EGL_COLOR_FORMAT_YUV422_PLANAR = 0x02,
  /** YUV422 semiplanar. */
  CU_EGL_COLOR_FORMAT_YUV422_SEMIPLANAR = 0x03,
  /** RGB. */
  CU_EGL_COLOR_FORMAT_RGB = 0x04,
  /** BGR. */
  CU_EGL_COLOR_FORMAT_BGR = 0x05,
  /** Bytes B, G, R, A in memory: GStreamer's BGRA and BGRx. */
  CU_EGL_COLOR_FORMAT_ARGB = 0x06,
  /** Bytes A, B, G, R in memory; CUDA 8 and 9.0 say this of GStreamer's RGBA too. */
  CU_EGL_COLOR_FORMAT_RGBA = 0x07,
  /** L. */
  CU_EGL_COLOR_FORMAT_L = 0x08,
  /** R. */
  CU_EGL_COLOR_FORMAT_R = 0x09,
  /** YUV444 planar. */
  CU_EGL_COLOR_FORMAT_YUV444_PLANAR = 0x0a,
  /** YUV444 semiplanar. */
  CU_EGL_COLOR_FORMAT_YUV444_SEMIPLANAR = 0x0b,
  /** Bytes U, Y, V, Y in memory: GStreamer's UYVY. */
  CU_EGL_COLOR_FORMAT_YUYV_422 = 0x0c,
  /** Bytes Y, U, Y, V in memory: GStreamer's YUY2. */
  CU_EGL_COLOR_FORMAT_UYVY_422 = 0x0d,
  /** Bytes R, G, B, A in memory: GStreamer's RGBA and RGBx. */
  CU_EGL_COLOR_FORMAT_ABGR = 0x0e,
  /** Bytes A, R, G, B in memory. */
  CU_EGL_COLOR_FORMAT_BGRA = 0x0f,
  /** A. */
  CU_EGL_COLOR_FORMAT_A = 0x10,
  /** RG. */
  CU_EGL_COLOR_FORMAT_RG = 0x11,
  /** AYUV. */
  CU_EGL_COLOR_FORMAT_AYUV = 0x12,
  /** YVU444 semiplanar. */
  CU_EGL_COLOR_FORMAT_YVU444_SEMIPLANAR = 0x13,
  /** YVU422 semiplanar. */
  CU_EGL_COLOR_FORMAT_YVU422_SEMIPLANAR = 0x14,
  /** NV21. */
  CU_EGL_COLOR_FORMAT_YVU420_SEMIPLANAR = 0x15,
  /** Y10V10U10 444 semiplanar. */
  CU_EGL_COLOR_FORMAT_Y10V10U10_444_SEMIPLANAR = 0x16,
  /** Y10V10U10 420 semiplanar. */
  CU_EGL_COLOR_FORMAT_Y10V10U10_420_SEMIPLANAR = 0x17,
  /** Y12V12U12 444 semiplanar. */
  CU_EGL_COLOR_FORMAT_Y12V12U12_444_SEMIPLANAR = 0x18,
  /** Y12V12U12 420 semiplanar. */
  CU_EGL_COLOR_FORMAT_Y12V12U12_420_SEMIPLANAR = 0x19,
  /** VYUY, full range. */
  CU_EGL_COLOR_FORMAT_VYUY_ER = 0x1a,
  /** UYVY, full range. */
  CU_EGL_COLOR_FORMAT_UYVY_ER = 0x1b,
  /** YUYV, full range. */
  CU_EGL_COLOR_FORMAT_YUYV_ER = 0x1c,
  /** YVYU, full range. */
  CU_EGL_COLOR_FORMAT_YVYU_ER = 0x1d,
  /** YUV, full range. */
  CU_EGL_COLOR_FORMAT_YUV_ER = 0x1e,
  /** YUVA, full range. */
  CU_EGL_COLOR_FORMAT_YUVA_ER = 0x1f,
  /** AYUV, full range. */
  CU_EGL_COLOR_FORMAT_AYUV_ER = 0x20,
  /** YUV444 planar, full range. */
  CU_EGL_COLOR_FORMAT_YUV444_PLANAR_ER = 0x21,
  /** YUV422 planar, full range. */
  CU_EGL_COLOR_FORMAT_YUV422_PLANAR_ER = 0x22,
  /** I420, full range. */
  CU_EGL_COLOR_FORMAT_YUV420_PLANAR_ER = 0x23,
  /** YUV444 semiplanar, full range. */
  CU_EGL_COLOR_FORMAT_YUV444_SEMIPLANAR_ER = 0x24,
  /** YUV422 semiplanar, full range. */
  CU_EGL_COLOR_FORMAT_YUV422_SEMIPLANAR_ER = 0x25,
  /** NV12, full range. */
  CU_EGL_COLOR_FORMAT_YUV420_SEMIPLANAR_ER = 0x26,
  /** YVU444 planar, full range. */
  CU_EGL_COLOR_FORMAT_YVU444_PLANAR_ER = 0x27,
  /** YVU422 planar, full range. */
  CU_EGL_COLOR_FORMAT_YVU422_PLANAR_ER = 0x28,
  /** YVU420 planar, full range. */
  CU_EGL_COLOR_FORMAT_YVU420_PLANAR_ER = 0x29,
  /** YVU444 semiplanar, full range. */
  CU_EGL_COLOR_FORMAT_YVU444_SEMIPLANAR_ER = 0x2a,
  /** YVU422 semiplanar, full range. */
  CU_EGL_COLOR_FORMAT_YVU422_SEMIPLANAR_ER = 0x2b,
  /** NV21, full range. */
  CU_EGL_COLOR_FORMAT_YVU420_SEMIPLANAR_ER = 0x2c,
  /** Bayer RGGB, 8 bits. */
  CU_EGL_COLOR_FORMAT_BAYER_RGGB = 0x2d,
  /** Bayer BGGR, 8 bits. */
  CU_EGL_COLOR_FORMAT_BAYER_BGGR = 0x2e,
  /** Bayer GRBG, 8 bits. */
  CU_EGL_COLOR_FORMAT_BAYER_GRBG = 0x2f,
  /** Bayer GBRG, 8 bits. */
  CU_EGL_COLOR_FORMAT_BAYER_GBRG = 0x30,
  /** Bayer RGGB, 10 bits. */
  CU_EGL_COLOR_FORMAT_BAYER10_RGGB = 0x31,
  /** Bayer BGGR, 10 bits. */
  CU_EGL_COLOR_FORMAT_BAYER10_BGGR = 0x32,
  /** Bayer GRBG, 10 bits. */
  CU_EGL_COLOR_FORMAT_BAYER10_GRBG = 0x33,
  /** Bayer GBRG, 10 bits. */
  CU_EGL_COLOR_FORMAT_BAYER10_GBRG = 0x34,
  /** Bayer RGGB, 12 bits. */
  CU_EGL_COLOR_FORMAT_BAYER12_RGGB = 0x35,
  /** Bayer BGGR, 12 bits. */
  CU_EGL_COLOR_FORMAT_BAYER12_BGGR = 0x36,
  /** Bayer GRBG, 12 bits. */
  CU_EGL_COLOR_FORMAT_BAYER12_GRBG = 0x37,
  /** Bayer GBRG, 12 bits. */
  CU_EGL_COLOR_FORMAT_BAYER12_GBRG = 0x38,
  /** Bayer RGGB, 14 bits. */
  CU_EGL_COLOR_FORMAT_BAYER14_RGGB = 0x39,
  /** Bayer BGGR, 14 bits. */
  CU_EGL_COLOR_FORMAT_BAYER14_BGGR = 0x3a,
  /** Bayer GRBG, 14 bits. */
  CU_EGL_COLOR_FORMAT_BAYER14_GRBG = 0x3b,
  /** Bayer GBRG, 14 bits. */
  CU_EGL_COLOR_FORMAT_BAYER14_GBRG = 0x3c,
  /** Bayer RGGB, 20 bits. */
  CU_EGL_COLOR_FORMAT_BAYER20_RGGB = 0x3d,
  /** Bayer BGGR, 20 bits. */
  CU_EGL_COLOR_FORMAT_BAYER20_BGGR = 0x3e,
  /** Bayer GRBG, 20 bits. */
  CU_EGL_COLOR_FORMAT_BAYER20_GRBG = 0x3f,
  /** Bayer GBRG, 20 bits. */
  CU_EGL_COLOR_FORMAT_BAYER20_GBRG = 0x40,
  /** YVU444 planar. */
  CU_EGL_COLOR_FORMAT_YVU444_PLANAR = 0x41,
  /** YVU422 planar. */
  CU_EGL_COLOR_FORMAT_YVU422_PLANAR = 0x42,
  /** YV12. */
  CU_EGL_COLOR_FORMAT_YVU420_PLANAR = 0x43,
  /** Bayer RGGB as the ISP gives it. */
  CU_EGL_COLOR_FORMAT_BAYER_ISP_RGGB = 0x44,
  /** Bayer BGGR as the ISP gives it. */
  CU_EGL_COLOR_FORMAT_BAYER_ISP_BGGR = 0x45,
  /** Bayer GRBG as the ISP gives it. */
  CU_EGL_COLOR_FORMAT_BAYER_ISP_GRBG = 0x46,
  /** Bayer GBRG as the ISP gives it. */
  CU_EGL_COLOR_FORMAT_BAYER_ISP_GBRG = 0x47,
  /** Bayer BCCR, 8 bits. */
  CU_EGL_COLOR_FORMAT_BAYER_BCCR = 0x48,
  /** Bayer RCCB, 8 bits. */
  CU_EGL_COLOR_FORMAT_BAYER_RCCB = 0x49,
  /** Bayer CRBC, 8 bits. */
  CU_EGL_COLOR_FORMAT_BAYER_CRBC = 0x4a,
  /** Bayer CBRC, 8 bits. */
  CU_EGL_COLOR_FORMAT_BAYER_CBRC = 0x4b,
  /** Bayer CCCC, 10 bits. */
  CU_EGL_COLOR_FORMAT_BAYER10_CCCC = 0x4c,
  /** Bayer BCCR, 12 bits. */
  CU_EGL_COLOR_FORMAT_BAYER12_BCCR = 0x4d,
  /** Bayer RCCB, 12 bits. */
  CU_EGL_COLOR_FORMAT_BAYER12_RCCB = 0x4e,
  /** Bayer CRBC, 12 bits. */
  CU_EGL_COLOR_FORMAT_BAYER12_CRBC = 0x4f,
  /** Bayer CBRC, 12 bits. */
  CU_EGL_COLOR_FORMAT_BAYER12_CBRC = 0x50,
  /** Bayer CCCC, 12 bits. */
  CU_EGL_COLOR_FORMAT_BAYER12_CCCC = 0x51,
  /** GRAY8. */
  CU_EGL_COLOR_FORMAT_Y = 0x52,
  /** NV12, BT.2020. */
  CU_EGL_COLOR_FORMAT_YUV420_SEMIPLANAR_2020 = 0x53,
  /** YVU420 semiplanar, BT.2020. */
  CU_EGL_COLOR_FORMAT_YVU420_SEMIPLANAR_2020 = 0x54,
  /** YUV420 planar, BT.2020. */
  CU_EGL_COLOR_FORMAT_YUV420_PLANAR_2020 = 0x55,
  /** YVU420 planar, BT.2020. */
  CU_EGL_COLOR_FORMAT_YVU420_PLANAR_2020 = 0x56,
  /** NV12, BT.709. */
  CU_EGL_COLOR_FORMAT_YUV420_SEMIPLANAR_709 = 0x57,
  /** YVU420 semiplanar, BT.709. */
  CU_EGL_COLOR_FORMAT_YVU420_SEMIPLANAR_709 = 0x58,
  /** I420, BT.709. */
  CU_EGL_COLOR_FORMAT_YUV420_PLANAR_709 = 0x59,
  /** YVU420 planar, BT.709. */
  CU_EGL_COLOR_FORMAT_YVU420_PLANAR_709 = 0x5a,
  /** 10-bit YVU420 semiplanar, BT.709. */
  CU_EGL_COLOR_FORMAT_Y10V10U10_420_SEMIPLANAR_709 = 0x5b,
  /** 10-bit YVU420 semiplanar, BT.2020. */
  CU_EGL_COLOR_FORMAT_Y10V10U10_420_SEMIPLANAR_2020 = 0x5c,
  /** 10-bit YVU422 semiplanar, BT.2020. */
  CU_EGL_COLOR_FORMAT_Y10V10U10_422_SEMIPLANAR_2020 = 0x5d,
  /** 10-bit YVU422 semiplanar. */
  CU_EGL_COLOR_FORMAT_Y10V10U10_422_SEMIPLANAR = 0x5e,
  /** 10-bit YVU422 semiplanar, BT.709. */
  CU_EGL_COLOR_FORMAT_Y10V10U10_422_SEMIPLANAR_709 = 0x5f,
  /** Y, full range. */
  CU_EGL_COLOR_FORMAT_Y_ER = 0x60,
  /** Y, BT.709, full range. */
  CU_EGL_COLOR_FORMAT_Y_709_ER = 0x61,
  /** 10-bit Y, full range. */
  CU_EGL_COLOR_FORMAT_Y10_ER = 0x62,
  /** 10-bit Y, BT.709, full range. */
  CU_EGL_COLOR_FORMAT_Y10_709_ER = 0x63,
  /** 12-bit Y, full range. */
  CU_EGL_COLOR_FORMAT_Y12_ER = 0x64,
  /** 12-bit Y, BT.709, full range. */
  CU_EGL_COLOR_FORMAT_Y12_709_ER = 0x65,
  /** YUVA. */
  CU_EGL_COLOR_FORMAT_YUVA = 0x66,
  /** YUV. */
  CU_EGL_COLOR_FORMAT_YUV = 0x67,
  /** YVYU. */
  CU_EGL_COLOR_FORMAT_YVYU = 0x68,
  /** VYUY. */
  CU_EGL_COLOR_FORMAT_VYUY = 0x69,
  /** 10-bit YVU420 semiplanar, full range. */
  CU_EGL_COLOR_FORMAT_Y10V10U10_420_SEMIPLANAR_ER = 0x6a,
  /** 10-bit YVU420 semiplanar, BT.709, full range. */
  CU_EGL_COLOR_FORMAT_Y10V10U10_420_SEMIPLANAR_709_ER = 0x6b,
  /** 10-bit YVU444 semiplanar, full range. */
  CU_EGL_COLOR_FORMAT_Y10V10U10_444_SEMIPLANAR_ER = 0x6c,
  /** 10-bit YVU444 semiplanar, BT.709, full range. */
  CU_EGL_COLOR_FORMAT_Y10V10U10_444_SEMIPLANAR_709_ER = 0x6d,
  /** 12-bit YVU420 semiplanar, full range. */
  CU_EGL_COLOR_FORMAT_Y12V12U12_420_SEMIPLANAR_ER = 0x6e,
  /** 12-bit YVU420 semiplanar, BT.709, full range. */
  CU_EGL_COLOR_FORMAT_Y12V12U12_420_SEMIPLANAR_709_ER = 0x6f,
  /** 12-bit YVU444 semiplanar, full range. */
  CU_EGL_COLOR_FORMAT_Y12V12U12_444_SEMIPLANAR_ER = 0x70,
  /** 12-bit YVU444 semiplanar, BT.709, full range. */
  CU_EGL_COLOR_FORMAT_Y12V12U12_444_SEMIPLANAR_709_ER = 0x71,
  /** UYVY, BT.709. Since CUDA 12.8. */
  CU_EGL_COLOR_FORMAT_UYVY_709 = 0x72,
  /** UYVY, BT.709, full range. Since CUDA 12.8. */
  CU_EGL_COLOR_FORMAT_UYVY_709_ER = 0x73,
  /** UYVY, BT.2020. Since CUDA 12.8. */
  CU_EGL_COLOR_FORMAT_UYVY_2020 = 0x74,
} CUeglColorFormat;

/** The planes of a CUeglFrame; which member holds is said by its frame type. */
typedef union {
  /** For frames of type ARRAY. */
  CUarray pArray[MAX_PLANES];
  /** For frames of type PITCH: device pointers. */
  void *pPitch[MAX_PLANES];
} CUeglFramePlanes;

/**
 * What CUDA sees of a registered EGLImage or of a frame of an EGLStream.
 *
 * width, height, depth and pitch are those of plane 0 only.
 */
typedef struct {
  /** Where the planes are. */
  CUeglFramePlanes frame;
  /** Width of plane 0 in pixels. */
  unsigned int width;
  /** Height of plane 0 in rows. */
  unsigned int height;
  /** Depth of plane 0. */
  unsigned int depth;
  /** Bytes from row to row of plane 0; 0 in ARRAY frames. */
  unsigned int pitch;
  /** Planes, MAX_PLANES at most. */
  unsigned int planeCount;
  /** Channels of plane 0. */
  unsigned int numChannels;
  /** Which member of frame holds. */
  CUeglFrameType frameType;
  /** What the pixels mean. */
  CUeglColorFormat eglColorFormat;
  /** Type of one element. */
  CUarray_format cuFormat;
} CUeglFrame;

/** A copy of rows. What one side does not use is ignored. */
typedef struct {
  /** First byte of each source row. */
  size_t srcXInBytes;
  /** First source row. */
  size_t srcY;
  /** Where the source is. */
  CUmemorytype srcMemoryType;
  /** Host source. */
  const void *srcHost;
  /** Device or unified source. */
  CUdeviceptr srcDevice;
  /** Array source. */
  CUarray srcArray;
  /** Bytes from row to row of the source; not for arrays. */
  size_t srcPitch;
  /** First byte of each destination row. */
  size_t dstXInBytes;
  /** First destination row. */
  size_t dstY;
  /** Where the destination is. */
  CUmemorytype dstMemoryType;
  /** Host destination. */
  void *dstHost;
  /** Device or unified destination. */
  CUdeviceptr dstDevice;
  /** Array destination. */
  CUarray dstArray;
  /** Bytes from row to row of the destination; not for arrays. */
  size_t dstPitch;
  /** Bytes of a row that are copied. */
  size_t WidthInBytes;
  /** Rows. */
  size_t Height;
} CUDA_MEMCPY2D;

/** The shape of an array. */
typedef struct {
  /** In elements. */
  size_t Width;
  /** In rows; 0 for one dimension. */
  size_t Height;
  /** Type of one channel. */
  CUarray_format Format;
  /** Channels of an element: 1, 2 or 4. */
  unsigned int NumChannels;
} CUDA_ARRAY_DESCRIPTOR;

/** The shape of an array with a third dimension or flags. */
typedef struct {
  /** In elements. */
  size_t Width;
  /** In rows; 0 for one dimension. */
  size_t Height;
  /** In slices; 0 for two dimensions. */
  size_t Depth;
  /** Type of one channel. */
  CUarray_format Format;
  /** Channels of an element: 1, 2 or 4. */
  unsigned int NumChannels;
  /** CUDA_ARRAY3D_SURFACE_LDST and others. */
  unsigned int Flags;
} CUDA_ARRAY3D_DESCRIPTOR;

/** Array flag: surface objects can be made of it. */
#define CUDA_ARRAY3D_SURFACE_LDST 2

/** An array as a resource. */
typedef struct {
  /** The array. */
  CUarray hArray;
} CUDA_RESOURCE_DESC_array;

/** An array with smaller copies of itself as a resource. */
typedef struct {
  /** The array. */
  CUmipmappedArray hMipmappedArray;
} CUDA_RESOURCE_DESC_mipmap;

/** Device memory without rows as a resource. */
typedef struct {
  /** First byte. */
  CUdeviceptr devPtr;
  /** Type of one channel. */
  CUarray_format format;
  /** Channels of an element. */
  unsigned int numChannels;
  /** Size in bytes. */
  size_t sizeInBytes;
} CUDA_RESOURCE_DESC_linear;

/** Device memory with rows as a resource. */
typedef struct {
  /** First byte. */
  CUdeviceptr devPtr;
  /** Type of one channel. */
  CUarray_format format;
  /** Channels of an element. */
  unsigned int numChannels;
  /** In elements. */
  size_t width;
  /** In rows. */
  size_t height;
  /** Bytes from row to row. */
  size_t pitchInBytes;
} CUDA_RESOURCE_DESC_pitch2D;

/** The size of all resources, which may grow up to this. */
typedef struct {
  /** Zeros. */
  int reserved[32];
} CUDA_RESOURCE_DESC_reserved;

/** The resource of a CUDA_RESOURCE_DESC; which member holds is said by its kind. */
typedef union {
  /** For CU_RESOURCE_TYPE_ARRAY. */
  CUDA_RESOURCE_DESC_array array;
  /** For CU_RESOURCE_TYPE_MIPMAPPED_ARRAY. */
  CUDA_RESOURCE_DESC_mipmap mipmap;
  /** For CU_RESOURCE_TYPE_LINEAR. */
  CUDA_RESOURCE_DESC_linear linear;
  /** For CU_RESOURCE_TYPE_PITCH2D. */
  CUDA_RESOURCE_DESC_pitch2D pitch2D;
  /** For all. */
  CUDA_RESOURCE_DESC_reserved reserved;
} CUDA_RESOURCE_DESC_res;

/** What a texture or surface object is made of. */
typedef struct {
  /** Which member of res holds. */
  CUresourcetype resType;
  /** The resource. */
  CUDA_RESOURCE_DESC_res res;
  /** 0. */
  unsigned int flags;
} CUDA_RESOURCE_DESC;

/** How a texture is sampled. */
typedef struct {
  /** Outside, for each dimension. */
  CUaddress_mode addressMode[3];
  /** Between pixels. */
  CUfilter_mode filterMode;
  /** CU_TRSF_READ_AS_INTEGER and others. */
  unsigned int flags;
  /** Largest anisotropy. */
  unsigned int maxAnisotropy;
  /** Between mipmap levels. */
  CUfilter_mode mipmapFilterMode;
  /** Added to the mipmap level. */
  float mipmapLevelBias;
  /** Smallest mipmap level. */
  float minMipmapLevelClamp;
  /** Largest mipmap level. */
  float maxMipmapLevelClamp;
  /** What CU_TR_ADDRESS_MODE_BORDER gives. */
  float borderColor[4];
  /** Zeros. */
  int reserved[12];
} CUDA_TEXTURE_DESC;

/** Another view of a resource; always null here. */
typedef struct CUDA_RESOURCE_VIEW_DESC_st CUDA_RESOURCE_VIEW_DESC;

CUresult cuInit(unsigned int flags);
CUresult cuDriverGetVersion(int *version);
CUresult cuGetErrorName(CUresult error, const char **name);
CUresult cuGetErrorString(CUresult error, const char **text);

CUresult cuDeviceGet(CUdevice *device, int ordinal);
CUresult cuDeviceGetCount(int *count);
CUresult cuDeviceGetName(char *name, int size, CUdevice device);
CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device);
CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device);
CUresult cuDevicePrimaryCtxRelease(CUdevice device);
CUresult cuCtxPushCurrent_v2(CUcontext context);
CUresult cuCtxPopCurrent_v2(CUcontext *context);
CUresult cuCtxGetCurrent(CUcontext *context);
CUresult cuCtxSynchronize(void);

CUresult cuStreamCreate(CUstream *stream, unsigned int flags);
CUresult cuStreamDestroy_v2(CUstream stream);
CUresult cuStreamSynchronize(CUstream stream);
CUresult cuStreamQuery(CUstream stream);
CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int flags);
CUresult cuStreamAttachMemAsync(CUstream stream, CUdeviceptr address, size_t length, unsigned int flags);
CUresult cuEventCreate(CUevent *event, unsigned int flags);
CUresult cuEventDestroy_v2(CUevent event);
CUresult cuEventRecord(CUevent event, CUstream stream);
CUresult cuEventSynchronize(CUevent event);
CUresult cuEventQuery(CUevent event);
CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end);
/** Since CUDA 9.0. */
CUresult cuEventCreateFromEGLSync(CUevent *event, EGLSyncKHR sync, unsigned int flags);

CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t size);
CUresult cuMemAllocPitch_v2(CUdeviceptr *address, size_t *pitch, size_t width, size_t height, unsigned int element);
CUresult cuMemAllocManaged(CUdeviceptr *address, size_t size, unsigned int flags);
CUresult cuMemFree_v2(CUdeviceptr address);
CUresult cuMemHostAlloc(void **address, size_t size, unsigned int flags);
CUresult cuMemFreeHost(void *address);
CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr *device, void *host, unsigned int flags);
CUresult cuPointerGetAttribute(void *value, CUpointer_attribute attribute, CUdeviceptr address);
CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D *copy, CUstream stream);

CUresult cuArray3DCreate_v2(CUarray *array, const CUDA_ARRAY3D_DESCRIPTOR *descriptor);
CUresult cuArrayGetDescriptor_v2(CUDA_ARRAY_DESCRIPTOR *descriptor, CUarray array);
CUresult cuArrayDestroy(CUarray array);
CUresult cuTexObjectCreate(CUtexObject *texture, const CUDA_RESOURCE_DESC *resource,
                           const CUDA_TEXTURE_DESC *sampling, const CUDA_RESOURCE_VIEW_DESC *view);
CUresult cuTexObjectDestroy(CUtexObject texture);
CUresult cuSurfObjectCreate(CUsurfObject *surface, const CUDA_RESOURCE_DESC *resource);
CUresult cuSurfObjectDestroy(CUsurfObject surface);

CUresult cuModuleLoadData(CUmodule *module, const void *image);
CUresult cuModuleUnload(CUmodule module);
CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name);
CUresult cuLaunchKernel(CUfunction function, unsigned int grid_x, unsigned int grid_y, unsigned int grid_z,
                        unsigned int block_x, unsigned int block_y, unsigned int block_z, unsigned int shared,
                        CUstream stream, void **parameters, void **extra);

CUresult cuGraphicsEGLRegisterImage(CUgraphicsResource *resource, EGLImageKHR image, unsigned int flags);
CUresult cuGraphicsResourceGetMappedEglFrame(CUeglFrame *frame, CUgraphicsResource resource, unsigned int index,
                                             unsigned int level);
CUresult cuGraphicsUnregisterResource(CUgraphicsResource resource);
CUresult cuEGLStreamConsumerConnect(CUeglStreamConnection *connection, EGLStreamKHR stream);
CUresult cuEGLStreamConsumerConnectWithFlags(CUeglStreamConnection *connection, EGLStreamKHR stream,
                                             unsigned int flags);
CUresult cuEGLStreamConsumerDisconnect(CUeglStreamConnection *connection);
CUresult cuEGLStreamConsumerAcquireFrame(CUeglStreamConnection *connection, CUgraphicsResource *resource,
                                         CUstream *stream, unsigned int timeout);
CUresult cuEGLStreamConsumerReleaseFrame(CUeglStreamConnection *connection, CUgraphicsResource resource,
                                         CUstream *stream);
CUresult cuEGLStreamProducerConnect(CUeglStreamConnection *connection, EGLStreamKHR stream, EGLint width,
                                    EGLint height);
CUresult cuEGLStreamProducerDisconnect(CUeglStreamConnection *connection);
CUresult cuEGLStreamProducerPresentFrame(CUeglStreamConnection *connection, CUeglFrame frame, CUstream *stream);
CUresult cuEGLStreamProducerReturnFrame(CUeglStreamConnection *connection, CUeglFrame *frame, CUstream *stream);

#endif /* EGL_CUDA_DRIVER_H_ */
