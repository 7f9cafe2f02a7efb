/*
 * The launcher that the example runtime_kernel calls. Compiled by nvcc: ci/runtime-kernel.sh.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include <cuda_runtime.h>

#include "rt_kernel.h"

namespace {

__global__ void invert_rows(unsigned char *address, uint32_t pitch, uint32_t row_bytes, uint32_t rows) {
  const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
  const uint32_t y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= row_bytes || y >= rows) return;
  unsigned char *byte = address + static_cast<size_t>(y) * pitch + x;
  *byte = static_cast<unsigned char>(~*byte);
}

/* Columns of a surface count in bytes. */
__global__ void invert_surface(cudaSurfaceObject_t surface, uint32_t row_bytes, uint32_t rows) {
  const uint32_t x = blockIdx.x * blockDim.x + threadIdx.x;
  const uint32_t y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x >= row_bytes || y >= rows) return;
  unsigned char byte;
  surf2Dread(&byte, surface, static_cast<int>(x), static_cast<int>(y));
  surf2Dwrite(static_cast<unsigned char>(~byte), surface, static_cast<int>(x), static_cast<int>(y));
}

}  // namespace

extern "C" int rt_invert(const rt_plane *planes, uint32_t num_planes, void *raw_stream) {
  const cudaStream_t stream = static_cast<cudaStream_t>(raw_stream);
  const dim3 block(32, 8);
  for (uint32_t i = 0; i < num_planes; i++) {
    const rt_plane &plane = planes[i];
    const dim3 grid((plane.row_bytes + block.x - 1) / block.x, (plane.rows + block.y - 1) / block.y);
    if (plane.address != 0) {
      unsigned char *address = reinterpret_cast<unsigned char *>(plane.address);
      invert_rows<<<grid, block, 0, stream>>>(address, plane.pitch, plane.row_bytes, plane.rows);
    } else {
      invert_surface<<<grid, block, 0, stream>>>(plane.surface, plane.row_bytes, plane.rows);
    }
    const cudaError_t error = cudaGetLastError();
    if (error != cudaSuccess) return static_cast<int>(error);
  }
  return 0;
}

extern "C" const char *rt_error(int code) { return cudaGetErrorString(static_cast<cudaError_t>(code)); }
