/*
 * Surfaces that the CPU, the simulator's engines and CUDA use in turn. What it checks holds in host mode (where
 * block-linear frames are arrays) and in GPU mode (where the arrays are those of real textures), so that the same
 * program shows that both do the same: ci/gpu.sh runs it on a real GPU.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cuda_driver.h"
#include "nvbufsurface.h"

#define WIDTH 322u
#define HEIGHT 178u

static NvBufSurface *make(NvBufSurfaceColorFormat format, NvBufSurfaceMemType type) {
  NvBufSurfaceCreateParams params;
  NvBufSurface *surface = NULL;

  memset(&params, 0, sizeof(params));
  params.width = WIDTH;
  params.height = HEIGHT;
  params.colorFormat = format;
  params.memType = type;
  params.layout = type == NVBUF_MEM_DEFAULT ? NVBUF_LAYOUT_BLOCK_LINEAR : NVBUF_LAYOUT_PITCH;
  if (NvBufSurfaceCreate(&surface, 1, &params) != 0) return NULL;
  surface->numFilled = 1;
  return surface;
}

static unsigned char byte_at(unsigned int writer, unsigned int x, unsigned int y) {
  return (unsigned char)(writer * 53 + x * 5 + y * 11);
}

static void fill(unsigned char *rows, size_t pitch, unsigned int writer, unsigned int bytes) {
  unsigned int x, y;

  for (y = 0; y < HEIGHT; y++) {
    for (x = 0; x < bytes; x++) rows[y * pitch + x] = byte_at(writer, x, y);
  }
}

static int is_filled(const unsigned char *rows, size_t pitch, unsigned int writer, unsigned int bytes) {
  unsigned int x, y;

  for (y = 0; y < HEIGHT; y++) {
    for (x = 0; x < bytes; x++) {
      if (rows[y * pitch + x] != byte_at(writer, x, y)) {
        fprintf(stderr, "byte %u of row %u is %u, not %u\n", x, y, rows[y * pitch + x], byte_at(writer, x, y));
        return 0;
      }
    }
  }
  return 1;
}

/* The CPU writes a picture, or looks at one. */
static int cpu(NvBufSurface *surface, int writes, unsigned int writer, unsigned int bytes) {
  NvBufSurfaceParams *buffer = &surface->surfaceList[0];
  size_t pitch = buffer->planeParams.pitch[0];
  unsigned char *pixels;

  CHECK(NvBufSurfaceMap(surface, 0, 0, writes ? NVBUF_MAP_READ_WRITE : NVBUF_MAP_READ) == 0);
  CHECK(NvBufSurfaceSyncForCpu(surface, 0, 0) == 0);
  pixels = (unsigned char *)buffer->mappedAddr.addr[0];
  if (writes) {
    fill(pixels, pitch, writer, bytes);
    CHECK(NvBufSurfaceSyncForDevice(surface, 0, 0) == 0);
  } else {
    CHECK(is_filled(pixels, pitch, writer, bytes));
  }
  CHECK(NvBufSurfaceUnMap(surface, 0, 0) == 0);
  return 0;
}

/* CUDA copies the rows of an array to or from host memory. */
static int cuda(CUarray array, unsigned char *rows, int writes, unsigned int bytes) {
  CUDA_MEMCPY2D copy;

  memset(&copy, 0, sizeof(copy));
  copy.srcArray = copy.dstArray = array;
  copy.srcHost = copy.dstHost = rows;
  copy.srcPitch = copy.dstPitch = bytes;
  copy.srcMemoryType = writes ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_ARRAY;
  copy.dstMemoryType = writes ? CU_MEMORYTYPE_ARRAY : CU_MEMORYTYPE_HOST;
  copy.WidthInBytes = bytes;
  copy.Height = HEIGHT;
  CHECK(cuMemcpy2D_v2(&copy) == 0);
  CHECK(cuCtxSynchronize() == 0);
  return 0;
}

/* One picture on its way: CPU, CUDA, CPU, engine, CUDA. */
static int picture(NvBufSurfaceColorFormat format, unsigned int bytes_per_pixel, unsigned int egl_format) {
  unsigned int bytes = WIDTH * bytes_per_pixel;
  unsigned char *rows = (unsigned char *)malloc((size_t)bytes * HEIGHT);
  NvBufSurface *surface = make(format, NVBUF_MEM_DEFAULT);
  NvBufSurface *other = make(format, NVBUF_MEM_DEFAULT);
  CUgraphicsResource resource = NULL;
  CUeglFrame frame;
  CUarray array;

  CHECK(rows != NULL && surface != NULL && other != NULL);
  CHECK(cpu(surface, 1, 1, bytes) == 0);
  CHECK(NvBufSurfaceMapEglImage(surface, 0) == 0);
  CHECK(cuGraphicsEGLRegisterImage(&resource, surface->surfaceList[0].mappedAddr.eglImage, 0) == 0);
  CHECK(cuGraphicsResourceGetMappedEglFrame(&frame, resource, 0, 0) == 0);
  CHECK(frame.frameType == CU_EGL_FRAME_TYPE_ARRAY && frame.planeCount == 1);
  CHECK(frame.width == WIDTH && frame.height == HEIGHT && frame.numChannels == bytes_per_pixel);
  CHECK(frame.eglColorFormat == egl_format);
  array = frame.frame.pArray[0];

  CHECK(cuda(array, rows, 0, bytes) == 0);
  CHECK(is_filled(rows, bytes, 1, bytes));
  fill(rows, bytes, 2, bytes);
  CHECK(cuda(array, rows, 1, bytes) == 0);
  CHECK(cpu(surface, 0, 2, bytes) == 0);

  CHECK(cpu(other, 1, 3, bytes) == 0);
  CHECK(NvBufSurfaceCopy(other, surface) == 0);
  CHECK(cuda(array, rows, 0, bytes) == 0);
  CHECK(is_filled(rows, bytes, 3, bytes));
  CHECK(NvBufSurfaceMemSet(surface, 0, 0, 77) == 0);
  CHECK(cuda(array, rows, 0, bytes) == 0);
  CHECK(rows[0] == 77 && rows[(size_t)bytes * HEIGHT - 1] == 77);

  CHECK(cuGraphicsUnregisterResource(resource) == 0);
  CHECK(NvBufSurfaceUnMapEglImage(surface, 0) == 0);
  CHECK(NvBufSurfaceDestroy(other) == 0);
  CHECK(NvBufSurfaceDestroy(surface) == 0);
  free(rows);
  return 0;
}

/* Memory of CUDA's types: what the engine writes is behind dataPtr. */
static int memory(NvBufSurfaceMemType type) {
  NvBufSurface *surface = make(NVBUF_COLOR_FORMAT_RGBA, type);
  NvBufSurface *system = make(NVBUF_COLOR_FORMAT_RGBA, NVBUF_MEM_SYSTEM);
  NvBufSurfaceParams *buffer;
  unsigned char *rows;
  size_t pitch;

  CHECK(surface != NULL && system != NULL);
  buffer = &surface->surfaceList[0];
  pitch = buffer->planeParams.pitch[0];
  rows = (unsigned char *)malloc(pitch * HEIGHT);
  CHECK(rows != NULL && buffer->dataPtr != NULL);
  CHECK(NvBufSurfaceMemSet(surface, 0, 0, 99) == 0);
  CHECK(cuMemcpyDtoH_v2(rows, (CUdeviceptr)(size_t)buffer->dataPtr, pitch * HEIGHT) == 0);
  CHECK(rows[0] == 99 && rows[WIDTH * 4 - 1] == 99);
  fill((unsigned char *)system->surfaceList[0].dataPtr, system->surfaceList[0].planeParams.pitch[0], 4, WIDTH * 4);
  CHECK(NvBufSurfaceCopy(system, surface) == 0);
  CHECK(cuMemcpyDtoH_v2(rows, (CUdeviceptr)(size_t)buffer->dataPtr, pitch * HEIGHT) == 0);
  CHECK(is_filled(rows, pitch, 4, WIDTH * 4));
  CHECK(NvBufSurfaceDestroy(system) == 0);
  CHECK(NvBufSurfaceDestroy(surface) == 0);
  free(rows);
  return 0;
}

int main(void) {
  CUcontext context = NULL;
  CUdevice device;

  CHECK(cuInit(0) == 0);
  CHECK(cuDeviceGet(&device, 0) == 0);
  CHECK(cuDevicePrimaryCtxRetain(&context, device) == 0);
  CHECK(cuCtxPushCurrent_v2(context) == 0);
  CHECK(picture(NVBUF_COLOR_FORMAT_RGBA, 4, 0x0e) == 0);
  CHECK(picture(NVBUF_COLOR_FORMAT_BGRA, 4, 0x06) == 0);
  CHECK(picture(NVBUF_COLOR_FORMAT_GRAY8, 1, 0x52) == 0);
  CHECK(memory(NVBUF_MEM_CUDA_DEVICE) == 0);
  CHECK(memory(NVBUF_MEM_CUDA_PINNED) == 0);
  CHECK(memory(NVBUF_MEM_CUDA_UNIFIED) == 0);
  puts("done");
  return 0;
}
