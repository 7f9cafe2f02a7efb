//! CPU access. A guard owns the whole protocol: map and sync for the CPU; sync for the device
//! (where it could write) and unmap, for exactly the planes that were mapped.

use super::buffer::NvBuffer;
use super::slices::{Map, MapMut};
use crate::Layout;
use crate::error::{Error, ErrorKind, Result, report};
use crate::map::{Access, PlanePtr};
use crate::params::MAX_PLANES;

/// A mapping for the CPU as pointers: for pixels that others may reach as well.
///
/// Dropping it makes writes visible to hardware and unmaps; [`MapPtr::unmap`] does the same and
/// gives the error.
#[derive(Debug)]
#[must_use = "the buffer is unmapped as soon as this is dropped"]
pub struct MapPtr<'a> {
    buffer: &'a NvBuffer<'a>,
    access: Access,
    planes: [Option<PlanePtr>; MAX_PLANES],
}

// SAFETY: a mapping is process-wide: addresses mean the same on every thread, and unmapping
// happens under the buffer's lock.
unsafe impl Send for MapPtr<'_> {}
// SAFETY: `&self` gives out addresses and changes nothing.
unsafe impl Sync for MapPtr<'_> {}

impl NvBuffer<'_> {
    /// Maps all planes and hands out pointers.
    ///
    /// Several [`Access::Read`] mappings of a plane may live at a time, a [`Access::Write`] one alone.
    /// Two *values* of one buffer know of each other if this crate created it
    /// ([`NvBuffer::from_fd`]).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Busy`] if another mapping or a transform that is under way is in the way,
    /// [`ErrorKind::Invalid`] for a block-linear buffer, [`ErrorKind::Call`] when the library refuses.
    #[doc(alias = "NvBufferMemMap")]
    #[doc(alias = "NvBufferMemMapEx")]
    #[doc(alias = "NvBufferMemSyncForCpu")]
    pub fn map_ptr(&self, access: Access) -> Result<MapPtr<'_>> {
        self.map_range(0..self.params().planes().len(), access)
    }

    /// The same of one plane alone.
    ///
    /// # Errors
    ///
    /// As [`NvBuffer::map_ptr`], and [`ErrorKind::Invalid`] for a plane that the buffer does not have.
    pub fn map_plane_ptr(&self, plane: usize, access: Access) -> Result<MapPtr<'_>> {
        let count = self.params().planes().len();
        if plane >= count {
            let detail = format!("{self:?}: plane {plane} of {count}");
            return Err(Error::new(ErrorKind::Invalid, "NvBufferMemMap", detail));
        }
        self.map_range(plane..plane + 1, access)
    }

    /// Maps for reading and gives slices: for a buffer that nobody else can reach.
    ///
    /// # Errors
    ///
    /// As [`NvBuffer::map_ptr`], and [`ErrorKind::Invalid`] once the buffer is shared (borrowed, or its
    /// fd, pointer or EGLImage was given out).
    ///
    /// The fd is not to be had while slices live:
    ///
    /// ```compile_fail,E0502
    /// # use std::os::fd::AsFd;
    /// # fn f(buffer: &mut nvbuf::legacy::NvBuffer<'static>) -> nvbuf::Result<()> {
    /// let map = buffer.map()?;
    /// let fd = buffer.as_fd();
    /// # drop(map); Ok(()) }
    /// ```
    pub fn map(&mut self) -> Result<Map<'_>> {
        // It holds for as long as the guard has `&mut self`: that is what lets `Map::new` be called.
        self.require_private("NvBuffer::map")?;
        Ok(Map::new(self.map_ptr(Access::Read)?))
    }

    /// Maps for writing and gives mutable slices: for a buffer that nobody else can reach.
    ///
    /// # Errors
    ///
    /// As [`NvBuffer::map`].
    pub fn map_mut(&mut self) -> Result<MapMut<'_>> {
        self.require_private("NvBuffer::map_mut")?;
        Ok(MapMut::new(self.map_ptr(Access::Write)?))
    }

    /// [`NvBuffer::map`] of one plane alone.
    ///
    /// # Errors
    ///
    /// As [`NvBuffer::map`], and [`ErrorKind::Invalid`] for a plane that the buffer does not have.
    pub fn map_plane(&mut self, plane: usize) -> Result<Map<'_>> {
        self.require_private("NvBuffer::map_plane")?;
        Ok(Map::new(self.map_plane_ptr(plane, Access::Read)?))
    }

    /// [`NvBuffer::map_mut`] of one plane alone.
    ///
    /// # Errors
    ///
    /// As [`NvBuffer::map_plane`].
    pub fn map_plane_mut(&mut self, plane: usize) -> Result<MapMut<'_>> {
        self.require_private("NvBuffer::map_plane_mut")?;
        Ok(MapMut::new(self.map_plane_ptr(plane, Access::Write)?))
    }

    fn require_private(&self, call: &'static str) -> Result<()> {
        if !self.lock().is_shared() {
            return Ok(());
        }
        let detail = format!(
            "{self:?} is shared with other code or engines, which may write while a slice is held: \
             use map_ptr"
        );
        Err(Error::new(ErrorKind::Invalid, call, detail))
    }

    /// All or nothing.
    fn map_range(&self, range: std::ops::Range<usize>, access: Access) -> Result<MapPtr<'_>> {
        let layout = self.params().layout();
        if layout != Layout::PITCH {
            let detail = format!(
                "{self:?} is {layout}: the CPU sees tiles, not rows. Transform it to a pitch-linear \
                 buffer first"
            );
            return Err(Error::new(ErrorKind::Invalid, "NvBufferMemMap", detail));
        }
        let mut map = MapPtr {
            buffer: self,
            access,
            planes: [None; MAX_PLANES],
        };
        let mut table = self.lock();
        for plane in range {
            match self.map_one(&mut table, plane, access) {
                Ok(data) => {
                    let params = self.params().planes()[plane];
                    map.planes[plane] = Some(PlanePtr { data, params });
                }
                Err(error) => {
                    // The guard undoes what is mapped so far, and takes the lock for that.
                    drop(table);
                    return Err(error);
                }
            }
        }
        drop(table);
        Ok(map)
    }
}

impl MapPtr<'_> {
    /// The mapped plane `plane`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a plane that is not mapped here.
    pub fn plane(&self, plane: usize) -> Result<PlanePtr> {
        self.planes.get(plane).copied().flatten().ok_or_else(|| {
            let detail = format!("plane {plane} of {:?} is not mapped here", self.buffer);
            Error::new(ErrorKind::Invalid, "MapPtr::plane", detail)
        })
    }

    /// How many planes are mapped: all that the buffer has, or one.
    pub fn num_planes(&self) -> usize {
        self.planes.iter().flatten().count()
    }

    /// Ends the mapping and says whether that went well.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Call`] of the first call that failed; the rest was still done. What stays mapped is
    /// unmapped before the next mapping, or with the buffer.
    #[doc(alias = "NvBufferMemUnMap")]
    #[doc(alias = "NvBufferMemSyncForDevice")]
    pub fn unmap(self) -> Result<()> {
        let this = std::mem::ManuallyDrop::new(self);
        this.end()
    }

    /// Called once, by `unmap` or by drop.
    fn end(&self) -> Result<()> {
        let mut table = self.buffer.lock();
        let mut result = Ok(());
        for (plane, _) in self.planes.iter().enumerate().filter(|(_, p)| p.is_some()) {
            result = result.and(self.buffer.unmap_one(&mut table, plane, self.access));
        }
        result
    }
}

impl Drop for MapPtr<'_> {
    fn drop(&mut self) {
        self.end().unwrap_or_else(|error| report(&error));
    }
}
