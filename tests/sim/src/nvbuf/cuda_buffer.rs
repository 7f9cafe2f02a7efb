//! `NvBufSurfaceMapCudaBuffer`, `NvBufSurfaceSyncGpuL2CacheForDevice`: CUDA's view of a surface
//! without an EGLImage.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::mem::offset_of;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard};

use nvbufsurface_sys::classic::NVBUF_LAYOUT_BLOCK_LINEAR;
use nvbufsurface_sys::extended::{self as sys, NvBufSurfaceCudaBuffer};

use super::buffer::Buffer;
use super::descriptor::{Batch, Entry};
use super::layout::SurfaceHead;
use super::{Refused, call, refuse};
use crate::block::Block;
use crate::functions::Function;
use crate::gpu;
use crate::rule::Rule;
use crate::stats::{COUNTERS, add, sub};
use crate::table;

/// Where an entry of the list has the pointer, in the releases that have the functions.
const CUDA_PTR: usize = offset_of!(sys::NvBufSurfaceParams, mappedAddr)
    + offset_of!(sys::NvBufSurfaceMappedAddr, cudaPtr);

/// A view, with the struct that the program reads.
#[derive(Debug)]
struct View {
    buffer: Arc<Buffer>,
    _block: Block,
}

/// Live views by the address of their struct.
static VIEWS: Mutex<BTreeMap<usize, View>> = Mutex::new(BTreeMap::new());

fn views() -> MutexGuard<'static, BTreeMap<usize, View>> {
    VIEWS.lock().unwrap_or_else(|e| e.into_inner())
}

/// `NvBufSurfaceMapCudaBuffer`. While it is mapped the GPU reaches it, as if it were registered.
///
/// # Safety
///
/// As [`Batch::new`].
pub(crate) unsafe extern "C" fn map(surface: *mut SurfaceHead, index: c_int) -> c_int {
    let function = Function::NvBufSurfaceMapCudaBuffer;
    call(function, || {
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::new(function, surface) }?;
        for i in batch.entries(index)? {
            map_entry(function, &mut batch.entry(i)?)?;
        }
        Ok(())
    })
}

fn map_entry(function: Function, entry: &mut Entry) -> Result<(), Refused> {
    let buffer = &entry.buffer;
    if buffer.layout == NVBUF_LAYOUT_BLOCK_LINEAR {
        crate::log::unsupported(format_args!("{function:?} of a block linear buffer"));
        return Err(Refused);
    }
    if gpu::is_on() {
        crate::log::unsupported(format_args!(
            "{function:?} in GPU mode: pictures are textures"
        ));
        return Err(Refused);
    }
    let address = std::ptr::with_exposed_provenance_mut(buffer.device_address(0));
    let mut block = Block::zeroed(size_of::<NvBufSurfaceCudaBuffer>());
    let value = NvBufSurfaceCudaBuffer {
        basePtr: address,
        dataPtr: address,
        extMem: std::ptr::without_provenance_mut(table::new_handle()),
        ..Default::default()
    };
    block.put(0, value);
    let pointer = block.address();
    buffer.region.registrations.fetch_add(1, SeqCst);
    let view = View {
        buffer: Arc::clone(buffer),
        _block: block,
    };
    views().insert(pointer.addr(), view);
    add(&COUNTERS.cuda_buffers_alive, 1);
    // Whatever a copied descriptor carried along here is overwritten, and not undone.
    entry.set_pointer(CUDA_PTR, pointer);
    Ok(())
}

/// `NvBufSurfaceUnMapCudaBuffer`
///
/// # Safety
///
/// As [`Batch::new`].
pub(crate) unsafe extern "C" fn unmap(surface: *mut SurfaceHead, index: c_int) -> c_int {
    let function = Function::NvBufSurfaceUnMapCudaBuffer;
    call(function, || {
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::new(function, surface) }?;
        for i in batch.entries(index)? {
            unmap_entry(function, &mut batch.entry(i)?)?;
        }
        Ok(())
    })
}

fn unmap_entry(function: Function, entry: &mut Entry) -> Result<(), Refused> {
    let pointer = entry.pointer(CUDA_PTR).addr();
    let fd = entry.buffer.fd();
    let mut views = views();
    let is_own = views
        .get(&pointer)
        .is_some_and(|view| Arc::ptr_eq(&view.buffer, &entry.buffer));
    if !is_own {
        drop(views);
        refuse!(
            function,
            Rule::NotMapped,
            "cudaPtr {pointer:#x} is no CUDA buffer of fd {fd}, or unmapped twice"
        );
    }
    views.remove(&pointer);
    drop(views);
    if entry.buffer.region.is_busy() {
        crate::log::violation(
            Rule::UnregisterWhileBusy,
            format_args!("{function:?}: GPU work on fd {fd} is not finished"),
        );
    }
    entry.buffer.region.registrations.fetch_sub(1, SeqCst);
    sub(&COUNTERS.cuda_buffers_alive);
    entry.set_pointer(CUDA_PTR, std::ptr::null_mut());
    Ok(())
}

/// `NvBufSurfaceSyncGpuL2CacheForDevice`: there is no such cache here, so arguments are all that can
/// be wrong.
///
/// # Safety
///
/// As [`Batch::of`].
pub(crate) unsafe extern "C" fn sync_gpu_l2(
    surface: *mut SurfaceHead,
    index: c_int,
    params: Option<&sys::NvBufSurfaceGPUL2SyncParams>,
) -> c_int {
    let function = Function::NvBufSurfaceSyncGpuL2CacheForDevice;
    call(function, || {
        let types = [sys::NVBUF_MEM_CUDA_DEVICE, sys::NVBUF_MEM_SURFACE_ARRAY];
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::of(function, surface, &types) }?;
        let Some(params) = params else {
            refuse!(function, Rule::NullArgument, "the parameters are NULL")
        };
        if !matches!(
            params.type_,
            sys::NVBUF_GPU_L2_CACHE_INVALIDATE
                | sys::NVBUF_GPU_L2_CACHE_FLUSH
                | sys::NVBUF_GPU_L2_CACHE_FLUSH_INVALIDATE
        ) {
            refuse!(function, "type is {}", params.type_);
        }
        for i in batch.entries(index)? {
            batch.entry(i)?;
        }
        Ok(())
    })
}
