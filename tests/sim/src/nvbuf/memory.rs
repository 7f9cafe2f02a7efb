//! Types of memory: which have a dmabuf, which the GPU reaches, how their planes lie.

use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::sync::Arc;

use nvbufsurface_sys::classic as sys;

use super::buffer::{Buffer, Owner, Shape};
use super::layout::Family;
use crate::budget::Room;
use crate::gpu;
use crate::mapping::page_size;
use crate::region::{Kind, Region};
use crate::release;

/// The types with a dmabuf: the CPU maps them, and they have to be synchronised.
pub(crate) const WITH_DMABUF: &[u32] = &[sys::NVBUF_MEM_SURFACE_ARRAY, sys::NVBUF_MEM_HANDLE];

/// Every type that a batch can be of.
pub(crate) const ALL: &[u32] = &[
    sys::NVBUF_MEM_CUDA_PINNED,
    sys::NVBUF_MEM_CUDA_DEVICE,
    sys::NVBUF_MEM_CUDA_UNIFIED,
    sys::NVBUF_MEM_SURFACE_ARRAY,
    sys::NVBUF_MEM_HANDLE,
    sys::NVBUF_MEM_SYSTEM,
];

/// Whether `bufferDesc` is what names a buffer; else it is `dataPtr`.
pub(crate) fn has_dmabuf(mem_type: u32) -> bool {
    WITH_DMABUF.contains(&mem_type)
}

/// Whether it is CUDA's.
pub(crate) fn is_cuda(mem_type: u32) -> bool {
    matches!(
        mem_type,
        sys::NVBUF_MEM_CUDA_PINNED | sys::NVBUF_MEM_CUDA_DEVICE | sys::NVBUF_MEM_CUDA_UNIFIED
    )
}

/// A file of zeros, which stands for a dmabuf. As with one, nobody can change its size.
pub(crate) fn new_file(len: u64) -> std::io::Result<OwnedFd> {
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    // SAFETY: the name is a C string.
    let fd = unsafe { libc::memfd_create(c"nvmm-sim-dmabuf".as_ptr(), flags) };
    if fd < 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: a fresh descriptor that nobody else knows.
    let file = unsafe { OwnedFd::from_raw_fd(fd) };
    let len = i64::try_from(len).map_err(std::io::Error::other)?;
    // SAFETY: changes the length of a file of ours.
    if unsafe { libc::ftruncate(file.as_raw_fd(), len) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    let seals = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;
    // SAFETY: forbids what the simulator's own copies could not bear; touches no memory.
    if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(file)
}

/// The buffers of a new batch, in one block where that was asked for; all or none.
pub(crate) fn new_buffers(
    shape: &Shape,
    batch_size: u32,
    is_contiguous: bool,
) -> std::io::Result<Vec<Arc<Buffer>>> {
    let mut buffers = Vec::new();
    let result = fill(&mut buffers, shape, batch_size, is_contiguous);
    if result.is_err() {
        buffers.iter().for_each(|buffer: &Arc<Buffer>| {
            buffer.retire();
        });
    }
    result.map(|()| buffers)
}

fn fill(
    buffers: &mut Vec<Arc<Buffer>>,
    shape: &Shape,
    batch_size: u32,
    is_contiguous: bool,
) -> std::io::Result<()> {
    // Each begins on a page, as allocations do.
    let each = (shape.size as usize).next_multiple_of(page_size());
    let room = Room::take(each as u64 * u64::from(batch_size))?;
    if has_dmabuf(shape.mem_type) {
        for _ in 0..batch_size {
            let own = room.split(each as u64);
            buffers.push(Buffer::in_room(shape, Owner::Surface, own)?);
        }
        return Ok(());
    }
    let (blocks, per_block) = if is_contiguous {
        (1, batch_size as usize)
    } else {
        (batch_size, 1)
    };
    for _ in 0..blocks {
        let len = each * per_block;
        let file = new_backing(len)?;
        let fd = file.as_ref().map_or(-1, |file| file.as_raw_fd());
        let on_gpu = gpu::Memory::linear(shape.mem_type, len)?;
        let region = Region::new(kind(shape.mem_type), fd, len, room.split(len as u64))?;
        if let Some(memory) = on_gpu {
            region.put_on_gpu(memory);
        }
        for i in 0..per_block {
            let buffer = part(shape, file.as_ref(), &region, i * each);
            // The block may have no buffer yet that would take it out of the address space.
            buffers.push(buffer.inspect_err(|_| region.retire())?);
        }
    }
    Ok(())
}

/// A buffer at a place of a block.
fn part(
    shape: &Shape,
    file: Option<&OwnedFd>,
    region: &Arc<Region>,
    start: usize,
) -> std::io::Result<Arc<Buffer>> {
    let file = file.map(OwnedFd::try_clone).transpose()?;
    Buffer::of_region(shape, file, Arc::clone(region), start)
}

/// The file behind memory without a dmabuf: only where a release can make a dmabuf of it later
/// (`NvBufSurfaceMapNvmmBuffer`).
fn new_backing(len: usize) -> std::io::Result<Option<OwnedFd>> {
    match release::current().family() {
        Family::Classic => Ok(None),
        Family::Extended => new_file(len as u64).map(Some),
    }
}

fn kind(mem_type: u32) -> Kind {
    match mem_type {
        sys::NVBUF_MEM_CUDA_DEVICE => Kind::Device,
        sys::NVBUF_MEM_SYSTEM => Kind::System,
        sys::NVBUF_MEM_CUDA_UNIFIED => Kind::Managed,
        _ => Kind::Pinned,
    }
}

/// The planes of a picture without padding: `disablePitchPadding`. Odd widths are made even; `None`
/// if the size is too much.
pub(crate) fn unpadded(mut shape: Shape) -> Option<Shape> {
    let planes = &mut shape.planes;
    let mut end = 0u32;
    for plane in 0..planes.num_planes as usize {
        let width = planes.width[plane].checked_next_multiple_of(2)?;
        planes.pitch[plane] = width.checked_mul(planes.bytesPerPix[plane])?;
        planes.psize[plane] = planes.pitch[plane].checked_mul(planes.height[plane])?;
        planes.offset[plane] = end;
        end = end.checked_add(planes.psize[plane])?;
    }
    shape.size = end;
    Some(shape)
}
