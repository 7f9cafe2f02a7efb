/*
 * An EGLImage of an NV12 picture of 320x240 in CUDA: what the CPU wrote is read, something else is
 * written.
 */
#ifndef CUDA_FRAME_H_
#define CUDA_FRAME_H_

#include <string.h>

#include "check.h"
#include "cuda_driver.h"

#define WIDTH 320u
#define HEIGHT 240u

/* Rows of a plane; both are WIDTH bytes wide. */
static unsigned int rows_of(unsigned int plane) { return plane == 0 ? HEIGHT : HEIGHT / 2; }

/* The byte that a plane has at a place, by who wrote it. */
static unsigned char byte_at(unsigned int writer, unsigned int plane, unsigned int x,
                             unsigned int y) {
  return (unsigned char)(writer * 101 + plane * 31 + x * 3 + y * 7);
}

/* Fills or compares a plane that the CPU has mapped; 0 if all is well. */
static int cpu_plane(int fill, unsigned int writer, unsigned int plane, unsigned char *pixels,
                     size_t pitch) {
  unsigned int x, y;

  CHECK(pixels != NULL && pitch >= WIDTH);
  for (y = 0; y < rows_of(plane); y++) {
    for (x = 0; x < WIDTH; x++) {
      if (fill) pixels[y * pitch + x] = byte_at(writer, plane, x, y);
      CHECK(pixels[y * pitch + x] == byte_at(writer, plane, x, y));
    }
  }
  return 0;
}

/* Copies a plane of the frame to or from packed rows. */
static CUresult copy(const CUeglFrame *frame, unsigned int plane, unsigned char *rows, int to_frame) {
  CUDA_MEMCPY2D params;

  memset(&params, 0, sizeof(params));
  if (frame->frameType == CU_EGL_FRAME_TYPE_ARRAY) {
    params.srcMemoryType = params.dstMemoryType = CU_MEMORYTYPE_ARRAY;
    params.srcArray = params.dstArray = frame->frame.pArray[plane];
  } else {
    params.srcMemoryType = params.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    params.srcDevice = params.dstDevice = (CUdeviceptr)(size_t)frame->frame.pPitch[plane];
    params.srcPitch = params.dstPitch = frame->pitch;
  }
  if (to_frame) {
    params.srcMemoryType = CU_MEMORYTYPE_HOST;
    params.srcHost = rows;
    params.srcPitch = WIDTH;
  } else {
    params.dstMemoryType = CU_MEMORYTYPE_HOST;
    params.dstHost = rows;
    params.dstPitch = WIDTH;
  }
  params.WidthInBytes = WIDTH;
  params.Height = rows_of(plane);
  return cuMemcpy2D_v2(&params);
}

/* Reads what writer 1 wrote, and is writer 2. */
static int cuda_reads_and_writes(void *image, int is_block_linear) {
  static unsigned char rows[WIDTH * HEIGHT];
  CUgraphicsResource resource = NULL;
  CUeglFrame frame;
  unsigned int plane;

  CHECK(cuGraphicsEGLRegisterImage(&resource, image, 0) == 0);
  CHECK(cuGraphicsResourceGetMappedEglFrame(&frame, resource, 0, 0) == 0);
  CHECK(cuCtxSynchronize() == 0);
  CHECK(frame.width == WIDTH && frame.height == HEIGHT && frame.planeCount == 2);
  CHECK(frame.frameType ==
        (unsigned int)(is_block_linear ? CU_EGL_FRAME_TYPE_ARRAY : CU_EGL_FRAME_TYPE_PITCH));
  for (plane = 0; plane < frame.planeCount; plane++) {
    memset(rows, 0, sizeof(rows));
    CHECK(copy(&frame, plane, rows, 0) == 0);
    CHECK(cpu_plane(0, 1, plane, rows, WIDTH) == 0);
    CHECK(cpu_plane(1, 2, plane, rows, WIDTH) == 0);
    CHECK(copy(&frame, plane, rows, 1) == 0);
  }
  CHECK(cuCtxSynchronize() == 0);
  CHECK(cuGraphicsUnregisterResource(resource) == 0);
  return 0;
}

static int start_cuda(CUcontext *context) {
  CUdevice device;

  CHECK(cuInit(0) == 0);
  CHECK(cuDeviceGet(&device, 0) == 0);
  CHECK(cuCtxCreate_v2(context, 0, device) == 0);
  return 0;
}

#endif /* CUDA_FRAME_H_ */
