//! The colour formats.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;

use super::SURFACE;
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::platform::Platform;
use crate::source::{NVVIDCONV, SURFACE_H};
use crate::surface::{Planes, Wanted};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "format.gray8",
        "GRAY8 has one plane of bytes.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::GRAY8),
    ),
    Case::new(
        "format.nv12",
        "NV12 has luma, and chroma in pairs at half of both sides.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::NV12),
    ),
    Case::new(
        "format.nv12-er",
        "NV12_ER has the planes of NV12.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::NV12_ER),
    ),
    Case::new(
        "format.nv12-709",
        "NV12_709 has the planes of NV12.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::NV12_709),
    ),
    Case::new(
        "format.nv12-709-er",
        "NV12_709_ER has the planes of NV12.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::NV12_709_ER),
    ),
    Case::new(
        "format.nv12-2020",
        "NV12_2020 has the planes of NV12.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::NV12_2020),
    ),
    Case::new(
        "format.nv12-10le",
        "NV12_10LE has the planes of NV12 in words of 16 bits.",
        NVVIDCONV,
        SURFACE,
        |p| one(p, ColorFormat::NV12_10LE),
    ),
    Case::new(
        "format.i420",
        "YUV420 has three planes, two at half of both sides.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::YUV420),
    ),
    Case::new(
        "format.i420-er",
        "YUV420_ER has the planes of YUV420.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::YUV420_ER),
    ),
    Case::new(
        "format.i420-709",
        "YUV420_709 has the planes of YUV420.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::YUV420_709),
    ),
    Case::new(
        "format.i420-2020",
        "YUV420_2020 has the planes of YUV420.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::YUV420_2020),
    ),
    Case::new(
        "format.rgba",
        "RGBA has one plane of 4 bytes.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::RGBA),
    ),
    Case::new(
        "format.bgrx",
        "BGRx has one plane of 4 bytes.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::BGRX),
    ),
    Case::new(
        "format.uyvy",
        "UYVY has one plane of 2 bytes.",
        NVVIDCONV,
        SURFACE,
        |p| one(p, ColorFormat::UYVY),
    ),
    Case::new(
        "format.yuyv",
        "YUYV has one plane of 2 bytes.",
        NVVIDCONV,
        SURFACE,
        |p| one(p, ColorFormat::YUYV),
    ),
    Case::new(
        "format.all-that-allocate",
        "Every format that the library allocates has the planes that its name says.",
        SURFACE_H,
        SURFACE,
        all,
    )
    .assumed()
    .provoking(),
    Case::new(
        "format.known-numbers-begin-at-1",
        "The formats of the oldest release, 1 to 36, are known to every release.",
        "nvbufsurface.h of DeepStream 4.0.1",
        SURFACE,
        oldest,
    )
    .assumed(),
    Case::new(
        "format.number-stays",
        "colorFormat of a surface is the number that was asked for, colorimetry included.",
        "NVIDIA forum 147483",
        SURFACE,
        number_stays,
    ),
];

const SIZE: (u32, u32) = (128, 64);

fn matches(format: ColorFormat, planes: &[Planes]) -> Result<(), Failure> {
    let Some(shapes) = format.planes() else {
        return Ok(());
    };
    check::equal(
        format_args!("planes of {format}"),
        planes.len(),
        shapes.len(),
    )?;
    for (i, (plane, shape)) in planes.iter().zip(shapes).enumerate() {
        let size = (SIZE.0 / shape.width_divisor, SIZE.1 / shape.height_divisor);
        let what = format!("plane {i} of {format}");
        if shape.bits.is_multiple_of(8) {
            check::equal(&what, (plane.width, plane.height), size)?;
            check::equal(&what, plane.bytes_per_pixel, shape.bits / 8)?;
        } else {
            // No whole bytes for a pixel: how the plane counts is not known, what a row has is.
            let bytes = size.0 * shape.bits / 8;
            let found = plane.width * plane.bytes_per_pixel;
            check::equal(&what, (found, plane.height), (bytes, size.1))?;
        }
    }
    Ok(())
}

fn one(p: &Platform, format: ColorFormat) -> Result<Outcome, Failure> {
    let surface = Wanted::picture(format, SIZE.0, SIZE.1).create(p)?;
    matches(format, &surface.planes(0)?)?;
    check::equal(
        "colorFormat",
        ColorFormat(surface.entry(0)?.colorFormat),
        format,
    )?;
    Ok(Passed)
}

fn all(p: &Platform) -> Result<Outcome, Failure> {
    let named = (1..=1000).map(ColorFormat).filter(|f| f.name().is_some());
    let mut allocated = 0;
    for format in named {
        // Which ones a release knows is its own affair.
        let Ok(surface) = Wanted::picture(format, SIZE.0, SIZE.1).create(p) else {
            continue;
        };
        matches(format, &surface.planes(0)?)?;
        allocated += 1;
    }
    check::that(
        format_args!("{allocated} formats are many"),
        allocated >= 30,
    )?;
    Ok(Passed)
}

fn oldest(p: &Platform) -> Result<Outcome, Failure> {
    for number in 1..=36 {
        Wanted::picture(ColorFormat(number), SIZE.0, SIZE.1).create(p)?;
    }
    Ok(Passed)
}

fn number_stays(p: &Platform) -> Result<Outcome, Failure> {
    for format in [
        ColorFormat::NV12_ER,
        ColorFormat::NV12_709,
        ColorFormat::NV12_2020,
        ColorFormat::YUV420_709,
        ColorFormat::BGRA,
        ColorFormat::RGBX,
    ] {
        let surface = Wanted::picture(format, SIZE.0, SIZE.1).create(p)?;
        check::equal(
            "colorFormat",
            ColorFormat(surface.entry(0)?.colorFormat),
            format,
        )?;
    }
    Ok(Passed)
}
