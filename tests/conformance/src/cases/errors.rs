//! What has to fail. Transforms have codes for it; the rest is a mistake that has to be noticed.
#![forbid(unsafe_code)]

use nvbufsurface_sys::classic::NVBUF_MAP_READ;
use nvbufsurface_sys::{ColorFormat, MemType};

use super::{LEGACY, SURFACE, SURFACE_CUDA, TRANSFORM};
use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::cuda::Cuda;
use crate::engine::{Ask, Engine};
use crate::legacy::Buffer;
use crate::platform::Platform;
use crate::source::{DRIVER_API, SURFACE_H, TRANSFORM_H, UTILS_H};
use crate::surface::{Description, Surface, Wanted, from_fd};

const SHARE: &[Need] = &[
    Need::Surface("NvBufSurfaceGetMapParams"),
    Need::Surface("NvBufSurfaceImport"),
];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "errors.transform.empty-rectangle",
        "A rectangle without pixels is -3, invalid parameters.",
        TRANSFORM_H,
        TRANSFORM,
        |p| rectangle(p, [0, 0, 0, 64], -3),
    ),
    Case::new(
        "errors.transform.rectangle-outside",
        "A rectangle that ends outside is -4, a bad region.",
        TRANSFORM_H,
        TRANSFORM,
        |p| rectangle(p, [2, 0, 128, 64], -4),
    ),
    Case::new(
        "errors.transform.rectangle-far-outside",
        "A rectangle that begins far outside is -4.",
        TRANSFORM_H,
        TRANSFORM,
        |p| rectangle(p, [4096, 0, 128, 64], -4),
    ),
    Case::new(
        "errors.transform.no-filled-buffer",
        "A source whose numFilled is 0 is -3.",
        "reported to NVIDIA's forum by users of NvBufSurfaceImport",
        TRANSFORM,
        no_filled,
    )
    .assumed(),
    Case::new(
        "errors.transform.beyond-the-engine",
        "More than the VIC scales is -2, an execution error.",
        "reported limits of the VIC: jetson-ffmpeg issue 32",
        TRANSFORM,
        beyond,
    )
    .assumed()
    .provoking(),
    Case::new(
        "errors.transform.cuda-memory-on-the-vic",
        "The VIC refuses CUDA_DEVICE memory.",
        "gst-nvmm-cpp commit 9048cd7",
        TRANSFORM,
        cuda_memory,
    )
    .assumed(),
    Case::new(
        "errors.transform.after-an-error",
        "After a refused transform the next one works.",
        TRANSFORM_H,
        TRANSFORM,
        after,
    ),
    Case::new(
        "errors.create.unknown-format",
        "A format that no release has is refused.",
        SURFACE_H,
        SURFACE,
        unknown_format,
    )
    .provoking(),
    Case::new(
        "errors.create.no-size",
        "A picture without pixels is refused.",
        SURFACE_H,
        SURFACE,
        no_size,
    )
    .provoking(),
    Case::new(
        "errors.create.unknown-memory",
        "A memory type that no release has is refused.",
        SURFACE_H,
        SURFACE,
        unknown_memory,
    )
    .provoking()
    .assumed(),
    Case::new(
        "errors.map.wrong-index",
        "Mapping a buffer beyond the batch is refused.",
        SURFACE_H,
        SURFACE,
        map_index,
    )
    .provoking()
    .assumed(),
    Case::new(
        "errors.map.wrong-plane",
        "Mapping a plane that is not there is refused.",
        SURFACE_H,
        SURFACE,
        map_plane,
    )
    .provoking()
    .assumed(),
    Case::new(
        "errors.copy.other-size",
        "A copy to a surface of another size is refused.",
        "jetson-utils logs: NvBufSurfaceCopy: buffer param mismatch",
        SURFACE,
        copy_size,
    )
    .provoking(),
    Case::new(
        "errors.copy.other-batch",
        "A copy to a smaller batch is refused.",
        SURFACE_H,
        SURFACE,
        copy_batch,
    )
    .provoking()
    .assumed(),
    Case::new(
        "errors.egl-image.wrong-index",
        "An EGLImage of a buffer beyond the batch is refused.",
        SURFACE_H,
        SURFACE,
        image_index,
    )
    .provoking()
    .assumed(),
    Case::new(
        "errors.egl-image.system-memory",
        "SYSTEM memory has no EGLImage.",
        SURFACE_H,
        SURFACE,
        image_memory,
    )
    .provoking(),
    Case::new(
        "errors.from-fd.foreign",
        "NvBufSurfaceFromFd refuses an fd that is no buffer's.",
        SURFACE_H,
        SURFACE,
        foreign_fd,
    )
    .provoking()
    .assumed(),
    Case::new(
        "errors.share.every-index",
        "There is no description of all buffers at once: -1 is refused.",
        SURFACE_H,
        SHARE,
        share_index,
    )
    .provoking()
    .assumed(),
    Case::new(
        "errors.share.foreign-fd",
        "An fd that is no buffer's is not imported.",
        SURFACE_H,
        SHARE,
        import_foreign,
    )
    .provoking()
    .assumed(),
    Case::new(
        "errors.cuda.no-context",
        "A call that needs a context returns 201 on a thread without one.",
        DRIVER_API,
        SURFACE_CUDA,
        no_context,
    )
    .provoking(),
    Case::new(
        "errors.legacy.unknown-format",
        "libnvbuf_utils refuses a format that it does not have.",
        UTILS_H,
        LEGACY,
        legacy_format,
    )
    .provoking(),
    Case::new(
        "errors.legacy.wrong-plane",
        "libnvbuf_utils refuses to map a plane that is not there.",
        UTILS_H,
        LEGACY,
        legacy_plane,
    )
    .provoking()
    .assumed(),
];

const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 128, 64);

fn pair(p: &Platform) -> Result<(Surface, Surface, Engine), Failure> {
    Ok((NV12.create(p)?, NV12.create(p)?, Engine::new(p)?))
}

fn rectangle(p: &Platform, area: [u32; 4], code: i32) -> Result<Outcome, Failure> {
    let (from, to, engine) = pair(p)?;
    let found = engine.code(&from, &to, &Ask::default().from(&[area]));
    check::equal("NvBufSurfTransform returns", found, code)?;
    Ok(Passed)
}

fn no_filled(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to, engine) = pair(p)?;
    from.fill(0);
    let found = engine.code(&from, &to, &Ask::default());
    check::equal("NvBufSurfTransform returns", found, -3)?;
    Ok(Passed)
}

fn beyond(p: &Platform) -> Result<Outcome, Failure> {
    let (from, _, engine) = pair(p)?;
    let to = Wanted::picture(ColorFormat::NV12, 128 * 20, 64).create(p)?;
    let found = engine.code(&from, &to, &Ask::default());
    check::equal("NvBufSurfTransform returns", found, -2)?;
    Ok(Passed)
}

fn cuda_memory(p: &Platform) -> Result<Outcome, Failure> {
    let (from, _, engine) = pair(p)?;
    let to = NV12.memory(MemType::CUDA_DEVICE).create(p)?;
    engine.set_engine(nvbufsurface_sys::classic::NvBufSurfTransformCompute_VIC)?;
    let found = engine.code(&from, &to, &Ask::default());
    check::that(format_args!("{found} is an error"), found < 0)?;
    Ok(Passed)
}

fn after(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to, engine) = pair(p)?;
    let pixels = from.scribble(0, 1)?;
    let found = engine.code(&from, &to, &Ask::default().from(&[[2, 0, 128, 64]]));
    check::that(format_args!("{found} is an error"), found < 0)?;
    engine.run(&from, &to, &Ask::default())?;
    check::equal("pixels", to.read_all(0)?, pixels)?;
    Ok(Passed)
}

fn unknown_format(p: &Platform) -> Result<Outcome, Failure> {
    let wanted = Wanted::picture(ColorFormat(9999), 128, 64);
    check::refused("format 9999", wanted.create(p))?;
    Ok(Passed)
}

fn no_size(p: &Platform) -> Result<Outcome, Failure> {
    check::refused("0x64", Wanted::picture(ColorFormat::NV12, 0, 64).create(p))?;
    check::refused(
        "128x0",
        Wanted::picture(ColorFormat::NV12, 128, 0).create(p),
    )?;
    Ok(Passed)
}

fn unknown_memory(p: &Platform) -> Result<Outcome, Failure> {
    check::refused("memory type 99", NV12.memory(MemType(99)).create(p))?;
    Ok(Passed)
}

fn map_index(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.batch(2).create(p)?;
    check::refused("index 2", surface.map(2, 0, NVBUF_MAP_READ))?;
    Ok(Passed)
}

fn map_plane(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    check::refused("plane 2", surface.map(0, 2, NVBUF_MAP_READ))?;
    Ok(Passed)
}

fn copy_size(p: &Platform) -> Result<Outcome, Failure> {
    let to = Wanted::picture(ColorFormat::NV12, 64, 64).create(p)?;
    check::refused("a smaller destination", NV12.create(p)?.copy_to(&to))?;
    Ok(Passed)
}

fn copy_batch(p: &Platform) -> Result<Outcome, Failure> {
    let (from, to) = (NV12.batch(3).create(p)?, NV12.batch(2).create(p)?);
    check::refused("a smaller batch", from.copy_to(&to))?;
    Ok(Passed)
}

fn image_index(p: &Platform) -> Result<Outcome, Failure> {
    check::refused("index 5", NV12.batch(2).create(p)?.map_egl_image(5))?;
    Ok(Passed)
}

fn image_memory(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.memory(MemType::SYSTEM).create(p)?;
    check::refused("SYSTEM memory", surface.map_egl_image(0))?;
    Ok(Passed)
}

fn foreign_fd(p: &Platform) -> Result<Outcome, Failure> {
    check::refused("the standard error", from_fd(p, 2))?;
    Ok(Passed)
}

fn share_index(p: &Platform) -> Result<Outcome, Failure> {
    check::refused("index -1", Description::of(&*NV12.batch(2).create(p)?, -1))?;
    Ok(Passed)
}

fn import_foreign(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let description = Description::of(&surface, 0)?.with_fd(2);
    check::refused("the standard error", description.import(p))?;
    Ok(Passed)
}

fn no_context(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    surface.map_egl_image(0)?;
    let code = Cuda::new()?.code_without_context(surface.image(0)?)?;
    check::equal("cuGraphicsEGLRegisterImage returns", code, 201)?;
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn legacy_format(p: &Platform) -> Result<Outcome, Failure> {
    let layout = nvbufsurface_sys::Layout::PITCH;
    check::refused("format 9999", Buffer::numbered(p, 9999, (64, 32), layout))?;
    Ok(Passed)
}

fn legacy_plane(p: &Platform) -> Result<Outcome, Failure> {
    let buffer = Buffer::new(p, ColorFormat::YUV420, 64, 32)?;
    check::refused("plane 3", buffer.map(3, 0))?;
    Ok(Passed)
}
