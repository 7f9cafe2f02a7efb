//! The caller's structs, checked: a `Batch` is a `NvBufSurface`, an `Entry` one of its buffers.

use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::sync::Arc;

use nvbufsurface_sys::classic::NVBUF_MEM_SURFACE_ARRAY;

use super::buffer::{self, Buffer};
use super::layout::{ParamsHead, SurfaceHead};
use super::{Refused, refuse};
use crate::functions::Function;
use crate::release;

/// A `NvBufSurface` of the caller.
///
/// # Invariants
///
/// `list` points to `size` params, each `stride` bytes after the one before, that stay valid and
/// untouched by others during the call.
#[derive(Debug)]
pub(crate) struct Batch {
    function: Function,
    list: *mut c_void,
    stride: usize,
    size: u32,
}

impl Batch {
    /// Checks the outer struct.
    ///
    /// # Safety
    ///
    /// `surface` is null or points to a `NvBufSurface` of the release's family whose list, if not
    /// null, has `batchSize` entries; nobody else uses them during the call.
    pub(crate) unsafe fn new(
        function: Function,
        surface: *mut SurfaceHead,
    ) -> Result<Self, Refused> {
        // SAFETY: null or valid by this function's contract.
        let Some(surface) = (unsafe { surface.as_ref() }) else {
            refuse!(function, "the surface is NULL")
        };
        if surface.list.is_null() || surface.batch_size == 0 {
            refuse!(
                function,
                "the surface has no surfaceList (batchSize {})",
                surface.batch_size
            );
        }
        if surface.mem_type != NVBUF_MEM_SURFACE_ARRAY {
            refuse!(
                function,
                "memType is {}, only SURFACE_ARRAY exists here",
                surface.mem_type
            );
        }
        Ok(Self {
            function,
            list: surface.list,
            stride: release::current().family().stride(),
            size: surface.batch_size,
        })
    }

    pub(crate) fn len(&self) -> u32 {
        self.size
    }

    /// The entries that an index names: one, or with -1 all.
    pub(crate) fn entries(&self, index: c_int) -> Result<Range<usize>, Refused> {
        match range(index, self.size as usize) {
            Some(range) => Ok(range),
            None => refuse!(self.function, "index {index} of a batch of {}", self.size),
        }
    }

    /// One entry, checked against the buffer that its fd names.
    pub(crate) fn entry(&self, index: usize) -> Result<Entry, Refused> {
        assert!(index < self.size as usize, "an index from `entries`");
        let params = self.list.wrapping_byte_add(index * self.stride);
        let params = params.cast::<ParamsHead>();
        // SAFETY: inside the list by the check above, hence valid by the type's invariant; the copy ends all use of it here.
        let (width, height, pitch, format, desc) = unsafe {
            let p = &*params;
            (p.width, p.height, p.pitch, p.color_format, p.buffer_desc)
        };
        let Some(buffer) = c_int::try_from(desc).ok().and_then(buffer::find) else {
            refuse!(
                self.function,
                "no buffer has bufferDesc (fd) {desc}: destroyed or foreign"
            )
        };
        if (width, height, pitch, format)
            != (
                buffer.width,
                buffer.height,
                buffer.planes.pitch[0],
                buffer.color_format,
            )
        {
            refuse!(
                self.function,
                "the params say {width}x{height} pitch {pitch} format {format}, the buffer of fd \
                 {desc} is {}x{} pitch {} format {}",
                buffer.width,
                buffer.height,
                buffer.planes.pitch[0],
                buffer.color_format
            );
        }
        Ok(Entry {
            function: self.function,
            params,
            buffer,
        })
    }
}

/// One buffer of the caller's batch.
///
/// # Invariants
///
/// `params` is as in [`Batch`].
#[derive(Debug)]
pub(crate) struct Entry {
    function: Function,
    params: *mut ParamsHead,
    pub(crate) buffer: Arc<Buffer>,
}

impl Entry {
    /// The planes that a number names: one, or with -1 all.
    pub(crate) fn planes(&self, plane: c_int) -> Result<Range<usize>, Refused> {
        match range(plane, self.buffer.num_planes()) {
            Some(range) => Ok(range),
            None => {
                refuse!(
                    self.function,
                    "plane {plane} of a buffer with {}",
                    self.buffer.num_planes()
                )
            }
        }
    }

    /// Which of the descriptors of a buffer this is.
    pub(crate) fn identity(&self) -> usize {
        self.params.addr()
    }

    pub(crate) fn addr(&self, plane: usize) -> *mut c_void {
        self.params().addr[plane]
    }

    pub(crate) fn set_addr(&mut self, plane: usize, address: usize) {
        self.params_mut().addr[plane] = std::ptr::with_exposed_provenance_mut(address);
    }

    pub(crate) fn egl_image(&self) -> usize {
        self.params().egl_image.addr()
    }

    pub(crate) fn set_egl_image(&mut self, image: usize) {
        self.params_mut().egl_image = std::ptr::without_provenance_mut(image);
    }

    fn params(&self) -> &ParamsHead {
        // SAFETY: valid and unshared by the type's invariant.
        unsafe { &*self.params }
    }

    fn params_mut(&mut self) -> &mut ParamsHead {
        // SAFETY: valid and unshared by the type's invariant.
        unsafe { &mut *self.params }
    }
}

fn range(number: c_int, len: usize) -> Option<Range<usize>> {
    if number == -1 {
        return Some(0..len);
    }
    let number = usize::try_from(number).ok().filter(|n| *n < len)?;
    Some(number..number + 1)
}
