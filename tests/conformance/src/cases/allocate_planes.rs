//! The planes of a new surface.
#![forbid(unsafe_code)]

use nvbufsurface_sys::{ColorFormat, MemType};

use super::SURFACE;
use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::platform::Platform;
use crate::source::{NVVIDCONV, OUR_LAYOUT, PITCH_REPORTS, SURFACE_H};
use crate::surface::{Extra, Planes, Wanted};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "allocate.pitch-holds-a-row",
        "The pitch of each plane is at least its width times its bytes per pixel.",
        SURFACE_H,
        SURFACE,
        pitch_holds_a_row,
    ),
    Case::new(
        "allocate.pitch-of-params-is-that-of-plane-0",
        "The pitch of an entry is that of its first plane.",
        OUR_LAYOUT,
        SURFACE,
        pitch_of_params,
    ),
    Case::new(
        "allocate.pitch-is-padded",
        "The pitch of a surface array is a multiple of 256 at widths that are none.",
        "pitches reported for R32 to R35: Allied Vision issue 8, jetson-ffmpeg logs",
        SURFACE,
        pitch_is_padded,
    )
    .assumed(),
    Case::new(
        "allocate.rows-fit-their-plane",
        "A plane's size is at least its pitch times its height.",
        PITCH_REPORTS,
        SURFACE,
        rows_fit,
    ),
    Case::new(
        "allocate.planes-do-not-overlap",
        "Each plane begins behind the one before.",
        SURFACE_H,
        SURFACE,
        planes_apart,
    ),
    Case::new(
        "allocate.planes-lie-in-the-data",
        "The last plane ends within dataSize.",
        SURFACE_H,
        SURFACE,
        planes_inside,
    ),
    Case::new(
        "allocate.odd-sizes",
        "A surface of an odd size is allocated, its chroma rounded up.",
        NVVIDCONV,
        SURFACE,
        odd_sizes,
    )
    .assumed(),
    Case::new(
        "allocate.padding-stays-for-surface-arrays",
        "disablePitchPadding changes nothing for memory with an fd.",
        SURFACE_H,
        &[Need::Surface("NvBufSurfaceImport")],
        padding_stays,
    )
    .assumed(),
    Case::new(
        "allocate.without-padding",
        "CUDA memory with disablePitchPadding has rows without padding.",
        SURFACE_H,
        &[Need::Surface("NvBufSurfaceImport")],
        without_padding,
    ),
];

pub(super) const NV12: Wanted = Wanted::picture(ColorFormat::NV12, 176, 112);

/// The shapes that layout cases look at.
pub(super) const SHAPES: [Wanted; 5] = [
    NV12,
    Wanted::picture(ColorFormat::YUV420, 320, 240),
    Wanted::picture(ColorFormat::RGBA, 100, 50),
    Wanted::picture(ColorFormat::GRAY8, 640, 480),
    Wanted::picture(ColorFormat::UYVY, 1080, 720),
];

/// Looks at the planes of one picture of each shape.
fn each(
    p: &Platform,
    look: impl Fn(Wanted, &[Planes], u32) -> Result<(), Failure>,
) -> Result<Outcome, Failure> {
    for wanted in SHAPES {
        let surface = wanted.create(p)?;
        look(wanted, &surface.planes(0)?, surface.entry(0)?.dataSize)?;
    }
    Ok(Passed)
}

fn pitch_holds_a_row(p: &Platform) -> Result<Outcome, Failure> {
    each(p, |wanted, planes, _| {
        planes.iter().try_for_each(|plane| {
            check::that(
                format_args!("{plane:?} of {} holds its rows", wanted.format),
                plane.bytes_per_pixel > 0 && plane.row() <= plane.pitch as usize,
            )
        })
    })
}

fn pitch_of_params(p: &Platform) -> Result<Outcome, Failure> {
    for wanted in SHAPES {
        let surface = wanted.create(p)?;
        check::equal("pitch", surface.entry(0)?.pitch, surface.plane(0, 0)?.pitch)?;
    }
    Ok(Passed)
}

fn pitch_is_padded(p: &Platform) -> Result<Outcome, Failure> {
    each(p, |_, planes, _| {
        planes.iter().try_for_each(|plane| {
            check::that(
                format_args!("the pitch of {plane:?} is a multiple of 256"),
                plane.pitch.is_multiple_of(256),
            )
        })
    })
}

fn rows_fit(p: &Platform) -> Result<Outcome, Failure> {
    each(p, |_, planes, _| {
        planes.iter().try_for_each(|plane| {
            let rows = u64::from(plane.pitch) * u64::from(plane.height);
            check::that(
                format_args!("{rows} bytes of rows fit in {plane:?}"),
                rows <= u64::from(plane.size),
            )
        })
    })
}

fn planes_apart(p: &Platform) -> Result<Outcome, Failure> {
    each(p, |_, planes, _| {
        planes.windows(2).try_for_each(|pair| {
            let rows = u64::from(pair[0].pitch) * u64::from(pair[0].height);
            check::that(
                format_args!("{:?} begins behind {:?}", pair[1], pair[0]),
                u64::from(pair[0].offset) + rows <= u64::from(pair[1].offset),
            )
        })
    })
}

fn planes_inside(p: &Platform) -> Result<Outcome, Failure> {
    each(p, |_, planes, data| {
        planes.iter().try_for_each(|plane| {
            let rows = u64::from(plane.pitch) * u64::from(plane.height);
            check::that(
                format_args!("{plane:?} ends within {data} bytes"),
                u64::from(plane.offset) + rows <= u64::from(data),
            )
        })
    })
}

fn odd_sizes(p: &Platform) -> Result<Outcome, Failure> {
    let surface = Wanted::picture(ColorFormat::NV12, 99, 55).create(p)?;
    let planes = surface.planes(0)?;
    check::equal("planes", planes.len(), 2)?;
    check::equal("luma", (planes[0].width, planes[0].height), (99, 55))?;
    check::equal("chroma", (planes[1].width, planes[1].height), (50, 28))?;
    Ok(Passed)
}

fn unpadded(p: &Platform, mem_type: MemType) -> Result<Planes, Failure> {
    let extra = Extra {
        tag: 0,
        unpadded: true,
    };
    let wanted = Wanted::picture(ColorFormat::RGBA, 100, 50).memory(mem_type);
    wanted.allocate(p, extra)?.plane(0, 0)
}

fn padding_stays(p: &Platform) -> Result<Outcome, Failure> {
    let padded = Wanted::picture(ColorFormat::RGBA, 100, 50)
        .create(p)?
        .plane(0, 0)?;
    check::equal("planes", unpadded(p, MemType::SURFACE_ARRAY)?, padded)?;
    Ok(Passed)
}

fn without_padding(p: &Platform) -> Result<Outcome, Failure> {
    check::equal("pitch", unpadded(p, MemType::CUDA_DEVICE)?.pitch, 400)?;
    Ok(Passed)
}
