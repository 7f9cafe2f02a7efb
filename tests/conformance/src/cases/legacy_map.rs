//! CPU access to buffers of libnvbuf_utils.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;
use nvbufsurface_sys::nvbuf_utils::r32_6::{
    NvBufferMem_Read, NvBufferMem_Read_Write, NvBufferMem_Write,
};

use super::LEGACY;
use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::legacy::Buffer;
use crate::platform::Platform;
use crate::source::UTILS_H;

const MAP_EX: &[Need] = &[
    Need::Legacy("NvBufferMemMapEx"),
    Need::Legacy("NvBufferGetParamsEx"),
];
const PARAMS_EX: &[Need] = &[Need::Legacy("NvBufferGetParamsEx")];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "legacy-map.read",
        "A plane is mapped for reading and unmapped.",
        UTILS_H,
        LEGACY,
        |p| map(p, NvBufferMem_Read),
    ),
    Case::new(
        "legacy-map.write",
        "A plane is mapped for writing and unmapped.",
        UTILS_H,
        LEGACY,
        |p| map(p, NvBufferMem_Write),
    ),
    Case::new(
        "legacy-map.read-write",
        "A plane is mapped for both and unmapped.",
        UTILS_H,
        LEGACY,
        |p| map(p, NvBufferMem_Read_Write),
    ),
    Case::new(
        "legacy-map.pixels",
        "What the CPU writes to each plane is what it reads.",
        UTILS_H,
        LEGACY,
        pixels,
    ),
    Case::new(
        "legacy-map.planes-are-apart",
        "What is written to one plane is not in the others.",
        UTILS_H,
        LEGACY,
        apart,
    ),
    Case::new(
        "legacy-map.again",
        "A plane is mapped and unmapped again and again.",
        UTILS_H,
        LEGACY,
        again,
    ),
    Case::new(
        "legacy-map.two-buffers",
        "What is written to one buffer is not in another.",
        UTILS_H,
        LEGACY,
        two,
    ),
    Case::new(
        "legacy-map.params-ex",
        "NvBufferGetParamsEx begins with what NvBufferGetParams says.",
        UTILS_H,
        PARAMS_EX,
        params_ex,
    ),
    Case::new(
        "legacy-map.with-description",
        "NvBufferMemMapEx with a buffer's own description shows its pixels.",
        UTILS_H,
        MAP_EX,
        with_description,
    )
    .assumed(),
];

fn new(p: &Platform) -> Result<Buffer, Failure> {
    Buffer::new(p, ColorFormat::YUV420, 100, 50)
}

fn map(p: &Platform, flags: u32) -> Result<Outcome, Failure> {
    let buffer = new(p)?;
    for plane in 0..3 {
        let address = buffer.map(plane, flags)?;
        buffer.unmap(plane, address)?;
    }
    Ok(Passed)
}

fn pixels(p: &Platform) -> Result<Outcome, Failure> {
    for format in [ColorFormat::YUV420, ColorFormat::NV12, ColorFormat::RGBA] {
        let buffer = Buffer::new(p, format, 100, 50)?;
        for plane in 0..format.num_planes().unwrap_or(0) {
            let pixels = buffer.scribble(plane, plane + 1)?;
            check::equal(
                format_args!("plane {plane} of {format}"),
                buffer.read(plane)?,
                pixels,
            )?;
        }
    }
    Ok(Passed)
}

fn apart(p: &Platform) -> Result<Outcome, Failure> {
    let buffer = new(p)?;
    buffer.paint(&[1, 2, 3])?;
    for plane in 0..3 {
        let value = plane as u8 + 1;
        check::flat(
            format_args!("plane {plane}"),
            &buffer.read(plane)?,
            value,
            0,
        )?;
    }
    Ok(Passed)
}

fn again(p: &Platform) -> Result<Outcome, Failure> {
    let buffer = new(p)?;
    let pixels = buffer.scribble(0, 4)?;
    for _ in 0..50 {
        check::equal("pixels", buffer.read(0)?, pixels.clone())?;
    }
    Ok(Passed)
}

fn two(p: &Platform) -> Result<Outcome, Failure> {
    let (one, other) = (new(p)?, new(p)?);
    one.paint(&[1])?;
    other.paint(&[2])?;
    check::flat("the first", &one.read(0)?, 1, 0)?;
    Ok(Passed)
}

fn params_ex(p: &Platform) -> Result<Outcome, Failure> {
    let buffer = new(p)?;
    let long = buffer.read_block(&buffer.long_block()?)?;
    check::equal("parameters", long, buffer.params()?)?;
    Ok(Passed)
}

fn with_description(p: &Platform) -> Result<Outcome, Failure> {
    let buffer = new(p)?;
    buffer.paint(&[7, 8, 9])?;
    for plane in 0..3 {
        let found = buffer.first_byte_ex(plane)?;
        check::equal(format_args!("plane {plane}"), u32::from(found), plane + 7)?;
    }
    Ok(Passed)
}
