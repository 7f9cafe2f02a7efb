/*
 * Host twins: what the simulated GPU runs in place of kernels.
 *
 * For a PTX entry NAME a shared object named by NVMM_SIM_KERNELS exports
 *
 *     void nvmm_twin_NAME(const nvmm_sim_launch *launch, void *const *params);
 *
 * It does the work of the whole grid. params[i] points to a copy of the i-th parameter, as large
 * as the PTX declares it. Device pointers in the parameters can be used until it returns, if they
 * point into registered surfaces or device memory. It runs on the thread of its stream.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef NVMM_SIM_KERNEL_H_
#define NVMM_SIM_KERNEL_H_

#include <stdint.h>

/* The pixels of a texture or surface object. */
typedef struct nvmm_sim_object {
  uint8_t *pixels;
  uint64_t pitch; /* bytes from row to row */
  uint64_t slice; /* bytes from slice to slice, or layer to layer */
  uint32_t width; /* elements of a row */
  uint32_t height; /* rows, 1 for a line */
  uint32_t depth; /* slices or layers, 1 without */
  uint32_t element_bytes;
  uint32_t format; /* CUarray_format of a channel */
  uint32_t channels;
  uint32_t is_surface; /* a surface has none of what follows */
  uint32_t address_mode[3]; /* CUaddress_mode: 0 wrap, 1 clamp, 2 mirror, 3 border */
  uint32_t filter_mode; /* CUfilter_mode: 0 nearest, 1 linear */
  uint32_t flags; /* CU_TRSF_*: 1 integers stay integers, 2 coordinates go from 0 to 1, 0x10 sRGB */
  float border[4];
} nvmm_sim_object;

/* How the kernel was launched. */
typedef struct nvmm_sim_launch {
  uint32_t grid[3];
  uint32_t block[3];
  uint32_t shared_bytes;
  /* Describes an object whose handle is among the parameters, or in memory that is device memory.
   * To be called by the twin on its own thread; the pixels can be used until the twin returns.
   * Gives 0, or -1 for what is no such object: the context is left with CUDA_ERROR_ILLEGAL_ADDRESS. */
  int32_t (*object)(uint64_t handle, nvmm_sim_object *object);
} nvmm_sim_launch;

#endif /* NVMM_SIM_KERNEL_H_ */
