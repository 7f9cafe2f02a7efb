//! The opaque block that elements of R28 and R32 exchange.
#![forbid(unsafe_code)]

use nvbufsurface_sys::ColorFormat;

use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::legacy::{self, Buffer};
use crate::platform::Platform;
use crate::source::{NVVIDCONV, UTILS_H};

const EXTRACT: &[Need] = &[
    Need::Legacy("ExtractFdFromNvBuffer"),
    Need::Legacy("NvReleaseFd"),
];
const SIZE: &[Need] = &[Need::Legacy("NvBufferGetSize")];
const IMPORT: &[Need] = &[
    Need::Legacy("NvBufferImportFd"),
    Need::Legacy("NvBufferGetParamsEx"),
];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "legacy-fd.extract",
        "ExtractFdFromNvBuffer gives the fd of a block.",
        UTILS_H,
        EXTRACT,
        extract,
    ),
    Case::new(
        "legacy-fd.extract-of-a-copy",
        "A copy of the block is as good: elements copy it.",
        NVVIDCONV,
        EXTRACT,
        copied,
    ),
    Case::new(
        "legacy-fd.release",
        "NvReleaseFd gives the fd back, and the buffer stays.",
        UTILS_H,
        EXTRACT,
        release,
    )
    .assumed(),
    Case::new(
        "legacy-fd.size",
        "NvBufferGetSize is nv_buffer_size of every buffer.",
        NVVIDCONV,
        SIZE,
        size,
    ),
    Case::new(
        "legacy-fd.size-of-1008",
        "NvBufferGetSize is 1008.",
        "jetson-inference issues 1284 and 1421, jetson-utils issue 101",
        SIZE,
        size_of_1008,
    )
    .assumed(),
    Case::new(
        "legacy-fd.import",
        "NvBufferImportFd gives a buffer of another fd and the same pixels.",
        UTILS_H,
        IMPORT,
        import,
    )
    .assumed(),
];

fn new(p: &Platform) -> Result<Buffer, Failure> {
    Buffer::new(p, ColorFormat::YUV420, 64, 32)
}

fn extract(p: &Platform) -> Result<Outcome, Failure> {
    let (one, other) = (new(p)?, new(p)?);
    for buffer in [&one, &other] {
        let fd = legacy::extract_fd(p, &buffer.nv_buffer()?)?;
        check::equal("fd", fd, buffer.fd())?;
        legacy::release_fd(p, fd)?;
    }
    Ok(Passed)
}

fn copied(p: &Platform) -> Result<Outcome, Failure> {
    let buffer = new(p)?;
    // `nv_buffer` gives a copy; this is a copy of that, with the first one gone.
    let copy = buffer.nv_buffer()?.clone();
    let fd = legacy::extract_fd(p, &copy)?;
    check::equal("fd", fd, buffer.fd())?;
    legacy::release_fd(p, fd)?;
    Ok(Passed)
}

fn release(p: &Platform) -> Result<Outcome, Failure> {
    let buffer = new(p)?;
    let pixels = buffer.scribble(0, 1)?;
    for _ in 0..5 {
        let fd = legacy::extract_fd(p, &buffer.nv_buffer()?)?;
        legacy::release_fd(p, fd)?;
    }
    check::equal("pixels", buffer.read(0)?, pixels)?;
    Ok(Passed)
}

fn size(p: &Platform) -> Result<Outcome, Failure> {
    let size = legacy::nv_buffer_size(p)?;
    let of_buffer = new(p)?.params()?.nv_buffer_size;
    check::equal("nv_buffer_size", of_buffer.cast_signed(), size)?;
    Ok(Passed)
}

fn size_of_1008(p: &Platform) -> Result<Outcome, Failure> {
    check::equal("size", legacy::nv_buffer_size(p)?, 1008)?;
    Ok(Passed)
}

fn import(p: &Platform) -> Result<Outcome, Failure> {
    let buffer = new(p)?;
    let pixels = buffer.scribble(0, 2)?;
    let other = Buffer::import(p, buffer.fd(), &buffer.long_block()?)?;
    check::that("its fd is another", other.fd() != buffer.fd())?;
    check::equal("pixels", other.read(0)?, pixels)?;
    let pixels = other.scribble(0, 3)?;
    check::equal("pixels of the first", buffer.read(0)?, pixels)?;
    Ok(Passed)
}
