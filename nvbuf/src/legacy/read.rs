//! What a block of the library's says of a buffer, checked.

#![forbid(unsafe_code)]

use nvbufsurface_sys::{LegacyColorFormat, Numbering, PlaneShape};

use super::layout::{Block, Fields, address, word};
use super::params::{LegacyParams, MAX_SIZE};
use super::tag::Payload;
use crate::error::{Error, ErrorKind, Result};
use crate::params::{MAX_PLANES, PlaneParams};
use crate::{ColorFormat, Layout};

/// No `nv_buffer` that was seen has more than 1,008 bytes.
const MAX_NV_BUFFER: u32 = 1 << 20;

impl LegacyParams {
    /// The same of another process's buffer, whose fd has another number here.
    pub(super) fn check_foreign(block: &Block, numbering: Numbering, fd: i32) -> Result<Self> {
        let theirs = word(block, 0).cast_signed();
        let params = Self::check(block, numbering, theirs)?;
        Ok(Self { fd, ..params })
    }

    /// Checks what the library says of a buffer, field by field, and copies it.
    pub(super) fn check(block: &Block, numbering: Numbering, fd: i32) -> Result<Self> {
        let bad = |what: String| {
            let detail = format!("{what}; these are no NvBufferParams of {numbering}");
            Error::new(ErrorKind::Foreign, "NvBufferGetParams", detail)
        };
        let fields = Fields::of(numbering);
        if word(block, 0) != fd.cast_unsigned() {
            return Err(bad(format!("fd {} for fd {fd}", word(block, 0))));
        }
        let payload = fields
            .payload
            .map_or(Payload::SURF_ARRAY, |(kind, _)| Payload(word(block, kind)));
        let (nv_buffer, nv_buffer_size) = (
            address(block, fields.nv_buffer),
            word(block, fields.nv_buffer_size),
        );
        if nv_buffer_size > MAX_NV_BUFFER {
            return Err(bad(format!("nv_buffer_size {nv_buffer_size}")));
        }
        let empty = Self {
            payload,
            number: LegacyColorFormat(word(block, fields.pixel_format)),
            color_format: ColorFormat::INVALID,
            layout: Layout::PITCH,
            fd,
            nv_buffer,
            nv_buffer_size,
            num_planes: 1,
            planes: [PlaneParams::default(); MAX_PLANES],
        };
        match (payload, fields.payload) {
            (Payload::SURF_ARRAY, _) => empty.with_picture(block, numbering, &fields).map_err(bad),
            (Payload::MEM_HANDLE, Some((_, memsize))) => {
                empty.with_bytes(word(block, memsize)).map_err(bad)
            }
            _ => Err(bad(format!("payload type {}", payload.0))),
        }
    }

    /// Raw memory is one row of bytes.
    fn with_bytes(mut self, bytes: u32) -> Result<Self, String> {
        if !(1..=i32::MAX as u32).contains(&bytes) {
            return Err(format!("memsize {bytes}"));
        }
        self.planes[0] = PlaneParams {
            width: bytes,
            height: 1,
            pitch: bytes,
            offset: 0,
            size: bytes,
            bytes_per_pixel: 1,
        };
        Ok(self)
    }

    fn with_picture(
        mut self,
        block: &Block,
        numbering: Numbering,
        fields: &Fields,
    ) -> Result<Self, String> {
        let format = self.number.to_surface(numbering);
        let format = format.ok_or_else(|| format!("{}, which it does not have", self.number))?;
        let count = word(block, fields.num_planes);
        let shapes = format.planes().unwrap_or_default();
        if shapes.len() != count as usize || !(1..=fields.max_planes).contains(&count) {
            return Err(format!("{count} planes of {format}"));
        }
        if self.nv_buffer == 0 {
            return Err("nv_buffer NULL".into());
        }
        let at = |start: usize, plane: usize| word(block, start + 4 * plane);
        let layout = fields
            .layout
            .map_or(Layout::PITCH, |start| Layout(at(start, 0)));
        for (i, shape) in shapes.iter().enumerate() {
            let plane = PlaneParams {
                width: at(fields.width, i),
                height: at(fields.height, i),
                pitch: at(fields.pitch, i),
                offset: at(fields.offset, i),
                size: at(fields.psize, i),
                bytes_per_pixel: 0,
            };
            let plane = PlaneParams {
                bytes_per_pixel: element_bytes(plane.width, at(fields.width, 0), *shape),
                ..plane
            };
            let is_pitch = layout == Layout::PITCH;
            let bytes = u64::from(plane.pitch) * u64::from(plane.height);
            let ok = (1..=MAX_SIZE).contains(&plane.width)
                && (1..=MAX_SIZE).contains(&plane.height)
                && plane.bytes_per_pixel > 0
                && (!is_pitch || plane.row_bytes() <= plane.pitch as usize)
                && (!is_pitch || bytes <= u64::from(plane.size));
            if !ok {
                return Err(format!("plane {i} of {format}: {plane:?}"));
            }
            if fields.layout.is_some_and(|start| at(start, i) != layout.0) {
                return Err(format!(
                    "planes of more than one layout: {i} is not {layout}"
                ));
            }
            self.planes[i] = plane;
        }
        self.color_format = format;
        self.layout = layout;
        self.num_planes = count;
        Ok(self)
    }
}

/// Bytes of what a plane's width counts, or 0. Whether it counts the pairs of interleaved chroma or its
/// bytes is not documented: the other way round they are less, and a row has as many bytes.
fn element_bytes(width: u32, picture: u32, shape: PlaneShape) -> u32 {
    let elements = picture / shape.width_divisor;
    // Every format of every numbering has whole bytes (a test says so).
    let bytes = shape.bits / 8;
    // Odd pictures may be rounded up.
    if width.abs_diff(elements) <= 1 {
        return bytes;
    }
    let row = elements.saturating_mul(bytes);
    match row.checked_rem(width) {
        Some(0) => row / width,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of R32.6 with an NV12 picture of 64x48, rows of 256 bytes.
    fn nv12() -> Block {
        let mut block = [0; 64];
        let f = Fields::of(Numbering::R32_6);
        let number = ColorFormat::NV12.to_legacy(Numbering::R32_6).unwrap().0;
        set(&mut block, 0, 7);
        block[f.nv_buffer / 8] = 0x1000;
        set(&mut block, f.nv_buffer_size, 1008);
        set(&mut block, f.pixel_format, number);
        set(&mut block, f.num_planes, 2);
        for (start, values) in [
            (f.width, [64, 32]),
            (f.height, [48, 24]),
            (f.pitch, [256, 256]),
            (f.offset, [0, 16384]),
            (f.psize, [16384, 8192]),
        ] {
            set(&mut block, start, values[0]);
            set(&mut block, start + 4, values[1]);
        }
        block
    }

    fn set(block: &mut Block, offset: usize, value: u32) {
        let mut bytes = block[offset / 8].to_ne_bytes();
        bytes[offset % 8..offset % 8 + 4].copy_from_slice(&value.to_ne_bytes());
        block[offset / 8] = u64::from_ne_bytes(bytes);
    }

    fn check(block: &Block) -> Result<LegacyParams> {
        LegacyParams::check(block, Numbering::R32_6, 7)
    }

    #[test]
    fn a_sound_block_is_read() {
        let params = check(&nv12()).unwrap();
        assert_eq!((params.width(), params.height()), (64, 48));
        assert_eq!(params.color_format(), ColorFormat::NV12);
        assert_eq!(params.planes().len(), 2);
        assert_eq!(params.planes()[1].bytes_per_pixel, 2);
        assert_eq!(params.rows_end(), 16384 + 256 * 24);
        assert_eq!(
            (params.nv_buffer(), params.nv_buffer_size()),
            (0x1000, 1008)
        );
    }

    #[test]
    fn a_width_of_chroma_in_bytes_is_the_same_row() {
        let f = Fields::of(Numbering::R32_6);
        let mut block = nv12();
        set(&mut block, f.width + 4, 64);
        let plane = check(&block).unwrap().planes()[1];
        assert_eq!((plane.width, plane.bytes_per_pixel), (64, 1));
        assert_eq!(plane.row_bytes(), 64);
    }

    #[test]
    fn each_field_that_cannot_be_is_named() {
        let f = Fields::of(Numbering::R32_6);
        let (kind, memsize) = f.payload.unwrap();
        for (offset, value, text) in [
            (0, 8, "fd 8 for fd 7"),
            (kind, 2, "payload type 2"),
            (f.pixel_format, 999, "legacy color format 999"),
            (f.num_planes, 0, "0 planes"),
            (f.num_planes, 3, "3 planes"),
            (f.num_planes, u32::MAX, "planes"),
            (f.nv_buffer_size, u32::MAX, "nv_buffer_size"),
            (f.width, 0, "plane 0"),
            (f.height + 4, MAX_SIZE + 1, "plane 1"),
            (f.pitch + 4, 63, "plane 1"),
            (f.width + 4, 40, "plane 1"),
            (f.psize, 256 * 48 - 1, "plane 0"),
            (f.pitch, u32::MAX, "plane 0"),
            (f.layout.unwrap() + 4, 1, "more than one layout"),
        ] {
            let mut block = nv12();
            set(&mut block, offset, value);
            let error = check(&block).expect_err(text);
            assert_eq!(error.kind(), ErrorKind::Foreign);
            assert!(error.to_string().contains(text), "{text}: {error}");
        }
        let mut block = nv12();
        block[f.nv_buffer / 8] = 0;
        assert!(check(&block).is_err(), "no nv_buffer");
        set(&mut block, kind, Payload::MEM_HANDLE.0);
        assert!(check(&block).is_err(), "no bytes");
        set(&mut block, memsize, 5000);
        let params = check(&block).unwrap();
        assert_eq!((params.width(), params.height()), (5000, 1));
        assert_eq!(params.color_format(), ColorFormat::INVALID);
    }

    #[test]
    fn every_format_of_every_numbering_has_whole_bytes() {
        for numbering in Numbering::ALL {
            let formats = (0..64).filter_map(|n| LegacyColorFormat(n).to_surface(numbering));
            for format in formats {
                let planes = format.planes().unwrap();
                assert!(
                    planes.iter().all(|p| p.bits > 0 && p.bits % 8 == 0),
                    "{format}"
                );
            }
        }
    }
}
