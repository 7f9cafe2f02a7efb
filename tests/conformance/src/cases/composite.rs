//! Several pictures on one.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;

use super::TRANSFORM;
use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::engine::{Area, Engine};
use crate::platform::Platform;
use crate::source::TRANSFORM_H;
use crate::surface::{Surface, Wanted};

const ASYNC: &[Need] = &[
    Need::Surface("NvBufSurfaceCreate"),
    Need::Transform("NvBufSurfTransformCompositeAsync"),
];
const SEVERAL: &[Need] = &[
    Need::Surface("NvBufSurfaceCreate"),
    Need::Transform("NvBufSurfTransformMultiInputBufCompositeBlend"),
];
const SEVERAL_BEFORE: &[Need] = &[
    Need::Surface("NvBufSurfaceCreate"),
    Need::Transform("NvBufSurfTransformMultiInputBufComposite"),
];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "composite.two-of-a-batch",
        "Each buffer of the batch lands in its rectangle; the rest stays.",
        TRANSFORM_H,
        TRANSFORM,
        two,
    )
    .assumed(),
    Case::new(
        "composite.scales",
        "A buffer is scaled to its rectangle.",
        TRANSFORM_H,
        TRANSFORM,
        scales,
    ),
    Case::new(
        "composite.nv12",
        "Luma and chroma of NV12 land in the rectangle alike.",
        TRANSFORM_H,
        TRANSFORM,
        nv12,
    ),
    Case::new(
        "composite.later-covers-earlier",
        "Where rectangles overlap the later buffer is seen.",
        TRANSFORM_H,
        TRANSFORM,
        overlap,
    )
    .assumed(),
    Case::new(
        "composite.async",
        "An asynchronous composition is there after its sync object was waited for.",
        TRANSFORM_H,
        ASYNC,
        asynchronous,
    ),
    Case::new(
        "composite.several-surfaces",
        "Several surfaces of one buffer are composed like a batch.",
        TRANSFORM_H,
        SEVERAL,
        several,
    )
    .assumed(),
    Case::new(
        "composite.several-surfaces-in-r34.1",
        "The same with the function that only the first release of R34.1 has.",
        TRANSFORM_H,
        SEVERAL_BEFORE,
        several,
    )
    .assumed(),
];

const SOURCES: [Area; 2] = [[0, 0, 16, 16]; 2];
const DESTS: [Area; 2] = [[0, 0, 16, 16], [32, 16, 16, 16]];

/// A batch of two, 16x16, of the values 50 and 60, and a canvas of 64x32, of 5.
fn pictures(p: &Platform) -> Result<(Surface, Surface), Failure> {
    let from = Wanted::picture(ColorFormat::GRAY8, 16, 16)
        .batch(2)
        .create(p)?;
    let to = Wanted::picture(ColorFormat::GRAY8, 64, 32).create(p)?;
    from.paint(0, &[50])?;
    from.paint(1, &[60])?;
    to.paint(0, &[5])?;
    Ok((from, to))
}

/// The canvas with both in their places.
fn expected() -> Vec<u8> {
    let pixel = |i: usize| match (i % 64, i / 64) {
        (0..16, 0..16) => 50,
        (32..48, 16..32) => 60,
        _ => 5,
    };
    (0..64 * 32).map(pixel).collect()
}

fn two(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = pictures(p)?;
    let code = Engine::new(p)?.composite(&from, &to, 2, (&SOURCES, &DESTS));
    check::zero("NvBufSurfTransformComposite", code)?;
    check::equal("pixels", to.read(0, 0)?, expected())?;
    Ok(Passed)
}

fn scales(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = pictures(p)?;
    from.fill(1);
    let areas = (&SOURCES[..1], &[[0, 0, 64, 32]][..]);
    let code = Engine::new(p)?.composite(&from, &to, 1, areas);
    check::zero("NvBufSurfTransformComposite", code)?;
    check::flat("pixels", &to.read(0, 0)?, 50, 1)?;
    Ok(Passed)
}

fn nv12(p: &Platform) -> Result<Outcome, Failure> {
    let from = Wanted::picture(ColorFormat::NV12, 16, 16).create(p)?;
    let to = Wanted::picture(ColorFormat::NV12, 64, 32).create(p)?;
    from.paint(0, &[50, 70])?;
    to.paint(0, &[5, 6])?;
    let areas = (&SOURCES[..1], &DESTS[1..]);
    let code = Engine::new(p)?.composite(&from, &to, 1, areas);
    check::zero("NvBufSurfTransformComposite", code)?;
    let (luma, chroma) = (to.read(0, 0)?, to.read(0, 1)?);
    check::flat("luma inside", &luma[20 * 64 + 32..][..16], 50, 0)?;
    check::flat("luma outside", &luma[..64], 5, 0)?;
    check::flat("chroma inside", &chroma[10 * 64 + 32..][..16], 70, 0)?;
    check::flat("chroma outside", &chroma[..64], 6, 0)?;
    Ok(Passed)
}

fn overlap(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = pictures(p)?;
    let code = Engine::new(p)?.composite(&from, &to, 2, (&SOURCES, &[[0, 0, 16, 16]; 2]));
    check::zero("NvBufSurfTransformComposite", code)?;
    check::flat("the first row", &to.read(0, 0)?[..16], 60, 0)?;
    Ok(Passed)
}

fn asynchronous(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = pictures(p)?;
    let engine = Engine::new(p)?;
    let pending = engine.start_composite(&from, &to, (&SOURCES, &DESTS))?;
    engine.finish(pending)?;
    check::equal("pixels", to.read(0, 0)?, expected())?;
    Ok(Passed)
}

fn several(p: &Platform) -> Result<Outcome, Failure> {
    let (_, to) = pictures(p)?;
    let one = Wanted::picture(ColorFormat::GRAY8, 16, 16);
    let (first, second) = (one.create(p)?, one.create(p)?);
    first.paint(0, &[50])?;
    second.paint(0, &[60])?;
    Engine::new(p)?.compose_several(&[&first, &second], &to, (&SOURCES, &DESTS), None)?;
    check::equal("pixels", to.read(0, 0)?, expected())?;
    Ok(Passed)
}
