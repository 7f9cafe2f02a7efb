#![forbid(unsafe_code)]

use gst_video::VideoFormat;

/// The caps feature of NVMM buffers.
pub const CAPS_FEATURE_MEMORY_NVMM: &str = "memory:NVMM";

/// `video/x-raw(memory:NVMM)` in these formats, of any size and frame rate: for pad templates.
///
/// Every NVIDIA element has the feature in its caps; an element without it does not link.
pub fn nvmm_caps(formats: impl IntoIterator<Item = VideoFormat>) -> gst::Caps {
    gst_video::VideoCapsBuilder::new()
        .features([CAPS_FEATURE_MEMORY_NVMM])
        .format_list(formats)
        .build()
}

/// Whether every structure of `caps` has the feature.
pub fn is_nvmm(caps: &gst::CapsRef) -> bool {
    !caps.is_empty()
        && caps
            .iter_with_features()
            .all(|(_, features)| features.contains(CAPS_FEATURE_MEMORY_NVMM))
}

/// The same caps with the feature; all other fields are kept.
pub fn with_nvmm(caps: &gst::CapsRef) -> gst::Caps {
    set_features(caps, || gst::CapsFeatures::new([CAPS_FEATURE_MEMORY_NVMM]))
}

/// The same caps for system memory; all other fields are kept.
pub fn without_nvmm(caps: &gst::CapsRef) -> gst::Caps {
    set_features(caps, gst::CapsFeatures::new_empty)
}

fn set_features(caps: &gst::CapsRef, features: impl Fn() -> gst::CapsFeatures) -> gst::Caps {
    caps.iter()
        .map(|structure| (structure.to_owned(), features()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_goes_on_and_off_and_fields_stay() {
        gst::init().expect("GStreamer starts");
        let system = gst::Caps::builder("video/x-raw")
            .field("format", "RGBA")
            .field("nvbuf-memory-type", "nvbuf-mem-surface-array")
            .build();
        let nvmm = with_nvmm(&system);
        assert!(is_nvmm(&nvmm) && !is_nvmm(&system));
        assert!(nvmm.to_string().contains("nvbuf-memory-type"), "{nvmm}");
        assert_eq!(without_nvmm(&nvmm), system);
        assert!(!system.can_intersect(&nvmm));
    }
}
