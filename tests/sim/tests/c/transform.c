/* Transforms by our headers alone: needs both libraries. Also compiled as C++. */
#include <string.h>

#include "check.h"
#include "nvbufsurftransform.h"

static NvBufSurface *create(uint32_t width, uint32_t height) {
  NvBufSurfaceCreateParams params;
  NvBufSurface *surface = NULL;

  memset(&params, 0, sizeof(params));
  params.width = width;
  params.height = height;
  params.colorFormat = NVBUF_COLOR_FORMAT_NV12;
  if (NvBufSurfaceCreate(&surface, 1, &params) != 0) return NULL;
  surface->numFilled = 1;
  return surface;
}

/* Luma of one pixel, -1 on failure. */
static int luma(NvBufSurface *surface, uint32_t x, uint32_t y) {
  const unsigned char *pixels;
  int value;

  if (NvBufSurfaceMap(surface, 0, 0, NVBUF_MAP_READ) != 0) return -1;
  if (NvBufSurfaceSyncForCpu(surface, 0, 0) != 0) return -1;
  pixels = (const unsigned char *)surface->surfaceList[0].mappedAddr.addr[0];
  value = pixels[y * surface->surfaceList[0].planeParams.pitch[0] + x];
  if (NvBufSurfaceUnMap(surface, 0, 0) != 0) return -1;
  return value;
}

int main(void) {
  NvBufSurfTransformConfigParams session;
  NvBufSurfTransformParams params;
  NvBufSurfTransformCompositeParams composite;
  NvBufSurfTransformRect whole;
  NvBufSurfTransformRect part;
  unsigned char *pixels;
  uint32_t x, y, pitch;
  NvBufSurface *from = create(320, 240);
  NvBufSurface *to = create(160, 120);

  CHECK(from != NULL && to != NULL);
  CHECK(NvBufSurfaceMap(from, 0, 0, NVBUF_MAP_READ_WRITE) == 0);
  CHECK(NvBufSurfaceSyncForCpu(from, 0, 0) == 0);
  pixels = (unsigned char *)from->surfaceList[0].mappedAddr.addr[0];
  pitch = from->surfaceList[0].planeParams.pitch[0];
  for (y = 0; y < 240; y++)
    for (x = 0; x < 320; x++) pixels[y * pitch + x] = (unsigned char)(x / 2 + y / 4);
  CHECK(NvBufSurfaceSyncForDevice(from, 0, 0) == 0);
  CHECK(NvBufSurfaceUnMap(from, 0, 0) == 0);

  memset(&session, 0, sizeof(session));
  session.compute_mode = NvBufSurfTransformCompute_VIC;
  CHECK(NvBufSurfTransformSetSessionParams(&session) == NvBufSurfTransformError_Success);
  memset(&session, 0xff, sizeof(session));
  CHECK(NvBufSurfTransformGetSessionParams(&session) == NvBufSurfTransformError_Success);
  CHECK(session.compute_mode == NvBufSurfTransformCompute_VIC);

  memset(&whole, 0, sizeof(whole));
  whole.width = 320;
  whole.height = 240;
  memset(&params, 0, sizeof(params));
  params.transform_flag = NVBUFSURF_TRANSFORM_CROP_SRC | NVBUFSURF_TRANSFORM_FILTER;
  params.transform_filter = NvBufSurfTransformInter_Nearest;
  params.src_rect = &whole;
  CHECK(NvBufSurfTransform(from, to, &params) == NvBufSurfTransformError_Success);
  /* The nearest of two is the second. */
  CHECK(luma(to, 0, 0) == 0 && luma(to, 100, 0) == 100);
  CHECK(luma(to, 0, 100) == 50 && luma(to, 100, 100) == 150);

  /* A quarter of it at another place; the rest stays. */
  part = whole;
  part.left = 80;
  part.top = 60;
  part.width = 80;
  part.height = 60;
  whole.width = 80;
  whole.height = 60;
  memset(&composite, 0, sizeof(composite));
  composite.composite_flag = NVBUFSURF_TRANSFORM_COMPOSITE;
  composite.input_buf_count = 1;
  composite.src_comp_rect = &whole;
  composite.dst_comp_rect = &part;
  CHECK(NvBufSurfTransformComposite(from, to, &composite) == NvBufSurfTransformError_Success);
  CHECK(luma(to, 80, 60) == 0 && luma(to, 100, 100) == 20);
  CHECK(luma(to, 79, 59) == 79 + 29);

  whole.width = 322;
  CHECK(NvBufSurfTransform(from, to, &params) == NvBufSurfTransformError_ROI_Error);
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
  {
    NvBufSurfTransformSyncObj_t sync = NULL;
    memset(&params, 0, sizeof(params));
    params.transform_flag = NVBUFSURF_TRANSFORM_FLIP;
    params.transform_flip = NvBufSurfTransform_FlipX;
    CHECK(NvBufSurfTransformAsync(from, to, &params, &sync) == NvBufSurfTransformError_Success);
    CHECK(NvBufSurfTransformSyncObjWait(sync, (uint32_t)-1) == NvBufSurfTransformError_Success);
    CHECK(NvBufSurfTransformSyncObjDestroy(&sync) == NvBufSurfTransformError_Success);
    CHECK(luma(to, 159, 0) == 0);
  }
#endif
  CHECK(NvBufSurfaceDestroy(to) == 0);
  CHECK(NvBufSurfaceDestroy(from) == 0);
  puts("done");
  return 0;
}
