//! New buffers of libnvbuf_utils.
#![forbid(unsafe_code)]

use nvbufsurface_sys::{ColorFormat, Layout};

use super::LEGACY;
use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::legacy::Buffer;
use crate::platform::Platform;
use crate::socket;
use crate::source::UTILS_H;

const CREATE_EX: &[Need] = &[Need::Legacy("NvBufferCreateEx")];

pub(super) const CASES: &[Case] = &[
    Case::new("legacy-create.i420", "A buffer of YUV420 has the planes of its name.", UTILS_H, LEGACY, |p| planes(p, ColorFormat::YUV420)),
    Case::new("legacy-create.nv12", "A buffer of NV12, in the number of the release, has its planes.", UTILS_H, LEGACY, |p| planes(p, ColorFormat::NV12)),
    Case::new("legacy-create.rgba", "ABGR32, in the number of the release, has one plane of 4 bytes.", UTILS_H, LEGACY, |p| planes(p, ColorFormat::RGBA)),
    Case::new("legacy-create.every-format", "Every format of the release's list that allocates is read back with its number and planes.", UTILS_H, LEGACY, every).assumed(),
    Case::new("legacy-create.fd", "The fd of a buffer is open, in its parameters, and closed once it is destroyed.", UTILS_H, LEGACY, fd),
    Case::new("legacy-create.planes-apart", "Rows fit the pitch, planes begin one behind the other.", UTILS_H, LEGACY, apart),
    Case::new("legacy-create.pitch-layout", "A pitch-linear buffer says so for each plane.", UTILS_H, LEGACY, |p| layout(p, Layout::PITCH)),
    Case::new("legacy-create.block-linear-layout", "A block-linear buffer says so for each plane.", UTILS_H, LEGACY, |p| layout(p, Layout::BLOCK_LINEAR)),
    Case::new("legacy-create.many", "Thirty-two buffers live at once, each with an fd of its own.", UTILS_H, LEGACY, many),
    Case::new("legacy-create.described", "NvBufferCreateEx gives the same picture as NvBufferCreate.", UTILS_H, CREATE_EX, described),
    Case::new("legacy-create.bytes", "NvBufferCreateEx gives a buffer of bytes, with an fd.", UTILS_H, CREATE_EX, bytes).assumed(),
];

const SIZE: (u32, u32) = (128, 64);

fn new(p: &Platform, format: ColorFormat) -> Result<Buffer, Failure> {
    Buffer::new(p, format, SIZE.0, SIZE.1)
}

fn check_planes(buffer: &Buffer, format: ColorFormat) -> Result<(), Failure> {
    let params = buffer.params()?;
    let number = format.to_legacy(buffer.numbering());
    check::equal(
        format_args!("number of {format}"),
        Some(params.pixel_format),
        number,
    )?;
    let shapes = format.planes().unwrap_or_default();
    check::equal(
        format_args!("planes of {format}"),
        params.planes.len(),
        shapes.len(),
    )?;
    for (plane, shape) in params.planes.iter().zip(shapes) {
        let size = (SIZE.0 / shape.width_divisor, SIZE.1 / shape.height_divisor);
        check::equal(
            format_args!("{plane:?} of {format}"),
            (plane.width, plane.height),
            size,
        )?;
        let row = plane.width * shape.bits / 8;
        check::that(
            format_args!("{plane:?} of {format} holds {row} bytes"),
            row <= plane.pitch,
        )?;
    }
    Ok(())
}

fn planes(p: &Platform, format: ColorFormat) -> Result<Outcome, Failure> {
    check_planes(&new(p, format)?, format)?;
    Ok(Passed)
}

fn every(p: &Platform) -> Result<Outcome, Failure> {
    let numbering = p.numbering()?;
    let formats = (1..=1000).map(ColorFormat);
    let mut allocated = 0;
    for format in formats.filter(|format| format.to_legacy(numbering).is_some()) {
        // Which ones of its own list it supports is its affair.
        let Ok(buffer) = new(p, format) else { continue };
        check_planes(&buffer, format)?;
        allocated += 1;
    }
    check::that(
        format_args!("{allocated} formats are several"),
        allocated >= 8,
    )?;
    Ok(Passed)
}

fn fd(p: &Platform) -> Result<Outcome, Failure> {
    let buffer = new(p, ColorFormat::YUV420)?;
    let fd = buffer.fd();
    check::that(
        format_args!("fd {fd} is open"),
        fd > 0 && socket::is_open(fd),
    )?;
    check::equal("dmabuf_fd", buffer.params()?.fd, fd)?;
    buffer.destroy()?;
    check::that(format_args!("fd {fd} is closed"), !socket::is_open(fd))?;
    Ok(Passed)
}

fn apart(p: &Platform) -> Result<Outcome, Failure> {
    for format in [ColorFormat::YUV420, ColorFormat::NV12] {
        let planes = new(p, format)?.params()?.planes;
        for plane in &planes {
            let rows = u64::from(plane.pitch) * u64::from(plane.height);
            check::that(
                format_args!("rows fit {plane:?}"),
                rows <= u64::from(plane.size),
            )?;
        }
        for pair in planes.windows(2) {
            let end = pair[0].offset + pair[0].pitch * pair[0].height;
            check::that(
                format_args!("{:?} begins behind {end}", pair[1]),
                end <= pair[1].offset,
            )?;
        }
    }
    Ok(Passed)
}

fn layout(p: &Platform, layout: Layout) -> Result<Outcome, Failure> {
    let buffer = Buffer::laid_out(p, ColorFormat::NV12, SIZE, layout)?;
    for plane in buffer.params()?.planes {
        check::equal("layout", Layout(plane.layout), layout)?;
    }
    Ok(Passed)
}

fn many(p: &Platform) -> Result<Outcome, Failure> {
    let buffers: Vec<_> = (0..32)
        .map(|_| new(p, ColorFormat::NV12))
        .collect::<Result<_, _>>()?;
    let mut fds: Vec<_> = buffers.iter().map(Buffer::fd).collect();
    fds.sort_unstable();
    fds.dedup();
    check::equal("different fds", fds.len(), 32)?;
    Ok(Passed)
}

fn described(p: &Platform) -> Result<Outcome, Failure> {
    let one = Buffer::described(p, Some(ColorFormat::NV12), SIZE)?.params()?;
    let other = new(p, ColorFormat::NV12)?.params()?;
    check::equal("planes", one.planes, other.planes)?;
    check::equal("format", one.pixel_format, other.pixel_format)?;
    Ok(Passed)
}

fn bytes(p: &Platform) -> Result<Outcome, Failure> {
    let buffer = Buffer::described(p, None, SIZE)?;
    check::that("its fd is open", socket::is_open(buffer.fd()))?;
    buffer.destroy()?;
    Ok(Passed)
}
