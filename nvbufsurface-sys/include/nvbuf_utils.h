/*
 * The C interface of libnvbuf_utils, L4T R27.1 to R35.2.
 *
 * Written from published interface facts: names, values, types and order. No text of NVIDIA's is
 * used here. nvbuf_release.h says how to choose the release. All sizes are in bytes.
 * Formats and structs changed with nearly every release: nothing of one fits another.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef NVBUF_UTILS_H_
#define NVBUF_UTILS_H_

#include <stdbool.h>
#include <stdint.h>

#include "nvbuf_release.h"

#if NVBUF_UTILS_ABI == 0
#error "This release has no libnvbuf_utils, or its interface is not known: see nvbuf_release.h."
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** An EGL display, as the EGL headers have it. Releases: all. */
typedef void *EGLDisplay;
/** An EGL image, as the EGL headers have it. Releases: all. */
typedef void *EGLImageKHR;

/**
 * Colour planes of one buffer at most.
 *
 * Releases: all, R27.1 to R35.
 */
#if NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R32_2
#define MAX_NUM_PLANES 3
#else
#define MAX_NUM_PLANES 4
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
/**
 * Inputs of a composition at most.
 *
 * Releases: R28.2 to R35.
 */
#define MAX_COMPOSITE_FRAME 16
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
/**
 * Sync points to wait for at most.
 *
 * Releases: R32.4 to R35.
 */
#define NVBUF_MAX_SYNCOBJ_PARAMS 5

/**
 * Timeout of NvBufferSyncObjWait: wait without end.
 *
 * Releases: R32.4 to R35.
 */
#define NVBUFFER_SYNCPOINT_WAIT_INFINITE 0xFFFFFFFF
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
/**
 * Chroma samples lie on the left luma samples.
 *
 * Releases: R32.3 to R35.
 */
#define NVBUF_CHROMA_SUBSAMPLING_HORIZ_DEFAULT 0

/**
 * Chroma samples lie between two luma rows.
 *
 * Releases: R32.3 to R35.
 */
#define NVBUF_CHROMA_SUBSAMPLING_VERT_DEFAULT 1

/**
 * Initializer of NvBufferChromaSubsamplingParams.
 *
 * Releases: R32.3 to R35.
 */
#define NVBUF_CHROMA_SUBSAMPLING_PARAMS_DEFAULT \
  { NVBUF_CHROMA_SUBSAMPLING_HORIZ_DEFAULT, NVBUF_CHROMA_SUBSAMPLING_VERT_DEFAULT }
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
/**
 * What a buffer is.
 *
 * Releases: R32.1 to R35.
 */
typedef enum {
  /** A picture: a hardware surface array. */
  NvBufferPayload_SurfArray = 0,
  /** Raw memory of memsize bytes. */
  NvBufferPayload_MemHandle = 1,
} NvBufferPayloadType;
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
/**
 * How the rows of a frame were scanned.
 *
 * Releases: R32.3 to R35.
 */
typedef enum {
  /** All rows at one time. */
  NvBufferDisplayScanFormat_Progressive = 0,
  /** Two fields, one after the other. */
  NvBufferDisplayScanFormat_Interlaced = 1,
} NvBufferDisplayScanFormat;
#endif

/**
 * How the rows of a plane lie in memory.
 *
 * Releases: all, R27.1 to R35.
 */
typedef enum {
  /** Row after row, pitch bytes apart. */
  NvBufferLayout_Pitch = 0,
  /** Tiles of the hardware. */
  NvBufferLayout_BlockLinear = 1,
} NvBufferLayout;

/**
 * What the CPU may do with a mapped plane.
 *
 * Releases: all, R27.1 to R35.
 */
typedef enum {
  /** Only read. */
  NvBufferMem_Read = 0,
  /** Only write. */
  NvBufferMem_Write = 1,
  /** Read and write. */
  NvBufferMem_Read_Write = 2,
} NvBufferMemFlags;

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
/**
 * Who uses a buffer, for the statistics of the memory manager.
 *
 * Releases: R32.1 to R35.
 */
typedef enum {
  /** Nobody in particular. */
  NvBufferTag_NONE = 0,
  /** Camera capture. */
  NvBufferTag_CAMERA = 0x0200,
  /** JPEG encoder or decoder. */
  NvBufferTag_JPEG = 0x1500,
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
  /** Protected content. Releases: R32.4 to R35. */
  NvBufferTag_PROTECTED = 0x1504,
#endif
  /** Video encoder. */
  NvBufferTag_VIDEO_ENC = 0x1200,
  /** Video decoder. */
  NvBufferTag_VIDEO_DEC = 0x1400,
  /** Video converter. */
  NvBufferTag_VIDEO_CONVERT = 0x0f01,
} NvBufferTag;
#endif

#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_7
/**
 * Lossless compression of a buffer in memory.
 *
 * Releases: R32.7.4 and later of R32.
 */
typedef enum {
  /** None. */
  NvBufferCompression_Disabled = 0,
  /** Compressed. */
  NvBufferCompression_Enabled = 1,
} NvBufferCompression;
#endif

/**
 * Pixel formats, with other numbers in nearly every release: each format lists its own. 32-bit
 * formats name the word from its high byte, so ABGR32 is R, G, B, A in memory.
 *
 * Releases: all, R27.1 to R35.
 */
typedef enum {
  /** Planar Y, U, V, 3 planes, 4:2:0, 8 bits, BT.601. Number: 0 (R27.1 to R35). */
  NvBufferColorFormat_YUV420,
  /** Planar Y, V, U, 3 planes, 4:2:0, 8 bits, BT.601. Number: 1 (R27.1 to R35). */
  NvBufferColorFormat_YVU420,
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_5
  /** Planar Y, U, V, 3 planes, 4:2:2, 8 bits, BT.601. Number: 2 (R32.5 to R35). */
  NvBufferColorFormat_YUV422,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /**
   * Planar Y, U, V, 3 planes, 4:2:0, 8 bits, BT.601 full range. Number: 2 (R32.1 to R32.4), 3
   * (R32.5 to R35).
   */
  NvBufferColorFormat_YUV420_ER,
  /**
   * Planar Y, V, U, 3 planes, 4:2:0, 8 bits, BT.601 full range. Number: 3 (R32.1 to R32.4), 4
   * (R32.5 to R35).
   */
  NvBufferColorFormat_YVU420_ER,
#endif
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 8 bits, BT.601. Number: 2 (R27.1 to R28.2), 4 (R32.1
   * to R32.4), 5 (R32.5 to R35).
   */
  NvBufferColorFormat_NV12,
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 8 bits, BT.601 full range. Number: 5 (R32.1 to R32.4),
   * 6 (R32.5 to R35).
   */
  NvBufferColorFormat_NV12_ER,
#endif
  /**
   * Y and interleaved V U, 2 planes, 4:2:0, 8 bits, BT.601. Number: 3 (R27.1 to R28.2), 6 (R32.1
   * to R32.4), 7 (R32.5 to R35).
   */
  NvBufferColorFormat_NV21,
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /**
   * Y and interleaved V U, 2 planes, 4:2:0, 8 bits, BT.601 full range. Number: 7 (R32.1 to R32.4),
   * 8 (R32.5 to R35).
   */
  NvBufferColorFormat_NV21_ER,
#endif
  /**
   * Packed U Y V Y, 1 plane, 4:2:2, 8 bits, BT.601. Number: 4 (R27.1 to R28.2), 8 (R32.1 to
   * R32.4), 9 (R32.5 to R35).
   */
  NvBufferColorFormat_UYVY,
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /**
   * Packed U Y V Y, 1 plane, 4:2:2, 8 bits, BT.601 full range. Number: 9 (R32.1 to R32.4), 10
   * (R32.5 to R35).
   */
  NvBufferColorFormat_UYVY_ER,
#endif
  /**
   * Packed V Y U Y, 1 plane, 4:2:2, 8 bits, BT.601. Number: 5 (R27.1 to R28.2), 10 (R32.1 to
   * R32.4), 11 (R32.5 to R35).
   */
  NvBufferColorFormat_VYUY,
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /**
   * Packed V Y U Y, 1 plane, 4:2:2, 8 bits, BT.601 full range. Number: 11 (R32.1 to R32.4), 12
   * (R32.5 to R35).
   */
  NvBufferColorFormat_VYUY_ER,
#endif
  /**
   * Packed Y U Y V, 1 plane, 4:2:2, 8 bits, BT.601. Number: 6 (R27.1 to R28.2), 12 (R32.1 to
   * R32.4), 13 (R32.5 to R35).
   */
  NvBufferColorFormat_YUYV,
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /**
   * Packed Y U Y V, 1 plane, 4:2:2, 8 bits, BT.601 full range. Number: 13 (R32.1 to R32.4), 14
   * (R32.5 to R35).
   */
  NvBufferColorFormat_YUYV_ER,
#endif
  /**
   * Packed Y V Y U, 1 plane, 4:2:2, 8 bits, BT.601. Number: 7 (R27.1 to R28.2), 14 (R32.1 to
   * R32.4), 15 (R32.5 to R35).
   */
  NvBufferColorFormat_YVYU,
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /**
   * Packed Y V Y U, 1 plane, 4:2:2, 8 bits, BT.601 full range. Number: 15 (R32.1 to R32.4), 16
   * (R32.5 to R35).
   */
  NvBufferColorFormat_YVYU_ER,
#endif
  /**
   * Bytes R, G, B, A, 1 plane, 8 bits. Number: 8 (R27.1 to R28.2), 16 (R32.1 to R32.4), 17 (R32.5
   * to R35).
   */
  NvBufferColorFormat_ABGR32,
  /**
   * Bytes B, G, R, unused, 1 plane, 8 bits. Number: 9 (R27.1 to R28.2), 17 (R32.1 to R32.4), 18
   * (R32.5 to R35).
   */
  NvBufferColorFormat_XRGB32,
  /**
   * Bytes B, G, R, A, 1 plane, 8 bits. Number: 10 (R27.1 to R28.2), 18 (R32.1 to R32.4), 19 (R32.5
   * to R35).
   */
  NvBufferColorFormat_ARGB32,
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 10 bits in 16, BT.601. Number: 19 (R32.1 to R32.4), 20
   * (R32.5 to R35).
   */
  NvBufferColorFormat_NV12_10LE,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 10 bits in 16, BT.709. Number: 20 (R32.3 to R32.4), 21
   * (R32.5 to R35).
   */
  NvBufferColorFormat_NV12_10LE_709,
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 10 bits in 16, BT.709 full range. Number: 21 (R32.3 to
   * R32.4), 22 (R32.5 to R35).
   */
  NvBufferColorFormat_NV12_10LE_709_ER,
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 10 bits in 16, BT.2020. Number: 22 (R32.3 to R32.4),
   * 23 (R32.5 to R35).
   */
  NvBufferColorFormat_NV12_10LE_2020,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /**
   * Y and interleaved V U, 2 planes, 4:2:0, 10 bits in 16, BT.601. Number: 20 (R32.1 to R32.2), 23
   * (R32.3 to R32.4), 24 (R32.5 to R35).
   */
  NvBufferColorFormat_NV21_10LE,
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 12 bits in 16, BT.601. Number: 21 (R32.1 to R32.2), 24
   * (R32.3 to R32.4), 25 (R32.5 to R35).
   */
  NvBufferColorFormat_NV12_12LE,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 12 bits in 16, BT.2020. Number: 25 (R32.3 to R32.4),
   * 26 (R32.5 to R35).
   */
  NvBufferColorFormat_NV12_12LE_2020,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /**
   * Y and interleaved V U, 2 planes, 4:2:0, 12 bits in 16, BT.601. Number: 22 (R32.1 to R32.2), 26
   * (R32.3 to R32.4), 27 (R32.5 to R35).
   */
  NvBufferColorFormat_NV21_12LE,
  /**
   * Planar Y, U, V, 3 planes, 4:2:0, 8 bits, BT.709. Number: 23 (R32.1 to R32.2), 27 (R32.3 to
   * R32.4), 28 (R32.5 to R35).
   */
  NvBufferColorFormat_YUV420_709,
  /**
   * Planar Y, U, V, 3 planes, 4:2:0, 8 bits, BT.709 full range. Number: 24 (R32.1 to R32.2), 28
   * (R32.3 to R32.4), 29 (R32.5 to R35).
   */
  NvBufferColorFormat_YUV420_709_ER,
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 8 bits, BT.709. Number: 25 (R32.1 to R32.2), 29 (R32.3
   * to R32.4), 30 (R32.5 to R35).
   */
  NvBufferColorFormat_NV12_709,
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 8 bits, BT.709 full range. Number: 26 (R32.1 to
   * R32.2), 30 (R32.3 to R32.4), 31 (R32.5 to R35).
   */
  NvBufferColorFormat_NV12_709_ER,
  /**
   * Planar Y, U, V, 3 planes, 4:2:0, 8 bits, BT.2020. Number: 27 (R32.1 to R32.2), 31 (R32.3 to
   * R32.4), 32 (R32.5 to R35).
   */
  NvBufferColorFormat_YUV420_2020,
  /**
   * Y and interleaved U V, 2 planes, 4:2:0, 8 bits, BT.2020. Number: 28 (R32.1 to R32.2), 32
   * (R32.3 to R32.4), 33 (R32.5 to R35).
   */
  NvBufferColorFormat_NV12_2020,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R34_1
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 8 bits, BT.601. Number: 30 (R32.1), 31 (R32.2), 35 (R32.3 to
   * R32.4), 36 (R32.5 to R32.7), 34 (R34 and R35).
   */
  NvBufferColorFormat_YUV444,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /**
   * Signed R, G, 1 plane, 16 bits. Number: 29 (R32.1 to R32.2), 33 (R32.3 to R32.4), 34 (R32.5 to
   * R32.7), 35 (R34 and R35).
   */
  NvBufferColorFormat_SignedR16G16,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_2
  /**
   * Alpha alone, 1 plane, 32 bits. Number: 30 (R32.2), 34 (R32.3 to R32.4), 35 (R32.5 to R32.7),
   * 36 (R34 and R35).
   */
  NvBufferColorFormat_A32,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1 && NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R34_1
  /**
   * Planar Y, U, V, 3 planes, 4:4:4, 8 bits, BT.601. Number: 30 (R32.1), 31 (R32.2), 35 (R32.3 to
   * R32.4), 36 (R32.5 to R32.7), 34 (R34 and R35).
   */
  NvBufferColorFormat_YUV444,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_2
  /** Gray, 1 plane, 8 bits. Number: 32 (R32.2), 36 (R32.3 to R32.4), 37 (R32.5 to R35). */
  NvBufferColorFormat_GRAY8,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 8 bits, BT.601. Number: 37 (R32.3 to R32.4), 38 (R32.5
   * to R35).
   */
  NvBufferColorFormat_NV16,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 10 bits in 16, BT.601. Number: 38 (R32.3 to R32.4), 39
   * (R32.5 to R35).
   */
  NvBufferColorFormat_NV16_10LE,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 8 bits, BT.601. Number: 39 (R32.3 to R32.4), 40 (R32.5
   * to R35).
   */
  NvBufferColorFormat_NV24,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_6
  /** Y and interleaved U V, 2 planes, 4:4:4, 10 bits in 16, BT.601. Number: 41 (R32.6 to R35). */
  NvBufferColorFormat_NV24_10LE,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 8 bits, BT.601 full range. Number: 40 (R32.3 to
   * R32.4), 41 (R32.5), 42 (R32.6 to R35).
   */
  NvBufferColorFormat_NV16_ER,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 8 bits, BT.601 full range. Number: 41 (R32.3 to
   * R32.4), 42 (R32.5), 43 (R32.6 to R35).
   */
  NvBufferColorFormat_NV24_ER,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 8 bits, BT.709. Number: 42 (R32.3 to R32.4), 43
   * (R32.5), 44 (R32.6 to R35).
   */
  NvBufferColorFormat_NV16_709,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 8 bits, BT.709. Number: 43 (R32.3 to R32.4), 44
   * (R32.5), 45 (R32.6 to R35).
   */
  NvBufferColorFormat_NV24_709,
  /**
   * Y and interleaved U V, 2 planes, 4:2:2, 8 bits, BT.709 full range. Number: 44 (R32.3 to
   * R32.4), 45 (R32.5), 46 (R32.6 to R35).
   */
  NvBufferColorFormat_NV16_709_ER,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 8 bits, BT.709 full range. Number: 45 (R32.3 to
   * R32.4), 46 (R32.5), 47 (R32.6 to R35).
   */
  NvBufferColorFormat_NV24_709_ER,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 10 bits in 16, BT.709. Number: 46 (R32.3 to R32.4), 47
   * (R32.5), 48 (R32.6 to R35).
   */
  NvBufferColorFormat_NV24_10LE_709,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 10 bits in 16, BT.709 full range. Number: 47 (R32.3 to
   * R32.4), 48 (R32.5), 49 (R32.6 to R35).
   */
  NvBufferColorFormat_NV24_10LE_709_ER,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 10 bits in 16, BT.2020. Number: 48 (R32.3 to R32.4),
   * 49 (R32.5), 50 (R32.6 to R35).
   */
  NvBufferColorFormat_NV24_10LE_2020,
  /**
   * Y and interleaved U V, 2 planes, 4:4:4, 12 bits in 16, BT.2020. Number: 49 (R32.3 to R32.4),
   * 50 (R32.5), 51 (R32.6 to R35).
   */
  NvBufferColorFormat_NV24_12LE_2020,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
  /**
   * Packed R, G, B with 10 bits and A with 2, 1 plane, 10 bits, BT.709. Number: 50 (R32.4), 51
   * (R32.5), 52 (R32.6 to R35).
   */
  NvBufferColorFormat_RGBA_10_10_10_2_709,
  /**
   * Packed R, G, B with 10 bits and A with 2, 1 plane, 10 bits, BT.2020. Number: 51 (R32.4), 52
   * (R32.5), 53 (R32.6 to R35).
   */
  NvBufferColorFormat_RGBA_10_10_10_2_2020,
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_5
  /**
   * Packed B, G, R with 10 bits and A with 2, 1 plane, 10 bits, BT.709. Number: 53 (R32.5), 54
   * (R32.6 to R35).
   */
  NvBufferColorFormat_BGRA_10_10_10_2_709,
  /**
   * Packed B, G, R with 10 bits and A with 2, 1 plane, 10 bits, BT.2020. Number: 54 (R32.5), 55
   * (R32.6 to R35).
   */
  NvBufferColorFormat_BGRA_10_10_10_2_2020,
#endif
  /** One more than the last format of the release: no format. */
  NvBufferColorFormat_Invalid,
} NvBufferColorFormat;

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
/**
 * Rotation or reflection.
 *
 * Releases: R28.2 to R35.
 */
typedef enum {
  /** As it is. */
  NvBufferTransform_None = 0,
  /** 90 degrees. */
  NvBufferTransform_Rotate90 = 1,
  /** 180 degrees. */
  NvBufferTransform_Rotate180 = 2,
  /** 270 degrees. */
  NvBufferTransform_Rotate270 = 3,
  /** Left and right changed. */
  NvBufferTransform_FlipX = 4,
  /** Top and bottom changed. */
  NvBufferTransform_FlipY = 5,
  /** Rows and columns changed. */
  NvBufferTransform_Transpose = 6,
  /** Rows and columns changed along the other diagonal. */
  NvBufferTransform_InvTranspose = 7,
} NvBufferTransform_Flip;

/**
 * Interpolation when scaling, by the VIC.
 *
 * Releases: R28.2 to R35.
 */
typedef enum {
  /** The nearest pixel. */
  NvBufferTransform_Filter_Nearest = 0,
  /** Bilinear. */
  NvBufferTransform_Filter_Bilinear = 1,
  /** 5 taps. */
  NvBufferTransform_Filter_5_Tap = 2,
  /** 10 taps. */
  NvBufferTransform_Filter_10_Tap = 3,
  /** Smart. */
  NvBufferTransform_Filter_Smart = 4,
  /** Nicest. */
  NvBufferTransform_Filter_Nicest = 5,
} NvBufferTransform_Filter;

/**
 * Which members of NvBufferTransformParams count; or-ed.
 *
 * Releases: R28.2 to R35.
 */
typedef enum {
  /** src_rect. */
  NVBUFFER_TRANSFORM_CROP_SRC = 1,
  /** dst_rect. */
  NVBUFFER_TRANSFORM_CROP_DST = 2,
  /** transform_filter. */
  NVBUFFER_TRANSFORM_FILTER = 4,
  /** transform_flip. */
  NVBUFFER_TRANSFORM_FLIP = 8,
} NvBufferTransform_Flag;

/**
 * Which members of NvBufferCompositeParams count; or-ed.
 *
 * Releases: R28.2 to R35.
 */
typedef enum {
  /** Compose. */
  NVBUFFER_COMPOSITE = 1,
  /** Blend with dst_comp_rect_alpha. */
  NVBUFFER_BLEND = 2,
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_6
  /** composite_filter. Releases: R32.6 to R35. */
  NVBUFFER_COMPOSITE_FILTER = 4,
#endif
} NvBufferComposite_Flag;
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
/** A queue for transforms, opaque. Releases: R32.1 to R35. */
struct _NvBufferSession;
/** Handle of a queue for transforms, the caller's to destroy. Releases: R32.1 to R35. */
typedef struct _NvBufferSession *NvBufferSession;
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
/**
 * A rectangle.
 *
 * Releases: R28.2 to R35.
 */
typedef struct {
  /** First row. */
  uint32_t top;
  /** First column. */
  uint32_t left;
  /** Width in pixels. */
  uint32_t width;
  /** Height in pixels. */
  uint32_t height;
} NvBufferRect;

/**
 * Background colour.
 *
 * Releases: R28.2 to R35.
 */
typedef struct {
  /** Red, 0 to 1. */
  float r;
  /** Green, 0 to 1. */
  float g;
  /** Blue, 0 to 1. */
  float b;
} NvBufferCompositeBackground;
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
/**
 * What NvBufferCreateEx shall allocate.
 *
 * Releases: R32.1 to R35.
 */
typedef struct _NvBufferCreateParams {
  /** Width in pixels. */
  int32_t width;
  /** Height in pixels. */
  int32_t height;
  /** Picture or raw memory. */
  NvBufferPayloadType payloadType;
  /** Bytes, of raw memory only. */
  int32_t memsize;
  /** Pitch or block linear. */
  NvBufferLayout layout;
  /** Pixel format, in the numbers of the release. */
  NvBufferColorFormat colorFormat;
  /** Who uses it. */
  NvBufferTag nvbuf_tag;
} NvBufferCreateParams;
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
/**
 * Where chroma samples lie against luma.
 *
 * Releases: R32.3 to R35.
 */
typedef struct _NvBufferChromaSubSamplingParams {
  /** 0 left, 1 centre, 2 right. */
  uint8_t chromaLocHoriz;
  /** 0 top, 1 centre, 2 bottom. */
  uint8_t chromaLocVert;
} NvBufferChromaSubsamplingParams;
#endif

/**
 * A buffer as NvBufferGetParams describes it: 88 bytes in R27.1, 104 in R28, 112 in R32.1, then
 * 136.
 *
 * Releases: all, R27.1 to R35.
 */
typedef struct _NvBufferParams {
  /** Its dmabuf file descriptor. */
  uint32_t dmabuf_fd;
  /** The opaque struct that NVMM memory carries on R28 and R32, the library's. */
  void *nv_buffer;
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /** Picture or raw memory. Releases: R32.1 to R35. */
  NvBufferPayloadType payloadType;
  /** Bytes, of raw memory only. Releases: R32.1 to R35. */
  int32_t memsize;
#endif
  /** Bytes of the opaque struct. */
  uint32_t nv_buffer_size;
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /** Pixel format, in the numbers of the release. */
  NvBufferColorFormat pixel_format;
#else
  /** Pixel format, in the numbers of the release. */
  uint32_t pixel_format;
#endif
  /** Planes in use. */
  uint32_t num_planes;
  /** Width of each plane in elements. */
  uint32_t width[MAX_NUM_PLANES];
  /** Height of each plane in rows. */
  uint32_t height[MAX_NUM_PLANES];
  /** Bytes from a row to the next. */
  uint32_t pitch[MAX_NUM_PLANES];
  /** Bytes from the start of the buffer. */
  uint32_t offset[MAX_NUM_PLANES];
  /** Bytes of each plane with padding. */
  uint32_t psize[MAX_NUM_PLANES];
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_1
  /** Layout of each plane. Releases: R28.1 to R35. */
  uint32_t layout[MAX_NUM_PLANES];
#endif
} NvBufferParams;

#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_7
/**
 * Where the compression data of each plane lies.
 *
 * Releases: R32.7.4 and later of R32.
 */
typedef struct _NvBufferCDEParams {
  /** Bytes. */
  uint32_t CdeHorizontalCompbitsOffset[MAX_NUM_PLANES];
  /** Bytes. */
  uint32_t CdeVerticalCompbitsOffset[MAX_NUM_PLANES];
  /** Bytes. */
  uint32_t CdeScatterBufferOffset[MAX_NUM_PLANES];
  /** Bytes. */
  uint32_t CdeCompbitsSize[MAX_NUM_PLANES];
} NvBufferCDEParams;
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
/**
 * A sync point of the hardware and the value to wait for.
 *
 * Releases: R32.4 to R35.
 */
typedef struct _NvBufferSyncObjParams {
  /** Number of the sync point. */
  uint32_t syncpointID;
  /** Value. */
  uint32_t value;
} NvBufferSyncObjParams;

/**
 * What a transform waits for and what it signals.
 *
 * Releases: R32.4 to R35.
 */
typedef struct _NvBufferSyncObjRec {
  /** Sync points to wait for. */
  NvBufferSyncObjParams insyncobj[NVBUF_MAX_SYNCOBJ_PARAMS];
  /** How many. */
  uint32_t num_insyncobj;
  /** Sync point that is signalled. */
  NvBufferSyncObjParams outsyncobj;
  /** Other than 0: outsyncobj is wanted. */
  uint32_t use_outsyncobj;
} NvBufferSyncObj;
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
/**
 * A buffer as NvBufferGetParamsEx describes it: 264 bytes in R32.3, then 320.
 *
 * Releases: R32.3 to R35.
 */
typedef struct _NvBufferParamsEx {
  /** The shorter description. */
  NvBufferParams params;
  /** Bytes to the first valid byte. Raw memory. */
  int32_t startofvaliddata;
  /** Valid bytes. Raw memory. */
  int32_t sizeofvaliddatainbytes;
  /** Scan of each plane. */
  NvBufferDisplayScanFormat scanformat[MAX_NUM_PLANES];
  /** Bytes to the second field of each plane. */
  uint32_t secondfieldoffset[MAX_NUM_PLANES];
  /** Height of a block in rows of eight, as a power of two. */
  uint32_t blockheightlog2[MAX_NUM_PLANES];
  /** Physical address of each plane. Nothing may be built on it. */
  uint32_t physicaladdress[MAX_NUM_PLANES];
  /** Private flags of each plane. */
  uint64_t flags[MAX_NUM_PLANES];
  /** Private. */
  void *payloadmetaInfo;
  /** Chroma position. */
  NvBufferChromaSubsamplingParams chromaSubsampling;
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
  /** Protected content: the CPU cannot map it. Releases: R32.4 to R35. */
  bool is_protected;
  /** Sync points of the buffer. Releases: R32.4 to R35. */
  NvBufferSyncObj syncobj;
#endif
#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_7
  /** Compression, the library's, or NULL. Releases: R32.7.4 and later of R32. */
  NvBufferCDEParams *cde_params;
#endif
#if (NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3 && NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R32_7) || \
    NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R34_1
  /** Reserved: zero. */
  void *reserved;
#endif
} NvBufferParamsEx;
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
/**
 * One transform. 44 bytes without session (R28.2), then 56.
 *
 * Releases: R28.2 to R35.
 */
typedef struct _NvBufferTransformParams {
  /** NvBufferTransform_Flag, or-ed. */
  uint32_t transform_flag;
  /** Rotation or reflection. */
  NvBufferTransform_Flip transform_flip;
  /** Interpolation. */
  NvBufferTransform_Filter transform_filter;
  /** Part of the source. */
  NvBufferRect src_rect;
  /** Part of the destination. */
  NvBufferRect dst_rect;
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /** Session, the caller's; NULL is the default one. Releases: R32.1 to R35. */
  NvBufferSession session;
#endif
} NvBufferTransformParams;
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
/**
 * One composition. 596 bytes without session (R28.2), 608 with it, 672 with the filters.
 *
 * Releases: R28.2 to R35.
 */
typedef struct _NvBufferCompositeParams {
  /** NvBufferComposite_Flag, or-ed. */
  uint32_t composite_flag;
  /** Inputs. */
  uint32_t input_buf_count;
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_6
  /** Interpolation of each input. Releases: R32.6 to R35. */
  NvBufferTransform_Filter composite_filter[MAX_COMPOSITE_FRAME];
#endif
  /** Alpha of each input, 0 to 1. */
  float dst_comp_rect_alpha[MAX_COMPOSITE_FRAME];
  /** Part of each input. */
  NvBufferRect src_comp_rect[MAX_COMPOSITE_FRAME];
  /** Where each input goes. */
  NvBufferRect dst_comp_rect[MAX_COMPOSITE_FRAME];
  /** Background. */
  NvBufferCompositeBackground composite_bgcolor;
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
  /** Session, the caller's; NULL is the default one. Releases: R32.1 to R35. */
  NvBufferSession session;
#endif
} NvBufferCompositeParams;
#endif

/**
 * Allocates a picture and gives its dmabuf file descriptor, which the caller ends with
 * NvBufferDestroy. Sides in pixels; the format in the numbers of the release. Returns 0 or -1.
 *
 * Releases: all, R27.1 to R35.
 */
int NvBufferCreate(int *dmabuf_fd, int width, int height, NvBufferLayout layout,
                   NvBufferColorFormat colorFormat);

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
/**
 * Allocates a picture or raw memory and gives its dmabuf file descriptor, which the caller ends
 * with NvBufferDestroy. Returns 0 or -1.
 *
 * Releases: R32.1 to R35.
 */
int NvBufferCreateEx(int *dmabuf_fd, NvBufferCreateParams *input_params);
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
/**
 * NvBufferCreateEx for two fields. Returns 0 or -1.
 *
 * Releases: R32.3 to R35.
 */
int NvBufferCreateInterlace(int *dmabuf_fd, NvBufferCreateParams *input_params);

/**
 * NvBufferCreateEx with a chroma position. Returns 0 or -1.
 *
 * Releases: R32.3 to R35.
 */
int NvBufferCreateWithChromaLoc(int *dmabuf_fd, NvBufferCreateParams *input_params,
                                NvBufferChromaSubsamplingParams *chromaSubsampling);
#endif

#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_7
/**
 * NvBufferCreateEx with lossless compression. Returns 0 or -1.
 *
 * Releases: R32.7.4 and later of R32.
 */
int NvBufferCreateCompressed(int *dmabuf_fd, NvBufferCreateParams *input_params);

/**
 * Makes a buffer of another process's file descriptor and description. The caller destroys the new
 * one and closes the one that came in. Returns 0 or -1.
 *
 * Releases: R32.7.4 and later of R32.
 */
int NvBufferImportFd(int in_dmabuf_fd, int *out_dmabuf_fd, NvBufferParamsEx *in_params);
#endif

/**
 * Frees a buffer and closes its file descriptor. Returns 0 or -1.
 *
 * Releases: all, R27.1 to R35.
 */
int NvBufferDestroy(int dmabuf_fd);

/**
 * Describes a buffer: writes sizeof(NvBufferParams) of the release to the caller's struct. Returns
 * 0 or -1.
 *
 * Releases: all, R27.1 to R35.
 */
int NvBufferGetParams(int dmabuf_fd, NvBufferParams *params);

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
/**
 * Describes a buffer at length: writes sizeof(NvBufferParamsEx) of the release to the caller's
 * struct. Returns 0 or -1.
 *
 * Releases: R32.3 to R35.
 */
int NvBufferGetParamsEx(int dmabuf_fd, NvBufferParamsEx *exparams);
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
/**
 * Bytes of the opaque nv_buffer.
 *
 * Releases: R32.1 to R35.
 */
int NvBufferGetSize(void);
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
/**
 * The dmabuf file descriptor of an opaque nv_buffer; give it back with NvReleaseFd (on R32 NVIDIA's
 * own elements do so only for memory named openmax). Returns 0 or -1.
 *
 * Releases: R28.2 to R35.
 */
int ExtractFdFromNvBuffer(void *nvbuf, int *dmabuf_fd);

/**
 * Gives a file descriptor of ExtractFdFromNvBuffer back. Returns 0 or -1.
 *
 * Releases: R28.2 to R35.
 */
int NvReleaseFd(int dmabuf_fd);
#endif

/**
 * Maps a plane for the CPU and writes the address. Call NvBufferMemSyncForCpu before reading.
 * Returns 0 or -1.
 *
 * Releases: all, R27.1 to R35.
 */
int NvBufferMemMap(int dmabuf_fd, unsigned int plane, NvBufferMemFlags memflag, void **pVirtAddr);

/**
 * Undoes NvBufferMemMap. Returns 0 or -1.
 *
 * Releases: all, R27.1 to R35.
 */
int NvBufferMemUnMap(int dmabuf_fd, unsigned int plane, void **pVirtAddr);

/**
 * Makes what hardware wrote visible to the CPU, before reading. Returns 0 or -1.
 *
 * Releases: all, R27.1 to R35.
 */
int NvBufferMemSyncForCpu(int dmabuf_fd, unsigned int plane, void **pVirtAddr);

/**
 * Makes what the CPU wrote visible to hardware, after writing. Returns 0 or -1.
 *
 * Releases: all, R27.1 to R35.
 */
int NvBufferMemSyncForDevice(int dmabuf_fd, unsigned int plane, void **pVirtAddr);

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_6
/**
 * NvBufferMemMap for a buffer of another process. Returns 0 or -1.
 *
 * Releases: R32.6 to R35.
 */
int NvBufferMemMapEx(int dmabuf_fd, NvBufferParamsEx *exparams, unsigned int plane,
                     NvBufferMemFlags memflag, void **pVirtAddr);

/**
 * Undoes NvBufferMemMapEx. Returns 0 or -1.
 *
 * Releases: R32.6 to R35.
 */
int NvBufferMemUnMapEx(int dmabuf_fd, NvBufferParamsEx *exparams, unsigned int plane,
                       void **pVirtAddr);

/**
 * NvBufferMemSyncForCpu for a buffer of another process. Returns 0 or -1.
 *
 * Releases: R32.6 to R35.
 */
int NvBufferMemSyncForCpuEx(int dmabuf_fd, NvBufferParamsEx *exparams, unsigned int plane,
                            void **pVirtAddr);

/**
 * NvBufferMemSyncForDevice for a buffer of another process. Returns 0 or -1.
 *
 * Releases: R32.6 to R35.
 */
int NvBufferMemSyncForDeviceEx(int dmabuf_fd, NvBufferParamsEx *exparams, unsigned int plane,
                               void **pVirtAddr);
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
/**
 * Copies one plane to memory of the caller. out_width and out_height are those of the raw plane;
 * how its rows lie is not documented. Returns 0 or -1.
 *
 * Releases: R28.2 to R35.
 */
int NvBuffer2Raw(int dmabuf_fd, unsigned int plane, unsigned int out_width,
                 unsigned int out_height, unsigned char *ptr);

/**
 * Copies memory of the caller to one plane. in_width and in_height are those of the raw plane; how
 * its rows lie is not documented. Returns 0 or -1.
 *
 * Releases: R28.2 to R35.
 */
int Raw2NvBuffer(unsigned char *ptr, unsigned int plane, unsigned int in_width,
                 unsigned int in_height, int dmabuf_fd);

/**
 * Crops, scales, flips and converts with the VIC, and waits for it. Returns 0 or -1.
 *
 * Releases: R28.2 to R35.
 */
int NvBufferTransform(int src_dmabuf_fd, int dst_dmabuf_fd,
                      NvBufferTransformParams *transform_params);
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_6
/**
 * NvBufferTransform between buffers of other processes. Returns 0 or -1.
 *
 * Releases: R32.6 to R35.
 */
int NvBufferTransformEx(int src_dmabuf_fd, NvBufferParamsEx *input_params, int dst_dmabuf_fd,
                        NvBufferParamsEx *output_params, NvBufferTransformParams *transform_params);
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
/**
 * NvBufferTransform that returns before it is done; the sync object says what to wait for. Returns
 * 0 or -1.
 *
 * Releases: R32.4 to R35.
 */
int NvBufferTransformAsync(int src_dmabuf_fd, int dst_dmabuf_fd,
                           NvBufferTransformParams *transform_params, NvBufferSyncObj *syncobj);
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
/**
 * Places input_buf_count buffers on another, and waits for it. Returns 0 or -1.
 *
 * Releases: R28.2 to R35.
 */
int NvBufferComposite(int *src_dmabuf_fds, int dst_dmabuf_fd,
                      NvBufferCompositeParams *composite_params);
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
/**
 * Makes a session: transforms of different sessions run side by side. NULL on failure.
 *
 * Releases: R32.1 to R35.
 */
NvBufferSession NvBufferSessionCreate(void);

/**
 * Frees a session.
 *
 * Releases: R32.1 to R35.
 */
void NvBufferSessionDestroy(NvBufferSession session);
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
/**
 * Waits for a sync point, timeout milliseconds at most. Returns 0 or -1.
 *
 * Releases: R32.4 to R35.
 */
int NvBufferSyncObjWait(NvBufferSyncObjParams *syncobj_params, unsigned int timeout);
#endif

#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_7
/**
 * Sync points of a fence file descriptor: NVBUF_MAX_SYNCOBJ_PARAMS at most. Returns 0 or -1.
 *
 * Releases: R32.7.4 and later of R32.
 */
int NvBufferSyncObjParamsFromFile(int file, NvBufferSyncObjParams *syncobjparams,
                                  unsigned int *nparams);
#endif

/**
 * Makes an EGLImage of a buffer. Display NULL means the library's own. The caller destroys it with
 * NvDestroyEGLImage and the same display.
 *
 * Returns NULL on failure.
 *
 * Releases: all, R27.1 to R35.
 */
EGLImageKHR NvEGLImageFromFd(EGLDisplay display, int dmabuf_fd);

/**
 * Destroys an EGLImage of NvEGLImageFromFd. Unregister it from CUDA first. Returns 0 or -1.
 *
 * Releases: all, R27.1 to R35.
 */
int NvDestroyEGLImage(EGLDisplay display, EGLImageKHR eglImage);

#ifdef __cplusplus
}
#endif

#endif /* NVBUF_UTILS_H_ */
