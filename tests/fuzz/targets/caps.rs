//! Caps of any peer: the two lines of an input, compared and changed.

#![no_main]

use std::str::FromStr;
use std::sync::Once;

use gst_nvmm::{
    color_format_for_caps, color_format_of, is_color_format, is_nvmm, video_format, why_not,
    with_field, with_nvmm, without_fields, without_nvmm,
};
use gst_video::VideoInfo;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    static INIT: Once = Once::new();
    INIT.call_once(|| gst::init().expect("GStreamer starts"));
    // No C string, which is all that GStreamer reads.
    if text.contains('\0') {
        return;
    }
    let (one, other) = text
        .split_once('\n')
        .unwrap_or((text, "video/x-raw(memory:NVMM)"));
    let (Ok(one), Ok(other)) = (gst::Caps::from_str(one), gst::Caps::from_str(other)) else {
        return;
    };
    assert!(!why_not(&one, &other).is_empty());
    for caps in [&one, &other] {
        let nvmm = with_nvmm(caps);
        assert!(
            nvmm.iter_with_features()
                .all(|(structure, _)| !structure.name().is_empty())
        );
        assert!(nvmm.is_any() || nvmm.is_empty() || is_nvmm(&nvmm), "{nvmm}");
        assert!(
            caps.is_any() || caps.is_empty() || !is_nvmm(&without_nvmm(caps)),
            "{caps}"
        );
        let _ = without_fields(caps, &["width", "format"]);
        let _ = with_field(caps, "width", 64_i32);
        let _ = color_format_for_caps(caps);
        if caps.is_fixed()
            && let Ok(info) = VideoInfo::from_caps(caps)
            && let Some(color) = color_format_of(&info)
        {
            assert!(is_color_format(info.format(), color), "{caps}: {color}");
            assert!(video_format(color).is_some(), "{color}");
        }
    }
});
