#![forbid(unsafe_code)]

use std::fmt;
use std::num::NonZeroI32;

use nvbufsurface_sys::classic as c;

/// What a function of libnvbufsurftransform returned instead of success.
///
/// A number that has no name here is kept.
#[doc(alias = "NvBufSurfTransform_Error")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransformError(NonZeroI32);

impl TransformError {
    /// `NvBufSurfTransformError_Unsupported`: not on this platform.
    pub const UNSUPPORTED: Self = Self::of(c::NvBufSurfTransformError_Unsupported);
    /// `NvBufSurfTransformError_Execution_Error`: the engine failed, reached its limits, or does not
    /// reach the memory; of a wait, also that time is up.
    pub const EXECUTION: Self = Self::of(c::NvBufSurfTransformError_Execution_Error);
    /// `NvBufSurfTransformError_Invalid_Params`: a rectangle, a format or another parameter.
    pub const INVALID_PARAMS: Self = Self::of(c::NvBufSurfTransformError_Invalid_Params);
    /// `NvBufSurfTransformError_ROI_Error`: a rectangle lies outside.
    pub const ROI: Self = Self::of(c::NvBufSurfTransformError_ROI_Error);

    /// A constant of the header.
    const fn of(code: i32) -> Self {
        match NonZeroI32::new(code) {
            Some(code) => Self(code),
            None => panic!("no error"),
        }
    }

    /// The error of a result; `None` for success.
    pub fn from_code(code: i32) -> Option<Self> {
        NonZeroI32::new(code).map(Self)
    }

    /// The library's number.
    pub fn code(self) -> i32 {
        self.0.get()
    }

    /// What such an error usually comes from, where that is known.
    fn cause(self) -> &'static str {
        match self {
            Self::UNSUPPORTED => "unsupported on this platform",
            Self::EXECUTION => {
                "the engine failed: the VIC scales by 1/16 to 16 and reaches SURFACE_ARRAY only, the \
                 GPU needs a CUDA context in the thread and writes pitch-linear surfaces only"
            }
            Self::INVALID_PARAMS => {
                "a parameter is refused: a colour format that this release or engine does not \
                 transform, a rectangle, a filter"
            }
            Self::ROI => "a rectangle lies outside of its surface",
            _ => "a result that the headers do not name",
        }
    }
}

impl fmt::Debug for TransformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::UNSUPPORTED => f.write_str("UNSUPPORTED"),
            Self::EXECUTION => f.write_str("EXECUTION"),
            Self::INVALID_PARAMS => f.write_str("INVALID_PARAMS"),
            Self::ROI => f.write_str("ROI"),
            other => write!(f, "TransformError({})", other.code()),
        }
    }
}

impl fmt::Display for TransformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.code(), self.cause())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_no_error_and_unknown_numbers_are_kept() {
        assert_eq!(TransformError::from_code(0), None);
        assert_eq!(TransformError::from_code(-4), Some(TransformError::ROI));
        let unknown = TransformError::from_code(-17).unwrap();
        assert_eq!(unknown.code(), -17);
        assert_eq!(format!("{unknown:?}"), "TransformError(-17)");
        assert!(unknown.to_string().contains("-17"));
    }
}
