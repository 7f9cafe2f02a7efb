//! CUDA's view of a surface without an EGLImage, and the machine: since DeepStream 8 and R39.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;

use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::cuda::{Cuda, Place};
use crate::platform::Platform;
use crate::source::SURFACE_H;
use crate::surface::{Wanted, device_info};

const MAP: &[Need] = &[
    Need::Surface("NvBufSurfaceMapCudaBuffer"),
    Need::Surface("NvBufSurfaceGetDeviceInfo"),
    Need::Cuda(c"cuMemcpy2D_v2"),
];
const INFO: &[Need] = &[Need::Surface("NvBufSurfaceGetDeviceInfo")];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "cuda-buffer.device-info",
        "NvBufSurfaceGetDeviceInfo names a known kind of driver.",
        SURFACE_H,
        INFO,
        info,
    ),
    Case::new(
        "cuda-buffer.map",
        "NvBufSurfaceMapCudaBuffer gives a device address, which is gone once it is unmapped.",
        SURFACE_H,
        MAP,
        map,
    )
    .assumed(),
    Case::new(
        "cuda-buffer.pixels",
        "CUDA reads at that address what the surface holds, and writes it.",
        SURFACE_H,
        MAP,
        pixels,
    )
    .assumed(),
    Case::new(
        "cuda-buffer.each-of-a-batch",
        "An index of -1 maps every buffer of a batch, each at its own address.",
        SURFACE_H,
        MAP,
        batch,
    )
    .assumed(),
];

const RGBA: Wanted = Wanted::picture(ColorFormat::RGBA, 64, 32);

fn info(p: &Platform) -> Result<Outcome, Failure> {
    let (driver, _) = device_info(p)?;
    check::that(
        format_args!("driver type {driver} is 1 or 2"),
        [1, 2].contains(&driver),
    )?;
    Ok(Passed)
}

fn map(p: &Platform) -> Result<Outcome, Failure> {
    let surface = RGBA.create(p)?;
    let _cuda = Cuda::new()?;
    surface.map_cuda_buffer(0)?;
    check::that("there is an address", surface.cuda_address(0)? != 0)?;
    surface.unmap_cuda_buffer(0)?;
    check::equal("address", surface.cuda_address(0)?, 0)?;
    Ok(Passed)
}

fn pixels(p: &Platform) -> Result<Outcome, Failure> {
    let surface = RGBA.create(p)?;
    let cuda = Cuda::new()?;
    let pixels = surface.scribble(0, 1)?;
    surface.map_cuda_buffer(0)?;
    let shape = surface.plane(0, 0)?;
    let start = surface.cuda_address(0)? + u64::from(shape.offset);
    let place = Place::Pitch(start, shape.pitch as usize);
    let seen = cuda.read(place, shape.row(), shape.height as usize)?;
    check::equal("what CUDA reads", &seen, &pixels[0])?;
    let written = crate::surface::noise(shape.packed(), 2);
    cuda.write(place, shape.row(), &written)?;
    check::equal("what CUDA wrote", surface.read(0, 0)?, written)?;
    surface.unmap_cuda_buffer(0)?;
    Ok(Passed)
}

fn batch(p: &Platform) -> Result<Outcome, Failure> {
    let surface = RGBA.batch(2).create(p)?;
    let _cuda = Cuda::new()?;
    surface.map_cuda_buffer(-1)?;
    let (one, other) = (surface.cuda_address(0)?, surface.cuda_address(1)?);
    check::that(
        format_args!("{one:#x} and {other:#x} are two addresses"),
        one != 0 && other != 0 && one != other,
    )?;
    surface.unmap_cuda_buffer(-1)?;
    Ok(Passed)
}
