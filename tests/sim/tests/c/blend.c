/* Surfaces blended, with the functions that the release has. Also compiled as C++. */
#include <string.h>

#include "check.h"
#include "nvbufsurftransform.h"

/* A gray picture of 64x32 with one value. */
static NvBufSurface *create(int value) {
  NvBufSurfaceCreateParams params;
  NvBufSurface *surface = NULL;

  memset(&params, 0, sizeof(params));
  params.width = 64;
  params.height = 32;
  params.colorFormat = NVBUF_COLOR_FORMAT_GRAY8;
  if (NvBufSurfaceCreate(&surface, 1, &params) != 0) return NULL;
  if (NvBufSurfaceMemSet(surface, 0, 0, (uint8_t)value) != 0) return NULL;
  surface->numFilled = 1;
  return surface;
}

/* Whether all pixels from one column to another have a value. */
static int is(NvBufSurface *surface, uint32_t left, uint32_t right, int value) {
  const unsigned char *pixels;
  uint32_t x, y;
  int same = 1;

  if (NvBufSurfaceMap(surface, 0, 0, NVBUF_MAP_READ) != 0) return 0;
  if (NvBufSurfaceSyncForCpu(surface, 0, 0) != 0) return 0;
  pixels = (const unsigned char *)surface->surfaceList[0].mappedAddr.addr[0];
  for (y = 0; y < 32; y++)
    for (x = left; x < right; x++)
      if (pixels[y * surface->surfaceList[0].planeParams.pitch[0] + x] != value) same = 0;
  if (NvBufSurfaceUnMap(surface, 0, 0) != 0) return 0;
  return same;
}

/* One surface over another by a third, then over a colour, then not at all. */
static int by_a_surface(NvBufSurface *above, NvBufSurface *below, NvBufSurface *to) {
  NvBufSurfTransformCompositeBlendParams params;
  NvBufSurfTransform_ColorParams white;
  NvBufSurface *alpha = create(102);
  uint32_t perform = 1;

  CHECK(alpha != NULL);
  memset(&params, 0, sizeof(params));
  params.composite_blend_flag = NVBUFSURF_TRANSFORM_COMPOSITE;
  params.input_buf_count = 1;
  params.perform_blending = &perform;
  CHECK(NvBufSurfTransformCompositeBlend(above, below, alpha, to, &params) == 0);
  CHECK(is(to, 0, 64, (200 * 102 + 40 * 153) / 255));
  memset(&white, 0, sizeof(white));
  white.red = white.green = white.blue = white.alpha = 1;
  params.color_bg = &white;
  CHECK(NvBufSurfTransformCompositeBlend(above, NULL, alpha, to, &params) == 0);
  CHECK(is(to, 0, 64, (200 * 102 + 235 * 153) / 255));
  perform = 0;
  CHECK(NvBufSurfTransformCompositeBlend(above, below, alpha, to, &params) == 0);
  CHECK(is(to, 0, 64, 200));
  CHECK(NvBufSurfaceDestroy(alpha) == 0);
  return 0;
}

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_R34_1_0
/* Both halves of a picture from two surfaces. */
static void halves(NvBufSurfTransformRect *from, NvBufSurfTransformRect *to) {
  uint32_t i;

  memset(from, 0, 2 * sizeof(*from));
  memset(to, 0, 2 * sizeof(*to));
  for (i = 0; i < 2; i++) {
    from[i].width = to[i].width = 32;
    from[i].height = to[i].height = 32;
    to[i].left = 32 * i;
  }
}

static int by_a_number(NvBufSurface *above, NvBufSurface *below, NvBufSurface *to) {
  NvBufSurface *sources[2];
  NvBufSurfTransformRect from_rects[2];
  NvBufSurfTransformRect to_rects[2];
  NvBufSurfTransformSyncObj_t sync = NULL;

  sources[0] = above;
  sources[1] = below;
  halves(from_rects, to_rects);
  CHECK(NvBufSurfaceMemSet(to, 0, 0, 20) == 0);
#if NVBUFSURFTRANSFORM_ABI == NVBUFSURFTRANSFORM_ABI_R34_1_0
  {
    NvBufSurfTransformCompositeParams params;
    memset(&params, 0, sizeof(params));
    params.composite_flag = NVBUFSURF_TRANSFORM_COMPOSITE;
    params.input_buf_count = 2;
    params.src_comp_rect = from_rects;
    params.dst_comp_rect = to_rects;
    CHECK(NvBufSurfTransformMultiInputBufComposite(sources, to, &params) == 0);
    CHECK(is(to, 0, 32, 200) && is(to, 32, 64, 40));
    sources[0] = below;
    CHECK(NvBufSurfTransformMultiInputBufCompositeAsync(sources, to, &params, &sync) == 0);
    CHECK(NvBufSurfTransformSyncObjWait(sync, (uint32_t)-1) == 0);
    CHECK(is(to, 0, 64, 40));
  }
#else
  {
    NvBufSurfTransformCompositeBlendParamsEx params;
    float alphas[2];
    alphas[0] = 1;
    alphas[1] = 0.4f;
    memset(&params, 0, sizeof(params));
    params.params.composite_blend_flag = NVBUFSURF_TRANSFORM_COMPOSITE | NVBUFSURF_TRANSFORM_BLEND;
    params.params.input_buf_count = 2;
    params.src_comp_rect = from_rects;
    params.dst_comp_rect = to_rects;
    params.alpha = alphas;
    CHECK(NvBufSurfTransformMultiInputBufCompositeBlend(sources, to, &params) == 0);
    CHECK(is(to, 0, 32, 200) && is(to, 32, 64, (40 * 102 + 20 * 153) / 255));
    alphas[0] = 0;
    alphas[1] = 1;
    CHECK(NvBufSurfTransformMultiInputBufCompositeBlendAsync(sources, to, &params, &sync) == 0);
    CHECK(NvBufSurfTransformSyncObjWait(sync, (uint32_t)-1) == 0);
    CHECK(is(to, 0, 32, 200) && is(to, 32, 64, 40));
  }
#endif
  CHECK(NvBufSurfTransformSyncObjDestroy(&sync) == 0);
  return 0;
}
#endif

int main(void) {
  NvBufSurface *above = create(200);
  NvBufSurface *below = create(40);
  NvBufSurface *to = create(0);

  CHECK(above != NULL && below != NULL && to != NULL);
  CHECK(by_a_surface(above, below, to) == 0);
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_R34_1_0
  CHECK(by_a_number(above, below, to) == 0);
#endif
  CHECK(NvBufSurfaceDestroy(above) == 0);
  CHECK(NvBufSurfaceDestroy(below) == 0);
  CHECK(NvBufSurfaceDestroy(to) == 0);
  puts("done");
  return 0;
}
