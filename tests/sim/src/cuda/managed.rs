//! Managed memory: one address for the CPU and the GPU.

#![forbid(unsafe_code)]

use std::ffi::{c_int, c_uint};
use std::sync::Arc;

use super::error::{CudaError, INVALID_DEVICE, INVALID_VALUE};
use super::work::Command;
use super::{CuResult, Out, call, context, memory, stream};
use crate::functions::Function;
use crate::region::{self, Kind, Region};

const ATTACH_GLOBAL: c_uint = 1;
const ATTACH_HOST: c_uint = 2;
const ATTACH_SINGLE: c_uint = 4;
/// `CU_DEVICE_CPU`
const CPU: c_int = -1;

/// The managed memory that holds a range.
fn find(address: usize, len: usize) -> Result<Arc<Region>, CudaError> {
    region::find(address)
        .filter(|region| region.kind() == Kind::Managed && region.holds(address, len))
        .ok_or(INVALID_VALUE)
}

/// `cuMemAllocManaged`
pub(crate) extern "C" fn alloc(out: Out<'_, usize>, size: usize, flags: c_uint) -> CuResult {
    call(Function::cuMemAllocManaged, || {
        let out = out.ok_or(INVALID_VALUE)?;
        if !matches!(flags, ATTACH_GLOBAL | ATTACH_HOST) {
            return Err(INVALID_VALUE);
        }
        out.write(memory::allocate(Kind::Managed, size, flags)?);
        Ok(())
    })
}

/// `cuStreamAttachMemAsync`: takes its place in the stream; nothing is held to it.
pub(crate) extern "C" fn attach(
    stream: usize,
    address: usize,
    len: usize,
    flags: c_uint,
) -> CuResult {
    call(Function::cuStreamAttachMemAsync, || {
        let stream = stream::find(stream)?;
        let region = find(address, len)?;
        // All of the allocation, which 0 stands for.
        let is_whole = address == region.base() && (len == 0 || len == region.size());
        let fits = match flags {
            ATTACH_GLOBAL | ATTACH_HOST => true,
            ATTACH_SINGLE => !stream.is_null,
            _ => false,
        };
        if !is_whole || !fits {
            return Err(INVALID_VALUE);
        }
        stream.enqueue(|slot| slot.command = Command::Nothing);
        Ok(())
    })
}

/// `cuMemAdvise`: what is about the GPU needs concurrent access, which there is not.
pub(crate) extern "C" fn advise(
    address: usize,
    len: usize,
    advice: c_uint,
    device: c_int,
) -> CuResult {
    call(Function::cuMemAdvise, || {
        context::current()?;
        find(address, len)?;
        match (advice, device) {
            // Read mostly: the device does not matter.
            (1 | 2, _) | (3..=6, CPU) => Ok(()),
            (3..=6, _) => Err(INVALID_DEVICE),
            _ => Err(INVALID_VALUE),
        }
    })
}

/// `cuMemPrefetchAsync`: needs concurrent access, as [`advise`].
pub(crate) extern "C" fn prefetch(
    address: usize,
    len: usize,
    _device: c_int,
    stream: usize,
) -> CuResult {
    call(Function::cuMemPrefetchAsync, || {
        stream::find(stream)?;
        find(address, len)?;
        Err(INVALID_DEVICE)
    })
}
