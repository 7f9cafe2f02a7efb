//! `NvBufferCreate`, its forms with more parameters, `NvBufferDestroy`.

use std::ffi::c_int;
use std::mem::MaybeUninit;

use nvbufsurface_sys::nvbuf_utils::r32_1::{self as sys, NvBufferCreateParams};
use nvbufsurface_sys::nvbuf_utils::r32_3::NvBufferChromaSubsamplingParams as ChromaLoc;
use nvbufsurface_sys::nvbuf_utils::{r32_2, r32_3, r32_4, r32_5, r32_6, r34};

use super::{find, numbering};
use crate::functions::Function;
use crate::nvbuf::buffer::{Buffer, Owner, Shape};
use crate::nvbuf::{Refused, call, refuse};
use crate::release;

/// The struct is the same in every release that has it.
macro_rules! same {
    ($($module:ident)*) => {
        $(const _: () = assert!(
            size_of::<NvBufferCreateParams>() == size_of::<$module::NvBufferCreateParams>()
        );)*
    };
}
same!(r32_2 r32_3 r32_4 r32_5 r32_6 r34);

/// `NvBufferCreate`
pub(crate) extern "C" fn create(
    out: Option<&mut MaybeUninit<c_int>>,
    width: c_int,
    height: c_int,
    layout: u32,
    color_format: u32,
) -> c_int {
    let function = Function::NvBufferCreate;
    call(function, || {
        let shape = picture(function, width, height, layout, color_format)?;
        make(function, out, &shape)
    })
}

/// `NvBufferCreateEx`
pub(crate) extern "C" fn create_ex(
    out: Option<&mut MaybeUninit<c_int>>,
    params: Option<&NvBufferCreateParams>,
) -> c_int {
    let function = Function::NvBufferCreateEx;
    call(function, || {
        make(function, out, &described(function, params)?)
    })
}

/// `NvBufferCreateInterlace`
pub(crate) extern "C" fn create_interlace(
    out: Option<&mut MaybeUninit<c_int>>,
    params: Option<&NvBufferCreateParams>,
) -> c_int {
    let function = Function::NvBufferCreateInterlace;
    call(function, || {
        let mut shape = described(function, params)?;
        shape.extra.scan_format = r32_3::NvBufferDisplayScanFormat_Interlaced;
        make(function, out, &shape)
    })
}

/// `NvBufferCreateWithChromaLoc`
pub(crate) extern "C" fn create_with_chroma_loc(
    out: Option<&mut MaybeUninit<c_int>>,
    params: Option<&NvBufferCreateParams>,
    chroma: Option<&ChromaLoc>,
) -> c_int {
    let function = Function::NvBufferCreateWithChromaLoc;
    call(function, || {
        let mut shape = described(function, params)?;
        let Some(chroma) = chroma else {
            refuse!(function, Rule::NullArgument, "the chroma position is NULL")
        };
        shape.extra.chroma = [chroma.chromaLocHoriz, chroma.chromaLocVert];
        if shape.extra.chroma.iter().any(|position| *position > 2) {
            refuse!(function, "chromaSubsampling is {:?}", shape.extra.chroma);
        }
        make(function, out, &shape)
    })
}

/// `NvBufferCreateCompressed`. The pixels lie as in any other buffer.
pub(crate) extern "C" fn create_compressed(
    out: Option<&mut MaybeUninit<c_int>>,
    params: Option<&NvBufferCreateParams>,
) -> c_int {
    let function = Function::NvBufferCreateCompressed;
    call(function, || {
        make(function, out, &described(function, params)?)
    })
}

/// What the parameters ask for.
fn described(function: Function, params: Option<&NvBufferCreateParams>) -> Result<Shape, Refused> {
    let Some(p) = params else {
        refuse!(function, Rule::NullArgument, "the parameters are NULL")
    };
    match p.payloadType {
        sys::NvBufferPayload_SurfArray => {
            picture(function, p.width, p.height, p.layout, p.colorFormat)
        }
        sys::NvBufferPayload_MemHandle => {
            let size = u32::try_from(p.memsize).unwrap_or(0);
            match (size > 0).then(|| Shape::raw(size)).flatten() {
                Some(shape) => Ok(shape),
                None => refuse!(function, "memsize is {}", p.memsize),
            }
        }
        other => refuse!(function, "payloadType is {other}"),
    }
}

fn picture(
    function: Function,
    width: c_int,
    height: c_int,
    layout: u32,
    color_format: u32,
) -> Result<Shape, Refused> {
    let Some(format) = numbering(function)?.surface_format(color_format) else {
        refuse!(
            function,
            Rule::UnknownFormat,
            "{} does not know format {color_format}",
            release::current().name
        )
    };
    if !matches!(
        layout,
        sys::NvBufferLayout_Pitch | sys::NvBufferLayout_BlockLinear
    ) {
        refuse!(function, "layout is {layout}");
    }
    let side = |side| u32::try_from(side).unwrap_or(0);
    match Shape::picture(side(width), side(height), format, layout) {
        Some(shape) => Ok(shape),
        None => refuse!(function, "the size is {width}x{height}"),
    }
}

fn make(
    function: Function,
    out: Option<&mut MaybeUninit<c_int>>,
    shape: &Shape,
) -> Result<(), Refused> {
    let Some(out) = out else {
        refuse!(function, Rule::NullArgument, "the result pointer is NULL")
    };
    match Buffer::new(shape, Owner::Legacy) {
        Ok(buffer) => {
            out.write(buffer.fd());
            Ok(())
        }
        Err(error) => {
            crate::log::line(format_args!("{function:?}: no memory: {error}"));
            Err(Refused)
        }
    }
}

/// `NvBufferDestroy`
pub(crate) extern "C" fn destroy(fd: c_int) -> c_int {
    let function = Function::NvBufferDestroy;
    call(function, || {
        let buffer = find(function, fd)?;
        if buffer.owner != Owner::Legacy {
            refuse!(
                function,
                Rule::WrongLibrary,
                "fd {fd} belongs to a surface of libnvbufsurface"
            );
        }
        buffer.report_users(function);
        if !buffer.retire() {
            refuse!(function, Rule::DoubleDestroy, "fd {fd} is destroyed twice");
        }
        Ok(())
    })
}
