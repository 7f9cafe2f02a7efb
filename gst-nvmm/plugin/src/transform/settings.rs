//! The properties. Names and numbers are nvvidconv's, so that launch lines stay what they are.

use std::sync::LazyLock;

use gst::glib;
use gst::prelude::*;
use gst_nvmm::nvbuf::{Compute, Filter, Flip, Rect};
use gst_nvmm::{Conversion, Form};

/// Output surfaces if downstream asks for fewer: as many as nvvidconv has.
const OUTPUT_BUFFERS: u32 = 4;

/// More are megabytes of carveout for nothing.
const MAX_OUTPUT_BUFFERS: u32 = 64;

/// `flip-method`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstNvmmTransformFlipMethod")]
#[repr(i32)]
pub(super) enum FlipMethod {
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
    fn flip(self) -> Flip {
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
#[enum_type(name = "GstNvmmTransformInterpolationMethod")]
#[repr(i32)]
pub(super) enum Interpolation {
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
    fn filter(self) -> Filter {
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
#[enum_type(name = "GstNvmmTransformComputeHw")]
#[repr(i32)]
pub(super) enum ComputeHw {
    #[default]
    #[enum_value(name = "The VIC on Jetson, the GPU elsewhere", nick = "Default")]
    Default,
    #[enum_value(name = "The GPU", nick = "GPU")]
    Gpu,
    #[enum_value(name = "The video image compositor", nick = "VIC")]
    Vic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
    flip: FlipMethod,
    interpolation: Interpolation,
    compute: ComputeHw,
    pub(super) output_buffers: u32,
    bufapi_version: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            left: 0,
            right: 0,
            top: 0,
            bottom: 0,
            flip: FlipMethod::None,
            interpolation: Interpolation::Nearest,
            compute: ComputeHw::Default,
            output_buffers: OUTPUT_BUFFERS,
            bufapi_version: false,
        }
    }
}

impl Settings {
    pub(super) fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let edge = |name, nick, blurb| {
                glib::ParamSpecInt::builder(name)
                    .nick(nick)
                    .blurb(blurb)
                    .minimum(0)
                    .mutable_playing()
                    .build()
            };
            vec![
                edge(
                    "left",
                    "Left",
                    "First column of the source that is taken, as in nvvidconv",
                ),
                edge(
                    "right",
                    "Right",
                    "Column of the source where the crop ends, counted from the left as in nvvidconv \
                     (not from the right as in videocrop); 0 is the picture's width",
                ),
                edge(
                    "top",
                    "Top",
                    "First row of the source that is taken, as in nvvidconv",
                ),
                edge(
                    "bottom",
                    "Bottom",
                    "Row of the source where the crop ends, counted from the top as in nvvidconv (not \
                     from the bottom as in videocrop); 0 is the picture's height",
                ),
                glib::ParamSpecEnum::builder::<FlipMethod>("flip-method")
                    .nick("Flip method")
                    .blurb("Rotation or reflection, after the crop")
                    .mutable_playing()
                    .build(),
                glib::ParamSpecEnum::builder::<Interpolation>("interpolation-method")
                    .nick("Interpolation method")
                    .blurb("How pixels are made when the size changes")
                    .mutable_playing()
                    .build(),
                glib::ParamSpecEnum::builder::<ComputeHw>("compute-hw")
                    .nick("Compute hardware")
                    .blurb("The engine that transforms; not asked for equal pictures")
                    .mutable_ready()
                    .build(),
                glib::ParamSpecUInt::builder("output-buffers")
                    .nick("Output buffers")
                    .blurb("NVMM buffers of the output, if downstream does not ask for more")
                    .minimum(1)
                    .maximum(MAX_OUTPUT_BUFFERS)
                    .default_value(OUTPUT_BUFFERS)
                    .mutable_ready()
                    .build(),
                Form::property(),
            ]
        });
        &PROPERTIES
    }

    /// Takes a property's value, which GObject has checked.
    pub(super) fn set(&mut self, name: &str, value: &glib::Value) {
        fn take<'v, T: glib::value::FromValue<'v>>(to: &mut T, value: &'v glib::Value) {
            if let Ok(value) = value.get() {
                *to = value;
            }
        }
        match name {
            "left" => take(&mut self.left, value),
            "right" => take(&mut self.right, value),
            "top" => take(&mut self.top, value),
            "bottom" => take(&mut self.bottom, value),
            "flip-method" => take(&mut self.flip, value),
            "interpolation-method" => take(&mut self.interpolation, value),
            "compute-hw" => take(&mut self.compute, value),
            "output-buffers" => take(&mut self.output_buffers, value),
            _ => take(&mut self.bufapi_version, value),
        }
    }

    pub(super) fn value(&self, name: &str) -> glib::Value {
        match name {
            "left" => self.left.to_value(),
            "right" => self.right.to_value(),
            "top" => self.top.to_value(),
            "bottom" => self.bottom.to_value(),
            "flip-method" => self.flip.to_value(),
            "interpolation-method" => self.interpolation.to_value(),
            "compute-hw" => self.compute.to_value(),
            "output-buffers" => self.output_buffers.to_value(),
            _ => self.bufapi_version.to_value(),
        }
    }

    /// What NVMM buffers that are made map to.
    pub(super) fn form(&self) -> Form {
        Form::of_platform(self.bufapi_version)
    }

    /// The part of a picture that is taken; an error in words if it is not inside.
    pub(super) fn crop(&self, width: u32, height: u32) -> Result<Rect, String> {
        let end = |end: i32, all: u32| match end.unsigned_abs() {
            0 => all,
            end => end,
        };
        let (left, top) = (self.left.unsigned_abs(), self.top.unsigned_abs());
        let (right, bottom) = (end(self.right, width), end(self.bottom, height));
        if left < right && right <= width && top < bottom && bottom <= height {
            return Ok(Rect::new(left, top, right - left, bottom - top));
        }
        Err(format!(
            "left={left} right={right} top={top} bottom={bottom} is no part of a picture of \
             {width}x{height}: left < right <= {width} and top < bottom <= {height} are needed (right and \
             bottom are counted from the upper left)"
        ))
    }

    pub(super) fn has_crop(&self) -> bool {
        [self.left, self.right, self.top, self.bottom] != [0; 4]
    }

    pub(super) fn swaps_axes(&self) -> bool {
        self.flip.flip().swaps_axes()
    }

    /// Whether a picture of this size only changes its size and format, if at all.
    pub(super) fn keeps_picture(&self, width: u32, height: u32) -> bool {
        self.flip == FlipMethod::None
            && self
                .crop(width, height)
                .is_ok_and(|part| part == Rect::new(0, 0, width, height))
    }

    pub(super) fn is_gpu(&self) -> bool {
        self.compute == ComputeHw::Gpu
    }

    /// What the engine does to a picture of this size.
    pub(super) fn conversion(&self, width: u32, height: u32) -> Result<Conversion, String> {
        let compute = match self.compute {
            ComputeHw::Default => Compute::Default,
            ComputeHw::Gpu => Compute::Gpu,
            ComputeHw::Vic => Compute::Vic,
        };
        Ok(Conversion::new()
            .crop(self.crop(width, height)?)
            .flip(self.flip.flip())
            .filter(self.interpolation.filter())
            .compute(compute))
    }
}
