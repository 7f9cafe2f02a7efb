#![forbid(unsafe_code)]

use nvbufsurface_sys::LegacyColorFormat;

use super::tag::Payload;
use crate::params::{MAX_PLANES, PlaneParams};
use crate::transform::Rect;
use crate::{ColorFormat, Layout};

/// No engine of any Jetson goes beyond 16384; twice that leaves room and keeps sums small.
pub(super) const MAX_SIZE: u32 = 32768;

/// One buffer of libnvbuf_utils: facts that are fixed when it is made, checked and copied out.
#[doc(alias = "NvBufferParams")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegacyParams {
    pub(super) payload: Payload,
    pub(super) number: LegacyColorFormat,
    pub(super) color_format: ColorFormat,
    pub(super) layout: Layout,
    pub(super) fd: i32,
    pub(super) nv_buffer: usize,
    pub(super) nv_buffer_size: u32,
    pub(super) num_planes: u32,
    pub(super) planes: [PlaneParams; MAX_PLANES],
}

impl LegacyParams {
    /// Picture or bytes.
    pub fn payload(&self) -> Payload {
        self.payload
    }

    /// Pixels per row; of raw memory its bytes.
    pub fn width(&self) -> u32 {
        self.planes[0].width
    }

    /// Rows; 1 of raw memory.
    pub fn height(&self) -> u32 {
        self.planes[0].height
    }

    /// All of the picture.
    pub(super) fn whole(&self) -> Rect {
        Rect::new(0, 0, self.width(), self.height())
    }

    /// The pixel format by libnvbufsurface's name; `INVALID` of raw memory.
    pub fn color_format(&self) -> ColorFormat {
        self.color_format
    }

    /// The number of the pixel format in the release.
    pub fn legacy_format(&self) -> LegacyColorFormat {
        self.number
    }

    /// Pitch linear or block linear.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The colour planes; of raw memory one row of bytes.
    pub fn planes(&self) -> &[PlaneParams] {
        &self.planes[..self.num_planes as usize]
    }

    /// The number of the dmabuf fd, for identity and logs. See
    /// [`NvBuffer`](super::NvBuffer)'s `AsFd` to use it.
    pub fn fd_number(&self) -> i32 {
        self.fd
    }

    /// Address of the opaque `nv_buffer`.
    pub(crate) fn nv_buffer(&self) -> usize {
        self.nv_buffer
    }

    /// Bytes of the opaque `nv_buffer`: 1008 were seen on R32.
    pub fn nv_buffer_size(&self) -> u32 {
        self.nv_buffer_size
    }

    /// Where the last row of a pitch-linear buffer ends; 0 for other layouts.
    pub(super) fn rows_end(&self) -> u64 {
        let end = |plane: &PlaneParams| {
            u64::from(plane.offset) + u64::from(plane.pitch) * u64::from(plane.height)
        };
        match self.layout {
            Layout::PITCH => self.planes().iter().map(end).max().unwrap_or(0),
            _ => 0,
        }
    }
}
