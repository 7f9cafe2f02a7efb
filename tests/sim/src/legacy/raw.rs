//! `NvBuffer2Raw`, `Raw2NvBuffer`: a plane to and from packed rows of the caller's.

use std::ffi::{c_int, c_uchar, c_uint};

use super::find;
use crate::functions::Function;
use crate::nvbuf::call;
use crate::nvbuf::raw::{Direction, Rows, transfer};

/// `NvBuffer2Raw`
///
/// # Safety
///
/// As [`transfer`].
pub(crate) unsafe extern "C" fn to_raw(
    fd: c_int,
    plane: c_uint,
    width: c_uint,
    height: c_uint,
    start: *mut c_uchar,
) -> c_int {
    let function = Function::NvBuffer2Raw;
    let rows = Rows {
        width,
        height,
        start,
    };
    call(function, || {
        let buffer = find(function, fd)?;
        // SAFETY: by this function's contract.
        unsafe { transfer(function, &buffer, plane, &rows, Direction::ToRows) }
    })
}

/// `Raw2NvBuffer`
///
/// # Safety
///
/// As [`transfer`].
pub(crate) unsafe extern "C" fn from_raw(
    start: *mut c_uchar,
    plane: c_uint,
    width: c_uint,
    height: c_uint,
    fd: c_int,
) -> c_int {
    let function = Function::Raw2NvBuffer;
    let rows = Rows {
        width,
        height,
        start,
    };
    call(function, || {
        let buffer = find(function, fd)?;
        // SAFETY: by this function's contract.
        unsafe { transfer(function, &buffer, plane, &rows, Direction::FromRows) }
    })
}
