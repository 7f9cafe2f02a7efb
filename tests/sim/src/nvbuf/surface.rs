//! The batches that the library made and owns until they are destroyed.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard};

use nvbufsurface_sys::classic::NVBUF_MEM_SURFACE_ARRAY;

use super::buffer::Buffer;
use super::layout::{ParamsHead, SurfaceHead};
use super::memory;
use super::request::Request;
use crate::block::Block;
use crate::release;
use crate::stats::{COUNTERS, add, sub};

/// A batch: blocks of exactly the sizes of the release's structs, which lead to each other.
#[derive(Debug)]
pub(crate) struct Surface {
    surface: Block,
    _list: Block,
    _extras: Option<Block>,
    pub(crate) buffers: Vec<Arc<Buffer>>,
}

/// By the address of the `NvBufSurface`.
static SURFACES: Mutex<BTreeMap<usize, Surface>> = Mutex::new(BTreeMap::new());

fn surfaces() -> MutexGuard<'static, BTreeMap<usize, Surface>> {
    SURFACES.lock().unwrap_or_else(|e| e.into_inner())
}

/// Makes a batch and gives the address of its `NvBufSurface`.
pub(crate) fn make(request: &Request, batch_size: u32) -> std::io::Result<*mut c_void> {
    let buffers = memory::new_buffers(&request.shape, batch_size, request.is_contiguous)?;
    let surface = Surface::of(request.gpu_id, buffers, request.is_contiguous);
    Ok(enter(surface))
}

/// Makes a batch of one buffer that came from elsewhere.
pub(crate) fn import(gpu_id: u32, buffer: Arc<Buffer>) -> *mut c_void {
    let mut surface = Surface::of(gpu_id, vec![buffer], false);
    if let Some(offset) = release::current().family().is_imported() {
        surface.surface.put(offset, true);
    }
    enter(surface)
}

/// Makes a batch that is another view of a buffer.
pub(crate) fn view(gpu_id: u32, buffer: Arc<Buffer>) -> *mut c_void {
    enter(Surface::of(gpu_id, vec![buffer], false))
}

fn enter(surface: Surface) -> *mut c_void {
    let pointer = surface.surface.address();
    surfaces().insert(pointer.expose_provenance(), surface);
    add(&COUNTERS.surfaces_allocated, 1);
    let alive = add(&COUNTERS.surfaces_alive, 1);
    COUNTERS.surfaces_peak.fetch_max(alive, Relaxed);
    pointer
}

/// Takes a batch out of the table; `None` if there is none at this address.
pub(crate) fn take(address: usize) -> Option<Surface> {
    let surface = surfaces().remove(&address)?;
    sub(&COUNTERS.surfaces_alive);
    Some(surface)
}

/// The address of the batch that has an fd.
pub(crate) fn of_fd(fd: c_int) -> Option<usize> {
    surfaces()
        .iter()
        .find(|(_, surface)| surface.buffers.iter().any(|b| fd >= 0 && b.fd() == fd))
        .map(|(pointer, _)| *pointer)
}

impl Surface {
    fn of(gpu_id: u32, buffers: Vec<Arc<Buffer>>, is_contiguous: bool) -> Self {
        let release = release::current();
        let family = release.family();
        let mut surface = Block::zeroed(family.surface_size());
        let mut list = Block::zeroed(buffers.len() * family.stride());
        let mut extras = release
            .has_paramex()
            .then(|| Block::zeroed(buffers.len() * family.extra_size()));
        for (i, buffer) in buffers.iter().enumerate() {
            list.put(i * family.stride(), params_of(buffer));
            if let Some(extras) = &mut extras {
                family.put_extra(extras, i, buffer.extra);
                let pointer = extras.at(i * family.extra_size());
                list.put(i * family.stride() + family.paramex(), pointer);
            }
        }
        surface.put(
            0,
            SurfaceHead {
                gpu_id,
                batch_size: u32::try_from(buffers.len()).unwrap_or(0),
                num_filled: 0,
                is_contiguous: is_contiguous.into(),
                mem_type: buffers.first().map_or(0, |buffer| buffer.mem_type),
                list: list.address(),
            },
        );
        Self {
            surface,
            _list: list,
            _extras: extras,
            buffers,
        }
    }
}

/// The memory, where there is no dmabuf. That of a SURFACE_ARRAY is NULL, or in R32 its `nv_buffer`.
fn data_ptr(buffer: &Buffer) -> *mut c_void {
    if let Some(address) = buffer.data_address() {
        return std::ptr::with_exposed_provenance_mut(address);
    }
    let is_handle =
        release::current().data_is_nv_buffer() && buffer.mem_type == NVBUF_MEM_SURFACE_ARRAY;
    match &buffer.handle {
        Some(handle) if is_handle => handle.address(),
        _ => std::ptr::null_mut(),
    }
}

fn params_of(buffer: &Buffer) -> ParamsHead {
    ParamsHead {
        width: buffer.width,
        height: buffer.height,
        pitch: buffer.planes.pitch[0],
        color_format: buffer.color_format,
        layout: buffer.layout,
        // Of memory without a dmabuf nothing says what it is.
        buffer_desc: buffer.fd().try_into().unwrap_or(0),
        data_size: buffer.size,
        data_ptr: data_ptr(buffer),
        planes: buffer.planes,
        addr: [std::ptr::null_mut(); 4],
        egl_image: std::ptr::null_mut(),
    }
}
