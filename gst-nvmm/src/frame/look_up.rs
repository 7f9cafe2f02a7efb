//! What is behind a buffer.

use std::sync::Arc;

use gst_video::VideoInfo;

use super::pending::Owner;
use crate::error::{Error, Result};
use crate::memory::backing::Backing;
use crate::memory::import;
use crate::memory::key::Which;
use crate::{format, memory};

/// What is behind a buffer, checked against its caps.
pub(crate) fn lookup(
    buffer: &gst::BufferRef,
    which: Which,
    info: &VideoInfo,
) -> Result<(Arc<Backing>, Owner)> {
    let (backing, owner) = find(buffer, which)?;
    let ((width, height), planes, color_format) = backing.pixels().shape()?;
    let size = (info.width(), info.height());
    let fits = (width, height) == size
        && planes.len() == info.n_planes() as usize
        && (planes[0].width, planes[0].height) == size
        && format::is_color_format(info.format(), color_format);
    if !fits {
        return Err(Error::buffer(format!(
            "caps say {}x{} {}, the surface is {width}x{height} {color_format} in {} planes: the element \
             before negotiated one thing and sent another",
            info.width(),
            info.height(),
            info.format(),
            planes.len()
        )));
    }
    Ok((backing, owner))
}

/// What is behind a buffer.
#[inline]
pub(crate) fn find(buffer: &gst::BufferRef, which: Which) -> Result<(Arc<Backing>, Owner)> {
    let memory = only_memory(buffer)?;
    if let Some(backing) = memory::backing(memory) {
        if let Some(index @ 1..) = which {
            return Err(Error::buffer(format!("buffer {index} of a surface of one")));
        }
        return Ok((Arc::clone(backing), Owner::Ours));
    }
    let (backing, shared) = import::backing(memory, which)?;
    let owner = shared.map_or(Owner::Foreign, Owner::OtherCopy);
    Ok((backing, owner))
}

/// The one memory that an NVMM buffer has.
#[inline]
pub(crate) fn only_memory(buffer: &gst::BufferRef) -> Result<&gst::MemoryRef> {
    match buffer.n_memory() {
        1 => Ok(buffer.peek_memory(0)),
        count => Err(Error::buffer(format!(
            "an NVMM buffer has one memory, this one has {count}: the element before does not make \
             NVMM buffers, or merged some"
        ))),
    }
}
