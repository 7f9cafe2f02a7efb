//! `cuMemset*`.

#![forbid(unsafe_code)]

use std::ffi::{c_uchar, c_uint, c_ushort};

use super::copy::{Box3, Checked, Place};
use super::error::{CudaError, INVALID_VALUE};
use super::work::{Command, Side};
use super::{CuResult, call, stream};
use crate::functions::Function;

/// What is written: an element of 1, 2 or 4 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element {
    pub(crate) value: u32,
    pub(crate) bytes: usize,
}

/// Elements of a row, rows, and bytes from row to row; 0 for one row.
#[derive(Clone, Copy, Debug)]
struct Rows {
    width: usize,
    height: usize,
    pitch: usize,
}

impl Rows {
    fn one(width: usize) -> Self {
        Self {
            width,
            height: 1,
            pitch: 0,
        }
    }
}

/// Fills memory; waits for it if there is no stream.
fn set(
    address: usize,
    rows: Rows,
    element: Element,
    stream: Option<usize>,
) -> Result<(), CudaError> {
    let on = stream::find(stream.unwrap_or(0))?;
    if rows.width == 0 || rows.height == 0 {
        return Ok(());
    }
    let width = rows.width.checked_mul(element.bytes).ok_or(INVALID_VALUE)?;
    let is_aligned = address.is_multiple_of(element.bytes)
        && (rows.height == 1 || rows.pitch.is_multiple_of(element.bytes));
    if !is_aligned || (rows.height > 1 && rows.pitch < width) {
        return Err(INVALID_VALUE);
    }
    let side = Side {
        address,
        pitch: rows.pitch,
        slice: 0,
    };
    let size = Box3 {
        width,
        height: rows.height,
        depth: 1,
    };
    let checked = Checked::new(Place::Device, side, size)?;
    let count = on.enqueue(|slot| {
        checked.region.into_iter().for_each(|r| slot.uses(r));
        slot.command = Command::Set {
            to: side,
            size,
            element,
        };
    });
    if stream.is_none() {
        on.wait_for(count);
    }
    Ok(())
}

macro_rules! lines {
    ($($function:ident $name:ident, $function_async:ident $name_async:ident: $type:ty;)*) => {$(
        #[doc = concat!("`", stringify!($function), "`")]
        pub(crate) extern "C" fn $name(address: usize, value: $type, count: usize) -> CuResult {
            let element = Element { value: value.into(), bytes: size_of::<$type>() };
            call(Function::$function, || set(address, Rows::one(count), element, None))
        }

        #[doc = concat!("`", stringify!($function_async), "`")]
        pub(crate) extern "C" fn $name_async(
            address: usize,
            value: $type,
            count: usize,
            stream: usize,
        ) -> CuResult {
            let element = Element { value: value.into(), bytes: size_of::<$type>() };
            call(Function::$function_async, || {
                set(address, Rows::one(count), element, Some(stream))
            })
        }
    )*};
}

macro_rules! rectangles {
    ($($function:ident $name:ident, $function_async:ident $name_async:ident: $type:ty;)*) => {$(
        #[doc = concat!("`", stringify!($function), "`")]
        pub(crate) extern "C" fn $name(
            address: usize,
            pitch: usize,
            value: $type,
            width: usize,
            height: usize,
        ) -> CuResult {
            let element = Element { value: value.into(), bytes: size_of::<$type>() };
            let rows = Rows { width, height, pitch };
            call(Function::$function, || set(address, rows, element, None))
        }

        #[doc = concat!("`", stringify!($function_async), "`")]
        pub(crate) extern "C" fn $name_async(
            address: usize,
            pitch: usize,
            value: $type,
            width: usize,
            height: usize,
            stream: usize,
        ) -> CuResult {
            let element = Element { value: value.into(), bytes: size_of::<$type>() };
            let rows = Rows { width, height, pitch };
            call(Function::$function_async, || set(address, rows, element, Some(stream)))
        }
    )*};
}

lines! {
    cuMemsetD8_v2 d8, cuMemsetD8Async d8_async: c_uchar;
    cuMemsetD16_v2 d16, cuMemsetD16Async d16_async: c_ushort;
    cuMemsetD32_v2 d32, cuMemsetD32Async d32_async: c_uint;
}

rectangles! {
    cuMemsetD2D8_v2 d2d8, cuMemsetD2D8Async d2d8_async: c_uchar;
    cuMemsetD2D16_v2 d2d16, cuMemsetD2D16Async d2d16_async: c_ushort;
    cuMemsetD2D32_v2 d2d32, cuMemsetD2D32Async d2d32_async: c_uint;
}
