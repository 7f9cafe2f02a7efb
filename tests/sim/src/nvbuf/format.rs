//! The formats: planes in memory, and what CUDA calls them.

#![forbid(unsafe_code)]

use nvbufsurface_sys::classic::NvBufSurfacePlaneParams;
use nvbufsurface_sys::extended as sys;

/// Pitch alignment on Jetson.
const PITCH: u32 = 256;
/// More than any engine takes; keeps the sums below within 32 bits.
const MAX_SIDE: u32 = 16384;

/// One plane: width and height divisors against the picture, bytes per element.
type Plane = (u32, u32, u32);

/// A format.
#[derive(Debug)]
pub(crate) struct Format {
    planes: &'static [Plane],
    /// `CUeglColorFormat`, if CUDA has one that is known here.
    pub(crate) egl_color_format: Option<u32>,
    /// `numChannels` of a `CUeglFrame`.
    pub(crate) channels: u32,
    /// `CUarray_format`.
    pub(crate) cu_format: u32,
}

const U8: u32 = 1;
const U16: u32 = 2;

const ONE: &[Plane] = &[(1, 1, 1)];
const PACKED_422: &[Plane] = &[(1, 1, 2)];
/// Five bytes for two pixels: an element is a pair.
const PAIRS_422: &[Plane] = &[(2, 1, 5)];
const RGB: &[Plane] = &[(1, 1, 3)];
const RGBA: &[Plane] = &[(1, 1, 4)];
const PLANAR_420: &[Plane] = &[(1, 1, 1), (2, 2, 1), (2, 2, 1)];
const PLANAR_422: &[Plane] = &[(1, 1, 1), (2, 1, 1), (2, 1, 1)];
const PLANAR_444: &[Plane] = &[(1, 1, 1), (1, 1, 1), (1, 1, 1)];
const PLANAR_444_16: &[Plane] = &[(1, 1, 2), (1, 1, 2), (1, 1, 2)];
const PLANAR_444_32: &[Plane] = &[(1, 1, 4), (1, 1, 4), (1, 1, 4)];
const SEMI_PLANAR: &[Plane] = &[(1, 1, 1), (2, 2, 2)];
const SEMI_PLANAR_16: &[Plane] = &[(1, 1, 2), (2, 2, 4)];
const SEMI_PLANAR_422: &[Plane] = &[(1, 1, 1), (2, 1, 2)];
const SEMI_PLANAR_422_16: &[Plane] = &[(1, 1, 2), (2, 1, 4)];
const SEMI_PLANAR_444: &[Plane] = &[(1, 1, 1), (1, 1, 2)];
const SEMI_PLANAR_444_16: &[Plane] = &[(1, 1, 2), (1, 1, 4)];
const ONE_16: &[Plane] = &[(1, 1, 2)];
const ONE_64: &[Plane] = &[(1, 1, 8)];

/// Looks a colour format up; `None` if the simulator does not know it.
pub(crate) fn find(color_format: u32) -> Option<Format> {
    let (planes, egl_color_format, channels, cu_format) = match color_format {
        sys::NVBUF_COLOR_FORMAT_GRAY8 => (ONE, 0x52, 1, U8),
        sys::NVBUF_COLOR_FORMAT_YUV420 => (PLANAR_420, 0x00, 1, U8),
        sys::NVBUF_COLOR_FORMAT_YVU420 => (PLANAR_420, 0x43, 1, U8),
        sys::NVBUF_COLOR_FORMAT_YUV420_ER => (PLANAR_420, 0x23, 1, U8),
        sys::NVBUF_COLOR_FORMAT_YVU420_ER => (PLANAR_420, 0x29, 1, U8),
        sys::NVBUF_COLOR_FORMAT_YUV420_709 => (PLANAR_420, 0x59, 1, U8),
        sys::NVBUF_COLOR_FORMAT_YUV420_2020 => (PLANAR_420, 0x55, 1, U8),
        sys::NVBUF_COLOR_FORMAT_NV12 => (SEMI_PLANAR, 0x01, 1, U8),
        sys::NVBUF_COLOR_FORMAT_NV12_ER => (SEMI_PLANAR, 0x26, 1, U8),
        sys::NVBUF_COLOR_FORMAT_NV12_709 => (SEMI_PLANAR, 0x57, 1, U8),
        // CUDA has no value of its own for full-range BT.709 here.
        sys::NVBUF_COLOR_FORMAT_NV12_709_ER => (SEMI_PLANAR, 0x26, 1, U8),
        sys::NVBUF_COLOR_FORMAT_NV12_2020 => (SEMI_PLANAR, 0x53, 1, U8),
        sys::NVBUF_COLOR_FORMAT_NV21 => (SEMI_PLANAR, 0x15, 1, U8),
        sys::NVBUF_COLOR_FORMAT_NV21_ER => (SEMI_PLANAR, 0x2c, 1, U8),
        sys::NVBUF_COLOR_FORMAT_NV12_10LE => (SEMI_PLANAR_16, 0x17, 1, U16),
        sys::NVBUF_COLOR_FORMAT_NV12_10LE_ER => (SEMI_PLANAR_16, 0x6a, 1, U16),
        sys::NVBUF_COLOR_FORMAT_NV12_10LE_709 => (SEMI_PLANAR_16, 0x5b, 1, U16),
        sys::NVBUF_COLOR_FORMAT_NV12_10LE_709_ER => (SEMI_PLANAR_16, 0x6b, 1, U16),
        sys::NVBUF_COLOR_FORMAT_NV12_10LE_2020 => (SEMI_PLANAR_16, 0x5c, 1, U16),
        sys::NVBUF_COLOR_FORMAT_NV12_12LE => (SEMI_PLANAR_16, 0x19, 1, U16),
        sys::NVBUF_COLOR_FORMAT_UYVY => (PACKED_422, 0x0c, 2, U8),
        sys::NVBUF_COLOR_FORMAT_YUYV => (PACKED_422, 0x0d, 2, U8),
        sys::NVBUF_COLOR_FORMAT_UYVY_ER => (PACKED_422, 0x1c, 2, U8),
        sys::NVBUF_COLOR_FORMAT_YUYV_ER => (PACKED_422, 0x1b, 2, U8),
        sys::NVBUF_COLOR_FORMAT_YUV422 => (PLANAR_422, 0x02, 1, U8),
        sys::NVBUF_COLOR_FORMAT_YUV444 => (PLANAR_444, 0x0a, 1, U8),
        sys::NVBUF_COLOR_FORMAT_RGBA | sys::NVBUF_COLOR_FORMAT_RGBx => (RGBA, 0x0e, 4, U8),
        sys::NVBUF_COLOR_FORMAT_BGRA | sys::NVBUF_COLOR_FORMAT_BGRx => (RGBA, 0x06, 4, U8),
        sys::NVBUF_COLOR_FORMAT_ARGB | sys::NVBUF_COLOR_FORMAT_xRGB => (RGBA, 0x0f, 4, U8),
        sys::NVBUF_COLOR_FORMAT_ABGR | sys::NVBUF_COLOR_FORMAT_xBGR => (RGBA, 0x07, 4, U8),
        sys::NVBUF_COLOR_FORMAT_RGB => (RGB, 0x04, 3, U8),
        sys::NVBUF_COLOR_FORMAT_BGR => (RGB, 0x05, 3, U8),
        other => return outside_cuda(other),
    };
    Some(Format {
        planes,
        egl_color_format: Some(egl_color_format),
        channels,
        cu_format,
    })
}

/// The formats whose name in CUDA is not known here.
fn outside_cuda(color_format: u32) -> Option<Format> {
    let planes = match color_format {
        sys::NVBUF_COLOR_FORMAT_VYUY
        | sys::NVBUF_COLOR_FORMAT_VYUY_ER
        | sys::NVBUF_COLOR_FORMAT_YVYU
        | sys::NVBUF_COLOR_FORMAT_YVYU_ER
        | sys::NVBUF_COLOR_FORMAT_UYVY_709..=sys::NVBUF_COLOR_FORMAT_UYVY_2020 => PACKED_422,
        sys::NVBUF_COLOR_FORMAT_UYVP
        | sys::NVBUF_COLOR_FORMAT_UYVP_ER
        | sys::NVBUF_COLOR_FORMAT_UYVP_709..=sys::NVBUF_COLOR_FORMAT_UYVP_2020 => PAIRS_422,
        sys::NVBUF_COLOR_FORMAT_GRAY8_ER => ONE,
        sys::NVBUF_COLOR_FORMAT_GRAY16_LE => ONE_16,
        sys::NVBUF_COLOR_FORMAT_BGRA64_LE => ONE_64,
        sys::NVBUF_COLOR_FORMAT_SIGNED_R16G16
        | sys::NVBUF_COLOR_FORMAT_RGBA_10_10_10_2_709..=sys::NVBUF_COLOR_FORMAT_A32 => RGBA,
        sys::NVBUF_COLOR_FORMAT_YUV420_709_ER => PLANAR_420,
        sys::NVBUF_COLOR_FORMAT_R8_G8_B8
        | sys::NVBUF_COLOR_FORMAT_B8_G8_R8
        | sys::NVBUF_COLOR_FORMAT_YUV444_ER..=sys::NVBUF_COLOR_FORMAT_YUV444_2020 => PLANAR_444,
        sys::NVBUF_COLOR_FORMAT_R32F_G32F_B32F | sys::NVBUF_COLOR_FORMAT_B32F_G32F_R32F => {
            PLANAR_444_32
        }
        sys::NVBUF_COLOR_FORMAT_YUV444_10LE..=sys::NVBUF_COLOR_FORMAT_YUV444_12LE_2020 => {
            PLANAR_444_16
        }
        sys::NVBUF_COLOR_FORMAT_NV21_10LE
        | sys::NVBUF_COLOR_FORMAT_NV21_12LE
        | sys::NVBUF_COLOR_FORMAT_NV12_12LE_2020
        | sys::NVBUF_COLOR_FORMAT_NV12_12LE_ER..=sys::NVBUF_COLOR_FORMAT_NV12_12LE_709_ER => {
            SEMI_PLANAR_16
        }
        sys::NVBUF_COLOR_FORMAT_NV16
        | sys::NVBUF_COLOR_FORMAT_NV16_ER
        | sys::NVBUF_COLOR_FORMAT_NV16_709
        | sys::NVBUF_COLOR_FORMAT_NV16_709_ER
        | sys::NVBUF_COLOR_FORMAT_NV16_2020 => SEMI_PLANAR_422,
        sys::NVBUF_COLOR_FORMAT_NV16_10LE
        | sys::NVBUF_COLOR_FORMAT_NV16_10LE_ER..=sys::NVBUF_COLOR_FORMAT_NV16_12LE_2020 => {
            SEMI_PLANAR_422_16
        }
        sys::NVBUF_COLOR_FORMAT_NV24
        | sys::NVBUF_COLOR_FORMAT_NV24_ER
        | sys::NVBUF_COLOR_FORMAT_NV24_709
        | sys::NVBUF_COLOR_FORMAT_NV24_709_ER
        | sys::NVBUF_COLOR_FORMAT_NV24_2020 => SEMI_PLANAR_444,
        sys::NVBUF_COLOR_FORMAT_NV24_10LE
        | sys::NVBUF_COLOR_FORMAT_NV24_10LE_709..=sys::NVBUF_COLOR_FORMAT_NV24_12LE_2020
        | sys::NVBUF_COLOR_FORMAT_NV24_10LE_ER..=sys::NVBUF_COLOR_FORMAT_NV24_12LE_709_ER => {
            SEMI_PLANAR_444_16
        }
        _ => return None,
    };
    Some(Format {
        planes,
        egl_color_format: None,
        channels: 0,
        cu_format: 0,
    })
}

impl Format {
    /// Pixels of the picture in a row of the first plane, per element of the row.
    pub(crate) fn pixels_per_element(&self) -> u32 {
        self.planes[0].0
    }

    /// The planes of a picture, page-aligned with a page between them that stays inaccessible,
    /// and the size of all; `None` if a side is 0 or too long.
    pub(crate) fn lay_out(
        &self,
        width: u32,
        height: u32,
        page: u32,
    ) -> Option<(NvBufSurfacePlaneParams, u32)> {
        let sides = 1..=MAX_SIDE;
        if !sides.contains(&width) || !sides.contains(&height) {
            return None;
        }
        let mut params = empty_planes();
        params.num_planes = u32::try_from(self.planes.len()).ok()?;
        let mut end = 0u32;
        for (i, (horizontal, vertical, bytes)) in self.planes.iter().enumerate() {
            params.width[i] = width.div_ceil(*horizontal);
            params.height[i] = height.div_ceil(*vertical);
            params.bytesPerPix[i] = *bytes;
            params.pitch[i] = (params.width[i] * bytes).next_multiple_of(PITCH);
            params.offset[i] = if i == 0 { 0 } else { end.checked_add(page)? };
            let size = params.pitch[i].checked_mul(params.height[i])?;
            params.psize[i] = size.checked_next_multiple_of(page)?;
            end = params.offset[i].checked_add(params.psize[i])?;
        }
        Some((params, end))
    }
}

/// The one plane of a raw buffer.
pub(crate) fn raw(size: u32, page: u32) -> Option<(NvBufSurfacePlaneParams, u32)> {
    let mut params = empty_planes();
    params.num_planes = 1;
    params.width[0] = size;
    params.height[0] = 1;
    params.pitch[0] = size;
    params.bytesPerPix[0] = 1;
    params.psize[0] = size.checked_next_multiple_of(page)?;
    Some((params, params.psize[0]))
}

fn empty_planes() -> NvBufSurfacePlaneParams {
    NvBufSurfacePlaneParams {
        num_planes: 0,
        width: [0; 4],
        height: [0; 4],
        pitch: [0; 4],
        offset: [0; 4],
        psize: [0; 4],
        bytesPerPix: [0; 4],
        _reserved: [std::ptr::null_mut(); 16],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pitch_and_offsets_follow_the_rules() {
        let format = find(sys::NVBUF_COLOR_FORMAT_NV12).unwrap();
        let (planes, size) = format.lay_out(1279, 719, 4096).unwrap();
        assert_eq!(planes.num_planes, 2);
        assert_eq!(planes.width[..2], [1279, 640]);
        assert_eq!(planes.height[..2], [719, 360]);
        assert_eq!(planes.pitch[..2], [1280, 1280]);
        assert!(planes.offset[1] >= planes.psize[0] && planes.offset[1].is_multiple_of(4096));
        assert_eq!(size, planes.offset[1] + planes.psize[1]);
    }

    #[test]
    fn all_formats_are_simulated() {
        let missing: Vec<_> = (1..sys::NVBUF_COLOR_FORMAT_LAST)
            .filter(|format| find(*format).is_none())
            .collect();
        assert_eq!(missing, [0; 0]);
    }

    #[test]
    fn two_pixels_of_uyvp_are_five_bytes() {
        let format = find(sys::NVBUF_COLOR_FORMAT_UYVP).unwrap();
        let (planes, _) = format.lay_out(1919, 4, 4096).unwrap();
        assert_eq!((planes.width[0], planes.bytesPerPix[0]), (960, 5));
        assert_eq!((planes.height[0], planes.pitch[0]), (4, 4864));
    }

    #[test]
    fn impossible_sides_are_refused() {
        let format = find(sys::NVBUF_COLOR_FORMAT_RGBA).unwrap();
        assert!(format.lay_out(0, 16, 4096).is_none());
        assert!(format.lay_out(16, MAX_SIDE + 1, 4096).is_none());
        assert!(format.lay_out(MAX_SIDE, MAX_SIDE, 4096).is_some());
    }
}
