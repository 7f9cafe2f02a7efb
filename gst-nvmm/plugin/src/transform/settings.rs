//! The properties. Names and numbers are nvvidconv's, so that launch lines stay what they are.

use std::sync::LazyLock;

use gst::glib;
use gst::prelude::*;
use gst_nvmm::nvbuf::Rect;
use gst_nvmm::{Conversion, Form};

use super::choices::{ComputeHw, FlipMethod, Interpolation};

/// Output surfaces if downstream asks for fewer: as many as nvvidconv has.
const OUTPUT_BUFFERS: u32 = 4;

/// More are megabytes of carveout for nothing.
const MAX_OUTPUT_BUFFERS: u32 = 64;

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

    /// The same for a release whose engine takes no odd rectangles: an error that names what is odd. All
    /// of an odd picture is no rectangle.
    pub(super) fn even_crop(&self, width: u32, height: u32) -> Result<Rect, String> {
        let part = self.crop(width, height)?;
        if part == Rect::new(0, 0, width, height) {
            return Ok(part);
        }
        let edges = [
            ("left", self.left, part.left, 0),
            ("right", self.right, part.left + part.width, 2),
            ("top", self.top, part.top, 0),
            ("bottom", self.bottom, part.top + part.height, 2),
        ];
        let odd = edges.iter().filter(|(.., at, _)| at % 2 != 0);
        let odd = odd.map(|(name, value, at, least)| {
            let even = (at & !1).max(*least);
            match value {
                0 => format!("{name}=0 is {at} in this picture: take {even}"),
                _ => format!("{name}={value} is odd: take {even}"),
            }
        });
        let odd: Vec<_> = odd.collect();
        if odd.is_empty() {
            return Ok(part);
        }
        Err(format!(
            "the engine of this release takes a part of a picture only where left, right, top and bottom \
             are even: {}",
            odd.join("; ")
        ))
    }

    pub(super) fn has_crop(&self) -> bool {
        [self.left, self.right, self.top, self.bottom] != [0; 4]
    }

    /// Whether pictures of any size stay as they are but for size and format.
    pub(super) fn keeps_all(&self) -> bool {
        !self.has_crop() && self.flip == FlipMethod::None
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
        Ok(Conversion::new()
            .crop(self.crop(width, height)?)
            .flip(self.flip.flip())
            .filter(self.interpolation.filter())
            .compute(self.compute.compute()))
    }
}
