//! Transforms and compositions of libnvbuf_utils.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;
use nvbufsurface_sys::nvbuf_utils::r32_6::{
    NvBufferTransform_Filter_Bilinear, NvBufferTransform_FlipX, NvBufferTransform_FlipY,
    NvBufferTransform_Rotate90, NvBufferTransform_Rotate180,
};

use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::legacy::{Ask, Buffer, composite, transform, transform_async, with_session};
use crate::platform::Platform;
use crate::source::{BT601, UTILS_H};

const TRANSFORM: &[Need] = &[Need::Legacy("NvBufferTransform")];
const COMPOSITE: &[Need] = &[Need::Legacy("NvBufferComposite")];
const SESSION: &[Need] = &[
    Need::Legacy("NvBufferTransform"),
    Need::Legacy("NvBufferSessionCreate"),
];
const ASYNC: &[Need] = &[
    Need::Legacy("NvBufferTransformAsync"),
    Need::Legacy("NvBufferSyncObjWait"),
];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "legacy-transform.same-size",
        "A transform of equal format and size is a copy.",
        UTILS_H,
        TRANSFORM,
        same,
    ),
    Case::new(
        "legacy-transform.crop-source",
        "A crop of the source takes that part.",
        UTILS_H,
        TRANSFORM,
        crop_source,
    ),
    Case::new(
        "legacy-transform.crop-destination",
        "A crop of the destination fills that part.",
        UTILS_H,
        TRANSFORM,
        crop_dest,
    ),
    Case::new(
        "legacy-transform.flip",
        "FlipX, FlipY and Rotate180 do what they say.",
        UTILS_H,
        TRANSFORM,
        flip,
    ),
    Case::new(
        "legacy-transform.rotate-90-is-to-the-left",
        "Rotate90 turns counter-clockwise.",
        "L4T R32.7.1 gst-nvvidconv source",
        TRANSFORM,
        turn,
    )
    .assumed(),
    Case::new(
        "legacy-transform.scale",
        "Scaling keeps a flat colour.",
        UTILS_H,
        TRANSFORM,
        scale,
    ),
    Case::new(
        "legacy-transform.convert",
        "White, red and blue of RGBA have the Y of BT.601.",
        BT601,
        TRANSFORM,
        convert,
    ),
    Case::new(
        "legacy-transform.outside",
        "A rectangle outside of the source is refused.",
        UTILS_H,
        TRANSFORM,
        outside,
    ),
    Case::new(
        "legacy-transform.session",
        "A transform in a session of its own gives the same.",
        UTILS_H,
        SESSION,
        session,
    ),
    Case::new(
        "legacy-transform.async",
        "An asynchronous transform is there after its sync point was waited for.",
        UTILS_H,
        ASYNC,
        asynchronous,
    ),
    Case::new(
        "legacy-transform.composite",
        "Two buffers land in their rectangles on the background.",
        UTILS_H,
        COMPOSITE,
        compose,
    )
    .assumed(),
    Case::new(
        "legacy-transform.composite-alpha",
        "A buffer of alpha 0.4 is blended with the background.",
        UTILS_H,
        COMPOSITE,
        alpha,
    )
    .assumed(),
];

const W: usize = 64;
const H: usize = 32;

fn new(p: &Platform) -> Result<Buffer, Failure> {
    Buffer::new(p, ColorFormat::YUV420, W as u32, H as u32)
}

fn same(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (new(p)?, new(p)?);
    let mut expected = Vec::new();
    for plane in 0..3 {
        expected.push(from.scribble(plane, plane + 1)?);
    }
    transform(&from, &to, &Ask::default())?;
    for (plane, pixels) in expected.into_iter().enumerate() {
        check::equal(
            format_args!("plane {plane}"),
            to.read(plane as u32)?,
            pixels,
        )?;
    }
    Ok(Passed)
}

fn crop_source(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (new(p)?, Buffer::new(p, ColorFormat::YUV420, 32, 16)?);
    let pixels = from.scribble(0, 2)?;
    let from_area = Some([16, 8, 32, 16]);
    transform(
        &from,
        &to,
        &Ask {
            from: from_area,
            ..Ask::default()
        },
    )?;
    let rows = (0..16).flat_map(|y| &pixels[(y + 8) * W + 16..][..32]);
    check::equal("luma", to.read(0)?, rows.copied().collect())?;
    Ok(Passed)
}

fn crop_dest(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (Buffer::new(p, ColorFormat::YUV420, 32, 16)?, new(p)?);
    from.paint(&[200, 128, 128])?;
    to.paint(&[50, 128, 128])?;
    transform(
        &from,
        &to,
        &Ask {
            to: Some([16, 8, 32, 16]),
            ..Ask::default()
        },
    )?;
    let seen = to.read(0)?;
    for y in 8..24 {
        check::flat(format_args!("row {y}"), &seen[y * W + 16..][..32], 200, 0)?;
    }
    Ok(Passed)
}

/// The luma of a flip against where its pixels come from.
fn flipped(
    p: &Platform,
    flip: u32,
    (width, height): (usize, usize),
    place: fn(usize, usize) -> (usize, usize),
) -> Result<(), Failure> {
    let from = new(p)?;
    let to = Buffer::new(p, ColorFormat::YUV420, width as u32, height as u32)?;
    let pixels = from.scribble(0, flip + 3)?;
    transform(
        &from,
        &to,
        &Ask {
            flip: Some(flip),
            ..Ask::default()
        },
    )?;
    let source = |i: usize| {
        let (x, y) = place(i % width, i / width);
        pixels[y * W + x]
    };
    check::equal(
        format_args!("flip {flip}"),
        to.read(0)?,
        (0..W * H).map(source).collect(),
    )
}

fn flip(p: &Platform) -> Result<Outcome, Failure> {
    flipped(p, NvBufferTransform_FlipX, (W, H), |x, y| (W - 1 - x, y))?;
    flipped(p, NvBufferTransform_FlipY, (W, H), |x, y| (x, H - 1 - y))?;
    flipped(p, NvBufferTransform_Rotate180, (W, H), |x, y| {
        (W - 1 - x, H - 1 - y)
    })?;
    Ok(Passed)
}

fn turn(p: &Platform) -> Result<Outcome, Failure> {
    flipped(p, NvBufferTransform_Rotate90, (H, W), |x, y| (W - 1 - y, x))?;
    Ok(Passed)
}

fn scale(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (new(p)?, Buffer::new(p, ColorFormat::YUV420, 320, 240)?);
    from.paint(&[150, 90, 170])?;
    let filter = Some(NvBufferTransform_Filter_Bilinear);
    transform(
        &from,
        &to,
        &Ask {
            filter,
            ..Ask::default()
        },
    )?;
    for (plane, value) in [(0, 150), (1, 90), (2, 170)] {
        check::flat(format_args!("plane {plane}"), &to.read(plane)?, value, 1)?;
    }
    Ok(Passed)
}

fn convert(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (Buffer::new(p, ColorFormat::RGBA, 64, 32)?, new(p)?);
    for ([r, g, b], y) in [([255, 255, 255], 235), ([255, 0, 0], 81), ([0, 0, 255], 41)] {
        from.write(0, &[r, g, b, 255].repeat(W * H))?;
        transform(&from, &to, &Ask::default())?;
        check::flat(format_args!("Y of {r},{g},{b}"), &to.read(0)?, y, 3)?;
    }
    Ok(Passed)
}

fn outside(p: &Platform) -> Result<Outcome, Failure> {
    let ask = Ask {
        from: Some([2, 0, 64, 32]),
        ..Ask::default()
    };
    check::refused("a rectangle to 66", transform(&new(p)?, &new(p)?, &ask))?;
    Ok(Passed)
}

fn session(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (new(p)?, new(p)?);
    let pixels = from.scribble(0, 5)?;
    with_session(&from, &to, &Ask::default())?;
    check::equal("luma", to.read(0)?, pixels)?;
    Ok(Passed)
}

fn asynchronous(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (new(p)?, new(p)?);
    let pixels = from.scribble(0, 6)?;
    transform_async(&from, &to, &Ask::default())?;
    check::equal("luma", to.read(0)?, pixels)?;
    Ok(Passed)
}

fn compose(p: &Platform) -> Result<Outcome, Failure> {
    let (one, other, to) = (new(p)?, new(p)?, new(p)?);
    one.paint(&[50, 128, 128])?;
    other.paint(&[60, 128, 128])?;
    let whole = [0, 0, 64, 32];
    let places = [(whole, [0, 0, 32, 16], 1.), (whole, [32, 16, 32, 16], 1.)];
    composite(p, &[&one, &other], &to, &places)?;
    let seen = to.read(0)?;
    check::flat("the first", &seen[..32], 50, 1)?;
    check::flat("the second", &seen[20 * W + 32..][..32], 60, 1)?;
    check::flat("the white background", &seen[32..64], 235, 1)?;
    Ok(Passed)
}

fn alpha(p: &Platform) -> Result<Outcome, Failure> {
    let (one, to) = (new(p)?, new(p)?);
    one.paint(&[35, 128, 128])?;
    let whole = [0, 0, 64, 32];
    composite(p, &[&one], &to, &[(whole, whole, 0.4)])?;
    // 35 * 0.4 + 235 * 0.6
    check::flat("luma", &to.read(0)?, 155, 2)?;
    Ok(Passed)
}
