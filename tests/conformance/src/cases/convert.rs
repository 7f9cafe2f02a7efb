//! Colours: from one format to another, against numbers that are computed here.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;

use super::TRANSFORM;
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::engine::{Ask, Engine};
use crate::platform::Platform;
use crate::source::{BT601, NVVIDCONV};
use crate::surface::Wanted;

pub(super) const CASES: &[Case] = &[
    Case::new(
        "convert.rgba-to-nv12",
        "White, black, red, green and blue have the Y, U and V of BT.601.",
        BT601,
        TRANSFORM,
        |p| to_yuv(p, ColorFormat::NV12),
    ),
    Case::new(
        "convert.rgba-to-i420",
        "The same in I420.",
        BT601,
        TRANSFORM,
        |p| to_yuv(p, ColorFormat::YUV420),
    ),
    Case::new(
        "convert.nv12-to-rgba",
        "Y, U and V of BT.601 give the colours back.",
        BT601,
        TRANSFORM,
        |p| from_yuv(p, ColorFormat::NV12),
    ),
    Case::new(
        "convert.i420-to-rgba",
        "The same from I420.",
        BT601,
        TRANSFORM,
        |p| from_yuv(p, ColorFormat::YUV420),
    ),
    Case::new(
        "convert.nv12-to-i420",
        "NV12 to I420 moves samples and changes none.",
        NVVIDCONV,
        TRANSFORM,
        planar,
    ),
    Case::new(
        "convert.i420-to-nv12",
        "I420 to NV12 moves samples and changes none.",
        NVVIDCONV,
        TRANSFORM,
        semi_planar,
    ),
    Case::new(
        "convert.nv12-to-bgrx",
        "BGRx has its bytes in the order of its name.",
        NVVIDCONV,
        TRANSFORM,
        bgrx,
    ),
    Case::new(
        "convert.and-scale",
        "One transform converts and scales.",
        NVVIDCONV,
        TRANSFORM,
        scale,
    ),
    Case::new(
        "convert.rgba-alpha",
        "Alpha of an RGBA picture made of NV12 is 255.",
        NVVIDCONV,
        TRANSFORM,
        alpha,
    )
    .assumed(),
];

/// Colours as red, green, blue, and as Y, U, V of BT.601 in limited range.
const COLOURS: [([u8; 3], [u8; 3]); 6] = [
    ([255, 255, 255], [235, 128, 128]),
    ([0, 0, 0], [16, 128, 128]),
    ([128, 128, 128], [126, 128, 128]),
    ([255, 0, 0], [81, 90, 240]),
    ([0, 255, 0], [145, 54, 34]),
    ([0, 0, 255], [41, 240, 110]),
];

/// Steps that another way of rounding may be off.
const STEPS: u8 = 3;

fn rgba(p: &Platform) -> Result<crate::surface::Surface, Failure> {
    Wanted::picture(ColorFormat::RGBA, 64, 32).create(p)
}

/// A surface of one colour.
fn paint(surface: &crate::surface::Surface, pixel: &[u8]) -> Result<(), Failure> {
    let len = surface.plane(0, 0)?.packed();
    let bytes: Vec<u8> = pixel.iter().copied().cycle().take(len).collect();
    surface.write(0, 0, &bytes)
}

/// Chroma as a format has it: pairs in one plane, or a plane each.
fn chroma(format: ColorFormat, [u, v]: [u8; 2]) -> Vec<Vec<u8>> {
    match format {
        ColorFormat::NV12 => vec![[u, v].repeat(32 * 16)],
        _ => vec![vec![u; 32 * 16], vec![v; 32 * 16]],
    }
}

fn to_yuv(p: &Platform, format: ColorFormat) -> Result<Outcome, Failure> {
    let (from, to) = (rgba(p)?, Wanted::picture(format, 64, 32).create(p)?);
    for ([r, g, b], [y, u, v]) in COLOURS {
        paint(&from, &[r, g, b, 255])?;
        Engine::new(p)?.run(&from, &to, &Ask::default())?;
        check::flat(format_args!("Y of {r},{g},{b}"), &to.read(0, 0)?, y, STEPS)?;
        for (i, expected) in chroma(format, [u, v]).into_iter().enumerate() {
            let what = format!("chroma of {r},{g},{b}, plane {}", i + 1);
            check::near(what, &to.read(0, i + 1)?, &expected, STEPS)?;
        }
    }
    Ok(Passed)
}

fn from_yuv(p: &Platform, format: ColorFormat) -> Result<Outcome, Failure> {
    let (from, to) = (Wanted::picture(format, 64, 32).create(p)?, rgba(p)?);
    for ([r, g, b], [y, u, v]) in COLOURS {
        from.paint(0, &[y])?;
        for (i, plane) in chroma(format, [u, v]).into_iter().enumerate() {
            from.write(0, i + 1, &plane)?;
        }
        Engine::new(p)?.run(&from, &to, &Ask::default())?;
        let seen: Vec<u8> = to
            .read(0, 0)?
            .chunks(4)
            .flat_map(|p| [p[0], p[1], p[2]])
            .collect();
        check::near(
            format_args!("{r},{g},{b}"),
            &seen,
            &[r, g, b].repeat(64 * 32),
            STEPS,
        )?;
    }
    Ok(Passed)
}

fn planar(p: &Platform) -> Result<Outcome, Failure> {
    let from = Wanted::picture(ColorFormat::NV12, 64, 32).create(p)?;
    let to = Wanted::picture(ColorFormat::YUV420, 64, 32).create(p)?;
    let pixels = from.scribble(0, 1)?;
    Engine::new(p)?.run(&from, &to, &Ask::default())?;
    let of = |first: usize| pixels[1].iter().skip(first).step_by(2).copied().collect();
    let expected: Vec<Vec<u8>> = vec![pixels[0].clone(), of(0), of(1)];
    for (i, plane) in expected.iter().enumerate() {
        check::near(format_args!("plane {i}"), &to.read(0, i)?, plane, 1)?;
    }
    Ok(Passed)
}

fn semi_planar(p: &Platform) -> Result<Outcome, Failure> {
    let from = Wanted::picture(ColorFormat::YUV420, 64, 32).create(p)?;
    let to = Wanted::picture(ColorFormat::NV12, 64, 32).create(p)?;
    let pixels = from.scribble(0, 2)?;
    Engine::new(p)?.run(&from, &to, &Ask::default())?;
    let pairs = pixels[1].iter().zip(&pixels[2]).flat_map(|(u, v)| [*u, *v]);
    check::near("luma", &to.read(0, 0)?, &pixels[0], 1)?;
    check::near("chroma", &to.read(0, 1)?, &pairs.collect::<Vec<_>>(), 1)?;
    Ok(Passed)
}

fn bgrx(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (
        rgba(p)?,
        Wanted::picture(ColorFormat::BGRX, 64, 32).create(p)?,
    );
    paint(&from, &[10, 20, 30, 255])?;
    Engine::new(p)?.run(&from, &to, &Ask::default())?;
    let seen: Vec<u8> = to
        .read(0, 0)?
        .chunks(4)
        .flat_map(|p| [p[0], p[1], p[2]])
        .collect();
    check::near("bytes", &seen, &[30, 20, 10].repeat(64 * 32), 1)?;
    Ok(Passed)
}

fn scale(p: &Platform) -> Result<Outcome, Failure> {
    let from = rgba(p)?;
    let to = Wanted::picture(ColorFormat::NV12, 256, 128).create(p)?;
    paint(&from, &[255, 0, 0, 255])?;
    Engine::new(p)?.run(&from, &to, &Ask::default())?;
    check::flat("Y", &to.read(0, 0)?, 81, STEPS)?;
    let expected = [90, 240].repeat(128 * 64);
    check::near("chroma", &to.read(0, 1)?, &expected, STEPS)?;
    Ok(Passed)
}

fn alpha(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (
        Wanted::picture(ColorFormat::NV12, 64, 32).create(p)?,
        rgba(p)?,
    );
    from.paint(0, &[100, 128])?;
    Engine::new(p)?.run(&from, &to, &Ask::default())?;
    let alpha: Vec<u8> = to.read(0, 0)?.chunks(4).map(|pixel| pixel[3]).collect();
    check::flat("alpha", &alpha, 255, 0)?;
    Ok(Passed)
}
