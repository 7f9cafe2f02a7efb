//! `MapParams`: what one buffer is, as numbers that another process can be told.

#![forbid(unsafe_code)]

use nvbufsurface_sys::Family;

use crate::error::{Error, ErrorKind, Result};
use crate::params::{MAX_PLANES, MAX_SIZE};
use crate::{ColorFormat, Layout, MemType};

/// Blocks of block-linear memory are 1 to 32 units of 8 rows high, as the modifiers of NVIDIA's
/// formats in the kernel's `drm_fourcc.h` say.
const MAX_BLOCK_HEIGHT_LOG2: u32 = 5;

/// One plane, as `NvBufSurfaceMapPlaneParams` has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Plane {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) pitch: u32,
    pub(super) offset: u32,
    pub(super) size: u32,
    pub(super) second_field_offset: u32,
    pub(super) block_height_log2: u32,
    pub(super) flags: u64,
}

/// One buffer of a surface described for another process: plain numbers without its file descriptor,
/// which travels beside them (`SCM_RIGHTS`).
///
/// From [`Surface::export`](crate::Surface::export) or [`MapParams::from_bytes`], both of which check
/// every field: sides, planes that lie within the buffer and not on each other, a known format with
/// its number of planes, layout and memory type. That the file is as long as this says is checked by
/// [`Surface::import`](crate::Surface::import).
///
/// # Bytes
///
/// [`MapParams::BYTES`] of them, little-endian whatever the machine:
///
/// | offset | size | what |
/// |---|---|---|
/// | 0 | 8 | `nvbufmap` |
/// | 8 | 2 | version: 1 |
/// | 10 | 2 | family of the library: 1 classic, 2 extended |
/// | 12 | 4 | number of planes |
/// | 16 | 4 | CUDA device number |
/// | 20 | 4 | bytes of the whole buffer |
/// | 24 | 4 | memory type |
/// | 28 | 4 | layout |
/// | 32 | 4 | scan format |
/// | 36 | 4 | pixel format |
/// | 40 | 2 | chroma position: horizontal, vertical |
/// | 42 | 6 | zero |
/// | 48 | 4 x 40 | planes: width, height, pitch, offset, size, offset of the second field, block height (log2), zero (4 bytes each), flags (8); zero where there is none |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "NvBufSurfaceMapParams")]
pub struct MapParams {
    pub(super) family: Family,
    pub(super) num_planes: u32,
    pub(super) gpu: u32,
    pub(super) total_size: u32,
    pub(super) mem_type: u32,
    pub(super) layout: u32,
    pub(super) scan_format: u32,
    pub(super) color_format: u32,
    pub(super) chroma: [u8; 2],
    pub(super) planes: [Plane; MAX_PLANES],
}

impl MapParams {
    /// Checks every field; what planes that are not there say is forgotten.
    pub(super) fn check(mut self) -> Result<Self> {
        if !MemType(self.mem_type).has_dmabuf() {
            return Err(bad(format!(
                "{}, only SURFACE_ARRAY and HANDLE have a file descriptor to send",
                MemType(self.mem_type)
            )));
        }
        if !matches!(Layout(self.layout), Layout::PITCH | Layout::BLOCK_LINEAR) {
            return Err(bad(Layout(self.layout).to_string()));
        }
        let format = ColorFormat(self.color_format);
        let expected = match format {
            // Bytes without a picture.
            ColorFormat::INVALID => Some(1),
            _ => format.num_planes(),
        };
        let Some(expected) = expected else {
            return Err(bad(format!("{format}, which is not known here")));
        };
        if self.num_planes != expected {
            let text = format!(
                "{} plane(s) of {format}, which has {expected}",
                self.num_planes
            );
            return Err(bad(text));
        }
        if self.gpu != 0 {
            let text = format!("GPU {}: a board that has dmabufs has one, 0", self.gpu);
            return Err(bad(text));
        }
        if self.scan_format > 1 {
            return Err(bad(format!("scan format {}", self.scan_format)));
        }
        if self.chroma.iter().any(|position| *position > 2) {
            return Err(bad(format!("chroma position {:?}", self.chroma)));
        }
        self.planes[self.num_planes as usize..].fill(Plane::default());
        for i in 0..self.num_planes as usize {
            self.check_plane(i)?;
        }
        Ok(self)
    }

    fn check_plane(&self, i: usize) -> Result<()> {
        let plane = &self.planes[i];
        let bad = |what: &str| Err(bad(format!("plane {i} ({plane:?}): {what}")));
        // Raw memory is one row of any length.
        let (width, height) = match ColorFormat(self.color_format) {
            ColorFormat::INVALID => (self.total_size, 1),
            _ => (MAX_SIZE, MAX_SIZE),
        };
        if !(1..=width).contains(&plane.width) || !(1..=height).contains(&plane.height) {
            return bad(&format!("sides are at most {width}x{height}"));
        }
        let mut bits = 8;
        if let Some(shape) = ColorFormat(self.color_format).planes().map(|p| p[i]) {
            bits = shape.bits;
            let first = &self.planes[0];
            let fits = |side: u32, whole: u32, divisor: u32| {
                (whole / divisor..=whole.div_ceil(divisor)).contains(&side)
            };
            if !fits(plane.width, first.width, shape.width_divisor)
                || !fits(plane.height, first.height, shape.height_divisor)
            {
                return bad("not the part of the first plane that the format says");
            }
        }
        let row = (u64::from(plane.width) * u64::from(bits)).div_ceil(8);
        let rows = u64::from(plane.pitch) * u64::from(plane.height);
        if Layout(self.layout) == Layout::PITCH
            && (u64::from(plane.pitch) < row || u64::from(plane.size) < rows)
        {
            return bad("its rows do not fit");
        }
        let range = |p: &Plane| (u64::from(p.offset), u64::from(p.offset) + u64::from(p.size));
        let (start, end) = range(plane);
        if plane.size == 0 || end > u64::from(self.total_size) {
            return bad(&format!(
                "it does not lie in the buffer's {} bytes",
                self.total_size
            ));
        }
        let on_another = self.planes[..i]
            .iter()
            .map(range)
            .any(|(s, e)| start < e && s < end);
        if on_another {
            return bad("it lies on another one");
        }
        if plane.second_field_offset > plane.size {
            return bad("its second field begins behind it");
        }
        if plane.block_height_log2 > MAX_BLOCK_HEIGHT_LOG2 {
            return bad("blocks have 2^0 to 2^5 units of height");
        }
        Ok(())
    }

    /// The layout of the structs of the exporter's library: the importer's has to be the same.
    pub fn family(&self) -> Family {
        self.family
    }

    /// The width of the first plane, as the library counts it: pixels per row, the bytes of raw
    /// memory. Of the UYVP formats, five bytes for two pixels, it may count pairs, rounded up; it says
    /// nothing else of the picture's width.
    pub fn width(&self) -> u32 {
        self.planes[0].width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.planes[0].height
    }

    /// The pixel format.
    pub fn color_format(&self) -> ColorFormat {
        ColorFormat(self.color_format)
    }

    /// Pitch linear or block linear.
    pub fn layout(&self) -> Layout {
        Layout(self.layout)
    }

    /// What the buffer is made of: SURFACE_ARRAY or HANDLE.
    pub fn mem_type(&self) -> MemType {
        MemType(self.mem_type)
    }

    /// Bytes of the whole buffer: the file has so many at least.
    pub fn total_size(&self) -> u32 {
        self.total_size
    }

    /// How many planes there are.
    pub fn num_planes(&self) -> u32 {
        self.num_planes
    }
}

pub(super) fn bad(what: impl Into<String>) -> Error {
    let detail = format!("{}: no description of a buffer", what.into());
    Error::new(ErrorKind::Foreign, "NvBufSurfaceMapParams", detail)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// NV12 of 66x34 as the simulator lays it out.
    pub(in crate::share) fn sound() -> MapParams {
        let plane = |width, height, offset| Plane {
            width,
            height,
            pitch: 256,
            offset,
            size: 12288,
            ..Plane::default()
        };
        let mut planes = [Plane::default(); MAX_PLANES];
        planes[0] = plane(66, 34, 0);
        planes[1] = plane(33, 17, 12288);
        MapParams {
            family: Family::Extended,
            num_planes: 2,
            gpu: 0,
            total_size: 24576,
            mem_type: MemType::SURFACE_ARRAY.0,
            layout: Layout::PITCH.0,
            scan_format: 0,
            color_format: ColorFormat::NV12.0,
            chroma: [0, 1],
            planes,
        }
    }

    #[test]
    fn every_field_is_looked_at() {
        sound().check().unwrap();
        let spoilers: [fn(&mut MapParams); 26] = [
            |p| p.num_planes = 0,
            |p| p.num_planes = 1,
            |p| p.num_planes = 5,
            |p| p.num_planes = u32::MAX,
            |p| p.gpu = 1,
            |p| p.total_size = 0,
            |p| p.total_size = 24575,
            |p| p.mem_type = MemType::CUDA_DEVICE.0,
            |p| p.mem_type = 99,
            |p| p.layout = 2,
            |p| p.scan_format = 2,
            |p| p.color_format = 4711,
            |p| p.color_format = ColorFormat::RGBA.0,
            |p| p.color_format = 0,
            |p| p.chroma[0] = 3,
            |p| p.chroma[1] = 3,
            |p| p.planes[0].width = 0,
            |p| p.planes[0].height = MAX_SIZE + 1,
            |p| p.planes[1].width = 99,
            |p| p.planes[1].height = 16,
            |p| p.planes[0].pitch = 65,
            |p| p.planes[1].pitch = u32::MAX,
            |p| p.planes[1].offset = 12287,
            |p| p.planes[1].size = u32::MAX,
            |p| p.planes[0].second_field_offset = 12289,
            |p| p.planes[0].block_height_log2 = 6,
        ];
        for (i, spoil) in spoilers.iter().enumerate() {
            let mut spoilt = sound();
            spoil(&mut spoilt);
            let error = spoilt.check().expect_err("spoilt");
            assert_eq!(error.kind(), ErrorKind::Foreign, "{i}: {error}");
            MapParams::from_bytes(&spoilt.to_bytes()).expect_err("spoilt");
        }
    }
}
