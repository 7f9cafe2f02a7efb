//! What `NvBufSurfaceCreate` and `NvBufSurfaceAllocate` are asked for, read and checked.

use std::ffi::c_void;

use nvbufsurface_sys::{classic as sys, extended};

use super::buffer::Shape;
use super::layout::{CreateHead, Extra};
use super::{Refused, format, memory, refuse};
use crate::functions::Function;
use crate::release;

/// The parameters of a new batch.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) gpu_id: u32,
    /// All buffers in one block. Only CUDA's memory can be so.
    pub(crate) is_contiguous: bool,
    pub(crate) shape: Shape,
}

/// Reads a value out of a struct of the caller.
///
/// # Safety
///
/// `params` points to a struct with a `T` at `offset`.
unsafe fn field<T: Copy>(params: *const c_void, offset: usize) -> T {
    let place = params.wrapping_byte_add(offset).cast::<T>();
    // SAFETY: by this function's contract.
    unsafe { place.read_unaligned() }
}

impl Request {
    /// What a `NvBufSurfaceCreateParams` asks for.
    ///
    /// # Safety
    ///
    /// `params` is null or points to one of the release's family.
    pub(crate) unsafe fn of_create(
        function: Function,
        params: *const c_void,
    ) -> Result<Self, Refused> {
        if params.is_null() {
            refuse!(function, Rule::NullArgument, "the parameters are NULL");
        }
        // SAFETY: by this function's contract; both families begin with it.
        let head = unsafe { field::<CreateHead>(params, 0) };
        if let Some(offset) = release::current().family().create_reserved() {
            // SAFETY: by this function's contract.
            let reserved = unsafe { field::<[usize; 4]>(params, offset) };
            if reserved != [0; 4] {
                refuse!(function, "reserved words of the parameters are not 0");
            }
        }
        let mem_type = memory(function, &head)?;
        let mut shape = shape(function, &head)?;
        shape.mem_type = mem_type;
        Ok(Self {
            gpu_id: head.gpu_id,
            is_contiguous: head.is_contiguous != 0 && memory::is_cuda(mem_type),
            shape,
        })
    }

    /// What a `NvBufSurfaceAllocateParams` asks for. The tag changes nothing, and neither does
    /// `disablePitchPadding` for memory with a dmabuf.
    ///
    /// # Safety
    ///
    /// As [`Request::of_create`].
    pub(crate) unsafe fn of_allocate(
        function: Function,
        params: *const c_void,
    ) -> Result<Self, Refused> {
        // SAFETY: by this function's contract; the other struct begins with this one.
        let mut request = unsafe { Self::of_create(function, params) }?;
        let (scan_format, chroma) = release::current().family().allocate_offsets();
        // SAFETY: by this function's contract.
        let scan_format: u32 = unsafe { field(params, scan_format) };
        if !matches!(
            scan_format,
            sys::NVBUF_DISPLAYSCANFORMAT_PROGRESSIVE | sys::NVBUF_DISPLAYSCANFORMAT_INTERLACED
        ) {
            refuse!(function, "displayscanformat is {scan_format}");
        }
        // SAFETY: by this function's contract.
        let chroma: [u8; 2] = unsafe { field(params, chroma) };
        if chroma.iter().any(|position| *position > 2) {
            refuse!(function, "chromaSubsampling is {chroma:?}");
        }
        request.shape.extra = Extra {
            scan_format,
            chroma,
        };
        if let Some(offset) = release::current().disable_pitch_padding()
            && !memory::has_dmabuf(request.shape.mem_type)
        {
            // SAFETY: by this function's contract.
            let is_unpadded = unsafe { field::<u8>(params, offset) } != 0;
            if is_unpadded && !request.shape.is_raw() {
                request.shape = match memory::unpadded(request.shape) {
                    Some(shape) => shape,
                    None => refuse!(function, "the picture is too large"),
                };
            }
        }
        Ok(request)
    }
}

/// The type of memory that a batch will be of.
fn memory(function: Function, head: &CreateHead) -> Result<u32, Refused> {
    let mem_type = match head.mem_type {
        sys::NVBUF_MEM_DEFAULT => sys::NVBUF_MEM_SURFACE_ARRAY,
        named => named,
    };
    if mem_type == extended::NVBUF_MEM_CUDA_ARRAY && release::current().has_cuda_array() {
        crate::log::unsupported(format_args!("{function:?} with memType CUDA_ARRAY"));
        return Err(Refused);
    }
    if !memory::ALL.contains(&mem_type) {
        refuse!(function, Rule::WrongMemoryType, "memType is {mem_type}");
    }
    if memory::is_cuda(mem_type) && head.gpu_id != 0 {
        refuse!(function, "gpuId is {}, there is one GPU", head.gpu_id);
    }
    if mem_type == sys::NVBUF_MEM_HANDLE && head.size == 0 {
        // Nothing says that it is refused.
        crate::log::unsupported(format_args!(
            "{function:?}: a picture in memory of type HANDLE"
        ));
        return Err(Refused);
    }
    if mem_type == sys::NVBUF_MEM_SYSTEM
        && head.size == 0
        && head.layout == sys::NVBUF_LAYOUT_BLOCK_LINEAR
    {
        crate::log::unsupported(format_args!(
            "{function:?}: block linear in memory of type {mem_type}"
        ));
        return Err(Refused);
    }
    Ok(mem_type)
}

fn shape(function: Function, head: &CreateHead) -> Result<Shape, Refused> {
    if head.size != 0 {
        let Some(shape) = Shape::raw(head.size) else {
            refuse!(function, "size is {}", head.size)
        };
        return Ok(shape);
    }
    let release = release::current();
    if head.color_format >= release.num_formats() {
        refuse!(
            function,
            Rule::UnknownFormat,
            "{} does not know format {}, its last is {}",
            release.name,
            head.color_format,
            release.num_formats() - 1
        );
    }
    if format::find(head.color_format).is_none() {
        crate::log::unsupported(format_args!(
            "{function:?} with format {}",
            head.color_format
        ));
        return Err(Refused);
    }
    if !matches!(
        head.layout,
        sys::NVBUF_LAYOUT_PITCH | sys::NVBUF_LAYOUT_BLOCK_LINEAR
    ) {
        refuse!(function, "layout is {}", head.layout);
    }
    match Shape::picture(head.width, head.height, head.color_format, head.layout) {
        Some(shape) => Ok(shape),
        None => refuse!(function, "the size is {}x{}", head.width, head.height),
    }
}
