/*
 * A libnvbuf_utils of the release that NVBUF_L4T says, on malloc: as much as a self-test calls.
 *
 *   SHOW        the NVBUF_L4T whose functions it has, if another
 *   NO_YUV444   pictures of that format are refused
 *   NO_SIGNED   pictures of SignedR16G16 are refused
 *   REFUSE      nothing can be allocated
 *   WITHOUT_x   without the function NvBufferx
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include <string.h>

#include "nvbuf_utils.h"

#ifndef SHOW
#define SHOW NVBUF_L4T
#endif

static struct { int width, height, format; } buffers[64];
static int next;

/* Planes and chroma divisor of the formats that are asked for, and of those in their places. */
static int shape(int format, int *chroma) {
  int planes = 1;
  *chroma = 1;
  switch (format) {
  case NvBufferColorFormat_NV12:
  case NvBufferColorFormat_NV21:
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  case NvBufferColorFormat_NV12_ER:
  case NvBufferColorFormat_NV12_2020:
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
  case NvBufferColorFormat_NV16_ER:
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_6
  case NvBufferColorFormat_NV24_10LE:
#endif
    *chroma = 2;
    planes = 2;
    break;
  case NvBufferColorFormat_YUV420:
  case NvBufferColorFormat_YVU420:
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  case NvBufferColorFormat_YUV420_ER:
  case NvBufferColorFormat_YVU420_ER:
  case NvBufferColorFormat_YUV420_2020:
#endif
    *chroma = 2;
    planes = 3;
    break;
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  case NvBufferColorFormat_YUV444:
    planes = 3;
    break;
#endif
  default:
    break;
  }
  return planes;
}

/* Bytes of a pixel in plane 0. */
static uint32_t bytes(int format) {
  switch (format) {
  case NvBufferColorFormat_ABGR32:
  case NvBufferColorFormat_XRGB32:
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_1
  case NvBufferColorFormat_ARGB32:
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  case NvBufferColorFormat_SignedR16G16:
#endif
    return 4;
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_6
  case NvBufferColorFormat_NV24_10LE:
    return 2;
#endif
  default:
    return 1;
  }
}

int NvBufferCreate(int *dmabuf_fd, int width, int height, NvBufferLayout layout,
                   NvBufferColorFormat colorFormat) {
  (void)layout;
#ifdef REFUSE
  (void)dmabuf_fd, (void)width, (void)height, (void)colorFormat;
  return -1;
#endif
#ifdef NO_YUV444
  if (colorFormat == NvBufferColorFormat_YUV444) return -1;
#endif
#ifdef NO_SIGNED
  if (colorFormat == NvBufferColorFormat_SignedR16G16) return -1;
#endif
  if (next == 64) return -1;
  buffers[next].width = width;
  buffers[next].height = height;
  buffers[next].format = (int)colorFormat;
  *dmabuf_fd = 100 + next++;
  return 0;
}

int NvBufferGetParams(int dmabuf_fd, NvBufferParams *params) {
  int i, chroma, n = dmabuf_fd - 100;
  memset(params, 0, sizeof *params);
  params->dmabuf_fd = (uint32_t)dmabuf_fd;
  params->pixel_format = buffers[n].format;
  params->num_planes = (uint32_t)shape(buffers[n].format, &chroma);
  for (i = 0; i < (int)params->num_planes; i++) {
    params->width[i] = (uint32_t)(buffers[n].width / (i ? chroma : 1));
    params->height[i] = (uint32_t)(buffers[n].height / (i ? chroma : 1));
    /* Padded to 256, as on Jetson. */
    params->pitch[i] = (params->width[i] * bytes(buffers[n].format) + 255) / 256 * 256;
  }
  return 0;
}

int NvBufferDestroy(int dmabuf_fd) {
  (void)dmabuf_fd;
  return 0;
}

/* The rest only has to be there. */
__attribute__((used)) static int refuse(void) { return -1; }
#define THERE(name) \
  __asm__(".globl " #name "\n.type " #name ", %function\n.set " #name ", refuse\n")

THERE(NvBufferMemMap);
THERE(NvBufferMemUnMap);
THERE(NvBufferMemSyncForCpu);
THERE(NvBufferMemSyncForDevice);
THERE(NvEGLImageFromFd);
THERE(NvDestroyEGLImage);
#if SHOW >= 280200
THERE(ExtractFdFromNvBuffer);
THERE(NvReleaseFd);
THERE(NvBuffer2Raw);
THERE(Raw2NvBuffer);
THERE(NvBufferTransform);
THERE(NvBufferComposite);
#endif
#if SHOW >= 320100
THERE(NvBufferGetSize);
THERE(NvBufferCreateEx);
THERE(NvBufferSessionCreate);
THERE(NvBufferSessionDestroy);
#endif
#if SHOW >= 320300
THERE(NvBufferCreateInterlace);
THERE(NvBufferCreateWithChromaLoc);
THERE(NvBufferGetParamsEx);
#endif
#if SHOW >= 320400
THERE(NvBufferTransformAsync);
THERE(NvBufferSyncObjWait);
#endif
#if SHOW >= 320600
THERE(NvBufferMemMapEx);
THERE(NvBufferMemUnMapEx);
THERE(NvBufferMemSyncForCpuEx);
THERE(NvBufferMemSyncForDeviceEx);
#ifndef WITHOUT_TransformEx
THERE(NvBufferTransformEx);
#endif
#endif
#if SHOW >= 320704 && SHOW < 330000
THERE(NvBufferCreateCompressed);
THERE(NvBufferImportFd);
THERE(NvBufferSyncObjParamsFromFile);
#endif
