//! The picture that is sent round.
#![forbid(unsafe_code)]

use crate::finding::Fault;

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;

type Pixel = [u8; 4];

/// An RGBA picture with packed rows, that shows which side is up and which is left.
pub(super) struct Picture(Vec<u8>);

impl Picture {
    pub(super) const SIZE: (u32, u32) = (WIDTH as u32, HEIGHT as u32);
    /// Bytes of a row.
    pub(super) const PITCH: usize = WIDTH * size_of::<Pixel>();
    pub(super) const BYTES: usize = Self::PITCH * HEIGHT;

    /// Quarters of different colours. Alpha counts columns, and the first pixel of each row is its number.
    pub(super) fn upright() -> Self {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        let [top, bottom] = [64, 192].map(row);
        for y in 0..Self::SIZE.1 {
            let begin = bytes.len();
            bytes.extend_from_slice(if y < Self::SIZE.1 / 2 { &top } else { &bottom });
            bytes[begin..begin + 4].copy_from_slice(&y.to_le_bytes());
        }
        Self(bytes)
    }

    /// Other bytes everywhere.
    pub(super) fn inverse() -> Self {
        let mut picture = Self::upright();
        picture.0.iter_mut().for_each(|byte| *byte = !*byte);
        picture
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same pixels, each of them.
    pub(super) fn is_in(&self, found: &[u8]) -> Result<String, Fault> {
        if self.0 == found {
            return Ok(String::new());
        }
        let pairs = || {
            self.0
                .chunks_exact(4)
                .zip(found.chunks_exact(4))
                .enumerate()
        };
        let count = pairs().filter(|(_, (a, b))| a != b).count();
        let Some((at, (wanted, got))) = pairs().find(|(_, (a, b))| a != b) else {
            return Ok(String::new());
        };
        let (x, y) = (at % WIDTH, at / WIDTH);
        Err(Fault::with_remedy(
            format!(
                "{count} of {} pixels are not what was written; the first is ({x}, {y}): {got:?} in place of \
                 {wanted:?}",
                WIDTH * HEIGHT
            ),
            "libraries and kernel driver are of different releases, or the memory is damaged: reinstall L4T's \
             packages, then report it",
        ))
    }

    /// The same picture upside down; an engine may round colours.
    pub(super) fn is_turned_in(&self, found: &[u8]) -> Result<String, Fault> {
        for (x, y) in [(1, 1), (3, 1), (1, 3), (3, 3)] {
            let (x, y) = (x * WIDTH / 4, y * HEIGHT / 4);
            let wanted = at(&self.0, WIDTH - 1 - x, HEIGHT - 1 - y);
            let got = at(found, x, y);
            let is_near = |(a, b): (&u8, &u8)| a.abs_diff(*b) <= 8;
            if got.len() != 4 || !wanted.iter().zip(got).take(3).all(is_near) {
                return Err(Fault::new(format!(
                    "turned by 180 degrees, pixel ({x}, {y}) is {got:?} in place of {wanted:?}"
                )));
            }
        }
        Ok(String::new())
    }
}

fn at(pixels: &[u8], x: usize, y: usize) -> &[u8] {
    let place = y * Picture::PITCH + x * 4;
    pixels.get(place..place + 4).unwrap_or_default()
}

/// The pixels of a row, by how green it is.
fn row(green: u8) -> Vec<u8> {
    let red = |x| if x < WIDTH / 2 { 48 } else { 208 };
    let pixels = (0..WIDTH).flat_map(|x| [red(x), green, 112, x as u8]);
    pixels.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_that_differs_is_named() {
        let picture = Picture::upright();
        let mut found = picture.bytes().to_vec();
        assert!(picture.is_in(&found).is_ok());
        found[2 * Picture::PITCH + 5 * 4] ^= 1;
        let error = picture.is_in(&found).unwrap_err().error;
        assert!(
            error.starts_with("1 of 921600") && error.contains("(5, 2)"),
            "{error}"
        );
        assert!(picture.is_in(Picture::inverse().bytes()).is_err());
    }

    #[test]
    fn only_a_turned_picture_is_turned() {
        let picture = Picture::upright();
        assert!(picture.is_turned_in(picture.bytes()).is_err());
        let turned: Vec<u8> = picture
            .bytes()
            .rchunks_exact(4)
            .flatten()
            .copied()
            .collect();
        assert!(picture.is_turned_in(&turned).is_ok());
        let flipped: Vec<u8> = picture
            .bytes()
            .rchunks_exact(Picture::PITCH)
            .flatten()
            .copied()
            .collect();
        assert!(picture.is_turned_in(&flipped).is_err());
        assert!(picture.is_turned_in(&[]).is_err());
    }
}
