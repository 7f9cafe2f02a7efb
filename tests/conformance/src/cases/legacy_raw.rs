//! Planes of libnvbuf_utils to and from packed rows.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;

use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::legacy::Buffer;
use crate::platform::Platform;
use crate::source::UTILS_H;
use crate::surface::noise;

const RAW: &[Need] = &[Need::Legacy("NvBuffer2Raw"), Need::Legacy("Raw2NvBuffer")];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "legacy-raw.out",
        "NvBuffer2Raw gives the rows of each plane, packed.",
        UTILS_H,
        RAW,
        out,
    ),
    Case::new(
        "legacy-raw.in",
        "Raw2NvBuffer writes packed rows to each plane.",
        UTILS_H,
        RAW,
        into,
    ),
];

fn out(p: &Platform) -> Result<Outcome, Failure> {
    let buffer = Buffer::new(p, ColorFormat::YUV420, 100, 50)?;
    for plane in 0..3 {
        let pixels = buffer.scribble(plane, plane + 1)?;
        check::equal(format_args!("plane {plane}"), buffer.to_raw(plane)?, pixels)?;
    }
    Ok(Passed)
}

fn into(p: &Platform) -> Result<Outcome, Failure> {
    let buffer = Buffer::new(p, ColorFormat::YUV420, 100, 50)?;
    for plane in 0..3 {
        let (shape, row) = buffer.plane(plane as usize)?;
        let bytes = noise(row * shape.height as usize, plane + 5);
        buffer.set_raw(plane, &bytes)?;
        check::equal(format_args!("plane {plane}"), buffer.read(plane)?, bytes)?;
    }
    Ok(Passed)
}
