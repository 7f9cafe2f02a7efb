//! One plane of a buffer as a slice.

use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use super::{MapPtr, Pixel, Rows, RowsMut};
use crate::error::Result;
use crate::params::PlaneParams;

/// A read mapping of one plane of a buffer that nobody else can reach: its bytes, padding of the
/// rows included.
///
/// ```compile_fail,E0594
/// # fn f(surface: &nvbuf::Surface) -> nvbuf::Result<()> {
/// let mut plane = surface.map_plane(0, 0)?;
/// plane[0] = 1;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "the plane is unmapped as soon as this is dropped"]
pub struct PlaneMap<'a> {
    map: MapPtr<'a>,
    data: NonNull<u8>,
    params: &'a PlaneParams,
}

/// A writable mapping of one plane of a buffer that nobody else can reach: its bytes, padding of the
/// rows included.
///
/// ```
/// # fn f(surface: &mut nvbuf::Surface) -> nvbuf::Result<()> {
/// let mut plane = surface.map_plane_mut(0, 0)?;
/// plane[0] = 1;
/// plane.unmap()
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the plane is unmapped as soon as this is dropped"]
pub struct PlaneMapMut<'a> {
    map: MapPtr<'a>,
    data: NonNull<u8>,
    params: &'a PlaneParams,
}

/// What both guards can do.
macro_rules! read {
    ($Guard:ident) => {
        // SAFETY: a mapping is the process's, not a thread's, and `MapPtr`, which ends it, is `Send`.
        // `data` is only followed for slices of bytes, which are `Send`.
        unsafe impl Send for $Guard<'_> {}
        // SAFETY: as above; `&self` gives `&[u8]` and facts, which are `Sync`, as `MapPtr` is.
        unsafe impl Sync for $Guard<'_> {}

        impl<'a> $Guard<'a> {
            /// Of a mapping of `plane`, which gives slices.
            #[inline]
            pub(super) fn new(map: MapPtr<'a>, plane: usize) -> Result<Self> {
                let (data, params) = map.place(plane)?;
                Ok(Self { map, data, params })
            }

            /// The plane's facts.
            pub fn params(&self) -> &PlaneParams {
                self.params
            }

            /// The rows, without their padding.
            pub fn rows(&self) -> Rows<'_> {
                Rows::bytes(self, self.params)
            }

            /// The rows as elements of another type.
            ///
            /// # Errors
            ///
            /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where rows are not whole, aligned
            /// `T`s.
            pub fn rows_as<T: Pixel>(&self) -> Result<Rows<'_, T>> {
                Rows::new(self, self.params)
            }

            /// Ends the mapping and says whether that went well.
            ///
            /// # Errors
            ///
            /// As [`MapPtr::unmap`].
            pub fn unmap(self) -> Result<()> {
                self.map.unmap()
            }
        }

        impl Deref for $Guard<'_> {
            type Target = [u8];

            fn deref(&self) -> &[u8] {
                let len = self.params.byte_len();
                // SAFETY: `len` bytes are mapped at `data` until `self` is dropped, and nobody
                // writes them: as in `Map::plane`.
                unsafe { std::slice::from_raw_parts(self.data.as_ptr(), len) }
            }
        }
    };
}

read!(PlaneMap);
read!(PlaneMapMut);

impl PlaneMapMut<'_> {
    /// The rows for writing, without their padding.
    pub fn rows_mut(&mut self) -> RowsMut<'_> {
        let params = self.params;
        RowsMut::bytes(self, params)
    }

    /// The rows for writing, as elements of another type.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where rows are not whole, aligned `T`s.
    pub fn rows_as_mut<T: Pixel>(&mut self) -> Result<RowsMut<'_, T>> {
        let params = self.params;
        RowsMut::new(self, params)
    }
}

impl DerefMut for PlaneMapMut<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        let len = self.params.byte_len();
        // SAFETY: as in `deref`; the mapping is for writing, and `&mut self` makes this its only
        // slice.
        unsafe { std::slice::from_raw_parts_mut(self.data.as_ptr(), len) }
    }
}
