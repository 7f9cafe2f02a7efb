//! Where the samples of a format lie, and what they mean.

#![forbid(unsafe_code)]

use nvbufsurface_sys::extended as sys;

/// One sample of each pixel, or of each group of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) plane: usize,
    /// Bytes from the start of a row to the first one.
    pub(super) offset: usize,
    /// Bytes from one to the next.
    pub(super) step: usize,
    /// Powers of two of pixels in a group.
    pub(super) horizontal: u32,
    pub(super) vertical: u32,
}

/// The meaning of the first three components.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Model {
    Rgb,
    /// Y, U, V with the weights of red and blue in Y.
    Yuv {
        red: f64,
        blue: f64,
        full: bool,
    },
}

/// What the fourth byte of a pixel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alpha {
    /// There is none.
    None,
    /// Read as opaque, written as 255.
    Unused,
    Real,
}

/// A format as the engines see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pixels {
    pub(super) model: Model,
    /// Y, U, V or R, G, B, then alpha.
    pub(super) components: [Option<Component>; 4],
    pub(super) alpha: Alpha,
    /// Bytes of a sample. Two hold 10 bits at the top.
    pub(super) bytes: usize,
    /// Whether GStreamer's bilinear scaler puts the outermost samples of a row on each other, as it
    /// does with elements of 1 and 4 bytes.
    pub(super) aligned: [bool; 4],
}

const BT601: Model = Model::Yuv {
    red: 0.299,
    blue: 0.114,
    full: false,
};
const BT601_FULL: Model = Model::Yuv {
    red: 0.299,
    blue: 0.114,
    full: true,
};
const BT709: Model = Model::Yuv {
    red: 0.2126,
    blue: 0.0722,
    full: false,
};
const BT709_FULL: Model = Model::Yuv {
    red: 0.2126,
    blue: 0.0722,
    full: true,
};
const BT2020: Model = Model::Yuv {
    red: 0.2627,
    blue: 0.0593,
    full: false,
};

const fn component(plane: usize, offset: usize, step: usize, shift: (u32, u32)) -> Component {
    Component {
        plane,
        offset,
        step,
        horizontal: shift.0,
        vertical: shift.1,
    }
}

/// Three planes; `u` and `v` are their numbers.
fn planar(model: Model, u: usize, v: usize, shift: (u32, u32)) -> Pixels {
    Pixels {
        model,
        components: [
            Some(component(0, 0, 1, (0, 0))),
            Some(component(u, 0, 1, shift)),
            Some(component(v, 0, 1, shift)),
            None,
        ],
        alpha: Alpha::None,
        bytes: 1,
        aligned: [true; 4],
    }
}

/// Y, and U and V in turns; `u` and `v` are their places.
fn semi_planar(model: Model, (u, v): (usize, usize), shift: (u32, u32), bytes: usize) -> Pixels {
    Pixels {
        model,
        components: [
            Some(component(0, 0, bytes, (0, 0))),
            Some(component(1, u * bytes, 2 * bytes, shift)),
            Some(component(1, v * bytes, 2 * bytes, shift)),
            None,
        ],
        alpha: Alpha::None,
        bytes,
        aligned: [bytes == 1, false, false, false],
    }
}

/// 4:2:2 in one plane; the places of the first Y, of U and of V.
fn packed(model: Model, [y, u, v]: [usize; 3]) -> Pixels {
    Pixels {
        model,
        components: [
            Some(component(0, y, 2, (0, 0))),
            Some(component(0, u, 4, (1, 0))),
            Some(component(0, v, 4, (1, 0))),
            None,
        ],
        alpha: Alpha::None,
        bytes: 1,
        aligned: [false; 4],
    }
}

/// Red, green, blue and perhaps a fourth byte in one plane, by their places.
fn rgb([red, green, blue]: [usize; 3], fourth: Option<usize>, alpha: Alpha) -> Pixels {
    let step = if fourth.is_some() { 4 } else { 3 };
    let at = |offset| component(0, offset, step, (0, 0));
    Pixels {
        model: Model::Rgb,
        components: [
            Some(at(red)),
            Some(at(green)),
            Some(at(blue)),
            fourth.map(at),
        ],
        alpha,
        bytes: 1,
        aligned: [step == 4; 4],
    }
}

fn gray(model: Model) -> Pixels {
    Pixels {
        components: [Some(component(0, 0, 1, (0, 0))), None, None, None],
        ..planar(model, 1, 2, (0, 0))
    }
}

/// The samples of a colour format; `None` if the engines do not transform it.
pub(super) fn find(color_format: u32) -> Option<Pixels> {
    const S420: (u32, u32) = (1, 1);
    const S422: (u32, u32) = (1, 0);
    const S444: (u32, u32) = (0, 0);
    const UV: (usize, usize) = (0, 1);
    const VU: (usize, usize) = (1, 0);
    let (real, unused) = (Alpha::Real, Alpha::Unused);
    Some(match color_format {
        sys::NVBUF_COLOR_FORMAT_GRAY8 => gray(BT601),
        sys::NVBUF_COLOR_FORMAT_GRAY8_ER => gray(BT601_FULL),
        sys::NVBUF_COLOR_FORMAT_YUV420 => planar(BT601, 1, 2, S420),
        sys::NVBUF_COLOR_FORMAT_YVU420 => planar(BT601, 2, 1, S420),
        sys::NVBUF_COLOR_FORMAT_YUV420_ER => planar(BT601_FULL, 1, 2, S420),
        sys::NVBUF_COLOR_FORMAT_YVU420_ER => planar(BT601_FULL, 2, 1, S420),
        sys::NVBUF_COLOR_FORMAT_YUV420_709 => planar(BT709, 1, 2, S420),
        sys::NVBUF_COLOR_FORMAT_YUV420_709_ER => planar(BT709_FULL, 1, 2, S420),
        sys::NVBUF_COLOR_FORMAT_YUV420_2020 => planar(BT2020, 1, 2, S420),
        sys::NVBUF_COLOR_FORMAT_YUV422 => planar(BT601, 1, 2, S422),
        sys::NVBUF_COLOR_FORMAT_YUV444 => planar(BT601, 1, 2, S444),
        sys::NVBUF_COLOR_FORMAT_NV12 => semi_planar(BT601, UV, S420, 1),
        sys::NVBUF_COLOR_FORMAT_NV21 => semi_planar(BT601, VU, S420, 1),
        sys::NVBUF_COLOR_FORMAT_NV12_ER => semi_planar(BT601_FULL, UV, S420, 1),
        sys::NVBUF_COLOR_FORMAT_NV21_ER => semi_planar(BT601_FULL, VU, S420, 1),
        sys::NVBUF_COLOR_FORMAT_NV12_709 => semi_planar(BT709, UV, S420, 1),
        sys::NVBUF_COLOR_FORMAT_NV12_709_ER => semi_planar(BT709_FULL, UV, S420, 1),
        sys::NVBUF_COLOR_FORMAT_NV12_2020 => semi_planar(BT2020, UV, S420, 1),
        sys::NVBUF_COLOR_FORMAT_NV16 => semi_planar(BT601, UV, S422, 1),
        sys::NVBUF_COLOR_FORMAT_NV24 => semi_planar(BT601, UV, S444, 1),
        sys::NVBUF_COLOR_FORMAT_NV12_10LE => semi_planar(BT601, UV, S420, 2),
        sys::NVBUF_COLOR_FORMAT_NV12_10LE_709 => semi_planar(BT709, UV, S420, 2),
        sys::NVBUF_COLOR_FORMAT_NV12_10LE_2020 => semi_planar(BT2020, UV, S420, 2),
        sys::NVBUF_COLOR_FORMAT_UYVY => packed(BT601, [1, 0, 2]),
        sys::NVBUF_COLOR_FORMAT_UYVY_ER => packed(BT601_FULL, [1, 0, 2]),
        sys::NVBUF_COLOR_FORMAT_VYUY => packed(BT601, [1, 2, 0]),
        sys::NVBUF_COLOR_FORMAT_YUYV => packed(BT601, [0, 1, 3]),
        sys::NVBUF_COLOR_FORMAT_YUYV_ER => packed(BT601_FULL, [0, 1, 3]),
        sys::NVBUF_COLOR_FORMAT_YVYU => packed(BT601, [0, 3, 1]),
        sys::NVBUF_COLOR_FORMAT_RGBA => rgb([0, 1, 2], Some(3), real),
        sys::NVBUF_COLOR_FORMAT_BGRA => rgb([2, 1, 0], Some(3), real),
        sys::NVBUF_COLOR_FORMAT_ARGB => rgb([1, 2, 3], Some(0), real),
        sys::NVBUF_COLOR_FORMAT_ABGR => rgb([3, 2, 1], Some(0), real),
        sys::NVBUF_COLOR_FORMAT_RGBx => rgb([0, 1, 2], Some(3), unused),
        sys::NVBUF_COLOR_FORMAT_BGRx => rgb([2, 1, 0], Some(3), unused),
        sys::NVBUF_COLOR_FORMAT_xRGB => rgb([1, 2, 3], Some(0), unused),
        sys::NVBUF_COLOR_FORMAT_xBGR => rgb([3, 2, 1], Some(0), unused),
        sys::NVBUF_COLOR_FORMAT_RGB => rgb([0, 1, 2], None, Alpha::None),
        sys::NVBUF_COLOR_FORMAT_BGR => rgb([2, 1, 0], None, Alpha::None),
        _ => return None,
    })
}

impl Pixels {
    /// Whether an alpha is read and written.
    pub(super) fn has_alpha(&self) -> bool {
        self.alpha == Alpha::Real
    }

    /// Powers of two of pixels that share U and V; `None` without U and V.
    pub(super) fn subsampling(&self) -> Option<(u32, u32)> {
        self.components[1].map(|c| (c.horizontal, c.vertical))
    }
}
