#![forbid(unsafe_code)]

use gst_video::VideoFormat;
use nvbuf::ColorFormat;

/// GStreamer's formats and the surface formats that hold such pixels; what we allocate is first.
/// NVIDIA's elements ignore colorimetry when they pick one, and a surface may say more than caps.
pub const FORMATS: [(VideoFormat, &[ColorFormat]); 5] = [
    (VideoFormat::Rgba, &[ColorFormat::RGBA]),
    (VideoFormat::Bgrx, &[ColorFormat::BGRX]),
    (
        VideoFormat::Nv12,
        &[
            ColorFormat::NV12,
            ColorFormat::NV12_ER,
            ColorFormat::NV12_709,
            ColorFormat::NV12_709_ER,
            ColorFormat::NV12_2020,
        ],
    ),
    (
        VideoFormat::I420,
        &[
            ColorFormat::YUV420,
            ColorFormat::YUV420_ER,
            ColorFormat::YUV420_709,
            ColorFormat::YUV420_709_ER,
            ColorFormat::YUV420_2020,
        ],
    ),
    (VideoFormat::Gray8, &[ColorFormat::GRAY8]),
];

/// All formats of the table.
pub fn video_formats() -> impl Iterator<Item = VideoFormat> {
    FORMATS.iter().map(|(format, _)| *format)
}

/// The surface format that we allocate for a GStreamer format.
pub fn color_format(format: VideoFormat) -> Option<ColorFormat> {
    entry(format).map(|formats| formats[0])
}

/// Whether a surface of this format holds pixels of that GStreamer format.
pub fn is_color_format(format: VideoFormat, color: ColorFormat) -> bool {
    entry(format).is_some_and(|formats| formats.contains(&color))
}

fn entry(format: VideoFormat) -> Option<&'static [ColorFormat]> {
    FORMATS
        .iter()
        .find(|(f, _)| *f == format)
        .map(|(_, formats)| *formats)
}
