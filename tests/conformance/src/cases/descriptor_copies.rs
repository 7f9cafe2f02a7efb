//! Copies of the descriptor, as batching elements and the crates make them.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;
use nvbufsurface_sys::classic::{NVBUF_MAP_READ, NVBUF_MAP_READ_WRITE};

use super::{SURFACE, SURFACE_CUDA, TRANSFORM};
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::cuda::{self, Cuda};
use crate::engine::{Ask, Engine};
use crate::platform::Platform;
use crate::source::{DSEXAMPLE, GSTCUDA, NVSTREAMMUX};
use crate::surface::{Twin, Wanted};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "descriptor-copies.map",
        "A copy of the descriptor can be mapped, and shows the pixels.",
        NVSTREAMMUX,
        SURFACE,
        map,
    ),
    Case::new(
        "descriptor-copies.map-leaves-the-original-alone",
        "Mapping a copy writes no address into the original.",
        NVSTREAMMUX,
        SURFACE,
        original_alone,
    ),
    Case::new(
        "descriptor-copies.two-map-at-once",
        "Two copies of one descriptor are mapped at once, and unmapping one leaves the other.",
        NVSTREAMMUX,
        SURFACE,
        two_at_once,
    )
    .assumed(),
    Case::new(
        "descriptor-copies.write-through-one",
        "What is written through a copy is read through the original.",
        NVSTREAMMUX,
        SURFACE,
        write,
    ),
    Case::new(
        "descriptor-copies.one-of-a-batch",
        "A copy of one entry, as a batch of one, is that buffer.",
        DSEXAMPLE,
        SURFACE,
        one_of_batch,
    ),
    Case::new(
        "descriptor-copies.copy-engine",
        "NvBufSurfaceCopy takes copies of descriptors on both sides.",
        NVSTREAMMUX,
        SURFACE,
        copy,
    ),
    Case::new(
        "descriptor-copies.transform",
        "A transform takes copies of descriptors on both sides.",
        DSEXAMPLE,
        TRANSFORM,
        transform,
    ),
    Case::new(
        "descriptor-copies.egl-image",
        "A copy has an EGLImage of its own, and the original's field stays empty.",
        GSTCUDA,
        SURFACE,
        egl_image,
    )
    .assumed(),
    Case::new(
        "descriptor-copies.two-egl-images",
        "Two copies have EGLImages at once; ending one leaves the other usable.",
        GSTCUDA,
        SURFACE_CUDA,
        two_images,
    )
    .assumed(),
    Case::new(
        "descriptor-copies.freed",
        "The library keeps no pointer to a copy: it works on after many others came and went.",
        NVSTREAMMUX,
        SURFACE,
        freed,
    ),
];

const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 128, 64);

fn map(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let pixels = surface.scribble(0, 1)?;
    let twin = Twin::of(&surface, 0)?;
    check::equal("pixels", twin.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn original_alone(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let twin = Twin::of(&surface, 0)?;
    twin.map(0, 0, NVBUF_MAP_READ)?;
    check::that("the copy has an address", !twin.address(0, 0)?.is_null())?;
    check::that("the original has none", surface.address(0, 0)?.is_null())?;
    twin.unmap(0, 0)?;
    Ok(Passed)
}

fn two_at_once(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let pixels = surface.scribble(0, 2)?;
    let (one, other) = (Twin::of(&surface, 0)?, Twin::of(&surface, 0)?);
    one.map(0, 0, NVBUF_MAP_READ)?;
    other.map(0, 0, NVBUF_MAP_READ)?;
    one.sync_for_cpu(0, 0)?;
    one.unmap(0, 0)?;
    other.sync_for_cpu(0, 0)?;
    check::equal(
        "luma through the other",
        other.peek(0, 0)?,
        pixels[0].clone(),
    )?;
    other.unmap(0, 0)?;
    Ok(Passed)
}

fn write(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let pixels = Twin::of(&surface, 0)?.scribble(0, 3)?;
    check::equal("pixels", surface.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn one_of_batch(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.batch(4).create(p)?;
    for i in 0..4 {
        surface.paint(i, &[i as u8, 9])?;
    }
    let twin = Twin::of(&surface, 2)?;
    check::equal("fd", twin.fd(0)?, surface.fd(2)?)?;
    check::flat("luma", &twin.read(0, 0)?, 2, 0)?;
    twin.mem_set(0, 0, 77)?;
    check::flat("luma", &surface.read(2, 0)?, 77, 0)?;
    check::flat("luma of another", &surface.read(1, 0)?, 1, 0)?;
    Ok(Passed)
}

fn copy(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.create(p)?, NV12.create(p)?);
    let pixels = from.scribble(0, 4)?;
    Twin::of(&from, 0)?.copy_to(&*Twin::of(&to, 0)?)?;
    check::equal("pixels", to.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn transform(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.batch(2).create(p)?, NV12.create(p)?);
    let pixels = from.scribble(1, 5)?;
    let (one, other) = (Twin::of(&from, 1)?, Twin::of(&to, 0)?);
    Engine::new(p)?.run(&one, &other, &Ask::default())?;
    check::equal("pixels", to.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn egl_image(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let twin = Twin::of(&surface, 0)?;
    twin.map_egl_image(0)?;
    check::that("the copy has an EGLImage", !twin.image(0)?.is_null())?;
    check::that("the original has none", surface.image(0)?.is_null())?;
    twin.unmap_egl_image(0)?;
    Ok(Passed)
}

fn two_images(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let (one, other) = (Twin::of(&surface, 0)?, Twin::of(&surface, 0)?);
    one.map_egl_image(0)?;
    other.map_egl_image(0)?;
    one.unmap_egl_image(0)?;
    let cuda = Cuda::new()?;
    let mapped = cuda.image(other.image(0)?)?;
    check::equal("width", mapped.frame().width, 128)?;
    mapped.unregister().map_err(cuda::failed)?;
    other.unmap_egl_image(0)?;
    Ok(Passed)
}

fn freed(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let pixels = surface.scribble(0, 6)?;
    for _ in 0..20 {
        let twin = Twin::of(&surface, 0)?;
        twin.map(0, 0, NVBUF_MAP_READ_WRITE)?;
        twin.unmap(0, 0)?;
    }
    check::equal("pixels", surface.read_all(0)?, pixels)?;
    Ok(Passed)
}
