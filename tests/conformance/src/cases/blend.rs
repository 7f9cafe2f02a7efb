//! One picture over another, by alpha.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;

use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::engine::{Area, Engine};
use crate::platform::Platform;
use crate::source::TRANSFORM_H;
use crate::surface::{Surface, Wanted};

const BLEND: &[Need] = &[
    Need::Surface("NvBufSurfaceCreate"),
    Need::Transform("NvBufSurfTransformCompositeBlend"),
];
const SEVERAL: &[Need] = &[
    Need::Surface("NvBufSurfaceCreate"),
    Need::Transform("NvBufSurfTransformMultiInputBufCompositeBlend"),
];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "blend.formula",
        "The result is (above * alpha + below * (255 - alpha)) / 255.",
        TRANSFORM_H,
        BLEND,
        formula,
    ),
    Case::new(
        "blend.opaque",
        "An alpha of 255 shows the picture above alone.",
        TRANSFORM_H,
        BLEND,
        |p| extreme(p, 255, 200),
    ),
    Case::new(
        "blend.transparent",
        "An alpha of 0 shows the picture below alone.",
        TRANSFORM_H,
        BLEND,
        |p| extreme(p, 0, 100),
    ),
    Case::new(
        "blend.over-a-colour",
        "Without a picture below, the colour of the background is there.",
        TRANSFORM_H,
        BLEND,
        colour,
    )
    .assumed(),
    Case::new(
        "blend.several-surfaces",
        "Each of several surfaces is blended with its alpha of 0 to 1.",
        TRANSFORM_H,
        SEVERAL,
        several,
    )
    .assumed(),
];

fn surface(p: &Platform, format: ColorFormat, value: u8) -> Result<Surface, Failure> {
    let surface = Wanted::picture(format, 32, 16).create(p)?;
    surface.paint(0, &[value])?;
    Ok(surface)
}

/// 200 over 100 by an alpha.
fn blended(p: &Platform, alpha: u8) -> Result<Vec<u8>, Failure> {
    let (above, below) = (
        surface(p, ColorFormat::RGBA, 200)?,
        surface(p, ColorFormat::RGBA, 100)?,
    );
    let (alpha, to) = (
        surface(p, ColorFormat::GRAY8, alpha)?,
        surface(p, ColorFormat::RGBA, 0)?,
    );
    Engine::new(p)?.blend([&above, &alpha, &to], Some(&below), None)?;
    to.read(0, 0)
}

fn formula(p: &Platform) -> Result<Outcome, Failure> {
    for alpha in [1u8, 64, 128, 200, 254] {
        let a = u32::from(alpha);
        let expected = ((200 * a + 100 * (255 - a)) / 255) as u8;
        check::flat(
            format_args!("alpha {alpha}"),
            &blended(p, alpha)?,
            expected,
            1,
        )?;
    }
    Ok(Passed)
}

fn extreme(p: &Platform, alpha: u8, expected: u8) -> Result<Outcome, Failure> {
    check::flat("pixels", &blended(p, alpha)?, expected, 0)?;
    Ok(Passed)
}

fn colour(p: &Platform) -> Result<Outcome, Failure> {
    let above = surface(p, ColorFormat::RGBA, 200)?;
    let (alpha, to) = (
        surface(p, ColorFormat::GRAY8, 0)?,
        surface(p, ColorFormat::RGBA, 0)?,
    );
    let red = Some([1., 0., 0., 1.]);
    Engine::new(p)?.blend([&above, &alpha, &to], None, red)?;
    check::near(
        "pixels",
        &to.read(0, 0)?,
        &[255, 0, 0, 255].repeat(32 * 16),
        1,
    )?;
    Ok(Passed)
}

fn several(p: &Platform) -> Result<Outcome, Failure> {
    let one = |value| surface(p, ColorFormat::GRAY8, value);
    let (first, second) = (one(200)?, one(200)?);
    let to = Wanted::picture(ColorFormat::GRAY8, 64, 16).create(p)?;
    to.paint(0, &[100])?;
    let sources: [Area; 2] = [[0, 0, 32, 16]; 2];
    let dests: [Area; 2] = [[0, 0, 32, 16], [32, 0, 32, 16]];
    let alphas = Some(&[1.0, 0.4][..]);
    Engine::new(p)?.compose_several(&[&first, &second], &to, (&sources, &dests), alphas)?;
    let seen = to.read(0, 0)?;
    check::flat("the first", &seen[..32], 200, 1)?;
    check::flat("the second", &seen[32..64], 140, 1)?;
    Ok(Passed)
}
