//! Formats by the four letters that DRM has for them.

#![forbid(unsafe_code)]

use nvbufsurface_sys::extended as sys;

/// The formats that a DRM format can be; the first is that of a picture that is none of them but has
/// its planes. DRM names the bytes of a word from its high end: `AB24` is R, G, B, A in memory.
pub(crate) fn formats(fourcc: u32) -> Option<&'static [u32]> {
    Some(match &fourcc.to_le_bytes() {
        b"R8  " => &[
            sys::NVBUF_COLOR_FORMAT_GRAY8,
            sys::NVBUF_COLOR_FORMAT_GRAY8_ER,
        ],
        b"NV12" => &[
            sys::NVBUF_COLOR_FORMAT_NV12,
            sys::NVBUF_COLOR_FORMAT_NV12_ER,
            sys::NVBUF_COLOR_FORMAT_NV12_709,
            sys::NVBUF_COLOR_FORMAT_NV12_709_ER,
            sys::NVBUF_COLOR_FORMAT_NV12_2020,
        ],
        b"NV21" => &[
            sys::NVBUF_COLOR_FORMAT_NV21,
            sys::NVBUF_COLOR_FORMAT_NV21_ER,
        ],
        b"YU12" => &[
            sys::NVBUF_COLOR_FORMAT_YUV420,
            sys::NVBUF_COLOR_FORMAT_YUV420_ER,
            sys::NVBUF_COLOR_FORMAT_YUV420_709,
            sys::NVBUF_COLOR_FORMAT_YUV420_2020,
        ],
        b"YV12" => &[
            sys::NVBUF_COLOR_FORMAT_YVU420,
            sys::NVBUF_COLOR_FORMAT_YVU420_ER,
        ],
        b"YU16" => &[sys::NVBUF_COLOR_FORMAT_YUV422],
        b"YU24" => &[sys::NVBUF_COLOR_FORMAT_YUV444],
        b"P010" => &[
            sys::NVBUF_COLOR_FORMAT_NV12_10LE,
            sys::NVBUF_COLOR_FORMAT_NV12_10LE_ER,
            sys::NVBUF_COLOR_FORMAT_NV12_10LE_709,
            sys::NVBUF_COLOR_FORMAT_NV12_10LE_709_ER,
            sys::NVBUF_COLOR_FORMAT_NV12_10LE_2020,
        ],
        b"UYVY" => &[
            sys::NVBUF_COLOR_FORMAT_UYVY,
            sys::NVBUF_COLOR_FORMAT_UYVY_ER,
        ],
        b"YUYV" => &[
            sys::NVBUF_COLOR_FORMAT_YUYV,
            sys::NVBUF_COLOR_FORMAT_YUYV_ER,
        ],
        b"AB24" => &[sys::NVBUF_COLOR_FORMAT_RGBA, sys::NVBUF_COLOR_FORMAT_RGBx],
        b"XB24" => &[sys::NVBUF_COLOR_FORMAT_RGBx, sys::NVBUF_COLOR_FORMAT_RGBA],
        b"AR24" => &[sys::NVBUF_COLOR_FORMAT_BGRA, sys::NVBUF_COLOR_FORMAT_BGRx],
        b"XR24" => &[sys::NVBUF_COLOR_FORMAT_BGRx, sys::NVBUF_COLOR_FORMAT_BGRA],
        b"RA24" => &[sys::NVBUF_COLOR_FORMAT_ABGR, sys::NVBUF_COLOR_FORMAT_xBGR],
        b"RX24" => &[sys::NVBUF_COLOR_FORMAT_xBGR, sys::NVBUF_COLOR_FORMAT_ABGR],
        b"BA24" => &[sys::NVBUF_COLOR_FORMAT_ARGB, sys::NVBUF_COLOR_FORMAT_xRGB],
        b"BX24" => &[sys::NVBUF_COLOR_FORMAT_xRGB, sys::NVBUF_COLOR_FORMAT_ARGB],
        b"BG24" => &[sys::NVBUF_COLOR_FORMAT_RGB],
        b"RG24" => &[sys::NVBUF_COLOR_FORMAT_BGR],
        _ => return None,
    })
}

/// The four letters, for a log line; what is no letter is a dot.
pub(crate) fn letters(fourcc: u32) -> [char; 4] {
    fourcc.to_le_bytes().map(|byte| match byte {
        b' '..=b'~' => char::from(byte),
        _ => '.',
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nvbuf::format;

    #[test]
    fn the_formats_of_one_name_have_the_same_planes() {
        for name in [
            b"R8  ", b"NV12", b"NV21", b"YU12", b"YV12", b"YU16", b"YU24", b"P010", b"UYVY",
            b"YUYV", b"AB24", b"XB24", b"AR24", b"XR24", b"RA24", b"RX24", b"BA24", b"BX24",
            b"BG24", b"RG24",
        ] {
            let fourcc = u32::from_le_bytes(*name);
            let mut planes = formats(fourcc).unwrap().iter().map(|format| {
                let format = format::find(*format).unwrap();
                let (planes, _) = format.lay_out(66, 34, 4096).unwrap();
                (planes.num_planes, planes.width, planes.height, planes.pitch)
            });
            let first = planes.next().unwrap();
            assert!(planes.all(|other| other == first), "{:?}", letters(fourcc));
        }
        assert!(formats(0).is_none());
        assert_eq!(letters(u32::from_le_bytes(*b"R8\0 ")), ['R', '8', '.', ' ']);
    }
}
