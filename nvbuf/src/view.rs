//! `View`: a descriptor of our own for one buffer, which nobody else knows.

use std::ffi::c_void;
use std::ptr::NonNull;

use nvbufsurface_sys::Family;
use nvbufsurface_sys::prefix::NvBufSurface;

use crate::descriptor::Descriptor;
use crate::raw::{RawParams, RawSurface};

/// A boxed copy of one buffer's descriptor, for our own calls of the library.
///
/// NVIDIA's own muxer and samples hand such copies to the library (facts), which finds the buffer
/// by its fd. What the library writes into `mappedAddr` is ours alone: in the original any element
/// may overwrite it, or undo the mapping that it names.
///
/// # Invariants
///
/// The pointer is from a leaked box that is freed on drop. In it `surface.surfaceList` points at
/// `params`, one entry.
#[derive(Debug)]
pub(crate) struct View(NonNull<Parts>);

/// `surface` comes first: a pointer to all of it is a pointer to the surface.
#[repr(C)]
struct Parts {
    surface: RawSurface,
    params: RawParams,
    family: Family,
}

impl View {
    /// A view of the buffer that a checked descriptor is of.
    pub(crate) fn of(descriptor: &Descriptor) -> Self {
        Self::new(descriptor.surface, descriptor.raw, descriptor.family)
    }

    /// Boxes copies of both structs, with nothing mapped in them.
    fn new(mut surface: RawSurface, mut params: RawParams, family: Family) -> Self {
        params.forget_mappings(family);
        surface.head.batchSize = 1;
        surface.head.numFilled = 1;
        let parts = Parts {
            surface,
            params,
            family,
        };
        let parts = NonNull::from(Box::leak(Box::new(parts)));
        // SAFETY: a place in the box of just now.
        let list = unsafe { &raw mut (*parts.as_ptr()).params };
        // SAFETY: as above, and nobody else knows the box yet.
        unsafe { (*parts.as_ptr()).surface.head.surfaceList = list.cast() };
        Self(parts)
    }

    /// Another view of the same buffer, with nothing mapped in it.
    ///
    /// # Safety
    ///
    /// No call of the library on this view is under way.
    pub(crate) unsafe fn another(&self) -> Self {
        // SAFETY: by the type invariant and this function's contract; both structs are plain data.
        let parts = unsafe { self.0.read() };
        Self::new(parts.surface, parts.params, parts.family)
    }

    /// Copies of both structs, with nothing mapped in them.
    ///
    /// # Safety
    ///
    /// No call of the library on this view is under way.
    pub(crate) unsafe fn parts(&self) -> (RawSurface, RawParams) {
        // SAFETY: by the type invariant and this function's contract; both structs are plain data.
        let parts = unsafe { self.0.read() };
        let mut params = parts.params;
        params.forget_mappings(parts.family);
        (parts.surface, params)
    }

    /// The surface, for the library.
    pub(crate) fn surface(&self) -> NonNull<NvBufSurface> {
        self.0.cast()
    }

    /// The address that the library wrote for plane `plane`, or null.
    ///
    /// # Safety
    ///
    /// No call of the library on this view is under way.
    pub(crate) unsafe fn address(&self, plane: usize) -> *mut c_void {
        // SAFETY: by the type invariant and this function's contract.
        let addresses = unsafe { &(*self.0.as_ptr()).params.head.mappedAddr.addr };
        addresses[plane]
    }

    /// Forgets the address of plane `plane`, which the library has unmapped, whether it wrote so or
    /// not.
    ///
    /// # Safety
    ///
    /// No call of the library on this view is under way.
    pub(crate) unsafe fn clear_address(&self, plane: usize) {
        // SAFETY: by the type invariant and this function's contract.
        let addresses = unsafe { &mut (*self.0.as_ptr()).params.head.mappedAddr.addr };
        addresses[plane] = std::ptr::null_mut();
    }

    /// The CUDA buffer that a library of the extended family wrote, or null.
    ///
    /// # Safety
    ///
    /// No call of the library on this view is under way.
    pub(crate) unsafe fn cuda_buffer(&self) -> *const c_void {
        // SAFETY: by the type invariant and this function's contract.
        let params = unsafe { (*self.0.as_ptr()).params };
        params.cuda_ptr()
    }

    /// `dataPtr` of the descriptor that this was made from.
    pub(crate) fn data_ptr(&self) -> *mut c_void {
        // SAFETY: by the type invariant; nothing writes the field after the view is made.
        unsafe { (*self.0.as_ptr()).params.head.dataPtr }
    }

    /// The EGLImage that the library wrote, or null.
    ///
    /// # Safety
    ///
    /// No call of the library on this view is under way.
    pub(crate) unsafe fn egl_image(&self) -> *mut c_void {
        // SAFETY: by the type invariant and this function's contract.
        unsafe { (*self.0.as_ptr()).params.head.mappedAddr.eglImage }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: by the type invariant the pointer is from a leaked box, and this is its last use:
        // the library keeps no pointer to a descriptor between calls.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}
