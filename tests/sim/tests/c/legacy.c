/* Two buffers through libnvbuf_utils, by our header alone. Also compiled as C++. */
#include <string.h>

#include "check.h"
#include "nvbuf_utils.h"

int main(void) {
  int fds[2];
  int i;
  NvBufferParams params;
  EGLImageKHR image;

  for (i = 0; i < 2; i++) {
    void *pixels = NULL;
    unsigned int plane;
    CHECK(NvBufferCreate(&fds[i], 320, 240, NvBufferLayout_Pitch, NvBufferColorFormat_NV12) == 0);
    memset(&params, 0xa5, sizeof(params));
    CHECK(NvBufferGetParams(fds[i], &params) == 0);
    CHECK(params.dmabuf_fd == (uint32_t)fds[i] && params.nv_buffer != NULL);
    CHECK((int)params.pixel_format == (int)NvBufferColorFormat_NV12);
    CHECK(params.num_planes == 2 && params.width[1] == 160 && params.height[1] == 120);
    CHECK(params.layout[0] == NvBufferLayout_Pitch);
    for (plane = 0; plane < params.num_planes; plane++) {
      CHECK(NvBufferMemMap(fds[i], plane, NvBufferMem_Read_Write, &pixels) == 0);
      CHECK(NvBufferMemSyncForCpu(fds[i], plane, &pixels) == 0);
      memset(pixels, 100 + i, (size_t)params.pitch[plane] * params.height[plane]);
      CHECK(NvBufferMemSyncForDevice(fds[i], plane, &pixels) == 0);
      CHECK(NvBufferMemUnMap(fds[i], plane, &pixels) == 0);
    }
  }
  CHECK(fds[0] != fds[1]);
  for (i = 0; i < 2; i++) {
    void *pixels = NULL;
    CHECK(NvBufferMemMap(fds[i], 1, NvBufferMem_Read, &pixels) == 0);
    CHECK(NvBufferMemSyncForCpu(fds[i], 1, &pixels) == 0);
    CHECK(((const unsigned char *)pixels)[319] == 100 + i);
    CHECK(NvBufferMemUnMap(fds[i], 1, &pixels) == 0);
  }

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
  {
    int fd = -1;
    CHECK(ExtractFdFromNvBuffer(params.nv_buffer, &fd) == 0 && fd == fds[1]);
    CHECK(NvReleaseFd(fd) == 0);
  }
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  CHECK((uint32_t)NvBufferGetSize() == params.nv_buffer_size);
  CHECK(params.payloadType == NvBufferPayload_SurfArray);
#endif
  image = NvEGLImageFromFd(NULL, fds[0]);
  CHECK(image != NULL);
  CHECK(NvDestroyEGLImage(NULL, image) == 0);

  /* What the header calls the last format is the last that the library knows. */
  CHECK(NvBufferCreate(&i, 16, 16, NvBufferLayout_Pitch, NvBufferColorFormat_Invalid) == -1);
  CHECK(NvBufferDestroy(fds[0]) == 0 && NvBufferDestroy(fds[1]) == 0);
  puts("done");
  return 0;
}
