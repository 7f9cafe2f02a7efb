//! Private copies of a descriptor, as the crates and NVIDIA's batching elements make them.

use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

use nvbufsurface_sys::prefix::{NvBufSurface, NvBufSurfaceParams};

use super::{Descriptor, Surface};
use crate::case::Failure;

/// A copy of the surface's struct and of one entry, in memory of ours, with nothing mapped in it.
#[derive(Debug)]
pub(crate) struct Twin<'a> {
    descriptor: Descriptor,
    /// From a leaked vector of so many words; freed on drop, with a pattern in it.
    memory: (NonNull<u64>, usize),
    _of: PhantomData<&'a Surface>,
}

impl<'a> Twin<'a> {
    /// Copies entry `index` of a surface into a batch of one.
    pub(crate) fn of(surface: &'a Surface, index: usize) -> Result<Self, Failure> {
        let family = surface.library().family();
        let (head, entry) = (family.surface_size() / 8, family.params_size() / 8);
        let place = surface.place(index)?;
        let boxed = vec![0u64; head + entry].into_boxed_slice();
        let start = Box::into_raw(boxed).cast::<u64>();
        let raw = start.cast::<NvBufSurface>();
        let list = start.wrapping_add(head).cast::<NvBufSurfaceParams>();
        // SAFETY: a live surface has that many bytes, and so has the memory, which is another.
        unsafe { std::ptr::copy_nonoverlapping(surface.as_ptr().cast::<u64>(), start, head) };
        // SAFETY: the same of a live entry.
        unsafe { std::ptr::copy_nonoverlapping(place.cast::<u64>(), list.cast(), entry) };
        // SAFETY: in the memory from above, long enough and aligned for the struct.
        let header = unsafe { &mut *raw };
        header.batchSize = 1;
        header.numFilled = 1;
        header.surfaceList = list;
        // SAFETY: as above.
        let mapped = unsafe { &mut (*list).mappedAddr };
        mapped.addr = [std::ptr::null_mut(); 4];
        mapped.eglImage = std::ptr::null_mut();
        let raw = NonNull::from(header);
        Ok(Self {
            memory: (raw.cast(), head + entry),
            // SAFETY: a copy of a live surface with a list of one, and `'a` keeps the original.
            descriptor: unsafe { Descriptor::new(raw, surface.library()) },
            _of: PhantomData,
        })
    }
}

impl Deref for Twin<'_> {
    type Target = Descriptor;

    fn deref(&self) -> &Descriptor {
        &self.descriptor
    }
}

impl Drop for Twin<'_> {
    fn drop(&mut self) {
        let (start, len) = self.memory;
        let slice = std::ptr::slice_from_raw_parts_mut(start.as_ptr(), len);
        // SAFETY: from `Box::into_raw` in `of`, and nobody uses it after this.
        let mut words = unsafe { Box::from_raw(slice) };
        // Whoever still reads it finds nothing that looks like a surface.
        words.fill(u64::MAX);
    }
}
