/* One transform by our headers alone: needs both libraries. Also compiled as C++. */
#include <stdio.h>
#include <string.h>

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

int main(void) {
  NvBufSurfTransformConfigParams session;
  NvBufSurfTransformParams params;
  NvBufSurfTransformRect whole;
  NvBufSurfTransform_Error error;
  NvBufSurface *from = create(320, 240);
  NvBufSurface *to = create(160, 120);

  if (from == NULL || to == NULL) return 1;
  memset(&session, 0, sizeof(session));
  session.compute_mode = NvBufSurfTransformCompute_VIC;
  error = NvBufSurfTransformSetSessionParams(&session);
  memset(&whole, 0, sizeof(whole));
  whole.width = 320;
  whole.height = 240;
  memset(&params, 0, sizeof(params));
  params.transform_flag = NVBUFSURF_TRANSFORM_CROP_SRC | NVBUFSURF_TRANSFORM_FILTER;
  params.transform_filter = NvBufSurfTransformInter_Bilinear;
  params.src_rect = &whole;
  if (error == NvBufSurfTransformError_Success) error = NvBufSurfTransform(from, to, &params);
  /* The simulator's answer as long as it transforms nothing. */
  if (error != NvBufSurfTransformError_Unsupported) return 2;
  if (NvBufSurfaceDestroy(to) != 0 || NvBufSurfaceDestroy(from) != 0) return 3;
  puts("done");
  return 0;
}
