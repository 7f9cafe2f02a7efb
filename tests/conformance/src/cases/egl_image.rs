//! EGLImages, and their pixels in CUDA.
#![forbid(unsafe_code)]

use egl_cuda::{Event, Stream};
use nvbufsurface_sys::ColorFormat;

use super::{SURFACE, SURFACE_CUDA};
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::cuda::{Cuda, Pinned, Place, failed, place};
use crate::platform::Platform;
use crate::source::{EGL_H, GSTCUDA, MMAPI, SURFACE_H};
use crate::surface::{Surface, Wanted, noise};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "egl-image.map",
        "NvBufSurfaceMapEglImage gives an EGLImage, and NvBufSurfaceUnMapEglImage ends it.",
        SURFACE_H,
        SURFACE,
        map,
    ),
    Case::new(
        "egl-image.unmap-clears",
        "eglImage is empty once it is unmapped.",
        SURFACE_H,
        SURFACE,
        unmap_clears,
    )
    .assumed(),
    Case::new(
        "egl-image.each-of-a-batch",
        "Each buffer of a batch has an EGLImage of its own; -1 makes and ends them all.",
        SURFACE_H,
        SURFACE,
        batch,
    ),
    Case::new(
        "egl-image.again",
        "EGLImages can be made and ended again and again.",
        MMAPI,
        SURFACE,
        again,
    ),
    Case::new(
        "egl-image.cuda-sees-the-cpu",
        "CUDA reads what the CPU wrote and synchronised.",
        MMAPI,
        SURFACE_CUDA,
        cuda_sees_cpu,
    ),
    Case::new(
        "egl-image.cpu-sees-cuda",
        "After SyncForCpu the CPU reads what CUDA wrote.",
        MMAPI,
        SURFACE_CUDA,
        cpu_sees_cuda,
    ),
    Case::new(
        "egl-image.engine-sees-cuda",
        "NvBufSurfaceCopy takes what CUDA wrote, once CUDA is done.",
        GSTCUDA,
        SURFACE_CUDA,
        engine_sees_cuda,
    ),
    Case::new(
        "egl-image.cuda-sees-the-engine",
        "CUDA reads what an engine wrote after the image was registered.",
        GSTCUDA,
        SURFACE_CUDA,
        cuda_sees_engine,
    ),
    Case::new(
        "egl-image.registered-once-used-often",
        "One registration shows the pixels of every frame that is written to the surface.",
        "gst-nvinfer of DeepStream registers once per memory",
        SURFACE_CUDA,
        once,
    ),
    Case::new(
        "egl-image.asynchronous-write",
        "A copy on a stream is in the surface once its event was waited for.",
        EGL_H,
        SURFACE_CUDA,
        asynchronous,
    ),
    Case::new(
        "egl-image.registered-surface-maps",
        "A registered surface can be mapped for the CPU.",
        GSTCUDA,
        SURFACE_CUDA,
        maps,
    ),
    Case::new(
        "egl-image.batch-in-cuda",
        "The image of each buffer of a batch shows that buffer's pixels.",
        GSTCUDA,
        SURFACE_CUDA,
        batch_pixels,
    ),
];

pub(super) const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 320, 240);

/// Plane `plane` of a registered surface.
pub(super) fn spot(
    surface: &Surface,
    frame: &egl_cuda::sys::CUeglFrame,
    plane: usize,
) -> Result<(Place, usize, usize), Failure> {
    let shape = surface.plane(0, plane)?;
    let place = place(frame, plane, shape.pitch)?;
    Ok((place, shape.row(), shape.height as usize))
}

fn map(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    surface.map_egl_image(0)?;
    check::that("eglImage is not null", !surface.image(0)?.is_null())?;
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn unmap_clears(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    surface.map_egl_image(0)?;
    surface.unmap_egl_image(0)?;
    check::that("eglImage is null", surface.image(0)?.is_null())?;
    Ok(Passed)
}

fn batch(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.batch(3).create(p)?;
    surface.map_egl_image(-1)?;
    let mut images: Vec<_> = (0..3).map(|i| surface.image(i)).collect::<Result<_, _>>()?;
    check::that("none is null", images.iter().all(|image| !image.is_null()))?;
    images.sort_unstable();
    images.dedup();
    check::equal("different images", images.len(), 3)?;
    surface.unmap_egl_image(-1)?;
    Ok(Passed)
}

fn again(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    for _ in 0..30 {
        surface.map_egl_image(0)?;
        surface.unmap_egl_image(0)?;
    }
    Ok(Passed)
}

/// A surface with an EGLImage, and CUDA.
pub(super) fn with_image(p: &Platform) -> Result<(Surface, Cuda), Failure> {
    let surface = NV12.create(p)?;
    surface.map_egl_image(0)?;
    Ok((surface, Cuda::new()?))
}

fn cuda_sees_cpu(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let pixels = surface.scribble(0, 1)?;
    let mapped = cuda.image(surface.image(0)?)?;
    for (plane, expected) in pixels.into_iter().enumerate() {
        let (place, row, rows) = spot(&surface, mapped.frame(), plane)?;
        check::equal(
            format_args!("plane {plane}"),
            cuda.read(place, row, rows)?,
            expected,
        )?;
    }
    drop(mapped);
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

/// Writes noise to both planes through CUDA; what it is.
fn cuda_writes(surface: &Surface, cuda: &Cuda, seed: u32) -> Result<Vec<Vec<u8>>, Failure> {
    let mapped = cuda.image(surface.image(0)?)?;
    let mut written = Vec::new();
    for plane in 0..2 {
        let (place, row, rows) = spot(surface, mapped.frame(), plane)?;
        let bytes = noise(row * rows, seed + plane as u32);
        cuda.write(place, row, &bytes)?;
        written.push(bytes);
    }
    Ok(written)
}

fn cpu_sees_cuda(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let written = cuda_writes(&surface, &cuda, 3)?;
    check::equal("pixels", surface.read_all(0)?, written)?;
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn engine_sees_cuda(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let other = NV12.create(p)?;
    let written = cuda_writes(&surface, &cuda, 4)?;
    surface.copy_to(&other)?;
    check::equal("pixels", other.read_all(0)?, written)?;
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn cuda_sees_engine(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let mapped = cuda.image(surface.image(0)?)?;
    surface.mem_set(0, 0, 88)?;
    let (place, row, rows) = spot(&surface, mapped.frame(), 0)?;
    check::flat("luma", &cuda.read(place, row, rows)?, 88, 0)?;
    drop(mapped);
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn once(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let mapped = cuda.image(surface.image(0)?)?;
    let (place, row, rows) = spot(&surface, mapped.frame(), 0)?;
    for value in 1..20 {
        surface.paint(0, &[value])?;
        check::flat("luma", &cuda.read(place, row, rows)?, value, 0)?;
        cuda.write(place, row, &vec![value + 100; row * rows])?;
        check::flat("luma", &surface.read(0, 0)?, value + 100, 0)?;
    }
    drop(mapped);
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn asynchronous(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let mapped = cuda.image(surface.image(0)?)?;
    let (place, row, rows) = spot(&surface, mapped.frame(), 0)?;
    let pixels = Pinned::new(&cuda, &noise(row * rows, 6))?;
    let stream = Stream::new(&cuda.context).map_err(failed)?;
    let event = Event::new(&cuda.context).map_err(failed)?;
    cuda.start_write(place, row, &pixels, &stream)?;
    event.record(&stream).map_err(failed)?;
    event.synchronize().map_err(failed)?;
    check::equal("luma", surface.read(0, 0)?, pixels.bytes())?;
    drop(mapped);
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn maps(p: &Platform) -> Result<Outcome, Failure> {
    let (surface, cuda) = with_image(p)?;
    let mapped = cuda.image(surface.image(0)?)?;
    let pixels = surface.scribble(0, 7)?;
    check::equal("pixels", surface.read_all(0)?, pixels)?;
    drop(mapped);
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn batch_pixels(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.batch(3).create(p)?;
    let cuda = Cuda::new()?;
    surface.map_egl_image(-1)?;
    for i in 0..3 {
        surface.paint(i, &[i as u8 + 30])?;
        let mapped = cuda.image(surface.image(i)?)?;
        let (place, row, rows) = spot(&surface, mapped.frame(), 0)?;
        check::flat("luma", &cuda.read(place, row, rows)?, i as u8 + 30, 0)?;
    }
    surface.unmap_egl_image(-1)?;
    Ok(Passed)
}
