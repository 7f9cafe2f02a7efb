//! `NvBufSurfaceCopy`, `NvBufSurfaceMemSet`: work of an engine, not of the CPU.

use std::ffi::c_int;

use super::buffer::Buffer;
use super::descriptor::Batch;
use super::layout::SurfaceHead;
use super::{call, memory, refuse};
use crate::functions::Function;
use crate::stats::{COUNTERS, add};

/// `NvBufSurfaceCopy`
///
/// # Safety
///
/// As [`Batch::new`], for both.
pub(crate) unsafe extern "C" fn copy(source: *mut SurfaceHead, dest: *mut SurfaceHead) -> c_int {
    let function = Function::NvBufSurfaceCopy;
    call(function, || {
        // SAFETY: by this function's contract.
        let from = unsafe { Batch::of(function, source, memory::ALL) }?;
        // SAFETY: by this function's contract.
        let to = unsafe { Batch::of(function, dest, memory::ALL) }?;
        if from.len() != to.len() {
            refuse!(
                function,
                Rule::CopyMismatch,
                "batches of {} and {}",
                from.len(),
                to.len()
            );
        }
        for i in from.entries(-1)? {
            let (from, to) = (from.entry(i)?.buffer, to.entry(i)?.buffer);
            if (from.width, from.height, from.color_format)
                != (to.width, to.height, to.color_format)
            {
                refuse!(
                    function,
                    Rule::CopyMismatch,
                    "from {}x{} format {} to {}x{} format {}",
                    from.width,
                    from.height,
                    from.color_format,
                    to.width,
                    to.height,
                    to.color_format
                );
            }
            // An import has the same pixels behind another fd.
            if from.fd() == to.fd() || (from.file_id().is_some() && from.file_id() == to.file_id())
            {
                refuse!(function, Rule::CopyMismatch, "fd {} onto itself", from.fd());
            }
            engine(&[&from], &[&to], || {
                (0..from.num_planes())
                    .map(|p| {
                        to.device_wrote(p);
                        copy_plane(&from, &to, p)
                    })
                    .sum()
            });
        }
        Ok(())
    })
}

/// Opens the buffers to an engine that reads some and writes others, runs it, counts what it moved.
pub(crate) fn engine(read: &[&Buffer], written: &[&Buffer], run: impl FnOnce() -> u64) {
    for buffer in read.iter().chain(written) {
        if buffer.region.is_busy() {
            add(&COUNTERS.unsynchronised, 1);
        }
        buffer.open();
    }
    add(&COUNTERS.engine_bytes, run());
    add(&COUNTERS.engine_copies, 1);
    read.iter().for_each(|buffer| buffer.close(false));
    written.iter().for_each(|buffer| buffer.close(true));
}

fn copy_plane(from: &Buffer, to: &Buffer, plane: usize) -> u64 {
    let (from_pitch, to_pitch) = (from.planes.pitch[plane], to.planes.pitch[plane]);
    // Types of memory differ in their padding.
    let row = from_pitch.min(to_pitch) as usize;
    let mut source = std::ptr::with_exposed_provenance::<u8>(from.device_address(plane));
    let mut dest = std::ptr::with_exposed_provenance_mut::<u8>(to.device_address(plane));
    for _ in 0..from.planes.height[plane] {
        // SAFETY: equal size and format give planes of as many rows, each a pitch long, both
        // regions are open (`engine`), and different buffers do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(source, dest, row) };
        source = source.wrapping_add(from_pitch as usize);
        dest = dest.wrapping_add(to_pitch as usize);
    }
    row as u64 * u64::from(from.planes.height[plane])
}

/// `NvBufSurfaceMemSet`
///
/// # Safety
///
/// As [`Batch::new`].
pub(crate) unsafe extern "C" fn mem_set(
    surface: *mut SurfaceHead,
    index: c_int,
    plane: c_int,
    value: u8,
) -> c_int {
    let function = Function::NvBufSurfaceMemSet;
    call(function, || {
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::of(function, surface, memory::ALL) }?;
        for i in batch.entries(index)? {
            let entry = batch.entry(i)?;
            let planes = entry.planes(plane)?;
            let buffer = &entry.buffer;
            engine(&[], &[buffer], || {
                planes
                    .map(|p| {
                        buffer.device_wrote(p);
                        set_plane(buffer, p, value)
                    })
                    .sum()
            });
        }
        Ok(())
    })
}

fn set_plane(buffer: &Buffer, plane: usize, value: u8) -> u64 {
    let bytes = buffer.plane_bytes(plane);
    let dest = std::ptr::with_exposed_provenance_mut::<u8>(buffer.device_address(plane));
    // SAFETY: the plane lies in the buffer's region, which is open (`engine`).
    unsafe { std::ptr::write_bytes(dest, value, bytes as usize) };
    bytes
}
