//! The order of a pixel's bytes in memory.
#![forbid(unsafe_code)]

use crate::sys::CUeglColorFormat;

/// The order of the bytes of packed pixels in memory, whatever the driver's name of it.
///
/// The driver's names of packed formats give the bytes from the last to the first, and it had no name for
/// R, G, B, A before CUDA 9.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PixelOrder {
    /// Red first: what GStreamer calls RGBA and RGBx.
    Rgba,
    /// Blue first: what GStreamer calls BGRA and BGRx.
    Bgra,
    /// Alpha first, then red.
    Argb,
    /// Alpha first, then blue.
    Abgr,
    /// Two pixels in U, Y, V, Y.
    Uyvy,
    /// Two pixels in Y, U, Y, V.
    Yuyv,
}

impl PixelOrder {
    /// What a format's number means to a driver of a CUDA version.
    pub(crate) fn of(format: CUeglColorFormat, version: (u32, u32)) -> Option<Self> {
        Some(match format {
            CUeglColorFormat::ABGR => Self::Rgba,
            // The drivers of CUDA 8 and 9.0, which have no ABGR, say this of GStreamer's RGBA.
            CUeglColorFormat::RGBA if version < (9, 1) => Self::Rgba,
            CUeglColorFormat::RGBA => Self::Abgr,
            CUeglColorFormat::ARGB => Self::Bgra,
            CUeglColorFormat::BGRA => Self::Argb,
            CUeglColorFormat::YUYV_422 | CUeglColorFormat::YUYV_ER => Self::Uyvy,
            CUeglColorFormat::UYVY_422 | CUeglColorFormat::UYVY_ER => Self::Yuyv,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_turned_into_the_order_in_memory() {
        let of = |number, version| PixelOrder::of(CUeglColorFormat(number), version);
        for version in [(8, 0), (9, 0), (9, 1), (10, 2), (13, 2)] {
            assert_eq!(of(0x0e, version), Some(PixelOrder::Rgba));
            assert_eq!(of(0x06, version), Some(PixelOrder::Bgra));
            assert_eq!(of(0x0f, version), Some(PixelOrder::Argb));
            assert_eq!(of(0x0c, version), Some(PixelOrder::Uyvy));
            assert_eq!(of(0x0d, version), Some(PixelOrder::Yuyv));
            assert_eq!(of(0x1c, version), Some(PixelOrder::Uyvy));
            assert_eq!(of(0x1b, version), Some(PixelOrder::Yuyv));
            assert_eq!(of(0x01, version), None);
            assert_eq!(of(0xffff, version), None);
        }
        assert_eq!(of(0x07, (8, 0)), Some(PixelOrder::Rgba));
        assert_eq!(of(0x07, (9, 0)), Some(PixelOrder::Rgba));
        assert_eq!(of(0x07, (9, 1)), Some(PixelOrder::Abgr));
        assert_eq!(of(0x07, (12, 6)), Some(PixelOrder::Abgr));
    }
}
