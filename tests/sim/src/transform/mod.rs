//! libnvbufsurftransform: pixels are really cropped, scaled, turned, converted and blended.
//!
//! What cannot be done is refused with the library's documented error and a log line. Odd rectangles,
//! the VIC's limits and surfaces that do not exist (any more) break a rule as well.

pub(crate) mod blend;
mod chroma;
mod colour;
pub(crate) mod composite;
pub(crate) mod convert;
pub(crate) mod fence;
pub(crate) mod geometry;
mod picture;
mod pixels;
mod render;
mod request;
mod resample;
pub(crate) mod session;
pub(crate) mod sync;
pub(crate) mod work;
pub(crate) mod worker;

use std::ffi::c_int;
use std::sync::Arc;

use nvbufsurface_sys::classic as sys;

use crate::functions::Function;
use crate::nvbuf::Refused;
use crate::nvbuf::buffer::Buffer;
use crate::nvbuf::descriptor::Batch;
use crate::nvbuf::layout::SurfaceHead;
use crate::nvbuf::memory;

/// Why a call failed; the log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// `Unsupported`
    Unsupported,
    /// `Execution_Error`: limits of the engine.
    Engine,
    /// `Invalid_Params`
    Params,
    /// `ROI_Error`
    Outside,
}

impl Failure {
    fn code(self) -> c_int {
        match self {
            Self::Unsupported => sys::NvBufSurfTransformError_Unsupported,
            Self::Engine => sys::NvBufSurfTransformError_Execution_Error,
            Self::Params => sys::NvBufSurfTransformError_Invalid_Params,
            Self::Outside => sys::NvBufSurfTransformError_ROI_Error,
        }
    }
}

impl From<Refused> for Failure {
    fn from(_: Refused) -> Self {
        Self::Params
    }
}

impl From<Failure> for Refused {
    fn from(_: Failure) -> Self {
        Self
    }
}

/// Fails a call that asks for something impossible; with a rule after the failure it breaks that.
macro_rules! fail {
    ($function:expr, $failure:ident, Rule::$rule:ident, $($text:tt)*) => {{
        $crate::nvbuf::refused($function, $crate::rule::Rule::$rule, format_args!($($text)*));
        return Err($crate::transform::Failure::$failure.into());
    }};
    ($function:expr, $failure:ident, $($text:tt)*) => {{
        crate::log::line(format_args!("{:?}: {}", $function, format_args!($($text)*)));
        return Err($crate::transform::Failure::$failure.into());
    }};
}
pub(crate) use fail;

/// Runs one call of the library: counts it, lets it fail on demand, gives the error's number.
pub(crate) fn call(function: Function, body: impl FnOnce() -> Result<(), Failure>) -> c_int {
    if let Some(error) = crate::stats::enter(function) {
        crate::log::line(format_args!("{function:?} fails on demand"));
        return if error == 0 { -1 } else { error };
    }
    body().map_or_else(Failure::code, |()| 0)
}

/// A batch of the caller that the engine of the thread can use.
#[derive(Debug)]
pub(crate) struct Surfaces {
    function: Function,
    batch: Batch,
    pub(crate) filled: u32,
}

impl Surfaces {
    /// Checks a surface of the caller against the engine.
    ///
    /// # Safety
    ///
    /// As [`Batch::of`].
    pub(crate) unsafe fn new(
        function: Function,
        surface: *mut SurfaceHead,
    ) -> Result<Self, Failure> {
        // SAFETY: null or valid by this function's contract.
        let head = unsafe { surface.as_ref() }.copied();
        if let Some(head) = head {
            session::current().check_memory(function, head.mem_type)?;
        }
        // SAFETY: by this function's contract.
        let batch = unsafe { Batch::of(function, surface, memory::ALL) }?;
        let filled = head.map_or(0, |head| head.num_filled);
        if filled > batch.len() {
            fail!(function, Params, "numFilled {filled} of {}", batch.len());
        }
        Ok(Self {
            function,
            batch,
            filled,
        })
    }

    /// The same for a surface that is read.
    ///
    /// # Safety
    ///
    /// As [`Batch::of`].
    pub(crate) unsafe fn source(
        function: Function,
        surface: *mut SurfaceHead,
    ) -> Result<Self, Failure> {
        // SAFETY: by this function's contract.
        let surfaces = unsafe { Self::new(function, surface) }?;
        if surfaces.filled == 0 {
            fail!(function, Params, "numFilled of the source is 0");
        }
        Ok(surfaces)
    }

    /// A buffer with pixels that can be read and written.
    pub(crate) fn buffer(&self, index: u32) -> Result<Arc<Buffer>, Failure> {
        if index >= self.batch.len() {
            fail!(
                self.function,
                Params,
                "buffer {index} of a batch of {}",
                self.batch.len()
            );
        }
        let buffer = self.batch.entry(index as usize)?.buffer;
        check_format(self.function, &buffer)?;
        Ok(buffer)
    }

    /// The same for a buffer that is written.
    pub(crate) fn target(&self, index: u32) -> Result<Arc<Buffer>, Failure> {
        let buffer = self.buffer(index)?;
        session::current().check_target(self.function, &buffer)?;
        Ok(buffer)
    }
}

/// Whether the engines know a buffer's format.
pub(crate) fn check_format(function: Function, buffer: &Buffer) -> Result<(), Failure> {
    if pixels::find(buffer.color_format).is_none() {
        fail!(
            function,
            Params,
            "format {} of fd {} is not one that can be transformed",
            buffer.color_format,
            buffer.fd()
        );
    }
    Ok(())
}
