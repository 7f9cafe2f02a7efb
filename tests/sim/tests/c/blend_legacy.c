/* Buffers of libnvbuf_utils transformed and blended. Also compiled as C++. */
#include <string.h>

#include "check.h"
#include "nvbuf_utils.h"

/* Fills or compares a plane of a picture of 64x32: a luma that grows, or one value. */
static int plane_of(int fd, unsigned int plane, int fill, int value, int growth) {
  NvBufferParams params;
  unsigned char *pixels;
  void *address = NULL;
  unsigned int x, y;

  CHECK(NvBufferGetParams(fd, &params) == 0);
  CHECK(NvBufferMemMap(fd, plane, fill ? NvBufferMem_Read_Write : NvBufferMem_Read, &address) == 0);
  CHECK(NvBufferMemSyncForCpu(fd, plane, &address) == 0);
  pixels = (unsigned char *)address;
  for (y = 0; y < params.height[plane]; y++) {
    for (x = 0; x < params.width[plane]; x++) {
      unsigned char *pixel = pixels + y * params.pitch[plane] + x;
      if (fill) *pixel = (unsigned char)(value + growth * (int)x);
      CHECK(*pixel == (unsigned char)(value + growth * (int)x));
    }
  }
  if (fill) CHECK(NvBufferMemSyncForDevice(fd, plane, &address) == 0);
  CHECK(NvBufferMemUnMap(fd, plane, &address) == 0);
  return 0;
}

static int create(int *fd, int value, int growth) {
  unsigned int plane;

  CHECK(NvBufferCreate(fd, 64, 32, NvBufferLayout_Pitch, NvBufferColorFormat_YUV420) == 0);
  for (plane = 0; plane < 3; plane++) {
    CHECK(plane_of(*fd, plane, 1, plane == 0 ? value : 128, plane == 0 ? growth : 0) == 0);
  }
  return 0;
}

/* Whether each pixel of the right half of 30, 32, 34, ... is there twice: the nearest of two. */
static int doubled(int fd) {
  const unsigned char *pixels;
  void *address = NULL;
  unsigned int x;

  CHECK(NvBufferMemMap(fd, 0, NvBufferMem_Read, &address) == 0);
  CHECK(NvBufferMemSyncForCpu(fd, 0, &address) == 0);
  pixels = (const unsigned char *)address;
  for (x = 0; x < 64; x++) CHECK(pixels[x] == 30 + 2 * (32 + x / 2));
  CHECK(NvBufferMemUnMap(fd, 0, &address) == 0);
  return 0;
}

static int transforms(int to) {
  NvBufferTransformParams params;
  int from = -1;

  CHECK(create(&from, 30, 2) == 0);
  memset(&params, 0, sizeof(params));
  params.transform_flag = NVBUFFER_TRANSFORM_FLIP;
  params.transform_flip = NvBufferTransform_FlipX;
  CHECK(NvBufferTransform(from, to, &params) == 0);
  CHECK(plane_of(to, 0, 0, 30 + 2 * 63, -2) == 0);
  /* The right half, twice as wide: the nearest pixel. */
  params.transform_flag = NVBUFFER_TRANSFORM_CROP_SRC | NVBUFFER_TRANSFORM_FILTER;
  params.transform_filter = NvBufferTransform_Filter_Nearest;
  params.src_rect.left = 32;
  params.src_rect.width = 32;
  params.src_rect.height = 32;
  CHECK(NvBufferTransform(from, to, &params) == 0);
  CHECK(doubled(to) == 0);
  params.src_rect.width = 34;
  CHECK(NvBufferTransform(from, to, &params) == -1);
  CHECK(NvBufferDestroy(from) == 0);
  return 0;
}

static int blends(int to) {
  NvBufferCompositeParams params;
  int fds[2];
  int i;

  CHECK(create(&fds[0], 40, 0) == 0 && create(&fds[1], 200, 0) == 0);
  memset(&params, 0, sizeof(params));
  params.composite_flag = NVBUFFER_COMPOSITE | NVBUFFER_BLEND;
  params.input_buf_count = 2;
  for (i = 0; i < 2; i++) {
    params.dst_comp_rect_alpha[i] = i == 0 ? 1.0f : 0.4f;
    params.src_comp_rect[i].width = params.dst_comp_rect[i].width = 64;
    params.src_comp_rect[i].height = params.dst_comp_rect[i].height = 32;
  }
  CHECK(NvBufferComposite(fds, to, &params) == 0);
  CHECK(plane_of(to, 0, 0, (200 * 102 + 40 * 153) / 255, 0) == 0);
  CHECK(plane_of(to, 1, 0, 128, 0) == 0 && plane_of(to, 2, 0, 128, 0) == 0);
  CHECK(NvBufferDestroy(fds[0]) == 0 && NvBufferDestroy(fds[1]) == 0);
  return 0;
}

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
static int asynchronous(int to) {
  NvBufferTransformParams params;
  NvBufferSyncObj object;
  int from = -1;

  CHECK(create(&from, 90, 0) == 0);
  memset(&params, 0, sizeof(params));
  memset(&object, 0, sizeof(object));
  object.use_outsyncobj = 1;
  CHECK(NvBufferTransformAsync(from, to, &params, &object) == 0);
  CHECK(NvBufferSyncObjWait(&object.outsyncobj, NVBUFFER_SYNCPOINT_WAIT_INFINITE) == 0);
  CHECK(plane_of(to, 0, 0, 90, 0) == 0);
  CHECK(NvBufferDestroy(from) == 0);
  return 0;
}
#endif

int main(void) {
  int to = -1;

  CHECK(create(&to, 0, 0) == 0);
  CHECK(transforms(to) == 0);
  CHECK(blends(to) == 0);
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
  CHECK(asynchronous(to) == 0);
#endif
  CHECK(NvBufferDestroy(to) == 0);
  puts("done");
  return 0;
}
