/*
 * A libnvbufsurface of the release that NVBUF_L4T says, on malloc: as much as a self-test calls.
 *
 *   STRIDE      bytes between params, to lay out otherwise than the headers
 *   LIE         another width in the second entry
 *   REFUSE      nothing can be allocated
 *   WITHOUT_x   without the function NvBufSurfacex; WITH_x with it
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "nvbufsurface.h"

#ifndef STRIDE
#define STRIDE sizeof(NvBufSurfaceParams)
#endif

#ifndef WITHOUT_Create
int NvBufSurfaceCreate(NvBufSurface **surf, uint32_t batchSize, NvBufSurfaceCreateParams *params) {
#ifdef REFUSE
  return -1;
#else
  NvBufSurface *made = calloc(1, sizeof *made);
  /* Room for the larger family, whatever the stride. */
  char *list = calloc(batchSize, 416);
  for (uint32_t i = 0; i < batchSize; i++) {
    NvBufSurfaceParams entry;
    memset(&entry, 0, sizeof entry);
    entry.width = params->width;
    entry.height = params->height;
    entry.colorFormat = params->colorFormat;
    entry.planeParams.num_planes = 2;
#ifdef LIE
    entry.width += i;
#endif
    memcpy(list + i * STRIDE, &entry, STRIDE < sizeof entry ? STRIDE : sizeof entry);
  }
  made->batchSize = batchSize;
  made->memType = NVBUF_MEM_SURFACE_ARRAY;
  made->surfaceList = (NvBufSurfaceParams *)list;
  *surf = made;
  return 0;
#endif
}
#endif

int NvBufSurfaceDestroy(NvBufSurface *surf) {
  free(surf->surfaceList);
  free(surf);
  return 0;
}

/* The rest only has to be there. */
__attribute__((used)) static int refuse(void) { return -1; }
#define THERE(name) \
  __asm__(".globl " #name "\n.type " #name ", %function\n.set " #name ", refuse\n")

THERE(NvBufSurfaceMap);
THERE(NvBufSurfaceUnMap);
THERE(NvBufSurfaceSyncForCpu);
THERE(NvBufSurfaceSyncForDevice);
THERE(NvBufSurfaceFromFd);
THERE(NvBufSurfaceMemSet);
THERE(NvBufSurfaceMapEglImage);
THERE(NvBufSurfaceUnMapEglImage);
#ifndef WITHOUT_Copy
THERE(NvBufSurfaceCopy);
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
THERE(NvBufSurfaceAllocate);
THERE(NvBufSurface2Raw);
THERE(Raw2NvBufSurface);
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R35_3
THERE(NvBufSurfaceGetMapParams);
#ifndef WITHOUT_Import
THERE(NvBufSurfaceImport);
#endif
#endif
#if defined(WITH_GetDeviceInfo) || \
    (NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8 && !defined(WITHOUT_GetDeviceInfo))
THERE(NvBufSurfaceGetDeviceInfo);
#endif
