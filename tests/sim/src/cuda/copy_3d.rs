//! `cuMemcpy3D*`: boxes between memory of all types and arrays.

#![forbid(unsafe_code)]

use std::ffi::{c_uint, c_void};

use super::copy::Box3;
use super::copy_2d::{Described, copy_box};
use super::error::{CudaError, INVALID_VALUE};
use super::{CuResult, call};
use crate::functions::Function;

/// One half of `CUDA_MEMCPY3D`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Half {
    start: [usize; 3],
    level_of_detail: usize,
    memory_type: c_uint,
    host: *mut c_void,
    device: usize,
    array: usize,
    reserved: *mut c_void,
    pitch: usize,
    height: usize,
}

/// `CUDA_MEMCPY3D`
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Copy3D {
    from: Half,
    to: Half,
    width_in_bytes: usize,
    height: usize,
    depth: usize,
}

const _: () = assert!(size_of::<Copy3D>() == 200, "the driver's struct");

impl Half {
    fn described(self) -> Result<Described, CudaError> {
        // There are no mipmaps here.
        if self.level_of_detail != 0 || !self.reserved.is_null() {
            return Err(INVALID_VALUE);
        }
        Ok(Described {
            memory_type: self.memory_type,
            host: self.host,
            device: self.device,
            array: self.array,
            start: self.start,
            pitch: self.pitch,
            rows: self.height,
        })
    }
}

/// `cuMemcpy3D_v2`
pub(crate) extern "C" fn copy(what: Option<&Copy3D>) -> CuResult {
    call(Function::cuMemcpy3D_v2, || copy_any(what, None))
}

/// `cuMemcpy3DAsync_v2`
pub(crate) extern "C" fn copy_async(what: Option<&Copy3D>, stream: usize) -> CuResult {
    call(Function::cuMemcpy3DAsync_v2, || {
        copy_any(what, Some(stream))
    })
}

fn copy_any(what: Option<&Copy3D>, stream: Option<usize>) -> Result<(), CudaError> {
    let what = what.ok_or(INVALID_VALUE)?;
    let size = Box3 {
        width: what.width_in_bytes,
        height: what.height,
        depth: what.depth,
    };
    copy_box(what.to.described()?, what.from.described()?, size, stream)
}
