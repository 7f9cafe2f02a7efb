//! The lock of a surface, and exports under it.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::sync::MutexGuard;

use super::Surface;
use crate::error::{Error, ErrorKind, Result};

/// Keeps calls of the library on one surface's views apart, and slices away from exports.
#[derive(Debug)]
pub(crate) struct Lock<'a> {
    surface: &'a Surface,
    _guard: MutexGuard<'a, ()>,
    /// Slices are kept from being made until drop.
    is_exporting: Cell<bool>,
}

impl Surface {
    pub(crate) fn lock(&self) -> Lock<'_> {
        Lock {
            surface: self,
            // It holds nothing that a panic elsewhere could spoil.
            _guard: self.calls.lock().unwrap_or_else(|e| e.into_inner()),
            is_exporting: Cell::new(false),
        }
    }
}

impl Lock<'_> {
    /// Refuses what would let others write under a slice that lives; none is made before `self` is
    /// dropped.
    pub(crate) fn require_no_slices(&self, call: &'static str) -> Result<()> {
        if self.is_exporting.get() {
            return Ok(());
        }
        let buffers = &self.surface.buffers;
        for (i, buffer) in buffers.iter().enumerate() {
            if buffer.claims.begin_export() {
                continue;
            }
            buffers[..i].iter().for_each(|b| b.claims.end_export());
            let detail = "mappings of the surface give slices (Surface::map), which nobody else may \
                          write: drop them first";
            return Err(Error::new(ErrorKind::Busy, call, detail));
        }
        self.is_exporting.set(true);
        Ok(())
    }

    /// From here on there are no new slices.
    pub(crate) fn share(&mut self) {
        let buffers = &self.surface.buffers;
        buffers.iter().for_each(|buffer| buffer.claims.share());
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        if self.is_exporting.get() {
            let buffers = &self.surface.buffers;
            buffers.iter().for_each(|b| b.claims.end_export());
        }
    }
}
