//! Mapping for the CPU.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;
use nvbufsurface_sys::classic::{NVBUF_MAP_READ, NVBUF_MAP_READ_WRITE, NVBUF_MAP_WRITE};

use super::SURFACE;
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::platform::Platform;
use crate::source::{NVVIDCONV, SURFACE_H};
use crate::surface::Wanted;

pub(super) const CASES: &[Case] = &[
    Case::new(
        "map.read.each-plane",
        "Mapping a plane for reading sets its address, and no other's.",
        SURFACE_H,
        SURFACE,
        |p| each_plane(p, NVBUF_MAP_READ),
    ),
    Case::new(
        "map.read-write.each-plane",
        "Mapping a plane for both sets its address, and no other's.",
        SURFACE_H,
        SURFACE,
        |p| each_plane(p, NVBUF_MAP_READ_WRITE),
    ),
    Case::new(
        "map.write.each-plane",
        "Mapping a plane for writing sets its address, and no other's.",
        SURFACE_H,
        SURFACE,
        |p| each_plane(p, NVBUF_MAP_WRITE),
    ),
    Case::new(
        "map.read.all-planes",
        "A plane of -1 maps every plane for reading.",
        SURFACE_H,
        SURFACE,
        |p| all_planes(p, NVBUF_MAP_READ),
    ),
    Case::new(
        "map.read-write.all-planes",
        "A plane of -1 maps every plane for both.",
        SURFACE_H,
        SURFACE,
        |p| all_planes(p, NVBUF_MAP_READ_WRITE),
    ),
    Case::new(
        "map.three-planes",
        "All three planes of I420 can be mapped at once, one by one.",
        NVVIDCONV,
        SURFACE,
        three_planes,
    ),
    Case::new(
        "map.unmap-clears",
        "Unmapping a plane clears its address.",
        SURFACE_H,
        SURFACE,
        unmap_clears,
    )
    .assumed(),
    Case::new(
        "map.unmap-all-clears",
        "A plane of -1 unmaps every plane and clears the addresses.",
        SURFACE_H,
        SURFACE,
        unmap_all,
    )
    .assumed(),
    Case::new(
        "map.unmap-one-of-two",
        "Unmapping one plane leaves the other mapped, with its pixels.",
        NVVIDCONV,
        SURFACE,
        unmap_one,
    ),
    Case::new(
        "map.again",
        "A plane can be mapped and unmapped again and again, with its pixels.",
        NVVIDCONV,
        SURFACE,
        again,
    ),
    Case::new(
        "map.every-row",
        "Every byte of every row is written and read back, padding skipped.",
        NVVIDCONV,
        SURFACE,
        every_row,
    ),
    Case::new(
        "map.padding-is-memory",
        "The padding behind a row may be written: mapped are pitch times height bytes.",
        NVVIDCONV,
        SURFACE,
        padding,
    ),
    Case::new(
        "map.large",
        "A picture of 1920x1080 keeps what the CPU writes.",
        NVVIDCONV,
        SURFACE,
        large,
    ),
    Case::new(
        "map.two-surfaces",
        "Two surfaces are mapped at once, at different addresses.",
        NVVIDCONV,
        SURFACE,
        two,
    ),
    Case::new(
        "map.from-another-thread",
        "A surface mapped on one thread is read and unmapped on another.",
        "Linux mmap: a mapping is of the process",
        SURFACE,
        other_thread,
    )
    .assumed(),
];

const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 100, 50);

fn each_plane(p: &Platform, flags: u32) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    for plane in 0..2 {
        surface.map(0, plane as i32, flags)?;
        for other in 0..2 {
            let mapped = !surface.address(0, other)?.is_null();
            check::equal(
                format_args!("plane {other} has an address"),
                mapped,
                other == plane,
            )?;
        }
        surface.unmap(0, plane as i32)?;
    }
    Ok(Passed)
}

fn all_planes(p: &Platform, flags: u32) -> Result<Outcome, Failure> {
    for (format, count) in [
        (ColorFormat::NV12, 2),
        (ColorFormat::YUV420, 3),
        (ColorFormat::RGBA, 1),
    ] {
        let surface = Wanted::picture(format, 100, 50).create(p)?;
        surface.map(0, -1, flags)?;
        for plane in 0..4 {
            let mapped = !surface.address(0, plane)?.is_null();
            check::equal(
                format_args!("plane {plane} of {format} has an address"),
                mapped,
                plane < count,
            )?;
        }
        surface.unmap(0, -1)?;
    }
    Ok(Passed)
}

fn three_planes(p: &Platform) -> Result<Outcome, Failure> {
    let surface = Wanted::picture(ColorFormat::YUV420, 64, 48).create(p)?;
    for plane in 0..3 {
        surface.map(0, plane, NVBUF_MAP_READ)?;
    }
    let addresses = surface.entry(0)?.mappedAddr.addr;
    check::that(
        format_args!("{addresses:?} are three"),
        addresses[..3].iter().all(|a| !a.is_null())
            && addresses[0] != addresses[1]
            && addresses[1] != addresses[2],
    )?;
    for plane in 0..3 {
        surface.unmap(0, plane)?;
    }
    Ok(Passed)
}

fn unmap_clears(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    surface.map(0, 1, NVBUF_MAP_READ)?;
    surface.unmap(0, 1)?;
    check::that("the address is cleared", surface.address(0, 1)?.is_null())?;
    Ok(Passed)
}

fn unmap_all(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    surface.map(0, -1, NVBUF_MAP_READ)?;
    surface.unmap(0, -1)?;
    let addresses = surface.entry(0)?.mappedAddr.addr;
    check::that(
        format_args!("{addresses:?} are cleared"),
        addresses.iter().all(|a| a.is_null()),
    )?;
    Ok(Passed)
}

fn unmap_one(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let pixels = surface.scribble(0, 2)?;
    surface.map(0, 0, NVBUF_MAP_READ)?;
    surface.map(0, 1, NVBUF_MAP_READ)?;
    surface.sync_for_cpu(0, 1)?;
    surface.unmap(0, 0)?;
    check::equal("chroma", surface.peek(0, 1)?, pixels[1].clone())?;
    surface.unmap(0, 1)?;
    Ok(Passed)
}

fn again(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let pixels = surface.scribble(0, 3)?;
    for _ in 0..50 {
        check::equal("pixels", surface.read_all(0)?, pixels.clone())?;
    }
    Ok(Passed)
}

fn every_row(p: &Platform) -> Result<Outcome, Failure> {
    for format in [
        ColorFormat::NV12,
        ColorFormat::YUV420,
        ColorFormat::RGBA,
        ColorFormat::GRAY8,
    ] {
        let surface = Wanted::picture(format, 100, 50).create(p)?;
        let pixels = surface.scribble(0, format.0)?;
        check::equal(
            format_args!("pixels of {format}"),
            surface.read_all(0)?,
            pixels,
        )?;
    }
    Ok(Passed)
}

fn padding(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let shape = surface.plane(0, 0)?;
    surface.map(0, 0, NVBUF_MAP_READ_WRITE)?;
    surface.sync_for_cpu(0, 0)?;
    surface.fill_mapped(0, 0, 0x66)?;
    surface.sync_for_device(0, 0)?;
    surface.unmap(0, 0)?;
    let pixels = surface.read(0, 0)?;
    check::equal("bytes", pixels.len(), shape.packed())?;
    check::flat("luma", &pixels, 0x66, 0)?;
    Ok(Passed)
}

fn large(p: &Platform) -> Result<Outcome, Failure> {
    let surface = Wanted::picture(ColorFormat::NV12, 1920, 1080).create(p)?;
    let pixels = surface.scribble(0, 5)?;
    check::equal("pixels", surface.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn two(p: &Platform) -> Result<Outcome, Failure> {
    let (one, other) = (NV12.create(p)?, NV12.create(p)?);
    one.map(0, 0, NVBUF_MAP_READ)?;
    other.map(0, 0, NVBUF_MAP_READ)?;
    let same = one.address(0, 0)? == other.address(0, 0)?;
    check::that("the addresses differ", !same)?;
    one.unmap(0, 0)?;
    other.unmap(0, 0)?;
    Ok(Passed)
}

fn other_thread(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let pixels = surface.scribble(0, 6)?;
    surface.map(0, 0, NVBUF_MAP_READ)?;
    surface.sync_for_cpu(0, 0)?;
    let read = std::thread::spawn(move || {
        let seen = surface.peek(0, 0)?;
        surface.unmap(0, 0)?;
        Ok(seen)
    });
    let seen = read
        .join()
        .map_err(|_| Failure::new("a thread that ends", "a panic"))?;
    check::equal("pixels", seen?, pixels[0].clone())?;
    Ok(Passed)
}
