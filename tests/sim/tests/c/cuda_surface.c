/* A surface in CUDA by its EGLImage, in both layouts. Also compiled as C++. */
#include "cuda_frame.h"
#include "nvbufsurface.h"

/* Fills or compares all planes. */
static int cpu(NvBufSurface *surface, int fill, unsigned int writer) {
  NvBufSurfaceParams *buffer = &surface->surfaceList[0];
  unsigned int plane;

  CHECK(NvBufSurfaceMap(surface, 0, -1, fill ? NVBUF_MAP_READ_WRITE : NVBUF_MAP_READ) == 0);
  CHECK(NvBufSurfaceSyncForCpu(surface, 0, -1) == 0);
  for (plane = 0; plane < 2; plane++) {
    unsigned char *pixels = (unsigned char *)buffer->mappedAddr.addr[plane];
    CHECK(cpu_plane(fill, writer, plane, pixels, buffer->planeParams.pitch[plane]) == 0);
  }
  if (fill) CHECK(NvBufSurfaceSyncForDevice(surface, 0, -1) == 0);
  CHECK(NvBufSurfaceUnMap(surface, 0, -1) == 0);
  return 0;
}

static int use(NvBufSurfaceLayout layout) {
  NvBufSurfaceCreateParams params;
  NvBufSurface *surface = NULL;

  memset(&params, 0, sizeof(params));
  params.width = WIDTH;
  params.height = HEIGHT;
  params.colorFormat = NVBUF_COLOR_FORMAT_NV12;
  params.layout = layout;
  CHECK(NvBufSurfaceCreate(&surface, 1, &params) == 0);
  CHECK(cpu(surface, 1, 1) == 0);
  CHECK(NvBufSurfaceMapEglImage(surface, 0) == 0);
  CHECK(surface->surfaceList[0].mappedAddr.eglImage != NULL);
  CHECK(cuda_reads_and_writes(surface->surfaceList[0].mappedAddr.eglImage,
                              layout == NVBUF_LAYOUT_BLOCK_LINEAR) == 0);
  CHECK(NvBufSurfaceUnMapEglImage(surface, 0) == 0);
  CHECK(cpu(surface, 0, 2) == 0);
  CHECK(NvBufSurfaceDestroy(surface) == 0);
  return 0;
}

int main(void) {
  CUcontext context = NULL;

  CHECK(start_cuda(&context) == 0);
  CHECK(use(NVBUF_LAYOUT_PITCH) == 0);
  CHECK(use(NVBUF_LAYOUT_BLOCK_LINEAR) == 0);
  CHECK(cuCtxDestroy_v2(context) == 0);
  puts("done");
  return 0;
}
