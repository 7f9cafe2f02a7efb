#![forbid(unsafe_code)]

use std::fmt;

use super::ColorFormat;
use crate::Numbering;
// The modules by the names of their numberings: a list below names both at once.
use crate::nvbuf_utils::{
    r27_1 as R27_1, r28 as R28, r32_1 as R32_1, r32_2 as R32_2, r32_3 as R32_3, r32_4 as R32_4,
    r32_5 as R32_5, r32_6 as R32_6, r34 as R34,
};

/// A pixel format of libnvbuf_utils, whose number means something only together with a
/// [`Numbering`].
///
/// Releases renumbered the list: 5 is VYUY in R28, NV12_ER in R32.1 and NV12 since R32.5. The names
/// kept their meaning. Any number is kept, and prints as `legacy color format 5`.
#[doc(alias = "NvBufferColorFormat")]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct LegacyColorFormat(pub u32);

/// A format that at least one numbering has.
struct Entry {
    /// The C name without its prefix.
    name: &'static str,
    surface: ColorFormat,
    numbers: &'static [(Numbering, u32)],
}

/// Makes [`FORMATS`] of lists of formats, each headed by the numberings that have them.
macro_rules! formats {
    ($($numberings:tt $($name:ident = $c:ident $(=> $surface:ident)?),+;)+) => {
        const FORMATS: &[Entry] = &[$($(
            Entry {
                name: stringify!($name),
                surface: formats!(@surface $name $($surface)?),
                numbers: formats!(@numbers $numberings $c),
            },
        )+)+];
    };
    (@surface $name:ident) => { ColorFormat::$name };
    (@surface $name:ident $surface:ident) => { ColorFormat::$surface };
    (@numbers [$($numbering:ident)+] $c:ident) => {
        &[$((Numbering::$numbering, $numbering::$c)),+]
    };
}

// Names are those of `ColorFormat` unless another follows: there the old name reads a 32-bit word
// from its high byte, and the new one the bytes in memory, which lie the other way round.
formats! {
    [R27_1 R28 R32_1 R32_2 R32_3 R32_4 R32_5 R32_6 R34]
        YUV420 = NvBufferColorFormat_YUV420,
        YVU420 = NvBufferColorFormat_YVU420,
        NV12 = NvBufferColorFormat_NV12,
        NV21 = NvBufferColorFormat_NV21,
        UYVY = NvBufferColorFormat_UYVY,
        VYUY = NvBufferColorFormat_VYUY,
        YUYV = NvBufferColorFormat_YUYV,
        YVYU = NvBufferColorFormat_YVYU,
        ABGR32 = NvBufferColorFormat_ABGR32 => RGBA,
        XRGB32 = NvBufferColorFormat_XRGB32 => BGRX,
        ARGB32 = NvBufferColorFormat_ARGB32 => BGRA;
    [R32_1 R32_2 R32_3 R32_4 R32_5 R32_6 R34]
        YUV420_ER = NvBufferColorFormat_YUV420_ER,
        YVU420_ER = NvBufferColorFormat_YVU420_ER,
        NV12_ER = NvBufferColorFormat_NV12_ER,
        NV21_ER = NvBufferColorFormat_NV21_ER,
        UYVY_ER = NvBufferColorFormat_UYVY_ER,
        VYUY_ER = NvBufferColorFormat_VYUY_ER,
        YUYV_ER = NvBufferColorFormat_YUYV_ER,
        YVYU_ER = NvBufferColorFormat_YVYU_ER,
        NV12_10LE = NvBufferColorFormat_NV12_10LE,
        NV21_10LE = NvBufferColorFormat_NV21_10LE,
        NV12_12LE = NvBufferColorFormat_NV12_12LE,
        NV21_12LE = NvBufferColorFormat_NV21_12LE,
        YUV420_709 = NvBufferColorFormat_YUV420_709,
        YUV420_709_ER = NvBufferColorFormat_YUV420_709_ER,
        NV12_709 = NvBufferColorFormat_NV12_709,
        NV12_709_ER = NvBufferColorFormat_NV12_709_ER,
        YUV420_2020 = NvBufferColorFormat_YUV420_2020,
        NV12_2020 = NvBufferColorFormat_NV12_2020,
        YUV444 = NvBufferColorFormat_YUV444,
        SignedR16G16 = NvBufferColorFormat_SignedR16G16 => SIGNED_R16G16;
    [R32_2 R32_3 R32_4 R32_5 R32_6 R34]
        A32 = NvBufferColorFormat_A32,
        GRAY8 = NvBufferColorFormat_GRAY8;
    [R32_3 R32_4 R32_5 R32_6 R34]
        NV12_10LE_709 = NvBufferColorFormat_NV12_10LE_709,
        NV12_10LE_709_ER = NvBufferColorFormat_NV12_10LE_709_ER,
        NV12_10LE_2020 = NvBufferColorFormat_NV12_10LE_2020,
        NV12_12LE_2020 = NvBufferColorFormat_NV12_12LE_2020,
        NV16 = NvBufferColorFormat_NV16,
        NV16_10LE = NvBufferColorFormat_NV16_10LE,
        NV24 = NvBufferColorFormat_NV24,
        NV16_ER = NvBufferColorFormat_NV16_ER,
        NV24_ER = NvBufferColorFormat_NV24_ER,
        NV16_709 = NvBufferColorFormat_NV16_709,
        NV24_709 = NvBufferColorFormat_NV24_709,
        NV16_709_ER = NvBufferColorFormat_NV16_709_ER,
        NV24_709_ER = NvBufferColorFormat_NV24_709_ER,
        NV24_10LE_709 = NvBufferColorFormat_NV24_10LE_709,
        NV24_10LE_709_ER = NvBufferColorFormat_NV24_10LE_709_ER,
        NV24_10LE_2020 = NvBufferColorFormat_NV24_10LE_2020,
        NV24_12LE_2020 = NvBufferColorFormat_NV24_12LE_2020;
    [R32_4 R32_5 R32_6 R34]
        RGBA_10_10_10_2_709 = NvBufferColorFormat_RGBA_10_10_10_2_709,
        RGBA_10_10_10_2_2020 = NvBufferColorFormat_RGBA_10_10_10_2_2020;
    [R32_5 R32_6 R34]
        YUV422 = NvBufferColorFormat_YUV422,
        BGRA_10_10_10_2_709 = NvBufferColorFormat_BGRA_10_10_10_2_709,
        BGRA_10_10_10_2_2020 = NvBufferColorFormat_BGRA_10_10_10_2_2020;
    [R32_6 R34]
        NV24_10LE = NvBufferColorFormat_NV24_10LE;
}

impl LegacyColorFormat {
    /// The C name without `NvBufferColorFormat_`, `ABGR32` for example; `None` if the number is no
    /// format of the numbering.
    pub fn name(self, numbering: Numbering) -> Option<&'static str> {
        self.entry(numbering).map(|entry| entry.name)
    }

    /// The same format of libnvbufsurface; `None` if the number is no format of the numbering.
    pub fn to_surface(self, numbering: Numbering) -> Option<ColorFormat> {
        self.entry(numbering).map(|entry| entry.surface)
    }

    fn entry(self, numbering: Numbering) -> Option<&'static Entry> {
        FORMATS
            .iter()
            .find(|entry| entry.number(numbering) == Some(self.0))
    }
}

impl ColorFormat {
    /// The same format of libnvbuf_utils; `None` if the numbering has no such format.
    pub fn to_legacy(self, numbering: Numbering) -> Option<LegacyColorFormat> {
        let entry = FORMATS.iter().find(|entry| entry.surface == self)?;
        entry.number(numbering).map(LegacyColorFormat)
    }
}

impl Entry {
    fn number(&self, numbering: Numbering) -> Option<u32> {
        let mut numbers = self.numbers.iter();
        numbers
            .find(|(n, _)| *n == numbering)
            .map(|(_, number)| *number)
    }
}

impl From<u32> for LegacyColorFormat {
    fn from(number: u32) -> Self {
        Self(number)
    }
}

impl From<LegacyColorFormat> for u32 {
    fn from(format: LegacyColorFormat) -> Self {
        format.0
    }
}

impl fmt::Debug for LegacyColorFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for LegacyColorFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "legacy color format {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of a format in every numbering, oldest first.
    fn numbers(format: ColorFormat) -> [Option<u32>; 9] {
        Numbering::ALL.map(|numbering| format.to_legacy(numbering).map(u32::from))
    }

    /// A number for each numbering; negative where there is none.
    fn expected(numbers: [i64; 9]) -> [Option<u32>; 9] {
        numbers.map(|number| u32::try_from(number).ok())
    }

    #[test]
    fn known_numbers() {
        for (format, known) in [
            (ColorFormat::NV12, [2, 2, 4, 4, 4, 4, 5, 5, 5]),
            (ColorFormat::YUV444, [-1, -1, 30, 31, 35, 35, 36, 36, 34]),
            (ColorFormat::RGBA, [8, 8, 16, 16, 16, 16, 17, 17, 17]),
            (ColorFormat::GRAY8, [-1, -1, -1, 32, 36, 36, 37, 37, 37]),
            (ColorFormat::YUV422, [-1, -1, -1, -1, -1, -1, 2, 2, 2]),
            (ColorFormat::RGB, [-1; 9]),
            (ColorFormat::INVALID, [-1; 9]),
        ] {
            assert_eq!(numbers(format), expected(known), "{format}");
        }
    }

    #[test]
    fn words_named_from_the_high_byte_are_bytes_the_other_way_round() {
        for (number, name, format) in [
            (17, "ABGR32", ColorFormat::RGBA),
            (18, "XRGB32", ColorFormat::BGRX),
            (19, "ARGB32", ColorFormat::BGRA),
            (34, "SignedR16G16", ColorFormat::SIGNED_R16G16),
        ] {
            let legacy = LegacyColorFormat(number);
            assert_eq!(legacy.name(Numbering::R32_6), Some(name));
            assert_eq!(legacy.to_surface(Numbering::R32_6), Some(format));
        }
    }

    #[test]
    fn a_format_appears_once_and_has_each_numbering_once() {
        for (i, entry) in FORMATS.iter().enumerate() {
            for other in &FORMATS[..i] {
                assert_ne!(entry.name, other.name);
                assert_ne!(entry.surface, other.surface, "{}", entry.name);
            }
            assert!(
                entry.numbers.is_sorted_by(|a, b| a.0 < b.0),
                "{}",
                entry.name
            );
        }
    }

    #[test]
    fn unknown_numbers_survive() {
        let future = LegacyColorFormat::from(4711);
        for numbering in Numbering::ALL {
            assert_eq!(future.name(numbering), None);
            assert_eq!(future.to_surface(numbering), None);
            assert_eq!(ColorFormat(4711).to_legacy(numbering), None);
        }
        assert_eq!(u32::from(future), 4711);
        assert_eq!(future.to_string(), "legacy color format 4711");
        assert_eq!(format!("{future:?}"), "legacy color format 4711");
    }
}
