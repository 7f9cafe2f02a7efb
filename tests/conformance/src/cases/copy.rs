//! Copies and fills by the library's own choice of engine.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;

use super::SURFACE;
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::platform::Platform;
use crate::source::{NVVIDCONV, SURFACE_H};
use crate::surface::Wanted;

pub(super) const CASES: &[Case] = &[
    Case::new(
        "copy.nv12",
        "NvBufSurfaceCopy takes over every pixel of NV12.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::NV12),
    ),
    Case::new(
        "copy.i420",
        "NvBufSurfaceCopy takes over every pixel of I420.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::YUV420),
    ),
    Case::new(
        "copy.rgba",
        "NvBufSurfaceCopy takes over every pixel of RGBA.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::RGBA),
    ),
    Case::new(
        "copy.gray8",
        "NvBufSurfaceCopy takes over every pixel of GRAY8.",
        SURFACE_H,
        SURFACE,
        |p| one(p, ColorFormat::GRAY8),
    ),
    Case::new(
        "copy.batch",
        "NvBufSurfaceCopy takes over every buffer of a batch.",
        SURFACE_H,
        SURFACE,
        batch,
    ),
    Case::new(
        "copy.source-stays",
        "A copy leaves its source as it was.",
        SURFACE_H,
        SURFACE,
        source_stays,
    ),
    Case::new(
        "copy.is-over-when-it-returns",
        "The source may be overwritten as soon as NvBufSurfaceCopy has returned.",
        NVVIDCONV,
        SURFACE,
        is_over,
    ),
    Case::new(
        "copy.fill-one-plane",
        "NvBufSurfaceMemSet with a plane fills that plane alone.",
        SURFACE_H,
        SURFACE,
        fill_plane,
    ),
    Case::new(
        "copy.fill-all-planes",
        "NvBufSurfaceMemSet with -1 fills every plane.",
        SURFACE_H,
        SURFACE,
        fill_all,
    ),
];

fn one(p: &Platform, format: ColorFormat) -> Result<Outcome, Failure> {
    let wanted = Wanted::picture(format, 200, 120);
    let (from, to) = (wanted.create(p)?, wanted.create(p)?);
    let pixels = from.scribble(0, 1)?;
    from.copy_to(&to)?;
    check::equal("pixels", to.read_all(0)?, pixels)?;
    Ok(Passed)
}

const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 128, 64);

fn batch(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.batch(3).create(p)?, NV12.batch(3).create(p)?);
    let mut pixels = Vec::new();
    for i in 0..3 {
        pixels.push(from.scribble(i, i as u32)?);
    }
    from.copy_to(&to)?;
    for (i, expected) in pixels.into_iter().enumerate() {
        check::equal(format_args!("buffer {i}"), to.read_all(i)?, expected)?;
    }
    Ok(Passed)
}

fn source_stays(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.create(p)?, NV12.create(p)?);
    let pixels = from.scribble(0, 2)?;
    from.copy_to(&to)?;
    check::equal("pixels", from.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn is_over(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.create(p)?, NV12.create(p)?);
    for round in 0..20u8 {
        from.mem_set(0, -1, round)?;
        from.copy_to(&to)?;
        from.mem_set(0, -1, 255)?;
        check::flat("the copy", &to.read(0, 0)?, round, 0)?;
    }
    Ok(Passed)
}

fn fill_plane(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    surface.paint(0, &[1, 2])?;
    surface.mem_set(0, 1, 200)?;
    check::flat("luma", &surface.read(0, 0)?, 1, 0)?;
    check::flat("chroma", &surface.read(0, 1)?, 200, 0)?;
    Ok(Passed)
}

fn fill_all(p: &Platform) -> Result<Outcome, Failure> {
    let surface = Wanted::picture(ColorFormat::YUV420, 128, 64).create(p)?;
    surface.mem_set(0, -1, 66)?;
    for plane in surface.read_all(0)? {
        check::flat("a plane", &plane, 66, 0)?;
    }
    Ok(Passed)
}
