/*
 * The layout of libnvbuf_utils, one interface beside the other: sizes and offsets in bytes,
 * values. Reserved members are left out, and so is NvBufferColorFormat_Invalid, which counts the
 * formats.
 *
 * Compiled against NVIDIA's nvbuf_utils.h by the build script and against ours by tests/build,
 * with NVBUF_UTILS_ABI defined and nvbuf_release.h included before.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include <nvbuf_utils.h>

#include "layout.h"

#if NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R32_2
VALUE(MAX_NUM_PLANES, 3)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
VALUE(MAX_COMPOSITE_FRAME, 16)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_2
VALUE(MAX_NUM_PLANES, 4)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
VALUE(NVBUF_CHROMA_SUBSAMPLING_HORIZ_DEFAULT, 0)
VALUE(NVBUF_CHROMA_SUBSAMPLING_VERT_DEFAULT, 1)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
VALUE(NVBUF_MAX_SYNCOBJ_PARAMS, 5)
VALUE(NVBUFFER_SYNCPOINT_WAIT_INFINITE, 4294967295)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
SIZE(NvBufferPayloadType, 4)
VALUE(NvBufferPayload_SurfArray, 0)
VALUE(NvBufferPayload_MemHandle, 1)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
SIZE(NvBufferDisplayScanFormat, 4)
VALUE(NvBufferDisplayScanFormat_Progressive, 0)
VALUE(NvBufferDisplayScanFormat_Interlaced, 1)
#endif

SIZE(NvBufferLayout, 4)
VALUE(NvBufferLayout_Pitch, 0)
VALUE(NvBufferLayout_BlockLinear, 1)

SIZE(NvBufferMemFlags, 4)
VALUE(NvBufferMem_Read, 0)
VALUE(NvBufferMem_Write, 1)
VALUE(NvBufferMem_Read_Write, 2)

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
SIZE(NvBufferTag, 4)
VALUE(NvBufferTag_NONE, 0)
VALUE(NvBufferTag_CAMERA, 512)
VALUE(NvBufferTag_VIDEO_CONVERT, 3841)
VALUE(NvBufferTag_VIDEO_ENC, 4608)
VALUE(NvBufferTag_VIDEO_DEC, 5120)
VALUE(NvBufferTag_JPEG, 5376)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
VALUE(NvBufferTag_PROTECTED, 5380)
#endif

SIZE(NvBufferColorFormat, 4)
VALUE(NvBufferColorFormat_YUV420, 0)
VALUE(NvBufferColorFormat_YVU420, 1)
#if NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R32_1
VALUE(NvBufferColorFormat_NV12, 2)
VALUE(NvBufferColorFormat_NV21, 3)
VALUE(NvBufferColorFormat_UYVY, 4)
VALUE(NvBufferColorFormat_VYUY, 5)
VALUE(NvBufferColorFormat_YUYV, 6)
VALUE(NvBufferColorFormat_YVYU, 7)
VALUE(NvBufferColorFormat_ABGR32, 8)
VALUE(NvBufferColorFormat_XRGB32, 9)
VALUE(NvBufferColorFormat_ARGB32, 10)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1 && NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R32_5
VALUE(NvBufferColorFormat_YUV420_ER, 2)
VALUE(NvBufferColorFormat_YVU420_ER, 3)
VALUE(NvBufferColorFormat_NV12, 4)
VALUE(NvBufferColorFormat_NV12_ER, 5)
VALUE(NvBufferColorFormat_NV21, 6)
VALUE(NvBufferColorFormat_NV21_ER, 7)
VALUE(NvBufferColorFormat_UYVY, 8)
VALUE(NvBufferColorFormat_UYVY_ER, 9)
VALUE(NvBufferColorFormat_VYUY, 10)
VALUE(NvBufferColorFormat_VYUY_ER, 11)
VALUE(NvBufferColorFormat_YUYV, 12)
VALUE(NvBufferColorFormat_YUYV_ER, 13)
VALUE(NvBufferColorFormat_YVYU, 14)
VALUE(NvBufferColorFormat_YVYU_ER, 15)
VALUE(NvBufferColorFormat_ABGR32, 16)
VALUE(NvBufferColorFormat_XRGB32, 17)
VALUE(NvBufferColorFormat_ARGB32, 18)
VALUE(NvBufferColorFormat_NV12_10LE, 19)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1 && NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R32_3
VALUE(NvBufferColorFormat_NV21_10LE, 20)
VALUE(NvBufferColorFormat_NV12_12LE, 21)
VALUE(NvBufferColorFormat_NV21_12LE, 22)
VALUE(NvBufferColorFormat_YUV420_709, 23)
VALUE(NvBufferColorFormat_YUV420_709_ER, 24)
VALUE(NvBufferColorFormat_NV12_709, 25)
VALUE(NvBufferColorFormat_NV12_709_ER, 26)
VALUE(NvBufferColorFormat_YUV420_2020, 27)
VALUE(NvBufferColorFormat_NV12_2020, 28)
VALUE(NvBufferColorFormat_SignedR16G16, 29)
#endif
#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_1
VALUE(NvBufferColorFormat_YUV444, 30)
#endif
#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_2
VALUE(NvBufferColorFormat_A32, 30)
VALUE(NvBufferColorFormat_YUV444, 31)
VALUE(NvBufferColorFormat_GRAY8, 32)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3 && NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R32_5
VALUE(NvBufferColorFormat_NV12_10LE_709, 20)
VALUE(NvBufferColorFormat_NV12_10LE_709_ER, 21)
VALUE(NvBufferColorFormat_NV12_10LE_2020, 22)
VALUE(NvBufferColorFormat_NV21_10LE, 23)
VALUE(NvBufferColorFormat_NV12_12LE, 24)
VALUE(NvBufferColorFormat_NV12_12LE_2020, 25)
VALUE(NvBufferColorFormat_NV21_12LE, 26)
VALUE(NvBufferColorFormat_YUV420_709, 27)
VALUE(NvBufferColorFormat_YUV420_709_ER, 28)
VALUE(NvBufferColorFormat_NV12_709, 29)
VALUE(NvBufferColorFormat_NV12_709_ER, 30)
VALUE(NvBufferColorFormat_YUV420_2020, 31)
VALUE(NvBufferColorFormat_NV12_2020, 32)
VALUE(NvBufferColorFormat_SignedR16G16, 33)
VALUE(NvBufferColorFormat_A32, 34)
VALUE(NvBufferColorFormat_YUV444, 35)
VALUE(NvBufferColorFormat_GRAY8, 36)
VALUE(NvBufferColorFormat_NV16, 37)
VALUE(NvBufferColorFormat_NV16_10LE, 38)
VALUE(NvBufferColorFormat_NV24, 39)
VALUE(NvBufferColorFormat_NV16_ER, 40)
VALUE(NvBufferColorFormat_NV24_ER, 41)
VALUE(NvBufferColorFormat_NV16_709, 42)
VALUE(NvBufferColorFormat_NV24_709, 43)
VALUE(NvBufferColorFormat_NV16_709_ER, 44)
VALUE(NvBufferColorFormat_NV24_709_ER, 45)
VALUE(NvBufferColorFormat_NV24_10LE_709, 46)
VALUE(NvBufferColorFormat_NV24_10LE_709_ER, 47)
VALUE(NvBufferColorFormat_NV24_10LE_2020, 48)
VALUE(NvBufferColorFormat_NV24_12LE_2020, 49)
#endif
#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_4
VALUE(NvBufferColorFormat_RGBA_10_10_10_2_709, 50)
VALUE(NvBufferColorFormat_RGBA_10_10_10_2_2020, 51)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_5
VALUE(NvBufferColorFormat_YUV422, 2)
VALUE(NvBufferColorFormat_YUV420_ER, 3)
VALUE(NvBufferColorFormat_YVU420_ER, 4)
VALUE(NvBufferColorFormat_NV12, 5)
VALUE(NvBufferColorFormat_NV12_ER, 6)
VALUE(NvBufferColorFormat_NV21, 7)
VALUE(NvBufferColorFormat_NV21_ER, 8)
VALUE(NvBufferColorFormat_UYVY, 9)
VALUE(NvBufferColorFormat_UYVY_ER, 10)
VALUE(NvBufferColorFormat_VYUY, 11)
VALUE(NvBufferColorFormat_VYUY_ER, 12)
VALUE(NvBufferColorFormat_YUYV, 13)
VALUE(NvBufferColorFormat_YUYV_ER, 14)
VALUE(NvBufferColorFormat_YVYU, 15)
VALUE(NvBufferColorFormat_YVYU_ER, 16)
VALUE(NvBufferColorFormat_ABGR32, 17)
VALUE(NvBufferColorFormat_XRGB32, 18)
VALUE(NvBufferColorFormat_ARGB32, 19)
VALUE(NvBufferColorFormat_NV12_10LE, 20)
VALUE(NvBufferColorFormat_NV12_10LE_709, 21)
VALUE(NvBufferColorFormat_NV12_10LE_709_ER, 22)
VALUE(NvBufferColorFormat_NV12_10LE_2020, 23)
VALUE(NvBufferColorFormat_NV21_10LE, 24)
VALUE(NvBufferColorFormat_NV12_12LE, 25)
VALUE(NvBufferColorFormat_NV12_12LE_2020, 26)
VALUE(NvBufferColorFormat_NV21_12LE, 27)
VALUE(NvBufferColorFormat_YUV420_709, 28)
VALUE(NvBufferColorFormat_YUV420_709_ER, 29)
VALUE(NvBufferColorFormat_NV12_709, 30)
VALUE(NvBufferColorFormat_NV12_709_ER, 31)
VALUE(NvBufferColorFormat_YUV420_2020, 32)
VALUE(NvBufferColorFormat_NV12_2020, 33)
VALUE(NvBufferColorFormat_GRAY8, 37)
VALUE(NvBufferColorFormat_NV16, 38)
VALUE(NvBufferColorFormat_NV16_10LE, 39)
VALUE(NvBufferColorFormat_NV24, 40)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_5 && NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R34_1
VALUE(NvBufferColorFormat_SignedR16G16, 34)
VALUE(NvBufferColorFormat_A32, 35)
VALUE(NvBufferColorFormat_YUV444, 36)
#endif
#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_5
VALUE(NvBufferColorFormat_NV16_ER, 41)
VALUE(NvBufferColorFormat_NV24_ER, 42)
VALUE(NvBufferColorFormat_NV16_709, 43)
VALUE(NvBufferColorFormat_NV24_709, 44)
VALUE(NvBufferColorFormat_NV16_709_ER, 45)
VALUE(NvBufferColorFormat_NV24_709_ER, 46)
VALUE(NvBufferColorFormat_NV24_10LE_709, 47)
VALUE(NvBufferColorFormat_NV24_10LE_709_ER, 48)
VALUE(NvBufferColorFormat_NV24_10LE_2020, 49)
VALUE(NvBufferColorFormat_NV24_12LE_2020, 50)
VALUE(NvBufferColorFormat_RGBA_10_10_10_2_709, 51)
VALUE(NvBufferColorFormat_RGBA_10_10_10_2_2020, 52)
VALUE(NvBufferColorFormat_BGRA_10_10_10_2_709, 53)
VALUE(NvBufferColorFormat_BGRA_10_10_10_2_2020, 54)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_6
VALUE(NvBufferColorFormat_NV24_10LE, 41)
VALUE(NvBufferColorFormat_NV16_ER, 42)
VALUE(NvBufferColorFormat_NV24_ER, 43)
VALUE(NvBufferColorFormat_NV16_709, 44)
VALUE(NvBufferColorFormat_NV24_709, 45)
VALUE(NvBufferColorFormat_NV16_709_ER, 46)
VALUE(NvBufferColorFormat_NV24_709_ER, 47)
VALUE(NvBufferColorFormat_NV24_10LE_709, 48)
VALUE(NvBufferColorFormat_NV24_10LE_709_ER, 49)
VALUE(NvBufferColorFormat_NV24_10LE_2020, 50)
VALUE(NvBufferColorFormat_NV24_12LE_2020, 51)
VALUE(NvBufferColorFormat_RGBA_10_10_10_2_709, 52)
VALUE(NvBufferColorFormat_RGBA_10_10_10_2_2020, 53)
VALUE(NvBufferColorFormat_BGRA_10_10_10_2_709, 54)
VALUE(NvBufferColorFormat_BGRA_10_10_10_2_2020, 55)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R34_1
VALUE(NvBufferColorFormat_YUV444, 34)
VALUE(NvBufferColorFormat_SignedR16G16, 35)
VALUE(NvBufferColorFormat_A32, 36)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
SIZE(NvBufferTransform_Flip, 4)
VALUE(NvBufferTransform_None, 0)
VALUE(NvBufferTransform_Rotate90, 1)
VALUE(NvBufferTransform_Rotate180, 2)
VALUE(NvBufferTransform_Rotate270, 3)
VALUE(NvBufferTransform_FlipX, 4)
VALUE(NvBufferTransform_FlipY, 5)
VALUE(NvBufferTransform_Transpose, 6)
VALUE(NvBufferTransform_InvTranspose, 7)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
SIZE(NvBufferTransform_Filter, 4)
VALUE(NvBufferTransform_Filter_Nearest, 0)
VALUE(NvBufferTransform_Filter_Bilinear, 1)
VALUE(NvBufferTransform_Filter_5_Tap, 2)
VALUE(NvBufferTransform_Filter_10_Tap, 3)
VALUE(NvBufferTransform_Filter_Smart, 4)
VALUE(NvBufferTransform_Filter_Nicest, 5)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
SIZE(NvBufferTransform_Flag, 4)
VALUE(NVBUFFER_TRANSFORM_CROP_SRC, 1)
VALUE(NVBUFFER_TRANSFORM_CROP_DST, 2)
VALUE(NVBUFFER_TRANSFORM_FILTER, 4)
VALUE(NVBUFFER_TRANSFORM_FLIP, 8)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
SIZE(NvBufferComposite_Flag, 4)
VALUE(NVBUFFER_COMPOSITE, 1)
VALUE(NVBUFFER_BLEND, 2)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_6
VALUE(NVBUFFER_COMPOSITE_FILTER, 4)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
SIZE(NvBufferSyncObjParams, 8)
FIELD(NvBufferSyncObjParams, syncpointID, 0, 4)
FIELD(NvBufferSyncObjParams, value, 4, 4)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
SIZE(NvBufferSyncObj, 56)
FIELD(NvBufferSyncObj, insyncobj, 0, 40)
FIELD(NvBufferSyncObj, num_insyncobj, 40, 4)
FIELD(NvBufferSyncObj, outsyncobj, 44, 8)
FIELD(NvBufferSyncObj, use_outsyncobj, 52, 4)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
SIZE(NvBufferCompositeBackground, 12)
FIELD(NvBufferCompositeBackground, r, 0, 4)
FIELD(NvBufferCompositeBackground, g, 4, 4)
FIELD(NvBufferCompositeBackground, b, 8, 4)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
SIZE(NvBufferRect, 16)
FIELD(NvBufferRect, top, 0, 4)
FIELD(NvBufferRect, left, 4, 4)
FIELD(NvBufferRect, width, 8, 4)
FIELD(NvBufferRect, height, 12, 4)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
SIZE(NvBufferChromaSubsamplingParams, 2)
FIELD(NvBufferChromaSubsamplingParams, chromaLocHoriz, 0, 1)
FIELD(NvBufferChromaSubsamplingParams, chromaLocVert, 1, 1)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
SIZE(NvBufferCreateParams, 28)
FIELD(NvBufferCreateParams, width, 0, 4)
FIELD(NvBufferCreateParams, height, 4, 4)
FIELD(NvBufferCreateParams, payloadType, 8, 4)
FIELD(NvBufferCreateParams, memsize, 12, 4)
FIELD(NvBufferCreateParams, layout, 16, 4)
FIELD(NvBufferCreateParams, colorFormat, 20, 4)
FIELD(NvBufferCreateParams, nvbuf_tag, 24, 4)
#endif

FIELD(NvBufferParams, dmabuf_fd, 0, 4)
FIELD(NvBufferParams, nv_buffer, 8, 8)
#if NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R32_1
FIELD(NvBufferParams, nv_buffer_size, 16, 4)
FIELD(NvBufferParams, pixel_format, 20, 4)
FIELD(NvBufferParams, num_planes, 24, 4)
FIELD(NvBufferParams, width, 28, 12)
FIELD(NvBufferParams, height, 40, 12)
FIELD(NvBufferParams, pitch, 52, 12)
FIELD(NvBufferParams, offset, 64, 12)
FIELD(NvBufferParams, psize, 76, 12)
#endif
#if NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R28_1
SIZE(NvBufferParams, 88)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_1 && NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R32_1
SIZE(NvBufferParams, 104)
FIELD(NvBufferParams, layout, 88, 12)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
FIELD(NvBufferParams, payloadType, 16, 4)
FIELD(NvBufferParams, memsize, 20, 4)
FIELD(NvBufferParams, nv_buffer_size, 24, 4)
FIELD(NvBufferParams, pixel_format, 28, 4)
FIELD(NvBufferParams, num_planes, 32, 4)
#endif
#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_1
SIZE(NvBufferParams, 112)
FIELD(NvBufferParams, width, 36, 12)
FIELD(NvBufferParams, height, 48, 12)
FIELD(NvBufferParams, pitch, 60, 12)
FIELD(NvBufferParams, offset, 72, 12)
FIELD(NvBufferParams, psize, 84, 12)
FIELD(NvBufferParams, layout, 96, 12)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_2
SIZE(NvBufferParams, 136)
FIELD(NvBufferParams, width, 36, 16)
FIELD(NvBufferParams, height, 52, 16)
FIELD(NvBufferParams, pitch, 68, 16)
FIELD(NvBufferParams, offset, 84, 16)
FIELD(NvBufferParams, psize, 100, 16)
FIELD(NvBufferParams, layout, 116, 16)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_3
FIELD(NvBufferParamsEx, params, 0, 136)
FIELD(NvBufferParamsEx, startofvaliddata, 136, 4)
FIELD(NvBufferParamsEx, sizeofvaliddatainbytes, 140, 4)
FIELD(NvBufferParamsEx, scanformat, 144, 16)
FIELD(NvBufferParamsEx, secondfieldoffset, 160, 16)
FIELD(NvBufferParamsEx, blockheightlog2, 176, 16)
FIELD(NvBufferParamsEx, physicaladdress, 192, 16)
FIELD(NvBufferParamsEx, flags, 208, 32)
FIELD(NvBufferParamsEx, payloadmetaInfo, 240, 8)
FIELD(NvBufferParamsEx, chromaSubsampling, 248, 2)
#endif
#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_3
SIZE(NvBufferParamsEx, 264)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_4
SIZE(NvBufferParamsEx, 320)
FIELD(NvBufferParamsEx, is_protected, 250, 1)
FIELD(NvBufferParamsEx, syncobj, 252, 56)
#endif
#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_7
FIELD(NvBufferParamsEx, cde_params, 312, 8)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
FIELD(NvBufferCompositeParams, composite_flag, 0, 4)
FIELD(NvBufferCompositeParams, input_buf_count, 4, 4)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2 && NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R32_6
FIELD(NvBufferCompositeParams, dst_comp_rect_alpha, 8, 64)
FIELD(NvBufferCompositeParams, src_comp_rect, 72, 256)
FIELD(NvBufferCompositeParams, dst_comp_rect, 328, 256)
FIELD(NvBufferCompositeParams, composite_bgcolor, 584, 12)
#endif
#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R28_2
SIZE(NvBufferCompositeParams, 596)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1 && NVBUF_UTILS_ABI < NVBUF_UTILS_ABI_R32_6
SIZE(NvBufferCompositeParams, 608)
FIELD(NvBufferCompositeParams, session, 600, 8)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_6
SIZE(NvBufferCompositeParams, 672)
FIELD(NvBufferCompositeParams, composite_filter, 8, 64)
FIELD(NvBufferCompositeParams, dst_comp_rect_alpha, 72, 64)
FIELD(NvBufferCompositeParams, src_comp_rect, 136, 256)
FIELD(NvBufferCompositeParams, dst_comp_rect, 392, 256)
FIELD(NvBufferCompositeParams, composite_bgcolor, 648, 12)
FIELD(NvBufferCompositeParams, session, 664, 8)
#endif

#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R28_2
FIELD(NvBufferTransformParams, transform_flag, 0, 4)
FIELD(NvBufferTransformParams, transform_flip, 4, 4)
FIELD(NvBufferTransformParams, transform_filter, 8, 4)
FIELD(NvBufferTransformParams, src_rect, 12, 16)
FIELD(NvBufferTransformParams, dst_rect, 28, 16)
#endif
#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R28_2
SIZE(NvBufferTransformParams, 44)
#endif
#if NVBUF_UTILS_ABI >= NVBUF_UTILS_ABI_R32_1
SIZE(NvBufferTransformParams, 56)
FIELD(NvBufferTransformParams, session, 48, 8)
#endif

#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_7
SIZE(NvBufferCompression, 4)
VALUE(NvBufferCompression_Disabled, 0)
VALUE(NvBufferCompression_Enabled, 1)
#endif

#if NVBUF_UTILS_ABI == NVBUF_UTILS_ABI_R32_7
SIZE(NvBufferCDEParams, 64)
FIELD(NvBufferCDEParams, CdeHorizontalCompbitsOffset, 0, 16)
FIELD(NvBufferCDEParams, CdeVerticalCompbitsOffset, 16, 16)
FIELD(NvBufferCDEParams, CdeScatterBufferOffset, 32, 16)
FIELD(NvBufferCDEParams, CdeCompbitsSize, 48, 16)
#endif
