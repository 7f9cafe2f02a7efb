//! All planes of a buffer as slices.

use super::{MapPtr, Pixel, Rows, RowsMut};
use crate::error::Result;
use crate::params::PlaneParams;

/// A read mapping of all planes of a buffer that nobody else can reach, as slices.
///
/// Nothing is written through it, and its slices end before it does:
///
/// ```compile_fail,E0599
/// # fn f(surface: &nvbuf::Surface) -> nvbuf::Result<()> {
/// let map = surface.map(0)?;
/// for row in map.rows_mut(0)? { row.fill(0) }
/// # Ok(()) }
/// ```
///
/// ```compile_fail,E0597
/// # fn f(surface: &nvbuf::Surface) -> nvbuf::Result<()> {
/// let pixels;
/// {
///     let map = surface.map(0)?;
///     pixels = map.plane(0)?.0;
/// }
/// println!("{}", pixels[0]);
/// # Ok(()) }
/// ```
///
/// What does compile:
///
/// ```
/// # fn f(surface: &nvbuf::Surface) -> nvbuf::Result<()> {
/// let pixels;
/// {
///     let map = surface.map(0)?;
///     pixels = map.plane(0)?.0.to_vec();
/// }
/// println!("{}", pixels[0]);
/// # Ok(()) }
/// ```
///
/// ```
/// # fn f(surface: &mut nvbuf::Surface) -> nvbuf::Result<()> {
/// let map = surface.map(0)?;
/// println!("{}", map.plane(0)?.0[0]);
/// map.unmap()?;
/// let mut map = surface.map_mut(0)?;
/// for row in map.rows_mut(0)? { row.fill(0) }
/// map.unmap()
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the buffer is unmapped as soon as this is dropped"]
pub struct Map<'a>(pub(super) MapPtr<'a>);

/// A writable mapping of all planes of a buffer that nobody else can reach, as slices.
///
/// There is one at a time, and none beside a [`Map`]:
///
/// ```compile_fail,E0499
/// # fn f(surface: &mut nvbuf::Surface) -> nvbuf::Result<()> {
/// let first = surface.map_mut(0)?;
/// let second = surface.map_mut(0)?;
/// # drop((first, second)); Ok(()) }
/// ```
///
/// ```compile_fail,E0502
/// # fn f(surface: &mut nvbuf::Surface) -> nvbuf::Result<()> {
/// let read = surface.map(0)?;
/// let write = surface.map_mut(0)?;
/// # drop((read, write)); Ok(()) }
/// ```
///
/// The surface stays as long as it is mapped, and nobody else gets it:
///
/// ```compile_fail,E0505
/// # fn f(mut surface: nvbuf::Surface) -> nvbuf::Result<()> {
/// let map = surface.map_mut(0)?;
/// drop(surface);
/// map.unmap()
/// # }
/// ```
///
/// ```compile_fail,E0597
/// # fn f() -> nvbuf::Result<()> {
/// let map;
/// {
///     let mut surface = nvbuf::Surface::builder(64, 64).build()?;
///     map = surface.map_mut(0)?;
/// }
/// map.unmap()
/// # }
/// ```
///
/// Where it does, this compiles:
///
/// ```
/// # fn f() -> nvbuf::Result<()> {
/// let mut surface;
/// let map;
/// {
///     surface = nvbuf::Surface::builder(64, 64).build()?;
///     map = surface.map_mut(0)?;
/// }
/// map.unmap()
/// # }
/// ```
///
/// ```compile_fail,E0502
/// # fn f(surface: &mut nvbuf::Surface) -> nvbuf::Result<()> {
/// let map = surface.map_mut(0)?;
/// surface.dmabuf(0)?;
/// map.unmap()
/// # }
/// ```
///
/// Once unmapped it is gone:
///
/// ```compile_fail,E0382
/// # fn f(surface: &mut nvbuf::Surface) -> nvbuf::Result<()> {
/// let mut map = surface.map_mut(0)?;
/// map.unmap()?;
/// map.plane_mut(0)?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "the buffer is unmapped as soon as this is dropped"]
pub struct MapMut<'a>(pub(super) MapPtr<'a>);

/// What both guards can do.
macro_rules! read {
    ($Guard:ident) => {
        impl $Guard<'_> {
            /// The bytes of a plane, padding of the rows included, and its facts.
            ///
            /// # Errors
            ///
            /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a plane that the buffer does
            /// not have.
            pub fn plane(&self, plane: usize) -> Result<(&[u8], PlaneParams)> {
                let plane = self.0.plane(plane)?;
                let len = plane.params.byte_len();
                // SAFETY: `len` bytes are mapped at `data` (checked against the buffer's size when
                // the surface was made), until `self` is dropped. The map table keeps writers of
                // ours out, and others from being let in; whoever has a pointer to the surface owes
                // what `Surface::as_ptr` asks.
                let bytes = unsafe { std::slice::from_raw_parts(plane.data.as_ptr(), len) };
                Ok((bytes, plane.params))
            }

            /// The rows of a plane, without their padding.
            ///
            /// # Errors
            ///
            /// As `plane`.
            pub fn rows(&self, plane: usize) -> Result<Rows<'_>> {
                self.rows_as(plane)
            }

            /// The rows of a plane as elements of another type.
            ///
            /// # Errors
            ///
            /// As `plane`, and [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where rows are not
            /// whole, aligned `T`s.
            pub fn rows_as<T: Pixel>(&self, plane: usize) -> Result<Rows<'_, T>> {
                let (bytes, params) = self.plane(plane)?;
                Rows::new(bytes, &params)
            }

            /// How many planes there are.
            pub fn num_planes(&self) -> usize {
                self.0.num_planes()
            }

            /// Ends the mapping and says whether that went well.
            ///
            /// # Errors
            ///
            /// As [`MapPtr::unmap`].
            pub fn unmap(self) -> Result<()> {
                self.0.unmap()
            }
        }
    };
}

read!(Map);
read!(MapMut);

impl MapMut<'_> {
    /// The bytes of a plane, padding of the rows included, and its facts.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a plane that the buffer does not have.
    pub fn plane_mut(&mut self, plane: usize) -> Result<(&mut [u8], PlaneParams)> {
        let plane = self.0.plane(plane)?;
        let len = plane.params.byte_len();
        // SAFETY: as in `plane`; `&mut self` makes this the only slice of the mapping.
        let bytes = unsafe { std::slice::from_raw_parts_mut(plane.data.as_ptr(), len) };
        Ok((bytes, plane.params))
    }

    /// The rows of a plane for writing, without their padding.
    ///
    /// # Errors
    ///
    /// As `plane_mut`.
    pub fn rows_mut(&mut self, plane: usize) -> Result<RowsMut<'_>> {
        self.rows_as_mut(plane)
    }

    /// The rows of a plane for writing, as elements of another type.
    ///
    /// # Errors
    ///
    /// As `plane_mut`, and [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where rows are not
    /// whole, aligned `T`s.
    pub fn rows_as_mut<T: Pixel>(&mut self, plane: usize) -> Result<RowsMut<'_, T>> {
        let (bytes, params) = self.plane_mut(plane)?;
        RowsMut::new(bytes, &params)
    }
}
