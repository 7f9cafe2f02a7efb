//! `MapPtr`: a mapping as pointers, and what all guards are made of.

#![forbid(unsafe_code)]

use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::{PlanePtr, Usage};
use crate::error::{Error, ErrorKind, Result, report};
use crate::params::PlaneParams;
use crate::surface::{Mapped, Surface};

/// A mapping of one buffer for the CPU as pointers: for pixels that others may reach as well.
///
/// Dropping it makes writes visible to hardware and unmaps; [`MapPtr::unmap`] does the same and
/// gives the error.
#[derive(Debug)]
#[must_use = "the buffer is unmapped as soon as this is dropped"]
pub struct MapPtr<'a> {
    pub(super) surface: &'a Surface,
    pub(super) index: u32,
    /// The planes that are mapped, and claimed until drop.
    pub(super) usage: Usage,
}

impl<'a> MapPtr<'a> {
    /// Where a mapped plane begins, as long as `self` lives, and its facts.
    #[inline]
    pub(super) fn place(&self, plane: usize) -> Result<(NonNull<u8>, &'a PlaneParams)> {
        let buffer = self.surface.buffer_at("MapPtr::plane", self.index)?;
        if self.usage.planes().contains(&plane)
            && let Some(data) = buffer.mapped.get(plane).and_then(Mapped::address)
            && let Some(params) = buffer.params.planes().get(plane)
        {
            return Ok((data, params));
        }
        Err(self.not_mapped(plane))
    }

    /// The mapped plane `plane`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a plane that the buffer does not have, or that is not mapped.
    pub fn plane(&self, plane: usize) -> Result<PlanePtr> {
        let (data, params) = self.place(plane)?;
        let params = *params;
        Ok(PlanePtr { data, params })
    }

    #[cold]
    fn not_mapped(&self, plane: usize) -> Error {
        let detail = format!(
            "plane {plane} of {:?}, buffer {}: planes {:?} are mapped here. Surface::map_ptr maps all",
            self.surface,
            self.index,
            self.usage.planes()
        );
        Error::new(ErrorKind::Invalid, "MapPtr::plane", detail)
    }

    /// How many planes are mapped: all that the buffer has, or the one that was asked for.
    pub fn num_planes(&self) -> usize {
        self.usage.planes().len()
    }

    /// Ends the mapping and says whether that went well.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Call`] of the first call that failed; the rest was still done.
    #[doc(alias = "NvBufSurfaceUnMap")]
    #[doc(alias = "NvBufSurfaceSyncForDevice")]
    pub fn unmap(self) -> Result<()> {
        ManuallyDrop::new(self).end()
    }

    /// Called once.
    fn end(&self) -> Result<()> {
        self.surface.end_map(self.index, self.usage)
    }
}

impl Drop for MapPtr<'_> {
    fn drop(&mut self) {
        self.end().unwrap_or_else(|error| report(&error));
    }
}
