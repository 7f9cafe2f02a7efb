#![forbid(unsafe_code)]
//! CPU access to an NVMM buffer's pixels.

use gst_video::VideoInfo;
use nvbuf::{Access, MapPtr, PlanePtr, legacy};

use crate::counts::Counts;
use crate::error::Result;
use crate::frame::{lookup, require_writable};
use crate::memory::pixels::Pixels;

/// Maps the pixels of an NVMM buffer for reading, after the work pending on them is done, and calls
/// `body` with pointers to the planes. The CPU is slow at this: a path without it is what the rest
/// of this crate is for.
///
/// # Errors
///
/// [`Error::Buffer`](crate::Error::Buffer) for a buffer that is not what `info` says,
/// [`Error::Surface`](crate::Error::Surface) when it cannot be
/// mapped, or what `body` gives.
pub fn read_cpu<R>(
    buffer: &gst::BufferRef,
    info: &VideoInfo,
    body: impl FnOnce(&CpuMap<'_>) -> Result<R>,
) -> Result<R> {
    with_map(buffer, info, Access::Read, body)
}

/// The same for writing. Hardware sees what was written once this returns.
///
/// # Errors
///
/// As [`read_cpu`], and [`Error::Buffer`](crate::Error::Buffer) if another buffer shares the memory.
pub fn write_cpu<R>(
    buffer: &mut gst::BufferRef,
    info: &VideoInfo,
    body: impl FnOnce(&CpuMap<'_>) -> Result<R>,
) -> Result<R> {
    require_writable(buffer)?;
    with_map(buffer, info, Access::Write, body)
}

fn with_map<R>(
    buffer: &gst::BufferRef,
    info: &VideoInfo,
    access: Access,
    body: impl FnOnce(&CpuMap<'_>) -> Result<R>,
) -> Result<R> {
    let (backing, owner) = lookup(buffer, None, info)?;
    owner.synchronize(&backing, buffer)?;
    Counts::note(|counts| counts.maps += 1);
    let map = CpuMap(match backing.pixels() {
        Pixels::Surface(surface) => Planes::Surface(surface.map_ptr(0, access)?),
        Pixels::NvBuffer(buffer) => Planes::NvBuffer(buffer.map_ptr(access)?),
    });
    let result = body(&map)?;
    match map.0 {
        Planes::Surface(map) => map.unmap()?,
        Planes::NvBuffer(map) => map.unmap()?,
    }
    Ok(result)
}

/// Pixels mapped for the CPU: pointers to the planes, as long as [`read_cpu`] or [`write_cpu`] runs.
#[derive(Debug)]
pub struct CpuMap<'a>(Planes<'a>);

#[derive(Debug)]
enum Planes<'a> {
    Surface(MapPtr<'a>),
    NvBuffer(legacy::MapPtr<'a>),
}

impl CpuMap<'_> {
    /// How many planes there are.
    pub fn num_planes(&self) -> usize {
        match &self.0 {
            Planes::Surface(map) => map.num_planes(),
            Planes::NvBuffer(map) => map.num_planes(),
        }
    }

    /// A plane: address and layout.
    ///
    /// # Errors
    ///
    /// [`Error::Surface`](crate::Error::Surface) for one that there is not.
    pub fn plane(&self, plane: usize) -> Result<PlanePtr> {
        Ok(match &self.0 {
            Planes::Surface(map) => map.plane(plane)?,
            Planes::NvBuffer(map) => map.plane(plane)?,
        })
    }
}
