//! Device memory, which no CPU access reaches, and what is known of every allocation.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::c_uint;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};

use super::error::{CudaError, INVALID_VALUE, NOT_SUPPORTED, OUT_OF_MEMORY};
use super::{CuResult, Out, call, context, device, put_if, queue, stream};
use crate::budget::{self, Room};
use crate::functions::Function;
use crate::region::{Kind, Region};
use crate::stats::{COUNTERS, add, sub};

/// Rows of `cuMemAllocPitch`.
const PITCH: usize = 512;

/// Bytes of the device's memory that are taken.
static USED: AtomicUsize = AtomicUsize::new(0);

/// Memory that the program asked for, or registered.
#[derive(Clone, Debug)]
pub(crate) struct Allocation {
    pub(crate) region: Arc<Region>,
    /// The handle of its context.
    pub(crate) context: usize,
    /// What the call was given.
    pub(crate) flags: c_uint,
}

/// What is allocated, by address.
static ALLOCATIONS: Mutex<BTreeMap<usize, Allocation>> = Mutex::new(BTreeMap::new());

fn allocations() -> MutexGuard<'static, BTreeMap<usize, Allocation>> {
    ALLOCATIONS.lock().unwrap_or_else(|e| e.into_inner())
}

fn available() -> usize {
    device::gpu().memory().saturating_sub(USED.load(SeqCst))
}

/// Takes memory of the device's.
pub(crate) fn take(kind: Kind, size: usize) -> Result<Arc<Region>, CudaError> {
    let total = device::gpu().memory();
    let grow = |used: usize| used.checked_add(size).filter(|sum| *sum <= total);
    USED.fetch_update(SeqCst, SeqCst, grow)
        .map_err(|_| OUT_OF_MEMORY)?;
    let region = Room::take(size as u64).and_then(|room| Region::new(kind, -1, size, room));
    region.map_err(|_| {
        give_back(size);
        OUT_OF_MEMORY
    })
}

/// Undoes one [`take`].
pub(crate) fn give_back(size: usize) {
    USED.fetch_sub(size, SeqCst);
}

/// Allocates in the current context.
pub(crate) fn allocate(kind: Kind, size: usize, flags: c_uint) -> Result<usize, CudaError> {
    let context = context::current()?.handle;
    if size == 0 {
        return Err(INVALID_VALUE);
    }
    let region = take(kind, size)?;
    let address = region.base();
    note(region, context, flags);
    add(&COUNTERS.device_allocations_alive, 1);
    Ok(address)
}

/// Keeps what is known of memory.
pub(crate) fn note(region: Arc<Region>, context: usize, flags: c_uint) {
    let allocation = Allocation {
        region,
        context,
        flags,
    };
    allocations().insert(allocation.region.base(), allocation);
}

/// What is known of the memory that begins at an address.
pub(crate) fn find(address: usize) -> Option<Allocation> {
    allocations().get(&address).cloned()
}

/// Takes the memory that begins at an address out of the books, if it is of one of some kinds, and
/// waits for the GPU, as the driver does.
pub(crate) fn release(kinds: &[Kind], address: usize, unknown: CudaError) -> Result<(), CudaError> {
    context::end(|context| {
        let mut all = allocations();
        if !all
            .get(&address)
            .is_some_and(|known| kinds.contains(&known.region.kind()))
        {
            return Err(unknown);
        }
        let allocation = all.remove(&address).ok_or(unknown)?;
        drop(all);
        queue::of_context(context.handle, |_| true).wait();
        // Work of other contexts may use it, too.
        queue::wait_until_unused(&allocation.region);
        allocation.free();
        Ok(())
    })
}

/// Frees the memory of a context.
pub(crate) fn context_gone(context: usize) {
    allocations().retain(|_, allocation| {
        let stays = allocation.context != context;
        if !stays {
            allocation.free();
        }
        stays
    });
}

impl Allocation {
    fn free(&self) {
        self.region.retire();
        if self.region.kind() != Kind::Registered {
            give_back(self.region.size());
            sub(&COUNTERS.device_allocations_alive);
        }
    }
}

/// `cuMemAlloc_v2`
pub(crate) extern "C" fn alloc(out: Out<'_, usize>, size: usize) -> CuResult {
    call(Function::cuMemAlloc_v2, || {
        out.ok_or(INVALID_VALUE)?
            .write(allocate(Kind::Device, size, 0)?);
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
        let size = pitch.checked_mul(height).ok_or(INVALID_VALUE)?;
        out.write(allocate(Kind::Device, size, 0)?);
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
            release(&[Kind::Device, Kind::Managed], address, INVALID_VALUE)
        }
    })
}

/// `cuMemAllocAsync`: the device has no memory pools, as its attribute says.
pub(crate) extern "C" fn alloc_async(out: Out<'_, usize>, size: usize, stream: usize) -> CuResult {
    call(Function::cuMemAllocAsync, || {
        stream::find(stream)?;
        if out.is_none() || size == 0 {
            return Err(INVALID_VALUE);
        }
        Err(NOT_SUPPORTED)
    })
}

/// `cuMemFreeAsync`: as [`alloc_async`].
pub(crate) extern "C" fn free_async(address: usize, stream: usize) -> CuResult {
    call(Function::cuMemFreeAsync, || {
        stream::find(stream)?;
        find(address).ok_or(INVALID_VALUE)?;
        Err(NOT_SUPPORTED)
    })
}

/// `cuMemGetInfo_v2`
pub(crate) extern "C" fn get_info(free: Out<'_, usize>, total: Out<'_, usize>) -> CuResult {
    call(Function::cuMemGetInfo_v2, || {
        context::current()?;
        let (limit, rest) = budget::limit_and_rest();
        let within = |bytes: u64, most: usize| usize::try_from(bytes).map_or(most, |b| b.min(most));
        // CPU and GPU have one memory: buffers count where there is a limit for both.
        put_if(free, within(rest, available()));
        put_if(total, within(limit, device::gpu().memory()));
        Ok(())
    })
}
