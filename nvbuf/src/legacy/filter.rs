#![forbid(unsafe_code)]

use nvbufsurface_sys::nvbuf_utils::r28;

use crate::error::{Error, ErrorKind, Result};

/// Interpolation when scaling. Any number is kept.
#[doc(alias = "NvBufferTransform_Filter")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Filter(pub u32);

impl Filter {
    /// The nearest pixel.
    pub const NEAREST: Self = Self(r28::NvBufferTransform_Filter_Nearest);
    /// Bilinear.
    pub const BILINEAR: Self = Self(r28::NvBufferTransform_Filter_Bilinear);
    /// 5 taps.
    pub const TAPS_5: Self = Self(r28::NvBufferTransform_Filter_5_Tap);
    /// 10 taps.
    pub const TAPS_10: Self = Self(r28::NvBufferTransform_Filter_10_Tap);
    /// Smart.
    pub const SMART: Self = Self(r28::NvBufferTransform_Filter_Smart);
    /// Nicest.
    pub const NICEST: Self = Self(r28::NvBufferTransform_Filter_Nicest);

    /// Refuses what no header names.
    pub(super) fn check(self, call: &'static str) -> Result<()> {
        if self.0 <= Self::NICEST.0 {
            return Ok(());
        }
        let detail = format!("{self:?} is none of the library's");
        Err(Error::new(ErrorKind::Invalid, call, detail))
    }
}
