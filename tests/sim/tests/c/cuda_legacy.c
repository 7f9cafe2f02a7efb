/* A buffer of libnvbuf_utils in CUDA by its EGLImage, in both layouts. Also compiled as C++. */
#include "cuda_frame.h"
#include "nvbuf_utils.h"

/* Fills or compares all planes. */
static int cpu(int fd, int fill, unsigned int writer) {
  NvBufferParams params;
  unsigned int plane;

  CHECK(NvBufferGetParams(fd, &params) == 0);
  for (plane = 0; plane < 2; plane++) {
    void *pixels = NULL;
    CHECK(NvBufferMemMap(fd, plane, fill ? NvBufferMem_Read_Write : NvBufferMem_Read, &pixels) == 0);
    CHECK(NvBufferMemSyncForCpu(fd, plane, &pixels) == 0);
    CHECK(cpu_plane(fill, writer, plane, (unsigned char *)pixels, params.pitch[plane]) == 0);
    if (fill) CHECK(NvBufferMemSyncForDevice(fd, plane, &pixels) == 0);
    CHECK(NvBufferMemUnMap(fd, plane, &pixels) == 0);
  }
  return 0;
}

static int use(NvBufferLayout layout) {
  EGLImageKHR image;
  int fd = -1;

  CHECK(NvBufferCreate(&fd, (int)WIDTH, (int)HEIGHT, layout, NvBufferColorFormat_NV12) == 0);
  CHECK(cpu(fd, 1, 1) == 0);
  image = NvEGLImageFromFd(NULL, fd);
  CHECK(image != NULL);
  CHECK(cuda_reads_and_writes(image, layout == NvBufferLayout_BlockLinear) == 0);
  CHECK(NvDestroyEGLImage(NULL, image) == 0);
  CHECK(cpu(fd, 0, 2) == 0);
  CHECK(NvBufferDestroy(fd) == 0);
  return 0;
}

int main(void) {
  CUcontext context = NULL;

  CHECK(start_cuda(&context) == 0);
  CHECK(use(NvBufferLayout_Pitch) == 0);
  CHECK(use(NvBufferLayout_BlockLinear) == 0);
  CHECK(cuCtxDestroy_v2(context) == 0);
  puts("done");
  return 0;
}
