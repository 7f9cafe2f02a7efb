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

/* How the kernel was launched. */
typedef struct nvmm_sim_launch {
  uint32_t grid[3];
  uint32_t block[3];
  uint32_t shared_bytes;
} nvmm_sim_launch;

#endif /* NVMM_SIM_KERNEL_H_ */
