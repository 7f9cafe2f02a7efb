#![forbid(unsafe_code)]

/// One plane of a format: its size against that of the picture, and the bits of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlaneShape {
    /// The picture's width by the plane's, both in elements.
    pub width_divisor: u32,
    /// The picture's height by the plane's, both in rows.
    pub height_divisor: u32,
    /// Bits of one element, padding included: 16 for a pair of 8-bit chroma samples.
    ///
    /// Not always whole bytes: UYVP has 20.
    pub bits: u32,
}

/// How many chroma samples a format has for its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChromaSubsampling {
    /// No chroma at all: gray, alpha, RGB.
    NoChroma,
    /// 4:2:0: a pair of samples for two by two pixels.
    Yuv420,
    /// 4:2:2: a pair of samples for two pixels side by side.
    Yuv422,
    /// 4:4:4: a pair of samples for every pixel.
    Yuv444,
}

impl ChromaSubsampling {
    /// Divisors of the width and the height of a chroma plane.
    const fn divisors(self) -> (u32, u32) {
        match self {
            Self::Yuv420 => (2, 2),
            Self::Yuv422 => (2, 1),
            Self::Yuv444 | Self::NoChroma => (1, 1),
        }
    }
}

/// What the name of a format says.
#[derive(Debug)]
pub(super) struct Shape {
    planes: [PlaneShape; 3],
    num_planes: usize,
    pub(super) chroma: ChromaSubsampling,
    /// Significant bits of one component.
    pub(super) bits: u32,
}

impl Shape {
    pub(super) fn planes(&self) -> &[PlaneShape] {
        &self.planes[..self.num_planes]
    }
}

/// Bits that a component of its own takes in memory.
const fn padded(bits: u32) -> u32 {
    match bits {
        0..=8 => 8,
        9..=16 => 16,
        _ => 32,
    }
}

/// One plane of whole pixels; `pixel` bits for each, of which a component has `bits`.
pub(super) const fn packed(chroma: ChromaSubsampling, pixel: u32, bits: u32) -> Shape {
    let plane = PlaneShape {
        width_divisor: 1,
        height_divisor: 1,
        bits: pixel,
    };
    Shape {
        planes: [plane; 3],
        num_planes: 1,
        chroma,
        bits,
    }
}

/// One component alone.
pub(super) const fn gray(bits: u32) -> Shape {
    packed(ChromaSubsampling::NoChroma, bits, bits)
}

/// A plane for each of three components.
pub(super) const fn planar(chroma: ChromaSubsampling, bits: u32) -> Shape {
    with_chroma(chroma, bits, 3, padded(bits))
}

/// Luma, then chroma samples in pairs.
pub(super) const fn semi_planar(chroma: ChromaSubsampling, bits: u32) -> Shape {
    with_chroma(chroma, bits, 2, 2 * padded(bits))
}

const fn with_chroma(
    chroma: ChromaSubsampling,
    bits: u32,
    num_planes: usize,
    element: u32,
) -> Shape {
    let mut shape = packed(chroma, padded(bits), bits);
    let (width_divisor, height_divisor) = chroma.divisors();
    let plane = PlaneShape {
        width_divisor,
        height_divisor,
        bits: element,
    };
    shape.planes = [shape.planes[0], plane, plane];
    shape.num_planes = num_planes;
    shape
}
