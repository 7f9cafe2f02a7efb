//! A mapped plane as pointers, for pixels that others may reach as well.

#![forbid(unsafe_code)]

use std::iter::FusedIterator;
use std::ptr::NonNull;

use super::{Pixel, rows};
use crate::error::Result;
use crate::params::PlaneParams;

/// A mapped plane as pointer and length.
///
/// Guards go from thread to thread, and pointers do not:
///
/// ```compile_fail,E0277
/// const fn is_send<T: Send>() {}
/// is_send::<nvbuf::PlanePtr>();
/// ```
///
/// ```compile_fail,E0277
/// const fn is_send<T: Send>() {}
/// is_send::<nvbuf::PtrRows>();
/// ```
///
/// ```
/// const fn is_send<T: Send>() {}
/// is_send::<nvbuf::MapPtr<'static>>();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PlanePtr {
    /// The first row.
    pub data: NonNull<u8>,
    /// Size, pitch and the rest; `params.byte_len()` bytes are mapped.
    pub params: PlaneParams,
}

impl PlanePtr {
    /// Row `y`, of [`PlaneParams::row_bytes`] bytes; `None` beyond the last.
    pub fn row(&self, y: u32) -> Option<NonNull<[u8]>> {
        if y >= self.params.height {
            return None;
        }
        self.rows().nth(y as usize)
    }

    /// The rows from the first to the last, each [`PlaneParams::row_bytes`] long. To have the
    /// pointers is safe; to follow one is its user's `unsafe`, as long as the mapping lives.
    pub fn rows(&self) -> PtrRows {
        PtrRows::new(self)
    }

    /// The rows as elements of another type, [`Rows`](crate::Rows) of pointers.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where rows are not whole, aligned `T`s.
    pub fn rows_as<T: Pixel>(&self) -> Result<PtrRows<T>> {
        rows::check::<T>(self.data.addr().get(), &self.params)?;
        Ok(PtrRows::new(self))
    }
}

/// The rows of a [`PlanePtr`], as pointers with the length of a row.
#[derive(Clone, Debug)]
pub struct PtrRows<T = u8> {
    next: NonNull<T>,
    pitch: usize,
    len: usize,
    left: u32,
}

// A mapping is process-wide; pointers to it are for whoever follows them in `unsafe` code.
impl<T: Pixel> PtrRows<T> {
    fn new(plane: &PlanePtr) -> Self {
        Self {
            next: plane.data.cast(),
            pitch: plane.params.pitch as usize,
            len: plane.params.row_bytes() / size_of::<T>(),
            left: plane.params.height,
        }
    }

    fn skip_rows(&mut self, rows: u32) {
        let bytes = self.pitch.wrapping_mul(rows as usize);
        let next = self.next.as_ptr().wrapping_byte_add(bytes);
        match NonNull::new(next) {
            Some(next) => {
                self.next = next;
                self.left -= rows;
            }
            // No mapping wraps around; a plane that somebody made up may.
            None => self.left = 0,
        }
    }
}

impl<T: Pixel> Iterator for PtrRows<T> {
    type Item = NonNull<[T]>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let row = NonNull::slice_from_raw_parts(self.next, self.len);
        self.skip_rows(1);
        Some(row)
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        let rows = u32::try_from(n).unwrap_or(u32::MAX).min(self.left);
        self.skip_rows(rows);
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl<T: Pixel> ExactSizeIterator for PtrRows<T> {}
impl<T: Pixel> FusedIterator for PtrRows<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane() -> PlanePtr {
        PlanePtr {
            data: NonNull::without_provenance(0x1000.try_into().unwrap()),
            params: PlaneParams {
                width: 3,
                height: 4,
                pitch: 16,
                bytes_per_pixel: 2,
                ..PlaneParams::default()
            },
        }
    }

    #[test]
    fn rows_are_a_pitch_apart() {
        let places: Vec<_> = plane().rows().map(|r| (r.addr().get(), r.len())).collect();
        assert_eq!(places, [(0x1000, 6), (0x1010, 6), (0x1020, 6), (0x1030, 6)]);
        assert_eq!(plane().row(2).unwrap().addr().get(), 0x1020);
        assert!(plane().row(4).is_none());
        let typed: Vec<_> = plane().rows_as::<u16>().unwrap().collect();
        assert_eq!((typed.len(), typed[3].len()), (4, 3));
        assert!(plane().rows_as::<u32>().is_err());
        assert_eq!(plane().rows().nth(9), None);
    }

    #[test]
    fn a_plane_that_cannot_be_ends_where_addresses_do() {
        let mut plane = plane();
        plane.data = NonNull::without_provenance((usize::MAX - 15).try_into().unwrap());
        assert_eq!(plane.rows().count(), 1);
    }
}
