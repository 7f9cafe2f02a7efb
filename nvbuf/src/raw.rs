//! The structs of either family, as long as the longer one: what both have in common, and the rest.

use std::ffi::c_void;
use std::mem::{MaybeUninit, offset_of};
use std::ptr;

use nvbufsurface_sys::{Family, classic, extended, prefix};

/// `NvBufSurface`. In the classic family the end is not used.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawSurface {
    pub(crate) head: prefix::NvBufSurface,
    rest: [u64; 5],
}

/// `NvBufSurfaceParams`, likewise.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawParams {
    pub(crate) head: prefix::NvBufSurfaceParams,
    rest: [u64; 12],
}

const _: () = {
    assert!(size_of::<RawSurface>() == size_of::<extended::NvBufSurface>());
    assert!(size_of::<RawParams>() == size_of::<extended::NvBufSurfaceParams>());
};

/// Structs for which every bit pattern is one, and whose length is the family's.
///
/// # Safety
///
/// Every bit pattern is a valid value, zeros among them, and `len` is at most the size.
pub(crate) unsafe trait Raw: Copy {
    /// Bytes that a library of the family reads and writes.
    fn len(family: Family) -> usize;

    /// A value read by `read`, which fills the first bytes.
    fn filled_by<E>(
        family: Family,
        read: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut value = MaybeUninit::<Self>::zeroed();
        // SAFETY: all of the value's bytes, initialised (zeroed), and borrowed exclusively here.
        let bytes = unsafe {
            std::slice::from_raw_parts_mut(value.as_mut_ptr().cast::<u8>(), size_of::<Self>())
        };
        read(&mut bytes[..Self::len(family)])?;
        // SAFETY: every bit pattern is a value, by the trait's contract.
        Ok(unsafe { value.assume_init() })
    }
}

// SAFETY: integers and raw pointers; both families are at most as long (asserted above).
unsafe impl Raw for RawSurface {
    fn len(family: Family) -> usize {
        family.surface_size()
    }
}

// SAFETY: as above.
unsafe impl Raw for RawParams {
    fn len(family: Family) -> usize {
        family.params_size()
    }
}

impl RawParams {
    /// `mappedAddr.cudaPtr`, of the extended family, as an address.
    pub(crate) fn cuda_ptr(&self) -> *const c_void {
        ptr::without_provenance(usize::try_from(self.rest[1]).unwrap_or(0))
    }

    /// `paramex`, which is anything in a foreign struct.
    pub(crate) fn params_ex(&self, family: Family) -> *const c_void {
        let place = match family {
            Family::Classic => offset_of!(classic::NvBufSurfaceParams, paramex),
            Family::Extended => offset_of!(extended::NvBufSurfaceParams, paramex),
        };
        let word = self.rest[(place - size_of::<prefix::NvBufSurfaceParams>()) / 8];
        // Only the kernel follows it.
        ptr::without_provenance(word as usize)
    }

    /// Forgets every mapping that the struct names; they are somebody else's.
    pub(crate) fn forget_mappings(&mut self, family: Family) {
        self.head.mappedAddr.addr = [ptr::null_mut(); 4];
        self.head.mappedAddr.eglImage = ptr::null_mut();
        if family == Family::Extended {
            // `nvmmPtr` and `cudaPtr`, which follow the EGLImage.
            self.rest[..2].fill(0);
        }
    }
}

const _: () = {
    let mapped = offset_of!(extended::NvBufSurfaceParams, mappedAddr);
    let head = size_of::<prefix::NvBufSurfaceParams>();
    assert!(offset_of!(classic::NvBufSurfaceParams, paramex) % 8 == head % 8);
    assert!(offset_of!(extended::NvBufSurfaceParams, paramex) % 8 == head % 8);
    assert!(mapped + offset_of!(extended::NvBufSurfaceMappedAddr, nvmmPtr) == head);
    assert!(mapped + offset_of!(extended::NvBufSurfaceMappedAddr, cudaPtr) == head + 8);
};
