//! Several buffers in one surface.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;
use nvbufsurface_sys::classic::{NVBUF_MAP_READ, NVBUF_MAP_READ_WRITE};

use super::SURFACE;
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::platform::Platform;
use crate::source::{DSEXAMPLE, OUR_LAYOUT, SURFACE_H};
use crate::surface::Wanted;

pub(super) const CASES: &[Case] = &[
    Case::new(
        "batch.entries-are-a-family-apart",
        "Entries of surfaceList are as far apart as the family's struct is long, up to the last.",
        OUR_LAYOUT,
        SURFACE,
        distance,
    ),
    Case::new(
        "batch.fds-differ",
        "Each buffer of a batch has an fd of its own.",
        SURFACE_H,
        SURFACE,
        fds,
    ),
    Case::new(
        "batch.same-shape",
        "All buffers of a batch have the same planes.",
        SURFACE_H,
        SURFACE,
        shape,
    ),
    Case::new(
        "batch.pixels-are-apart",
        "What is written to one buffer is not in the others.",
        SURFACE_H,
        SURFACE,
        pixels,
    ),
    Case::new(
        "batch.index-of-minus-1",
        "An index of -1 maps, synchronises and unmaps every buffer.",
        SURFACE_H,
        SURFACE,
        all,
    ),
    Case::new(
        "batch.map-one-index",
        "Mapping one buffer leaves the addresses of the others empty.",
        SURFACE_H,
        SURFACE,
        one,
    ),
    Case::new(
        "batch.num-filled-is-the-callers",
        "numFilled is what the caller writes there, and stays.",
        DSEXAMPLE,
        SURFACE,
        filled,
    ),
    Case::new(
        "batch.mem-set-one",
        "NvBufSurfaceMemSet with an index fills that buffer alone.",
        SURFACE_H,
        SURFACE,
        mem_set,
    ),
];

const BATCH: Wanted = Wanted::picture(ColorFormat::NV12, 128, 64).batch(4);

fn distance(p: &Platform) -> Result<Outcome, Failure> {
    let surface = BATCH.batch(16).create(p)?;
    for i in 0..16 {
        let entry = surface.entry(i)?;
        let seen = (entry.width, entry.height, ColorFormat(entry.colorFormat));
        check::equal(
            format_args!("entry {i}"),
            seen,
            (128, 64, ColorFormat::NV12),
        )?;
        check::equal(
            format_args!("planes of entry {i}"),
            entry.planeParams.num_planes,
            2,
        )?;
    }
    Ok(Passed)
}

fn fds(p: &Platform) -> Result<Outcome, Failure> {
    let surface = BATCH.create(p)?;
    let mut fds: Vec<_> = (0..4).map(|i| surface.fd(i)).collect::<Result<_, _>>()?;
    fds.sort_unstable();
    fds.dedup();
    check::equal("different fds", fds.len(), 4)?;
    Ok(Passed)
}

fn shape(p: &Platform) -> Result<Outcome, Failure> {
    let surface = BATCH.create(p)?;
    let first = surface.planes(0)?;
    for i in 1..4 {
        check::equal(
            format_args!("planes of entry {i}"),
            surface.planes(i)?,
            first.clone(),
        )?;
    }
    Ok(Passed)
}

fn pixels(p: &Platform) -> Result<Outcome, Failure> {
    let surface = BATCH.create(p)?;
    let mut expected = Vec::new();
    for i in 0..4 {
        expected.push(surface.scribble(i, i as u32 + 1)?);
    }
    for (i, pixels) in expected.into_iter().enumerate() {
        check::equal(
            format_args!("pixels of buffer {i}"),
            surface.read_all(i)?,
            pixels,
        )?;
    }
    Ok(Passed)
}

fn all(p: &Platform) -> Result<Outcome, Failure> {
    let surface = BATCH.create(p)?;
    surface.map(-1, 0, NVBUF_MAP_READ_WRITE)?;
    surface.sync_for_cpu(-1, 0)?;
    let len = surface.plane(0, 0)?.packed();
    for i in 0..4 {
        surface.poke(i, 0, &vec![i as u8 + 10; len])?;
    }
    surface.sync_for_device(-1, 0)?;
    surface.unmap(-1, 0)?;
    for i in 0..4 {
        check::that("it is unmapped", surface.address(i, 0)?.is_null())?;
        check::flat("luma", &surface.read(i, 0)?, i as u8 + 10, 0)?;
    }
    Ok(Passed)
}

fn one(p: &Platform) -> Result<Outcome, Failure> {
    let surface = BATCH.create(p)?;
    surface.map(2, 0, NVBUF_MAP_READ)?;
    for i in 0..4 {
        let mapped = !surface.address(i, 0)?.is_null();
        check::equal(format_args!("buffer {i} is mapped"), mapped, i == 2)?;
    }
    surface.unmap(2, 0)?;
    Ok(Passed)
}

fn filled(p: &Platform) -> Result<Outcome, Failure> {
    let surface = BATCH.create_unfilled(p)?;
    surface.fill(3);
    surface.mem_set(-1, -1, 5)?;
    surface.read(3, 0)?;
    check::equal("numFilled", surface.header().numFilled, 3)?;
    Ok(Passed)
}

fn mem_set(p: &Platform) -> Result<Outcome, Failure> {
    let surface = BATCH.create(p)?;
    surface.mem_set(-1, -1, 1)?;
    surface.mem_set(2, 0, 9)?;
    for i in 0..4 {
        let value = if i == 2 { 9 } else { 1 };
        check::flat(format_args!("luma of {i}"), &surface.read(i, 0)?, value, 0)?;
        check::flat(format_args!("chroma of {i}"), &surface.read(i, 1)?, 1, 0)?;
    }
    Ok(Passed)
}
