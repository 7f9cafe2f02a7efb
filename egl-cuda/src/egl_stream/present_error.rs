//! A frame that could not be presented.
#![forbid(unsafe_code)]

use std::fmt;

use crate::{CudaFrame, Error};

/// Why a frame was not presented, and the frame.
#[derive(Debug)]
pub struct PresentError(Box<(Error, CudaFrame)>);

impl PresentError {
    pub(super) fn new(error: Error, frame: CudaFrame) -> Self {
        Self(Box::new((error, frame)))
    }

    /// What went wrong.
    pub fn error(&self) -> &Error {
        &self.0.0
    }

    /// The frame, which is the caller's again.
    pub fn into_frame(self) -> CudaFrame {
        self.0.1
    }
}

impl fmt::Display for PresentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error().fmt(f)
    }
}

impl std::error::Error for PresentError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error().source()
    }
}

/// Drops the frame.
impl From<PresentError> for Error {
    fn from(error: PresentError) -> Self {
        error.0.0
    }
}
