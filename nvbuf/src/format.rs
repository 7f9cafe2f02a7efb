#![forbid(unsafe_code)]

use std::fmt;

use nvbufsurface_sys::classic as c;

/// An open newtype over a C enumeration: names for what we know, and every other value kept.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident($prefix:literal) { $($(#[$vdoc:meta])* $value:ident = $c:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            $($(#[$vdoc])* #[doc = concat!("`", stringify!($c), "`")]
            pub const $value: Self = Self(c::$c);)*

            /// The name of a known value.
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$value => Some(stringify!($value)),)*
                    _ => None,
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!($prefix, " {}"), self.0),
                }
            }
        }
    };
}

open_enum! {
    /// A pixel format; the library only ever appends to its list, so numbers keep their meaning.
    ColorFormat("color format") {
        INVALID = NVBUF_COLOR_FORMAT_INVALID,
        GRAY8 = NVBUF_COLOR_FORMAT_GRAY8,
        YUV420 = NVBUF_COLOR_FORMAT_YUV420,
        YVU420 = NVBUF_COLOR_FORMAT_YVU420,
        YUV420_ER = NVBUF_COLOR_FORMAT_YUV420_ER,
        YVU420_ER = NVBUF_COLOR_FORMAT_YVU420_ER,
        NV12 = NVBUF_COLOR_FORMAT_NV12,
        NV12_ER = NVBUF_COLOR_FORMAT_NV12_ER,
        NV21 = NVBUF_COLOR_FORMAT_NV21,
        NV21_ER = NVBUF_COLOR_FORMAT_NV21_ER,
        UYVY = NVBUF_COLOR_FORMAT_UYVY,
        UYVY_ER = NVBUF_COLOR_FORMAT_UYVY_ER,
        VYUY = NVBUF_COLOR_FORMAT_VYUY,
        VYUY_ER = NVBUF_COLOR_FORMAT_VYUY_ER,
        YUYV = NVBUF_COLOR_FORMAT_YUYV,
        YUYV_ER = NVBUF_COLOR_FORMAT_YUYV_ER,
        YVYU = NVBUF_COLOR_FORMAT_YVYU,
        YVYU_ER = NVBUF_COLOR_FORMAT_YVYU_ER,
        YUV444 = NVBUF_COLOR_FORMAT_YUV444,
        RGBA = NVBUF_COLOR_FORMAT_RGBA,
        BGRA = NVBUF_COLOR_FORMAT_BGRA,
        ARGB = NVBUF_COLOR_FORMAT_ARGB,
        ABGR = NVBUF_COLOR_FORMAT_ABGR,
        RGBX = NVBUF_COLOR_FORMAT_RGBx,
        BGRX = NVBUF_COLOR_FORMAT_BGRx,
        XRGB = NVBUF_COLOR_FORMAT_xRGB,
        XBGR = NVBUF_COLOR_FORMAT_xBGR,
        RGB = NVBUF_COLOR_FORMAT_RGB,
        BGR = NVBUF_COLOR_FORMAT_BGR,
        NV12_10LE = NVBUF_COLOR_FORMAT_NV12_10LE,
        NV12_12LE = NVBUF_COLOR_FORMAT_NV12_12LE,
        YUV420_709 = NVBUF_COLOR_FORMAT_YUV420_709,
        YUV420_709_ER = NVBUF_COLOR_FORMAT_YUV420_709_ER,
        NV12_709 = NVBUF_COLOR_FORMAT_NV12_709,
        NV12_709_ER = NVBUF_COLOR_FORMAT_NV12_709_ER,
        YUV420_2020 = NVBUF_COLOR_FORMAT_YUV420_2020,
        NV12_2020 = NVBUF_COLOR_FORMAT_NV12_2020,
        NV12_10LE_ER = NVBUF_COLOR_FORMAT_NV12_10LE_ER,
        NV12_10LE_709 = NVBUF_COLOR_FORMAT_NV12_10LE_709,
        NV12_10LE_709_ER = NVBUF_COLOR_FORMAT_NV12_10LE_709_ER,
        NV12_10LE_2020 = NVBUF_COLOR_FORMAT_NV12_10LE_2020,
        SIGNED_R16G16 = NVBUF_COLOR_FORMAT_SIGNED_R16G16,
        R8_G8_B8 = NVBUF_COLOR_FORMAT_R8_G8_B8,
        B8_G8_R8 = NVBUF_COLOR_FORMAT_B8_G8_R8,
        R32F_G32F_B32F = NVBUF_COLOR_FORMAT_R32F_G32F_B32F,
        B32F_G32F_R32F = NVBUF_COLOR_FORMAT_B32F_G32F_R32F,
        YUV422 = NVBUF_COLOR_FORMAT_YUV422,
    }
}

open_enum! {
    /// How rows lie in memory.
    Layout("layout") {
        /// Row after row, `pitch` bytes apart: what the CPU and most kernels want.
        PITCH = NVBUF_LAYOUT_PITCH,
        /// The hardware's tiles: CUDA sees an array, the CPU nothing useful.
        BLOCK_LINEAR = NVBUF_LAYOUT_BLOCK_LINEAR,
    }
}

open_enum! {
    /// What a surface is made of.
    MemType("memory type") {
        /// The platform's choice: `SURFACE_ARRAY` on Jetson.
        DEFAULT = NVBUF_MEM_DEFAULT,
        CUDA_PINNED = NVBUF_MEM_CUDA_PINNED,
        CUDA_DEVICE = NVBUF_MEM_CUDA_DEVICE,
        CUDA_UNIFIED = NVBUF_MEM_CUDA_UNIFIED,
        /// A dmabuf that every engine of the SoC reaches.
        SURFACE_ARRAY = NVBUF_MEM_SURFACE_ARRAY,
        HANDLE = NVBUF_MEM_HANDLE,
        SYSTEM = NVBUF_MEM_SYSTEM,
    }
}

impl MemType {
    /// Whether `bufferDesc` of such a surface is a dmabuf fd.
    pub fn has_dmabuf(self) -> bool {
        matches!(self, Self::SURFACE_ARRAY | Self::HANDLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_survive_and_print_their_number() {
        let future = ColorFormat(112);
        assert_eq!(future.0, 112);
        assert_eq!(future.name(), None);
        assert_eq!(future.to_string(), "color format 112");
        assert_eq!(ColorFormat::RGBA.to_string(), "RGBA");
        assert_eq!(MemType(7).to_string(), "memory type 7");
    }
}
