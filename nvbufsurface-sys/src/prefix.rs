//! What both families of libnvbufsurface share: the first bytes of the structs.
//!
//! A pointer to either family's struct may be cast to these, to read or to pass on. Never make one of
//! these for the library (it is too short), and never index an array of [`NvBufSurfaceParams`]:
//! entries are [`Family::params_size`](crate::Family::params_size) bytes apart,
//! [`Family::params`](crate::Family::params) finds one. What C pads has a name here, so that all bytes
//! of [`NvBufSurface`], and of [`NvBufSurfaceParams`] before `planeParams`, are values.

#![forbid(unsafe_code)]
#![allow(non_snake_case, reason = "C names")]

use std::ffi::c_void;
use std::mem::offset_of;

use crate::{classic, extended};

pub use crate::classic::NvBufSurfacePlaneParams;

/// The first 32 bytes of a `NvBufSurface`: a batch of buffers. In every release.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NvBufSurface {
    /// CUDA device number.
    pub gpuId: u32,
    /// Entries of `surfaceList`.
    pub batchSize: u32,
    /// Entries with a picture.
    pub numFilled: u32,
    /// All buffers in one block: 0 or 1 (C's `bool`; a byte here, since a foreign one may be anything).
    pub isContiguous: u8,
    _pad0: [u8; 3],
    /// Memory type, see [`MemType`](crate::MemType).
    pub memType: u32,
    _pad1: u32,
    /// `batchSize` entries, the library's.
    pub surfaceList: *mut NvBufSurfaceParams,
}

/// The first 320 bytes of a `NvBufSurfaceParams`: one buffer of a batch. In every release.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NvBufSurfaceParams {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bytes from a row to the next, of plane 0.
    pub pitch: u32,
    /// Pixel format, see [`ColorFormat`](crate::ColorFormat).
    pub colorFormat: u32,
    /// Pitch or block linear, see [`Layout`](crate::Layout).
    pub layout: u32,
    _pad0: u32,
    /// dmabuf file descriptor, of `SURFACE_ARRAY` and `HANDLE` only; the surface's.
    pub bufferDesc: u64,
    /// Bytes of the whole buffer.
    pub dataSize: u32,
    _pad1: u32,
    /// Address of the buffer, of every type but `SURFACE_ARRAY` and `HANDLE`.
    pub dataPtr: *mut c_void,
    /// The planes.
    pub planeParams: NvBufSurfacePlaneParams,
    /// Where it is mapped.
    pub mappedAddr: NvBufSurfaceMappedAddr,
}

/// The first 40 bytes of a `NvBufSurfaceMappedAddr`. In every release.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NvBufSurfaceMappedAddr {
    /// CPU address of each mapped plane, else null.
    pub addr: [*mut c_void; 4],
    /// EGLImage, or null.
    pub eglImage: *mut c_void,
}

/// Proves that a field lies at the same place in both families.
macro_rules! same {
    ($($name:ident { $($field:ident),* })*) => {
        $($(const _: () = assert!(
            offset_of!($name, $field) == offset_of!(classic::$name, $field)
                && offset_of!($name, $field) == offset_of!(extended::$name, $field),
            concat!(stringify!($name), ".", stringify!($field))
        );)*)*
    };
}

same! {
    NvBufSurface { gpuId, batchSize, numFilled, isContiguous, memType, surfaceList }
    NvBufSurfaceParams {
        width, height, pitch, colorFormat, layout, bufferDesc, dataSize, dataPtr, planeParams,
        mappedAddr
    }
    NvBufSurfaceMappedAddr { addr, eglImage }
    NvBufSurfacePlaneParams { num_planes, width, height, pitch, offset, psize, bytesPerPix }
}

// The parameters of NvBufSurfaceCreate grew at the end only: the longer block, zeroed, is right for
// both families.
macro_rules! prefix {
    ($name:ident { $($field:ident),* }) => {
        $(const _: () = assert!(
            offset_of!(classic::$name, $field) == offset_of!(extended::$name, $field),
            concat!(stringify!($name), ".", stringify!($field))
        );)*
    };
}

prefix!(NvBufSurfaceCreateParams {
    gpuId,
    width,
    height,
    size,
    isContiguous,
    colorFormat,
    layout,
    memType
});
prefix!(NvBufSurfTransformConfigParams {
    compute_mode,
    gpu_id,
    cuda_stream
});
