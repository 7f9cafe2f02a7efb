//! `NvBufSurfaceMap`, `UnMap`, `SyncForCpu`, `SyncForDevice`.

use std::ffi::c_int;

use nvbufsurface_sys::classic::{
    NVBUF_MAP_READ, NVBUF_MAP_READ_WRITE, NVBUF_MAP_WRITE, NvBufSurfaceMemMapFlags,
};

use super::buffer::Buffer;
use super::descriptor::Batch;
use super::layout::SurfaceHead;
use super::memory::WITH_DMABUF;
use super::{Refused, call, refuse};
use crate::functions::Function;
use crate::stats::{COUNTERS, add};

/// `NvBufSurfaceMap`
///
/// # Safety
///
/// As [`Batch::new`].
pub(crate) unsafe extern "C" fn map(
    surface: *mut SurfaceHead,
    index: c_int,
    plane: c_int,
    flags: NvBufSurfaceMemMapFlags,
) -> c_int {
    let function = Function::NvBufSurfaceMap;
    call(function, || {
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::of(function, surface, WITH_DMABUF) }?;
        if !matches!(
            flags,
            NVBUF_MAP_READ | NVBUF_MAP_WRITE | NVBUF_MAP_READ_WRITE
        ) {
            refuse!(function, "flags are {flags}");
        }
        for i in batch.entries(index)? {
            let mut entry = batch.entry(i)?;
            for p in entry.planes(plane)? {
                if !entry.buffer.map(p, entry.identity(), flags) {
                    refuse!(
                        function,
                        Rule::MappedTooOften,
                        "plane {p} of fd {} is mapped too often",
                        entry.buffer.fd()
                    );
                }
                entry.set_addr(p, entry.buffer.cpu_address(p));
                count(entry.buffer.plane_bytes(p), flags);
            }
        }
        Ok(())
    })
}

/// Counts a plane mapped for the CPU.
pub(crate) fn count(bytes: u64, flags: NvBufSurfaceMemMapFlags) {
    add(&COUNTERS.cpu_maps, 1);
    if flags != NVBUF_MAP_WRITE {
        add(&COUNTERS.cpu_bytes_mapped_read, bytes);
    }
    if flags != NVBUF_MAP_READ {
        add(&COUNTERS.cpu_bytes_mapped_write, bytes);
    }
    let thread = crate::threads::current();
    add(&thread.cpu_maps, 1);
    add(&thread.cpu_bytes_mapped, bytes);
}

/// `NvBufSurfaceUnMap`
///
/// # Safety
///
/// As [`Batch::new`].
pub(crate) unsafe extern "C" fn unmap(
    surface: *mut SurfaceHead,
    index: c_int,
    plane: c_int,
) -> c_int {
    let function = Function::NvBufSurfaceUnMap;
    call(function, || {
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::of(function, surface, WITH_DMABUF) }?;
        for i in batch.entries(index)? {
            let mut entry = batch.entry(i)?;
            let planes = entry.planes(plane)?;
            // With -1, those that this descriptor has mapped; a plane by number must be.
            let mut any = false;
            for p in planes {
                if entry.addr(p).is_null() {
                    continue;
                }
                let identity = entry.identity();
                any |= entry.buffer.unmap(function, p, identity);
                entry.set_addr(p, 0);
            }
            if !any {
                refuse!(
                    function,
                    Rule::NotMapped,
                    "plane {plane} of fd {} is not mapped, or unmapped twice",
                    entry.buffer.fd()
                );
            }
        }
        Ok(())
    })
}

/// `NvBufSurfaceSyncForCpu`
///
/// # Safety
///
/// As [`Batch::new`].
pub(crate) unsafe extern "C" fn sync_for_cpu(
    surface: *mut SurfaceHead,
    index: c_int,
    plane: c_int,
) -> c_int {
    let function = Function::NvBufSurfaceSyncForCpu;
    // SAFETY: by this function's contract.
    call(function, || unsafe {
        sync(function, surface, index, plane, Buffer::sync_for_cpu)
    })
}

/// `NvBufSurfaceSyncForDevice`
///
/// # Safety
///
/// As [`Batch::new`].
pub(crate) unsafe extern "C" fn sync_for_device(
    surface: *mut SurfaceHead,
    index: c_int,
    plane: c_int,
) -> c_int {
    let function = Function::NvBufSurfaceSyncForDevice;
    // SAFETY: by this function's contract.
    call(function, || unsafe {
        sync(function, surface, index, plane, Buffer::sync_for_device)
    })
}

/// Checks a sync, and moves the pixels of the planes that it names.
///
/// # Safety
///
/// As [`Batch::new`].
unsafe fn sync(
    function: Function,
    surface: *mut SurfaceHead,
    index: c_int,
    plane: c_int,
    pixels: fn(&Buffer, usize),
) -> Result<(), Refused> {
    // SAFETY: by this function's contract.
    let batch = unsafe { Batch::of(function, surface, WITH_DMABUF) }?;
    for i in batch.entries(index)? {
        let entry = batch.entry(i)?;
        for p in entry.planes(plane)? {
            if entry.addr(p).is_null() || !entry.buffer.is_mapped(p) {
                refuse!(
                    function,
                    Rule::NotMapped,
                    "plane {p} of fd {} is not mapped",
                    entry.buffer.fd()
                );
            }
        }
        if entry.buffer.region.is_busy() {
            add(&COUNTERS.unsynchronised, 1);
        }
        for p in entry.planes(plane)? {
            pixels(&entry.buffer, p);
        }
    }
    Ok(())
}
