//! What the pixels of textures are.
#![forbid(unsafe_code)]

use crate::sys::{self, GLenum};

/// What a pixel of a [`Texture`](crate::Texture) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextureFormat {
    /// Bytes red, green, blue, alpha.
    Rgba8,
    /// Bytes blue, green, red, alpha: wants `GL_EXT_texture_format_BGRA8888`.
    Bgra8,
    /// One byte.
    R8,
    /// Two bytes.
    Rg8,
}

impl TextureFormat {
    /// Bytes of one pixel.
    pub fn bytes_per_pixel(self) -> u32 {
        match self {
            Self::Rgba8 | Self::Bgra8 => 4,
            Self::R8 => 1,
            Self::Rg8 => 2,
        }
    }

    /// How GL stores it, and what the caller's pixels are.
    pub(super) fn of_gl(self) -> (GLenum, GLenum) {
        match self {
            Self::Rgba8 => (sys::GL_RGBA8, sys::GL_RGBA),
            Self::Bgra8 => (sys::GL_BGRA8_EXT, sys::GL_BGRA_EXT),
            Self::R8 => (sys::GL_R8, sys::GL_RED),
            Self::Rg8 => (sys::GL_RG8, sys::GL_RG),
        }
    }

    /// Which of a pixel's red, green, blue and alpha its bytes are.
    pub(super) fn channels(self) -> &'static [usize] {
        match self {
            Self::Rgba8 => &[0, 1, 2, 3],
            Self::Bgra8 => &[2, 1, 0, 3],
            Self::R8 => &[0],
            Self::Rg8 => &[0, 1],
        }
    }
}
