//! Pinned memory of the host: allocated here, or the program's and registered.

use std::ffi::{c_uint, c_void};
use std::sync::Arc;

use super::error::{
    CudaError, HOST_MEMORY_ALREADY_REGISTERED, HOST_MEMORY_NOT_REGISTERED, INVALID_VALUE,
    NOT_SUPPORTED,
};
use super::{CuResult, Out, call, context, device, memory, put};
use crate::functions::Function;
use crate::mapping::page_size;
use crate::region::{self, Kind, Region};

/// Portable, mapped, write-combined.
const ALLOC_FLAGS: c_uint = 7;
/// Portable, mapped.
const REGISTER_FLAGS: c_uint = 3;
/// I/O memory, read-only: not done here.
const SPECIAL_FLAGS: c_uint = 12;

fn allocate(out: Out<'_, *mut c_void>, size: usize, flags: c_uint) -> Result<(), CudaError> {
    let out = out.ok_or(INVALID_VALUE)?;
    let address = memory::allocate(Kind::Pinned, size, flags)?;
    out.write(std::ptr::with_exposed_provenance_mut(address));
    Ok(())
}

/// The pinned memory that holds an address.
fn pinned(address: *const c_void) -> Result<Arc<Region>, CudaError> {
    let region = region::find(address.addr()).filter(|region| region.kind().is_host());
    region.ok_or(INVALID_VALUE)
}

/// `cuMemAllocHost_v2`
pub(crate) extern "C" fn alloc_plain(out: Out<'_, *mut c_void>, size: usize) -> CuResult {
    call(Function::cuMemAllocHost_v2, || allocate(out, size, 0))
}

/// `cuMemHostAlloc`
pub(crate) extern "C" fn alloc(out: Out<'_, *mut c_void>, size: usize, flags: c_uint) -> CuResult {
    call(Function::cuMemHostAlloc, || {
        if flags & !ALLOC_FLAGS != 0 {
            return Err(INVALID_VALUE);
        }
        allocate(out, size, flags)
    })
}

/// `cuMemFreeHost`
pub(crate) extern "C" fn free(address: *mut c_void) -> CuResult {
    call(Function::cuMemFreeHost, || {
        memory::release(&[Kind::Pinned], address.addr(), INVALID_VALUE)
    })
}

/// `cuMemHostGetDevicePointer_v2`: addresses are unified.
pub(crate) extern "C" fn get_device_pointer(
    out: Out<'_, usize>,
    address: *mut c_void,
    flags: c_uint,
) -> CuResult {
    call(Function::cuMemHostGetDevicePointer_v2, || {
        context::current()?;
        if flags != 0 {
            return Err(INVALID_VALUE);
        }
        pinned(address)?;
        put(out, address.addr())
    })
}

/// `cuMemHostGetFlags`
pub(crate) extern "C" fn get_flags(out: Out<'_, c_uint>, address: *mut c_void) -> CuResult {
    call(Function::cuMemHostGetFlags, || {
        context::current()?;
        // That of a surface was allocated by the library, without flags.
        let known = memory::find(pinned(address)?.base());
        put(out, known.map_or(0, |allocation| allocation.flags))
    })
}

/// `cuMemHostRegister_v2`
pub(crate) extern "C" fn register(address: *mut c_void, size: usize, flags: c_uint) -> CuResult {
    call(Function::cuMemHostRegister_v2, || {
        let context = context::current()?.handle;
        if !device::gpu().registers_host_memory() {
            return Err(NOT_SUPPORTED);
        }
        if address.is_null() || size == 0 || flags & !(REGISTER_FLAGS | SPECIAL_FLAGS) != 0 {
            return Err(INVALID_VALUE);
        }
        if flags & SPECIAL_FLAGS != 0 {
            crate::log::unsupported(format_args!("cuMemHostRegister with flags {flags:#x}"));
            return Err(NOT_SUPPORTED);
        }
        let address = address.expose_provenance();
        if !is_mapped(address, size) {
            return Err(INVALID_VALUE);
        }
        let region = Region::registered(address, size).ok_or(HOST_MEMORY_ALREADY_REGISTERED)?;
        memory::note(region, context, flags);
        Ok(())
    })
}

/// Whether the process has memory at all of some addresses.
fn is_mapped(address: usize, size: usize) -> bool {
    let page = page_size();
    let start = address - address % page;
    let Some(end) = address.checked_add(size) else {
        return false;
    };
    // SAFETY: a flush of anonymous memory does nothing, one of a file writes what is to be written
    // anyway; addresses without memory are an error.
    let result = unsafe {
        libc::msync(
            std::ptr::with_exposed_provenance_mut(start),
            end - start,
            libc::MS_ASYNC,
        )
    };
    result == 0
}

/// `cuMemHostUnregister`
pub(crate) extern "C" fn unregister(address: *mut c_void) -> CuResult {
    call(Function::cuMemHostUnregister, || {
        if !device::gpu().registers_host_memory() {
            return Err(NOT_SUPPORTED);
        }
        if address.is_null() {
            return Err(INVALID_VALUE);
        }
        memory::release(
            &[Kind::Registered],
            address.addr(),
            HOST_MEMORY_NOT_REGISTERED,
        )
    })
}
