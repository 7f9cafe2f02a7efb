//! Planes to and from packed rows.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;

use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::platform::Platform;
use crate::source::SURFACE_H;
use crate::surface::{Wanted, noise};

const RAW: &[Need] = &[
    Need::Surface("NvBufSurface2Raw"),
    Need::Surface("Raw2NvBufSurface"),
];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "raw.out",
        "NvBufSurface2Raw gives the rows of a plane, packed.",
        SURFACE_H,
        RAW,
        out,
    )
    .assumed(),
    Case::new(
        "raw.in",
        "Raw2NvBufSurface writes packed rows to a plane.",
        SURFACE_H,
        RAW,
        into,
    )
    .assumed(),
    Case::new(
        "raw.one-of-a-batch",
        "Both calls reach the buffer of their index alone.",
        SURFACE_H,
        RAW,
        batch,
    ),
    Case::new(
        "raw.three-planes",
        "Each plane of I420 goes there and back.",
        SURFACE_H,
        RAW,
        three_planes,
    )
    .assumed(),
];

const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 100, 50);

fn out(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let pixels = surface.scribble(0, 1)?;
    for plane in 0..2 {
        check::equal("rows", &surface.to_raw(0, plane)?, &pixels[plane as usize])?;
    }
    Ok(Passed)
}

fn into(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    for plane in 0..2 {
        let bytes = noise(surface.plane(0, plane)?.packed(), 7);
        surface.set_raw(0, plane as u32, &bytes)?;
        check::equal("rows", surface.read(0, plane)?, bytes)?;
    }
    Ok(Passed)
}

fn batch(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.batch(3).create(p)?;
    surface.mem_set(-1, -1, 5)?;
    let bytes = noise(surface.plane(1, 0)?.packed(), 8);
    surface.set_raw(1, 0, &bytes)?;
    check::equal("rows", surface.to_raw(1, 0)?, bytes)?;
    for other in [0, 2] {
        check::flat("another buffer", &surface.to_raw(other, 0)?, 5, 0)?;
    }
    Ok(Passed)
}

fn three_planes(p: &Platform) -> Result<Outcome, Failure> {
    let surface = Wanted::picture(ColorFormat::YUV420, 64, 48).create(p)?;
    for plane in 0..3 {
        let bytes = noise(surface.plane(0, plane as usize)?.packed(), plane + 1);
        surface.set_raw(0, plane, &bytes)?;
        check::equal("rows", surface.to_raw(0, plane)?, bytes)?;
    }
    Ok(Passed)
}
