//! `MapPtr`: a mapping as pointers, and what all guards are made of.

use std::ptr::NonNull;

use super::{Claim, PlanePtr};
use crate::error::{Error, ErrorKind, Result, report};
use crate::params::MAX_PLANES;
use crate::surface::Surface;

/// A mapping of one buffer for the CPU as pointers: for pixels that others may reach as well.
///
/// Dropping it makes writes visible to hardware and unmaps; [`MapPtr::unmap`] does the same and
/// gives the error.
#[derive(Debug)]
#[must_use = "the buffer is unmapped as soon as this is dropped"]
pub struct MapPtr<'a> {
    pub(super) surface: &'a Surface,
    pub(super) index: u32,
    /// The planes that are mapped; `None` once they are unmapped.
    pub(super) claim: Option<Claim<'a>>,
    pub(super) addresses: [Option<NonNull<u8>>; MAX_PLANES],
}

// SAFETY: a mapping is process-wide: addresses mean the same on every thread, and unmapping
// happens under the surface's lock.
unsafe impl Send for MapPtr<'_> {}
// SAFETY: `&self` gives out addresses and changes nothing.
unsafe impl Sync for MapPtr<'_> {}

impl MapPtr<'_> {
    /// The mapped plane `plane`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a plane that the buffer does not have, or that is not mapped.
    pub fn plane(&self, plane: usize) -> Result<PlanePtr> {
        let params = self.surface.params(self.index)?.planes();
        match (
            self.addresses.get(plane).copied().flatten(),
            params.get(plane),
        ) {
            (Some(data), Some(params)) => Ok(PlanePtr {
                data,
                params: *params,
            }),
            (_, found) => {
                let detail = match found {
                    Some(_) => format!("plane {plane} is not mapped"),
                    None => format!("plane {plane} of {}", params.len()),
                };
                Err(Error::new(ErrorKind::Invalid, "MapPtr::plane", detail))
            }
        }
    }

    /// How many planes are mapped: all that the buffer has, or the one that was asked for.
    pub fn num_planes(&self) -> usize {
        self.addresses.iter().flatten().count()
    }

    /// Ends the mapping and says whether that went well.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Call`] of the first call that failed; the rest was still done.
    #[doc(alias = "NvBufSurfaceUnMap")]
    #[doc(alias = "NvBufSurfaceSyncForDevice")]
    pub fn unmap(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        match self.claim.take() {
            Some(claim) => self.surface.unmap_planes(self.index, &claim),
            None => Ok(()),
        }
    }
}

impl Drop for MapPtr<'_> {
    fn drop(&mut self) {
        self.end().unwrap_or_else(|error| report(&error));
    }
}
