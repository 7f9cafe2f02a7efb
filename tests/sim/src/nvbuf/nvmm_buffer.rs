//! `NvBufSurfaceMapNvmmBuffer`: a SURFACE_ARRAY surface of memory of CUDA's.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::mem::offset_of;
use std::sync::{Arc, Mutex, MutexGuard};

use nvbufsurface_sys::extended::{self as sys, NvBufSurfaceNvmmBuffer};

use super::buffer::{Buffer, Owner, Shape};
use super::descriptor::{Batch, Entry};
use super::layout::SurfaceHead;
use super::{Refused, call, refuse, surface};
use crate::block::Block;
use crate::functions::Function;
use crate::mapping::page_size;
use crate::rule::Rule;

/// Where an entry of the list has the pointer, in the releases that have the functions.
const NVMM_PTR: usize = offset_of!(sys::NvBufSurfaceParams, mappedAddr)
    + offset_of!(sys::NvBufSurfaceMappedAddr, nvmmPtr);

/// Types of memory that have such a view. CUDA_ARRAY would, and is refused at creation.
const TYPES: &[u32] = &[sys::NVBUF_MEM_CUDA_DEVICE, sys::NVBUF_MEM_CUDA_PINNED];

/// A view, with the struct that the program reads.
#[derive(Debug)]
struct View {
    /// The memory that it is a view of.
    buffer: Arc<Buffer>,
    /// The address of its `NvBufSurface`.
    surface: usize,
    _block: Block,
}

/// Live views by the address of their struct.
static VIEWS: Mutex<BTreeMap<usize, View>> = Mutex::new(BTreeMap::new());

fn views() -> MutexGuard<'static, BTreeMap<usize, View>> {
    VIEWS.lock().unwrap_or_else(|e| e.into_inner())
}

/// Says that a buffer which is destroyed still has a view.
pub(crate) fn report(function: Function, buffer: &Arc<Buffer>) {
    let count = views()
        .values()
        .filter(|view| Arc::ptr_eq(&view.buffer, buffer))
        .count();
    if count > 0 {
        crate::log::violation(
            Rule::DestroyWhileMapped,
            format_args!("{function:?}: CUDA memory still has {count} NVMM buffer(s)"),
        );
    }
}

/// `NvBufSurfaceMapNvmmBuffer`
///
/// # Safety
///
/// As [`Batch::of`].
pub(crate) unsafe extern "C" fn map(surface: *mut SurfaceHead, index: c_int) -> c_int {
    let function = Function::NvBufSurfaceMapNvmmBuffer;
    call(function, || {
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::of(function, surface, TYPES) }?;
        for i in batch.entries(index)? {
            map_entry(function, &mut batch.entry(i)?)?;
        }
        Ok(())
    })
}

fn map_entry(function: Function, entry: &mut Entry) -> Result<(), Refused> {
    let buffer = Arc::clone(&entry.buffer);
    let Some(shape) = shape(&buffer) else {
        crate::log::unsupported(format_args!("{function:?} of memory without padding"));
        return Err(Refused);
    };
    let view = buffer.file.as_ref().map(|file| {
        let file = file.try_clone()?;
        Buffer::of_file(&shape, Owner::Surface, file)
    });
    let view = match view {
        Some(Ok(view)) => view,
        Some(Err(error)) => {
            crate::log::line(format_args!("{function:?}: no memory: {error}"));
            return Err(Refused);
        }
        None => {
            crate::log::unsupported(format_args!("{function:?} of this memory"));
            return Err(Refused);
        }
    };
    view.share();
    let fd = view.fd().unsigned_abs();
    let surface: *mut c_void = surface::view(0, view);
    let mut block = Block::zeroed(size_of::<NvBufSurfaceNvmmBuffer>());
    let value = NvBufSurfaceNvmmBuffer {
        dataPtr: surface,
        bufferDesc: fd.into(),
        ..Default::default()
    };
    block.put(0, value);
    let pointer = block.address();
    let view = View {
        buffer,
        surface: surface.addr(),
        _block: block,
    };
    views().insert(pointer.addr(), view);
    entry.set_pointer(NVMM_PTR, pointer);
    Ok(())
}

/// The shape of the view of a whole file: as the hardware needs it, or none.
fn shape(buffer: &Buffer) -> Option<Shape> {
    let mut planes = buffer.planes;
    let page = u32::try_from(page_size()).ok()?;
    let start = u32::try_from(buffer.start()).ok()?;
    for plane in 0..buffer.num_planes() {
        planes.offset[plane] = planes.offset[plane].checked_add(start)?;
        let is_aligned = planes.offset[plane].is_multiple_of(page)
            && planes.psize[plane].is_multiple_of(page)
            && (buffer.is_raw() || planes.pitch[plane].is_multiple_of(256));
        if !is_aligned {
            return None;
        }
    }
    Some(Shape {
        mem_type: sys::NVBUF_MEM_SURFACE_ARRAY,
        extra: buffer.extra,
        width: buffer.width,
        height: buffer.height,
        color_format: buffer.color_format,
        layout: buffer.layout,
        planes,
        size: buffer.size.checked_add(start)?,
    })
}

/// `NvBufSurfaceUnMapNvmmBuffer`
///
/// # Safety
///
/// As [`Batch::of`].
pub(crate) unsafe extern "C" fn unmap(surface: *mut SurfaceHead, index: c_int) -> c_int {
    let function = Function::NvBufSurfaceUnMapNvmmBuffer;
    call(function, || {
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::of(function, surface, TYPES) }?;
        for i in batch.entries(index)? {
            unmap_entry(function, &mut batch.entry(i)?)?;
        }
        Ok(())
    })
}

fn unmap_entry(function: Function, entry: &mut Entry) -> Result<(), Refused> {
    let pointer = entry.pointer(NVMM_PTR).addr();
    let mut views = views();
    let is_own = views
        .get(&pointer)
        .is_some_and(|view| Arc::ptr_eq(&view.buffer, &entry.buffer));
    let view = is_own.then(|| views.remove(&pointer)).flatten();
    drop(views);
    let Some(view) = view else {
        refuse!(
            function,
            Rule::NotMapped,
            "nvmmPtr {pointer:#x} is no NVMM buffer of this memory, or unmapped twice"
        )
    };
    entry.set_pointer(NVMM_PTR, std::ptr::null_mut());
    let Some(gone) = surface::take(view.surface) else {
        refuse!(
            function,
            Rule::DoubleDestroy,
            "the program has destroyed the surface of the NVMM buffer"
        )
    };
    for buffer in &gone.buffers {
        buffer.report_users(function);
        buffer.retire();
    }
    Ok(())
}
