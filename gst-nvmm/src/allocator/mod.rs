//! The allocator: surfaces of one shape, a bounded number of them, recycled.

mod imp;

use std::sync::Arc;

use gst::glib;
use gst::subclass::prelude::*;
use gst_video::VideoInfo;
use nvbuf::ColorFormat;

use crate::error::{Error, Result};
use crate::memory::backing::Backing;
use crate::memory::copy::copy_pixels;
use crate::memory::form::{has_legacy, has_legacy_format};
use crate::memory::{self, Form};

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
    /// An allocator of surfaces for `info`, at most `limit` of them, in the form that the platform's
    /// elements expect.
    ///
    /// # Errors
    ///
    /// [`Error::Buffer`] for a format that has no surface format.
    pub fn new(info: &VideoInfo, limit: usize) -> Result<Self> {
        Self::with_form(info, limit, Form::of_platform(false))
    }

    /// The same in the form that is asked for: [`Form::of_platform`] knows what a `bufapi-version` means.
    ///
    /// # Errors
    ///
    /// As [`NvmmAllocator::new`], and [`Error::Buffer`] for the legacy form where no element speaks it.
    pub fn with_form(info: &VideoInfo, limit: usize, form: Form) -> Result<Self> {
        let format = crate::format::color_format(info.format());
        Self::of_format(info, format, limit, form)
    }

    /// The same with the surface format that caps ask for.
    pub(crate) fn of_format(
        info: &VideoInfo,
        format: Option<ColorFormat>,
        limit: usize,
        form: Form,
    ) -> Result<Self> {
        if form == Form::Legacy && !has_legacy() {
            return Err(Error::buffer(
                "memory of the legacy form (nv_buffer) is understood on L4T R32 alone: take \
                 Form::of_platform",
            ));
        }
        let format = format.ok_or_else(|| {
            Error::buffer(format!(
                "format {} has no NVMM surface here; use one of {:?}",
                info.format(),
                crate::format::video_formats().collect::<Vec<_>>()
            ))
        })?;
        if form == Form::Legacy && !has_legacy_format(format) {
            return Err(Error::buffer(format!(
                "libnvbuf_utils of this release has no {format}: take RGBA, or set bufapi-version=true on \
                 this and on NVIDIA's elements"
            )));
        }
        let shape = imp::Shape {
            width: info.width(),
            height: info.height(),
            format,
            form,
        };
        let allocator: Self = glib::Object::new();
        memory::set_form(&allocator, form);
        allocator.imp().configure(shape, limit);
        Ok(allocator)
    }

    /// What its memory maps to.
    ///
    /// # Errors
    ///
    /// [`Error::Buffer`] for one that was not made here.
    pub fn form(&self) -> Result<Form> {
        Ok(self.imp().shape()?.form)
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
        let shape = self.imp().shape()?;
        let mut target = shape.build()?;
        let surface = source.surface();
        let surface = surface.ok_or_else(|| Error::buffer("no memory of an NvmmAllocator"))?;
        copy_pixels(surface, &mut target)?;
        Backing::new(target, shape.form)
    }
}
