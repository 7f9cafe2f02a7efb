//! Sizes: what crop and flip make of one, and which of those possible keeps the shape of things.

#![forbid(unsafe_code)]

use gst::prelude::*;

use super::settings::Settings;

/// The field of a pixel's shape.
const RATIO: &str = "pixel-aspect-ratio";

/// A picture's size, and the shape of its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    width: i32,
    height: i32,
    pixel: (i32, i32),
}

impl Picture {
    /// That of fixed caps.
    pub(super) fn of(structure: &gst::StructureRef) -> Option<Self> {
        let pixel = structure.get::<gst::Fraction>(RATIO);
        let pixel = pixel.map_or((1, 1), |ratio| (ratio.numer(), ratio.denom()));
        let picture = Self {
            width: structure.get("width").ok()?,
            height: structure.get("height").ok()?,
            pixel,
        };
        let parts = [picture.width, picture.height, pixel.0, pixel.1];
        parts.iter().all(|part| *part > 0).then_some(picture)
    }

    /// After crop and flip.
    pub(super) fn after(mut self, settings: &Settings) -> Self {
        let (width, height) = (self.width.unsigned_abs(), self.height.unsigned_abs());
        // What is no part of the picture is refused with the caps.
        if let Ok(part) = settings.crop(width, height) {
            self.width = i32::try_from(part.width).unwrap_or(self.width);
            self.height = i32::try_from(part.height).unwrap_or(self.height);
        }
        self.before(settings)
    }

    /// Before the flip. Any size may have been before a crop.
    pub(super) fn before(self, settings: &Settings) -> Self {
        if !settings.swaps_axes() {
            return self;
        }
        Self {
            width: self.height,
            height: self.width,
            pixel: (self.pixel.1, self.pixel.0),
        }
    }

    /// Whether caps have room for this size.
    pub(super) fn fits(self, structure: &gst::StructureRef) -> bool {
        let sizes = [("width", self.width), ("height", self.height)];
        sizes.into_iter().all(|(name, size)| {
            let allowed = structure.value(name);
            allowed.is_ok_and(|allowed| allowed.intersect(&size.to_value()).is_some())
        })
    }

    /// The width on the screen divided by the height, as a fraction.
    fn display(self) -> (i128, i128) {
        let [width, height, n, d] =
            [self.width, self.height, self.pixel.0, self.pixel.1].map(i128::from);
        (width * n, height * d)
    }

    /// The height that goes with a width, of pixels of that shape; an even one.
    fn height_for(self, width: i32, pixel: (i32, i32)) -> i32 {
        let (n, d) = self.display();
        even(
            i128::from(width) * i128::from(pixel.0) * d,
            i128::from(pixel.1) * n,
        )
    }

    fn width_for(self, height: i32, pixel: (i32, i32)) -> i32 {
        let (n, d) = self.display();
        even(
            i128::from(height) * i128::from(pixel.1) * n,
            i128::from(pixel.0) * d,
        )
    }

    /// The shape of pixels that keeps the shape of things in a picture of that size.
    fn pixel_for(self, width: i32, height: i32) -> Option<gst::Fraction> {
        let (n, d) = self.display();
        let (n, d) = (n * i128::from(height), d * i128::from(width));
        let divisor = common_divisor(n, d);
        let part = |number: i128| i32::try_from(number.checked_div(divisor)?).ok();
        Some(gst::Fraction::new(part(n)?, part(d)?))
    }
}

/// Any size, and pixels of any shape where there was one.
pub(super) fn open(structure: &mut gst::StructureRef) {
    let any = gst::IntRange::new(1, i32::MAX);
    structure.set("width", any);
    structure.set("height", any);
    if structure.has_field(RATIO) {
        let (least, most) = ((1, i32::MAX), (i32::MAX, 1));
        structure.set(
            RATIO,
            gst::FractionRange::new(gst::Fraction::from(least), gst::Fraction::from(most)),
        );
    }
}

/// Width and height change places, and with them those of a pixel. Where a range of shapes was, any is.
pub(super) fn swap(structure: &mut gst::StructureRef) {
    let pixel = structure.get::<gst::Fraction>(RATIO);
    let sizes = ["width", "height"].map(|name| structure.value(name).ok().cloned());
    open(structure);
    let [width, height] = sizes;
    for (name, size) in [("width", height), ("height", width)] {
        if let Some(size) = size {
            structure.set_value(name, size);
        }
    }
    if let Ok(pixel) = pixel
        && pixel.numer() > 0
    {
        structure.set(RATIO, gst::Fraction::new(pixel.denom(), pixel.numer()));
    }
}

/// The even number nearest to a fraction, at least 2.
fn even(n: i128, d: i128) -> i32 {
    let half = (n + d) / (2 * d).max(1);
    i32::try_from(half.max(1) * 2).unwrap_or(i32::MAX)
}

fn common_divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// Chooses width, height and the shape of pixels of what is left open: the picture's own where that can
/// be; where one of the sizes cannot, the other follows; where neither can, the shape of pixels does.
pub(super) fn fixate(to: &mut gst::StructureRef, picture: Picture) {
    let fixed_pixel = to.get::<gst::Fraction>(RATIO).ok();
    let pixel = fixed_pixel.map_or(picture.pixel, |ratio| (ratio.numer(), ratio.denom()));
    if pixel.0 <= 0 || pixel.1 <= 0 {
        return;
    }
    let size = |to: &gst::StructureRef, name| to.get::<i32>(name).ok();
    match (size(to, "width"), size(to, "height")) {
        (Some(_), Some(_)) => {}
        (Some(width), None) => nearest(to, "height", picture.height_for(width, pixel)),
        (None, Some(height)) => nearest(to, "width", picture.width_for(height, pixel)),
        (None, None) => {
            let mut tried = to.to_owned();
            nearest(&mut tried, "width", picture.width);
            nearest(&mut tried, "height", picture.height);
            let (width, height) = (size(&tried, "width"), size(&tried, "height"));
            match (width, height) {
                (Some(width), Some(height))
                    if width == picture.width && height != picture.height =>
                {
                    nearest(to, "height", height);
                    nearest(to, "width", picture.width_for(height, pixel));
                }
                (Some(width), Some(height))
                    if (width, height) != (picture.width, picture.height)
                        || pixel != picture.pixel =>
                {
                    nearest(to, "width", width);
                    nearest(to, "height", picture.height_for(width, pixel));
                }
                _ => {
                    nearest(to, "width", picture.width);
                    nearest(to, "height", picture.height);
                }
            }
        }
    }
    let (Some(width), Some(height)) = (size(to, "width"), size(to, "height")) else {
        return;
    };
    let Some(ratio) = picture.pixel_for(width, height) else {
        return;
    };
    if !to.has_field(RATIO) {
        if ratio != gst::Fraction::new(1, 1) {
            to.set(RATIO, ratio);
        }
    } else if fixed_pixel.is_none() {
        to.fixate_field_nearest_fraction(RATIO, ratio);
    }
}

fn nearest(to: &mut gst::StructureRef, name: &str, wanted: i32) {
    if to.has_field(name) {
        to.fixate_field_nearest_int(name, wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_change_places_also_as_ranges() {
        gst::init().expect("GStreamer starts");
        for (before, after) in [
            (
                "width=640,height=[2,480],pixel-aspect-ratio=4/3",
                "width=[2,480],height=640,pixel-aspect-ratio=3/4",
            ),
            ("height=480", "width=480,height=[1,2147483647]"),
        ] {
            let [mut before, after]: [gst::Structure; 2] = [before, after].map(|fields| {
                format!("video/x-raw,{fields}")
                    .parse()
                    .expect("a structure")
            });
            swap(&mut before);
            assert_eq!(before, after);
        }
    }

    /// Size and shape of pixels of 640x480 that becomes what the fields allow.
    fn of_640x480(fields: &str) -> (i32, i32, Option<gst::Fraction>) {
        gst::init().expect("GStreamer starts");
        let mut to: gst::Structure = format!("video/x-raw,{fields}")
            .parse()
            .expect("a structure");
        let picture = Picture {
            width: 640,
            height: 480,
            pixel: (1, 1),
        };
        fixate(&mut to, picture);
        (
            to.get("width").expect("a width"),
            to.get("height").expect("a height"),
            to.get(RATIO).ok(),
        )
    }

    #[test]
    fn the_shape_of_things_is_kept() {
        let any = "width=[1,4000],height=[1,4000],pixel-aspect-ratio=[1/100,100/1]";
        let square = Some(gst::Fraction::new(1, 1));
        assert_eq!(of_640x480(any), (640, 480, square));
        let with = |one: &str, other: &str| {
            of_640x480(&format!("{one},{other},pixel-aspect-ratio=[1/100,100/1]"))
        };
        let (wide, high) = ("width=[1,4000]", "height=[1,4000]");
        assert_eq!(with("width=320", high), (320, 240, square));
        assert_eq!(with(wide, "height=240"), (320, 240, square));
        assert_eq!(with("width=[1,320]", high), (320, 240, square));
        assert_eq!(with(wide, "height=[1,240]"), (320, 240, square));
        let pixels = Some(gst::Fraction::new(4, 3));
        assert_eq!(with("width=320", "height=320"), (320, 320, pixels));
        assert_eq!(
            of_640x480("width=320,height=320,pixel-aspect-ratio=1/1"),
            (320, 320, square)
        );
        assert_eq!(
            of_640x480("width=[1,4000],height=[1,4000],pixel-aspect-ratio=2/1"),
            (640, 960, Some(gst::Fraction::new(2, 1)))
        );
        assert_eq!(
            of_640x480("width=[1,4000],height=[1,4000]"),
            (640, 480, None)
        );
    }
}
