//! `NvBufferGetParams`, `NvBufferGetParamsEx`: the release's structs, and not a byte more.

use std::ffi::{c_int, c_void};

use nvbufsurface_sys::nvbuf_utils::{self, r32_2, r32_3, r32_4, r32_5, r32_6, r34};

use super::numbering::Numbering;
use super::{find, handle, numbering};
use crate::functions::Function;
use crate::nvbuf::buffer::Buffer;
use crate::nvbuf::{call, refuse};

/// The layout has not changed since R32.2 (the extended one since R32.4).
macro_rules! same {
    ($name:ident: $first:ident $($module:ident)*) => {
        $(const _: () = assert!(size_of::<$first::$name>() == size_of::<$module::$name>());)*
    };
}
same!(NvBufferParams: r32_2 r32_3 r32_4 r32_5 r32_6 r34);
same!(NvBufferParamsEx: r32_6 r32_4 r32_5 r34);

/// As many planes as the struct has room for.
fn first<const N: usize>(planes: [u32; 4]) -> [u32; N] {
    std::array::from_fn(|i| planes[i])
}

/// The `NvBufferParams` of a module, with the fields that not all of them have.
macro_rules! params {
    ($module:ident, $buffer:expr, $numbering:expr $(, $field:ident: $value:expr)*) => {{
        let (buffer, numbering): (&Buffer, Numbering) = ($buffer, $numbering);
        let planes = &buffer.planes;
        nvbuf_utils::$module::NvBufferParams {
            dmabuf_fd: buffer.fd().unsigned_abs(),
            nv_buffer: buffer.handle.as_ref().map_or(std::ptr::null_mut(), |h| h.address()),
            nv_buffer_size: handle::SIZE,
            pixel_format: numbering.number(buffer.color_format),
            num_planes: planes.num_planes,
            width: first(planes.width),
            height: first(planes.height),
            pitch: first(planes.pitch),
            offset: first(planes.offset),
            psize: first(planes.psize),
            layout: first(of_planes(buffer, buffer.layout)),
            $($field: $value,)*
        }
    }};
}

/// A value for each plane in use.
fn of_planes(buffer: &Buffer, value: u32) -> [u32; 4] {
    std::array::from_fn(|plane| {
        if plane < buffer.num_planes() {
            value
        } else {
            0
        }
    })
}

/// `payloadType` and `memsize`.
fn payload(buffer: &Buffer) -> (u32, i32) {
    if buffer.is_raw() {
        let size = buffer.width.cast_signed();
        (r32_2::NvBufferPayload_MemHandle, size)
    } else {
        (r32_2::NvBufferPayload_SurfArray, 0)
    }
}

/// `NvBufferGetParams`
///
/// # Safety
///
/// `out` is null or points to a writable `NvBufferParams` of the release.
pub(crate) unsafe extern "C" fn get_params(fd: c_int, out: *mut c_void) -> c_int {
    let function = Function::NvBufferGetParams;
    call(function, || {
        if out.is_null() {
            refuse!(function, Rule::NullArgument, "the result pointer is NULL");
        }
        let (buffer, numbering) = (find(function, fd)?, numbering(function)?);
        let (payload, memsize) = payload(&buffer);
        match numbering {
            Numbering::r28 => {
                let value = params!(r28, &buffer, numbering);
                // SAFETY: by this function's contract.
                unsafe { out.cast::<nvbuf_utils::r28::NvBufferParams>().write(value) };
            }
            Numbering::r32_1 => {
                let value =
                    params!(r32_1, &buffer, numbering, payloadType: payload, memsize: memsize);
                // SAFETY: by this function's contract.
                unsafe {
                    out.cast::<nvbuf_utils::r32_1::NvBufferParams>()
                        .write(value)
                };
            }
            _ => {
                let value =
                    params!(r32_2, &buffer, numbering, payloadType: payload, memsize: memsize);
                // SAFETY: by this function's contract; the layout is that of R32.2 (see `same`).
                unsafe { out.cast::<r32_2::NvBufferParams>().write(value) };
            }
        }
        Ok(())
    })
}

/// The `NvBufferParamsEx` of a module.
macro_rules! params_ex {
    ($module:ident, $buffer:expr, $numbering:expr) => {{
        let (payload, memsize) = payload($buffer);
        nvbuf_utils::$module::NvBufferParamsEx {
            params: params!(
                $module, $buffer, $numbering, payloadType: payload, memsize: memsize
            ),
            sizeofvaliddatainbytes: memsize,
            chromaSubsampling: nvbuf_utils::$module::NvBufferChromaSubsamplingParams {
                chromaLocHoriz: $buffer.extra.chroma[0],
                chromaLocVert: $buffer.extra.chroma[1],
            },
            scanformat: of_planes($buffer, $buffer.extra.scan_format),
            ..Default::default()
        }
    }};
}

/// `NvBufferGetParamsEx`
///
/// # Safety
///
/// `out` is null or points to a writable `NvBufferParamsEx` of the release.
pub(crate) unsafe extern "C" fn get_params_ex(fd: c_int, out: *mut c_void) -> c_int {
    let function = Function::NvBufferGetParamsEx;
    call(function, || {
        if out.is_null() {
            refuse!(function, Rule::NullArgument, "the result pointer is NULL");
        }
        let (buffer, numbering) = (find(function, fd)?, numbering(function)?);
        if numbering == Numbering::r32_3 {
            let value = params_ex!(r32_3, &buffer, numbering);
            // SAFETY: by this function's contract.
            unsafe { out.cast::<r32_3::NvBufferParamsEx>().write(value) };
        } else {
            let value = params_ex!(r32_6, &buffer, numbering);
            // SAFETY: by this function's contract; the layout is that of R32.4 (see `same`), and
            // releases before R32.3 do not export the function.
            unsafe { out.cast::<r32_6::NvBufferParamsEx>().write(value) };
        }
        Ok(())
    })
}
