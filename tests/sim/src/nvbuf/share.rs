//! `NvBufSurfaceGetMapParams`, `NvBufSurfaceImport`: a buffer in another process.

use std::ffi::{c_int, c_void};
use std::mem::{MaybeUninit, offset_of};

use nvbufsurface_sys::classic::NvBufSurfaceMapPlaneParams as PlaneDescription;
use nvbufsurface_sys::{classic, extended};

use super::adopt::Description;
use super::buffer::{Buffer, Owner};
use super::descriptor::Batch;
use super::layout::{Extra, Family, SurfaceHead, of};
use super::{Refused, call, memory, refuse, surface};
use crate::functions::Function;
use crate::release;

const _: () =
    assert!(size_of::<PlaneDescription>() == size_of::<extended::NvBufSurfaceMapPlaneParams>());

/// What both families have before the chroma position.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Head {
    num_planes: u32,
    gpu_id: u32,
    fd: u64,
    total_size: u32,
    mem_type: u32,
    layout: u32,
    scan_format: u32,
    color_format: u32,
    chroma: [u8; 2],
}

macro_rules! agree {
    ($($module:ident)*) => {
        $(const _: () = assert!(
            offset_of!(Head, fd) == offset_of!($module::NvBufSurfaceMapParams, fd)
                && offset_of!(Head, color_format)
                    == offset_of!($module::NvBufSurfaceMapParams, colorFormat)
                && offset_of!(Head, chroma)
                    == offset_of!($module::NvBufSurfaceMapParams, chromaSubsampling)
        );)*
    };
}
agree!(classic extended);

/// `NvBufSurfaceGetMapParams`
///
/// # Safety
///
/// As [`Batch::of`]; `out` is null or points to a writable `NvBufSurfaceMapParams` of the family.
pub(crate) unsafe extern "C" fn get_map_params(
    surface: *mut SurfaceHead,
    index: c_int,
    out: *mut c_void,
) -> c_int {
    let function = Function::NvBufSurfaceGetMapParams;
    call(function, || {
        if out.is_null() {
            refuse!(function, Rule::NullArgument, "the result pointer is NULL");
        }
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::of(function, surface, memory::ALL) }?;
        // There is no -1 here.
        let Some(index) = usize::try_from(index)
            .ok()
            .filter(|i| *i < batch.len() as usize)
        else {
            refuse!(
                function,
                Rule::WrongIndex,
                "index {index} of a batch of {}",
                batch.len()
            )
        };
        let buffer = batch.entry(index)?.buffer;
        if !memory::has_dmabuf(buffer.mem_type) {
            crate::log::unsupported(format_args!(
                "{function:?} with memType {}",
                buffer.mem_type
            ));
            return Err(Refused);
        }
        buffer.share();
        of!(release::current().family(), sys => {
            let mut value = sys::NvBufSurfaceMapParams {
                num_planes: buffer.planes.num_planes,
                gpuId: 0,
                fd: buffer.fd().unsigned_abs().into(),
                totalSize: buffer.size,
                memType: buffer.mem_type,
                layout: buffer.layout,
                scanformat: buffer.extra.scan_format,
                colorFormat: buffer.color_format,
                planes: std::array::from_fn(|plane| sys::NvBufSurfaceMapPlaneParams {
                    width: buffer.planes.width[plane],
                    height: buffer.planes.height[plane],
                    pitch: buffer.planes.pitch[plane],
                    offset: buffer.planes.offset[plane],
                    psize: buffer.planes.psize[plane],
                    ..Default::default()
                }),
                ..Default::default()
            };
            value.chromaSubsampling.chromaLocHoriz = buffer.extra.chroma[0];
            value.chromaSubsampling.chromaLocVert = buffer.extra.chroma[1];
            // SAFETY: by this function's contract.
            unsafe { out.cast::<sys::NvBufSurfaceMapParams>().write(value) };
        });
        Ok(())
    })
}

/// `NvBufSurfaceImport`
///
/// # Safety
///
/// `params` is null or points to a `NvBufSurfaceMapParams` of the family.
pub(crate) unsafe extern "C" fn import(
    out: Option<&mut MaybeUninit<*mut c_void>>,
    params: *const c_void,
) -> c_int {
    let function = Function::NvBufSurfaceImport;
    call(function, || {
        let Some(out) = out else {
            refuse!(function, Rule::NullArgument, "the result pointer is NULL")
        };
        if params.is_null() {
            refuse!(function, Rule::NullArgument, "the description is NULL");
        }
        // SAFETY: by this function's contract.
        let head = unsafe { params.cast::<Head>().read() };
        // SAFETY: by this function's contract.
        let planes = unsafe { read_planes(params) };
        if memory::is_cuda(head.mem_type) {
            crate::log::unsupported(format_args!("{function:?} with memType {}", head.mem_type));
            return Err(Refused);
        }
        if !memory::has_dmabuf(head.mem_type) {
            refuse!(
                function,
                Rule::WrongMemoryType,
                "memType is {}",
                head.mem_type
            );
        }
        let shape = Description {
            num_planes: head.num_planes,
            color_format: head.color_format,
            layout: head.layout,
            total_size: Some(head.total_size),
            width: planes.map(|plane| plane.width),
            height: planes.map(|plane| plane.height),
            pitch: planes.map(|plane| plane.pitch),
            offset: planes.map(|plane| plane.offset),
            psize: planes.map(|plane| plane.psize),
        };
        // A number that is no fd is one that is not open.
        let fd = c_int::try_from(head.fd).unwrap_or(-1);
        let (mut shape, file) = shape.check(function, fd)?;
        shape.mem_type = head.mem_type;
        shape.extra = Extra {
            scan_format: head.scan_format,
            chroma: head.chroma,
        };
        match Buffer::of_file(&shape, Owner::Surface, file) {
            Ok(buffer) => {
                buffer.share();
                out.write(surface::import(head.gpu_id, buffer));
                Ok(())
            }
            Err(error) => {
                crate::log::line(format_args!("{function:?}: no memory: {error}"));
                Err(Refused)
            }
        }
    })
}

/// # Safety
///
/// As [`import`], and not null.
unsafe fn read_planes(params: *const c_void) -> [PlaneDescription; 4] {
    let offset = of!(release::current().family(), sys => {
        offset_of!(sys::NvBufSurfaceMapParams, planes)
    });
    let planes = params
        .wrapping_byte_add(offset)
        .cast::<[PlaneDescription; 4]>();
    // SAFETY: by this function's contract.
    unsafe { planes.read() }
}
