#![forbid(unsafe_code)]

use std::fmt;

use super::claim::Buffers;
use crate::error::{Error, ErrorKind, Result};
use crate::params::SurfaceParams;

/// A part of a picture, in pixels from its upper left; of libnvbuf_utils' too.
#[doc(alias = "NvBufSurfTransformRect")]
#[doc(alias = "NvBufferRect")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    /// The first column.
    pub left: u32,
    /// The first row.
    pub top: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Rect {
    /// A rectangle by its upper left and its size.
    pub const fn new(left: u32, top: u32, width: u32, height: u32) -> Self {
        Self {
            left,
            top,
            width,
            height,
        }
    }

    /// All of a buffer.
    pub fn whole(params: &SurfaceParams) -> Self {
        Self::new(0, 0, params.width(), params.height())
    }

    /// Refuses what the library refuses, in words that say which rectangle of what. All of a buffer is a
    /// rectangle as any other: one that is sent has to be even.
    pub(super) fn check(
        self,
        call: &'static str,
        name: &str,
        whole: Self,
        is_odd_allowed: bool,
    ) -> Result<()> {
        let refused = |why: &str| {
            let (width, height) = (whole.width, whole.height);
            let detail = format!("the {name} rectangle {self} of a {width}x{height} buffer {why}");
            Err(Error::new(ErrorKind::Invalid, call, detail))
        };
        if self.width == 0 || self.height == 0 {
            return refused("is empty: it has to have pixels");
        }
        if !is_odd_allowed && (self.left | self.top | self.width | self.height) & 1 != 0 {
            let Self {
                left,
                top,
                width,
                height,
            } = self;
            let even = Self::new(left & !1, top & !1, width & !1, height & !1);
            let remedy = if even.width == 0 || even.height == 0 {
                "take a larger one".into()
            } else if self == whole {
                format!(
                    "and a composition has one for all of a picture too: crop or place it to {even}"
                )
            } else {
                format!("round it, for example to {even}")
            };
            return refused(&format!(
                "is odd: left, top, width and height have to be even, {remedy} \
                 (nvbuf::Transform::allow_odd_crop takes odd ones where the release does)"
            ));
        }
        let fits = |first: u32, len: u32, all| first.checked_add(len).is_some_and(|end| end <= all);
        if !fits(self.left, self.width, whole.width) || !fits(self.top, self.height, whole.height) {
            return refused("is not inside it: crop it to the buffer");
        }
        Ok(())
    }
}

impl fmt::Display for Rect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            left,
            top,
            width,
            height,
        } = self;
        write!(f, "{width}x{height}+{left}+{top}")
    }
}

/// The rectangles of a batch.
#[derive(Clone, Debug, Default)]
pub(super) enum Rects {
    /// All of every buffer.
    #[default]
    Whole,
    /// The same for every buffer.
    Same(Rect),
    /// One for each buffer.
    Each(Box<[Rect]>),
}

impl Rects {
    /// Whether the library is sent rectangles for the first `count` buffers: not if each is all of its
    /// buffer, which may be odd then. There are enough, by `check_count`.
    pub(super) fn are_sent(&self, buffers: &impl Buffers, count: u32) -> bool {
        (0..count).any(|i| {
            let (surface, index) = buffers.at(i);
            let whole = surface.params(index).map(Rect::whole);
            self.at(i)
                .is_some_and(|part| whole.is_ok_and(|whole| part != whole))
        })
    }

    /// The rectangle of buffer `index`, if something was said. There are enough, by `check_count`.
    pub(super) fn at(&self, index: u32) -> Option<Rect> {
        match self {
            Self::Whole => None,
            Self::Same(rect) => Some(*rect),
            Self::Each(rects) => Some(rects[index as usize]),
        }
    }

    /// Refuses another number of rectangles than of buffers.
    pub(super) fn check_count(&self, call: &'static str, name: &str, count: u32) -> Result<()> {
        match self {
            Self::Each(rects) if rects.len() != count as usize => {
                let detail = format!(
                    "{} {name} rectangles for {count} buffers: one for each is needed",
                    rects.len()
                );
                Err(Error::new(ErrorKind::Invalid, call, detail))
            }
            _ => Ok(()),
        }
    }
}
