//! What a new buffer looks like.

#![forbid(unsafe_code)]

use nvbufsurface_sys::classic::{
    NVBUF_COLOR_FORMAT_INVALID, NVBUF_LAYOUT_PITCH, NVBUF_MEM_SURFACE_ARRAY,
    NvBufSurfacePlaneParams,
};

use super::format;
use super::layout::Extra;
use crate::mapping::page_size;

/// What a new buffer looks like.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) mem_type: u32,
    pub(crate) extra: Extra,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) color_format: u32,
    pub(crate) layout: u32,
    pub(crate) planes: NvBufSurfacePlaneParams,
    pub(crate) size: u32,
}

impl Shape {
    /// Whether it is memory without a picture.
    pub(crate) fn is_raw(&self) -> bool {
        self.color_format == NVBUF_COLOR_FORMAT_INVALID
    }

    /// A picture; `None` if a side is 0 or too long, or the format is none of the simulator's.
    pub(crate) fn picture(width: u32, height: u32, color_format: u32, layout: u32) -> Option<Self> {
        let page = u32::try_from(page_size()).ok()?;
        let (planes, size) = format::find(color_format)?.lay_out(width, height, page)?;
        Some(Self {
            mem_type: NVBUF_MEM_SURFACE_ARRAY,
            extra: Extra::default(),
            width,
            height,
            color_format,
            layout,
            planes,
            size,
        })
    }

    /// That many bytes; `None` if they are too many.
    pub(crate) fn raw(bytes: u32) -> Option<Self> {
        let page = u32::try_from(page_size()).ok()?;
        let (planes, size) = format::raw(bytes, page)?;
        Some(Self {
            mem_type: NVBUF_MEM_SURFACE_ARRAY,
            extra: Extra::default(),
            width: bytes,
            height: 1,
            color_format: NVBUF_COLOR_FORMAT_INVALID,
            layout: NVBUF_LAYOUT_PITCH,
            planes,
            size,
        })
    }
}
