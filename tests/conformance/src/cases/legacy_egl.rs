//! EGLImages of libnvbuf_utils, and CUDA on them.
#![forbid(unsafe_code)]

use egl_cuda::sys::{CUeglColorFormat, CUeglFrameType};
use nvbufsurface_sys::ColorFormat;

use super::LEGACY;
use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::cuda::{Cuda, failed, place};
use crate::legacy::Buffer;
use crate::platform::Platform;
use crate::source::{MMAPI, TEGRA_NOTE, UTILS_H};
use crate::surface::noise;

const LEGACY_CUDA: &[Need] = &[
    Need::Legacy("NvEGLImageFromFd"),
    Need::Cuda(c"cuGraphicsEGLRegisterImage"),
];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "legacy-egl.image",
        "NvEGLImageFromFd with the library's own display gives an EGLImage, and NvDestroyEGLImage ends it.",
        UTILS_H,
        LEGACY,
        image,
    ),
    Case::new(
        "legacy-egl.register",
        "Such an image registers with flags 0, unregisters, and ends.",
        TEGRA_NOTE,
        LEGACY_CUDA,
        register,
    ),
    Case::new(
        "legacy-egl.frame",
        "Its frame is of type PITCH, with size, pitch and planes of the buffer.",
        MMAPI,
        LEGACY_CUDA,
        frame,
    ),
    Case::new(
        "legacy-egl.colour",
        "RGBA is ABGR or, before CUDA 9.1, RGBA; YUV420 is YUV420_PLANAR.",
        MMAPI,
        LEGACY_CUDA,
        colour,
    ),
    Case::new(
        "legacy-egl.cuda-sees-the-cpu",
        "CUDA reads what the CPU wrote and synchronised.",
        MMAPI,
        LEGACY_CUDA,
        cuda_sees_cpu,
    ),
    Case::new(
        "legacy-egl.cpu-sees-cuda",
        "After the sync the CPU reads what CUDA wrote.",
        MMAPI,
        LEGACY_CUDA,
        cpu_sees_cuda,
    ),
];

fn new(p: &Platform, format: ColorFormat) -> Result<Buffer, Failure> {
    Buffer::new(p, format, 128, 64)
}

fn image(p: &Platform) -> Result<Outcome, Failure> {
    let buffer = new(p, ColorFormat::YUV420)?;
    for _ in 0..10 {
        let image = buffer.egl_image()?;
        buffer.destroy_egl_image(image)?;
    }
    Ok(Passed)
}

fn register(p: &Platform) -> Result<Outcome, Failure> {
    let (buffer, cuda) = (new(p, ColorFormat::YUV420)?, Cuda::new()?);
    let image = buffer.egl_image()?;
    cuda.image(image)?.unregister().map_err(failed)?;
    buffer.destroy_egl_image(image)?;
    Ok(Passed)
}

fn frame(p: &Platform) -> Result<Outcome, Failure> {
    let (buffer, cuda) = (new(p, ColorFormat::YUV420)?, Cuda::new()?);
    let planes = buffer.params()?.planes;
    let image = buffer.egl_image()?;
    let mapped = cuda.image(image)?;
    let frame = *mapped.frame();
    drop(mapped);
    buffer.destroy_egl_image(image)?;
    check::equal("type", frame.frameType, CUeglFrameType::PITCH)?;
    check::equal(
        "size",
        (frame.width, frame.height),
        (planes[0].width, planes[0].height),
    )?;
    check::equal("pitch", frame.pitch, planes[0].pitch)?;
    check::equal("planes", frame.planeCount as usize, planes.len())?;
    Ok(Passed)
}

fn colour(p: &Platform) -> Result<Outcome, Failure> {
    use CUeglColorFormat as F;

    let cuda = Cuda::new()?;
    let rgba: &[F] = &[F::ABGR, F::RGBA];
    for (format, expected) in [
        (ColorFormat::RGBA, rgba),
        (ColorFormat::YUV420, &[F::YUV420_PLANAR]),
        (ColorFormat::NV12, &[F::YUV420_SEMIPLANAR]),
    ] {
        let buffer = new(p, format)?;
        let image = buffer.egl_image()?;
        let mapped = cuda.image(image)?;
        let found = mapped.frame().eglColorFormat;
        drop(mapped);
        buffer.destroy_egl_image(image)?;
        check::that(
            format_args!("{format} is one of {expected:x?}, not {found:x?}"),
            expected.contains(&found),
        )?;
    }
    Ok(Passed)
}

fn cuda_sees_cpu(p: &Platform) -> Result<Outcome, Failure> {
    let (buffer, cuda) = (new(p, ColorFormat::YUV420)?, Cuda::new()?);
    let image = buffer.egl_image()?;
    let mapped = cuda.image(image)?;
    for plane in 0..3u32 {
        let pixels = buffer.scribble(plane, plane)?;
        let (shape, row) = buffer.plane(plane as usize)?;
        let place = place(mapped.frame(), plane as usize, shape.pitch)?;
        let seen = cuda.read(place, row, shape.height as usize)?;
        check::equal(format_args!("plane {plane}"), seen, pixels)?;
    }
    drop(mapped);
    buffer.destroy_egl_image(image)?;
    Ok(Passed)
}

fn cpu_sees_cuda(p: &Platform) -> Result<Outcome, Failure> {
    let (buffer, cuda) = (new(p, ColorFormat::YUV420)?, Cuda::new()?);
    let image = buffer.egl_image()?;
    let mapped = cuda.image(image)?;
    for plane in 0..3u32 {
        let (shape, row) = buffer.plane(plane as usize)?;
        let bytes = noise(row * shape.height as usize, plane + 9);
        let place = place(mapped.frame(), plane as usize, shape.pitch)?;
        cuda.write(place, row, &bytes)?;
        check::equal(format_args!("plane {plane}"), buffer.read(plane)?, bytes)?;
    }
    drop(mapped);
    buffer.destroy_egl_image(image)?;
    Ok(Passed)
}
