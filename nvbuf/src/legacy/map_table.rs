//! Who has which plane mapped, and the mapping of one.

use std::ptr::NonNull;

use nvbufsurface_sys::nvbuf_utils::r28;

use super::buffer::NvBuffer;
use crate::error::{Error, ErrorKind, Result, report};
use crate::map::Access;
use crate::params::MAX_PLANES;

/// Who has one plane mapped.
#[derive(Clone, Copy, Debug, Default)]
struct PlaneState {
    // 64 bits: forgotten guards cannot make it overflow.
    readers: u64,
    writer: bool,
    address: Option<NonNull<u8>>,
}

/// Who has the planes of a buffer mapped, and whether others reach them; behind its lock.
///
/// # Invariants
///
/// While `is_shared` there are no slices.
#[derive(Debug)]
pub(super) struct MapTable {
    planes: [PlaneState; MAX_PLANES],
    is_shared: bool,
}

// SAFETY: the addresses mean the same on every thread, and are only handed out here.
unsafe impl Send for MapTable {}

impl MapTable {
    pub(super) fn new(is_shared: bool) -> Self {
        Self {
            planes: [PlaneState::default(); MAX_PLANES],
            is_shared,
        }
    }

    /// Whether others reach the pixels.
    pub(super) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// From here on there are no new slices; there are none now, since they borrow the buffer
    /// exclusively.
    pub(super) fn share(&mut self) {
        self.is_shared = true;
    }
}

impl NvBuffer<'_> {
    /// Refuses an engine's access where a mapping of ours is in the way: it would see, or spoil, half of
    /// what the CPU does.
    pub(super) fn require_unmapped(&self, call: &'static str, access: Access) -> Result<()> {
        let is_in_the_way =
            |plane: &PlaneState| plane.writer || (access == Access::Write && plane.readers > 0);
        if !self.lock().planes.iter().any(is_in_the_way) {
            return Ok(());
        }
        Err(busy(self, call))
    }

    /// Maps a plane, or counts one mapping more of it.
    pub(super) fn map_one(
        &self,
        table: &mut MapTable,
        plane: usize,
        access: Access,
    ) -> Result<NonNull<u8>> {
        let state = &mut table.planes[plane];
        if state.writer || (access == Access::Write && state.readers > 0) {
            return Err(busy(self, "NvBufferMemMap"));
        }
        let address = match state.address {
            Some(address) => address,
            None => {
                let flags = match access {
                    Access::Read => r28::NvBufferMem_Read,
                    Access::Write => r28::NvBufferMem_Read_Write,
                };
                self.mem_map(plane, flags)?
            }
        };
        if let Err(error) = self.mem_sync_for_cpu(plane, address) {
            if state.address.is_none() {
                self.mem_unmap(plane, address)
                    .unwrap_or_else(|e| report(&e));
            }
            return Err(error);
        }
        state.address = Some(address);
        match access {
            Access::Read => state.readers += 1,
            Access::Write => state.writer = true,
        }
        Ok(address)
    }

    /// Ends one mapping of a plane, and what the library has mapped if it was the last.
    pub(super) fn unmap_one(
        &self,
        table: &mut MapTable,
        plane: usize,
        access: Access,
    ) -> Result<()> {
        let state = &mut table.planes[plane];
        match access {
            Access::Read => state.readers -= 1,
            Access::Write => state.writer = false,
        }
        if state.readers > 0 {
            return Ok(());
        }
        let Some(address) = state.address.take() else {
            return Ok(());
        };
        let synced = match access {
            Access::Read => Ok(()),
            Access::Write => self.mem_sync_for_device(plane, address),
        };
        // It is unmapped whatever happened before.
        synced.and(self.mem_unmap(plane, address))
    }
}

fn busy(buffer: &NvBuffer<'_>, call: &'static str) -> Error {
    let detail = format!("{buffer:?} is mapped already: drop that mapping first");
    Error::new(ErrorKind::Busy, call, detail)
}
