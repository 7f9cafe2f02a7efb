/* A batch of two through libnvbufsurface, by our header alone. Also compiled as C++. */
#include <string.h>

#include "check.h"
#include "nvbufsurface.h"

int main(void) {
  NvBufSurfaceCreateParams params;
  NvBufSurface *surface = NULL;
  NvBufSurface *none = NULL;
  void *found = NULL;
  uint32_t i;

  memset(&params, 0, sizeof(params));
  params.width = 320;
  params.height = 240;
  params.colorFormat = NVBUF_COLOR_FORMAT_NV12;
  params.layout = NVBUF_LAYOUT_PITCH;
  params.memType = NVBUF_MEM_DEFAULT;
  CHECK(NvBufSurfaceCreate(&surface, 2, &params) == 0);
  CHECK(surface->batchSize == 2 && surface->numFilled == 0);
  CHECK(surface->memType == NVBUF_MEM_SURFACE_ARRAY);
  CHECK(surface->surfaceList[0].bufferDesc != surface->surfaceList[1].bufferDesc);
  CHECK(NvBufSurfaceFromFd((int)surface->surfaceList[1].bufferDesc, &found) == 0);
  CHECK(found == surface);

  CHECK(NvBufSurfaceMap(surface, -1, -1, NVBUF_MAP_READ_WRITE) == 0);
  CHECK(NvBufSurfaceSyncForCpu(surface, -1, -1) == 0);
  for (i = 0; i < 2; i++) {
    NvBufSurfaceParams *buffer = &surface->surfaceList[i];
    CHECK(buffer->width == 320 && buffer->height == 240);
    CHECK(buffer->colorFormat == NVBUF_COLOR_FORMAT_NV12);
    CHECK(buffer->planeParams.num_planes == 2);
    CHECK(buffer->planeParams.width[1] == 160 && buffer->planeParams.height[1] == 120);
    memset(buffer->mappedAddr.addr[1], (int)(100 + i),
           (size_t)buffer->planeParams.pitch[1] * buffer->planeParams.height[1]);
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
    CHECK(buffer->paramex != NULL);
    CHECK(buffer->paramex->chromaSubsampling.chromaLocVert == 1);
#endif
  }
  CHECK(NvBufSurfaceSyncForDevice(surface, -1, -1) == 0);
  CHECK(NvBufSurfaceUnMap(surface, -1, -1) == 0);
  CHECK(surface->surfaceList[1].mappedAddr.addr[1] == NULL);

  for (i = 0; i < 2; i++) {
    const unsigned char *pixels;
    CHECK(NvBufSurfaceMap(surface, (int)i, 1, NVBUF_MAP_READ) == 0);
    CHECK(NvBufSurfaceSyncForCpu(surface, (int)i, 1) == 0);
    pixels = (const unsigned char *)surface->surfaceList[i].mappedAddr.addr[1];
    CHECK(pixels[0] == 100 + i && pixels[319] == 100 + i);
    CHECK(NvBufSurfaceUnMap(surface, (int)i, 1) == 0);
  }

  /* What the header calls the last format is the last that the library knows. */
  params.colorFormat = NVBUF_COLOR_FORMAT_LAST;
  CHECK(NvBufSurfaceCreate(&none, 1, &params) == -1 && none == NULL);
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
  {
    NvBufSurfaceAllocateParams more;
    NvBufSurface *other = NULL;
    memset(&more, 0, sizeof(more));
    more.params = params;
    more.params.colorFormat = NVBUF_COLOR_FORMAT_RGBA;
    more.displayscanformat = NVBUF_DISPLAYSCANFORMAT_INTERLACED;
    more.chromaSubsampling.chromaLocHoriz = 2;
    more.memtag = NvBufSurfaceTag_VIDEO_CONVERT;
    CHECK(NvBufSurfaceAllocate(&other, 2, &more) == 0);
    CHECK(other->surfaceList[1].paramex->chromaSubsampling.chromaLocHoriz == 2);
    CHECK(other->surfaceList[1].paramex->planeParamsex.scanformat[0] ==
          NVBUF_DISPLAYSCANFORMAT_INTERLACED);
    CHECK(NvBufSurfaceDestroy(other) == 0);
  }
#endif
  CHECK(NvBufSurfaceDestroy(surface) == 0);
  puts("done");
  return 0;
}
