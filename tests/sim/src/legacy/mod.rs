//! libnvbuf_utils of R28 to R35.1: the buffers of [`nvbuf`](crate::nvbuf) by fd, in the structs and
//! numbers of the release. Both libraries know every buffer; each destroys only its own.

pub(crate) mod create;
pub(crate) mod egl;
pub(crate) mod handle;
pub(crate) mod map;
pub(crate) mod numbering;
pub(crate) mod params;

use std::ffi::c_int;
use std::sync::Arc;

use crate::functions::Function;
use crate::nvbuf::buffer::{self, Buffer};
use crate::nvbuf::{Refused, refuse};
use crate::release;
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
        Some(buffer) => Ok(buffer),
        None => refuse!(function, "no buffer has fd {fd}: destroyed or foreign"),
    }
}
