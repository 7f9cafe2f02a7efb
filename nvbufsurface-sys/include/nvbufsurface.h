/*
 * The C interface of libnvbufsurface, L4T R32 to R39 and DeepStream 4 to 9.
 *
 * Written from published interface facts: names, values, types and order. No text of NVIDIA's is
 * used here. nvbuf_release.h says how to choose the release. All sizes are in bytes.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef NVBUFSURFACE_H_
#define NVBUFSURFACE_H_

#include <stdbool.h>
#include <stdint.h>

#include "nvbuf_release.h"

#if NVBUFSURFACE_ABI == 0
#error "This release has no libnvbufsurface, or its interface is not known: see nvbuf_release.h."
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Reserved pointers at the end of a struct.
 *
 * Releases: all.
 */
#define STRUCTURE_PADDING 4

/**
 * Colour planes of one buffer at most.
 *
 * Releases: all.
 */
#define NVBUF_MAX_PLANES 4

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
/**
 * Chroma samples lie on the left luma samples.
 *
 * Releases: since R34.1, DeepStream 6.1.
 */
#define NVBUFSURFACE_CHROMA_SUBSAMPLING_HORIZ_DEFAULT 0

/**
 * Chroma samples lie between two luma rows.
 *
 * Releases: since R34.1, DeepStream 6.1.
 */
#define NVBUFSURFACE_CHROMA_SUBSAMPLING_VERT_DEFAULT 1

/**
 * Initializer of NvBufSurfaceChromaSubsamplingParams.
 *
 * Releases: since R34.1, DeepStream 6.1.
 */
#define NVBUFSURFACE_CHROMA_SUBSAMPLING_PARAMS_DEFAULT \
  { NVBUFSURFACE_CHROMA_SUBSAMPLING_HORIZ_DEFAULT, NVBUFSURFACE_CHROMA_SUBSAMPLING_VERT_DEFAULT }
#endif

/**
 * What the CPU may do with a mapped plane.
 *
 * Releases: all.
 */
typedef enum {
  /** Only read. */
  NVBUF_MAP_READ = 0,
  /** Only write. */
  NVBUF_MAP_WRITE = 1,
  /** Read and write. */
  NVBUF_MAP_READ_WRITE = 2,
} NvBufSurfaceMemMapFlags;

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
/**
 * Who uses a buffer, for the statistics of the memory manager. Changes no behaviour that is
 * documented.
 *
 * Releases: since R34.1, DeepStream 6.1.
 */
typedef enum {
  /** Nobody in particular. */
  NvBufSurfaceTag_NONE = 0,
  /** Camera capture. */
  NvBufSurfaceTag_CAMERA = 0x0200,
  /** JPEG encoder or decoder. */
  NvBufSurfaceTag_JPEG = 0x1500,
  /** Protected content. */
  NvBufSurfaceTag_PROTECTED = 0x1504,
  /** Video encoder. */
  NvBufSurfaceTag_VIDEO_ENC = 0x1200,
  /** Video decoder. */
  NvBufSurfaceTag_VIDEO_DEC = 0x1400,
  /** Video converter. */
  NvBufSurfaceTag_VIDEO_CONVERT = 0x0f01,
} NvBufSurfaceTag;
#endif

/**
 * Pixel formats. Releases only append: a number never changes its meaning. Component order is that
 * of the bytes in memory; without a matrix in the name YUV is BT.601, without _ER it is limited
 * range. Which memory types and engines take a format is the release's affair: the call that
 * refuses it is the documentation.
 *
 * Releases: all.
 */
typedef enum {
  /** No format: a raw buffer. */
  NVBUF_COLOR_FORMAT_INVALID = 0,
  /** Gray, 1 plane, 8 bits. */
  NVBUF_COLOR_FORMAT_GRAY8 = 1,
  /** Planar Y, U, V, 3 planes, 4:2:0, 8 bits, BT.601. */
  NVBUF_COLOR_FORMAT_YUV420 = 2,
  /** Planar Y, V, U, 3 planes, 4:2:0, 8 bits, BT.601. */
  NVBUF_COLOR_FORMAT_YVU420 = 3,
  /** Planar Y, U, V, 3 planes, 4:2:0, 8 bits, BT.601 full range. */
  NVBUF_COLOR_FORMAT_YUV420_ER = 4,
  /** Planar Y, V, U, 3 planes, 4:2:0, 8 bits, BT.601 full range. */
  NVBUF_COLOR_FORMAT_YVU420_ER = 5,
  /** Y and interleaved U V, 2 planes, 4:2:0, 8 bits, BT.601. */
  NVBUF_COLOR_FORMAT_NV12 = 6,
  /** Y and interleaved U V, 2 planes, 4:2:0, 8 bits, BT.601 full range. */
  NVBUF_COLOR_FORMAT_NV12_ER = 7,
  /** Y and interleaved V U, 2 planes, 4:2:0, 8 bits, BT.601. */
  NVBUF_COLOR_FORMAT_NV21 = 8,
  /** Y and interleaved V U, 2 planes, 4:2:0, 8 bits, BT.601 full range. */
  NVBUF_COLOR_FORMAT_NV21_ER = 9,
  /** Packed U Y V Y, 1 plane, 4:2:2, 8 bits, BT.601. */
  NVBUF_COLOR_FORMAT_UYVY = 10,
  /** Packed U Y V Y, 1 plane, 4:2:2, 8 bits, BT.601 full range. */
  NVBUF_COLOR_FORMAT_UYVY_ER = 11,
  /** Packed V Y U Y, 1 plane, 4:2:2, 8 bits, BT.601. */
  NVBUF_COLOR_FORMAT_VYUY = 12,
  /** Packed V Y U Y, 1 plane, 4:2:2, 8 bits, BT.601 full range. */
  NVBUF_COLOR_FORMAT_VYUY_ER = 13,
  /** Packed Y U Y V, 1 plane, 4:2:2, 8 bits, BT.601. */
  NVBUF_COLOR_FORMAT_YUYV = 14,
  /** Packed Y U Y V, 1 plane, 4:2:2, 8 bits, BT.601 full range. */
  NVBUF_COLOR_FORMAT_YUYV_ER = 15,
  /** Packed Y V Y U, 1 plane, 4:2:2, 8 bits, BT.601. */
  NVBUF_COLOR_FORMAT_YVYU = 16,
  /** Packed Y V Y U, 1 plane, 4:2:2, 8 bits, BT.601 full range. */
  NVBUF_COLOR_FORMAT_YVYU_ER = 17,
  /** Planar Y, U, V, 3 planes, 4:4:4, 8 bits, BT.601. */
  NVBUF_COLOR_FORMAT_YUV444 = 18,
  /** Bytes R, G, B, A, 1 plane, 8 bits. */
  NVBUF_COLOR_FORMAT_RGBA = 19,
  /** Bytes B, G, R, A, 1 plane, 8 bits. */
  NVBUF_COLOR_FORMAT_BGRA = 20,
  /** Bytes A, R, G, B, 1 plane, 8 bits. */
  NVBUF_COLOR_FORMAT_ARGB = 21,
  /** Bytes A, B, G, R, 1 plane, 8 bits. */
  NVBUF_COLOR_FORMAT_ABGR = 22,
  /** Bytes R, G, B, unused, 1 plane, 8 bits. */
  NVBUF_COLOR_FORMAT_RGBx = 23,
  /** Bytes B, G, R, unused, 1 plane, 8 bits. */
  NVBUF_COLOR_FORMAT_BGRx = 24,
  /** Bytes unused, R, G, B, 1 plane, 8 bits. */
  NVBUF_COLOR_FORMAT_xRGB = 25,
  /** Bytes unused, B, G, R, 1 plane, 8 bits. */
  NVBUF_COLOR_FORMAT_xBGR = 26,
  /** Bytes R, G, B, 1 plane, 8 bits. */
  NVBUF_COLOR_FORMAT_RGB = 27,
  /** Bytes B, G, R, 1 plane, 8 bits. */
  NVBUF_COLOR_FORMAT_BGR = 28,
  /** Y and interleaved U V, 2 planes, 4:2:0, 10 bits in 16, BT.601. */
  NVBUF_COLOR_FORMAT_NV12_10LE = 29,
  /** Y and interleaved U V, 2 planes, 4:2:0, 12 bits in 16, BT.601. */
  NVBUF_COLOR_FORMAT_NV12_12LE = 30,
  /** Planar Y, U, V, 3 planes, 4:2:0, 8 bits, BT.709. */
  NVBUF_COLOR_FORMAT_YUV420_709 = 31,
  /** Planar Y, U, V, 3 planes, 4:2:0, 8 bits, BT.709 full range. */
  NVBUF_COLOR_FORMAT_YUV420_709_ER = 32,
  /** Y and interleaved U V, 2 planes, 4:2:0, 8 bits, BT.709. */
  NVBUF_COLOR_FORMAT_NV12_709 = 33,
  /** Y and interleaved U V, 2 planes, 4:2:0, 8 bits, BT.709 full range. */
  NVBUF_COLOR_FORMAT_NV12_709_ER = 34,
  /** Planar Y, U, V, 3 planes, 4:2:0, 8 bits, BT.2020. */
  NVBUF_COLOR_FORMAT_YUV420_2020 = 35,
  /** Y and interleaved U V, 2 planes, 4:2:0, 8 bits, BT.2020. */
  NVBUF_COLOR_FORMAT_NV12_2020 = 36,
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R32_4
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 10 bits in 16, BT.601 full range. Releases: since
   * R32.4, DeepStream 5.0.
   */
  NVBUF_COLOR_FORMAT_NV12_10LE_ER = 37,
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 10 bits in 16, BT.709. Releases: since R32.4,
   * DeepStream 5.0.
   */
  NVBUF_COLOR_FORMAT_NV12_10LE_709 = 38,
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 10 bits in 16, BT.709 full range. Releases: since
   * R32.4, DeepStream 5.0.
   */
  NVBUF_COLOR_FORMAT_NV12_10LE_709_ER = 39,
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 10 bits in 16, BT.2020. Releases: since R32.4,
   * DeepStream 5.0.
   */
  NVBUF_COLOR_FORMAT_NV12_10LE_2020 = 40,
  /** Signed R, G, 1 plane, 16 bits. Releases: since R32.4, DeepStream 5.0. */
  NVBUF_COLOR_FORMAT_SIGNED_R16G16 = 41,
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R32_5
  /** Planar R, G, B, 3 planes, 8 bits. Releases: since R32.5, DeepStream 6.0. */
  NVBUF_COLOR_FORMAT_R8_G8_B8 = 42,
  /** Planar B, G, R, 3 planes, 8 bits. Releases: since R32.5, DeepStream 6.0. */
  NVBUF_COLOR_FORMAT_B8_G8_R8 = 43,
  /** Planar float R, G, B, 3 planes, 32 bits. Releases: since R32.5, DeepStream 6.0. */
  NVBUF_COLOR_FORMAT_R32F_G32F_B32F = 44,
  /** Planar float B, G, R, 3 planes, 32 bits. Releases: since R32.5, DeepStream 6.0. */
  NVBUF_COLOR_FORMAT_B32F_G32F_R32F = 45,
  /** Planar Y, U, V, 3 planes, 4:2:2, 8 bits, BT.601. Releases: since R32.5, DeepStream 6.0. */
  NVBUF_COLOR_FORMAT_YUV422 = 46,
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
  /**
   * Y and interleaved V U, 2 planes, 4:2:0, 10 bits in 16, BT.601. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV21_10LE = 47,
  /**
   * Y and interleaved V U, 2 planes, 4:2:0, 12 bits in 16, BT.601. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV21_12LE = 48,
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 12 bits in 16, BT.2020. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV12_12LE_2020 = 49,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 8 bits, BT.601. Releases: since R34.1, DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV16 = 50,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 10 bits in 16, BT.601. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV16_10LE = 51,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 8 bits, BT.601. Releases: since R34.1, DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV24 = 52,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 10 bits in 16, BT.601. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV24_10LE = 53,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 8 bits, BT.601 full range. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV16_ER = 54,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 8 bits, BT.601 full range. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV24_ER = 55,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 8 bits, BT.709. Releases: since R34.1, DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV16_709 = 56,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 8 bits, BT.709. Releases: since R34.1, DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV24_709 = 57,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 8 bits, BT.709 full range. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV16_709_ER = 58,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 8 bits, BT.709 full range. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV24_709_ER = 59,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 10 bits in 16, BT.709. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV24_10LE_709 = 60,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 10 bits in 16, BT.709 full range. Releases: since
   * R34.1, DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV24_10LE_709_ER = 61,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 10 bits in 16, BT.2020. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV24_10LE_2020 = 62,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 12 bits in 16, BT.2020. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_NV24_12LE_2020 = 63,
  /**
   * Packed R, G, B with 10 bits and A with 2, 1 plane, 10 bits, BT.709. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_RGBA_10_10_10_2_709 = 64,
  /**
   * Packed R, G, B with 10 bits and A with 2, 1 plane, 10 bits, BT.2020. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_RGBA_10_10_10_2_2020 = 65,
  /**
   * Packed B, G, R with 10 bits and A with 2, 1 plane, 10 bits, BT.709. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_BGRA_10_10_10_2_709 = 66,
  /**
   * Packed B, G, R with 10 bits and A with 2, 1 plane, 10 bits, BT.2020. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_BGRA_10_10_10_2_2020 = 67,
  /** Alpha alone, 1 plane, 32 bits. Releases: since R34.1, DeepStream 6.1. */
  NVBUF_COLOR_FORMAT_A32 = 68,
  /**
   * Packed U Y V Y, 1 plane, 5 bytes for 2 pixels, 4:2:2, 10 bits, BT.601. Releases: since R34.1,
   * DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_UYVP = 69,
  /**
   * Packed U Y V Y, 1 plane, 5 bytes for 2 pixels, 4:2:2, 10 bits, BT.601 full range. Releases:
   * since R34.1, DeepStream 6.1.
   */
  NVBUF_COLOR_FORMAT_UYVP_ER = 70,
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R35_4
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 8 bits, BT.601 full range. Releases: since R35.4.1,
   * DeepStream 6.3.
   */
  NVBUF_COLOR_FORMAT_YUV444_ER = 71,
  /** Planar Y, U, V, 3 planes, 4:4:4, 8 bits, BT.709. Releases: since R35.4.1, DeepStream 6.3. */
  NVBUF_COLOR_FORMAT_YUV444_709 = 72,
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 8 bits, BT.709 full range. Releases: since R35.4.1,
   * DeepStream 6.3.
   */
  NVBUF_COLOR_FORMAT_YUV444_709_ER = 73,
  /** Planar Y, U, V, 3 planes, 4:4:4, 8 bits, BT.2020. Releases: since R35.4.1, DeepStream 6.3. */
  NVBUF_COLOR_FORMAT_YUV444_2020 = 74,
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 10 bits in 16, BT.601. Releases: since R35.4.1, DeepStream
   * 6.3.
   */
  NVBUF_COLOR_FORMAT_YUV444_10LE = 75,
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 10 bits in 16, BT.601 full range. Releases: since R35.4.1,
   * DeepStream 6.3.
   */
  NVBUF_COLOR_FORMAT_YUV444_10LE_ER = 76,
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 10 bits in 16, BT.709. Releases: since R35.4.1, DeepStream
   * 6.3.
   */
  NVBUF_COLOR_FORMAT_YUV444_10LE_709 = 77,
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 10 bits in 16, BT.709 full range. Releases: since R35.4.1,
   * DeepStream 6.3.
   */
  NVBUF_COLOR_FORMAT_YUV444_10LE_709_ER = 78,
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 10 bits in 16, BT.2020. Releases: since R35.4.1, DeepStream
   * 6.3.
   */
  NVBUF_COLOR_FORMAT_YUV444_10LE_2020 = 79,
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 12 bits in 16, BT.601. Releases: since R35.4.1, DeepStream
   * 6.3.
   */
  NVBUF_COLOR_FORMAT_YUV444_12LE = 80,
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 12 bits in 16, BT.601 full range. Releases: since R35.4.1,
   * DeepStream 6.3.
   */
  NVBUF_COLOR_FORMAT_YUV444_12LE_ER = 81,
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 12 bits in 16, BT.709. Releases: since R35.4.1, DeepStream
   * 6.3.
   */
  NVBUF_COLOR_FORMAT_YUV444_12LE_709 = 82,
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 12 bits in 16, BT.709 full range. Releases: since R35.4.1,
   * DeepStream 6.3.
   */
  NVBUF_COLOR_FORMAT_YUV444_12LE_709_ER = 83,
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 12 bits in 16, BT.2020. Releases: since R35.4.1, DeepStream
   * 6.3.
   */
  NVBUF_COLOR_FORMAT_YUV444_12LE_2020 = 84,
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 12 bits in 16, BT.601 full range. Releases: since
   * R35.4.1, DeepStream 6.3.
   */
  NVBUF_COLOR_FORMAT_NV12_12LE_ER = 85,
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 12 bits in 16, BT.709. Releases: since R35.4.1,
   * DeepStream 6.3.
   */
  NVBUF_COLOR_FORMAT_NV12_12LE_709 = 86,
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 12 bits in 16, BT.709 full range. Releases: since
   * R35.4.1, DeepStream 6.3.
   */
  NVBUF_COLOR_FORMAT_NV12_12LE_709_ER = 87,
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R36_2
  /** Gray, 1 plane, 8 bits, full range. Releases: since R36.2, DeepStream 7.1. */
  NVBUF_COLOR_FORMAT_GRAY8_ER = 88,
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R36_3
  /** Packed U Y V Y, 1 plane, 4:2:2, 8 bits, BT.709. Releases: since R36.3, DeepStream 7.1. */
  NVBUF_COLOR_FORMAT_UYVY_709 = 89,
  /**
   * Packed U Y V Y, 1 plane, 4:2:2, 8 bits, BT.709 full range. Releases: since R36.3, DeepStream
   * 7.1.
   */
  NVBUF_COLOR_FORMAT_UYVY_709_ER = 90,
  /** Packed U Y V Y, 1 plane, 4:2:2, 8 bits, BT.2020. Releases: since R36.3, DeepStream 7.1. */
  NVBUF_COLOR_FORMAT_UYVY_2020 = 91,
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R36_4
  /** Gray, 1 plane, 16 bits. Releases: since R36.4, DeepStream 7.1. */
  NVBUF_COLOR_FORMAT_GRAY16_LE = 92,
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_ISAAC_4
  /**
   * B, G, R, A, 1 plane, 16 bits. Releases: since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not
   * settled), DeepStream 8.0.
   */
  NVBUF_COLOR_FORMAT_BGRA64_LE = 93,
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 8 bits, BT.2020. Releases: since DeepStream 8.0, R39.
   */
  NVBUF_COLOR_FORMAT_NV16_2020 = 94,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 10 bits in 16, BT.601 full range. Releases: since
   * DeepStream 8.0, R39.
   */
  NVBUF_COLOR_FORMAT_NV16_10LE_ER = 95,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 10 bits in 16, BT.709. Releases: since DeepStream 8.0,
   * R39.
   */
  NVBUF_COLOR_FORMAT_NV16_10LE_709 = 96,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 10 bits in 16, BT.709 full range. Releases: since
   * DeepStream 8.0, R39.
   */
  NVBUF_COLOR_FORMAT_NV16_10LE_709_ER = 97,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 10 bits in 16, BT.2020. Releases: since DeepStream
   * 8.0, R39.
   */
  NVBUF_COLOR_FORMAT_NV16_10LE_2020 = 98,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 12 bits in 16, BT.601. Releases: since DeepStream 8.0,
   * R39.
   */
  NVBUF_COLOR_FORMAT_NV16_12LE = 99,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 12 bits in 16, BT.601 full range. Releases: since
   * DeepStream 8.0, R39.
   */
  NVBUF_COLOR_FORMAT_NV16_12LE_ER = 100,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 12 bits in 16, BT.709. Releases: since DeepStream 8.0,
   * R39.
   */
  NVBUF_COLOR_FORMAT_NV16_12LE_709 = 101,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 12 bits in 16, BT.709 full range. Releases: since
   * DeepStream 8.0, R39.
   */
  NVBUF_COLOR_FORMAT_NV16_12LE_709_ER = 102,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 12 bits in 16, BT.2020. Releases: since DeepStream
   * 8.0, R39.
   */
  NVBUF_COLOR_FORMAT_NV16_12LE_2020 = 103,
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_9
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 8 bits, BT.2020. Releases: since DeepStream 9.0, R39.
   */
  NVBUF_COLOR_FORMAT_NV24_2020 = 104,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 10 bits in 16, BT.601 full range. Releases: since
   * DeepStream 9.0, R39.
   */
  NVBUF_COLOR_FORMAT_NV24_10LE_ER = 105,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 12 bits in 16, BT.601. Releases: since DeepStream 9.0,
   * R39.
   */
  NVBUF_COLOR_FORMAT_NV24_12LE = 106,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 12 bits in 16, BT.601 full range. Releases: since
   * DeepStream 9.0, R39.
   */
  NVBUF_COLOR_FORMAT_NV24_12LE_ER = 107,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 12 bits in 16, BT.709. Releases: since DeepStream 9.0,
   * R39.
   */
  NVBUF_COLOR_FORMAT_NV24_12LE_709 = 108,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 12 bits in 16, BT.709 full range. Releases: since
   * DeepStream 9.0, R39.
   */
  NVBUF_COLOR_FORMAT_NV24_12LE_709_ER = 109,
  /**
   * Packed U Y V Y, 1 plane, 5 bytes for 2 pixels, 4:2:2, 10 bits, BT.709. Releases: since
   * DeepStream 9.0, R39.
   */
  NVBUF_COLOR_FORMAT_UYVP_709 = 110,
  /**
   * Packed U Y V Y, 1 plane, 5 bytes for 2 pixels, 4:2:2, 10 bits, BT.709 full range. Releases:
   * since DeepStream 9.0, R39.
   */
  NVBUF_COLOR_FORMAT_UYVP_709_ER = 111,
  /**
   * Packed U Y V Y, 1 plane, 5 bytes for 2 pixels, 4:2:2, 10 bits, BT.2020. Releases: since
   * DeepStream 9.0, R39.
   */
  NVBUF_COLOR_FORMAT_UYVP_2020 = 112,
#endif
#if NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_R32_1
  /** One more than the last format of the release. */
  NVBUF_COLOR_FORMAT_LAST = 37,
#elif NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_R32_4
  /** One more than the last format of the release. */
  NVBUF_COLOR_FORMAT_LAST = 42,
#elif NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_R32_5
  /** One more than the last format of the release. */
  NVBUF_COLOR_FORMAT_LAST = 47,
#elif NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1 && NVBUFSURFACE_ABI < NVBUFSURFACE_ABI_R35_4
  /** One more than the last format of the release. */
  NVBUF_COLOR_FORMAT_LAST = 71,
#elif NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_R35_4
  /** One more than the last format of the release. */
  NVBUF_COLOR_FORMAT_LAST = 88,
#elif NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_R36_2
  /** One more than the last format of the release. */
  NVBUF_COLOR_FORMAT_LAST = 89,
#elif NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_R36_3
  /** One more than the last format of the release. */
  NVBUF_COLOR_FORMAT_LAST = 92,
#elif NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_R36_4
  /** One more than the last format of the release. */
  NVBUF_COLOR_FORMAT_LAST = 93,
#elif NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_ISAAC_4
  /** One more than the last format of the release. */
  NVBUF_COLOR_FORMAT_LAST = 94,
#elif NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_DS_8
  /** One more than the last format of the release. */
  NVBUF_COLOR_FORMAT_LAST = 104,
#else
  /** One more than the last format of the release. */
  NVBUF_COLOR_FORMAT_LAST = 113,
#endif
} NvBufSurfaceColorFormat;

/**
 * How the rows of a plane lie in memory.
 *
 * Releases: all.
 */
typedef enum {
  /** Row after row, pitch bytes apart. Every memory type. */
  NVBUF_LAYOUT_PITCH = 0,
  /** Tiles of the hardware: CUDA sees an array, the CPU nothing useful. Not on discrete GPUs. */
  NVBUF_LAYOUT_BLOCK_LINEAR = 1,
} NvBufSurfaceLayout;

/**
 * What the memory of a surface is.
 *
 * Releases: all.
 */
typedef enum {
  /**
   * The platform's choice: SURFACE_ARRAY on Jetson (CUDA_DEVICE is to be expected on Thor),
   * CUDA_DEVICE on discrete GPUs. Only to ask with: read memType back.
   */
  NVBUF_MEM_DEFAULT = 0,
  /** Host memory of cudaMallocHost; dataPtr. */
  NVBUF_MEM_CUDA_PINNED = 1,
  /** Memory of cudaMalloc; dataPtr. */
  NVBUF_MEM_CUDA_DEVICE = 2,
  /** Memory of cudaMallocManaged; dataPtr. The only type that a discrete GPU maps for the CPU. */
  NVBUF_MEM_CUDA_UNIFIED = 3,
  /**
   * Hardware surface behind a dmabuf; bufferDesc. Jetson only. The type for EGLImages, encoder,
   * decoder and VIC.
   */
  NVBUF_MEM_SURFACE_ARRAY = 4,
  /** Raw hardware memory behind a dmabuf; bufferDesc. Jetson only. */
  NVBUF_MEM_HANDLE = 5,
  /** Memory of malloc; dataPtr. */
  NVBUF_MEM_SYSTEM = 6,
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_9
  /** CUDA array; mappedAddr.cudaPtr leads to it. Releases: since DeepStream 9.0, R39. */
  NVBUF_MEM_CUDA_ARRAY = 7,
#endif
} NvBufSurfaceMemType;

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
/**
 * How the rows of a frame were scanned.
 *
 * Releases: since R34.1, DeepStream 6.1.
 */
typedef enum {
  /** All rows at one time. */
  NVBUF_DISPLAYSCANFORMAT_PROGRESSIVE = 0,
  /** Two fields, one after the other. */
  NVBUF_DISPLAYSCANFORMAT_INTERLACED = 1,
} NvBufSurfaceDisplayScanFormat;
#endif

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
/**
 * Kind of GPU driver under the library.
 *
 * Releases: since DeepStream 8.0, R39.
 */
typedef enum {
  /** Not known. */
  NVBUF_DRIVER_TYPE_UNKNOWN = 0,
  /** Jetson's nvgpu: DEFAULT memory is SURFACE_ARRAY. */
  NVBUF_DRIVER_TYPE_NVGPU = 1,
  /** The OpenRM driver (Thor, discrete GPUs): DEFAULT memory is CUDA_DEVICE. */
  NVBUF_DRIVER_TYPE_RM = 2,
} NvBufSurfaceDriverType;
#endif

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_9
/**
 * The system on chip.
 *
 * Releases: since DeepStream 9.0, R39.
 */
typedef enum {
  /** Not known. */
  NVBUF_PLATFORM_TYPE_UNKNOWN = 0,
  /** TX2. */
  NVBUF_PLATFORM_TYPE_T186 = 1,
  /** Xavier. */
  NVBUF_PLATFORM_TYPE_T194 = 2,
  /** TX1, Nano. */
  NVBUF_PLATFORM_TYPE_T210 = 3,
  /** Orin. */
  NVBUF_PLATFORM_TYPE_T234 = 4,
  /** T256. */
  NVBUF_PLATFORM_TYPE_T256 = 5,
  /** Thor. */
  NVBUF_PLATFORM_TYPE_T264 = 6,
} NvBufSurfacePlatformType;

/**
 * What to do with the GPU's L2 cache.
 *
 * Releases: since DeepStream 9.0, R39.
 */
typedef enum NvBufSurfaceGPUL2SyncCacheOps {
  /** Drop cached lines, before the GPU reads what another device wrote. */
  NVBUF_GPU_L2_CACHE_INVALIDATE = 1,
  /** Write cached lines back, before another device reads what the GPU wrote. */
  NVBUF_GPU_L2_CACHE_FLUSH = 2,
  /** Both. */
  NVBUF_GPU_L2_CACHE_FLUSH_INVALIDATE = 3,
} NvBufSurfaceGPUL2SyncCacheOps;
#endif

/**
 * The planes of one buffer, filled by the library. Read pitch, offset and psize, never compute
 * them: alignments differ by memory type, layout and release.
 *
 * Releases: all.
 */
typedef struct NvBufSurfacePlaneParams {
  /** Planes in use, 1 to NVBUF_MAX_PLANES. The arrays below are valid up to it. */
  uint32_t num_planes;
  /** Width of each plane in elements (pixels for luma, chroma samples or pairs for chroma). */
  uint32_t width[NVBUF_MAX_PLANES];
  /** Height of each plane in rows. */
  uint32_t height[NVBUF_MAX_PLANES];
  /** Bytes from a row to the next. */
  uint32_t pitch[NVBUF_MAX_PLANES];
  /** Bytes from the start of the buffer to the plane. */
  uint32_t offset[NVBUF_MAX_PLANES];
  /** Bytes of the plane with all padding. */
  uint32_t psize[NVBUF_MAX_PLANES];
  /** Bytes of one element. */
  uint32_t bytesPerPix[NVBUF_MAX_PLANES];
  /** Reserved: zero. */
  void *_reserved[STRUCTURE_PADDING * NVBUF_MAX_PLANES];
} NvBufSurfacePlaneParams;

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
/**
 * More about the planes of one buffer; in the extended family 256 bytes, before 224.
 *
 * Releases: since R34.1, DeepStream 6.1.
 */
typedef struct NvBufSurfacePlaneParamsEx {
  /** Scan of each plane. */
  NvBufSurfaceDisplayScanFormat scanformat[NVBUF_MAX_PLANES];
  /** Bytes from the start of each plane to its second field. Interlaced only. */
  uint32_t secondfieldoffset[NVBUF_MAX_PLANES];
  /** Height of a block in rows of eight, as a power of two. Block linear only. */
  uint32_t blockheightlog2[NVBUF_MAX_PLANES];
  /** Physical address of each plane. Nothing may be built on it. */
  uint32_t physicaladdress[NVBUF_MAX_PLANES];
  /** Private flags of each plane. */
  uint64_t flags[NVBUF_MAX_PLANES];
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R36_4
  /** DRM format modifier of each plane. Releases: since R36.4, DeepStream 7.1. */
  uint64_t drmModifier[NVBUF_MAX_PLANES];
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R36_4 && NVBUFSURFACE_ABI < NVBUFSURFACE_ABI_DS_8
  /** Reserved: zero. */
  void *_reserved[(STRUCTURE_PADDING - 1) * NVBUF_MAX_PLANES];
#endif
#if (NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1 && NVBUFSURFACE_ABI < NVBUFSURFACE_ABI_R36_4) || \
    NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
  /** Reserved: zero. */
  void *_reserved[STRUCTURE_PADDING * NVBUF_MAX_PLANES];
#endif
} NvBufSurfacePlaneParamsEx;
#endif

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
/**
 * Where chroma samples lie against luma; in the extended family 8 bytes, before 2.
 *
 * Releases: since R34.1, DeepStream 6.1.
 */
typedef struct NvBufSurfaceChromaSubsamplingParams {
  /** 0 left, 1 centre, 2 right. */
  uint8_t chromaLocHoriz;
  /** 0 top, 1 centre, 2 bottom. */
  uint8_t chromaLocVert;
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
  /** Reserved: zero. */
  uint8_t _reserved[6];
#endif
} NvBufSurfaceChromaSubsamplingParams;
#endif

/**
 * What NvBufSurfaceCreate shall allocate; in the extended family 64 bytes, before 32. Zero it
 * first.
 *
 * Releases: all.
 */
typedef struct NvBufSurfaceCreateParams {
  /** CUDA device number. CUDA memory types on discrete GPUs; 0 on Jetson. */
  uint32_t gpuId;
  /** Width in pixels. */
  uint32_t width;
  /** Height in pixels. */
  uint32_t height;
  /** Other than 0: a raw buffer of that many bytes; format, layout and sides are then ignored. */
  uint32_t size;
  /** All buffers of the batch in one block. CUDA memory types only. */
  bool isContiguous;
  /** Pixel format. */
  NvBufSurfaceColorFormat colorFormat;
  /** Pitch or block linear. */
  NvBufSurfaceLayout layout;
  /** Memory type. */
  NvBufSurfaceMemType memType;
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
  /** Reserved: zero. */
  void *_reserved[STRUCTURE_PADDING];
#endif
} NvBufSurfaceCreateParams;

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
/**
 * What NvBufSurfaceAllocate shall allocate; in the extended family 120 bytes, before 80. Zero it
 * first.
 *
 * Releases: since R34.1, DeepStream 6.1.
 */
typedef struct NvBufSurfaceAllocateParams {
  /** Size, format, layout, memory type. */
  NvBufSurfaceCreateParams params;
  /** Progressive or interlaced. */
  NvBufSurfaceDisplayScanFormat displayscanformat;
  /** Chroma position. */
  NvBufSurfaceChromaSubsamplingParams chromaSubsampling;
  /** Who uses it. */
  NvBufSurfaceTag memtag;
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R35_3
  /**
   * Pitch is width times bytes per pixel, odd widths made even. CUDA and system memory only.
   * Releases: since R35.3.1, DeepStream 6.3.
   */
  bool disablePitchPadding;
  /** Reserved: zero. */
  uint32_t _reservedParam;
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R35_3 && NVBUFSURFACE_ABI < NVBUFSURFACE_ABI_DS_8
  /** Reserved: zero. */
  void *_reserved[STRUCTURE_PADDING - 1];
#endif
#if NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_R34_1 || NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
  /** Reserved: zero. */
  void *_reserved[STRUCTURE_PADDING];
#endif
} NvBufSurfaceAllocateParams;
#endif

/**
 * Where one buffer is mapped, written by the map calls. Whoever calls them with the same struct
 * overwrites it: keep what you need elsewhere. In the extended family 88 bytes, before 72.
 *
 * Releases: all.
 */
typedef struct NvBufSurfaceMappedAddr {
  /** CPU address of each plane after NvBufSurfaceMap, else NULL. Valid until NvBufSurfaceUnMap. */
  void *addr[NVBUF_MAX_PLANES];
  /**
   * EGLImageKHR of NvBufSurfaceMapEglImage, else NULL; the library's, valid until
   * NvBufSurfaceUnMapEglImage. SURFACE_ARRAY only.
   */
  void *eglImage;
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_ISAAC_4
  /**
   * NvBufSurfaceNvmmBuffer of NvBufSurfaceMapNvmmBuffer, the library's. CUDA_DEVICE, CUDA_PINNED,
   * CUDA_ARRAY. Releases: since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not settled),
   * DeepStream 8.0.
   */
  void *nvmmPtr;
  /**
   * NvBufSurfaceCudaBuffer of NvBufSurfaceMapCudaBuffer, the library's. SURFACE_ARRAY. Releases:
   * since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not settled), DeepStream 8.0.
   */
  void *cudaPtr;
#endif
#if NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_ISAAC_4
  /** Reserved: zero. */
  void *_reserved[STRUCTURE_PADDING - 2];
#endif
#if NVBUFSURFACE_ABI < NVBUFSURFACE_ABI_ISAAC_4 || NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
  /** Reserved: zero. */
  void *_reserved[STRUCTURE_PADDING];
#endif
} NvBufSurfaceMappedAddr;

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
/**
 * More about one buffer; in the extended family 312 bytes, before 272.
 *
 * Releases: since R34.1, DeepStream 6.1.
 */
typedef struct NvBufSurfaceParamsEx {
  /** Bytes to the first valid byte. Raw buffers. */
  int32_t startofvaliddata;
  /** Valid bytes. Raw buffers. */
  int32_t sizeofvaliddatainbytes;
  /** Chroma position. */
  NvBufSurfaceChromaSubsamplingParams chromaSubsampling;
  /** Protected content: the CPU cannot map it. */
  bool is_protected;
  /** The planes. */
  NvBufSurfacePlaneParamsEx planeParamsex;
  /** Reserved: zero. */
  void *_reserved[STRUCTURE_PADDING];
} NvBufSurfaceParamsEx;
#endif

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_ISAAC_4
/**
 * CUDA's view of a buffer, made by NvBufSurfaceMapCudaBuffer and the library's. 96 bytes in the
 * extended family, before 80, with other offsets.
 *
 * Releases: since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not settled), DeepStream 8.0.
 */
typedef struct NvBufSurfaceCudaBuffer {
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
  /** Device address of the whole buffer. Releases: since DeepStream 8.0, R39. */
  void *basePtr;
#endif
  /** Device address of the pixels. */
  void *dataPtr;
  /** CUexternalMemory, the library's. */
  void *extMem;
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
  /**
   * CUmipmappedArray of a block-linear buffer, the library's. Releases: since DeepStream 8.0, R39.
   */
  void *mipmap;
#endif
  /** Reserved: zero. */
  uint8_t reserved[64];
} NvBufSurfaceCudaBuffer;
#endif

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_ISAAC_4
/**
 * The hardware surface of a CUDA buffer, made by NvBufSurfaceMapNvmmBuffer and the library's.
 *
 * Releases: since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not settled), DeepStream 8.0.
 */
typedef struct NvBufSurfaceNvmmBuffer {
  /** Its NvBufSurface. */
  void *dataPtr;
  /** Its dmabuf file descriptor. */
  uint64_t bufferDesc;
  /** Reserved: zero. */
  uint8_t reserved[64];
} NvBufSurfaceNvmmBuffer;
#endif

/**
 * One buffer of a batch, the library's. Entry i of surfaceList: index with the size of the right
 * family (416 bytes in the extended one, before 384).
 *
 * Releases: all.
 */
typedef struct NvBufSurfaceParams {
  /** Width in pixels. */
  uint32_t width;
  /** Height in pixels. */
  uint32_t height;
  /** Bytes from a row to the next, of plane 0. */
  uint32_t pitch;
  /** Pixel format. It decides, whatever caps or other metadata say. */
  NvBufSurfaceColorFormat colorFormat;
  /** Pitch or block linear. */
  NvBufSurfaceLayout layout;
  /**
   * dmabuf file descriptor, of SURFACE_ARRAY and HANDLE only. It belongs to the surface: duplicate
   * it to keep it, never close it.
   */
  uint64_t bufferDesc;
  /** Bytes of the whole buffer. */
  uint32_t dataSize;
  /**
   * Address of the buffer, of every type but SURFACE_ARRAY and HANDLE. A device address for
   * CUDA_DEVICE. On R32 it may be the legacy nv_buffer of a SURFACE_ARRAY.
   */
  void *dataPtr;
  /** The planes. */
  NvBufSurfacePlaneParams planeParams;
  /** Where it is mapped. */
  NvBufSurfaceMappedAddr mappedAddr;
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
  /** More about it, the library's, or NULL. Releases: since R34.1, DeepStream 6.1. */
  NvBufSurfaceParamsEx *paramex;
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
  /** Its CUDA side, the library's, or NULL. Releases: since DeepStream 8.0, R39. */
  NvBufSurfaceCudaBuffer *cudaBuffer;
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1 && NVBUFSURFACE_ABI < NVBUFSURFACE_ABI_DS_8
  /** Reserved: zero. */
  void *_reserved[STRUCTURE_PADDING - 1];
#endif
#if NVBUFSURFACE_ABI < NVBUFSURFACE_ABI_R34_1 || NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
  /** Reserved: zero. */
  void *_reserved[STRUCTURE_PADDING];
#endif
} NvBufSurfaceParams;

/**
 * A surface: a batch of buffers of one size, format and memory type, made and freed by the library.
 * In the extended family 72 bytes, before 64.
 *
 * Releases: all.
 */
typedef struct NvBufSurface {
  /** CUDA device number. */
  uint32_t gpuId;
  /** Entries of surfaceList. */
  uint32_t batchSize;
  /**
   * Entries with a picture. 0 after creation; NVIDIA's elements set it, and NvBufSurfTransform
   * refuses 0.
   */
  uint32_t numFilled;
  /** All buffers in one block. CUDA memory types only. */
  bool isContiguous;
  /** Memory type. Never DEFAULT. */
  NvBufSurfaceMemType memType;
  /** batchSize entries, the library's. */
  NvBufSurfaceParams *surfaceList;
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_ISAAC_4
  /**
   * Made by NvBufSurfaceImport. Releases: since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not
   * settled), DeepStream 8.0.
   */
  bool isImportedBuf;
#endif
#if NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_ISAAC_4
  /** Reserved: zero. */
  void *_reserved[STRUCTURE_PADDING - 1];
#endif
#if NVBUFSURFACE_ABI < NVBUFSURFACE_ABI_ISAAC_4 || NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
  /** Reserved: zero. */
  void *_reserved[STRUCTURE_PADDING];
#endif
} NvBufSurface;

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R35_3
/**
 * One plane of a buffer that another process shall import.
 *
 * Releases: since R35.3.1, DeepStream 6.3.
 */
typedef struct NvBufSurfaceMapPlaneParams {
  /** Width in elements. */
  uint32_t width;
  /** Height in rows. */
  uint32_t height;
  /** Bytes from a row to the next. */
  uint32_t pitch;
  /** Bytes from the start of the buffer. */
  uint32_t offset;
  /** Bytes with padding. */
  uint32_t psize;
  /** Bytes to the second field. Interlaced only. */
  uint32_t secondfieldoffset;
  /** As in NvBufSurfacePlaneParamsEx. */
  uint32_t blockheightlog2;
  /** Private flags. */
  uint64_t flags;
  /** Reserved: zero. */
  uint8_t reserved[64];
} NvBufSurfaceMapPlaneParams;

/**
 * A buffer as another process imports it: sent as bytes, its fd beside it with SCM_RIGHTS. 504
 * bytes in the extended family, before 520: both processes need the same one.
 *
 * Releases: since R35.3.1, DeepStream 6.3.
 */
typedef struct NvBufSurfaceMapParams {
  /** Planes in use. */
  uint32_t num_planes;
  /** CUDA device number. */
  uint32_t gpuId;
  /** dmabuf file descriptor, a number of this process: the receiver puts its own in. */
  uint64_t fd;
  /** Bytes of the whole buffer. */
  uint32_t totalSize;
  /** Memory type. */
  NvBufSurfaceMemType memType;
  /** Pitch or block linear. */
  NvBufSurfaceLayout layout;
  /** Progressive or interlaced. */
  NvBufSurfaceDisplayScanFormat scanformat;
  /** Pixel format. */
  NvBufSurfaceColorFormat colorFormat;
  /** Chroma position. */
  NvBufSurfaceChromaSubsamplingParams chromaSubsampling;
  /** The planes, valid up to num_planes. */
  NvBufSurfaceMapPlaneParams planes[NVBUF_MAX_PLANES];
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_ISAAC_4
  /**
   * NvBufSurfaceExtendedMapParams of CUDA memory, or NULL. A pointer: it means nothing in another
   * process. Releases: since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not settled), DeepStream
   * 8.0.
   */
  void *extendedMapParams;
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
  /** Reserved: zero. */
  void *_reserved[STRUCTURE_PADDING];
#endif
#if NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_ISAAC_4
  /** Reserved: zero. */
  uint8_t reserved[56];
#endif
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R35_3 && NVBUFSURFACE_ABI < NVBUFSURFACE_ABI_ISAAC_4
  /** Reserved: zero. */
  uint8_t reserved[64];
#endif
} NvBufSurfaceMapParams;
#endif

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_ISAAC_4
/**
 * CUDA's handle of memory for another process, opaque.
 *
 * Releases: since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not settled), DeepStream 8.0.
 */
typedef struct NvBufSurfaceCudaIpcMemHandle_t {
  /** The handle. */
  char reserved[64];
} NvBufSurfaceCudaIpcMemHandle;

/**
 * What importing CUDA memory needs beside NvBufSurfaceMapParams.
 *
 * Releases: since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not settled), DeepStream 8.0.
 */
typedef struct NvBufSurfaceExtendedMapParams_t {
  /** The handle. */
  NvBufSurfaceCudaIpcMemHandle memHandle;
  /** Reserved: zero. */
  void *reserved[64];
} NvBufSurfaceExtendedMapParams;
#endif

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
/**
 * The machine.
 *
 * Releases: since DeepStream 8.0, R39.
 */
typedef struct NvBufSurfaceDeviceInfo {
  /** GPU driver. */
  NvBufSurfaceDriverType driverType;
  /** There is a VIC. */
  bool isVicPresent;
#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_9
  /** The GPU shares the memory of the CPU. Releases: since DeepStream 9.0, R39. */
  bool isIntegratedGpu;
  /** Reserved: zero. */
  bool reserved1;
  /** Reserved: zero. */
  bool reserved2;
  /** System on chip. Releases: since DeepStream 9.0, R39. */
  NvBufSurfacePlatformType platformType;
  /** Reserved: zero. */
  uint8_t reserved[60];
#endif
#if NVBUFSURFACE_ABI == NVBUFSURFACE_ABI_DS_8
  /** Reserved: zero. */
  uint8_t reserved[64];
#endif
} NvBufSurfaceDeviceInfo;
#endif

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_9
/**
 * What NvBufSurfaceSyncGpuL2CacheForDevice shall do.
 *
 * Releases: since DeepStream 9.0, R39.
 */
typedef struct NvBufSurfaceGPUL2SyncParams {
  /** The operation. */
  NvBufSurfaceGPUL2SyncCacheOps type;
  /** Reserved: zero. */
  void *reserved[STRUCTURE_PADDING];
} NvBufSurfaceGPUL2SyncParams;
#endif

/**
 * Allocates a batch and its descriptor. The caller owns the result and frees it with
 * NvBufSurfaceDestroy. numFilled is 0 afterwards.
 *
 * Memory types: all (see the enumerators for the platform). Returns 0 or -1.
 *
 * Releases: all.
 */
int NvBufSurfaceCreate(NvBufSurface **surf, uint32_t batchSize, NvBufSurfaceCreateParams *params);

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
/**
 * NvBufSurfaceCreate with more choices. Same ownership and result.
 *
 * Memory types: all.
 *
 * Releases: since R34.1, DeepStream 6.1.
 */
int NvBufSurfaceAllocate(NvBufSurface **surf, uint32_t batchSize,
                         NvBufSurfaceAllocateParams *paramsext);
#endif

/**
 * Frees a batch of NvBufSurfaceCreate, NvBufSurfaceAllocate or NvBufSurfaceImport with its buffers
 * and their file descriptors. Unmap everything first: CPU maps, EGLImages (and their CUDA
 * registrations), CUDA buffers.
 *
 * Memory types: all. Returns 0 or -1.
 *
 * Releases: all.
 */
int NvBufSurfaceDestroy(NvBufSurface *surf);

/**
 * Maps for the CPU and writes the addresses to mappedAddr.addr. Index and plane -1 mean all. Call
 * NvBufSurfaceSyncForCpu before reading.
 *
 * Memory types: SURFACE_ARRAY and HANDLE on Jetson, CUDA_UNIFIED on discrete GPUs. Returns 0 or -1.
 *
 * Releases: all.
 */
int NvBufSurfaceMap(NvBufSurface *surf, int index, int plane, NvBufSurfaceMemMapFlags type);

/**
 * Undoes NvBufSurfaceMap. Index and plane -1 mean all.
 *
 * Memory types: as NvBufSurfaceMap. Returns 0 or -1.
 *
 * Releases: all.
 */
int NvBufSurfaceUnMap(NvBufSurface *surf, int index, int plane);

/**
 * Makes what hardware wrote visible to the CPU: after NvBufSurfaceMap and before reading. Index and
 * plane -1 mean all; sync only planes that are mapped.
 *
 * Memory types: SURFACE_ARRAY, HANDLE. Returns 0 or -1.
 *
 * Releases: all.
 */
int NvBufSurfaceSyncForCpu(NvBufSurface *surf, int index, int plane);

/**
 * Makes what the CPU wrote visible to hardware: after writing and before anything else uses the
 * buffer. Index and plane -1 mean all; sync only planes that are mapped.
 *
 * Memory types: SURFACE_ARRAY, HANDLE. Returns 0 or -1.
 *
 * Releases: all.
 */
int NvBufSurfaceSyncForDevice(NvBufSurface *surf, int index, int plane);

/**
 * Copies pixels between surfaces of equal batch size, sides and format, across memory types. The
 * caller keeps both.
 *
 * Memory types: all. Returns 0 or -1.
 *
 * Releases: all.
 */
int NvBufSurfaceCopy(NvBufSurface *srcSurf, NvBufSurface *dstSurf);

/**
 * Fills planes with one byte. Index and plane -1 mean all.
 *
 * Memory types: not documented. Returns 0 or -1.
 *
 * Releases: all.
 */
int NvBufSurfaceMemSet(NvBufSurface *surf, int index, int plane, uint8_t value);

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R34_1
/**
 * Copies one plane of one buffer to memory of the caller. out_width and out_height are those of the
 * raw plane, aligned; how its rows lie is not documented. No -1 here.
 *
 * Memory types: not documented. Returns 0 or -1.
 *
 * Releases: since R34.1, DeepStream 6.1.
 */
int NvBufSurface2Raw(NvBufSurface *Surf, unsigned int index, unsigned int plane,
                     unsigned int out_width, unsigned int out_height, unsigned char *ptr);

/**
 * Copies memory of the caller to one plane of one buffer. in_width and in_height are those of the
 * raw plane, aligned; how its rows lie is not documented. No -1 here.
 *
 * Memory types: not documented. Returns 0 or -1.
 *
 * Releases: since R34.1, DeepStream 6.1.
 */
int Raw2NvBufSurface(unsigned char *ptr, unsigned int index, unsigned int plane,
                     unsigned int in_width, unsigned int in_height, NvBufSurface *Surf);
#endif

/**
 * The surface that this process knows under a dmabuf file descriptor, written as NvBufSurface *. It
 * stays the library's: nothing says that a reference is taken.
 *
 * Memory types: SURFACE_ARRAY, HANDLE. Returns 0 or -1.
 *
 * Releases: all.
 */
int NvBufSurfaceFromFd(int dmabuf_fd, void **buffer);

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_R35_3
/**
 * Describes one buffer for another process. No -1 here.
 *
 * Memory types: as NvBufSurfaceImport. Returns 0 or -1.
 *
 * Releases: since R35.3.1, DeepStream 6.3.
 */
int NvBufSurfaceGetMapParams(const NvBufSurface *surf, int index, NvBufSurfaceMapParams *params);

/**
 * Makes a surface of another process's description, whose fd the caller has replaced by its own.
 * The caller frees the result with NvBufSurfaceDestroy. Set numFilled before transforming.
 *
 * Memory types: SURFACE_ARRAY, HANDLE; CUDA_DEVICE with extendedMapParams where the release has
 * them. Returns 0 or -1.
 *
 * Releases: since R35.3.1, DeepStream 6.3.
 */
int NvBufSurfaceImport(NvBufSurface **out_nvbuf_surf, const NvBufSurfaceMapParams *in_params);
#endif

/**
 * Makes an EGLImage of each buffer named (index -1: all) and writes it to mappedAddr.eglImage. The
 * display is the library's own.
 *
 * Memory types: SURFACE_ARRAY only. Returns 0 or -1.
 *
 * Releases: all.
 */
int NvBufSurfaceMapEglImage(NvBufSurface *surf, int index);

/**
 * Destroys the EGLImage in mappedAddr.eglImage. Unregister it from CUDA first. Index -1 means all.
 *
 * Memory types: SURFACE_ARRAY only. Returns 0 or -1.
 *
 * Releases: all.
 */
int NvBufSurfaceUnMapEglImage(NvBufSurface *surf, int index);

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_ISAAC_4
/**
 * Gives CUDA access and writes mappedAddr.cudaPtr. Index -1 means all. Refused on some platforms
 * that have the function (Orin Nano, JetPack 7): keep the EGLImage as the other way.
 *
 * Memory types: SURFACE_ARRAY. Returns 0 or -1.
 *
 * Releases: since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not settled), DeepStream 8.0.
 */
int NvBufSurfaceMapCudaBuffer(NvBufSurface *surf, int index);

/**
 * Undoes NvBufSurfaceMapCudaBuffer.
 *
 * Memory types: SURFACE_ARRAY. Returns 0 or -1.
 *
 * Releases: since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not settled), DeepStream 8.0.
 */
int NvBufSurfaceUnMapCudaBuffer(NvBufSurface *surf, int index);

/**
 * Makes a SURFACE_ARRAY of CUDA memory and writes mappedAddr.nvmmPtr. Index -1 means all.
 *
 * Memory types: CUDA_DEVICE, CUDA_PINNED, CUDA_ARRAY. Returns 0 or -1.
 *
 * Releases: since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not settled), DeepStream 8.0.
 */
int NvBufSurfaceMapNvmmBuffer(NvBufSurface *surf, int index);

/**
 * Undoes NvBufSurfaceMapNvmmBuffer.
 *
 * Memory types: CUDA_DEVICE, CUDA_PINNED, CUDA_ARRAY. Returns 0 or -1.
 *
 * Releases: since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not settled), DeepStream 8.0.
 */
int NvBufSurfaceUnMapNvmmBuffer(NvBufSurface *surf, int index);
#endif

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_8
/**
 * Describes the machine. Only libraries of the extended family have it.
 *
 * Memory types: none. Returns 0 or -1.
 *
 * Releases: since DeepStream 8.0, R39.
 */
int NvBufSurfaceGetDeviceInfo(NvBufSurfaceDeviceInfo *info);
#endif

#if NVBUFSURFACE_ABI >= NVBUFSURFACE_ABI_DS_9
/**
 * Flushes or invalidates the GPU's L2 cache for buffers shared with other devices. Index -1 means
 * all.
 *
 * Memory types: CUDA_DEVICE, CUDA_ARRAY, SURFACE_ARRAY. Returns 0 or -1.
 *
 * Releases: since DeepStream 9.0, R39.
 */
int NvBufSurfaceSyncGpuL2CacheForDevice(NvBufSurface *surf, int index,
                                        NvBufSurfaceGPUL2SyncParams *params);
#endif

#ifdef __cplusplus
}
#endif

#endif /* NVBUFSURFACE_H_ */
