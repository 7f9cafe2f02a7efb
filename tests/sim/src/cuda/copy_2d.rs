//! `cuMemcpy2D*`: rectangles between memory of all types and arrays.

#![forbid(unsafe_code)]

use std::ffi::{c_int, c_uint, c_void};

use super::copy::{Box3, Checked, Place, copy as enqueue};
use super::error::{CudaError, INVALID_VALUE};
use super::work::Side;
use super::{CuResult, array, call, stream};
use crate::functions::Function;

/// Bytes of a row at most: `MAX_PITCH` of the device.
const MAX_PITCH: usize = c_int::MAX as usize;

/// One half of `CUDA_MEMCPY2D`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Half {
    x_in_bytes: usize,
    y: usize,
    memory_type: c_uint,
    host: *mut c_void,
    device: usize,
    array: usize,
    pitch: usize,
}

/// `CUDA_MEMCPY2D`
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Copy2D {
    from: Half,
    to: Half,
    width_in_bytes: usize,
    height: usize,
}

const _: () = assert!(size_of::<Copy2D>() == 128, "the driver's struct");

/// A side of a copy as the caller describes it, of two or three dimensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Described {
    pub(crate) memory_type: c_uint,
    pub(crate) host: *mut c_void,
    pub(crate) device: usize,
    pub(crate) array: usize,
    /// First byte of a row, row, slice.
    pub(crate) start: [usize; 3],
    pub(crate) pitch: usize,
    /// Rows of a slice; 0 where there is one slice.
    pub(crate) rows: usize,
}

impl Described {
    /// Finds the memory, and checks that the box lies in it.
    pub(crate) fn check(self, size: Box3) -> Result<Checked, CudaError> {
        let (place, address) = match self.memory_type {
            1 => (Place::Host, self.host.expose_provenance()),
            2 => (Place::Device, self.device),
            3 => return self.check_array(size),
            4 => (Place::Unified, self.device),
            _ => return Err(INVALID_VALUE),
        };
        let [x, y, z] = self.start;
        let row_end = x.checked_add(size.width).ok_or(INVALID_VALUE)?;
        let pitch = if self.pitch == 0 { row_end } else { self.pitch };
        let end = y.checked_add(size.height).ok_or(INVALID_VALUE)?;
        let rows = if self.rows == 0 { end } else { self.rows };
        let is_tall = size.height > 1 || size.depth > 1;
        if pitch > MAX_PITCH || (is_tall && row_end > pitch) || (size.depth > 1 && end > rows) {
            return Err(INVALID_VALUE);
        }
        let slice = pitch.checked_mul(rows).ok_or(INVALID_VALUE)?;
        let side = Side {
            address,
            pitch,
            slice,
        };
        let side = start(side, [x, y, z]).ok_or(INVALID_VALUE)?;
        Checked::new(place, side, size)
    }

    fn check_array(self, size: Box3) -> Result<Checked, CudaError> {
        let array = array::find(self.array).ok_or(INVALID_VALUE)?;
        let element = array.desc.element_bytes();
        let [width, height, depth] = array.desc.extent();
        let limits = [width * element, height, depth];
        let lengths = [size.width, size.height, size.depth];
        for ((start, len), limit) in self.start.into_iter().zip(lengths).zip(limits) {
            if start.checked_add(len).is_none_or(|end| end > limit) {
                return Err(INVALID_VALUE);
            }
        }
        // Whole elements.
        if !self.start[0].is_multiple_of(element) || !size.width.is_multiple_of(element) {
            return Err(INVALID_VALUE);
        }
        let side = start(array.side(), self.start).ok_or(INVALID_VALUE)?;
        Checked::of_array(side, array.region.clone())
    }
}

/// The side moved to where it starts.
fn start(side: Side, [x, y, z]: [usize; 3]) -> Option<Side> {
    let offset = z
        .checked_mul(side.slice)?
        .checked_add(y.checked_mul(side.pitch)?)?
        .checked_add(x)?;
    let address = side.address.checked_add(offset)?;
    Some(Side { address, ..side })
}

impl Half {
    fn described(self) -> Described {
        Described {
            memory_type: self.memory_type,
            host: self.host,
            device: self.device,
            array: self.array,
            start: [self.x_in_bytes, self.y, 0],
            pitch: self.pitch,
            rows: 0,
        }
    }
}

/// `cuMemcpy2D_v2`
pub(crate) extern "C" fn copy(what: Option<&Copy2D>) -> CuResult {
    call(Function::cuMemcpy2D_v2, || copy_rectangle(what, None))
}

/// `cuMemcpy2DUnaligned_v2`: every pitch is as good here.
pub(crate) extern "C" fn copy_unaligned(what: Option<&Copy2D>) -> CuResult {
    call(Function::cuMemcpy2DUnaligned_v2, || {
        copy_rectangle(what, None)
    })
}

/// `cuMemcpy2DAsync_v2`
pub(crate) extern "C" fn copy_async(what: Option<&Copy2D>, stream: usize) -> CuResult {
    call(Function::cuMemcpy2DAsync_v2, || {
        copy_rectangle(what, Some(stream))
    })
}

fn copy_rectangle(what: Option<&Copy2D>, stream: Option<usize>) -> Result<(), CudaError> {
    let what = what.ok_or(INVALID_VALUE)?;
    let size = Box3 {
        width: what.width_in_bytes,
        height: what.height,
        depth: 1,
    };
    copy_box(what.to.described(), what.from.described(), size, stream)
}

/// Copies a box between two described sides.
pub(crate) fn copy_box(
    to: Described,
    from: Described,
    size: Box3,
    stream: Option<usize>,
) -> Result<(), CudaError> {
    let on = stream::find(stream.unwrap_or(0))?;
    if size.is_empty() {
        return Ok(());
    }
    let (to, from) = (to.check(size)?, from.check(size)?);
    enqueue(&on, stream.is_some(), to, from, size);
    Ok(())
}
