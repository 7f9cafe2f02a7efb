/*
 * What the tests use of the CUDA driver API: names, types and numbers of its public interface, 64-bit.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef CUDA_DRIVER_H_
#define CUDA_DRIVER_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned int CUresult;
typedef int CUdevice;
typedef unsigned long long CUdeviceptr;
typedef struct CUctx_st *CUcontext;
typedef struct CUarray_st *CUarray;
typedef struct CUgraphicsResource_st *CUgraphicsResource;

/* Kinds of memory in a copy. */
#define CU_MEMORYTYPE_HOST 1
#define CU_MEMORYTYPE_DEVICE 2
#define CU_MEMORYTYPE_ARRAY 3

/* Kinds of frames. */
#define CU_EGL_FRAME_TYPE_ARRAY 0
#define CU_EGL_FRAME_TYPE_PITCH 1

/* A frame of an EGLImage: 64 bytes. */
typedef struct {
  union {
    CUarray pArray[3];
    void *pPitch[3];
  } frame;
  unsigned int width;
  unsigned int height;
  unsigned int depth;
  unsigned int pitch;
  unsigned int planeCount;
  unsigned int numChannels;
  unsigned int frameType;
  unsigned int eglColorFormat;
  unsigned int cuFormat;
} CUeglFrame;

/* A copy of a rectangle. */
typedef struct {
  size_t srcXInBytes;
  size_t srcY;
  unsigned int srcMemoryType;
  const void *srcHost;
  CUdeviceptr srcDevice;
  CUarray srcArray;
  size_t srcPitch;
  size_t dstXInBytes;
  size_t dstY;
  unsigned int dstMemoryType;
  void *dstHost;
  CUdeviceptr dstDevice;
  CUarray dstArray;
  size_t dstPitch;
  size_t WidthInBytes;
  size_t Height;
} CUDA_MEMCPY2D;

CUresult cuInit(unsigned int flags);
CUresult cuDeviceGet(CUdevice *device, int ordinal);
CUresult cuCtxCreate_v2(CUcontext *context, unsigned int flags, CUdevice device);
CUresult cuCtxDestroy_v2(CUcontext context);
CUresult cuCtxSynchronize(void);
CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device);
CUresult cuCtxPushCurrent_v2(CUcontext context);
CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes);
CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D *copy);
CUresult cuGraphicsEGLRegisterImage(CUgraphicsResource *resource, void *image, unsigned int flags);
CUresult cuGraphicsResourceGetMappedEglFrame(CUeglFrame *frame, CUgraphicsResource resource,
                                             unsigned int index, unsigned int mip_level);
CUresult cuGraphicsUnregisterResource(CUgraphicsResource resource);

#ifdef __cplusplus
}
#endif

#endif /* CUDA_DRIVER_H_ */
