//! `NvBufSurfaceCreate`, `NvBufSurfaceDestroy`, `NvBufSurfaceFromFd`.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};

use nvbufsurface_sys::classic::{
    self as sys, NvBufSurface, NvBufSurfaceCreateParams, NvBufSurfaceParams,
};

use super::buffer::{Buffer, Shape};
use super::{Refused, call, format, refuse};
use crate::functions::Function;
use crate::stats::{COUNTERS, add, sub};

/// A batch that the library made and owns until it is destroyed.
struct Surface {
    surface: Box<NvBufSurface>,
    _list: Box<[NvBufSurfaceParams]>,
    buffers: Vec<Arc<Buffer>>,
}

// SAFETY: the pointers inside lead to `_list`, which moves along, and to mappings of the buffers.
unsafe impl Send for Surface {}

/// By the address of the `NvBufSurface`.
static SURFACES: Mutex<BTreeMap<usize, Surface>> = Mutex::new(BTreeMap::new());

fn surfaces() -> MutexGuard<'static, BTreeMap<usize, Surface>> {
    SURFACES.lock().unwrap_or_else(|e| e.into_inner())
}

/// `NvBufSurfaceCreate`
pub(crate) extern "C" fn create(
    out: Option<&mut MaybeUninit<*mut NvBufSurface>>,
    batch_size: u32,
    params: Option<&NvBufSurfaceCreateParams>,
) -> c_int {
    let function = Function::NvBufSurfaceCreate;
    call(function, || {
        let Some((out, params)) = out.zip(params) else {
            refuse!(function, "an argument is NULL")
        };
        if !(1..=1024).contains(&batch_size) {
            refuse!(function, "batchSize is {batch_size}");
        }
        if !matches!(
            params.memType,
            sys::NVBUF_MEM_DEFAULT | sys::NVBUF_MEM_SURFACE_ARRAY
        ) {
            crate::log::unsupported(format_args!(
                "{function:?} with memType {}: only DEFAULT and SURFACE_ARRAY",
                params.memType
            ));
            return Err(Refused);
        }
        let shape = shape(function, params)?;
        let mut buffers = Vec::new();
        for _ in 0..batch_size {
            match Buffer::new(&shape) {
                Ok(buffer) => buffers.push(buffer),
                Err(error) => {
                    buffers
                        .iter()
                        .for_each(|buffer: &Arc<Buffer>| buffer.retire());
                    crate::log::line(format_args!("{function:?}: no memory: {error}"));
                    return Err(Refused);
                }
            }
        }
        let mut list: Box<[_]> = buffers.iter().map(|buffer| params_of(buffer)).collect();
        let surface = Box::new(NvBufSurface {
            gpuId: params.gpuId,
            batchSize: batch_size,
            numFilled: 0,
            isContiguous: false,
            memType: sys::NVBUF_MEM_SURFACE_ARRAY,
            surfaceList: list.as_mut_ptr(),
            ..Default::default()
        });
        // The caller's only pointer to it comes from the table's final place of the box.
        let mut entry = Surface {
            surface,
            _list: list,
            buffers,
        };
        let pointer = std::ptr::from_mut(&mut *entry.surface);
        surfaces().insert(pointer.expose_provenance(), entry);
        add(&COUNTERS.buffers_allocated, u64::from(batch_size));
        add(&COUNTERS.surfaces_allocated, 1);
        let alive = add(&COUNTERS.surfaces_alive, 1);
        COUNTERS.surfaces_peak.fetch_max(alive, Relaxed);
        out.write(pointer);
        Ok(())
    })
}

fn shape(function: Function, params: &NvBufSurfaceCreateParams) -> Result<Shape, Refused> {
    let page = u32::try_from(crate::region::page_size()).unwrap_or(4096);
    if params.size != 0 {
        let Some((planes, size)) = format::raw(params.size, page) else {
            refuse!(function, "size is {}", params.size)
        };
        return Ok(Shape {
            width: params.size,
            height: 1,
            color_format: sys::NVBUF_COLOR_FORMAT_INVALID,
            layout: sys::NVBUF_LAYOUT_PITCH,
            planes,
            size,
        });
    }
    let Some(format) = format::find(params.colorFormat) else {
        crate::log::unsupported(format_args!(
            "{function:?} with format {}",
            params.colorFormat
        ));
        return Err(Refused);
    };
    if !matches!(
        params.layout,
        sys::NVBUF_LAYOUT_PITCH | sys::NVBUF_LAYOUT_BLOCK_LINEAR
    ) {
        refuse!(function, "layout is {}", params.layout);
    }
    let Some((planes, size)) = format.lay_out(params.width, params.height, page) else {
        refuse!(function, "the size is {}x{}", params.width, params.height)
    };
    Ok(Shape {
        width: params.width,
        height: params.height,
        color_format: params.colorFormat,
        layout: params.layout,
        planes,
        size,
    })
}

fn params_of(buffer: &Buffer) -> NvBufSurfaceParams {
    NvBufSurfaceParams {
        width: buffer.width,
        height: buffer.height,
        pitch: buffer.planes.pitch[0],
        colorFormat: buffer.color_format,
        layout: buffer.layout,
        bufferDesc: buffer.fd().unsigned_abs().into(),
        dataSize: buffer.size,
        dataPtr: std::ptr::null_mut(),
        planeParams: buffer.planes,
        ..Default::default()
    }
}

/// `NvBufSurfaceDestroy`
pub(crate) extern "C" fn destroy(surface: *mut NvBufSurface) -> c_int {
    let function = Function::NvBufSurfaceDestroy;
    call(function, || {
        let Some(gone) = surfaces().remove(&surface.addr()) else {
            refuse!(
                function,
                "{surface:p} is no surface of NvBufSurfaceCreate, or destroyed twice"
            )
        };
        for buffer in &gone.buffers {
            let fd = buffer.fd();
            if (0..buffer.num_planes()).any(|plane| buffer.is_mapped(plane)) {
                crate::log::violation(format_args!("{function:?}: fd {fd} is still mapped"));
            }
            let images = buffer.images.load(SeqCst);
            if images > 0 {
                crate::log::violation(format_args!(
                    "{function:?}: fd {fd} still has {images} EGLImage(s)"
                ));
            }
            let registrations = buffer.region.registrations.load(SeqCst);
            if registrations > 0 {
                crate::log::violation(format_args!(
                    "{function:?}: fd {fd} still has {registrations} CUDA registration(s)"
                ));
            }
            if buffer.region.is_busy() {
                crate::log::violation(format_args!(
                    "{function:?}: GPU work on fd {fd} is not finished"
                ));
            }
            buffer.retire();
        }
        sub(&COUNTERS.surfaces_alive);
        Ok(())
    })
}

/// `NvBufSurfaceFromFd`
pub(crate) extern "C" fn from_fd(fd: c_int, out: Option<&mut MaybeUninit<*mut c_void>>) -> c_int {
    let function = Function::NvBufSurfaceFromFd;
    call(function, || {
        let Some(out) = out else {
            refuse!(function, "the result pointer is NULL")
        };
        let found = surfaces()
            .iter()
            .find(|(_, surface)| surface.buffers.iter().any(|buffer| buffer.fd() == fd))
            .map(|(pointer, _)| *pointer);
        let Some(pointer) = found else {
            refuse!(function, "no surface has fd {fd}")
        };
        out.write(std::ptr::with_exposed_provenance_mut(pointer));
        Ok(())
    })
}
