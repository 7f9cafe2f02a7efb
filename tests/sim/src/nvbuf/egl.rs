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
use crate::gpu;
use crate::rule::Rule;
use crate::stats::{COUNTERS, add, sub};
use crate::table::Table;

/// An EGLImage of a buffer; a buffer can have several. In GPU mode it has one, which is given out several
/// times: a texture has no more.
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
    /// How often it was given out and not ended.
    uses: AtomicU32,
}

/// The images that exist, by EGLImage handle.
pub(crate) static IMAGES: Table<Image> = Table::new();

impl Image {
    /// Makes an image of a buffer and gives its handle.
    pub(crate) fn create(buffer: &Arc<Buffer>, display: Option<usize>) -> Result<usize, Refused> {
        if !gpu::is_on() {
            return Ok(Self::create_as(buffer, display, buffer.color_format));
        }
        let Some(real) = buffer.region.gpu().and_then(gpu::Memory::image) else {
            crate::log::unsupported(format_args!(
                "an EGLImage of format {} in GPU mode: desktop drivers register those of RGBA, BGRA and GRAY8",
                buffer.color_format
            ));
            return Err(Refused);
        };
        Self::count(buffer);
        let image = Self::new(buffer, display, buffer.color_format);
        let mut images = IMAGES.lock();
        let image = images.entry(real).or_insert_with(|| Arc::new(image));
        image.uses.fetch_add(1, SeqCst);
        Ok(real)
    }

    /// [`Image::create`] with a format that has the planes of the buffer's; in host mode only.
    pub(crate) fn create_as(
        buffer: &Arc<Buffer>,
        display: Option<usize>,
        color_format: u32,
    ) -> usize {
        Self::count(buffer);
        let image = Self::new(buffer, display, color_format);
        image.uses.store(1, SeqCst);
        IMAGES.add(Arc::new(image))
    }

    fn new(buffer: &Arc<Buffer>, display: Option<usize>, color_format: u32) -> Self {
        Self {
            buffer: Arc::clone(buffer),
            display,
            color_format,
            registrations: AtomicU32::new(0),
            uses: AtomicU32::new(0),
        }
    }

    fn count(buffer: &Buffer) {
        buffer.images.fetch_add(1, SeqCst);
        add(&COUNTERS.egl_maps, 1);
        add(&COUNTERS.egl_images_alive, 1);
    }

    /// Ends an image, or one of its uses; it should not be registered any more. False if another thread was
    /// first.
    pub(crate) fn destroy(&self, function: Function, handle: usize) -> bool {
        {
            let mut images = IMAGES.lock();
            let is_there = images
                .get(&handle)
                .is_some_and(|i| std::ptr::eq(&raw const **i, self));
            if !is_there {
                return false;
            }
            if self.uses.fetch_sub(1, SeqCst) == 1 {
                // The caller holds it too: it is not dropped under the lock.
                images.remove(&handle);
            }
        }
        if self.registrations.load(SeqCst) > 0 {
            crate::log::violation(
                Rule::UnmapEglImageWhileRegistered,
                format_args!(
                    "{function:?}: the image of fd {} is still registered with CUDA",
                    self.buffer.fd()
                ),
            );
        }
        self.buffer.images.fetch_sub(1, SeqCst);
        sub(&COUNTERS.egl_images_alive);
        true
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
            let image = Image::create(&entry.buffer, None)?;
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
            if !image.destroy(function, handle) {
                refuse!(
                    function,
                    Rule::NoEglImage,
                    "eglImage {handle:#x} of fd {} is unmapped by two threads",
                    entry.buffer.fd()
                );
            }
            entry.set_egl_image(0);
        }
        Ok(())
    })
}
