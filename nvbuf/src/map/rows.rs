//! The rows of a mapped plane, without their padding.

use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::slice::{ChunksExact, ChunksExactMut};

use super::Pixel;
use crate::error::{Error, ErrorKind, Result};
use crate::params::PlaneParams;

/// The rows of a plane from the first to the last, each as long as its pixels: padding is left out.
///
/// # Invariants
///
/// Chunks are a pitch long, and begin where a `T` can. `row_bytes` is at most a pitch, and whole
/// `T`s, whose size is not 0.
#[derive(Clone, Debug)]
pub struct Rows<'a, T = u8> {
    chunks: ChunksExact<'a, u8>,
    row_bytes: usize,
    pixels: PhantomData<&'a [T]>,
}

/// The writable rows of a plane, each as long as its pixels: padding is left alone.
///
/// # Invariants
///
/// As [`Rows`].
#[derive(Debug)]
pub struct RowsMut<'a, T = u8> {
    chunks: ChunksExactMut<'a, u8>,
    row_bytes: usize,
    pixels: PhantomData<&'a mut [T]>,
}

/// Whether the rows of a plane at an address can be rows of `T`.
pub(super) fn check<T: Pixel>(address: usize, params: &PlaneParams) -> Result<()> {
    let (size, align) = (size_of::<T>(), align_of::<T>());
    let (bytes, pitch) = (params.row_bytes(), params.pitch as usize);
    let is_whole = size != 0 && bytes.is_multiple_of(size);
    if is_whole && address.is_multiple_of(align) && pitch.is_multiple_of(align) && pitch >= bytes {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Invalid,
        "rows_as",
        format!(
            "rows of {bytes} bytes, {pitch} apart, from {address:#x} are no rows of {} ({size} \
             bytes, aligned to {align}); the plane's bytes_per_pixel is {}",
            std::any::type_name::<T>(),
            params.bytes_per_pixel
        ),
    ))
}

impl<'a> Rows<'a> {
    /// Rows of the bytes of a checked plane, which always are rows of bytes.
    pub(super) fn bytes(bytes: &'a [u8], params: &PlaneParams) -> Self {
        Self {
            chunks: bytes.chunks_exact(params.pitch as usize),
            row_bytes: params.row_bytes(),
            pixels: PhantomData,
        }
    }
}

impl<'a> RowsMut<'a> {
    /// Rows of the bytes of a checked plane, which always are rows of bytes.
    pub(super) fn bytes(bytes: &'a mut [u8], params: &PlaneParams) -> Self {
        Self {
            chunks: bytes.chunks_exact_mut(params.pitch as usize),
            row_bytes: params.row_bytes(),
            pixels: PhantomData,
        }
    }
}

impl<'a, T: Pixel> Rows<'a, T> {
    /// Rows of the bytes of a plane, padding included.
    pub(super) fn new(bytes: &'a [u8], params: &PlaneParams) -> Result<Self> {
        check::<T>(bytes.as_ptr().addr(), params)?;
        Ok(Self {
            chunks: bytes.chunks_exact(params.pitch as usize),
            row_bytes: params.row_bytes(),
            pixels: PhantomData,
        })
    }

    fn typed(&self, chunk: &'a [u8]) -> &'a [T] {
        let row = &chunk[..self.row_bytes];
        // SAFETY: whole, aligned `T`s by the type invariant, for which every bit pattern is a value
        // by the trait's contract; the bytes are borrowed for 'a.
        unsafe { std::slice::from_raw_parts(row.as_ptr().cast(), row.len() / size_of::<T>()) }
    }
}

impl<'a, T: Pixel> RowsMut<'a, T> {
    /// Rows of the bytes of a plane, padding included.
    pub(super) fn new(bytes: &'a mut [u8], params: &PlaneParams) -> Result<Self> {
        check::<T>(bytes.as_ptr().addr(), params)?;
        Ok(Self {
            chunks: bytes.chunks_exact_mut(params.pitch as usize),
            row_bytes: params.row_bytes(),
            pixels: PhantomData,
        })
    }

    fn typed(&self, chunk: &'a mut [u8]) -> &'a mut [T] {
        let row = &mut chunk[..self.row_bytes];
        let len = row.len() / size_of::<T>();
        // SAFETY: as in `Rows::typed`, and exclusively borrowed for 'a; any `T` is valid bytes, for
        // it has no padding.
        unsafe { std::slice::from_raw_parts_mut(row.as_mut_ptr().cast(), len) }
    }
}

macro_rules! iterator {
    ($Rows:ident, $row:ty) => {
        impl<'a, T: Pixel> Iterator for $Rows<'a, T> {
            type Item = $row;

            fn next(&mut self) -> Option<Self::Item> {
                let chunk = self.chunks.next()?;
                Some(self.typed(chunk))
            }

            fn nth(&mut self, n: usize) -> Option<Self::Item> {
                let chunk = self.chunks.nth(n)?;
                Some(self.typed(chunk))
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.chunks.size_hint()
            }
        }

        impl<T: Pixel> DoubleEndedIterator for $Rows<'_, T> {
            fn next_back(&mut self) -> Option<Self::Item> {
                let chunk = self.chunks.next_back()?;
                Some(self.typed(chunk))
            }
        }

        impl<T: Pixel> ExactSizeIterator for $Rows<'_, T> {}
        impl<T: Pixel> FusedIterator for $Rows<'_, T> {}
    };
}

iterator!(Rows, &'a [T]);
iterator!(RowsMut, &'a mut [T]);

#[cfg(test)]
mod tests {
    use super::*;

    fn params(width: u32, height: u32, pitch: u32, bytes_per_pixel: u32) -> PlaneParams {
        PlaneParams {
            width,
            height,
            pitch,
            bytes_per_pixel,
            ..PlaneParams::default()
        }
    }

    #[repr(align(8))]
    struct Bytes([u8; 24]);

    #[test]
    fn rows_leave_the_padding_out_and_alone() {
        let mut bytes = Bytes([9; 24]);
        let plane = params(2, 3, 8, 3);
        for (y, row) in RowsMut::<u8>::new(&mut bytes.0, &plane)
            .unwrap()
            .enumerate()
        {
            row.fill(y as u8);
        }
        assert_eq!(
            bytes.0[..16],
            [0, 0, 0, 0, 0, 0, 9, 9, 1, 1, 1, 1, 1, 1, 9, 9]
        );
        let rows = Rows::<[u8; 3]>::new(&bytes.0, &plane).unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows.clone().next_back().unwrap(), [[2; 3]; 2]);
        assert_eq!(rows.clone().nth(1).unwrap(), [[1; 3]; 2]);
        assert!(rows.rev().map(|row| row[0][0]).eq([2, 1, 0]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let bytes = Bytes([0; 24]);
        let u16_rows = Rows::<u16>::new(&bytes.0, &params(3, 3, 8, 2)).unwrap();
        assert!(u16_rows.map(<[u16]>::len).eq([3, 3, 3]));
        for (what, refused) in [
            (
                "size",
                Rows::<u32>::new(&bytes.0, &params(3, 3, 8, 2)).err(),
            ),
            (
                "pitch",
                Rows::<u32>::new(&bytes.0[..18], &params(1, 3, 6, 4)).err(),
            ),
        ] {
            assert_eq!(refused.expect(what).kind(), ErrorKind::Invalid);
        }
        let address = Rows::<u16>::new(&bytes.0[1..17], &params(4, 2, 8, 2));
        assert_eq!(address.expect_err("odd").kind(), ErrorKind::Invalid);
        let nothing = Rows::<[u8; 0]>::new(&bytes.0, &params(3, 3, 8, 2));
        assert_eq!(nothing.expect_err("no size").kind(), ErrorKind::Invalid);
    }
}
