//! libnvbuf_utils of R28 to R35.1: the buffers of [`nvbuf`](crate::nvbuf) by fd, in the structs and
//! numbers of the release. Both libraries know every buffer; each destroys only its own.

pub(crate) mod composite;
pub(crate) mod create;
pub(crate) mod egl;
pub(crate) mod handle;
pub(crate) mod import;
pub(crate) mod map;
pub(crate) mod numbering;
pub(crate) mod params;
pub(crate) mod raw;
pub(crate) mod session;
pub(crate) mod sync;
pub(crate) mod transform;

use std::ffi::c_int;
use std::sync::Arc;

use crate::functions::Function;
use crate::nvbuf::buffer::{self, Buffer};
use crate::nvbuf::{Refused, gone, refuse, refused};
use crate::release;
use crate::rule::Rule;
use numbering::Numbering;

/// The numbering of the release. Only releases that have the library get here.
fn numbering(function: Function) -> Result<Numbering, Refused> {
    match release::current().numbering() {
        Some(numbering) => Ok(numbering),
        None => refuse!(
            function,
            "{} has no libnvbuf_utils",
            release::current().name
        ),
    }
}

/// The live buffer of an fd.
fn find(function: Function, fd: c_int) -> Result<Arc<Buffer>, Refused> {
    match buffer::find(fd) {
        // Destroying says so itself, and goes on.
        Some(buffer) if buffer.is_closed() && !matches!(function, Function::NvBufferDestroy) => {
            refuse!(function, Rule::FdAfterClose, "the program closed fd {fd}")
        }
        Some(buffer) => Ok(buffer),
        None => {
            let destroyed = match function {
                Function::NvBufferDestroy => Rule::DoubleDestroy,
                _ => Rule::UseAfterDestroy,
            };
            let rule = gone::FDS.rule(fd.cast_unsigned().into(), destroyed);
            Err(refused(
                function,
                rule,
                format_args!("no buffer has fd {fd}"),
            ))
        }
    }
}
