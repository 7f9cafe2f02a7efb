//! GStreamer's formats and the surfaces'.

#![forbid(unsafe_code)]

use gst_video::{VideoColorMatrix as Matrix, VideoColorRange as Range, VideoFormat as Video};
use nvbuf::ColorFormat;

/// A GStreamer format and the surface formats that hold such pixels.
pub(super) struct Entry {
    pub(super) video: Video,
    /// What NVIDIA's elements make whatever the colours are.
    pub(super) plain: ColorFormat,
    /// Those whose name says what the colours are, the plain one's being BT.601 of limited range.
    pub(super) variants: &'static [(Colours, ColorFormat)],
}

/// What tells one variant from another.
pub(super) type Colours = (Matrix, Range);

const BT601_ER: Colours = (Matrix::Bt601, Range::Range0_255);
const BT709: Colours = (Matrix::Bt709, Range::Range16_235);
const BT709_ER: Colours = (Matrix::Bt709, Range::Range0_255);
const BT2020: Colours = (Matrix::Bt2020, Range::Range16_235);

const fn entry(
    video: Video,
    plain: ColorFormat,
    variants: &'static [(Colours, ColorFormat)],
) -> Entry {
    Entry {
        video,
        plain,
        variants,
    }
}

/// Formats that GStreamer 1.14 and libnvbufsurface both have, those that nvvidconv takes first.
///
/// Not here: `I420_10LE`, which nvvidconv gives to surfaces of two planes where its own name has three;
/// 10 and 12 bits but `P010_10LE`, because no header says where in their 16 they lie.
pub(super) const FORMATS: [Entry; 25] = [
    entry(Video::Rgba, ColorFormat::RGBA, &[]),
    entry(Video::Bgrx, ColorFormat::BGRX, &[]),
    entry(
        Video::Nv12,
        ColorFormat::NV12,
        &[
            (BT601_ER, ColorFormat::NV12_ER),
            (BT709, ColorFormat::NV12_709),
            (BT709_ER, ColorFormat::NV12_709_ER),
            (BT2020, ColorFormat::NV12_2020),
        ],
    ),
    entry(
        Video::I420,
        ColorFormat::YUV420,
        &[
            (BT601_ER, ColorFormat::YUV420_ER),
            (BT709, ColorFormat::YUV420_709),
            (BT709_ER, ColorFormat::YUV420_709_ER),
            (BT2020, ColorFormat::YUV420_2020),
        ],
    ),
    entry(
        Video::Gray8,
        ColorFormat::GRAY8,
        &[(BT601_ER, ColorFormat::GRAY8_ER)],
    ),
    entry(
        Video::P01010le,
        ColorFormat::NV12_10LE,
        &[
            (BT601_ER, ColorFormat::NV12_10LE_ER),
            (BT709, ColorFormat::NV12_10LE_709),
            (BT709_ER, ColorFormat::NV12_10LE_709_ER),
            (BT2020, ColorFormat::NV12_10LE_2020),
        ],
    ),
    entry(
        Video::Uyvy,
        ColorFormat::UYVY,
        &[
            (BT601_ER, ColorFormat::UYVY_ER),
            (BT709, ColorFormat::UYVY_709),
            (BT709_ER, ColorFormat::UYVY_709_ER),
            (BT2020, ColorFormat::UYVY_2020),
        ],
    ),
    entry(
        Video::Yuy2,
        ColorFormat::YUYV,
        &[(BT601_ER, ColorFormat::YUYV_ER)],
    ),
    entry(
        Video::Yvyu,
        ColorFormat::YVYU,
        &[(BT601_ER, ColorFormat::YVYU_ER)],
    ),
    entry(
        Video::Nv16,
        ColorFormat::NV16,
        &[
            (BT601_ER, ColorFormat::NV16_ER),
            (BT709, ColorFormat::NV16_709),
            (BT709_ER, ColorFormat::NV16_709_ER),
            (BT2020, ColorFormat::NV16_2020),
        ],
    ),
    entry(
        Video::Nv24,
        ColorFormat::NV24,
        &[
            (BT601_ER, ColorFormat::NV24_ER),
            (BT709, ColorFormat::NV24_709),
            (BT709_ER, ColorFormat::NV24_709_ER),
            (BT2020, ColorFormat::NV24_2020),
        ],
    ),
    entry(Video::Y42b, ColorFormat::YUV422, &[]),
    entry(
        Video::Y444,
        ColorFormat::YUV444,
        &[
            (BT601_ER, ColorFormat::YUV444_ER),
            (BT709, ColorFormat::YUV444_709),
            (BT709_ER, ColorFormat::YUV444_709_ER),
            (BT2020, ColorFormat::YUV444_2020),
        ],
    ),
    // nvvidconv does not take these; cameras' and other elements make them.
    entry(
        Video::Vyuy,
        ColorFormat::VYUY,
        &[(BT601_ER, ColorFormat::VYUY_ER)],
    ),
    entry(
        Video::Nv21,
        ColorFormat::NV21,
        &[(BT601_ER, ColorFormat::NV21_ER)],
    ),
    entry(
        Video::Yv12,
        ColorFormat::YVU420,
        &[(BT601_ER, ColorFormat::YVU420_ER)],
    ),
    entry(Video::Rgb, ColorFormat::RGB, &[]),
    entry(Video::Bgr, ColorFormat::BGR, &[]),
    entry(Video::Bgra, ColorFormat::BGRA, &[]),
    entry(Video::Argb, ColorFormat::ARGB, &[]),
    entry(Video::Abgr, ColorFormat::ABGR, &[]),
    entry(Video::Rgbx, ColorFormat::RGBX, &[]),
    entry(Video::Xrgb, ColorFormat::XRGB, &[]),
    entry(Video::Xbgr, ColorFormat::XBGR, &[]),
    entry(Video::Gray16Le, ColorFormat::GRAY16_LE, &[]),
];

impl Entry {
    pub(super) fn has(&self, color: ColorFormat) -> bool {
        self.plain == color || self.variants.iter().any(|(_, variant)| *variant == color)
    }

    pub(super) fn is_yuv(&self) -> bool {
        self.video != Video::Gray8
    }
}
