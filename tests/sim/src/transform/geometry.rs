//! Rectangles, flips and filters, and what engines allow of them.

#![forbid(unsafe_code)]

use nvbufsurface_sys::classic as sys;

use super::{Failure, fail, session};
use crate::functions::Function;
use crate::nvbuf::buffer::Buffer;

/// The VIC makes nothing larger or smaller by more.
const VIC_SCALE: u64 = 16;

/// A part of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rect {
    pub(crate) left: u32,
    pub(crate) top: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Rect {
    /// All of a buffer.
    pub(crate) fn whole(buffer: &Buffer) -> Self {
        Self {
            left: 0,
            top: 0,
            width: buffer.width,
            height: buffer.height,
        }
    }

    /// Checks a rectangle of the caller.
    pub(crate) fn check(
        self,
        function: Function,
        buffer: &Buffer,
        odd: bool,
    ) -> Result<Self, Failure> {
        let Self {
            left,
            top,
            width,
            height,
        } = self;
        if width == 0 || height == 0 {
            fail!(function, Params, "the rectangle {self} is empty");
        }
        if !odd && (left | top | width | height) & 1 != 0 {
            fail!(
                function,
                Params,
                Rule::UnalignedRectangle,
                "the rectangle {self} of fd {} is odd",
                buffer.fd()
            );
        }
        let fits =
            |start: u32, len: u32, all: u32| start.checked_add(len).is_some_and(|e| e <= all);
        if !fits(left, width, buffer.width) || !fits(top, height, buffer.height) {
            fail!(
                function,
                Outside,
                "the rectangle {self} is not inside fd {} of {}x{}",
                buffer.fd(),
                buffer.width,
                buffer.height
            );
        }
        Ok(self)
    }
}

impl std::fmt::Display for Rect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}x{}+{}+{}",
            self.width, self.height, self.left, self.top
        )
    }
}

/// Rotation (counterclockwise, as NVIDIA's elements use the numbers) or reflection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flip {
    None,
    Rotate90,
    Rotate180,
    Rotate270,
    X,
    Y,
    Transpose,
    InvTranspose,
}

impl Flip {
    pub(crate) fn of(function: Function, number: u32) -> Result<Self, Failure> {
        Ok(match number {
            sys::NvBufSurfTransform_None => Self::None,
            sys::NvBufSurfTransform_Rotate90 => Self::Rotate90,
            sys::NvBufSurfTransform_Rotate180 => Self::Rotate180,
            sys::NvBufSurfTransform_Rotate270 => Self::Rotate270,
            sys::NvBufSurfTransform_FlipX => Self::X,
            sys::NvBufSurfTransform_FlipY => Self::Y,
            sys::NvBufSurfTransform_Transpose => Self::Transpose,
            sys::NvBufSurfTransform_InvTranspose => Self::InvTranspose,
            other => fail!(function, Params, "transform_flip is {other}"),
        })
    }

    /// Whether rows become columns.
    pub(crate) fn swaps_axes(self) -> bool {
        matches!(
            self,
            Self::Rotate90 | Self::Rotate270 | Self::Transpose | Self::InvTranspose
        )
    }
}

/// Interpolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    Nearest,
    /// Also in the place of the longer filters.
    Bilinear,
}

impl Filter {
    pub(crate) fn of(function: Function, number: u32) -> Result<Self, Failure> {
        Ok(match number {
            sys::NvBufSurfTransformInter_Nearest | sys::NvBufSurfTransformInter_Default => {
                Self::Nearest
            }
            sys::NvBufSurfTransformInter_Bilinear..=sys::NvBufSurfTransformInter_Algo4 => {
                Self::Bilinear
            }
            other => fail!(function, Params, "the filter is {other}"),
        })
    }
}

/// Checks the ratio of two rectangles against the limits of the thread's engine.
pub(crate) fn check_scale(
    function: Function,
    from: Rect,
    to: Rect,
    flip: Flip,
) -> Result<(), Failure> {
    if session::current().is_vic() {
        check_vic_scale(function, from, to, flip)?;
    }
    Ok(())
}

/// Checks the ratio of two rectangles against the limits of the VIC.
pub(crate) fn check_vic_scale(
    function: Function,
    from: Rect,
    to: Rect,
    flip: Flip,
) -> Result<(), Failure> {
    let (width, height) = if flip.swaps_axes() {
        (from.height, from.width)
    } else {
        (from.width, from.height)
    };
    for (from, to) in [(width, to.width), (height, to.height)] {
        let (from, to) = (u64::from(from), u64::from(to));
        if to > from * VIC_SCALE || from > to * VIC_SCALE {
            fail!(
                function,
                Engine,
                Rule::VicLimit,
                "from {from} to {to} pixels is beyond the VIC's 1/16 to 16"
            );
        }
    }
    Ok(())
}
