//! Who uses the planes of a buffer, the CPU and engines, and the mapping of one.

use std::ops::Range;
use std::ptr::NonNull;

use nvbufsurface_sys::nvbuf_utils::r28;

use super::buffer::NvBuffer;
use super::egl::Handle;
use super::sync_point::SyncPoint;
use super::work::Engines;
use crate::error::{Error, ErrorKind, Result, report};
use crate::map::Access;
use crate::params::MAX_PLANES;

/// Who has one plane mapped.
#[derive(Clone, Copy, Debug, Default)]
struct PlaneState {
    // 64 bits: forgotten guards cannot make it overflow.
    readers: u64,
    writer: bool,
    /// Where the library has it mapped, until it has unmapped it: also when nobody uses it any more.
    address: Option<NonNull<u8>>,
}

/// Who uses the planes of a buffer, what is left of that, and whether others reach them; behind its lock.
///
/// # Invariants
///
/// While `is_shared` there are no slices.
#[derive(Debug)]
pub(super) struct MapTable {
    planes: [PlaneState; MAX_PLANES],
    pub(super) engines: Engines,
    /// EGLImages that could not be destroyed.
    pub(super) left_images: Vec<Handle>,
    is_shared: bool,
}

// SAFETY: the addresses mean the same on every thread, and are only handed out here.
unsafe impl Send for MapTable {}

impl MapTable {
    pub(super) fn new(is_shared: bool) -> Self {
        Self {
            planes: [PlaneState::default(); MAX_PLANES],
            engines: Engines::default(),
            left_images: Vec::new(),
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

    /// What keeps a use out that comes after some sync points.
    pub(super) fn in_the_way(
        &self,
        planes: Range<usize>,
        access: Access,
        after: &[SyncPoint],
    ) -> Option<&'static str> {
        let planes = &self.planes[planes];
        let engine = self.engines.in_the_way(access, after);
        if engine.is_some() {
            engine
        } else if planes.iter().any(|plane| plane.writer) {
            Some("is mapped for writing: drop that mapping first")
        } else if access == Access::Write && planes.iter().any(|plane| plane.readers > 0) {
            Some("is mapped, and cannot be written meanwhile: drop that mapping first")
        } else {
            None
        }
    }
}

impl NvBuffer<'_> {
    /// Maps a plane, or counts one mapping more of it.
    pub(super) fn map_one(
        &self,
        table: &mut MapTable,
        plane: usize,
        access: Access,
    ) -> Result<NonNull<u8>> {
        if let Some(why) = table.in_the_way(plane..plane + 1, access, &[]) {
            return Err(busy(self, "NvBufferMemMap", why));
        }
        let state = &mut table.planes[plane];
        if state.readers == 0 {
            // What could not be unmapped before.
            self.unmap_state(state, plane)?;
        }
        let address = match state.address {
            Some(address) => address,
            None => {
                let flags = match access {
                    Access::Read => r28::NvBufferMem_Read,
                    Access::Write => r28::NvBufferMem_Read_Write,
                };
                *state.address.insert(self.mem_map(plane, flags)?)
            }
        };
        if let Err(error) = self.mem_sync_for_cpu(plane, address) {
            if state.readers == 0 {
                self.unmap_state(state, plane)
                    .unwrap_or_else(|e| report(&e));
            }
            return Err(error);
        }
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
        let synced = match (access, state.address) {
            (Access::Write, Some(address)) => self.mem_sync_for_device(plane, address),
            _ => Ok(()),
        };
        // It is unmapped whatever happened before.
        synced.and(self.unmap_state(state, plane))
    }

    /// Unmaps what nobody uses any more. False if a plane stays mapped.
    pub(super) fn unmap_left_planes(&self, table: &mut MapTable) -> bool {
        let mut is_clean = true;
        for (plane, state) in table.planes.iter_mut().enumerate() {
            // Of what a forgotten guard left this is the first try; everything gets a second one.
            let again = self.unmap_state(state, plane).or_else(|error| {
                report(&error);
                self.unmap_state(state, plane)
            });
            if let Err(error) = again {
                report(&error);
                is_clean = false;
            }
        }
        is_clean
    }

    /// Unmaps a plane, if it is mapped; where that fails it stays so.
    fn unmap_state(&self, state: &mut PlaneState, plane: usize) -> Result<()> {
        if let Some(address) = state.address {
            self.mem_unmap(plane, address)?;
            state.address = None;
        }
        Ok(())
    }
}

pub(super) fn busy(buffer: &NvBuffer<'_>, call: &'static str, why: &str) -> Error {
    Error::new(ErrorKind::Busy, call, format!("{buffer:?} {why}"))
}
