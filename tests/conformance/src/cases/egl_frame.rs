//! What CUDA says of a registered surface.
#![forbid(unsafe_code)]

use egl_cuda::sys::{CUarray_format, CUeglColorFormat, CUeglFrame, CUeglFrameType};
use nvbufsurface_sys::ColorFormat;

use super::SURFACE_CUDA;
use crate::case::{Case, Failure, Outcome, Outcome::Passed};
use crate::check;
use crate::cuda::{Cuda, place};
use crate::platform::Platform;
use crate::source::{EGL_H, H100, MMAPI};
use crate::surface::{Planes, Wanted};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "egl-frame.pitch-for-pitch-linear",
        "The frame of a pitch-linear surface is of type PITCH.",
        MMAPI,
        SURFACE_CUDA,
        |p| kind(p, false),
    ),
    Case::new(
        "egl-frame.array-for-block-linear",
        "The frame of a block-linear surface is of type ARRAY.",
        "jetson_multimedia_api argus sample cudaHistogram",
        SURFACE_CUDA,
        |p| kind(p, true),
    ),
    Case::new(
        "egl-frame.size",
        "Width and height of a frame are those of the surface's first plane.",
        EGL_H,
        SURFACE_CUDA,
        size,
    ),
    Case::new(
        "egl-frame.pitch",
        "The pitch of a PITCH frame is that of the surface's first plane.",
        EGL_H,
        SURFACE_CUDA,
        pitch,
    ),
    Case::new(
        "egl-frame.pitch-of-an-array",
        "The pitch of an ARRAY frame is 0.",
        H100,
        SURFACE_CUDA,
        array_pitch,
    ),
    Case::new(
        "egl-frame.plane-count",
        "A frame has as many planes as the surface.",
        EGL_H,
        SURFACE_CUDA,
        plane_count,
    ),
    Case::new(
        "egl-frame.planes-differ",
        "The planes of a frame are at different addresses, none of them null.",
        MMAPI,
        SURFACE_CUDA,
        planes_differ,
    ),
    Case::new(
        "egl-frame.planes-are-an-offset-apart",
        "The planes of a PITCH frame are as far apart as the offsets of the surface.",
        MMAPI,
        SURFACE_CUDA,
        offsets,
    )
    .assumed(),
    Case::new(
        "egl-frame.element-type",
        "The elements of 8-bit formats are unsigned bytes.",
        EGL_H,
        SURFACE_CUDA,
        element,
    ),
    Case::new(
        "egl-frame.other-index",
        "A frame of another index or mip level than 0 is refused.",
        EGL_H,
        SURFACE_CUDA,
        other_index,
    )
    .assumed(),
    Case::new(
        "egl-frame.array-holds-the-pixels",
        "A copy from the arrays of a block-linear surface gives its pixels.",
        "jetson_multimedia_api argus sample cudaHistogram",
        SURFACE_CUDA,
        array_pixels,
    ),
    Case::new(
        "egl-frame.colour.nv12",
        "NV12 is YUV420_SEMIPLANAR.",
        MMAPI,
        SURFACE_CUDA,
        |p| colour(p, ColorFormat::NV12, CUeglColorFormat::YUV420_SEMIPLANAR),
    ),
    Case::new(
        "egl-frame.colour.i420",
        "YUV420 is YUV420_PLANAR.",
        MMAPI,
        SURFACE_CUDA,
        |p| colour(p, ColorFormat::YUV420, CUeglColorFormat::YUV420_PLANAR),
    ),
    Case::new(
        "egl-frame.colour.rgba",
        "RGBA is ABGR, or, before CUDA 9.1, RGBA.",
        MMAPI,
        SURFACE_CUDA,
        rgba,
    ),
    Case::new(
        "egl-frame.colour.bgrx",
        "BGRx is ARGB.",
        EGL_H,
        SURFACE_CUDA,
        |p| colour(p, ColorFormat::BGRX, CUeglColorFormat::ARGB),
    )
    .assumed(),
    Case::new(
        "egl-frame.colour.gray8",
        "GRAY8 is Y, or L.",
        EGL_H,
        SURFACE_CUDA,
        gray,
    )
    .assumed(),
    Case::new(
        "egl-frame.colour.nv12-er",
        "NV12_ER is YUV420_SEMIPLANAR_ER.",
        EGL_H,
        SURFACE_CUDA,
        |p| {
            colour(
                p,
                ColorFormat::NV12_ER,
                CUeglColorFormat::YUV420_SEMIPLANAR_ER,
            )
        },
    )
    .assumed(),
    Case::new(
        "egl-frame.colour.nv12-709",
        "NV12_709 is YUV420_SEMIPLANAR_709.",
        EGL_H,
        SURFACE_CUDA,
        |p| {
            colour(
                p,
                ColorFormat::NV12_709,
                CUeglColorFormat::YUV420_SEMIPLANAR_709,
            )
        },
    )
    .assumed(),
    Case::new(
        "egl-frame.colour.nv12-2020",
        "NV12_2020 is YUV420_SEMIPLANAR_2020.",
        EGL_H,
        SURFACE_CUDA,
        |p| {
            colour(
                p,
                ColorFormat::NV12_2020,
                CUeglColorFormat::YUV420_SEMIPLANAR_2020,
            )
        },
    )
    .assumed(),
];

/// Looks at the frame of one surface.
fn frame(
    p: &Platform,
    wanted: Wanted,
    look: impl FnOnce(&Cuda, &CUeglFrame, &[Planes]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let surface = wanted.create(p)?;
    let cuda = Cuda::new()?;
    surface.map_egl_image(0)?;
    let mapped = cuda.image(surface.image(0)?)?;
    let seen = look(&cuda, mapped.frame(), &surface.planes(0)?);
    drop(mapped);
    surface.unmap_egl_image(0)?;
    seen
}

const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 320, 240);
const FORMATS: [ColorFormat; 5] = [
    ColorFormat::NV12,
    ColorFormat::YUV420,
    ColorFormat::RGBA,
    ColorFormat::BGRX,
    ColorFormat::GRAY8,
];

/// Looks at the frames of all formats that the crates use.
fn each(
    p: &Platform,
    look: impl Fn(ColorFormat, &CUeglFrame, &[Planes]) -> Result<(), Failure>,
) -> Result<Outcome, Failure> {
    for format in FORMATS {
        let wanted = Wanted::picture(format, 200, 120);
        frame(p, wanted, |_, frame, planes| look(format, frame, planes))?;
    }
    Ok(Passed)
}

fn kind(p: &Platform, block_linear: bool) -> Result<Outcome, Failure> {
    let (wanted, expected) = match block_linear {
        true => (NV12.block_linear(), CUeglFrameType::ARRAY),
        false => (NV12, CUeglFrameType::PITCH),
    };
    frame(p, wanted, |_, frame, _| {
        check::equal("type", frame.frameType, expected)
    })?;
    Ok(Passed)
}

fn size(p: &Platform) -> Result<Outcome, Failure> {
    each(p, |format, frame, planes| {
        let size = (planes[0].width, planes[0].height);
        check::equal(
            format_args!("size of {format}"),
            (frame.width, frame.height),
            size,
        )
    })
}

fn pitch(p: &Platform) -> Result<Outcome, Failure> {
    each(p, |format, frame, planes| {
        check::equal(
            format_args!("pitch of {format}"),
            frame.pitch,
            planes[0].pitch,
        )
    })
}

fn array_pitch(p: &Platform) -> Result<Outcome, Failure> {
    frame(p, NV12.block_linear(), |_, frame, _| {
        check::equal("pitch", frame.pitch, 0)
    })?;
    Ok(Passed)
}

fn plane_count(p: &Platform) -> Result<Outcome, Failure> {
    each(p, |format, frame, planes| {
        let count = frame.planeCount as usize;
        check::equal(format_args!("planes of {format}"), count, planes.len())
    })
}

fn planes_differ(p: &Platform) -> Result<Outcome, Failure> {
    each(p, |format, frame, planes| {
        let mut seen = Vec::new();
        for (i, plane) in planes.iter().enumerate() {
            let text = format!("{:?}", place(frame, i, plane.pitch)?);
            check::that(
                format_args!("{text} of {format} is another"),
                !seen.contains(&text),
            )?;
            seen.push(text);
        }
        Ok(())
    })
}

fn offsets(p: &Platform) -> Result<Outcome, Failure> {
    use crate::cuda::Place::Pitch;

    each(p, |format, frame, planes| {
        for i in 1..planes.len() {
            let (first, other) = (place(frame, 0, 0)?, place(frame, i, 0)?);
            let (Pitch(first, _), Pitch(other, _)) = (first, other) else {
                return Err(Failure::new("a PITCH frame", "an ARRAY frame"));
            };
            let distance = u64::from(planes[i].offset - planes[0].offset);
            check::equal(
                format_args!("plane {i} of {format}"),
                other - first,
                distance,
            )?;
        }
        Ok(())
    })
}

fn element(p: &Platform) -> Result<Outcome, Failure> {
    each(p, |format, frame, _| {
        let expected = CUarray_format::UNSIGNED_INT8;
        check::equal(
            format_args!("elements of {format}"),
            frame.cuFormat,
            expected,
        )
    })
}

fn other_index(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.create(p)?;
    let cuda = Cuda::new()?;
    surface.map_egl_image(0)?;
    for (index, mip) in [(1, 0), (0, 1)] {
        let code = cuda.code_of_index(surface.image(0)?, index, mip)?;
        check::that(
            format_args!("index {index}, mip {mip} is refused"),
            code != 0,
        )?;
    }
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn array_pixels(p: &Platform) -> Result<Outcome, Failure> {
    let surface = NV12.block_linear().create(p)?;
    surface.mem_set(0, 0, 17)?;
    surface.mem_set(0, 1, 18)?;
    let cuda = Cuda::new()?;
    surface.map_egl_image(0)?;
    let mapped = cuda.image(surface.image(0)?)?;
    for (plane, value) in [(0, 17), (1, 18)] {
        let shape = surface.plane(0, plane)?;
        let place = place(mapped.frame(), plane, 0)?;
        let pixels = cuda.read(place, shape.row(), shape.height as usize)?;
        check::flat(format_args!("plane {plane}"), &pixels, value, 0)?;
    }
    drop(mapped);
    surface.unmap_egl_image(0)?;
    Ok(Passed)
}

fn colours(
    p: &Platform,
    format: ColorFormat,
    expected: &[CUeglColorFormat],
) -> Result<Outcome, Failure> {
    let wanted = Wanted::picture(format, 320, 240);
    frame(p, wanted, |_, frame, _| {
        let found = frame.eglColorFormat;
        check::that(
            format_args!("{format} is one of {expected:x?}, not {found:x?}"),
            expected.contains(&found),
        )
    })?;
    Ok(Passed)
}

fn colour(
    p: &Platform,
    format: ColorFormat,
    expected: CUeglColorFormat,
) -> Result<Outcome, Failure> {
    colours(p, format, &[expected])
}

fn rgba(p: &Platform) -> Result<Outcome, Failure> {
    colours(
        p,
        ColorFormat::RGBA,
        &[CUeglColorFormat::ABGR, CUeglColorFormat::RGBA],
    )
}

fn gray(p: &Platform) -> Result<Outcome, Failure> {
    colours(
        p,
        ColorFormat::GRAY8,
        &[CUeglColorFormat::Y, CUeglColorFormat::L],
    )
}
