//! `NvBufferImportFd`: a buffer of another process, and what the program says about it.

use std::ffi::c_int;
use std::mem::{MaybeUninit, offset_of};

use nvbufsurface_sys::classic::NVBUF_COLOR_FORMAT_INVALID;
use nvbufsurface_sys::nvbuf_utils::r32_6::{self as sys, NvBufferParams, NvBufferParamsEx};

use super::numbering;
use crate::functions::Function;
use crate::nvbuf::adopt::Description;
use crate::nvbuf::buffer::{Buffer, Owner};
use crate::nvbuf::layout::Extra;
use crate::nvbuf::{Refused, call, refuse};

/// `NvBufferImportFd`. The fd that comes in stays the caller's, the one that goes out is another.
///
/// # Safety
///
/// `params` is null or points to a `NvBufferParamsEx` of R32.7.
pub(crate) unsafe extern "C" fn import_fd(
    fd: c_int,
    out: Option<&mut MaybeUninit<c_int>>,
    params: *const NvBufferParamsEx,
) -> c_int {
    let function = Function::NvBufferImportFd;
    call(function, || {
        let Some(out) = out else {
            refuse!(function, Rule::NullArgument, "the result pointer is NULL")
        };
        if params.is_null() {
            refuse!(function, Rule::NullArgument, "the description is NULL");
        }
        // SAFETY: by this function's contract.
        let said: NvBufferParams = unsafe { field(params, offset_of!(NvBufferParamsEx, params)) };
        let (mut shape, file) = describe(function, &said)?.check(function, fd)?;
        // SAFETY: by this function's contract.
        let [scan_format, ..]: [u32; 4] =
            unsafe { field(params, offset_of!(NvBufferParamsEx, scanformat)) };
        // SAFETY: by this function's contract.
        let chroma: [u8; 2] =
            unsafe { field(params, offset_of!(NvBufferParamsEx, chromaSubsampling)) };
        shape.extra = Extra {
            scan_format,
            chroma,
        };
        match Buffer::of_file(&shape, Owner::Legacy, file) {
            Ok(buffer) => {
                buffer.share();
                out.write(buffer.fd());
                Ok(())
            }
            Err(error) => {
                crate::log::line(format_args!("{function:?}: no memory: {error}"));
                Err(Refused)
            }
        }
    })
}

/// Reads a field of the description: whole it may hold bytes that its type does not have.
///
/// # Safety
///
/// `params` points to a description with a `T` at `offset`, for which all bytes are good.
unsafe fn field<T: Copy>(params: *const NvBufferParamsEx, offset: usize) -> T {
    let place = params.wrapping_byte_add(offset).cast::<T>();
    // SAFETY: by this function's contract.
    unsafe { place.read() }
}

/// The numbers of the description, in those of libnvbufsurface.
fn describe(function: Function, said: &NvBufferParams) -> Result<Description, Refused> {
    let is_raw = said.payloadType == sys::NvBufferPayload_MemHandle;
    let color_format = if is_raw {
        NVBUF_COLOR_FORMAT_INVALID
    } else {
        match numbering(function)?.surface_format(said.pixel_format) {
            Some(format) => format,
            None => refuse!(
                function,
                Rule::UnknownFormat,
                "format {} is not known",
                said.pixel_format
            ),
        }
    };
    Ok(Description {
        num_planes: said.num_planes,
        color_format,
        layout: said.layout[0],
        total_size: None,
        width: said.width,
        height: said.height,
        pitch: said.pitch,
        offset: said.offset,
        psize: said.psize,
    })
}
