//! The colour numbers of libnvbuf_utils, and the formats of libnvbufsurface that they mean.

#![forbid(unsafe_code)]

use nvbufsurface_sys::{classic as sys, nvbuf_utils};

/// A numbering, by the module of the generated bindings that has its constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(non_camel_case_types, reason = "module names")]
pub(crate) enum Numbering {
    /// R28.1 and R28.2.
    r28,
    /// R32.1.
    r32_1,
    /// R32.2.
    r32_2,
    /// R32.3.
    r32_3,
    /// R32.4.
    r32_4,
    /// R32.5.
    r32_5,
    /// R32.6 and R32.7.
    r32_6,
    /// R34 and R35.
    r34,
}

/// Numbers in a release and for libnvbufsurface.
type Pairs = &'static [(u32, u32)];

/// Formats that came at one time, in each numbering that has them.
macro_rules! since {
    ([$($module:ident)*] $formats:tt) => {
        &[$((Numbering::$module, pairs!($module $formats))),*]
    };
}

macro_rules! pairs {
    ($module:ident { $($legacy:ident => $surface:ident,)* }) => {
        &[$((nvbuf_utils::$module::$legacy, sys::$surface)),*]
    };
}

const GROUPS: &[&[(Numbering, Pairs)]] = &[
    since! { [r28 r32_1 r32_2 r32_3 r32_4 r32_5 r32_6 r34] {
        NvBufferColorFormat_YUV420 => NVBUF_COLOR_FORMAT_YUV420,
        NvBufferColorFormat_YVU420 => NVBUF_COLOR_FORMAT_YVU420,
        NvBufferColorFormat_NV12 => NVBUF_COLOR_FORMAT_NV12,
        NvBufferColorFormat_NV21 => NVBUF_COLOR_FORMAT_NV21,
        NvBufferColorFormat_UYVY => NVBUF_COLOR_FORMAT_UYVY,
        NvBufferColorFormat_VYUY => NVBUF_COLOR_FORMAT_VYUY,
        NvBufferColorFormat_YUYV => NVBUF_COLOR_FORMAT_YUYV,
        NvBufferColorFormat_YVYU => NVBUF_COLOR_FORMAT_YVYU,
        // Words from the high byte: R, G, B, A in memory.
        NvBufferColorFormat_ABGR32 => NVBUF_COLOR_FORMAT_RGBA,
        NvBufferColorFormat_XRGB32 => NVBUF_COLOR_FORMAT_BGRx,
        NvBufferColorFormat_ARGB32 => NVBUF_COLOR_FORMAT_BGRA,
    } },
    since! { [r32_1 r32_2 r32_3 r32_4 r32_5 r32_6 r34] {
        NvBufferColorFormat_YUV420_ER => NVBUF_COLOR_FORMAT_YUV420_ER,
        NvBufferColorFormat_YVU420_ER => NVBUF_COLOR_FORMAT_YVU420_ER,
        NvBufferColorFormat_NV12_ER => NVBUF_COLOR_FORMAT_NV12_ER,
        NvBufferColorFormat_NV21_ER => NVBUF_COLOR_FORMAT_NV21_ER,
        NvBufferColorFormat_UYVY_ER => NVBUF_COLOR_FORMAT_UYVY_ER,
        NvBufferColorFormat_VYUY_ER => NVBUF_COLOR_FORMAT_VYUY_ER,
        NvBufferColorFormat_YUYV_ER => NVBUF_COLOR_FORMAT_YUYV_ER,
        NvBufferColorFormat_YVYU_ER => NVBUF_COLOR_FORMAT_YVYU_ER,
        NvBufferColorFormat_NV12_10LE => NVBUF_COLOR_FORMAT_NV12_10LE,
        NvBufferColorFormat_NV21_10LE => NVBUF_COLOR_FORMAT_NV21_10LE,
        NvBufferColorFormat_NV12_12LE => NVBUF_COLOR_FORMAT_NV12_12LE,
        NvBufferColorFormat_NV21_12LE => NVBUF_COLOR_FORMAT_NV21_12LE,
        NvBufferColorFormat_YUV420_709 => NVBUF_COLOR_FORMAT_YUV420_709,
        NvBufferColorFormat_YUV420_709_ER => NVBUF_COLOR_FORMAT_YUV420_709_ER,
        NvBufferColorFormat_NV12_709 => NVBUF_COLOR_FORMAT_NV12_709,
        NvBufferColorFormat_NV12_709_ER => NVBUF_COLOR_FORMAT_NV12_709_ER,
        NvBufferColorFormat_YUV420_2020 => NVBUF_COLOR_FORMAT_YUV420_2020,
        NvBufferColorFormat_NV12_2020 => NVBUF_COLOR_FORMAT_NV12_2020,
        NvBufferColorFormat_SignedR16G16 => NVBUF_COLOR_FORMAT_SIGNED_R16G16,
        NvBufferColorFormat_YUV444 => NVBUF_COLOR_FORMAT_YUV444,
    } },
    since! { [r32_2 r32_3 r32_4 r32_5 r32_6 r34] {
        NvBufferColorFormat_A32 => NVBUF_COLOR_FORMAT_A32,
        NvBufferColorFormat_GRAY8 => NVBUF_COLOR_FORMAT_GRAY8,
    } },
    since! { [r32_3 r32_4 r32_5 r32_6 r34] {
        NvBufferColorFormat_NV12_10LE_709 => NVBUF_COLOR_FORMAT_NV12_10LE_709,
        NvBufferColorFormat_NV12_10LE_709_ER => NVBUF_COLOR_FORMAT_NV12_10LE_709_ER,
        NvBufferColorFormat_NV12_10LE_2020 => NVBUF_COLOR_FORMAT_NV12_10LE_2020,
        NvBufferColorFormat_NV12_12LE_2020 => NVBUF_COLOR_FORMAT_NV12_12LE_2020,
        NvBufferColorFormat_NV16 => NVBUF_COLOR_FORMAT_NV16,
        NvBufferColorFormat_NV16_10LE => NVBUF_COLOR_FORMAT_NV16_10LE,
        NvBufferColorFormat_NV24 => NVBUF_COLOR_FORMAT_NV24,
        NvBufferColorFormat_NV16_ER => NVBUF_COLOR_FORMAT_NV16_ER,
        NvBufferColorFormat_NV24_ER => NVBUF_COLOR_FORMAT_NV24_ER,
        NvBufferColorFormat_NV16_709 => NVBUF_COLOR_FORMAT_NV16_709,
        NvBufferColorFormat_NV24_709 => NVBUF_COLOR_FORMAT_NV24_709,
        NvBufferColorFormat_NV16_709_ER => NVBUF_COLOR_FORMAT_NV16_709_ER,
        NvBufferColorFormat_NV24_709_ER => NVBUF_COLOR_FORMAT_NV24_709_ER,
        NvBufferColorFormat_NV24_10LE_709 => NVBUF_COLOR_FORMAT_NV24_10LE_709,
        NvBufferColorFormat_NV24_10LE_709_ER => NVBUF_COLOR_FORMAT_NV24_10LE_709_ER,
        NvBufferColorFormat_NV24_10LE_2020 => NVBUF_COLOR_FORMAT_NV24_10LE_2020,
        NvBufferColorFormat_NV24_12LE_2020 => NVBUF_COLOR_FORMAT_NV24_12LE_2020,
    } },
    since! { [r32_4 r32_5 r32_6 r34] {
        NvBufferColorFormat_RGBA_10_10_10_2_709 => NVBUF_COLOR_FORMAT_RGBA_10_10_10_2_709,
        NvBufferColorFormat_RGBA_10_10_10_2_2020 => NVBUF_COLOR_FORMAT_RGBA_10_10_10_2_2020,
    } },
    since! { [r32_5 r32_6 r34] {
        NvBufferColorFormat_YUV422 => NVBUF_COLOR_FORMAT_YUV422,
        NvBufferColorFormat_BGRA_10_10_10_2_709 => NVBUF_COLOR_FORMAT_BGRA_10_10_10_2_709,
        NvBufferColorFormat_BGRA_10_10_10_2_2020 => NVBUF_COLOR_FORMAT_BGRA_10_10_10_2_2020,
    } },
    since! { [r32_6 r34] {
        NvBufferColorFormat_NV24_10LE => NVBUF_COLOR_FORMAT_NV24_10LE,
    } },
];

/// One more than the last number of each numbering.
const INVALID: &[(Numbering, Pairs)] = since! { [r28 r32_1 r32_2 r32_3 r32_4 r32_5 r32_6 r34] {
    NvBufferColorFormat_Invalid => NVBUF_COLOR_FORMAT_INVALID,
} };

impl Numbering {
    fn pairs(self) -> impl Iterator<Item = (u32, u32)> {
        GROUPS
            .iter()
            .copied()
            .flatten()
            .filter(move |(numbering, _)| *numbering == self)
            .flat_map(|(_, pairs)| pairs.iter().copied())
    }

    /// The format that a number means for libnvbufsurface; `None` if the release has no such.
    pub(crate) fn surface_format(self, number: u32) -> Option<u32> {
        let (_, surface) = self.pairs().find(|(legacy, _)| *legacy == number)?;
        Some(surface)
    }

    /// The number of a format of libnvbufsurface; that of no format if it has none.
    pub(crate) fn number(self, surface_format: u32) -> u32 {
        self.pairs()
            .find(|(_, surface)| *surface == surface_format)
            .map_or(self.invalid(), |(legacy, _)| legacy)
    }

    /// `NvBufferColorFormat_Invalid`
    pub(crate) fn invalid(self) -> u32 {
        INVALID
            .iter()
            .find(|(numbering, _)| *numbering == self)
            .and_then(|(_, pairs)| pairs.first())
            .map_or(u32::MAX, |(legacy, _)| *legacy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_every_release_means_one_format() {
        use Numbering::*;
        let lasts = [11, 31, 33, 50, 52, 55, 56, 56];
        let all = [r28, r32_1, r32_2, r32_3, r32_4, r32_5, r32_6, r34];
        for (numbering, last) in all.into_iter().zip(lasts) {
            assert_eq!(numbering.invalid(), last, "{numbering:?}");
            for number in 0..last {
                let format = numbering.surface_format(number);
                let format = format.unwrap_or_else(|| panic!("{numbering:?} {number}"));
                assert_eq!(numbering.number(format), number, "{numbering:?}");
                assert!(crate::nvbuf::format::find(format).is_some(), "{format}");
            }
            assert_eq!(numbering.surface_format(last), None);
            assert_eq!(numbering.pairs().count(), last as usize);
        }
    }
}
