// nvmm_brightness: adds a value to the colour bytes of pixels of four bytes, one thread per pixel.
//
// Byte 3 stays. Input and output may be the same picture. The caller sees to it:
//   - addresses and pitches are multiples of 4, for pixels are read and written as 32-bit words;
//   - `height` rows of `width` pixels are there at both;
//   - the launch covers them in x and y and is 1 deep in z.
//
// Compiled with clang and without the CUDA toolkit (ci/kernels.sh), hence attributes and builtins instead of
// cuda_runtime.h. tests/sim/twins holds the same function for the host.

typedef unsigned int u32;
typedef unsigned long long u64;

// Pointers to device memory in the global address space.
typedef const __attribute__((address_space(1))) u32 *global_in;
typedef __attribute__((address_space(1))) u32 *global_out;

static __attribute__((device)) u32 add(u32 pixel, u32 bit, int value) {
    const int sum = (int)((pixel >> bit) & 255) + value;
    return (u32)(sum < 0 ? 0 : sum > 255 ? 255 : sum) << bit;
}

extern "C" __attribute__((global)) void nvmm_brightness(u64 input, u32 input_pitch, u64 output, u32 output_pitch,
                                                        u32 width, u32 height, int value) {
    const u64 x = (u64)__nvvm_read_ptx_sreg_ctaid_x() * __nvvm_read_ptx_sreg_ntid_x() + __nvvm_read_ptx_sreg_tid_x();
    const u64 y = (u64)__nvvm_read_ptx_sreg_ctaid_y() * __nvvm_read_ptx_sreg_ntid_y() + __nvvm_read_ptx_sreg_tid_y();
    if (x >= width || y >= height)
        return;
    const u32 pixel = *(global_in)(input + y * input_pitch + x * 4);
    // No sum leaves its byte, nor wraps before that.
    const int v = value < -255 ? -255 : value > 255 ? 255 : value;
    *(global_out)(output + y * output_pitch + x * 4) =
        add(pixel, 0, v) | add(pixel, 8, v) | add(pixel, 16, v) | (pixel & 0xff000000u);
}
