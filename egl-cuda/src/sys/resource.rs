//! What texture and surface objects are made of.

use std::ffi::{c_int, c_uint};

use super::CUarray;

/// What a [`CUDA_RESOURCE_DESC`] describes. Open: a driver may add kinds.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CUresourcetype(pub c_uint);

impl CUresourcetype {
    /// A [`CUarray`]: the only kind that surface objects are made of.
    pub const ARRAY: Self = Self(0);
}

/// The resource of a [`CUDA_RESOURCE_DESC`]; which member holds is said by its kind.
#[repr(C)]
#[derive(Clone, Copy)]
pub union CUDA_RESOURCE_DESC_res {
    /// For [`CUresourcetype::ARRAY`].
    pub array: CUarray,
    /// The size of all kinds, which may grow up to this.
    pub reserved: [c_int; 32],
}

impl CUDA_RESOURCE_DESC_res {
    /// An array, and zeros behind it.
    pub const fn of_array(array: CUarray) -> Self {
        let mut resource = Self { reserved: [0; 32] };
        resource.array = array;
        resource
    }
}

impl std::fmt::Debug for CUDA_RESOURCE_DESC_res {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What holds is said elsewhere, and not all bytes need to be set.
        f.write_str("CUDA_RESOURCE_DESC_res")
    }
}

/// What `cuSurfObjectCreate` makes an object of.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
#[expect(non_snake_case, reason = "the C struct's field names")]
pub struct CUDA_RESOURCE_DESC {
    /// Which member of `res` holds.
    pub resType: CUresourcetype,
    /// The resource.
    pub res: CUDA_RESOURCE_DESC_res,
    /// Must be 0.
    pub flags: c_uint,
}

// The layout of the C header, the same since CUDA 5 on 64-bit systems.
const _: () = {
    use std::mem::{align_of, offset_of, size_of};
    assert!(size_of::<CUDA_RESOURCE_DESC_res>() == 128);
    assert!(size_of::<CUDA_RESOURCE_DESC>() == 144);
    assert!(align_of::<CUDA_RESOURCE_DESC>() == 8);
    assert!(offset_of!(CUDA_RESOURCE_DESC, resType) == 0);
    assert!(offset_of!(CUDA_RESOURCE_DESC, res) == 8);
    assert!(offset_of!(CUDA_RESOURCE_DESC_res, array) == 0);
    assert!(offset_of!(CUDA_RESOURCE_DESC, flags) == 136);
};
