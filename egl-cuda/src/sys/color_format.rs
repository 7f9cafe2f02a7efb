//! Color formats of EGL frames.
#![forbid(unsafe_code)]

use std::ffi::c_uint;

/// The meaning of a frame's pixels.
///
/// Open: newer drivers add values (Bayer, 10 and 12-bit, further colorimetry), which are kept as
/// they are. Never compare with a maximum. For packed RGB and 4:2:2 the name gives the bytes in the
/// reverse of their order in memory.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CUeglColorFormat(pub c_uint);

impl CUeglColorFormat {
    /// I420.
    pub const YUV420_PLANAR: Self = Self(0x00);
    /// NV12.
    pub const YUV420_SEMIPLANAR: Self = Self(0x01);
    /// YUV422 planar.
    pub const YUV422_PLANAR: Self = Self(0x02);
    /// YUV422 semiplanar.
    pub const YUV422_SEMIPLANAR: Self = Self(0x03);
    /// RGB.
    pub const RGB: Self = Self(0x04);
    /// BGR.
    pub const BGR: Self = Self(0x05);
    /// Bytes B, G, R, A in memory: GStreamer's BGRA and BGRx.
    pub const ARGB: Self = Self(0x06);
    /// Bytes A, B, G, R in memory; CUDA 8 and 9.0 say this of GStreamer's RGBA too.
    pub const RGBA: Self = Self(0x07);
    /// L.
    pub const L: Self = Self(0x08);
    /// R.
    pub const R: Self = Self(0x09);
    /// YUV444 planar.
    pub const YUV444_PLANAR: Self = Self(0x0a);
    /// YUV444 semiplanar.
    pub const YUV444_SEMIPLANAR: Self = Self(0x0b);
    /// Bytes U, Y, V, Y in memory: GStreamer's UYVY.
    pub const YUYV_422: Self = Self(0x0c);
    /// Bytes Y, U, Y, V in memory: GStreamer's YUY2.
    pub const UYVY_422: Self = Self(0x0d);
    /// Bytes R, G, B, A in memory: GStreamer's RGBA and RGBx.
    pub const ABGR: Self = Self(0x0e);
    /// Bytes A, R, G, B in memory.
    pub const BGRA: Self = Self(0x0f);
    /// A.
    pub const A: Self = Self(0x10);
    /// RG.
    pub const RG: Self = Self(0x11);
    /// AYUV.
    pub const AYUV: Self = Self(0x12);
    /// YVU444 semiplanar.
    pub const YVU444_SEMIPLANAR: Self = Self(0x13);
    /// YVU422 semiplanar.
    pub const YVU422_SEMIPLANAR: Self = Self(0x14);
    /// NV21.
    pub const YVU420_SEMIPLANAR: Self = Self(0x15);
    /// Y10V10U10 444 semiplanar.
    pub const Y10V10U10_444_SEMIPLANAR: Self = Self(0x16);
    /// Y10V10U10 420 semiplanar.
    pub const Y10V10U10_420_SEMIPLANAR: Self = Self(0x17);
    /// Y12V12U12 444 semiplanar.
    pub const Y12V12U12_444_SEMIPLANAR: Self = Self(0x18);
    /// Y12V12U12 420 semiplanar.
    pub const Y12V12U12_420_SEMIPLANAR: Self = Self(0x19);
    /// VYUY, full range.
    pub const VYUY_ER: Self = Self(0x1a);
    /// UYVY, full range.
    pub const UYVY_ER: Self = Self(0x1b);
    /// YUYV, full range.
    pub const YUYV_ER: Self = Self(0x1c);
    /// YVYU, full range.
    pub const YVYU_ER: Self = Self(0x1d);
    /// YUV, full range.
    pub const YUV_ER: Self = Self(0x1e);
    /// YUVA, full range.
    pub const YUVA_ER: Self = Self(0x1f);
    /// AYUV, full range.
    pub const AYUV_ER: Self = Self(0x20);
    /// YUV444 planar, full range.
    pub const YUV444_PLANAR_ER: Self = Self(0x21);
    /// YUV422 planar, full range.
    pub const YUV422_PLANAR_ER: Self = Self(0x22);
    /// I420, full range.
    pub const YUV420_PLANAR_ER: Self = Self(0x23);
    /// YUV444 semiplanar, full range.
    pub const YUV444_SEMIPLANAR_ER: Self = Self(0x24);
    /// YUV422 semiplanar, full range.
    pub const YUV422_SEMIPLANAR_ER: Self = Self(0x25);
    /// NV12, full range.
    pub const YUV420_SEMIPLANAR_ER: Self = Self(0x26);
    /// YVU444 planar, full range.
    pub const YVU444_PLANAR_ER: Self = Self(0x27);
    /// YVU422 planar, full range.
    pub const YVU422_PLANAR_ER: Self = Self(0x28);
    /// YVU420 planar, full range.
    pub const YVU420_PLANAR_ER: Self = Self(0x29);
    /// YVU444 semiplanar, full range.
    pub const YVU444_SEMIPLANAR_ER: Self = Self(0x2a);
    /// YVU422 semiplanar, full range.
    pub const YVU422_SEMIPLANAR_ER: Self = Self(0x2b);
    /// NV21, full range.
    pub const YVU420_SEMIPLANAR_ER: Self = Self(0x2c);
    /// YVU444 planar.
    pub const YVU444_PLANAR: Self = Self(0x41);
    /// YVU422 planar.
    pub const YVU422_PLANAR: Self = Self(0x42);
    /// YV12.
    pub const YVU420_PLANAR: Self = Self(0x43);
    /// GRAY8.
    pub const Y: Self = Self(0x52);
    /// NV12, BT.2020.
    pub const YUV420_SEMIPLANAR_2020: Self = Self(0x53);
    /// YVU420 semiplanar, BT.2020.
    pub const YVU420_SEMIPLANAR_2020: Self = Self(0x54);
    /// YUV420 planar, BT.2020.
    pub const YUV420_PLANAR_2020: Self = Self(0x55);
    /// YVU420 planar, BT.2020.
    pub const YVU420_PLANAR_2020: Self = Self(0x56);
    /// NV12, BT.709.
    pub const YUV420_SEMIPLANAR_709: Self = Self(0x57);
    /// YVU420 semiplanar, BT.709.
    pub const YVU420_SEMIPLANAR_709: Self = Self(0x58);
    /// I420, BT.709.
    pub const YUV420_PLANAR_709: Self = Self(0x59);
    /// YVU420 planar, BT.709.
    pub const YVU420_PLANAR_709: Self = Self(0x5a);
    /// Y, full range.
    pub const Y_ER: Self = Self(0x60);
    /// Y, BT.709, full range.
    pub const Y_709_ER: Self = Self(0x61);
    /// YUVA.
    pub const YUVA: Self = Self(0x66);
    /// YUV.
    pub const YUV: Self = Self(0x67);
    /// YVYU.
    pub const YVYU: Self = Self(0x68);
    /// VYUY.
    pub const VYUY: Self = Self(0x69);
}
