//! Descriptions as bytes: the layout that [`MapParams`] documents.

#![forbid(unsafe_code)]

use nvbufsurface_sys::Family;

use super::description::{MapParams, Plane, bad};
use crate::error::Result;
use crate::params::MAX_PLANES;

const MAGIC: [u8; 8] = *b"nvbufmap";
const VERSION: u16 = 1;
const HEAD: usize = 48;
const PLANE: usize = 40;

impl MapParams {
    /// How many bytes [`to_bytes`](Self::to_bytes) gives and [`from_bytes`](Self::from_bytes) takes.
    pub const BYTES: usize = HEAD + MAX_PLANES * PLANE;

    /// The description as bytes, in the layout that the type documents.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
        bytes[10..12].copy_from_slice(&number_of(self.family).to_le_bytes());
        let mut put = |at: usize, value: u32| {
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        };
        put(12, self.num_planes);
        put(16, self.gpu);
        put(20, self.total_size);
        put(24, self.mem_type);
        put(28, self.layout);
        put(32, self.scan_format);
        put(36, self.color_format);
        for (i, plane) in self.planes.iter().enumerate() {
            let at = HEAD + i * PLANE;
            put(at, plane.width);
            put(at + 4, plane.height);
            put(at + 8, plane.pitch);
            put(at + 12, plane.offset);
            put(at + 16, plane.size);
            put(at + 20, plane.second_field_offset);
            put(at + 24, plane.block_height_log2);
            // The halves of a little-endian number, one after the other.
            let flags = plane.flags;
            put(at + 32, (flags & u64::from(u32::MAX)) as u32);
            put(at + 36, (flags >> 32) as u32);
        }
        bytes[40..42].copy_from_slice(&self.chroma);
        bytes
    }

    /// The description that the bytes hold, checked.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Foreign`](crate::ErrorKind::Foreign) names the field that cannot be.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if bytes.len() != Self::BYTES {
            return Err(bad(format!(
                "{} bytes, a description has {}",
                bytes.len(),
                Self::BYTES
            )));
        }
        if bytes[..8] != MAGIC {
            return Err(bad("bytes that do not begin with \"nvbufmap\""));
        }
        let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i: usize| bytes[at + i]));
        if half(8) != VERSION {
            let text = format!("version {}, this crate knows {VERSION}", half(8));
            return Err(bad(text));
        }
        let family = Family::ALL
            .into_iter()
            .find(|family| number_of(*family) == half(10))
            .ok_or_else(|| bad(format!("family {}", half(10))))?;
        let plane = |at: usize| Plane {
            width: word(at),
            height: word(at + 4),
            pitch: word(at + 8),
            offset: word(at + 12),
            size: word(at + 16),
            second_field_offset: word(at + 20),
            block_height_log2: word(at + 24),
            flags: u64::from(word(at + 32)) | u64::from(word(at + 36)) << 32,
        };
        let description = Self {
            family,
            num_planes: word(12),
            gpu: word(16),
            total_size: word(20),
            mem_type: word(24),
            layout: word(28),
            scan_format: word(32),
            color_format: word(36),
            chroma: [bytes[40], bytes[41]],
            planes: [0, 1, 2, 3].map(|i| plane(HEAD + i * PLANE)),
        };
        let description = description.check()?;
        // What no field holds was zero, too.
        if description.to_bytes() != bytes {
            return Err(bad("reserved bytes that are not zero"));
        }
        Ok(description)
    }
}

fn number_of(family: Family) -> u16 {
    match family {
        Family::Classic => 1,
        Family::Extended => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::super::description::tests::sound;
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn bytes_there_and_back() {
        for family in Family::ALL {
            let mut before = MapParams { family, ..sound() };
            before.planes[1].flags = 0x0123_4567_89ab_cdef;
            before.planes[0].block_height_log2 = 4;
            let bytes = before.to_bytes();
            assert_eq!(MapParams::from_bytes(&bytes).unwrap(), before);
            assert_eq!(bytes[20..24], [0, 0x60, 0, 0], "little-endian");
            assert_eq!(bytes[120..128], before.planes[1].flags.to_le_bytes());
        }
    }

    #[test]
    fn every_byte_of_the_frame_is_looked_at() {
        let good = sound().to_bytes();
        for at in (0..12).chain(42..48).chain([76, 116, 128, 207]) {
            let mut bytes = good;
            bytes[at] ^= 0x40;
            let error = MapParams::from_bytes(&bytes).expect_err("spoilt");
            assert_eq!(error.kind(), ErrorKind::Foreign, "byte {at}: {error}");
        }
        for wrong in [&good[1..], &[], &[good.as_slice(), &[0]].concat()] {
            MapParams::from_bytes(wrong).expect_err("another length");
        }
    }
}
