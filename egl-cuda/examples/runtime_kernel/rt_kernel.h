/*
 * What the example runtime_kernel calls in librt_kernel.so. Plain C: the program includes it in no
 * form, it has the same struct in Rust.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef RT_KERNEL_H_
#define RT_KERNEL_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One plane of a frame. Rows of pitch-linear memory have an address, arrays a surface object; the
 * other one is 0. */
struct rt_plane {
  uint64_t address;
  uint64_t surface;   /* cudaSurfaceObject_t */
  uint32_t pitch;     /* bytes from row to row */
  uint32_t row_bytes; /* bytes of a row that are pixels */
  uint32_t rows;
};

/* Inverts every byte of the planes, on the stream (a cudaStream_t, the driver's CUstream). Returns at
 * once: 0, or a cudaError_t. */
int rt_invert(const struct rt_plane *planes, uint32_t num_planes, void *stream);

/* The text of a code that rt_invert returned. */
const char *rt_error(int code);

#ifdef __cplusplus
}
#endif

#endif /* RT_KERNEL_H_ */
