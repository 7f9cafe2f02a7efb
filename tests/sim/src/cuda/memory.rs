//! Device memory, which no CPU access reaches, and pinned host memory.

use std::collections::BTreeMap;
use std::ffi::{c_uint, c_void};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};

use super::device::TOTAL_MEMORY;
use super::error::{CudaError, INVALID_VALUE, OUT_OF_MEMORY};
use super::{CuResult, Out, call, context, put_if, queue};
use crate::budget::{self, Room};
use crate::functions::Function;
use crate::region::{Kind, Region};
use crate::stats::{COUNTERS, add, sub};

/// Rows of `cuMemAllocPitch`.
const PITCH: usize = 512;

static USED: AtomicUsize = AtomicUsize::new(0);
/// What is allocated, by address, with its size.
static ALLOCATIONS: Mutex<BTreeMap<usize, (Arc<Region>, usize)>> = Mutex::new(BTreeMap::new());

fn allocations() -> MutexGuard<'static, BTreeMap<usize, (Arc<Region>, usize)>> {
    ALLOCATIONS.lock().unwrap_or_else(|e| e.into_inner())
}

fn allocate(kind: Kind, size: usize) -> Result<usize, CudaError> {
    context::current()?;
    if size == 0 {
        return Err(INVALID_VALUE);
    }
    if size > TOTAL_MEMORY.saturating_sub(USED.load(SeqCst)) {
        return Err(OUT_OF_MEMORY);
    }
    let room = Room::take(size as u64).map_err(|_| OUT_OF_MEMORY)?;
    let region = Region::new(kind, -1, size, room).map_err(|_| OUT_OF_MEMORY)?;
    let address = region.base();
    USED.fetch_add(size, SeqCst);
    allocations().insert(address, (region, size));
    add(&COUNTERS.device_allocations_alive, 1);
    Ok(address)
}

fn release(kind: Kind, address: usize) -> Result<(), CudaError> {
    let context = context::current()?;
    let mut all = allocations();
    if !all
        .get(&address)
        .is_some_and(|(region, _)| region.kind() == kind)
    {
        return Err(INVALID_VALUE);
    }
    let Some((region, size)) = all.remove(&address) else {
        return Err(INVALID_VALUE);
    };
    drop(all);
    // As the driver does: freeing waits for the GPU.
    queue::of_context(context.handle, |_| true).wait();
    region.retire();
    USED.fetch_sub(size, SeqCst);
    sub(&COUNTERS.device_allocations_alive);
    Ok(())
}

/// `cuMemAlloc_v2`
pub(crate) extern "C" fn alloc(out: Out<'_, usize>, size: usize) -> CuResult {
    call(Function::cuMemAlloc_v2, || {
        out.ok_or(INVALID_VALUE)?
            .write(allocate(Kind::Device, size)?);
        Ok(())
    })
}

/// `cuMemAllocPitch_v2`
pub(crate) extern "C" fn alloc_pitch(
    out: Out<'_, usize>,
    pitch_out: Out<'_, usize>,
    width: usize,
    height: usize,
    element: c_uint,
) -> CuResult {
    call(Function::cuMemAllocPitch_v2, || {
        let (out, pitch_out) = out.zip(pitch_out).ok_or(INVALID_VALUE)?;
        if !matches!(element, 4 | 8 | 16) {
            return Err(INVALID_VALUE);
        }
        let pitch = width.checked_next_multiple_of(PITCH).ok_or(INVALID_VALUE)?;
        out.write(allocate(
            Kind::Device,
            pitch.checked_mul(height).ok_or(INVALID_VALUE)?,
        )?);
        pitch_out.write(pitch);
        Ok(())
    })
}

/// `cuMemFree_v2`
pub(crate) extern "C" fn free(address: usize) -> CuResult {
    call(Function::cuMemFree_v2, || {
        if address == 0 {
            Ok(())
        } else {
            release(Kind::Device, address)
        }
    })
}

/// `cuMemAllocHost_v2`
pub(crate) extern "C" fn alloc_host(out: Out<'_, *mut c_void>, size: usize) -> CuResult {
    call(Function::cuMemAllocHost_v2, || {
        let out = out.ok_or(INVALID_VALUE)?;
        out.write(std::ptr::with_exposed_provenance_mut(allocate(
            Kind::Pinned,
            size,
        )?));
        Ok(())
    })
}

/// `cuMemFreeHost`
pub(crate) extern "C" fn free_host(address: *mut c_void) -> CuResult {
    call(Function::cuMemFreeHost, || {
        release(Kind::Pinned, address.addr())
    })
}

/// `cuMemGetInfo_v2`
pub(crate) extern "C" fn get_info(free: Out<'_, usize>, total: Out<'_, usize>) -> CuResult {
    call(Function::cuMemGetInfo_v2, || {
        context::current()?;
        let (limit, rest) = budget::limit_and_rest();
        let within = |bytes: u64, most: usize| usize::try_from(bytes).map_or(most, |b| b.min(most));
        // CPU and GPU have one memory: buffers count where there is a limit for both.
        let left = TOTAL_MEMORY.saturating_sub(USED.load(SeqCst));
        put_if(free, within(rest, left));
        put_if(total, within(limit, TOTAL_MEMORY));
        Ok(())
    })
}
