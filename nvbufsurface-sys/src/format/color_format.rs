#![forbid(unsafe_code)]

use super::open_enum::open_enum;
use super::shape::ChromaSubsampling::{self, NoChroma, Yuv420, Yuv422, Yuv444};
use super::shape::{PlaneShape, Shape, gray, packed, planar, semi_planar};

/// Declares the formats and what their names say of their planes.
macro_rules! color_formats {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$vdoc:meta])* $value:ident = $c:ident $(: $shape:expr)?,)*
    }) => {
        open_enum! {
            $(#[$doc])*
            $name("color format") { $($(#[$vdoc])* $value = $c,)* }
        }

        impl $name {
            fn shape(self) -> Option<&'static Shape> {
                match self {
                    $($(Self::$value => Some(const { &$shape }),)?)*
                    _ => None,
                }
            }
        }
    };
}

color_formats! {
    /// A pixel format of libnvbufsurface.
    ///
    /// The library only ever appends to its list, so numbers keep their meaning in every release.
    /// A number that has no name here is kept, and prints as `color format 200`.
    ///
    /// [`planes`](Self::planes), [`chroma_subsampling`](Self::chroma_subsampling) and
    /// [`bits`](Self::bits) are read off the names: NVIDIA's headers give nothing else. What a
    /// buffer has is in the `planeParams` that the library fills when it allocates, and those
    /// decide.
    #[doc(alias = "NvBufSurfaceColorFormat")]
    ColorFormat {
        /// No format: a raw buffer.
        INVALID = NVBUF_COLOR_FORMAT_INVALID,
        GRAY8 = NVBUF_COLOR_FORMAT_GRAY8: gray(8),
        YUV420 = NVBUF_COLOR_FORMAT_YUV420: planar(Yuv420, 8),
        YVU420 = NVBUF_COLOR_FORMAT_YVU420: planar(Yuv420, 8),
        YUV420_ER = NVBUF_COLOR_FORMAT_YUV420_ER: planar(Yuv420, 8),
        YVU420_ER = NVBUF_COLOR_FORMAT_YVU420_ER: planar(Yuv420, 8),
        NV12 = NVBUF_COLOR_FORMAT_NV12: semi_planar(Yuv420, 8),
        NV12_ER = NVBUF_COLOR_FORMAT_NV12_ER: semi_planar(Yuv420, 8),
        NV21 = NVBUF_COLOR_FORMAT_NV21: semi_planar(Yuv420, 8),
        NV21_ER = NVBUF_COLOR_FORMAT_NV21_ER: semi_planar(Yuv420, 8),
        UYVY = NVBUF_COLOR_FORMAT_UYVY: packed(Yuv422, 16, 8),
        UYVY_ER = NVBUF_COLOR_FORMAT_UYVY_ER: packed(Yuv422, 16, 8),
        VYUY = NVBUF_COLOR_FORMAT_VYUY: packed(Yuv422, 16, 8),
        VYUY_ER = NVBUF_COLOR_FORMAT_VYUY_ER: packed(Yuv422, 16, 8),
        YUYV = NVBUF_COLOR_FORMAT_YUYV: packed(Yuv422, 16, 8),
        YUYV_ER = NVBUF_COLOR_FORMAT_YUYV_ER: packed(Yuv422, 16, 8),
        YVYU = NVBUF_COLOR_FORMAT_YVYU: packed(Yuv422, 16, 8),
        YVYU_ER = NVBUF_COLOR_FORMAT_YVYU_ER: packed(Yuv422, 16, 8),
        YUV444 = NVBUF_COLOR_FORMAT_YUV444: planar(Yuv444, 8),
        RGBA = NVBUF_COLOR_FORMAT_RGBA: packed(NoChroma, 32, 8),
        BGRA = NVBUF_COLOR_FORMAT_BGRA: packed(NoChroma, 32, 8),
        ARGB = NVBUF_COLOR_FORMAT_ARGB: packed(NoChroma, 32, 8),
        ABGR = NVBUF_COLOR_FORMAT_ABGR: packed(NoChroma, 32, 8),
        RGBX = NVBUF_COLOR_FORMAT_RGBx: packed(NoChroma, 32, 8),
        BGRX = NVBUF_COLOR_FORMAT_BGRx: packed(NoChroma, 32, 8),
        XRGB = NVBUF_COLOR_FORMAT_xRGB: packed(NoChroma, 32, 8),
        XBGR = NVBUF_COLOR_FORMAT_xBGR: packed(NoChroma, 32, 8),
        RGB = NVBUF_COLOR_FORMAT_RGB: packed(NoChroma, 24, 8),
        BGR = NVBUF_COLOR_FORMAT_BGR: packed(NoChroma, 24, 8),
        NV12_10LE = NVBUF_COLOR_FORMAT_NV12_10LE: semi_planar(Yuv420, 10),
        NV12_12LE = NVBUF_COLOR_FORMAT_NV12_12LE: semi_planar(Yuv420, 12),
        YUV420_709 = NVBUF_COLOR_FORMAT_YUV420_709: planar(Yuv420, 8),
        YUV420_709_ER = NVBUF_COLOR_FORMAT_YUV420_709_ER: planar(Yuv420, 8),
        NV12_709 = NVBUF_COLOR_FORMAT_NV12_709: semi_planar(Yuv420, 8),
        NV12_709_ER = NVBUF_COLOR_FORMAT_NV12_709_ER: semi_planar(Yuv420, 8),
        YUV420_2020 = NVBUF_COLOR_FORMAT_YUV420_2020: planar(Yuv420, 8),
        NV12_2020 = NVBUF_COLOR_FORMAT_NV12_2020: semi_planar(Yuv420, 8),
        NV12_10LE_ER = NVBUF_COLOR_FORMAT_NV12_10LE_ER: semi_planar(Yuv420, 10),
        NV12_10LE_709 = NVBUF_COLOR_FORMAT_NV12_10LE_709: semi_planar(Yuv420, 10),
        NV12_10LE_709_ER = NVBUF_COLOR_FORMAT_NV12_10LE_709_ER: semi_planar(Yuv420, 10),
        NV12_10LE_2020 = NVBUF_COLOR_FORMAT_NV12_10LE_2020: semi_planar(Yuv420, 10),
        SIGNED_R16G16 = NVBUF_COLOR_FORMAT_SIGNED_R16G16: packed(NoChroma, 32, 16),
        R8_G8_B8 = NVBUF_COLOR_FORMAT_R8_G8_B8: planar(NoChroma, 8),
        B8_G8_R8 = NVBUF_COLOR_FORMAT_B8_G8_R8: planar(NoChroma, 8),
        R32F_G32F_B32F = NVBUF_COLOR_FORMAT_R32F_G32F_B32F: planar(NoChroma, 32),
        B32F_G32F_R32F = NVBUF_COLOR_FORMAT_B32F_G32F_R32F: planar(NoChroma, 32),
        YUV422 = NVBUF_COLOR_FORMAT_YUV422: planar(Yuv422, 8),
        NV21_10LE = NVBUF_COLOR_FORMAT_NV21_10LE: semi_planar(Yuv420, 10),
        NV21_12LE = NVBUF_COLOR_FORMAT_NV21_12LE: semi_planar(Yuv420, 12),
        NV12_12LE_2020 = NVBUF_COLOR_FORMAT_NV12_12LE_2020: semi_planar(Yuv420, 12),
        NV16 = NVBUF_COLOR_FORMAT_NV16: semi_planar(Yuv422, 8),
        NV16_10LE = NVBUF_COLOR_FORMAT_NV16_10LE: semi_planar(Yuv422, 10),
        NV24 = NVBUF_COLOR_FORMAT_NV24: semi_planar(Yuv444, 8),
        NV24_10LE = NVBUF_COLOR_FORMAT_NV24_10LE: semi_planar(Yuv444, 10),
        NV16_ER = NVBUF_COLOR_FORMAT_NV16_ER: semi_planar(Yuv422, 8),
        NV24_ER = NVBUF_COLOR_FORMAT_NV24_ER: semi_planar(Yuv444, 8),
        NV16_709 = NVBUF_COLOR_FORMAT_NV16_709: semi_planar(Yuv422, 8),
        NV24_709 = NVBUF_COLOR_FORMAT_NV24_709: semi_planar(Yuv444, 8),
        NV16_709_ER = NVBUF_COLOR_FORMAT_NV16_709_ER: semi_planar(Yuv422, 8),
        NV24_709_ER = NVBUF_COLOR_FORMAT_NV24_709_ER: semi_planar(Yuv444, 8),
        NV24_10LE_709 = NVBUF_COLOR_FORMAT_NV24_10LE_709: semi_planar(Yuv444, 10),
        NV24_10LE_709_ER = NVBUF_COLOR_FORMAT_NV24_10LE_709_ER: semi_planar(Yuv444, 10),
        NV24_10LE_2020 = NVBUF_COLOR_FORMAT_NV24_10LE_2020: semi_planar(Yuv444, 10),
        NV24_12LE_2020 = NVBUF_COLOR_FORMAT_NV24_12LE_2020: semi_planar(Yuv444, 12),
        RGBA_10_10_10_2_709 = NVBUF_COLOR_FORMAT_RGBA_10_10_10_2_709: packed(NoChroma, 32, 10),
        RGBA_10_10_10_2_2020 = NVBUF_COLOR_FORMAT_RGBA_10_10_10_2_2020: packed(NoChroma, 32, 10),
        BGRA_10_10_10_2_709 = NVBUF_COLOR_FORMAT_BGRA_10_10_10_2_709: packed(NoChroma, 32, 10),
        BGRA_10_10_10_2_2020 = NVBUF_COLOR_FORMAT_BGRA_10_10_10_2_2020: packed(NoChroma, 32, 10),
        A32 = NVBUF_COLOR_FORMAT_A32: gray(32),
        UYVP = NVBUF_COLOR_FORMAT_UYVP: packed(Yuv422, 20, 10),
        UYVP_ER = NVBUF_COLOR_FORMAT_UYVP_ER: packed(Yuv422, 20, 10),
        YUV444_ER = NVBUF_COLOR_FORMAT_YUV444_ER: planar(Yuv444, 8),
        YUV444_709 = NVBUF_COLOR_FORMAT_YUV444_709: planar(Yuv444, 8),
        YUV444_709_ER = NVBUF_COLOR_FORMAT_YUV444_709_ER: planar(Yuv444, 8),
        YUV444_2020 = NVBUF_COLOR_FORMAT_YUV444_2020: planar(Yuv444, 8),
        YUV444_10LE = NVBUF_COLOR_FORMAT_YUV444_10LE: planar(Yuv444, 10),
        YUV444_10LE_ER = NVBUF_COLOR_FORMAT_YUV444_10LE_ER: planar(Yuv444, 10),
        YUV444_10LE_709 = NVBUF_COLOR_FORMAT_YUV444_10LE_709: planar(Yuv444, 10),
        YUV444_10LE_709_ER = NVBUF_COLOR_FORMAT_YUV444_10LE_709_ER: planar(Yuv444, 10),
        YUV444_10LE_2020 = NVBUF_COLOR_FORMAT_YUV444_10LE_2020: planar(Yuv444, 10),
        YUV444_12LE = NVBUF_COLOR_FORMAT_YUV444_12LE: planar(Yuv444, 12),
        YUV444_12LE_ER = NVBUF_COLOR_FORMAT_YUV444_12LE_ER: planar(Yuv444, 12),
        YUV444_12LE_709 = NVBUF_COLOR_FORMAT_YUV444_12LE_709: planar(Yuv444, 12),
        YUV444_12LE_709_ER = NVBUF_COLOR_FORMAT_YUV444_12LE_709_ER: planar(Yuv444, 12),
        YUV444_12LE_2020 = NVBUF_COLOR_FORMAT_YUV444_12LE_2020: planar(Yuv444, 12),
        NV12_12LE_ER = NVBUF_COLOR_FORMAT_NV12_12LE_ER: semi_planar(Yuv420, 12),
        NV12_12LE_709 = NVBUF_COLOR_FORMAT_NV12_12LE_709: semi_planar(Yuv420, 12),
        NV12_12LE_709_ER = NVBUF_COLOR_FORMAT_NV12_12LE_709_ER: semi_planar(Yuv420, 12),
        GRAY8_ER = NVBUF_COLOR_FORMAT_GRAY8_ER: gray(8),
        UYVY_709 = NVBUF_COLOR_FORMAT_UYVY_709: packed(Yuv422, 16, 8),
        UYVY_709_ER = NVBUF_COLOR_FORMAT_UYVY_709_ER: packed(Yuv422, 16, 8),
        UYVY_2020 = NVBUF_COLOR_FORMAT_UYVY_2020: packed(Yuv422, 16, 8),
        GRAY16_LE = NVBUF_COLOR_FORMAT_GRAY16_LE: gray(16),
        BGRA64_LE = NVBUF_COLOR_FORMAT_BGRA64_LE: packed(NoChroma, 64, 16),
        NV16_2020 = NVBUF_COLOR_FORMAT_NV16_2020: semi_planar(Yuv422, 8),
        NV16_10LE_ER = NVBUF_COLOR_FORMAT_NV16_10LE_ER: semi_planar(Yuv422, 10),
        NV16_10LE_709 = NVBUF_COLOR_FORMAT_NV16_10LE_709: semi_planar(Yuv422, 10),
        NV16_10LE_709_ER = NVBUF_COLOR_FORMAT_NV16_10LE_709_ER: semi_planar(Yuv422, 10),
        NV16_10LE_2020 = NVBUF_COLOR_FORMAT_NV16_10LE_2020: semi_planar(Yuv422, 10),
        NV16_12LE = NVBUF_COLOR_FORMAT_NV16_12LE: semi_planar(Yuv422, 12),
        NV16_12LE_ER = NVBUF_COLOR_FORMAT_NV16_12LE_ER: semi_planar(Yuv422, 12),
        NV16_12LE_709 = NVBUF_COLOR_FORMAT_NV16_12LE_709: semi_planar(Yuv422, 12),
        NV16_12LE_709_ER = NVBUF_COLOR_FORMAT_NV16_12LE_709_ER: semi_planar(Yuv422, 12),
        NV16_12LE_2020 = NVBUF_COLOR_FORMAT_NV16_12LE_2020: semi_planar(Yuv422, 12),
        NV24_2020 = NVBUF_COLOR_FORMAT_NV24_2020: semi_planar(Yuv444, 8),
        NV24_10LE_ER = NVBUF_COLOR_FORMAT_NV24_10LE_ER: semi_planar(Yuv444, 10),
        NV24_12LE = NVBUF_COLOR_FORMAT_NV24_12LE: semi_planar(Yuv444, 12),
        NV24_12LE_ER = NVBUF_COLOR_FORMAT_NV24_12LE_ER: semi_planar(Yuv444, 12),
        NV24_12LE_709 = NVBUF_COLOR_FORMAT_NV24_12LE_709: semi_planar(Yuv444, 12),
        NV24_12LE_709_ER = NVBUF_COLOR_FORMAT_NV24_12LE_709_ER: semi_planar(Yuv444, 12),
        UYVP_709 = NVBUF_COLOR_FORMAT_UYVP_709: packed(Yuv422, 20, 10),
        UYVP_709_ER = NVBUF_COLOR_FORMAT_UYVP_709_ER: packed(Yuv422, 20, 10),
        UYVP_2020 = NVBUF_COLOR_FORMAT_UYVP_2020: packed(Yuv422, 20, 10),
    }
}

impl ColorFormat {
    /// The planes that the name stands for; `None` for [`INVALID`](Self::INVALID) and unknown
    /// numbers.
    ///
    /// Pitch and offset are the library's choice, and `planeParams` of an allocated buffer decides.
    pub fn planes(self) -> Option<&'static [PlaneShape]> {
        self.shape().map(Shape::planes)
    }

    /// The number of [`planes`](Self::planes).
    pub fn num_planes(self) -> Option<u32> {
        u32::try_from(self.planes()?.len()).ok()
    }

    /// The chroma samples that the name stands for; `None` for [`INVALID`](Self::INVALID) and
    /// unknown numbers.
    pub fn chroma_subsampling(self) -> Option<ChromaSubsampling> {
        self.shape().map(|shape| shape.chroma)
    }

    /// Significant bits of one component, as the name says: 8, 10, 12, 16 or 32. `None` for
    /// [`INVALID`](Self::INVALID) and unknown numbers.
    ///
    /// Of `RGBA_10_10_10_2` it is the 10 of a colour. Where 10 and 12 bits lie in their 16 the
    /// headers do not say.
    pub fn bits(self) -> Option<u32> {
        self.shape().map(|shape| shape.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planes(format: ColorFormat) -> Vec<(u32, u32, u32)> {
        let planes = format.planes().unwrap();
        assert_eq!(format.num_planes(), u32::try_from(planes.len()).ok());
        planes
            .iter()
            .map(|plane| (plane.width_divisor, plane.height_divisor, plane.bits))
            .collect()
    }

    #[test]
    fn unknown_values_survive_and_print_their_number() {
        let future = ColorFormat::from(4711);
        assert_eq!(u32::from(future), 4711);
        assert_eq!(future.name(), None);
        assert_eq!(future.to_string(), "color format 4711");
        assert_eq!(format!("{:?}", ColorFormat(200)), "color format 200");
        assert_eq!(ColorFormat::RGBA.to_string(), "RGBA");
        assert_eq!(format!("{:?}", ColorFormat::RGBX), "RGBX");
    }

    #[test]
    fn nothing_is_known_of_no_format_and_of_unknown_ones() {
        for format in [ColorFormat::INVALID, ColorFormat(4711)] {
            assert_eq!(format.planes(), None);
            assert_eq!(format.num_planes(), None);
            assert_eq!(format.chroma_subsampling(), None);
            assert_eq!(format.bits(), None);
        }
    }

    #[test]
    fn planes_of_each_kind() {
        use ColorFormat as F;
        for (format, expected) in [
            (F::GRAY8, &[(1, 1, 8)][..]),
            (F::GRAY16_LE, &[(1, 1, 16)]),
            (F::A32, &[(1, 1, 32)]),
            (F::RGB, &[(1, 1, 24)]),
            (F::RGBA, &[(1, 1, 32)]),
            (F::RGBA_10_10_10_2_709, &[(1, 1, 32)]),
            (F::BGRA64_LE, &[(1, 1, 64)]),
            (F::SIGNED_R16G16, &[(1, 1, 32)]),
            (F::UYVY, &[(1, 1, 16)]),
            (F::UYVP, &[(1, 1, 20)]),
            (F::NV12, &[(1, 1, 8), (2, 2, 16)]),
            (F::NV12_10LE, &[(1, 1, 16), (2, 2, 32)]),
            (F::NV16, &[(1, 1, 8), (2, 1, 16)]),
            (F::NV24_12LE, &[(1, 1, 16), (1, 1, 32)]),
            (F::YUV420, &[(1, 1, 8), (2, 2, 8), (2, 2, 8)]),
            (F::YUV422, &[(1, 1, 8), (2, 1, 8), (2, 1, 8)]),
            (F::YUV444_10LE, &[(1, 1, 16), (1, 1, 16), (1, 1, 16)]),
            (F::R8_G8_B8, &[(1, 1, 8), (1, 1, 8), (1, 1, 8)]),
            (F::R32F_G32F_B32F, &[(1, 1, 32), (1, 1, 32), (1, 1, 32)]),
        ] {
            assert_eq!(planes(format), expected, "{format}");
        }
    }
}
