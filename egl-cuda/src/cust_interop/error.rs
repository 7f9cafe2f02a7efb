//! Errors of `cust` as ours.
#![forbid(unsafe_code)]

use std::num::NonZeroU32;

use cust::error::CudaError;

use crate::{Context, Error};

impl Error {
    pub(crate) fn from_cust(context: &Context, call: &'static str, error: CudaError) -> Self {
        Self::cuda(Some(context.driver()), call, code_of(error))
    }
}

impl From<CudaError> for Error {
    /// The call is not known any more: it reads `cust`.
    fn from(error: CudaError) -> Self {
        Self::cuda(crate::Driver::get().ok(), "cust", code_of(error))
    }
}

/// The driver's code. Codes above 999 are cust's own.
fn code_of(error: CudaError) -> NonZeroU32 {
    NonZeroU32::new(error as u32).unwrap_or(NonZeroU32::MIN)
}
