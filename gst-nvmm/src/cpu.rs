//! CPU access to an NVMM buffer's pixels.

use std::sync::Arc;

use gst_video::VideoInfo;
use nvbuf::{Access, MapPtr};

use crate::error::{Error, Result};
use crate::frame::lookup;

/// Maps the pixels of an NVMM buffer for reading, after the work pending on them is done, and calls
/// `body` with pointers to the planes. The CPU is slow at this: a path without it is what the rest
/// of this crate is for.
///
/// # Errors
///
/// [`Error::Buffer`] for a buffer that is not what `info` says, [`Error::Surface`] when it cannot be
/// mapped, or what `body` gives.
pub fn read_cpu<R>(
    buffer: &gst::BufferRef,
    info: &VideoInfo,
    body: impl FnOnce(&MapPtr<'_>) -> Result<R>,
) -> Result<R> {
    with_map(buffer, info, Access::Read, body)
}

/// The same for writing. Hardware sees what was written once this returns.
///
/// # Errors
///
/// As [`read_cpu`], and [`Error::Buffer`] if another buffer shares the memory.
pub fn write_cpu<R>(
    buffer: &mut gst::BufferRef,
    info: &VideoInfo,
    body: impl FnOnce(&MapPtr<'_>) -> Result<R>,
) -> Result<R> {
    if !buffer.is_all_memory_writable() {
        return Err(Error::buffer(
            "the buffer's memory is shared with another buffer or read-only: take a new buffer \
             from a pool to write into",
        ));
    }
    with_map(buffer, info, Access::Write, body)
}

fn with_map<R>(
    buffer: &gst::BufferRef,
    info: &VideoInfo,
    access: Access,
    body: impl FnOnce(&MapPtr<'_>) -> Result<R>,
) -> Result<R> {
    let (backing, owner) = lookup(buffer, info)?;
    owner.synchronize(&backing, buffer)?;
    let surface = Arc::clone(backing.surface());
    let map = surface.map_ptr(0, access)?;
    let result = body(&map)?;
    map.unmap()?;
    Ok(result)
}
