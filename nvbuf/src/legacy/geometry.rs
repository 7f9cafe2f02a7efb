#![forbid(unsafe_code)]

use std::fmt;

use nvbufsurface_sys::nvbuf_utils::r28;

use super::buffer::NvBuffer;
use crate::error::{Error, ErrorKind, Result};

/// The VIC makes nothing larger or smaller by more.
const MAX_SCALE: u64 = 16;

/// A part of a picture in pixels. The hardware wants even numbers.
#[doc(alias = "NvBufferRect")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Rect {
    /// A rectangle from its first column and row, and its size.
    pub const fn new(left: u32, top: u32, width: u32, height: u32) -> Self {
        Self {
            left,
            top,
            width,
            height,
        }
    }

    /// This part of a buffer, or all of it; checked.
    pub(super) fn of(
        part: Option<Self>,
        buffer: &NvBuffer<'_>,
        call: &'static str,
    ) -> Result<Self> {
        let (width, height) = (buffer.params().width(), buffer.params().height());
        let Some(rect) = part else {
            return Ok(Self::new(0, 0, width, height));
        };
        let invalid = |what| {
            let detail = format!("the rectangle {rect} of {buffer:?} {what}");
            Err(Error::new(ErrorKind::Invalid, call, detail))
        };
        if rect.width == 0 || rect.height == 0 {
            return invalid("is empty");
        }
        if (rect.left | rect.top | rect.width | rect.height) & 1 != 0 {
            return invalid("has an odd number; the hardware takes even ones");
        }
        let fits = |start: u32, len: u32, all| start.checked_add(len).is_some_and(|e| e <= all);
        if !fits(rect.left, rect.width, width) || !fits(rect.top, rect.height, height) {
            return invalid("is not inside");
        }
        Ok(rect)
    }

    /// That the VIC scales by so much.
    pub(super) fn check_scale(self, to: Self, flip: Flip, call: &'static str) -> Result<()> {
        let (width, height) = if flip.swaps_axes() {
            (self.height, self.width)
        } else {
            (self.width, self.height)
        };
        for (from, to) in [(width, to.width), (height, to.height)] {
            let (from, to) = (u64::from(from), u64::from(to));
            if to > from * MAX_SCALE || from > to * MAX_SCALE {
                let detail = format!("from {from} to {to} pixels; 1/16 to 16 times are possible");
                return Err(Error::new(ErrorKind::Invalid, call, detail));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Rect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}x{}+{}+{}",
            self.width, self.height, self.left, self.top
        )
    }
}

/// Rotation (counterclockwise, as NVIDIA's elements use the numbers) or reflection.
#[doc(alias = "NvBufferTransform_Flip")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Flip {
    /// As it is.
    #[default]
    None = r28::NvBufferTransform_None,
    /// By 90 degrees.
    Rotate90 = r28::NvBufferTransform_Rotate90,
    /// By 180 degrees.
    Rotate180 = r28::NvBufferTransform_Rotate180,
    /// By 270 degrees.
    Rotate270 = r28::NvBufferTransform_Rotate270,
    /// Left and right changed.
    FlipX = r28::NvBufferTransform_FlipX,
    /// Top and bottom changed.
    FlipY = r28::NvBufferTransform_FlipY,
    /// Rows and columns changed.
    Transpose = r28::NvBufferTransform_Transpose,
    /// Rows and columns changed along the other diagonal.
    InvTranspose = r28::NvBufferTransform_InvTranspose,
}

impl Flip {
    fn swaps_axes(self) -> bool {
        matches!(
            self,
            Self::Rotate90 | Self::Rotate270 | Self::Transpose | Self::InvTranspose
        )
    }
}

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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_beyond_the_hardware_are_refused() {
        let of = |width, height| Rect::new(0, 0, width, height);
        let check = |from: Rect, to, flip| from.check_scale(to, flip, "test");
        check(of(64, 64), of(1024, 4), Flip::None).unwrap();
        check(of(64, 1024), of(1024, 1024), Flip::Transpose).unwrap();
        check(of(64, 1024), of(1024, 1024), Flip::None).unwrap();
        for (from, to, flip) in [
            (of(64, 64), of(1026, 64), Flip::None),
            (of(64, 64), of(64, 2), Flip::None),
            (of(10, 100), of(100, 2), Flip::None),
            (of(2, 64), of(64, 34), Flip::Rotate90),
        ] {
            let error = check(from, to, flip).expect_err("too much");
            assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        }
    }
}
