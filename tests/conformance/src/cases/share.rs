//! A buffer in another process, or twice in one.
#![forbid(unsafe_code)]

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use nvbufsurface_sys::ColorFormat;

use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::platform::Platform;
use crate::socket;
use crate::source::SURFACE_H;
use crate::surface::{Description, Wanted};

const SHARE: &[Need] = &[
    Need::Surface("NvBufSurfaceGetMapParams"),
    Need::Surface("NvBufSurfaceImport"),
];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "share.description",
        "NvBufSurfaceGetMapParams says the fd, size, format and planes of a buffer.",
        SURFACE_H,
        SHARE,
        description,
    ),
    Case::new(
        "share.description-of-each-entry",
        "Each buffer of a batch has a description of its own.",
        SURFACE_H,
        SHARE,
        each_entry,
    ),
    Case::new(
        "share.import-at-home",
        "An imported surface has the shape of the original.",
        SURFACE_H,
        SHARE,
        at_home,
    ),
    Case::new(
        "share.num-filled-is-0",
        "numFilled of an imported surface is 0.",
        "reported to NVIDIA's forum by users whose transform gave -3",
        SHARE,
        unfilled,
    )
    .assumed(),
    Case::new(
        "share.same-pixels",
        "What is written through either is read through the other.",
        SURFACE_H,
        SHARE,
        same_pixels,
    ),
    Case::new(
        "share.import-duplicates-the-fd",
        "An imported surface has an fd of its own: the one that it was given may be closed.",
        SURFACE_H,
        SHARE,
        duplicates,
    )
    .assumed(),
    Case::new(
        "share.import-outlives",
        "An imported surface stays when the original is destroyed.",
        SURFACE_H,
        SHARE,
        outlives,
    )
    .assumed(),
    Case::new(
        "share.another-process",
        "A surface crosses to another process over a socket, is written there and read here.",
        SURFACE_H,
        SHARE,
        another_process,
    ),
];

/// The other end of `share.another-process`: its socket is the standard input.
pub(super) static IMPORTER: Case = Case::new(
    "share.importer",
    "Takes a surface from a socket, looks at it and writes to it.",
    SURFACE_H,
    SHARE,
    importer,
);

const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 66, 34);

fn description(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let (entry, planes) = (surface.entry(0)?, surface.planes(0)?);
    let said = Description::of(&surface, 0)?.summary();
    check::equal("fd", said.fd, entry.bufferDesc)?;
    check::equal("planes", said.num_planes, 2)?;
    check::equal("format", ColorFormat(said.color_format), ColorFormat::NV12)?;
    check::equal("type", said.mem_type, surface.header().memType)?;
    check::equal("layout", said.layout, entry.layout)?;
    check::equal("size", said.total_size, entry.dataSize)?;
    for (said, plane) in said.planes.iter().zip(planes) {
        check::equal(
            "plane",
            *said,
            [plane.width, plane.height, plane.pitch, plane.offset],
        )?;
    }
    Ok(Passed)
}

fn each_entry(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.batch(3).create(p)?;
    for i in 0..3 {
        let said = Description::of(&surface, i)?.summary();
        check::equal("fd", said.fd, surface.entry(i as usize)?.bufferDesc)?;
    }
    Ok(Passed)
}

fn at_home(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let other = Description::of(&surface, 0)?.import(p)?;
    check::equal("batch", other.header().batchSize, 1)?;
    check::equal("type", other.header().memType, surface.header().memType)?;
    check::equal("planes", other.planes(0)?, surface.planes(0)?)?;
    check::equal(
        "format",
        other.entry(0)?.colorFormat,
        surface.entry(0)?.colorFormat,
    )?;
    Ok(Passed)
}

fn unfilled(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let other = Description::of(&surface, 0)?.import(p)?;
    check::equal("numFilled", other.header().numFilled, 0)?;
    Ok(Passed)
}

fn same_pixels(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let pixels = surface.scribble(0, 1)?;
    let other = Description::of(&surface, 0)?.import(p)?;
    check::equal("pixels of the original", other.read_all(0)?, pixels)?;
    let pixels = other.scribble(0, 9)?;
    check::equal("pixels of the other", surface.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn duplicates(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let pixels = surface.scribble(0, 2)?;
    let fd = socket::duplicate(surface.fd(0)?)?;
    let other = Description::of(&surface, 0)?
        .with_fd(fd.as_raw_fd())
        .import(p)?;
    check::that("its fd is another", other.fd(0)? != fd.as_raw_fd())?;
    drop(fd);
    check::equal("pixels", other.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn outlives(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let pixels = surface.scribble(0, 3)?;
    let other = Description::of(&surface, 0)?.import(p)?;
    surface.destroy()?;
    check::equal("pixels", other.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn system(error: std::io::Error) -> Failure {
    Failure::new("that the system does it", error.to_string())
}

fn another_process(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    surface.paint(0, &[11, 22])?;
    let description = Description::of(&surface, 0)?;
    let (ours, theirs) = UnixStream::pair().map_err(system)?;
    let child = Command::new(std::env::current_exe().map_err(system)?)
        .args(["--case", IMPORTER.name])
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::piped())
        .spawn()
        .map_err(system)?;
    let sent = socket::send(&ours, &description.bytes(), surface.fd(0)?);
    drop(ours);
    let said = child.wait_with_output();
    sent?;
    let said = said.map_err(system)?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    check::that(
        format_args!("the other process passes: {text}"),
        said.status.success(),
    )?;
    check::flat("luma", &surface.read(0, 0)?, 33, 0)?;
    check::flat("chroma", &surface.read(0, 1)?, 44, 0)?;
    Ok(Passed)
}

fn importer(p: &Platform) -> Result<Outcome, Failure> {
    let stdin = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map_err(system)?;
    let len = Description::size(p.family()?);
    let (bytes, fd) = socket::receive(&UnixStream::from(stdin), len)?;
    let description = Description::from_bytes(p, &bytes)?.with_fd(fd.as_raw_fd());
    let surface = description.import(p)?;
    surface.fill(1);
    check::flat("luma", &surface.read(0, 0)?, 11, 0)?;
    check::flat("chroma", &surface.read(0, 1)?, 22, 0)?;
    surface.paint(0, &[33, 44])?;
    surface.destroy()?;
    Ok(Passed)
}
