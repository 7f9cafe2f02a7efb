#![forbid(unsafe_code)]

use std::fmt;

use nvbufsurface_sys::classic as c;

use crate::error::{Error, ErrorKind, Result};

/// Rotation or reflection.
///
/// That rotations turn to the left is how NVIDIA's elements use the numbers; the header does not
/// say it.
#[doc(alias = "NvBufSurfTransform_Flip")]
#[doc(alias = "NvBufferTransform_Flip")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Flip {
    /// As it is.
    #[default]
    None = c::NvBufSurfTransform_None,
    /// 90 degrees to the left.
    Rotate90 = c::NvBufSurfTransform_Rotate90,
    /// 180 degrees.
    Rotate180 = c::NvBufSurfTransform_Rotate180,
    /// 270 degrees to the left.
    Rotate270 = c::NvBufSurfTransform_Rotate270,
    /// Left and right changed.
    FlipX = c::NvBufSurfTransform_FlipX,
    /// Top and bottom changed.
    FlipY = c::NvBufSurfTransform_FlipY,
    /// Rows become columns, the upper left stays.
    Transpose = c::NvBufSurfTransform_Transpose,
    /// Rows become columns, the upper right stays.
    InvTranspose = c::NvBufSurfTransform_InvTranspose,
}

impl Flip {
    /// Whether rows become columns, so that width and height change places.
    pub fn swaps_axes(self) -> bool {
        matches!(
            self,
            Self::Rotate90 | Self::Rotate270 | Self::Transpose | Self::InvTranspose
        )
    }
}

/// Interpolation when scaling. What the algorithms are differs between GPU and VIC.
///
/// A number that has no name here is passed on; the library may refuse it.
#[doc(alias = "NvBufSurfTransform_Inter")]
#[doc(alias = "NvBufferTransform_Filter")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Filter(pub u32);

impl Filter {
    /// The nearest pixel.
    pub const NEAREST: Self = Self(c::NvBufSurfTransformInter_Nearest);
    /// Bilinear.
    pub const BILINEAR: Self = Self(c::NvBufSurfTransformInter_Bilinear);
    /// GPU: cubic. VIC: 5 taps.
    pub const ALGO1: Self = Self(c::NvBufSurfTransformInter_Algo1);
    /// GPU: super sampling. VIC: 10 taps.
    pub const ALGO2: Self = Self(c::NvBufSurfTransformInter_Algo2);
    /// GPU: Lanczos. VIC: smart.
    pub const ALGO3: Self = Self(c::NvBufSurfTransformInter_Algo3);
    /// GPU: not used. VIC: nicest.
    pub const ALGO4: Self = Self(c::NvBufSurfTransformInter_Algo4);
    /// The library's choice: nearest.
    pub const DEFAULT: Self = Self(c::NvBufSurfTransformInter_Default);
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            Self::NEAREST => "NEAREST",
            Self::BILINEAR => "BILINEAR",
            Self::ALGO1 => "ALGO1",
            Self::ALGO2 => "ALGO2",
            Self::ALGO3 => "ALGO3",
            Self::ALGO4 => "ALGO4",
            Self::DEFAULT => "DEFAULT",
            Self(number) => return write!(f, "Filter({number})"),
        };
        f.write_str(name)
    }
}

/// The engine that transforms.
#[doc(alias = "NvBufSurfTransform_Compute")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Compute {
    /// The VIC on Jetson, the GPU elsewhere.
    #[default]
    Default = c::NvBufSurfTransformCompute_Default,
    /// The GPU: CUDA memory, and SURFACE_ARRAY through EGL; writes pitch-linear surfaces only. The thread
    /// has to have a CUDA context: without one a process on JetPack 6 was reported to abort.
    Gpu = c::NvBufSurfTransformCompute_GPU,
    /// The video image compositor of a Jetson: SURFACE_ARRAY only, scales by 1/16 to 16.
    Vic = c::NvBufSurfTransformCompute_VIC,
}

impl Compute {
    /// The engine of a number of the library's, if it has a name here.
    pub(super) fn of(number: u32) -> Option<Self> {
        let all = [Self::Default, Self::Gpu, Self::Vic];
        all.into_iter().find(|compute| *compute as u32 == number)
    }
}

/// Red, green, blue and alpha, 0 to 1 each.
#[doc(alias = "NvBufSurfTransform_ColorParams")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Color {
    /// Red.
    pub red: f64,
    /// Green.
    pub green: f64,
    /// Blue.
    pub blue: f64,
    /// Alpha: 1 is opaque.
    pub alpha: f64,
}

impl Color {
    /// An opaque colour.
    pub const fn rgb(red: f64, green: f64, blue: f64) -> Self {
        Self {
            red,
            green,
            blue,
            alpha: 1.,
        }
    }

    pub(super) fn check(self, call: &'static str) -> Result<()> {
        let all = [self.red, self.green, self.blue, self.alpha];
        if all.iter().all(|part| (0. ..=1.).contains(part)) {
            return Ok(());
        }
        let detail = format!("the background {self:?}: each part has to be 0 to 1");
        Err(Error::new(ErrorKind::Invalid, call, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_header_s() {
        assert_eq!([Flip::None as u32, Flip::InvTranspose as u32], [0, 7]);
        assert_eq!([Compute::Default as u32, Compute::Vic as u32], [0, 2]);
        assert_eq!([1, 3].map(Compute::of), [Some(Compute::Gpu), None]);
        assert_eq!(
            format!("{:?} {:?}", Filter::ALGO3, Filter(9)),
            "ALGO3 Filter(9)"
        );
    }

    #[test]
    fn colours_are_parts_of_one() {
        assert!(Color::rgb(0., 0.5, 1.).check("call").is_ok());
        for red in [-0.1, 1.1, f64::NAN] {
            assert!(Color::rgb(red, 0., 0.).check("call").is_err());
        }
    }
}
