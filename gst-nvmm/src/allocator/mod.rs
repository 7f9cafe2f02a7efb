//! The allocator: surfaces of one shape, a bounded number of them, recycled.

mod imp;

use std::sync::Arc;

use gst::glib;
use gst::subclass::prelude::*;
use gst_video::VideoInfo;
use nvbuf::Surface;

use crate::error::{Error, Result};
use crate::memory;
use crate::memory::backing::Backing;

glib::wrapper! {
    /// Makes GstMemory around surfaces of one shape, never more than its limit at a time.
    ///
    /// A surface goes back to the allocator when the last reference on its memory is gone, however
    /// many buffers shared it: the number of distinct surfaces, and with it the number of CUDA
    /// registrations and of fds, is bounded by construction.
    pub struct NvmmAllocator(ObjectSubclass<imp::NvmmAllocator>)
        @extends gst::Allocator, gst::Object;
}

impl NvmmAllocator {
    /// An allocator of surfaces for `info`, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// [`Error::Buffer`] for a format that has no surface format.
    pub fn new(info: &VideoInfo, limit: usize) -> Result<Self> {
        let format = crate::format::color_format(info.format()).ok_or_else(|| {
            Error::buffer(format!(
                "format {} has no NVMM surface here; use one of {:?}",
                info.format(),
                crate::format::video_formats().collect::<Vec<_>>()
            ))
        })?;
        let shape = imp::Shape {
            width: info.width(),
            height: info.height(),
            format,
        };
        let allocator: Self = glib::Object::new();
        allocator.imp().configure(shape, limit);
        Ok(allocator)
    }

    /// A memory with a surface that nobody uses; makes one while there are fewer than the limit,
    /// and otherwise waits for one to come back if `wait` says so.
    ///
    /// Work may still be pending on its pixels: [`crate::NvmmFrame`] and
    /// [`crate::write_cpu`] wait for it.
    ///
    /// # Errors
    ///
    /// [`Error::Flushing`] after `set_flushing(true)`, or at once when all are in use and `wait` is
    /// false; [`Error::Surface`] when a surface cannot be made.
    pub fn acquire(&self, wait: bool) -> Result<gst::Memory> {
        let backing = self.imp().take(wait)?;
        Ok(memory::new(self, backing, false))
    }

    /// Wakes whoever waits in [`NvmmAllocator::acquire`] and lets nobody wait until it is unset.
    pub fn set_flushing(&self, flushing: bool) {
        self.imp().set_flushing(flushing);
    }

    /// How often a surface came back, or [`NvmmAllocator::note_return`] was called.
    pub(crate) fn returns(&self) -> u64 {
        self.imp().returns()
    }

    /// Wakes whoever waits for something to come back: to a pool above, where it is not seen here.
    pub(crate) fn note_return(&self) {
        self.imp().note_return();
    }

    /// Waits until something has come back since `returns` was read, or fails when flushing.
    pub(crate) fn wait_for_return(&self, returns: u64) -> Result<()> {
        self.imp().wait_for_return(returns)
    }

    /// A surface of its own with the same pixels, outside the limit.
    pub(crate) fn copy(&self, source: &Arc<Backing>) -> Result<Backing> {
        source.synchronize()?;
        let target: Surface = self.imp().shape()?.build()?;
        Backing::copy_from(source.surface(), target)
    }
}
