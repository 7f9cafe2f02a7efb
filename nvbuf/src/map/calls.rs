//! The library's calls for one plane. "Under the lock" is under that of [`Surface::lock_for`], which
//! knows when none is needed.

use std::ptr::NonNull;

use nvbufsurface_sys::classic as c;

use super::surface::REACH;
use super::{Access, Usage};
use crate::error::{Error, ErrorKind, Result, report};
use crate::surface::{Buffer, Lock, Surface};

/// What helps where the library refuses one of them, which says no more.
const SYNC: &str = "the library refused to synchronise caches of a plane that it has mapped: its \
    buffer was destroyed by other code, or its fd closed. Nobody but its owner may do either while \
    it is mapped";
const UNMAP: &str = "the library refused; it is tried again with the next mapping, or when the \
    surface is dropped. Its buffer was destroyed by other code, or its fd closed: nobody but its \
    owner may do either while it is mapped";

impl Surface {
    /// A plane of this handle's, which the library maps for the first of its users. Under the lock.
    pub(super) fn map_one(
        &self,
        buffer: &Buffer,
        index: u32,
        plane: usize,
        usage: Usage,
    ) -> Result<()> {
        let mapped = &buffer.mapped[plane];
        if mapped.address().is_some() {
            // Others may have written since the first user came. Where slices are, nobody has.
            if !usage.gives_slices() && !buffer.claims.has_slices() {
                self.sync_for_cpu(buffer, index, plane)?;
            }
            mapped.add_user();
            return Ok(());
        }
        // SAFETY: calls on the view happen under the lock, which the caller holds.
        if !unsafe { buffer.view.address(plane) }.is_null() {
            // What a call that failed has left.
            self.unmap_plane(buffer, index, plane)?;
        }
        let flags = match usage.access() {
            Access::Read => c::NVBUF_MAP_READ,
            Access::Write => c::NVBUF_MAP_READ_WRITE,
        };
        let surface = buffer.view.surface().as_ptr();
        let map = self.library().functions().map;
        // SAFETY: the view is a valid surface of one buffer, the plane was checked, and the caller
        // holds the surface's lock.
        let ret = unsafe { map(surface, 0, plane as i32, flags) };
        if ret != 0 {
            return Err(self.failed("NvBufSurfaceMap", index, plane, REACH));
        }
        // SAFETY: calls on the view happen under the lock, which the caller holds.
        let address = unsafe { buffer.view.address(plane) }.cast::<u8>();
        let Some(address) = NonNull::new(address) else {
            let why = "returned 0 and no address";
            let error = self.failed("NvBufSurfaceMap", index, plane, why);
            return Err(self.undone(buffer, index, plane, error));
        };
        if let Err(error) = self.sync_for_cpu(buffer, index, plane) {
            return Err(self.undone(buffer, index, plane, error));
        }
        mapped.set(address);
        Ok(())
    }

    /// What went wrong after the library has mapped a plane, which is unmapped again. Under the lock.
    #[cold]
    fn undone(&self, buffer: &Buffer, index: u32, plane: usize, error: Error) -> Error {
        self.unmap_plane(buffer, index, plane)
            .unwrap_or_else(|e| report(&e));
        error
    }

    #[cold]
    fn failed(&self, call: &'static str, index: u32, plane: usize, why: &str) -> Error {
        let detail = format!("{self:?}, buffer {index}, plane {plane}: {why}");
        Error::new(ErrorKind::Call, call, detail)
    }

    /// Makes what hardware wrote to a mapped plane visible to the CPU. Under the lock.
    fn sync_for_cpu(&self, buffer: &Buffer, index: u32, plane: usize) -> Result<()> {
        if !self.mem_type().has_dmabuf() {
            // It is for these memory types only.
            return Ok(());
        }
        let surface = buffer.view.surface().as_ptr();
        let sync = self.library().functions().sync_for_cpu;
        // SAFETY: valid view, plane mapped through it, lock held.
        match unsafe { sync(surface, 0, plane as i32) } {
            0 => Ok(()),
            _ => Err(self.failed("NvBufSurfaceSyncForCpu", index, plane, SYNC)),
        }
    }

    /// Makes what the CPU wrote to a mapped plane visible to hardware. Under the lock.
    fn sync_for_device(&self, buffer: &Buffer, index: u32, plane: usize) -> Result<()> {
        if !self.mem_type().has_dmabuf() {
            return Ok(());
        }
        let surface = buffer.view.surface().as_ptr();
        let sync = self.library().functions().sync_for_device;
        // SAFETY: valid view, plane mapped through it, lock held.
        match unsafe { sync(surface, 0, plane as i32) } {
            0 => Ok(()),
            _ => Err(self.failed("NvBufSurfaceSyncForDevice", index, plane, SYNC)),
        }
    }

    /// Ends the library's mapping of a plane. Under the lock.
    pub(crate) fn unmap_plane(&self, buffer: &Buffer, index: u32, plane: usize) -> Result<()> {
        let surface = buffer.view.surface().as_ptr();
        let unmap = self.library().functions().unmap;
        // SAFETY: the view is a valid surface of one buffer, the plane was mapped through it, and
        // the caller holds the surface's lock.
        if unsafe { unmap(surface, 0, plane as i32) } != 0 {
            return Err(self.failed("NvBufSurfaceUnMap", index, plane, UNMAP));
        }
        // SAFETY: calls on the view happen under the lock, which the caller holds.
        unsafe { buffer.view.clear_address(plane) };
        Ok(())
    }

    /// Ends one use of a plane, and the library's mapping if it was the last. Under the lock.
    pub(super) fn release_one(&self, buffer: &Buffer, index: u32, plane: usize) -> Result<()> {
        match buffer.mapped[plane].remove_user() {
            0 => self.unmap_plane(buffer, index, plane),
            _ => Ok(()),
        }
    }

    /// The lock for calls of a mapping.
    #[inline]
    pub(super) fn lock_for(&self, usage: Usage) -> Option<Lock<'_>> {
        // Writable slices are made and ended under a `&mut` borrow of the surface, which keeps all
        // other calls out.
        let is_exclusive = usage.gives_slices() && usage.access() == Access::Write;
        (!is_exclusive).then(|| self.lock())
    }

    /// Ends one mapping, and then its claim.
    pub(super) fn end_map(&self, index: u32, usage: Usage) -> Result<()> {
        let buffer = self.buffer_at("NvBufSurfaceUnMap", index)?;
        let mut result = Ok(());
        {
            let _lock = self.lock_for(usage);
            let is_written = usage.access() == Access::Write;
            // Every plane is unmapped whatever happened to the one before.
            for plane in usage.planes() {
                if is_written {
                    result = result.and(self.sync_for_device(buffer, index, plane));
                }
                result = result.and(self.release_one(buffer, index, plane));
            }
        }
        buffer.claims.release(usage);
        result
    }
}
