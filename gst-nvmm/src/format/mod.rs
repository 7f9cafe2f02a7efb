//! GStreamer's formats as formats of surfaces, and back.

#![forbid(unsafe_code)]

mod allocatable;
mod table;

use gst_video::{VideoColorMatrix as Matrix, VideoColorimetry, VideoFormat as Video, VideoInfo};
use nvbuf::ColorFormat;

pub use self::allocatable::is_allocatable;
use self::table::{Entry, FORMATS};

/// The GStreamer formats that surfaces can hold, those that NVIDIA's nvvidconv takes as well first.
///
/// Not every release allocates all of them: R32 knows no NV16, NV24 and GRAY16_LE as a surface. Whether CUDA
/// maps these three, YVYU and VYUY is not known here.
pub fn video_formats() -> impl Iterator<Item = Video> {
    FORMATS.iter().map(|entry| entry.video)
}

/// The surface format that NVIDIA's elements make for a GStreamer format, whatever its colours are; and
/// so do we, but for [`color_format_for_caps`].
pub fn color_format(format: Video) -> Option<ColorFormat> {
    find(format).map(|entry| entry.plain)
}

/// The surface format whose name says the colours of `info`, too: `NV12_709` for BT.709 of limited range.
/// Where there is none (BT.2020 of full range, RGB, gray), the plain one.
///
/// A [`VideoInfo`] always has colours: where caps said none, GStreamer took some by the picture's size.
pub fn color_format_of(info: &VideoInfo) -> Option<ColorFormat> {
    let entry = find(info.format())?;
    let colours = info.colorimetry();
    let colours = (colours.matrix(), colours.range());
    // Of gray GStreamer says full range, and NVIDIA's elements make the plain one of it.
    let mut variants = entry.variants.iter().filter(|_| entry.is_yuv());
    let variant = variants.find(|(of, _)| *of == colours);
    Some(variant.map_or(entry.plain, |(_, format)| *format))
}

/// What a pool allocates for caps: for NV12 whose caps have a field `colorimetry` the variant of it
/// ([`color_format_of`]), else the plain format.
///
/// That elements take these variants of NV12 is known from decoders, which send them (users' reports);
/// of other formats' variants nothing is known, so they are read and never allocated.
///
/// `None` for caps that are no fixed raw video, or of a format that no surface holds.
pub fn color_format_for_caps(caps: &gst::CapsRef) -> Option<ColorFormat> {
    let info = fixed_info(caps)?;
    let says_colours = || {
        let structure = caps.structure(0);
        structure.is_some_and(|structure| structure.has_field("colorimetry"))
    };
    if info.format() == Video::Nv12 && says_colours() {
        color_format_of(&info)
    } else {
        color_format(info.format())
    }
}

/// The GStreamer format of a surface's pixels; `None` for those that GStreamer 1.14 has no name for.
pub fn video_format(color: ColorFormat) -> Option<Video> {
    let entry = FORMATS.iter().find(|entry| entry.has(color))?;
    Some(entry.video)
}

/// The colours that a surface format's name says. `None` for plain formats, whose pixels have any:
/// there the caps count.
pub fn colorimetry(color: ColorFormat) -> Option<VideoColorimetry> {
    let variants = FORMATS.iter().flat_map(|entry| entry.variants);
    let ((matrix, range), _) = variants.into_iter().find(|(_, format)| *format == color)?;
    let name = match matrix {
        Matrix::Bt709 => "bt709",
        Matrix::Bt2020 => "bt2020",
        _ => "bt601",
    };
    let of_name: VideoColorimetry = name.parse().ok()?;
    let (transfer, primaries) = (of_name.transfer(), of_name.primaries());
    Some(VideoColorimetry::new(*range, *matrix, transfer, primaries))
}

/// Whether a surface of this format holds pixels of that GStreamer format.
pub fn is_color_format(format: Video, color: ColorFormat) -> bool {
    find(format).is_some_and(|entry| entry.has(color))
}

/// What fixed raw video caps say. GStreamer complains of others on the console.
pub(crate) fn fixed_info(caps: &gst::CapsRef) -> Option<VideoInfo> {
    caps.is_fixed()
        .then(|| VideoInfo::from_caps(caps).ok())
        .flatten()
}

fn find(format: Video) -> Option<&'static Entry> {
    const ALL: &[Entry] = &FORMATS;
    ALL.iter().find(|entry| entry.video == format)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(format: Video, colorimetry: &str) -> VideoInfo {
        gst::init().expect("GStreamer starts");
        let colorimetry = colorimetry.parse().expect("GStreamer's name");
        let info = VideoInfo::builder(format, 64, 32).colorimetry(&colorimetry);
        info.build().expect("a size")
    }

    #[test]
    fn every_surface_format_leads_back_to_its_video_format() {
        for (i, entry) in FORMATS.iter().enumerate() {
            let variants = entry.variants.iter().map(|(_, format)| *format);
            for color in variants.chain([entry.plain]) {
                assert_eq!(video_format(color), Some(entry.video), "{color}");
                assert!(is_color_format(entry.video, color), "{color}");
            }
            let twice = FORMATS[..i].iter().any(|e| e.video == entry.video);
            assert!(!twice, "{} has one entry", entry.video);
            assert_eq!(color_format(entry.video), Some(entry.plain));
        }
        assert_eq!(video_format(ColorFormat::INVALID), None);
        assert_eq!(video_format(ColorFormat(4711)), None);
        assert_eq!(color_format(Video::Encoded), None);
    }

    #[test]
    fn names_of_both_sides_say_the_same_planes() {
        gst::init().expect("GStreamer starts");
        for entry in &FORMATS {
            let info = VideoInfo::builder(entry.video, 64, 32).build().unwrap();
            let shapes = entry.plain.planes().unwrap();
            assert_eq!(info.n_planes() as usize, shapes.len(), "{}", entry.video);
            for (plane, shape) in shapes.iter().enumerate() {
                // Of a picture this wide no row is padded but those of U and V: 32 samples.
                let bytes = 64 / shape.width_divisor * shape.bits / 8;
                let rows = 32 / shape.height_divisor as usize;
                let ends = info.offset().get(plane + 1).copied();
                let len = ends.unwrap_or(info.size()) - info.offset()[plane];
                assert_eq!(info.stride()[plane], bytes as i32, "{}", entry.video);
                assert_eq!(len, rows * bytes as usize, "{}", entry.video);
            }
        }
    }

    #[test]
    fn colours_choose_the_variant_and_come_back_from_it() {
        for (format, colours, expected) in [
            (Video::Nv12, "bt601", ColorFormat::NV12),
            (Video::Nv12, "1:4:0:0", ColorFormat::NV12_ER),
            (Video::Nv12, "bt709", ColorFormat::NV12_709),
            (Video::Nv12, "1:3:5:1", ColorFormat::NV12_709_ER),
            (Video::Nv12, "bt2020", ColorFormat::NV12_2020),
            (Video::I420, "bt709", ColorFormat::YUV420_709),
            (Video::I420, "1:3:5:1", ColorFormat::YUV420_709_ER),
            (Video::P01010le, "bt2020", ColorFormat::NV12_10LE_2020),
            (Video::Nv24, "bt709", ColorFormat::NV24_709),
            (Video::Yuy2, "1:4:0:0", ColorFormat::YUYV_ER),
            // No variant says it.
            (Video::Yuy2, "bt709", ColorFormat::YUYV),
            (Video::Nv12, "smpte240m", ColorFormat::NV12),
            (Video::Rgba, "sRGB", ColorFormat::RGBA),
            (Video::Gray8, "1:4:0:0", ColorFormat::GRAY8),
        ] {
            let info = info(format, colours);
            let color = color_format_of(&info);
            assert_eq!(color, Some(expected), "{format} {colours}");
            if let Some(back) = colorimetry(expected) {
                let said = info.colorimetry();
                assert_eq!((back.matrix(), back.range()), (said.matrix(), said.range()));
            } else {
                assert_eq!(color_format(format), Some(expected), "{format} {colours}");
            }
        }
        let bt709 = colorimetry(ColorFormat::NV12_709).map(|c| c.to_string());
        assert_eq!(bt709.as_deref(), Some("bt709"));
    }

    #[test]
    fn caps_that_say_no_colours_get_the_plain_format_whatever_the_size() {
        gst::init().expect("GStreamer starts");
        let caps = |format: &str, colours: Option<&str>| {
            let caps = gst::Caps::builder("video/x-raw").field("format", format);
            let caps = caps.field("width", 1920).field("height", 1080);
            let caps = caps.field("framerate", gst::Fraction::new(30, 1));
            caps.field_if_some("colorimetry", colours).build()
        };
        for (format, colours, expected) in [
            ("NV12", None, ColorFormat::NV12),
            ("NV12", Some("bt709"), ColorFormat::NV12_709),
            ("NV12", Some("bt601"), ColorFormat::NV12),
            // Nobody is known to take it.
            ("I420", Some("bt709"), ColorFormat::YUV420),
            ("RGBA", Some("sRGB"), ColorFormat::RGBA),
        ] {
            let color = color_format_for_caps(&caps(format, colours));
            assert_eq!(color, Some(expected), "{format} {colours:?}");
        }
        assert_eq!(color_format_for_caps(&caps("ARGB64", None)), None);
        assert_eq!(color_format_for_caps(&gst::Caps::new_any()), None);
    }
}
