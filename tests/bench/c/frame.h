/*
 * What a C element does by hand to get at a buffer's pixels in CUDA: the other side of nvmm-overhead.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef BENCH_FRAME_H_
#define BENCH_FRAME_H_

#include <gst/gst.h>
#include <gst/video/video.h>

#include "cuda_driver.h"
#include "nvbufsurface.h"

typedef struct CUevent_st *CUevent;
typedef struct CUstream_st *CUstream;

/* The platform's functions that are used; filled by bench_init. */
typedef struct {
  CUresult (*cuInit)(unsigned int);
  CUresult (*cuDevicePrimaryCtxRetain)(CUcontext *, CUdevice);
  CUresult (*cuCtxPushCurrent_v2)(CUcontext);
  CUresult (*cuCtxPopCurrent_v2)(CUcontext *);
  CUresult (*cuStreamCreate)(CUstream *, unsigned int);
  CUresult (*cuStreamDestroy_v2)(CUstream);
  CUresult (*cuStreamSynchronize)(CUstream);
  CUresult (*cuStreamWaitEvent)(CUstream, CUevent, unsigned int);
  CUresult (*cuEventCreate)(CUevent *, unsigned int);
  CUresult (*cuEventRecord)(CUevent, CUstream);
  CUresult (*cuEventSynchronize)(CUevent);
  CUresult (*cuEventDestroy_v2)(CUevent);
  CUresult (*cuGraphicsEGLRegisterImage)(CUgraphicsResource *, void *, unsigned int);
  CUresult (*cuGraphicsResourceGetMappedEglFrame)(CUeglFrame *, CUgraphicsResource, unsigned int, unsigned int);
  CUresult (*cuGraphicsUnregisterResource)(CUgraphicsResource);
  int (*NvBufSurfaceCreate)(NvBufSurface **, uint32_t, NvBufSurfaceCreateParams *);
  int (*NvBufSurfaceDestroy)(NvBufSurface *);
  int (*NvBufSurfaceMapEglImage)(NvBufSurface *, int);
  int (*NvBufSurfaceUnMapEglImage)(NvBufSurface *, int);
} BenchPlatform;

extern BenchPlatform bench_platform;
/* The primary context of device 0. */
extern CUcontext bench_context;

/* What is kept with a memory: made once, freed with it. Any element may have a buffer, on any thread. */
typedef struct {
  NvBufSurface *surface;
  CUgraphicsResource resource;
  CUeglFrame frame;
  GMutex lock;
  CUevent event;
  gboolean is_pending;
} BenchRegistration;

/* A buffer that CUDA can use: plain C's counterpart of NvmmFrame. */
typedef struct {
  GstBuffer *buffer;
  BenchRegistration *registration;
  GstVideoInfo info;
} BenchFrame;

/* NULL, or what is missing. */
const char *bench_init(void);
/* The duty that is measured: map, check, look up, unmap. The first time a memory is seen it is registered. */
gboolean bench_frame_open(BenchFrame *frame, GstBuffer *buffer, const GstVideoInfo *info);
void bench_frame_close(BenchFrame *frame);
/* Makes a stream wait for what is pending on the pixels, and leaves what the stream was given pending. */
gboolean bench_frame_begin(BenchFrame *frame, CUstream stream);
gboolean bench_frame_end(BenchFrame *frame, CUstream stream);
/* Surfaces as an element of somebody else wraps them, from so many to so many. Not active yet. */
GstBufferPool *bench_pool_new(GstCaps *caps, guint min, guint max);
/* A GstAggregator on these frames. */
GType bench_mix_get_type(void);

#endif /* BENCH_FRAME_H_ */
