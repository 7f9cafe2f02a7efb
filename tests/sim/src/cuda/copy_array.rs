//! `cuMemcpy*` of bytes from and to 1D arrays.

#![forbid(unsafe_code)]

use std::ffi::c_void;

use super::copy::{self, Box3, Checked, Place};
use super::error::{CudaError, INVALID_VALUE};
use super::work::Side;
use super::{CuResult, array, call, stream};
use crate::functions::Function;

/// A side: memory, or an array and the byte in it.
#[derive(Clone, Copy, Debug)]
enum At {
    Host(*const c_void),
    Device(usize),
    Array(usize, usize),
}

impl At {
    fn check(self, len: usize) -> Result<Checked, CudaError> {
        match self {
            Self::Host(address) => copy::line(Place::Host, address.expose_provenance(), len),
            Self::Device(address) => copy::line(Place::Device, address, len),
            Self::Array(handle, offset) => {
                let array = array::find(handle).ok_or(INVALID_VALUE)?;
                let bytes = array.desc.width * array.desc.element_bytes();
                let is_line = array.desc.height == 0 && array.desc.depth == 0;
                let fits = offset.checked_add(len).is_some_and(|end| end <= bytes);
                if !is_line || !fits {
                    return Err(INVALID_VALUE);
                }
                let address = array.address + offset;
                let side = Side {
                    address,
                    ..array.side()
                };
                Checked::of_array(side, array.region.clone())
            }
        }
    }
}

fn copy_line(to: At, from: At, len: usize, stream: Option<usize>) -> Result<(), CudaError> {
    let on = stream::find(stream.unwrap_or(0))?;
    if len == 0 {
        return Ok(());
    }
    let (to, from) = (to.check(len)?, from.check(len)?);
    copy::copy(&on, stream.is_some(), to, from, Box3::line(len));
    Ok(())
}

/// `cuMemcpyAtoH_v2`
pub(crate) extern "C" fn array_to_host(
    to: *mut c_void,
    array: usize,
    offset: usize,
    len: usize,
) -> CuResult {
    call(Function::cuMemcpyAtoH_v2, || {
        copy_line(At::Host(to), At::Array(array, offset), len, None)
    })
}

/// `cuMemcpyAtoHAsync_v2`
pub(crate) extern "C" fn array_to_host_async(
    to: *mut c_void,
    array: usize,
    offset: usize,
    len: usize,
    stream: usize,
) -> CuResult {
    call(Function::cuMemcpyAtoHAsync_v2, || {
        copy_line(At::Host(to), At::Array(array, offset), len, Some(stream))
    })
}

/// `cuMemcpyHtoA_v2`
pub(crate) extern "C" fn host_to_array(
    array: usize,
    offset: usize,
    from: *const c_void,
    len: usize,
) -> CuResult {
    call(Function::cuMemcpyHtoA_v2, || {
        copy_line(At::Array(array, offset), At::Host(from), len, None)
    })
}

/// `cuMemcpyHtoAAsync_v2`
pub(crate) extern "C" fn host_to_array_async(
    array: usize,
    offset: usize,
    from: *const c_void,
    len: usize,
    stream: usize,
) -> CuResult {
    call(Function::cuMemcpyHtoAAsync_v2, || {
        copy_line(At::Array(array, offset), At::Host(from), len, Some(stream))
    })
}

/// `cuMemcpyAtoD_v2`
pub(crate) extern "C" fn array_to_device(
    to: usize,
    array: usize,
    offset: usize,
    len: usize,
) -> CuResult {
    call(Function::cuMemcpyAtoD_v2, || {
        copy_line(At::Device(to), At::Array(array, offset), len, None)
    })
}

/// `cuMemcpyDtoA_v2`
pub(crate) extern "C" fn device_to_array(
    array: usize,
    offset: usize,
    from: usize,
    len: usize,
) -> CuResult {
    call(Function::cuMemcpyDtoA_v2, || {
        copy_line(At::Array(array, offset), At::Device(from), len, None)
    })
}

/// `cuMemcpyAtoA_v2`
pub(crate) extern "C" fn array_to_array(
    to: usize,
    to_offset: usize,
    from: usize,
    from_offset: usize,
    len: usize,
) -> CuResult {
    call(Function::cuMemcpyAtoA_v2, || {
        let (to, from) = (At::Array(to, to_offset), At::Array(from, from_offset));
        copy_line(to, from, len, None)
    })
}
