//! The caller's structs, checked: a `Batch` is a `NvBufSurface`, an `Entry` one of its buffers.

use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::sync::Arc;

use nvbufsurface_sys::classic::NVBUF_MEM_SURFACE_ARRAY;

use super::buffer::{self, Buffer};
use super::layout::{ParamsHead, SurfaceHead};
use super::{Refused, gone, memory, refuse};
use crate::functions::Function;
use crate::release;
use crate::rule::Rule;

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
    mem_type: u32,
}

impl Batch {
    /// Checks the outer struct, which has to be a SURFACE_ARRAY.
    ///
    /// # Safety
    ///
    /// As [`Batch::of`].
    pub(crate) unsafe fn new(
        function: Function,
        surface: *mut SurfaceHead,
    ) -> Result<Self, Refused> {
        // SAFETY: by this function's contract.
        unsafe { Self::of(function, surface, &[NVBUF_MEM_SURFACE_ARRAY]) }
    }

    /// Checks the outer struct, which has to be of one of these types of memory.
    ///
    /// # Safety
    ///
    /// `surface` is null or points to a `NvBufSurface` of the release's family whose list, if not
    /// null, has `batchSize` entries; nobody else uses them during the call.
    pub(crate) unsafe fn of(
        function: Function,
        surface: *mut SurfaceHead,
        mem_types: &[u32],
    ) -> Result<Self, Refused> {
        // SAFETY: null or valid by this function's contract.
        let Some(surface) = (unsafe { surface.as_ref() }) else {
            refuse!(function, Rule::NullArgument, "the surface is NULL")
        };
        if surface.list.is_null() || surface.batch_size == 0 {
            refuse!(
                function,
                Rule::EmptySurface,
                "the surface has no surfaceList (batchSize {})",
                surface.batch_size
            );
        }
        if !mem_types.contains(&surface.mem_type) {
            refuse!(
                function,
                Rule::WrongMemoryType,
                "memType is {}, not one of {mem_types:?}",
                surface.mem_type
            );
        }
        Ok(Self {
            function,
            list: surface.list,
            stride: release::current().family().stride(),
            size: surface.batch_size,
            mem_type: surface.mem_type,
        })
    }

    pub(crate) fn len(&self) -> u32 {
        self.size
    }

    /// The entries that an index names: one, or with -1 all.
    pub(crate) fn entries(&self, index: c_int) -> Result<Range<usize>, Refused> {
        match range(index, self.size as usize) {
            Some(range) => Ok(range),
            None => refuse!(
                self.function,
                Rule::WrongIndex,
                "index {index} of a batch of {}",
                self.size
            ),
        }
    }

    /// One entry, checked against the buffer that its fd names, or its address.
    pub(crate) fn entry(&self, index: usize) -> Result<Entry, Refused> {
        assert!(index < self.size as usize, "an index from `entries`");
        let params = self.list.wrapping_byte_add(index * self.stride);
        let params = params.cast::<ParamsHead>();
        // SAFETY: inside the list by the check above, hence valid by the type's invariant; the copy ends all use of it here.
        let (width, height, pitch, format, desc, data) = unsafe {
            let p = &*params;
            (
                p.width,
                p.height,
                p.pitch,
                p.color_format,
                p.buffer_desc,
                p.data_ptr,
            )
        };
        let buffer = if memory::has_dmabuf(self.mem_type) {
            c_int::try_from(desc).ok().and_then(buffer::find)
        } else {
            buffer::find_at(data.addr())
        };
        let Some(buffer) = buffer.filter(|buffer| buffer.mem_type == self.mem_type) else {
            let rule = if memory::has_dmabuf(self.mem_type) {
                gone::FDS.rule(desc, Rule::UseAfterDestroy)
            } else {
                gone::ADDRESSES.rule(data.addr() as u64, Rule::UseAfterDestroy)
            };
            return Err(super::refused(
                self.function,
                rule,
                format_args!(
                    "no buffer of memType {} has bufferDesc (fd) {desc}, dataPtr {data:p}",
                    self.mem_type
                ),
            ));
        };
        if buffer.is_closed() {
            refuse!(
                self.function,
                Rule::FdAfterClose,
                "the program closed fd {desc}, the bufferDesc of a buffer"
            );
        }
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
                Rule::ForeignDescriptor,
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
                    Rule::WrongPlane,
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

    /// A pointer of the family's own, behind what all have.
    pub(crate) fn pointer(&self, offset: usize) -> *mut c_void {
        let place = self.params.wrapping_byte_add(offset).cast::<*mut c_void>();
        // SAFETY: the struct has it, and is valid and unshared by the type's invariant.
        unsafe { place.read() }
    }

    pub(crate) fn set_pointer(&mut self, offset: usize, pointer: *mut c_void) {
        let place = self.params.wrapping_byte_add(offset).cast::<*mut c_void>();
        // SAFETY: the struct has it, and is valid and unshared by the type's invariant.
        unsafe { place.write(pointer) };
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
