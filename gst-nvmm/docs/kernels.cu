// Pixels of four bytes, one thread for each. Rows begin `pitch` bytes apart, not `width * 4`.
typedef unsigned int u32;
typedef unsigned long long u64;

#ifdef __NVCC__
#define INDEX(d) (blockIdx.d * blockDim.d + threadIdx.d)
#else // clang without the CUDA toolkit
#define __global__ __attribute__((global))
#define INDEX(d) \
    (__nvvm_read_ptx_sreg_ctaid_##d() * __nvvm_read_ptx_sreg_ntid_##d() + __nvvm_read_ptx_sreg_tid_##d())
#endif
#define PIXEL(address, pitch, x, y) ((u32 *)((address) + (u64)(y) * (pitch)))[x]

// The upper left pixel of each square of `size` fills the square.
extern "C" __global__ void my_pixelate(u64 in, u32 in_pitch, u64 out, u32 out_pitch, u32 width, u32 height,
                                       u32 size) {
    const u32 x = INDEX(x), y = INDEX(y);
    if (x < width && y < height)
        PIXEL(out, out_pitch, x, y) = PIXEL(in, in_pitch, x - x % size, y - y % size);
}

// Left of `edge` the first picture, right of it the second; black where there is none (address 0).
extern "C" __global__ void my_wipe(u64 a, u32 a_pitch, u64 b, u32 b_pitch, u64 out, u32 out_pitch, u32 width,
                                   u32 height, u32 edge) {
    const u32 x = INDEX(x), y = INDEX(y);
    if (x >= width || y >= height)
        return;
    const u64 in = x < edge ? a : b;
    const u32 pitch = x < edge ? a_pitch : b_pitch;
    PIXEL(out, out_pitch, x, y) = in ? PIXEL(in, pitch, x, y) : 0xff000000u;
}
