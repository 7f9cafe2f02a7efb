/*
 * The layout of libnvbufsurftransform, one interface beside the other: sizes and offsets in
 * bytes, values. Reserved members are left out.
 *
 * Compiled against NVIDIA's nvbufsurftransform.h by the build script and against ours by
 * tests/build, with NVBUFSURFTRANSFORM_ABI defined and nvbuf_release.h included before.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include <nvbufsurftransform.h>

#include "layout.h"

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_R36_3
VALUE(NVBUFSURF_MAX_SYNCOBJ, 5)
#endif

SIZE(NvBufSurfTransform_Compute, 4)
VALUE(NvBufSurfTransformCompute_Default, 0)
VALUE(NvBufSurfTransformCompute_GPU, 1)
VALUE(NvBufSurfTransformCompute_VIC, 2)

SIZE(NvBufSurfTransform_Flip, 4)
VALUE(NvBufSurfTransform_None, 0)
VALUE(NvBufSurfTransform_Rotate90, 1)
VALUE(NvBufSurfTransform_Rotate180, 2)
VALUE(NvBufSurfTransform_Rotate270, 3)
VALUE(NvBufSurfTransform_FlipX, 4)
VALUE(NvBufSurfTransform_FlipY, 5)
VALUE(NvBufSurfTransform_Transpose, 6)
VALUE(NvBufSurfTransform_InvTranspose, 7)

SIZE(NvBufSurfTransform_Inter, 4)
VALUE(NvBufSurfTransformInter_Nearest, 0)
VALUE(NvBufSurfTransformInter_Bilinear, 1)
VALUE(NvBufSurfTransformInter_Algo1, 2)
VALUE(NvBufSurfTransformInter_Algo2, 3)
VALUE(NvBufSurfTransformInter_Algo3, 4)
VALUE(NvBufSurfTransformInter_Algo4, 5)
VALUE(NvBufSurfTransformInter_Default, 6)

SIZE(NvBufSurfTransform_Error, 4)
VALUE(NvBufSurfTransformError_ROI_Error, -4)
VALUE(NvBufSurfTransformError_Invalid_Params, -3)
VALUE(NvBufSurfTransformError_Execution_Error, -2)
VALUE(NvBufSurfTransformError_Unsupported, -1)
VALUE(NvBufSurfTransformError_Success, 0)

SIZE(NvBufSurfTransform_Transform_Flag, 4)
VALUE(NVBUFSURF_TRANSFORM_CROP_SRC, 1)
VALUE(NVBUFSURF_TRANSFORM_CROP_DST, 2)
VALUE(NVBUFSURF_TRANSFORM_FILTER, 4)
VALUE(NVBUFSURF_TRANSFORM_FLIP, 8)
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
VALUE(NVBUFSURF_TRANSFORM_NORMALIZE, 16)
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_R36_2
VALUE(NVBUFSURF_TRANSFORM_ALLOW_ODD_CROP, 32)
#endif

SIZE(NvBufSurfTransform_Composite_Flag, 4)
VALUE(NVBUFSURF_TRANSFORM_COMPOSITE, 1)
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
VALUE(NVBUFSURF_TRANSFORM_COMPOSITE_FILTER, 4)
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_R34_1_1
VALUE(NVBUFSURF_TRANSFORM_BLEND, 2)
#endif

FIELD(NvBufSurfTransformRect, top, 0, 4)
FIELD(NvBufSurfTransformRect, left, 4, 4)
FIELD(NvBufSurfTransformRect, width, 8, 4)
FIELD(NvBufSurfTransformRect, height, 12, 4)
#if NVBUFSURFTRANSFORM_ABI < NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransformRect, 16)
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransformRect, 48)
#endif

FIELD(NvBufSurfTransformConfigParams, compute_mode, 0, 4)
FIELD(NvBufSurfTransformConfigParams, gpu_id, 4, 4)
FIELD(NvBufSurfTransformConfigParams, cuda_stream, 8, 8)
#if NVBUFSURFTRANSFORM_ABI < NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransformConfigParams, 16)
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransformConfigParams, 48)
#endif

FIELD(NvBufSurfTransformParams, transform_flag, 0, 4)
FIELD(NvBufSurfTransformParams, transform_flip, 4, 4)
FIELD(NvBufSurfTransformParams, transform_filter, 8, 4)
FIELD(NvBufSurfTransformParams, src_rect, 16, 8)
FIELD(NvBufSurfTransformParams, dst_rect, 24, 8)
#if NVBUFSURFTRANSFORM_ABI < NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransformParams, 32)
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransformParams, 64)
#endif

FIELD(NvBufSurfTransformCompositeParams, composite_flag, 0, 4)
FIELD(NvBufSurfTransformCompositeParams, input_buf_count, 4, 4)
FIELD(NvBufSurfTransformCompositeParams, src_comp_rect, 8, 8)
FIELD(NvBufSurfTransformCompositeParams, dst_comp_rect, 16, 8)
#if NVBUFSURFTRANSFORM_ABI < NVBUFSURFTRANSFORM_ABI_DS_6
SIZE(NvBufSurfTransformCompositeParams, 24)
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
FIELD(NvBufSurfTransformCompositeParams, composite_filter, 24, 4)
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6 && \
    NVBUFSURFTRANSFORM_ABI < NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransformCompositeParams, 32)
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransformCompositeParams, 64)
#endif

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
FIELD(NvBufSurfTransform_ColorParams, red, 0, 8)
FIELD(NvBufSurfTransform_ColorParams, green, 8, 8)
FIELD(NvBufSurfTransform_ColorParams, blue, 16, 8)
FIELD(NvBufSurfTransform_ColorParams, alpha, 24, 8)
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6 && \
    NVBUFSURFTRANSFORM_ABI < NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransform_ColorParams, 32)
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransform_ColorParams, 64)
#endif

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6
FIELD(NvBufSurfTransformCompositeBlendParams, composite_blend_flag, 0, 4)
FIELD(NvBufSurfTransformCompositeBlendParams, input_buf_count, 4, 4)
FIELD(NvBufSurfTransformCompositeBlendParams, composite_blend_filter, 8, 4)
FIELD(NvBufSurfTransformCompositeBlendParams, color_bg, 16, 8)
FIELD(NvBufSurfTransformCompositeBlendParams, perform_blending, 24, 8)
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_6 && \
    NVBUFSURFTRANSFORM_ABI < NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransformCompositeBlendParams, 32)
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransformCompositeBlendParams, 64)
#endif

#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_R34_1_1 && \
    NVBUFSURFTRANSFORM_ABI < NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransformCompositeBlendParamsEx, 96)
FIELD(NvBufSurfTransformCompositeBlendParamsEx, params, 0, 32)
FIELD(NvBufSurfTransformCompositeBlendParamsEx, src_comp_rect, 32, 8)
FIELD(NvBufSurfTransformCompositeBlendParamsEx, dst_comp_rect, 40, 8)
FIELD(NvBufSurfTransformCompositeBlendParamsEx, composite_blend_filter, 48, 8)
FIELD(NvBufSurfTransformCompositeBlendParamsEx, alpha, 56, 8)
#endif
#if NVBUFSURFTRANSFORM_ABI >= NVBUFSURFTRANSFORM_ABI_DS_8
SIZE(NvBufSurfTransformCompositeBlendParamsEx, 128)
FIELD(NvBufSurfTransformCompositeBlendParamsEx, params, 0, 64)
FIELD(NvBufSurfTransformCompositeBlendParamsEx, src_comp_rect, 64, 8)
FIELD(NvBufSurfTransformCompositeBlendParamsEx, dst_comp_rect, 72, 8)
FIELD(NvBufSurfTransformCompositeBlendParamsEx, composite_blend_filter, 80, 8)
FIELD(NvBufSurfTransformCompositeBlendParamsEx, alpha, 88, 8)
#endif
