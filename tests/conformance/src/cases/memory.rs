//! Types of memory other than surface arrays.
#![forbid(unsafe_code)]

use nvbufsurface_sys::{ColorFormat, MemType};

use super::{SURFACE, SURFACE_CUDA};
use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::cuda::{Cuda, Place};
use crate::platform::Platform;
use crate::source::{NVVIDCONV, SURFACE_H};
use crate::surface::Wanted;

const RAW: &[Need] = &[
    Need::Surface("NvBufSurface2Raw"),
    Need::Surface("Raw2NvBufSurface"),
];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "memory.cuda-device.has-an-address",
        "CUDA_DEVICE memory has dataPtr, and its planes an offset from there.",
        SURFACE_H,
        SURFACE_CUDA,
        |p| address(p, MemType::CUDA_DEVICE),
    ),
    Case::new(
        "memory.cuda-pinned.has-an-address",
        "CUDA_PINNED memory has dataPtr.",
        SURFACE_H,
        SURFACE_CUDA,
        |p| address(p, MemType::CUDA_PINNED),
    ),
    Case::new(
        "memory.system.has-an-address",
        "SYSTEM memory has dataPtr.",
        NVVIDCONV,
        SURFACE,
        |p| address(p, MemType::SYSTEM),
    ),
    Case::new(
        "memory.cuda-device.cuda-reads-it",
        "What NvBufSurfaceMemSet writes to CUDA_DEVICE memory is what CUDA reads at dataPtr.",
        SURFACE_H,
        SURFACE_CUDA,
        cuda_reads,
    ),
    Case::new(
        "memory.cuda-device.cuda-writes-it",
        "What CUDA writes at dataPtr is what the surface copies out.",
        SURFACE_H,
        SURFACE_CUDA,
        cuda_writes,
    ),
    Case::new(
        "memory.surface-array-to-cuda-device",
        "NvBufSurfaceCopy takes pixels from a surface array to CUDA_DEVICE and back.",
        SURFACE_H,
        SURFACE_CUDA,
        |p| there_and_back(p, MemType::CUDA_DEVICE),
    ),
    Case::new(
        "memory.surface-array-to-cuda-pinned",
        "NvBufSurfaceCopy takes pixels from a surface array to CUDA_PINNED and back.",
        SURFACE_H,
        SURFACE_CUDA,
        |p| there_and_back(p, MemType::CUDA_PINNED),
    ),
    Case::new(
        "memory.surface-array-to-system",
        "NvBufSurfaceCopy takes pixels from a surface array to SYSTEM memory and back, as nvvidconv does.",
        NVVIDCONV,
        SURFACE,
        |p| there_and_back(p, MemType::SYSTEM),
    ),
    Case::new(
        "memory.cuda-device.raw",
        "NvBufSurface2Raw and Raw2NvBufSurface take CUDA_DEVICE memory.",
        SURFACE_H,
        RAW,
        cuda_raw,
    )
    .assumed(),
    Case::new(
        "memory.cuda-device.batch-in-one-block",
        "A contiguous batch of CUDA_DEVICE memory has its buffers one behind the other.",
        SURFACE_H,
        SURFACE_CUDA,
        contiguous,
    )
    .assumed(),
];

const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 128, 64);

fn address(p: &Platform, mem_type: MemType) -> Result<Outcome, Failure> {
    let surface = NV12.memory(mem_type).create(p)?;
    let entry = surface.entry(0)?;
    check::equal("memType", MemType(surface.header().memType), mem_type)?;
    check::that("dataPtr is not null", !entry.dataPtr.is_null())?;
    let planes = surface.planes(0)?;
    check::that(
        format_args!("{planes:?} lie within {} bytes", entry.dataSize),
        planes.iter().all(|plane| {
            u64::from(plane.offset) + plane.packed() as u64 <= u64::from(entry.dataSize)
        }),
    )?;
    Ok(Passed)
}

/// Plane `plane` of a surface in device memory.
fn place(
    surface: &crate::surface::Surface,
    plane: usize,
) -> Result<(Place, usize, usize), Failure> {
    let shape = surface.plane(0, plane)?;
    let start = surface.entry(0)?.dataPtr.addr() as u64 + u64::from(shape.offset);
    let place = Place::Pitch(start, shape.pitch as usize);
    Ok((place, shape.row(), shape.height as usize))
}

fn cuda_reads(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.memory(MemType::CUDA_DEVICE).create(p)?;
    surface.mem_set(0, 0, 0x21)?;
    surface.mem_set(0, 1, 0x43)?;
    let cuda = Cuda::new()?;
    cuda.context.synchronize().map_err(crate::cuda::failed)?;
    for (plane, value) in [(0, 0x21), (1, 0x43)] {
        let (place, row, rows) = place(&surface, plane)?;
        check::flat(
            format_args!("plane {plane}"),
            &cuda.read(place, row, rows)?,
            value,
            0,
        )?;
    }
    Ok(Passed)
}

fn cuda_writes(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, seen) = (
        NV12.memory(MemType::CUDA_DEVICE).create(p)?,
        NV12.create(p)?,
    );
    let cuda = Cuda::new()?;
    let mut expected = Vec::new();
    for plane in 0..2 {
        let (place, row, rows) = place(&surface, plane)?;
        let bytes = crate::surface::noise(row * rows, plane as u32 + 5);
        cuda.write(place, row, &bytes)?;
        expected.push(bytes);
    }
    surface.copy_to(&seen)?;
    check::equal("pixels", seen.read_all(0)?, expected)?;
    Ok(Passed)
}

fn there_and_back(p: &Platform, mem_type: MemType) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.create(p)?, NV12.create(p)?);
    let between = NV12.memory(mem_type).create(p)?;
    let pixels = from.scribble(0, 8)?;
    from.copy_to(&between)?;
    between.copy_to(&to)?;
    check::equal("pixels", to.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn cuda_raw(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.memory(MemType::CUDA_DEVICE).create(p)?;
    let bytes = crate::surface::noise(surface.plane(0, 1)?.packed(), 3);
    surface.set_raw(0, 1, &bytes)?;
    check::equal("pixels", surface.to_raw(0, 1)?, bytes)?;
    Ok(Passed)
}

fn contiguous(p: &Platform) -> Result<Outcome, Failure> {
    let mut wanted = NV12.memory(MemType::CUDA_DEVICE).batch(3);
    wanted.contiguous = true;
    let surface = wanted.create(p)?;
    check::equal("isContiguous", surface.header().isContiguous, 1)?;
    let start = |i| Ok::<_, Failure>(surface.entry(i)?.dataPtr.addr());
    let (first, second, third) = (start(0)?, start(1)?, start(2)?);
    let size = surface.entry(0)?.dataSize as usize;
    check::that(
        format_args!("{first:#x}, {second:#x}, {third:#x} are {size} bytes or a little more apart"),
        second > first && third - second == second - first && second - first >= size,
    )?;
    Ok(Passed)
}
