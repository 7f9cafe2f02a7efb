//! Mappings that nobody ended: guards that were forgotten, and calls of the library that failed.
//!
//! A surface that is destroyed while something is mapped breaks a rule of the platform. So they are
//! ended with the surface, and if that fails, too, the surface is left alone.

use std::sync::Mutex;

use crate::error::{Result, report};
use crate::params::MAX_PLANES;
use crate::surface::Surface;
use crate::view::View;

/// What the library did not end.
#[derive(Debug)]
pub(crate) enum Leftover {
    EglImage(View),
    CudaBuffer(View),
    /// What a handle of one buffer ([`Surface::buffer`]) could not end.
    OfHandle,
}

/// Leftovers of one surface, apart from planes: those are in the surface's own views.
#[derive(Debug, Default)]
pub(crate) struct Leftovers(Mutex<Vec<Leftover>>);

impl Leftovers {
    /// Keeps one until the surface is dropped.
    pub(crate) fn keep(&self, leftover: Leftover) {
        // A list is consistent at every step, so a panic elsewhere does not spoil it.
        self.0
            .lock()
            .unwrap_or_else(|e| e.into_inner())
            .push(leftover);
    }

    fn take(&mut self) -> Vec<Leftover> {
        std::mem::take(self.0.get_mut().unwrap_or_else(|e| e.into_inner()))
    }
}

impl Surface {
    /// Unmaps the planes that the view of buffer `index` still has mapped. Nobody uses a mapping
    /// any more: guards borrow the surface.
    fn unmap_left_planes(&mut self, index: u32) -> Result<()> {
        let buffer = self.buffer_at("NvBufSurfaceUnMap", index)?;
        for plane in 0..MAX_PLANES {
            // SAFETY: `&mut self` keeps other calls on the view out.
            let address = unsafe { buffer.view.address(plane) };
            if !address.is_null() {
                self.unmap_plane(buffer, index, plane)?;
            }
        }
        Ok(())
    }

    /// Ends what is left. False if the library refused: then the surface must not be destroyed.
    pub(crate) fn end_leftovers(&mut self) -> bool {
        let mut is_clean = true;
        for index in 0..self.batch_size() {
            // Of what a forgotten guard left this is the first try; everything gets a second one.
            let again = self.unmap_left_planes(index).or_else(|error| {
                report(&error);
                self.unmap_left_planes(index)
            });
            if let Err(error) = again {
                report(&error);
                is_clean = false;
            }
        }
        for leftover in self.leftovers_mut().take() {
            let f = self.library().functions();
            let (call, ret) = match &leftover {
                Leftover::EglImage(view) => {
                    // SAFETY: a valid view of this surface, which holds the image; nobody else
                    // knows it.
                    let ret = unsafe { (f.unmap_egl_image)(view.surface().as_ptr(), 0) };
                    ("NvBufSurfaceUnMapEglImage", ret)
                }
                Leftover::CudaBuffer(view) => {
                    let ret = f.unmap_cuda_buffer.map_or(-1, |unmap| {
                        // SAFETY: as above; it holds the CUDA buffer.
                        unsafe { unmap(view.surface().as_ptr(), 0) }
                    });
                    ("NvBufSurfaceUnMapCudaBuffer", ret)
                }
                // It was reported when the handle was dropped.
                Leftover::OfHandle => {
                    is_clean = false;
                    continue;
                }
            };
            if ret != 0 {
                report(&format_args!("{call} failed again on {self:?}"));
                is_clean = false;
            }
        }
        is_clean
    }
}
