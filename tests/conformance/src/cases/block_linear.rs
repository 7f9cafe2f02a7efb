//! Surfaces in the hardware's tiles.
#![forbid(unsafe_code)]

use nvbufsurface_sys::{ColorFormat, Layout};

use super::{SURFACE, TRANSFORM};
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::engine::{Ask, Engine};
use crate::platform::Platform;
use crate::source::{NVVIDCONV, SURFACE_H};
use crate::surface::Wanted;

pub(super) const CASES: &[Case] = &[
    Case::new(
        "block-linear.nv12",
        "NV12 is allocated block linear, and says so.",
        NVVIDCONV,
        SURFACE,
        nv12,
    ),
    Case::new(
        "block-linear.planes",
        "A block-linear picture has the planes of a pitch-linear one, each within dataSize.",
        SURFACE_H,
        SURFACE,
        planes,
    ),
    Case::new(
        "block-linear.fd",
        "A block-linear surface has an fd.",
        SURFACE_H,
        SURFACE,
        fd,
    ),
    Case::new(
        "block-linear.to-pitch",
        "A transform turns block linear into pitch linear and keeps the pixels.",
        NVVIDCONV,
        TRANSFORM,
        to_pitch,
    ),
    Case::new(
        "block-linear.copy",
        "NvBufSurfaceCopy takes pixels from block linear to block linear.",
        SURFACE_H,
        TRANSFORM,
        copy,
    )
    .assumed(),
];

const TILED: Wanted = Wanted::picture(ColorFormat::NV12, 320, 240).block_linear();

fn nv12(p: &Platform) -> Result<Outcome, Failure> {
    let entry = TILED.create(p)?.entry(0)?;
    check::equal("layout", Layout(entry.layout), Layout::BLOCK_LINEAR)?;
    check::equal("size", (entry.width, entry.height), (320, 240))?;
    Ok(Passed)
}

fn planes(p: &Platform) -> Result<Outcome, Failure> {
    let surface = TILED.create(p)?;
    let (planes, data) = (surface.planes(0)?, surface.entry(0)?.dataSize);
    check::equal("planes", planes.len(), 2)?;
    check::equal("chroma", (planes[1].width, planes[1].height), (160, 120))?;
    for plane in planes {
        check::that(
            format_args!("{plane:?} lies within {data} bytes"),
            u64::from(plane.offset) + u64::from(plane.size) <= u64::from(data),
        )?;
    }
    Ok(Passed)
}

fn fd(p: &Platform) -> Result<Outcome, Failure> {
    let fd = TILED.create(p)?.fd(0)?;
    check::that(format_args!("fd {fd} is one"), fd > 0)?;
    Ok(Passed)
}

fn to_pitch(p: &Platform) -> Result<Outcome, Failure> {
    let linear = Wanted::picture(ColorFormat::NV12, 320, 240);
    let (from, tiled, to) = (linear.create(p)?, TILED.create(p)?, linear.create(p)?);
    let pixels = from.scribble(0, 3)?;
    let engine = Engine::new(p)?;
    engine.run(&from, &tiled, &Ask::default())?;
    engine.run(&tiled, &to, &Ask::default())?;
    check::equal("pixels", to.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn copy(p: &Platform) -> Result<Outcome, Failure> {
    let linear = Wanted::picture(ColorFormat::NV12, 320, 240);
    let (from, to) = (linear.create(p)?, linear.create(p)?);
    let (one, other) = (TILED.create(p)?, TILED.create(p)?);
    let pixels = from.scribble(0, 4)?;
    let engine = Engine::new(p)?;
    engine.run(&from, &one, &Ask::default())?;
    one.copy_to(&other)?;
    engine.run(&other, &to, &Ask::default())?;
    check::equal("pixels", to.read_all(0)?, pixels)?;
    Ok(Passed)
}
