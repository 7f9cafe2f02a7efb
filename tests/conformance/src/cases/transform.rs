//! Geometry: crop, scale, flip, turn.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;
use nvbufsurface_sys::classic::{
    NvBufSurfTransform_FlipX, NvBufSurfTransform_FlipY, NvBufSurfTransform_None,
    NvBufSurfTransform_Rotate90, NvBufSurfTransform_Rotate180, NvBufSurfTransform_Rotate270,
    NvBufSurfTransform_Transpose, NvBufSurfTransformInter_Bilinear,
    NvBufSurfTransformInter_Nearest,
};

use super::TRANSFORM;
use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::engine::{Ask, Engine};
use crate::platform::Platform;
use crate::source::{NVVIDCONV, TRANSFORM_H};
use crate::surface::{Surface, Wanted};

const ASYNC: &[Need] = &[
    Need::Surface("NvBufSurfaceCreate"),
    Need::Transform("NvBufSurfTransformAsync"),
];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "transform.same-size",
        "A transform of equal format and size is a copy.",
        NVVIDCONV,
        TRANSFORM,
        same,
    ),
    Case::new(
        "transform.batch",
        "A transform takes every filled buffer, and no other.",
        TRANSFORM_H,
        TRANSFORM,
        batch,
    ),
    Case::new(
        "transform.crop-source",
        "A crop of the source takes that part.",
        TRANSFORM_H,
        TRANSFORM,
        crop_source,
    ),
    Case::new(
        "transform.crop-destination",
        "A crop of the destination leaves the rest untouched.",
        TRANSFORM_H,
        TRANSFORM,
        crop_dest,
    ),
    Case::new(
        "transform.rectangle-for-each-buffer",
        "Each buffer of a batch has a rectangle of its own.",
        TRANSFORM_H,
        TRANSFORM,
        rectangles,
    ),
    Case::new(
        "transform.scale-a-flat-colour",
        "Scaling keeps a flat colour, up and down.",
        TRANSFORM_H,
        TRANSFORM,
        scale_flat,
    ),
    Case::new(
        "transform.scale-quarters",
        "Four coloured quarters stay where they are when scaled.",
        TRANSFORM_H,
        TRANSFORM,
        quarters,
    ),
    Case::new(
        "transform.scale-a-gradient",
        "A gradient stays one when scaled bilinearly.",
        TRANSFORM_H,
        TRANSFORM,
        gradient,
    ),
    Case::new(
        "transform.scale-by-16",
        "The VIC scales by 16 in both directions.",
        "reported limits of the VIC: jetson-ffmpeg issue 32",
        TRANSFORM,
        by_16,
    ),
    Case::new(
        "transform.flip.none",
        "A flip of None changes nothing.",
        TRANSFORM_H,
        TRANSFORM,
        |p| flip(p, NvBufSurfTransform_None, |x, y| (x, y)),
    ),
    Case::new(
        "transform.flip.x",
        "FlipX exchanges left and right.",
        NVVIDCONV,
        TRANSFORM,
        |p| flip(p, NvBufSurfTransform_FlipX, |x, y| (W - 1 - x, y)),
    ),
    Case::new(
        "transform.flip.y",
        "FlipY exchanges top and bottom.",
        NVVIDCONV,
        TRANSFORM,
        |p| flip(p, NvBufSurfTransform_FlipY, |x, y| (x, H - 1 - y)),
    ),
    Case::new(
        "transform.flip.rotate-180",
        "Rotate180 turns upside down.",
        TRANSFORM_H,
        TRANSFORM,
        |p| {
            flip(p, NvBufSurfTransform_Rotate180, |x, y| {
                (W - 1 - x, H - 1 - y)
            })
        },
    ),
    Case::new(
        "transform.flip.rotate-90-is-to-the-left",
        "Rotate90 turns counter-clockwise.",
        NVVIDCONV,
        TRANSFORM,
        |p| turn(p, NvBufSurfTransform_Rotate90, |x, y| (W - 1 - y, x)),
    )
    .assumed(),
    Case::new(
        "transform.flip.rotate-270-is-to-the-right",
        "Rotate270 turns clockwise.",
        NVVIDCONV,
        TRANSFORM,
        |p| turn(p, NvBufSurfTransform_Rotate270, |x, y| (y, H - 1 - x)),
    )
    .assumed(),
    Case::new(
        "transform.flip.transpose",
        "Transpose exchanges rows and columns.",
        TRANSFORM_H,
        TRANSFORM,
        |p| turn(p, NvBufSurfTransform_Transpose, |x, y| (y, x)),
    )
    .assumed(),
    Case::new(
        "transform.is-over-when-it-returns",
        "The source may be overwritten as soon as a transform has returned.",
        TRANSFORM_H,
        TRANSFORM,
        is_over,
    ),
    Case::new(
        "transform.async.waits",
        "What an asynchronous transform wrote is there after its sync object was waited for.",
        TRANSFORM_H,
        ASYNC,
        asynchronous,
    ),
    Case::new(
        "transform.async.two-at-once",
        "Two asynchronous transforms may be waited for in the reverse of their order.",
        TRANSFORM_H,
        ASYNC,
        two_at_once,
    ),
    Case::new(
        "transform.async.without-object",
        "An asynchronous transform without a sync object is over when it returns.",
        TRANSFORM_H,
        ASYNC,
        without_object,
    ),
];

const W: usize = 64;
const H: usize = 32;
const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 128, 64);

fn gray(p: &Platform, width: u32, height: u32) -> Result<Surface, Failure> {
    Wanted::picture(ColorFormat::GRAY8, width, height).create(p)
}

fn same(p: &Platform) -> Result<Outcome, Failure> {
    for format in [
        ColorFormat::NV12,
        ColorFormat::YUV420,
        ColorFormat::RGBA,
        ColorFormat::GRAY8,
    ] {
        let wanted = Wanted::picture(format, 128, 64);
        let (from, to) = (wanted.create(p)?, wanted.create(p)?);
        let pixels = from.scribble(0, 1)?;
        Engine::new(p)?.run(&from, &to, &Ask::default())?;
        check::equal(format_args!("pixels of {format}"), to.read_all(0)?, pixels)?;
    }
    Ok(Passed)
}

fn batch(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.batch(3).create(p)?, NV12.batch(3).create(p)?);
    for i in 0..3 {
        from.paint(i, &[i as u8 + 10, 128])?;
        to.paint(i, &[99, 128])?;
    }
    from.fill(2);
    Engine::new(p)?.run(&from, &to, &Ask::default())?;
    for (i, value) in [(0, 10), (1, 11), (2, 99)] {
        check::flat(format_args!("buffer {i}"), &to.read(i, 0)?, value, 0)?;
    }
    Ok(Passed)
}

fn crop_source(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (gray(p, 128, 64)?, gray(p, 32, 16)?);
    let pixels = from.scribble(0, 2)?.remove(0);
    Engine::new(p)?.run(&from, &to, &Ask::default().from(&[[48, 20, 32, 16]]))?;
    let expected: Vec<u8> = (0..16)
        .flat_map(|y| &pixels[(y + 20) * 128 + 48..][..32])
        .copied()
        .collect();
    check::equal("pixels", to.read(0, 0)?, expected)?;
    Ok(Passed)
}

fn crop_dest(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (gray(p, 32, 16)?, gray(p, 128, 64)?);
    let pixels = from.scribble(0, 3)?.remove(0);
    let mut expected = to.scribble(0, 4)?.remove(0);
    Engine::new(p)?.run(&from, &to, &Ask::default().to(&[[16, 8, 32, 16]]))?;
    for y in 0..16 {
        expected[(y + 8) * 128 + 16..][..32].copy_from_slice(&pixels[y * 32..][..32]);
    }
    check::equal("pixels", to.read(0, 0)?, expected)?;
    Ok(Passed)
}

fn rectangles(p: &Platform) -> Result<Outcome, Failure> {
    let wanted = Wanted::picture(ColorFormat::GRAY8, 64, 32).batch(2);
    let (from, to) = (wanted.create(p)?, wanted.create(p)?);
    let mut expected = Vec::new();
    for i in 0..2 {
        let pixels = from.scribble(i, i as u32)?.remove(0);
        expected.push(pixels[i * (16 * 64 + 32)..][..32].to_vec());
    }
    let areas = [[0, 0, 32, 16], [32, 16, 32, 16]];
    let ask = Ask::default().from(&areas).to(&[[0, 0, 32, 16]; 2]);
    Engine::new(p)?.run(&from, &to, &ask)?;
    for (i, row) in expected.into_iter().enumerate() {
        check::equal(
            format_args!("a row of buffer {i}"),
            &to.read(i, 0)?[..32],
            &row[..],
        )?;
    }
    Ok(Passed)
}

fn scale_flat(p: &Platform) -> Result<Outcome, Failure> {
    let engine = Engine::new(p)?;
    for (width, height) in [(320, 240), (64, 32), (128, 128)] {
        for filter in [
            NvBufSurfTransformInter_Nearest,
            NvBufSurfTransformInter_Bilinear,
        ] {
            let from = NV12.create(p)?;
            let to = Wanted::picture(ColorFormat::NV12, width, height).create(p)?;
            from.paint(0, &[150, 90])?;
            engine.run(&from, &to, &Ask::default().filter(filter))?;
            check::flat("luma", &to.read(0, 0)?, 150, 1)?;
            check::flat("chroma", &to.read(0, 1)?, 90, 1)?;
        }
    }
    Ok(Passed)
}

fn quarters(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (gray(p, 64, 64)?, gray(p, 256, 256)?);
    let value = |x: usize, y: usize, half: usize| [40, 90, 160, 220][x / half + 2 * (y / half)];
    let pixels: Vec<u8> = (0..64 * 64).map(|i| value(i % 64, i / 64, 32)).collect();
    from.write(0, 0, &pixels)?;
    Engine::new(p)?.run(&from, &to, &Ask::default())?;
    let seen = to.read(0, 0)?;
    // Away from the edges, where filters differ.
    for (x, y) in [
        (64, 64),
        (192, 64),
        (64, 192),
        (192, 192),
        (10, 10),
        (245, 245),
    ] {
        let found = &seen[y * 256 + x..][..1];
        check::near(format_args!("pixel {x},{y}"), found, &[value(x, y, 128)], 1)?;
    }
    Ok(Passed)
}

fn gradient(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (gray(p, 128, 32)?, gray(p, 64, 32)?);
    let pixels: Vec<u8> = (0..128 * 32).map(|i| (i % 128 + 16) as u8).collect();
    from.write(0, 0, &pixels)?;
    let ask = Ask::default().filter(NvBufSurfTransformInter_Bilinear);
    Engine::new(p)?.run(&from, &to, &ask)?;
    let expected: Vec<u8> = (0..64 * 32).map(|i| (i % 64 * 2 + 16) as u8).collect();
    check::near("a row", &to.read(0, 0)?, &expected, 3)?;
    Ok(Passed)
}

fn by_16(p: &Platform) -> Result<Outcome, Failure> {
    let (small, large) = (gray(p, 64, 32)?, gray(p, 1024, 512)?);
    let engine = Engine::new(p)?;
    small.paint(0, &[77])?;
    engine.run(&small, &large, &Ask::default())?;
    check::flat("enlarged", &large.read(0, 0)?, 77, 1)?;
    large.paint(0, &[177])?;
    engine.run(&large, &small, &Ask::default())?;
    check::flat("reduced", &small.read(0, 0)?, 177, 1)?;
    Ok(Passed)
}

/// A flip; `place` says where a pixel of the result comes from.
fn flipped(
    p: &Platform,
    flip: u32,
    (width, height): (usize, usize),
    place: impl Fn(usize, usize) -> (usize, usize),
) -> Result<Outcome, Failure> {
    let (from, to) = (
        gray(p, W as u32, H as u32)?,
        gray(p, width as u32, height as u32)?,
    );
    let pixels = from.scribble(0, flip + 1)?.remove(0);
    Engine::new(p)?.run(&from, &to, &Ask::default().flip(flip))?;
    let source = |i: usize| {
        let (x, y) = place(i % width, i / width);
        pixels[y * W + x]
    };
    let expected: Vec<u8> = (0..W * H).map(source).collect();
    check::equal("pixels", to.read(0, 0)?, expected)?;
    Ok(Passed)
}

fn flip(
    p: &Platform,
    flip: u32,
    place: fn(usize, usize) -> (usize, usize),
) -> Result<Outcome, Failure> {
    flipped(p, flip, (W, H), place)
}

fn turn(
    p: &Platform,
    flip: u32,
    place: fn(usize, usize) -> (usize, usize),
) -> Result<Outcome, Failure> {
    flipped(p, flip, (H, W), place)
}

fn is_over(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.create(p)?, NV12.create(p)?);
    for round in 0..20 {
        from.mem_set(0, -1, round)?;
        Engine::new(p)?.run(&from, &to, &Ask::default())?;
        from.mem_set(0, -1, 255)?;
        check::flat("the result", &to.read(0, 0)?, round, 0)?;
    }
    Ok(Passed)
}

fn asynchronous(p: &Platform) -> Result<Outcome, Failure> {
    let wanted = Wanted::picture(ColorFormat::NV12, 1920, 1080);
    let (from, to) = (wanted.create(p)?, wanted.create(p)?);
    let pixels = from.scribble(0, 5)?;
    let engine = Engine::new(p)?;
    let pending = engine.start(&from, &to, &Ask::default())?;
    engine.finish(pending)?;
    check::equal("pixels", to.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn two_at_once(p: &Platform) -> Result<Outcome, Failure> {
    let (from, one, other) = (NV12.create(p)?, NV12.create(p)?, NV12.create(p)?);
    let pixels = from.scribble(0, 6)?;
    let engine = Engine::new(p)?;
    let first = engine.start(&from, &one, &Ask::default())?;
    let second = engine.start(&from, &other, &Ask::default())?;
    engine.finish(second)?;
    engine.finish(first)?;
    check::equal("the first", one.read_all(0)?, pixels.clone())?;
    check::equal("the second", other.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn without_object(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.create(p)?, NV12.create(p)?);
    let pixels = from.scribble(0, 7)?;
    Engine::new(p)?.start_and_wait(&from, &to, &Ask::default())?;
    check::equal("pixels", to.read_all(0)?, pixels)?;
    Ok(Passed)
}
