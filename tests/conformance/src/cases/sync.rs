//! Whose turn it is: the CPU's or the device's.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;
use nvbufsurface_sys::classic::{NVBUF_MAP_READ, NVBUF_MAP_READ_WRITE, NVBUF_MAP_WRITE};

use super::{SURFACE, TRANSFORM};
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::engine::{Ask, Engine};
use crate::platform::Platform;
use crate::source::{NVVIDCONV, SURFACE_H};
use crate::surface::Wanted;

pub(super) const CASES: &[Case] = &[
    Case::new(
        "sync.cpu-sees-a-fill",
        "After SyncForCpu the CPU sees what NvBufSurfaceMemSet wrote.",
        SURFACE_H,
        SURFACE,
        sees_fill,
    ),
    Case::new(
        "sync.cpu-sees-a-copy",
        "After SyncForCpu the CPU sees what NvBufSurfaceCopy wrote.",
        SURFACE_H,
        SURFACE,
        sees_copy,
    ),
    Case::new(
        "sync.cpu-sees-a-transform",
        "After SyncForCpu the CPU sees what a transform wrote.",
        SURFACE_H,
        TRANSFORM,
        sees_transform,
    ),
    Case::new(
        "sync.while-mapped",
        "A plane may stay mapped while an engine writes: another SyncForCpu shows what it wrote.",
        SURFACE_H,
        SURFACE,
        while_mapped,
    ),
    Case::new(
        "sync.device-sees-the-cpu",
        "After SyncForDevice an engine sees what the CPU wrote.",
        SURFACE_H,
        SURFACE,
        device_sees,
    ),
    Case::new(
        "sync.device-sees-the-cpu-while-mapped",
        "SyncForDevice is enough: an engine sees the pixels before the plane is unmapped.",
        SURFACE_H,
        SURFACE,
        device_sees_mapped,
    ),
    Case::new(
        "sync.exactly-the-planes-mapped",
        "With one plane mapped, both syncs of that plane work.",
        NVVIDCONV,
        SURFACE,
        one_plane,
    ),
    Case::new(
        "sync.all-planes",
        "With every plane mapped, both syncs with a plane of -1 work.",
        SURFACE_H,
        SURFACE,
        all_planes,
    ),
    Case::new(
        "sync.write-only",
        "What is mapped for writing alone, written whole and synchronised reaches the device.",
        SURFACE_H,
        SURFACE,
        write_only,
    ),
    Case::new(
        "sync.twice",
        "Two syncs of one plane in a row do no harm.",
        SURFACE_H,
        SURFACE,
        twice,
    ),
    Case::new(
        "sync.by-turns",
        "CPU and engine write by turns, and each sees the other's pixels.",
        SURFACE_H,
        SURFACE,
        by_turns,
    ),
    Case::new(
        "sync.keeps-what-is-not-written",
        "What the CPU leaves alone stays what an engine wrote, if it synchronised before it wrote.",
        NVVIDCONV,
        SURFACE,
        keeps,
    ),
];

const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 128, 64);

fn sees_fill(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    for value in [7, 200] {
        surface.mem_set(0, 0, value)?;
        surface.mem_set(0, 1, value + 1)?;
        check::flat("luma", &surface.read(0, 0)?, value, 0)?;
        check::flat("chroma", &surface.read(0, 1)?, value + 1, 0)?;
    }
    Ok(Passed)
}

fn sees_copy(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.create(p)?, NV12.create(p)?);
    to.paint(0, &[1, 2])?;
    let pixels = from.scribble(0, 1)?;
    from.copy_to(&to)?;
    check::equal("pixels", to.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn sees_transform(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.create(p)?, NV12.create(p)?);
    to.paint(0, &[1, 2])?;
    let pixels = from.scribble(0, 1)?;
    Engine::new(p)?.run(&from, &to, &Ask::default())?;
    check::equal("pixels", to.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn while_mapped(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    surface.map(0, 0, NVBUF_MAP_READ)?;
    for value in [3, 4, 5] {
        surface.mem_set(0, 0, value)?;
        surface.sync_for_cpu(0, 0)?;
        check::flat("luma", &surface.peek(0, 0)?, value, 0)?;
    }
    surface.unmap(0, 0)?;
    Ok(Passed)
}

fn device_sees(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.create(p)?, NV12.create(p)?);
    for seed in 1..4 {
        let pixels = from.scribble(0, seed)?;
        from.copy_to(&to)?;
        check::equal("pixels", to.read_all(0)?, pixels)?;
    }
    Ok(Passed)
}

fn device_sees_mapped(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.create(p)?, NV12.create(p)?);
    let len = from.plane(0, 0)?.packed();
    from.map(0, 0, NVBUF_MAP_READ_WRITE)?;
    from.sync_for_cpu(0, 0)?;
    for value in [20, 21] {
        from.poke(0, 0, &vec![value; len])?;
        from.sync_for_device(0, 0)?;
        from.copy_to(&to)?;
        check::flat("luma", &to.read(0, 0)?, value, 0)?;
    }
    from.unmap(0, 0)?;
    Ok(Passed)
}

fn one_plane(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    for plane in 0..2 {
        surface.map(0, plane, NVBUF_MAP_READ_WRITE)?;
        surface.sync_for_cpu(0, plane)?;
        surface.sync_for_device(0, plane)?;
        surface.unmap(0, plane)?;
    }
    Ok(Passed)
}

fn all_planes(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.create(p)?, NV12.create(p)?);
    from.map(0, -1, NVBUF_MAP_READ_WRITE)?;
    from.sync_for_cpu(0, -1)?;
    for plane in 0..2 {
        let len = from.plane(0, plane)?.packed();
        from.poke(0, plane, &vec![plane as u8 + 60; len])?;
    }
    from.sync_for_device(0, -1)?;
    from.unmap(0, -1)?;
    from.copy_to(&to)?;
    check::flat("luma", &to.read(0, 0)?, 60, 0)?;
    check::flat("chroma", &to.read(0, 1)?, 61, 0)?;
    Ok(Passed)
}

fn write_only(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let len = surface.plane(0, 0)?.packed();
    surface.map(0, 0, NVBUF_MAP_WRITE)?;
    surface.poke(0, 0, &vec![99; len])?;
    surface.sync_for_device(0, 0)?;
    surface.unmap(0, 0)?;
    check::flat("luma", &surface.read(0, 0)?, 99, 0)?;
    Ok(Passed)
}

fn twice(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    surface.map(0, 0, NVBUF_MAP_READ_WRITE)?;
    surface.sync_for_cpu(0, 0)?;
    surface.sync_for_cpu(0, 0)?;
    let len = surface.plane(0, 0)?.packed();
    surface.poke(0, 0, &vec![31; len])?;
    surface.sync_for_device(0, 0)?;
    surface.sync_for_device(0, 0)?;
    surface.unmap(0, 0)?;
    check::flat("luma", &surface.read(0, 0)?, 31, 0)?;
    Ok(Passed)
}

fn by_turns(p: &Platform) -> Result<Outcome, Failure> {
    let (one, other) = (NV12.create(p)?, NV12.create(p)?);
    for value in 1..10 {
        one.mem_set(0, 0, value)?;
        check::flat("a fill", &one.read(0, 0)?, value, 0)?;
        let pixels = one.scribble(0, value.into())?;
        one.copy_to(&other)?;
        check::equal("a copy of the CPU's", other.read_all(0)?, pixels)?;
    }
    Ok(Passed)
}

fn keeps(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    surface.mem_set(0, 0, 40)?;
    surface.map(0, 0, NVBUF_MAP_READ_WRITE)?;
    surface.sync_for_cpu(0, 0)?;
    let mut pixels = surface.peek(0, 0)?;
    pixels[..128].fill(50);
    surface.poke(0, 0, &pixels)?;
    surface.sync_for_device(0, 0)?;
    surface.unmap(0, 0)?;
    let seen = surface.read(0, 0)?;
    check::flat("the first row", &seen[..128], 50, 0)?;
    check::flat("the others", &seen[128..], 40, 0)?;
    Ok(Passed)
}
