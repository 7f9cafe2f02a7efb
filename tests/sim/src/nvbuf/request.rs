//! What `NvBufSurfaceCreate` and `NvBufSurfaceAllocate` are asked for, read and checked.

use std::ffi::c_void;

use nvbufsurface_sys::classic as sys;

use super::buffer::Shape;
use super::layout::{CreateHead, Extra};
use super::{Refused, format, refuse};
use crate::functions::Function;
use crate::release;

/// The chroma position where nobody names one: left, and between two rows.
const CHROMA: [u8; 2] = [
    sys::NVBUFSURFACE_CHROMA_SUBSAMPLING_HORIZ_DEFAULT as u8,
    sys::NVBUFSURFACE_CHROMA_SUBSAMPLING_VERT_DEFAULT as u8,
];

/// The parameters of a new batch.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) gpu_id: u32,
    pub(crate) shape: Shape,
    pub(crate) extra: Extra,
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
            refuse!(function, "the parameters are NULL");
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
        check_memory(function, head.mem_type)?;
        Ok(Self {
            gpu_id: head.gpu_id,
            shape: shape(function, &head)?,
            extra: Extra {
                scan_format: sys::NVBUF_DISPLAYSCANFORMAT_PROGRESSIVE,
                chroma: CHROMA,
            },
        })
    }

    /// What a `NvBufSurfaceAllocateParams` asks for. `disablePitchPadding` is for memory types that
    /// do not exist here, and the tag changes nothing.
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
        request.extra = Extra {
            scan_format,
            chroma,
        };
        Ok(request)
    }
}

fn check_memory(function: Function, mem_type: u32) -> Result<(), Refused> {
    if !matches!(
        mem_type,
        sys::NVBUF_MEM_DEFAULT | sys::NVBUF_MEM_SURFACE_ARRAY
    ) {
        crate::log::unsupported(format_args!(
            "{function:?} with memType {mem_type}: only DEFAULT and SURFACE_ARRAY"
        ));
        return Err(Refused);
    }
    Ok(())
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
