//! The properties that are one of several. Numbers and nicks are nvvidconv's, as its `gst-inspect-1.0` prints
//! them: for flip-method in the README of <https://github.com/JetsonHacksNano/CSI-Camera> (L4T R32.2). What each does
//! is what GStreamer's videoflip does under the same nick, whose numbers are others.

use gst::glib;
use gst_nvmm::nvbuf::{Compute, Filter, Flip};

/// What the derive of glib 0.22 makes another name of, when another plugin with this code has registered
/// the type: it takes a `&str` there, which its own `format!` does not give, and its fix may take a `String`.
trait TypeName {
    fn of(name: String) -> Self;
}

impl TypeName for &str {
    fn of(name: String) -> Self {
        // Once per type and plugin; a type's name lives as long as the process anyway.
        name.leak()
    }
}

impl TypeName for String {
    fn of(name: String) -> Self {
        name
    }
}

macro_rules! format {
    ($($arguments:tt)*) => {
        TypeName::of(::std::format!($($arguments)*))
    };
}

/// `flip-method`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstNvmmTransformFlipMethod", allow_name_conflict)]
#[repr(i32)]
pub(crate) enum FlipMethod {
    #[default]
    #[enum_value(name = "As it is", nick = "none")]
    None,
    #[enum_value(name = "90 degrees to the left", nick = "counterclockwise")]
    CounterClockwise,
    #[enum_value(name = "180 degrees", nick = "rotate-180")]
    Rotate180,
    #[enum_value(name = "90 degrees to the right", nick = "clockwise")]
    Clockwise,
    #[enum_value(name = "Left and right change places", nick = "horizontal-flip")]
    HorizontalFlip,
    #[enum_value(
        name = "Mirrored at the diagonal from the upper right to the lower left",
        nick = "upper-right-diagonal"
    )]
    UpperRightDiagonal,
    #[enum_value(name = "Top and bottom change places", nick = "vertical-flip")]
    VerticalFlip,
    #[enum_value(
        name = "Mirrored at the diagonal from the upper left to the lower right",
        nick = "upper-left-diagonal"
    )]
    UpperLeftDiagonal,
}

impl FlipMethod {
    pub(crate) fn flip(self) -> Flip {
        match self {
            Self::None => Flip::None,
            Self::CounterClockwise => Flip::Rotate90,
            Self::Rotate180 => Flip::Rotate180,
            Self::Clockwise => Flip::Rotate270,
            Self::HorizontalFlip => Flip::FlipX,
            Self::UpperRightDiagonal => Flip::InvTranspose,
            Self::VerticalFlip => Flip::FlipY,
            Self::UpperLeftDiagonal => Flip::Transpose,
        }
    }
}

/// `interpolation-method`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstNvmmTransformInterpolationMethod", allow_name_conflict)]
#[repr(i32)]
pub(crate) enum Interpolation {
    #[default]
    #[enum_value(name = "The nearest pixel", nick = "Nearest")]
    Nearest,
    #[enum_value(name = "Bilinear", nick = "Bilinear")]
    Bilinear,
    #[enum_value(name = "VIC: 5 taps; GPU: cubic", nick = "5-Tap")]
    Tap5,
    #[enum_value(name = "VIC: 10 taps; GPU: super sampling", nick = "10-Tap")]
    Tap10,
    #[enum_value(name = "VIC: smart; GPU: Lanczos", nick = "Smart")]
    Smart,
    #[enum_value(name = "VIC: nicest", nick = "Nicest")]
    Nicest,
}

impl Interpolation {
    pub(crate) fn filter(self) -> Filter {
        match self {
            Self::Nearest => Filter::NEAREST,
            Self::Bilinear => Filter::BILINEAR,
            Self::Tap5 => Filter::ALGO1,
            Self::Tap10 => Filter::ALGO2,
            Self::Smart => Filter::ALGO3,
            Self::Nicest => Filter::ALGO4,
        }
    }
}

/// `compute-hw`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstNvmmTransformComputeHw", allow_name_conflict)]
#[repr(i32)]
pub(crate) enum ComputeHw {
    #[default]
    #[enum_value(name = "The VIC on Jetson, the GPU elsewhere", nick = "Default")]
    Default,
    #[enum_value(name = "The GPU", nick = "GPU")]
    Gpu,
    #[enum_value(name = "The video image compositor", nick = "VIC")]
    Vic,
}

impl ComputeHw {
    pub(crate) fn compute(self) -> Compute {
        match self {
            Self::Default => Compute::Default,
            Self::Gpu => Compute::Gpu,
            Self::Vic => Compute::Vic,
        }
    }
}
