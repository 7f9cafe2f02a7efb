//! The fds behind surfaces.
#![forbid(unsafe_code)]

use std::os::fd::AsRawFd as _;

use nvbufsurface_sys::ColorFormat;

use super::SURFACE;
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::platform::Platform;
use crate::socket;
use crate::source::SURFACE_H;
use crate::surface::{Wanted, from_fd};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "dmabuf.from-fd",
        "NvBufSurfaceFromFd gives the surface that an fd is of.",
        SURFACE_H,
        SURFACE,
        gives_back,
    ),
    Case::new(
        "dmabuf.from-fd-of-any-entry",
        "An fd of any buffer of a batch leads to the surface of the batch.",
        SURFACE_H,
        SURFACE,
        of_any_entry,
    )
    .assumed(),
    Case::new(
        "dmabuf.from-fd-takes-nothing",
        "NvBufSurfaceFromFd takes no reference: the surface is destroyed once.",
        "L4T R35.4.1 gst-nvv4l2 source, which destroys by FromFd and Destroy",
        SURFACE,
        takes_nothing,
    )
    .assumed(),
    Case::new(
        "dmabuf.fd-stays-the-same",
        "The fd of a buffer is the same after it was mapped, copied and filled.",
        SURFACE_H,
        SURFACE,
        stays,
    ),
    Case::new(
        "dmabuf.duplicate-outlives",
        "A duplicated fd stays open when the surface is destroyed.",
        "Linux dma-buf documentation",
        SURFACE,
        outlives,
    ),
    Case::new(
        "dmabuf.size",
        "The file behind an fd is as long as the planes need, where the kernel says it.",
        "Linux dma-buf documentation (seeking to the end gives the size)",
        SURFACE,
        size,
    ),
];

const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 128, 64);

fn gives_back(p: &Platform) -> Result<Outcome, Failure> {
    let (one, other) = (NV12.create(p)?, NV12.create(p)?);
    for surface in [&one, &other] {
        let found = from_fd(p, surface.fd(0)?)?;
        check::equal("the surface", found.cast(), surface.as_ptr())?;
    }
    Ok(Passed)
}

fn of_any_entry(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.batch(3).create(p)?;
    for i in 0..3 {
        let found = from_fd(p, surface.fd(i)?)?;
        check::equal("the surface", found.cast(), surface.as_ptr())?;
    }
    Ok(Passed)
}

fn takes_nothing(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let fd = surface.fd(0)?;
    for _ in 0..3 {
        from_fd(p, fd)?;
    }
    surface.destroy()?;
    check::that(format_args!("fd {fd} is closed"), !socket::is_open(fd))?;
    Ok(Passed)
}

fn stays(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, other) = (NV12.create(p)?, NV12.create(p)?);
    let fd = surface.fd(0)?;
    surface.scribble(0, 1)?;
    surface.copy_to(&other)?;
    surface.mem_set(0, -1, 3)?;
    check::equal("fd", surface.fd(0)?, fd)?;
    Ok(Passed)
}

fn outlives(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let copy = socket::duplicate(surface.fd(0)?)?;
    surface.destroy()?;
    check::that("it is open", socket::is_open(copy.as_raw_fd()))?;
    Ok(Passed)
}

fn size(p: &Platform) -> Result<Outcome, Failure> {
    use std::io::{Seek as _, SeekFrom};

    let surface = NV12.create(p)?;
    let mut file = std::fs::File::from(socket::duplicate(surface.fd(0)?)?);
    let Ok(size) = file.seek(SeekFrom::End(0)) else {
        return Ok(Outcome::NotApplicable(
            "this kernel does not say a dmabuf's size".into(),
        ));
    };
    // The position is that of the surface's own fd, too.
    file.rewind()
        .map_err(|error| Failure::new("a way back", error.to_string()))?;
    let last = surface.plane(0, 1)?;
    let end = u64::from(last.offset) + u64::from(last.pitch) * u64::from(last.height);
    check::that(
        format_args!("{size} bytes hold planes to {end}"),
        size >= end,
    )?;
    Ok(Passed)
}
