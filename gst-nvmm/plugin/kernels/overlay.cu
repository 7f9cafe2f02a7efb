// nvmm_overlay: lays up to 16 pictures over an output picture, one thread per output pixel.
//
// Pixels are four bytes: three colour bytes and alpha (or a byte without meaning), in any of the orders RGBA, BGRA,
// RGBx, BGRx. A layer whose order differs from the output's sets LAYER_SWAP. Whatever the layers hold, byte 3 of a
// written pixel is 255.
//
// The caller sees to it (src/kernel.rs checks it on the host):
//   - every address and every pitch is a multiple of 4, for pixels are read and written as 32-bit words;
//   - `height` rows of `width` pixels are there at `data` and at `output`; surface objects are of arrays that large, of
//     pixels of 4 bytes. No thread leaves these sizes, so the surface instructions, which stop the kernel beyond the
//     edges of an array (.trap), never do;
//   - no layer overlaps the output in memory, for threads run in any order;
//   - the launch covers the output in x and y and is 1 deep in z.
// Positions may be negative or outside the output and sizes may be 0: such a layer covers nothing. Values outside
// their range do no harm: an alpha above 255 counts as 255, a num_layers above 16 as 16.
//
// Compiled with clang and without the CUDA toolkit (ci/kernels.sh), hence attributes and builtins instead of
// cuda_runtime.h. tests/sim/twins holds the same function for the host, written independently.

typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

// Pointers to device memory in the global address space: loads and stores need no run-time check of the space.
typedef const __attribute__((address_space(1))) u32 *global_in;
typedef __attribute__((address_space(1))) u32 *global_out;

constexpr u32 MAX_LAYERS = 16;
constexpr u32 LAYER_OWN_ALPHA = 1u << 0; // multiply the pixel's own alpha in
constexpr u32 LAYER_SWAP = 1u << 1;      // bytes 0 and 2 change places on the way to the output
constexpr u32 LAYER_SURFACE = 1u << 2;   // `data` is a surface object, `pitch` is not looked at
constexpr u32 OVERLAY_KEEP = 1u << 0;    // start from what the output holds, not from the background
constexpr u32 OVERLAY_SURFACE = 1u << 1; // `output` is a surface object, `pitch` is not looked at

struct Layer {
    u64 data; // device address of the first pixel, or a surface object
    u32 pitch;
    int x, y; // of the top left corner, in the output
    u32 width, height;
    u32 alpha; // 0..=255, of the whole layer
    u32 flags;
    u32 reserved;
};

struct OverlayParams {
    u64 output; // device address of the first pixel, or a surface object
    u32 pitch, width, height;
    u32 num_layers;
    u32 flags;
    u32 background; // the four bytes in memory order, little endian
    Layer layers[MAX_LAYERS];
};

static_assert(sizeof(Layer) == 40, "the host writes layers of 40 bytes");
static_assert(sizeof(OverlayParams) == 672, "the host writes parameters of 672 bytes");

static __attribute__((device)) u64 thread_index(u32 block, u32 block_size, u32 thread) {
    return (u64)block * block_size + thread;
}

// v / 255, rounded to nearest; exact for v up to 255 * 255.
static __attribute__((device)) u32 div255(u32 v) {
    return (v + 128 + ((v + 128) >> 8)) >> 8;
}

// One colour byte of `src` at `from` over one of `dst` at `to`, both bit offsets, moved to bit `to`.
static __attribute__((device)) u32 blend(u32 src, u32 from, u32 dst, u32 to, u32 alpha) {
    u32 s = (src >> from) & 255, d = (dst >> to) & 255;
    return div255(s * alpha + d * (255 - alpha)) << to;
}

// Surfaces count columns in bytes. Volatile and clobbering memory: what is read is what was written before.
static __attribute__((device)) u32 load_surface(u64 surface, u32 x, u32 y) {
    u32 pixel;
    asm volatile("suld.b.2d.b32.trap {%0}, [%1, {%2, %3}];" : "=r"(pixel) : "l"(surface), "r"(x * 4), "r"(y) : "memory");
    return pixel;
}

static __attribute__((device)) void store_surface(u64 surface, u32 x, u32 y, u32 pixel) {
    asm volatile("sust.b.2d.b32.trap [%0, {%1, %2}], {%3};" : : "l"(surface), "r"(x * 4), "r"(y), "r"(pixel) : "memory");
}

extern "C" __attribute__((global)) void nvmm_overlay(const OverlayParams params) {
    // 64 bits throughout: neither a position times a pitch nor the index of a thread can wrap.
    const u64 column = thread_index(__nvvm_read_ptx_sreg_ctaid_x(), __nvvm_read_ptx_sreg_ntid_x(),
                                    __nvvm_read_ptx_sreg_tid_x());
    const u64 row = thread_index(__nvvm_read_ptx_sreg_ctaid_y(), __nvvm_read_ptx_sreg_ntid_y(),
                                 __nvvm_read_ptx_sreg_tid_y());
    if (column >= params.width || row >= params.height)
        return;

    global_out output = (global_out)(params.output + row * params.pitch + column * 4);
    const bool is_surface = params.flags & OVERLAY_SURFACE;
    u32 pixel = params.background;
    if (params.flags & OVERLAY_KEEP)
        pixel = is_surface ? load_surface(params.output, column, row) : *output;
    const u32 num_layers = params.num_layers < MAX_LAYERS ? params.num_layers : MAX_LAYERS;

#pragma clang loop unroll(disable)
    for (u32 i = 0; i < num_layers; ++i) {
        // A difference that is negative becomes a huge unsigned number: one comparison finds both sides.
        const u64 x = (u64)((s64)column - params.layers[i].x);
        const u64 y = (u64)((s64)row - params.layers[i].y);
        if (x >= params.layers[i].width || y >= params.layers[i].height)
            continue;

        const u64 data = params.layers[i].data;
        const u32 flags = params.layers[i].flags;
        const u32 source = (flags & LAYER_SURFACE) ? load_surface(data, x, y)
                                                   : *(global_in)(data + y * params.layers[i].pitch + x * 4);
        u32 alpha = params.layers[i].alpha < 255 ? params.layers[i].alpha : 255;
        if (flags & LAYER_OWN_ALPHA)
            alpha = div255((source >> 24) * alpha);
        const u32 first = (flags & LAYER_SWAP) ? 16 : 0;
        pixel = blend(source, first, pixel, 0, alpha) | blend(source, 8, pixel, 8, alpha) |
                blend(source, 16 - first, pixel, 16, alpha);
    }
    pixel |= 0xff000000u;
    if (is_surface)
        store_surface(params.output, column, row, pixel);
    else
        *output = pixel;
}
