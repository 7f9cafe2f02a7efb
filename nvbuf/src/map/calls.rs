//! The library's calls for one plane.

use std::ptr::NonNull;

use nvbufsurface_sys::classic as c;

use super::surface::REACH;
use super::{Access, Claim};
use crate::error::{Error, ErrorKind, Result, check, report};
use crate::surface::Surface;

impl Surface {
    /// A plane of this handle's, which the library maps for the first of its users. Under the lock.
    pub(super) fn map_one(
        &self,
        index: u32,
        plane: usize,
        access: Access,
        gives_slices: bool,
    ) -> Result<NonNull<u8>> {
        let buffer = self.buffer_at(index)?;
        let mapped = &buffer.mapped[plane];
        if let Some(address) = mapped.address() {
            // Others may have written since the first user came. Where slices are, nobody has.
            if !gives_slices && !buffer.claims.has_slices() {
                self.sync_for_cpu(index, plane)?;
            }
            mapped.add_user();
            return Ok(address);
        }
        // SAFETY: calls on the view happen under the lock, which the caller holds.
        if !unsafe { buffer.view.address(plane) }.is_null() {
            // What a call that failed has left.
            self.unmap_plane(index, plane)?;
        }
        let flags = match access {
            Access::Read => c::NVBUF_MAP_READ,
            Access::Write => c::NVBUF_MAP_READ_WRITE,
        };
        let surface = buffer.view.surface().as_ptr();
        let map = self.library().functions().map;
        // SAFETY: the view is a valid surface of one buffer, the plane was checked, and the caller
        // holds the surface's lock.
        let ret = unsafe { map(surface, 0, plane as i32, flags) };
        check("NvBufSurfaceMap", ret, || {
            format!("{self:?}, buffer {index}, plane {plane}: {REACH}")
        })?;
        // SAFETY: calls on the view happen under the lock, which the caller holds.
        let address = unsafe { buffer.view.address(plane) }.cast::<u8>();
        let undo = |error| {
            self.unmap_plane(index, plane)
                .unwrap_or_else(|e| report(&e));
            error
        };
        let address = NonNull::new(address).ok_or_else(|| {
            undo(Error::new(
                ErrorKind::Call,
                "NvBufSurfaceMap",
                "returned 0 and no address",
            ))
        })?;
        self.sync_for_cpu(index, plane).map_err(undo)?;
        mapped.set(address);
        Ok(address)
    }

    /// Makes what hardware wrote to a mapped plane visible to the CPU. Under the lock.
    fn sync_for_cpu(&self, index: u32, plane: usize) -> Result<()> {
        if !self.mem_type().has_dmabuf() {
            // It is for these memory types only.
            return Ok(());
        }
        let surface = self.buffer_view(index).surface().as_ptr();
        let sync = self.library().functions().sync_for_cpu;
        // SAFETY: valid view, plane mapped through it, lock held.
        let ret = unsafe { sync(surface, 0, plane as i32) };
        check("NvBufSurfaceSyncForCpu", ret, || {
            format!("{self:?}, buffer {index}, plane {plane}")
        })
    }

    /// Makes what the CPU wrote to a mapped plane visible to hardware. Under the lock.
    fn sync_for_device(&self, index: u32, plane: usize) -> Result<()> {
        if !self.mem_type().has_dmabuf() {
            return Ok(());
        }
        let surface = self.buffer_view(index).surface().as_ptr();
        let sync = self.library().functions().sync_for_device;
        // SAFETY: valid view, plane mapped through it, lock held.
        let ret = unsafe { sync(surface, 0, plane as i32) };
        check("NvBufSurfaceSyncForDevice", ret, || {
            format!("{self:?}, buffer {index}, plane {plane}")
        })
    }

    /// Ends the library's mapping of a plane. Under the lock.
    pub(crate) fn unmap_plane(&self, index: u32, plane: usize) -> Result<()> {
        let surface = self.buffer_view(index).surface().as_ptr();
        // SAFETY: the view is a valid surface of one buffer, the plane was mapped through it, and
        // the caller holds the surface's lock.
        let ret = unsafe { (self.library().functions().unmap)(surface, 0, plane as i32) };
        check("NvBufSurfaceUnMap", ret, || {
            format!("{self:?}, buffer {index}, plane {plane}")
        })?;
        // SAFETY: calls on the view happen under the lock, which the caller holds.
        unsafe { self.buffer_view(index).clear_address(plane) };
        Ok(())
    }

    /// Ends one use of a plane, and the library's mapping if it was the last. Under the lock.
    pub(super) fn release_one(&self, index: u32, plane: usize) -> Result<()> {
        match self.buffer_at(index)?.mapped[plane].remove_user() {
            0 => self.unmap_plane(index, plane),
            _ => Ok(()),
        }
    }

    /// Ends one mapping. Its claim ends after.
    pub(super) fn unmap_planes(&self, index: u32, claim: &Claim<'_>) -> Result<()> {
        let mut result = Ok(());
        let _lock = self.lock();
        // Every plane is unmapped whatever happened to the one before.
        for plane in claim.planes.clone() {
            if claim.access == Access::Write {
                result = result.and(self.sync_for_device(index, plane));
            }
            result = result.and(self.release_one(index, plane));
        }
        result
    }
}
