/*
 * The C interface of libnvbufsurftransform, L4T R32 to R39 and DeepStream 4 to 9.
 *
 * Written from published interface facts: names, values, types and order. No text of NVIDIA's is
 * used here. nvbuf_release.h says how to choose the release. All sizes are in bytes.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef NVBUFSURFTRANSFORM_H_
#define NVBUFSURFTRANSFORM_H_

#include <stdbool.h>
#include <stdint.h>

#include "nvbuf_release.h"
#include "nvbufsurface.h"

#if NVBUFSURFTRANSFORM_ABI == 0
#error "This release has no libnvbufsurftransform, or its interface is not known: see nvbuf_release.h."
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** A CUDA stream, as the CUDA headers have it. Releases: all. */
typedef struct CUstream_st *cudaStream_t;

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_R36_3
/**
 * Sync objects that NvBufSurfTransformSyncObjFromFile gives at most.
 *
 * Releases: since R36.3, DeepStream 7.1.
 */
#define NVBUFSURF_MAX_SYNCOBJ 5
#endif

/**
 * The engine.
 *
 * Releases: all.
 */
typedef enum {
  /** VIC on Jetson, GPU elsewhere. */
  NvBufSurfTransformCompute_Default = 0,
  /**
   * The GPU: CUDA memory, and SURFACE_ARRAY through EGL; writes pitch layout only. Wants a CUDA
   * context in the thread.
   */
  NvBufSurfTransformCompute_GPU = 1,
  /**
   * The video image compositor: Jetson only, SURFACE_ARRAY only; ignores gpu_id and cuda_stream.
   */
  NvBufSurfTransformCompute_VIC = 2,
} NvBufSurfTransform_Compute;

/**
 * Rotation or reflection.
 *
 * Releases: all.
 */
typedef enum {
  /** As it is. */
  NvBufSurfTransform_None = 0,
  /** 90 degrees. */
  NvBufSurfTransform_Rotate90 = 1,
  /** 180 degrees. */
  NvBufSurfTransform_Rotate180 = 2,
  /** 270 degrees. */
  NvBufSurfTransform_Rotate270 = 3,
  /** Left and right changed. */
  NvBufSurfTransform_FlipX = 4,
  /** Top and bottom changed. */
  NvBufSurfTransform_FlipY = 5,
  /** Rows and columns changed. */
  NvBufSurfTransform_Transpose = 6,
  /** Rows and columns changed along the other diagonal. */
  NvBufSurfTransform_InvTranspose = 7,
} NvBufSurfTransform_Flip;

/**
 * Interpolation when scaling; the algorithms differ between GPU and VIC.
 *
 * Releases: all.
 */
typedef enum {
  /** The nearest pixel. */
  NvBufSurfTransformInter_Nearest = 0,
  /** Bilinear. */
  NvBufSurfTransformInter_Bilinear = 1,
  /** GPU: cubic. VIC: 5 taps. */
  NvBufSurfTransformInter_Algo1 = 2,
  /** GPU: super sampling. VIC: 10 taps. */
  NvBufSurfTransformInter_Algo2 = 3,
  /** GPU: Lanczos. VIC: smart. */
  NvBufSurfTransformInter_Algo3 = 4,
  /** GPU: not used. VIC: nicest. */
  NvBufSurfTransformInter_Algo4 = 5,
  /** GPU: nearest. VIC: nearest. */
  NvBufSurfTransformInter_Default = 6,
} NvBufSurfTransform_Inter;

/**
 * Result of every function of the library. Signed.
 *
 * Releases: all.
 */
typedef enum {
  /** A rectangle lies outside. */
  NvBufSurfTransformError_ROI_Error = -4,
  /** A parameter is refused: an empty or odd rectangle, a format, numFilled 0. */
  NvBufSurfTransformError_Invalid_Params = -3,
  /** The engine failed: limits of the VIC, a pair of memory types. */
  NvBufSurfTransformError_Execution_Error = -2,
  /** Not on this platform. */
  NvBufSurfTransformError_Unsupported = -1,
  /** Done. */
  NvBufSurfTransformError_Success = 0,
} NvBufSurfTransform_Error;

/**
 * Which members of NvBufSurfTransformParams count; or-ed.
 *
 * Releases: all.
 */
typedef enum {
  /** src_rect. */
  NVBUFSURF_TRANSFORM_CROP_SRC = 1,
  /** dst_rect: what lies outside stays as it was. */
  NVBUFSURF_TRANSFORM_CROP_DST = 2,
  /** transform_filter. */
  NVBUFSURF_TRANSFORM_FILTER = 4,
  /** transform_flip. */
  NVBUFSURF_TRANSFORM_FLIP = 8,
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
  /** Normalise the output. Releases: since R34.1, DeepStream 6.0 (R32.6: not verified). */
  NVBUFSURF_TRANSFORM_NORMALIZE = 16,
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_R36_2
  /**
   * Odd rectangles are taken as they are. Releases: since R36.2, DeepStream 6.3 (R35.6 by
   * documentation).
   */
  NVBUFSURF_TRANSFORM_ALLOW_ODD_CROP = 32,
#endif
} NvBufSurfTransform_Transform_Flag;

/**
 * Which members of the composite parameters count; or-ed.
 *
 * Releases: all.
 */
typedef enum {
  /** Compose. */
  NVBUFSURF_TRANSFORM_COMPOSITE = 1,
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_R34_1_1
  /** Blend with alpha. Releases: since R34.1.1, DeepStream 6.1.1. */
  NVBUFSURF_TRANSFORM_BLEND = 2,
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
  /** The filter. Releases: since R34.1, DeepStream 6.0 (R32.6: not verified). */
  NVBUFSURF_TRANSFORM_COMPOSITE_FILTER = 4,
#endif
} NvBufSurfTransform_Composite_Flag;

/**
 * A rectangle. In arrays of it 48 bytes apart in the extended family, before 16.
 *
 * Releases: all.
 */
typedef struct {
  /** First row. */
  uint32_t top;
  /** First column. */
  uint32_t left;
  /** Width in pixels, even unless odd crops are allowed. */
  uint32_t width;
  /** Height in pixels, even unless odd crops are allowed. */
  uint32_t height;
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_8
  /** Reserved: zero. */
  void *reserved[STRUCTURE_PADDING];
#endif
} NvBufSurfTransformRect;

/**
 * The session: how transforms of the calling thread are done. NVIDIA's elements set it before each
 * one. 48 bytes in the extended family, before 16.
 *
 * Releases: all.
 */
typedef struct _NvBufSurfTransformConfigParams {
  /** Engine. */
  NvBufSurfTransform_Compute compute_mode;
  /** CUDA device number. */
  int32_t gpu_id;
  /** Stream for the GPU, the caller's; NULL is the default stream. */
  cudaStream_t cuda_stream;
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_8
  /** Reserved: zero. */
  void *reserved[STRUCTURE_PADDING];
#endif
} NvBufSurfTransformConfigParams;

/**
 * One transform. 64 bytes in the extended family, before 32.
 *
 * Releases: all.
 */
typedef struct _NvBufSurfaceTransformParams {
  /** NvBufSurfTransform_Transform_Flag, or-ed. */
  uint32_t transform_flag;
  /** Rotation or reflection. */
  NvBufSurfTransform_Flip transform_flip;
  /** Interpolation. */
  NvBufSurfTransform_Inter transform_filter;
  /** One rectangle for each filled buffer of the source, the caller's. */
  NvBufSurfTransformRect *src_rect;
  /** One rectangle for each filled buffer of the destination, the caller's. */
  NvBufSurfTransformRect *dst_rect;
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_8
  /** Reserved: zero. */
  void *reserved[STRUCTURE_PADDING];
#endif
} NvBufSurfTransformParams;

/**
 * One composition. 24 bytes without composite_filter (R32.1 to R32.5, DeepStream 4 and 5), then 32,
 * 64 in the extended family.
 *
 * Releases: all.
 */
typedef struct _NvBufSurfTransformCompositeParams {
  /** NvBufSurfTransform_Composite_Flag, or-ed. */
  uint32_t composite_flag;
  /** Filled buffers of the source. */
  uint32_t input_buf_count;
  /** input_buf_count rectangles, the caller's. */
  NvBufSurfTransformRect *src_comp_rect;
  /** input_buf_count rectangles, the caller's. */
  NvBufSurfTransformRect *dst_comp_rect;
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
  /** Interpolation. Releases: since R34.1, DeepStream 6.0 (R32.6: not verified). */
  NvBufSurfTransform_Inter composite_filter;
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_8
  /** Reserved: zero. */
  void *reserved[STRUCTURE_PADDING];
#endif
} NvBufSurfTransformCompositeParams;

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
/**
 * A colour. 64 bytes in the extended family, before 32.
 *
 * Releases: since R34.1, DeepStream 6.0 (R32.6: not verified).
 */
typedef struct _NvBufSurfTransform_ColorParams {
  /** 0 to 1. */
  double red;
  /** 0 to 1. */
  double green;
  /** 0 to 1. */
  double blue;
  /** 0 to 1. */
  double alpha;
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_8
  /** Reserved: zero. */
  void *reserved[STRUCTURE_PADDING];
#endif
} NvBufSurfTransform_ColorParams;
#endif

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
/**
 * One blend. 64 bytes in the extended family, before 32.
 *
 * Releases: since R34.1, DeepStream 6.0 (R32.6: not verified).
 */
typedef struct _NvBufSurfTransformCompositeBlendParams {
  /** NvBufSurfTransform_Composite_Flag, or-ed. */
  uint32_t composite_blend_flag;
  /** Filled buffers of the source. */
  uint32_t input_buf_count;
  /** Interpolation. */
  NvBufSurfTransform_Inter composite_blend_filter;
  /** Background, the caller's, used where there is no second source. */
  NvBufSurfTransform_ColorParams *color_bg;
  /** One value for each filled buffer at least, other than 0 to blend it; the caller's. */
  uint32_t *perform_blending;
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_8
  /** Reserved: zero. */
  void *reserved[STRUCTURE_PADDING];
#endif
} NvBufSurfTransformCompositeBlendParams;
#endif

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_R34_1_1
/**
 * One blend of several surfaces. 128 bytes in the extended family, before 96.
 *
 * Releases: since R34.1.1, DeepStream 6.1.1.
 */
typedef struct _NvBufSurfTransformCompositeBlendParamsEx {
  /** Flags, count, filter, background. */
  NvBufSurfTransformCompositeBlendParams params;
  /** One rectangle for each source, the caller's. */
  NvBufSurfTransformRect *src_comp_rect;
  /** One rectangle for each source, the caller's. */
  NvBufSurfTransformRect *dst_comp_rect;
  /** One interpolation for each source, the caller's. */
  NvBufSurfTransform_Inter *composite_blend_filter;
  /** One alpha (0 to 1) for each source, the caller's. */
  float *alpha;
  /** Reserved: zero. */
  void *reserved[STRUCTURE_PADDING];
} NvBufSurfTransformCompositeBlendParamsEx;
#endif

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
/** An asynchronous call that may still run, opaque. Releases: since R34.1, DeepStream 6.0. */
struct NvBufSurfTransformSyncObj;
/** Handle of an asynchronous call, the caller's. Releases: since R34.1, DeepStream 6.0. */
typedef struct NvBufSurfTransformSyncObj *NvBufSurfTransformSyncObj_t;
#endif

/**
 * Sets the session of the calling thread, and with it the engine of later transforms.
 *
 * Memory types: none. The parameters stay the caller's.
 *
 * Releases: all.
 */
NvBufSurfTransform_Error NvBufSurfTransformSetSessionParams(
    NvBufSurfTransformConfigParams *config_params);

/**
 * Reads the session of the calling thread.
 *
 * Memory types: none.
 *
 * Releases: all.
 */
NvBufSurfTransform_Error NvBufSurfTransformGetSessionParams(
    NvBufSurfTransformConfigParams *config_params);

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_R35_3
/**
 * Goes back to the default session.
 *
 * Memory types: none.
 *
 * Releases: since R35.3.1, DeepStream 6.3.
 */
NvBufSurfTransform_Error NvBufSurfTransformSetDefaultSession(void);
#endif

/**
 * Crops, scales, flips and converts each filled buffer of src to the same buffer of dst, and waits
 * for it. The caller keeps both.
 *
 * Memory types: SURFACE_ARRAY with the VIC; CUDA types, and SURFACE_ARRAY through EGL, with the
 * GPU.
 *
 * Releases: all.
 */
NvBufSurfTransform_Error NvBufSurfTransform(NvBufSurface *src, NvBufSurface *dst,
                                            NvBufSurfTransformParams *transform_params);

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
/**
 * NvBufSurfTransform that returns before it is done, unless sync_obj is NULL. Wait with
 * NvBufSurfTransformSyncObjWait and free with NvBufSurfTransformSyncObjDestroy; both surfaces must
 * live until then.
 *
 * Memory types: as NvBufSurfTransform.
 *
 * Releases: since R34.1, DeepStream 6.0 (R32.6: not verified).
 */
NvBufSurfTransform_Error NvBufSurfTransformAsync(NvBufSurface *src, NvBufSurface *dst,
                                                 NvBufSurfTransformParams *transform_params,
                                                 NvBufSurfTransformSyncObj_t *sync_obj);
#endif

/**
 * Places all filled buffers of src on buffer 0 of dst, and waits for it.
 *
 * Memory types: as NvBufSurfTransform.
 *
 * Releases: all.
 */
NvBufSurfTransform_Error NvBufSurfTransformComposite(
    NvBufSurface *src, NvBufSurface *dst, NvBufSurfTransformCompositeParams *composite_params);

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
/**
 * NvBufSurfTransformComposite that returns before it is done. As NvBufSurfTransformAsync.
 *
 * Memory types: as NvBufSurfTransform.
 *
 * Releases: since R34.1, DeepStream 6.0 (R32.6: not verified).
 */
NvBufSurfTransform_Error NvBufSurfTransformCompositeAsync(
    NvBufSurface *src, NvBufSurface *dst, NvBufSurfTransformCompositeParams *composite_params,
    NvBufSurfTransformSyncObj_t *sync_obj);

/**
 * Blends two batches: dst is (src0 * alpha + src1 * (255 - alpha)) / 255, buffer by buffer. Without
 * src1 the background colour takes its place.
 *
 * Memory types: as NvBufSurfTransform.
 *
 * Releases: since R34.1, DeepStream 6.0 (R32.6: not verified).
 */
NvBufSurfTransform_Error NvBufSurfTransformCompositeBlend(
    NvBufSurface *src0, NvBufSurface *src1, NvBufSurface *alpha, NvBufSurface *dst,
    NvBufSurfTransformCompositeBlendParams *blend_params);
#endif

#if NVBUFSURFTRANSFORM_ABI == NVBUFSURFTRANSFORM_ABI_R34_1_0 || defined(NVBUF_EVERY_FUNCTION)
/**
 * Places several surfaces of one buffer each on dst, and waits for it. Jetson only; later releases
 * have NvBufSurfTransformMultiInputBufCompositeBlend.
 *
 * Memory types: SURFACE_ARRAY.
 *
 * Releases: R34.1.0, DeepStream 6.1.0 only.
 */
NvBufSurfTransform_Error NvBufSurfTransformMultiInputBufComposite(
    NvBufSurface **src, NvBufSurface *dst, NvBufSurfTransformCompositeParams *composite_params);

/**
 * NvBufSurfTransformMultiInputBufComposite that returns before it is done. As
 * NvBufSurfTransformAsync.
 *
 * Memory types: SURFACE_ARRAY.
 *
 * Releases: R34.1.0, DeepStream 6.1.0 only.
 */
NvBufSurfTransform_Error NvBufSurfTransformMultiInputBufCompositeAsync(
    NvBufSurface **src, NvBufSurface *dst, NvBufSurfTransformCompositeParams *composite_params,
    NvBufSurfTransformSyncObj_t *sync_obj);
#endif

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_R34_1_1
/**
 * Places several surfaces of one buffer each on dst, blended with one alpha each, and waits for it.
 * Jetson only.
 *
 * Memory types: SURFACE_ARRAY.
 *
 * Releases: since R34.1.1, DeepStream 6.1.1.
 */
NvBufSurfTransform_Error NvBufSurfTransformMultiInputBufCompositeBlend(
    NvBufSurface **src, NvBufSurface *dst,
    NvBufSurfTransformCompositeBlendParamsEx *composite_blend_params);

/**
 * NvBufSurfTransformMultiInputBufCompositeBlend that returns before it is done. As
 * NvBufSurfTransformAsync.
 *
 * Memory types: SURFACE_ARRAY.
 *
 * Releases: since R34.1.1, DeepStream 6.1.1.
 */
NvBufSurfTransform_Error NvBufSurfTransformMultiInputBufCompositeBlendAsync(
    NvBufSurface **src, NvBufSurface *dst,
    NvBufSurfTransformCompositeBlendParamsEx *composite_blend_params,
    NvBufSurfTransformSyncObj_t *sync_obj);
#endif

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
/**
 * Waits for an asynchronous call, time_out milliseconds at most, without end with -1. The VIC alone
 * honours the time.
 *
 * Memory types: none.
 *
 * Releases: since R34.1, DeepStream 6.0 (R32.6: not verified).
 */
NvBufSurfTransform_Error NvBufSurfTransformSyncObjWait(NvBufSurfTransformSyncObj_t sync_obj,
                                                       uint32_t time_out);

/**
 * Frees a sync object of an asynchronous call.
 *
 * Memory types: none.
 *
 * Releases: since R34.1, DeepStream 6.0 (R32.6: not verified).
 */
NvBufSurfTransform_Error NvBufSurfTransformSyncObjDestroy(NvBufSurfTransformSyncObj_t *sync_obj);
#endif

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_R36_3
/**
 * Makes sync objects of a fence file descriptor, which stays the caller's: NVBUFSURF_MAX_SYNCOBJ at
 * most. The caller destroys each.
 *
 * Memory types: none.
 *
 * Releases: since R36.3, DeepStream 7.1.
 */
NvBufSurfTransform_Error NvBufSurfTransformSyncObjFromFile(int file,
                                                           NvBufSurfTransformSyncObj_t *sync_obj,
                                                           unsigned int *num_sync_objs);
#endif

#ifdef __cplusplus
}
#endif

#endif /* NVBUFSURFTRANSFORM_H_ */
