//! `NvBufSurfaceMapEglImage`, `NvBufSurfaceUnMapEglImage`, and the EGLImages themselves.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use nvbufsurface_sys::classic::NvBufSurface;

use super::buffer::Buffer;
use super::descriptor::Batch;
use super::{call, refuse};
use crate::functions::Function;
use crate::stats::{COUNTERS, add, sub};
use crate::table::Table;

/// An EGLImage of a buffer; a buffer can have several.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) buffer: Arc<Buffer>,
    /// Live CUDA registrations of this image.
    pub(crate) registrations: AtomicU32,
}

/// The images that exist, by EGLImage handle.
pub(crate) static IMAGES: Table<Image> = Table::new();

/// `NvBufSurfaceMapEglImage`
///
/// # Safety
///
/// As [`Batch::new`].
pub(crate) unsafe extern "C" fn map_egl_image(surface: *mut NvBufSurface, index: c_int) -> c_int {
    let function = Function::NvBufSurfaceMapEglImage;
    call(function, || {
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::new(function, surface) }?;
        for i in batch.entries(index)? {
            let mut entry = batch.entry(i)?;
            if super::format::find(entry.buffer.color_format).is_none() {
                refuse!(function, "fd {} is a raw buffer", entry.buffer.fd());
            }
            entry.buffer.images.fetch_add(1, SeqCst);
            let buffer = Arc::clone(&entry.buffer);
            let image = Arc::new(Image {
                buffer,
                registrations: AtomicU32::new(0),
            });
            // Whatever a copied descriptor carried along here is overwritten, and not destroyed.
            entry.set_egl_image(IMAGES.add(image));
            add(&COUNTERS.egl_maps, 1);
            add(&COUNTERS.egl_images_alive, 1);
        }
        Ok(())
    })
}

/// `NvBufSurfaceUnMapEglImage`
///
/// # Safety
///
/// As [`Batch::new`].
pub(crate) unsafe extern "C" fn unmap_egl_image(surface: *mut NvBufSurface, index: c_int) -> c_int {
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
                    "eglImage {handle:#x} of fd {} does not exist, or is unmapped twice",
                    entry.buffer.fd()
                )
            };
            if !Arc::ptr_eq(&image.buffer, &entry.buffer) {
                refuse!(
                    function,
                    "eglImage {handle:#x} is not of fd {}",
                    entry.buffer.fd()
                );
            }
            if image.registrations.load(SeqCst) > 0 {
                crate::log::violation(format_args!(
                    "{function:?}: the image of fd {} is still registered with CUDA",
                    entry.buffer.fd()
                ));
            }
            IMAGES.remove(handle);
            image.buffer.images.fetch_sub(1, SeqCst);
            entry.set_egl_image(0);
            sub(&COUNTERS.egl_images_alive);
        }
        Ok(())
    })
}
