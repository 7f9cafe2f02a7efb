//! The guards that give slices.

use super::map::MapPtr;
use crate::error::Result;
use crate::params::PlaneParams;

/// A read mapping of a buffer that nobody else can reach, as slices.
///
/// # Invariants
///
/// The mapping borrows its buffer exclusively, and nobody else reaches the pixels.
#[derive(Debug)]
#[must_use = "the buffer is unmapped as soon as this is dropped"]
pub struct Map<'a>(MapPtr<'a>);

/// A writable mapping of a buffer that nobody else can reach, as slices.
///
/// # Invariants
///
/// The mapping borrows its buffer exclusively, and nobody else reaches the pixels.
#[derive(Debug)]
#[must_use = "the buffer is unmapped as soon as this is dropped"]
pub struct MapMut<'a>(MapPtr<'a>);

impl<'a> Map<'a> {
    /// The caller upholds the type's invariant.
    pub(super) fn new(map: MapPtr<'a>) -> Self {
        Self(map)
    }

    /// The bytes of a plane, padding of the rows included, and its facts.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a plane that is not mapped here.
    pub fn plane(&self, plane: usize) -> Result<(&[u8], PlaneParams)> {
        let plane = self.0.plane(plane)?;
        // SAFETY: `byte_len` bytes are mapped at `data` (at most `size`, checked when the buffer was
        // made), until `self` is dropped. By the type invariant nobody writes.
        let bytes =
            unsafe { std::slice::from_raw_parts(plane.data.as_ptr(), plane.params.byte_len()) };
        Ok((bytes, plane.params))
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

impl<'a> MapMut<'a> {
    /// The caller upholds the type's invariant; the mapping is writable.
    pub(super) fn new(map: MapPtr<'a>) -> Self {
        Self(map)
    }

    /// The bytes of a plane, padding of the rows included, and its facts.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a plane that is not mapped here.
    pub fn plane_mut(&mut self, plane: usize) -> Result<(&mut [u8], PlaneParams)> {
        let plane = self.0.plane(plane)?;
        // SAFETY: as in `Map::plane`; `&mut self` makes this the only slice of the mapping.
        let bytes =
            unsafe { std::slice::from_raw_parts_mut(plane.data.as_ptr(), plane.params.byte_len()) };
        Ok((bytes, plane.params))
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
