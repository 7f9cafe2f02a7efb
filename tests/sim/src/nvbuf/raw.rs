//! `NvBufSurface2Raw`, `Raw2NvBufSurface`: a plane to and from packed rows of the caller's.

use std::ffi::{c_int, c_uchar, c_uint};

use super::buffer::Buffer;
use super::copy::engine;
use super::descriptor::Batch;
use super::layout::SurfaceHead;
use super::{Refused, call, memory, refuse};
use crate::config;
use crate::functions::Function;

/// Rows of one plane: as wide and high as the caller says, without padding unless some was asked for.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) width: c_uint,
    pub(crate) height: c_uint,
    pub(crate) start: *mut c_uchar,
}

/// Where the pixels go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    ToRows,
    FromRows,
}

/// Copies between a plane and packed rows.
///
/// # Safety
///
/// `rows.start` is null or points to as many bytes as the rows have, padding between them included, writable in the direction
/// [`Direction::ToRows`].
pub(crate) unsafe fn transfer(
    function: Function,
    buffer: &Buffer,
    plane: c_uint,
    rows: &Rows,
    direction: Direction,
) -> Result<(), Refused> {
    if plane >= buffer.planes.num_planes {
        refuse!(
            function,
            Rule::WrongPlane,
            "plane {plane} of a buffer with {}",
            buffer.num_planes()
        );
    }
    let plane = plane as usize;
    let (width, height) = (buffer.planes.width[plane], buffer.planes.height[plane]);
    if rows.width == 0 || rows.height == 0 || rows.width > width || rows.height > height {
        refuse!(
            function,
            "{}x{} of plane {plane}, which is {width}x{height}",
            rows.width,
            rows.height
        );
    }
    if rows.start.is_null() {
        refuse!(
            function,
            Rule::NullArgument,
            "the pointer to the rows is NULL"
        );
    }
    let row = rows.width as usize * buffer.planes.bytesPerPix[plane] as usize;
    let apart = row.next_multiple_of(config::get().raw_alignment);
    let buffers: &[&Buffer] = &[buffer];
    let (read, written) = match direction {
        Direction::ToRows => (buffers, &[][..]),
        Direction::FromRows => (&[][..], buffers),
    };
    engine(read, written, || {
        let mut outside = rows.start;
        let mut inside = std::ptr::with_exposed_provenance_mut::<u8>(buffer.device_address(plane));
        for _ in 0..rows.height {
            let (from, to) = match direction {
                Direction::ToRows => (inside, outside),
                Direction::FromRows => (outside, inside),
            };
            // SAFETY: the plane has the row by the checks above and its region is open (`engine`),
            // the caller's memory has it by this function's contract, and is not the plane.
            unsafe { std::ptr::copy(from, to, row) };
            outside = outside.wrapping_add(apart);
            inside = inside.wrapping_add(buffer.planes.pitch[plane] as usize);
        }
        if direction == Direction::FromRows {
            buffer.device_wrote(plane);
        }
        row as u64 * u64::from(rows.height)
    });
    Ok(())
}

/// One plane of one buffer of a batch.
///
/// # Safety
///
/// As [`Batch::of`] and [`transfer`].
unsafe fn transfer_of(
    function: Function,
    surface: *mut SurfaceHead,
    (index, plane): (c_uint, c_uint),
    rows: &Rows,
    direction: Direction,
) -> c_int {
    call(function, || {
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::of(function, surface, memory::ALL) }?;
        // There is no -1 here.
        if index >= batch.len() {
            refuse!(
                function,
                Rule::WrongIndex,
                "index {index} of a batch of {}",
                batch.len()
            );
        }
        let entry = batch.entry(index as usize)?;
        // SAFETY: by this function's contract.
        unsafe { transfer(function, &entry.buffer, plane, rows, direction) }
    })
}

/// `NvBufSurface2Raw`
///
/// # Safety
///
/// As [`transfer_of`].
pub(crate) unsafe extern "C" fn to_raw(
    surface: *mut SurfaceHead,
    index: c_uint,
    plane: c_uint,
    width: c_uint,
    height: c_uint,
    start: *mut c_uchar,
) -> c_int {
    let rows = Rows {
        width,
        height,
        start,
    };
    let function = Function::NvBufSurface2Raw;
    // SAFETY: by this function's contract.
    unsafe { transfer_of(function, surface, (index, plane), &rows, Direction::ToRows) }
}

/// `Raw2NvBufSurface`
///
/// # Safety
///
/// As [`transfer_of`].
pub(crate) unsafe extern "C" fn from_raw(
    start: *mut c_uchar,
    index: c_uint,
    plane: c_uint,
    width: c_uint,
    height: c_uint,
    surface: *mut SurfaceHead,
) -> c_int {
    let rows = Rows {
        width,
        height,
        start,
    };
    let function = Function::Raw2NvBufSurface;
    // SAFETY: by this function's contract.
    unsafe {
        transfer_of(
            function,
            surface,
            (index, plane),
            &rows,
            Direction::FromRows,
        )
    }
}
