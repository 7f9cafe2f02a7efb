// The kernels once more, for the simulator, which has no GPU. Each does the work of the whole grid.
#include <nvmm_sim_kernel.h>

#define ARG(type, i) (*(type const *)params[i])
#define PIXEL(address, pitch, x, y) ((uint32_t *)((address) + (uint64_t)(y) * (pitch)))[x]

void nvmm_twin_my_pixelate(const nvmm_sim_launch *launch, void *const *params) {
    const uint64_t in = ARG(uint64_t, 0), out = ARG(uint64_t, 2);
    const uint32_t in_pitch = ARG(uint32_t, 1), out_pitch = ARG(uint32_t, 3);
    const uint32_t width = ARG(uint32_t, 4), height = ARG(uint32_t, 5), size = ARG(uint32_t, 6);
    (void)launch;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            PIXEL(out, out_pitch, x, y) = PIXEL(in, in_pitch, x - x % size, y - y % size);
}

void nvmm_twin_my_wipe(const nvmm_sim_launch *launch, void *const *params) {
    const uint64_t a = ARG(uint64_t, 0), b = ARG(uint64_t, 2), out = ARG(uint64_t, 4);
    const uint32_t a_pitch = ARG(uint32_t, 1), b_pitch = ARG(uint32_t, 3), out_pitch = ARG(uint32_t, 5);
    const uint32_t width = ARG(uint32_t, 6), height = ARG(uint32_t, 7), edge = ARG(uint32_t, 8);
    (void)launch;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            const uint64_t in = x < edge ? a : b;
            PIXEL(out, out_pitch, x, y) = in ? PIXEL(in, x < edge ? a_pitch : b_pitch, x, y) : 0xff000000u;
        }
}
