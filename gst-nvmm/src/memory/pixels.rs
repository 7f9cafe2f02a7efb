#![forbid(unsafe_code)]

use std::sync::Arc;

use nvbuf::legacy::NvBuffer;
use nvbuf::{ColorFormat, Layout, PlaneParams, Surface, VideoBuffer};

use crate::error::Result;

/// The one buffer behind a memory, or one of a batch, of either library.
#[derive(Debug)]
pub(crate) enum Pixels {
    /// Ours, or a view of somebody else's.
    Surface(Arc<Surface>),
    /// Somebody else's, who gave an `nv_buffer`.
    NvBuffer(Arc<NvBuffer<'static>>),
}

impl Pixels {
    pub(crate) fn planes(&self) -> Result<&[PlaneParams]> {
        Ok(match self {
            Self::Surface(surface) => VideoBuffer::planes(&**surface, 0)?,
            Self::NvBuffer(buffer) => VideoBuffer::planes(&**buffer, 0)?,
        })
    }

    pub(crate) fn color_format(&self) -> Result<ColorFormat> {
        Ok(match self {
            Self::Surface(surface) => VideoBuffer::color_format(&**surface, 0)?,
            Self::NvBuffer(buffer) => VideoBuffer::color_format(&**buffer, 0)?,
        })
    }

    pub(crate) fn layout(&self) -> Result<Layout> {
        Ok(match self {
            Self::Surface(surface) => surface.params(0)?.layout(),
            Self::NvBuffer(buffer) => buffer.params().layout(),
        })
    }

    /// Width and height, planes, format.
    #[inline]
    pub(crate) fn shape(&self) -> Result<((u32, u32), &[PlaneParams], ColorFormat)> {
        Ok(match self {
            Self::Surface(surface) => {
                let params = surface.params(0)?;
                let size = (params.width(), params.height());
                (size, params.planes(), params.color_format())
            }
            Self::NvBuffer(buffer) => {
                let params = buffer.params();
                let size = (params.width(), params.height());
                (size, self.planes()?, params.color_format())
            }
        })
    }
}
