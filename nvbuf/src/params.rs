#![forbid(unsafe_code)]

use nvbufsurface_sys::classic::NVBUF_MAX_PLANES;
use nvbufsurface_sys::prefix::NvBufSurfaceParams;

use crate::error::{Error, ErrorKind, Result};
use crate::{ColorFormat, Layout, MemType};

/// Planes of one buffer at most.
pub const MAX_PLANES: usize = NVBUF_MAX_PLANES as usize;

/// No engine of any Jetson goes beyond 16384; twice that leaves room and keeps sums small.
pub(crate) const MAX_SIZE: u32 = 32768;

/// One colour plane, as the library laid it out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlaneParams {
    /// Pixels (of this plane) per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes from row to row.
    pub pitch: u32,
    /// Bytes from the start of the buffer.
    pub offset: u32,
    /// Bytes set aside for the plane, padding included.
    pub size: u32,
    /// Bytes of one pixel of this plane: 2 for the interleaved chroma of NV12.
    pub bytes_per_pixel: u32,
}

impl PlaneParams {
    /// Bytes of a row that hold pixels; at most `pitch`.
    pub fn row_bytes(&self) -> usize {
        (self.width as usize).saturating_mul(self.bytes_per_pixel as usize)
    }

    /// Bytes of all rows without padding.
    pub fn packed_len(&self) -> usize {
        self.row_bytes().saturating_mul(self.height as usize)
    }

    /// Bytes from the first row's start to the last row's end, padding of the rows included.
    pub fn byte_len(&self) -> usize {
        (self.pitch as usize).saturating_mul(self.height as usize)
    }
}

/// One buffer of a surface: facts that are fixed when it is made, checked and copied out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurfaceParams {
    width: u32,
    height: u32,
    color_format: ColorFormat,
    layout: Layout,
    data_size: u32,
    fd: Option<i32>,
    num_planes: u32,
    planes: [PlaneParams; MAX_PLANES],
}

impl SurfaceParams {
    /// Checks what a library or a peer says of a buffer, field by field, and copies it.
    pub(crate) fn check(raw: &NvBufSurfaceParams, mem_type: MemType) -> Result<Self> {
        let bad = |what: String| {
            Error::new(
                ErrorKind::Foreign,
                "NvBufSurfaceParams",
                format!(
                    "{what}; this is no NvBufSurface of this platform's library. On R32 set \
                     bufapi-version=true on the element that made it"
                ),
            )
        };
        let fd = match (mem_type.has_dmabuf(), i32::try_from(raw.bufferDesc)) {
            (false, _) => None,
            (true, Ok(fd)) => Some(fd),
            (true, Err(_)) => {
                return Err(bad(format!("a dmabuf fd of {:#x}", raw.bufferDesc)));
            }
        };
        if ColorFormat(raw.colorFormat) == ColorFormat::INVALID {
            return Self::raw(raw, fd).ok_or_else(|| {
                bad(format!(
                    "no format, {} bytes and {} planes",
                    raw.dataSize, raw.planeParams.num_planes
                ))
            });
        }
        if !(1..=MAX_SIZE).contains(&raw.width) || !(1..=MAX_SIZE).contains(&raw.height) {
            return Err(bad(format!("a size of {}x{}", raw.width, raw.height)));
        }
        let p = &raw.planeParams;
        if !(1..=NVBUF_MAX_PLANES).contains(&p.num_planes) {
            return Err(bad(format!("{} planes", p.num_planes)));
        }
        let layout = Layout(raw.layout);
        let mut planes = [PlaneParams::default(); MAX_PLANES];
        for (i, plane) in planes.iter_mut().enumerate().take(p.num_planes as usize) {
            *plane = PlaneParams {
                width: p.width[i],
                height: p.height[i],
                pitch: p.pitch[i],
                offset: p.offset[i],
                size: p.psize[i],
                bytes_per_pixel: p.bytesPerPix[i],
            };
            let ok = (1..=MAX_SIZE).contains(&plane.width)
                && (1..=MAX_SIZE).contains(&plane.height)
                && (1..=16).contains(&plane.bytes_per_pixel)
                && (layout != Layout::PITCH || plane.row_bytes() <= plane.pitch as usize);
            let end = u64::from(plane.offset) + u64::from(plane.pitch) * u64::from(plane.height);
            let inside = layout != Layout::PITCH || end <= u64::from(raw.dataSize);
            if !ok || !inside {
                return Err(bad(format!(
                    "plane {i} ({plane:?}) that does not fit {} bytes of data",
                    raw.dataSize
                )));
            }
        }
        Ok(Self {
            width: raw.width,
            height: raw.height,
            color_format: ColorFormat(raw.colorFormat),
            layout,
            data_size: raw.dataSize,
            fd,
            num_planes: p.num_planes,
            planes,
        })
    }

    /// Memory without a picture. What the library says of sides and planes is documented as ignored
    /// when it is made, and is here: it is one row of all bytes.
    fn raw(raw: &NvBufSurfaceParams, fd: Option<i32>) -> Option<Self> {
        if raw.dataSize == 0 || raw.planeParams.num_planes > 1 {
            return None;
        }
        let mut planes = [PlaneParams::default(); MAX_PLANES];
        planes[0] = PlaneParams {
            width: raw.dataSize,
            height: 1,
            pitch: raw.dataSize,
            offset: 0,
            size: raw.dataSize,
            bytes_per_pixel: 1,
        };
        Some(Self {
            width: raw.dataSize,
            height: 1,
            color_format: ColorFormat::INVALID,
            layout: Layout::PITCH,
            data_size: raw.dataSize,
            fd,
            num_planes: 1,
            planes,
        })
    }

    /// Whether it is memory without a picture: one plane of one row.
    pub fn is_raw(&self) -> bool {
        self.color_format == ColorFormat::INVALID
    }

    /// Pixels per row.
    #[inline]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    #[inline]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixel format; what the surface says wins over any caps.
    #[inline]
    pub fn color_format(&self) -> ColorFormat {
        self.color_format
    }

    /// Pitch linear or block linear.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Bytes of the whole buffer.
    pub fn data_size(&self) -> u32 {
        self.data_size
    }

    /// The number of the dmabuf fd, which belongs to the surface: for identity and logs. See
    /// [`Surface::dmabuf`](crate::Surface::dmabuf) to use it.
    pub fn fd_number(&self) -> Option<i32> {
        self.fd
    }

    /// Where the last row of a pitch-linear buffer ends; 0 for other layouts, whose rows are the
    /// engines' business.
    pub(crate) fn rows_end(&self) -> u64 {
        let end = |plane: &PlaneParams| {
            u64::from(plane.offset) + u64::from(plane.pitch) * u64::from(plane.height)
        };
        match self.layout {
            Layout::PITCH => self.planes().iter().map(end).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// The colour planes.
    #[inline]
    pub fn planes(&self) -> &[PlaneParams] {
        &self.planes[..self.num_planes as usize]
    }
}
