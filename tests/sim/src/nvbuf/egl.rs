//! `NvBufSurfaceMapEglImage`, `NvBufSurfaceUnMapEglImage`, and the EGLImages themselves.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use super::buffer::Buffer;
use super::descriptor::Batch;
use super::layout::SurfaceHead;
use super::{Refused, call, refuse};
use crate::egl::display;
use crate::functions::Function;
use crate::rule::Rule;
use crate::stats::{COUNTERS, add, sub};
use crate::table::Table;

/// An EGLImage of a buffer; a buffer can have several.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) buffer: Arc<Buffer>,
    /// The display that `NvEGLImageFromFd` or `eglCreateImage` was called with; `None` for
    /// `NvBufSurfaceMapEglImage`.
    pub(crate) display: Option<usize>,
    /// The format that it has for CUDA: that of the buffer, or what a dmabuf was said to have.
    pub(crate) color_format: u32,
    /// Live CUDA registrations of this image.
    pub(crate) registrations: AtomicU32,
}

/// The images that exist, by EGLImage handle.
pub(crate) static IMAGES: Table<Image> = Table::new();

impl Image {
    /// Makes an image of a buffer and gives its handle.
    pub(crate) fn create(buffer: &Arc<Buffer>, display: Option<usize>) -> usize {
        Self::create_as(buffer, display, buffer.color_format)
    }

    /// [`Image::create`] with a format that has the planes of the buffer's.
    pub(crate) fn create_as(
        buffer: &Arc<Buffer>,
        display: Option<usize>,
        color_format: u32,
    ) -> usize {
        buffer.images.fetch_add(1, SeqCst);
        add(&COUNTERS.egl_maps, 1);
        add(&COUNTERS.egl_images_alive, 1);
        IMAGES.add(Arc::new(Self {
            buffer: Arc::clone(buffer),
            display,
            color_format,
            registrations: AtomicU32::new(0),
        }))
    }

    /// Ends an image; it should not be registered any more.
    pub(crate) fn destroy(&self, function: Function, handle: usize) {
        if self.registrations.load(SeqCst) > 0 {
            crate::log::violation(
                Rule::UnmapEglImageWhileRegistered,
                format_args!(
                    "{function:?}: the image of fd {} is still registered with CUDA",
                    self.buffer.fd()
                ),
            );
        }
        IMAGES.remove(handle);
        self.buffer.images.fetch_sub(1, SeqCst);
        sub(&COUNTERS.egl_images_alive);
    }
}

/// `NvBufSurfaceMapEglImage`
///
/// # Safety
///
/// As [`Batch::new`].
pub(crate) unsafe extern "C" fn map_egl_image(surface: *mut SurfaceHead, index: c_int) -> c_int {
    let function = Function::NvBufSurfaceMapEglImage;
    call(function, || {
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::new(function, surface) }?;
        if let Err(why) = display::check_for_library(0) {
            crate::log::line(format_args!("{function:?}: {why}"));
            return Err(Refused);
        }
        for i in batch.entries(index)? {
            let mut entry = batch.entry(i)?;
            if entry.buffer.is_raw() {
                refuse!(
                    function,
                    Rule::EglImageOfRawBuffer,
                    "fd {} is a raw buffer",
                    entry.buffer.fd()
                );
            }
            // Whatever a copied descriptor carried along here is overwritten, and not destroyed.
            let image = Image::create(&entry.buffer, None);
            entry.set_egl_image(image);
        }
        Ok(())
    })
}

/// `NvBufSurfaceUnMapEglImage`
///
/// # Safety
///
/// As [`Batch::new`].
pub(crate) unsafe extern "C" fn unmap_egl_image(surface: *mut SurfaceHead, index: c_int) -> c_int {
    let function = Function::NvBufSurfaceUnMapEglImage;
    call(function, || {
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::new(function, surface) }?;
        for i in batch.entries(index)? {
            let mut entry = batch.entry(i)?;
            let handle = entry.egl_image();
            let Some(image) = IMAGES.get(handle) else {
                refuse!(
                    function,
                    Rule::NoEglImage,
                    "eglImage {handle:#x} of fd {} does not exist, or is unmapped twice",
                    entry.buffer.fd()
                )
            };
            if !Arc::ptr_eq(&image.buffer, &entry.buffer) || image.display.is_some() {
                refuse!(
                    function,
                    Rule::ForeignEglImage,
                    "eglImage {handle:#x} is not of NvBufSurfaceMapEglImage for fd {}",
                    entry.buffer.fd()
                );
            }
            image.destroy(function, handle);
            entry.set_egl_image(0);
        }
        Ok(())
    })
}
