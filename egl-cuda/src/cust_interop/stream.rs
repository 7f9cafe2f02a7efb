//! Streams of `cust` as ours.

use crate::error::check;
use crate::{Context, Error, Result, StreamRef, sys};

impl<'a> StreamRef<'a> {
    /// A stream of `cust`'s, for as long as it is borrowed.
    ///
    /// Unlike ours it is ordered with the default stream: `cust` makes no other ones. The other way,
    /// from a stream of ours to one of `cust`'s, there is none, since `cust` makes streams of nothing
    /// but its own; for its asynchronous copies make the stream with `cust` and borrow it here.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): it is of another context.
    /// Drivers before CUDA 9.2 cannot be asked: there the first call with the stream fails.
    #[doc(alias = "cuStreamGetCtx")]
    pub fn from_cust(context: &Context, stream: &'a cust::stream::Stream) -> Result<Self> {
        const CALL: &str = "cuStreamGetCtx";
        let raw: sys::CUstream = stream.as_inner().cast();
        let mut owner = std::ptr::null_mut();
        let current = context.push()?;
        // SAFETY: `cust` keeps the stream alive while it is borrowed; the pointer is to a live handle.
        let code = unsafe { cust::sys::cuStreamGetCtx(stream.as_inner(), &raw mut owner) } as u32;
        drop(current);
        match code {
            sys::CUDA_ERROR_NOT_SUPPORTED => {}
            // Where another context is current, a driver need not know the stream.
            sys::CUDA_SUCCESS | sys::CUDA_ERROR_INVALID_HANDLE => {
                if owner.cast() != context.as_raw() {
                    return Err(foreign(context, CALL));
                }
            }
            code => check(context.driver(), CALL, code)?,
        }
        // SAFETY: it is of this context (or the driver refuses it there), and alive for `'a`.
        Ok(unsafe { Self::from_raw(context, raw) })
    }
}

#[cold]
fn foreign(context: &Context, call: &'static str) -> Error {
    let what = format!(
        "the stream is not of device {}'s primary context; make it while that is current, by \
         Context::push or cust::quick_init",
        context.ordinal()
    );
    Error::argument(call, what)
}
