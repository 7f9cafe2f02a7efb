#![forbid(unsafe_code)]

use gst::caps::HasFeatures;
use gst::glib::Value;
use gst::prelude::*;
use gst_video::{VideoCapsBuilder, VideoFormat};

use crate::format::color_format;

/// The caps feature of NVMM buffers.
pub const CAPS_FEATURE_MEMORY_NVMM: &str = "memory:NVMM";

/// `video/x-raw(memory:NVMM)` in these formats, of any size and frame rate: for pad templates.
///
/// Every NVIDIA element has the feature in its caps; an element without it does not link.
pub fn nvmm_caps(formats: impl IntoIterator<Item = VideoFormat>) -> gst::Caps {
    nvmm_caps_builder().format_list(formats).build()
}

/// The same to go on with: sizes and frame rates by value, list or range.
///
/// ```
/// # fn main() -> Result<(), gst::glib::BoolError> {
/// # gst::init().map_err(|e| gst::glib::bool_error!("{e}"))?;
/// let template = gst_nvmm::nvmm_caps_builder()
///     .format_list([gst_video::VideoFormat::Nv12])
///     .width_range(16..=4096)
///     .height_range(16..=4096)
///     .build();
/// assert!(gst_nvmm::is_nvmm(&template));
/// # Ok(())
/// # }
/// ```
pub fn nvmm_caps_builder() -> VideoCapsBuilder<HasFeatures> {
    VideoCapsBuilder::new().features([CAPS_FEATURE_MEMORY_NVMM])
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

/// The same caps, with any value of these fields: for `transform_caps` of an element that changes them.
///
/// Features and all other fields are kept, those that only NVIDIA's elements know among them
/// (`nvbuf-memory-type`, `gpu-id`, `block-linear`). Who changes `format` changes `colorimetry` and
/// `chroma-site`, too.
pub fn without_fields(caps: &gst::CapsRef, fields: &[&str]) -> gst::Caps {
    let mut caps = caps.to_owned();
    for structure in caps.make_mut().iter_mut() {
        structure.remove_fields(fields.iter().copied());
    }
    caps
}

/// The same caps with this value of a field in every structure; features and all other fields are kept.
pub fn with_field(
    caps: &gst::CapsRef,
    field: &str,
    value: impl Into<Value> + Clone + Send,
) -> gst::Caps {
    let mut caps = caps.to_owned();
    for structure in caps.make_mut().iter_mut() {
        structure.set(field, value.clone());
    }
    caps
}

/// Why two elements do not link or negotiate: the features or fields of their caps that do not meet, with
/// both values, and what helps. Of caps with several structures the two that are nearest to each other
/// are compared. For messages; where they do meet it says so.
pub fn why_not(one: &gst::CapsRef, other: &gst::CapsRef) -> String {
    if one.can_intersect(other) {
        return format!("{one} and {other} do meet");
    }
    let pairs = one.iter_with_features().flat_map(|one| {
        let others = other.iter_with_features();
        others.map(move |other| differences(one, other))
    });
    match pairs.min_by_key(Vec::len) {
        Some(differences) if !differences.is_empty() => differences.join("; "),
        _ => format!("{one} and {other} have nothing in common"),
    }
}

type Structure<'a> = (&'a gst::StructureRef, &'a gst::CapsFeaturesRef);

fn differences(one: Structure<'_>, other: Structure<'_>) -> Vec<String> {
    let ((one, one_features), (other, other_features)) = (one, other);
    let mut all = Vec::new();
    if one.name() != other.name() {
        all.push(format!("{} here, {} there", one.name(), other.name()));
    }
    if !one_features.is_any() && !other_features.is_any() && !one_features.is_equal(other_features)
    {
        let has_nvmm =
            |features: &gst::CapsFeaturesRef| features.contains(CAPS_FEATURE_MEMORY_NVMM);
        let remedy = if has_nvmm(one_features) != has_nvmm(other_features) {
            ": write video/x-raw(memory:NVMM) in capsfilters, or put nvvidconv or nvmmtransform in between"
        } else {
            ""
        };
        let name = |features: &gst::CapsFeaturesRef| match features.to_string() {
            name if name.is_empty() || name == "memory:SystemMemory" => "system memory".into(),
            name => name,
        };
        let (here, there) = (name(one_features), name(other_features));
        all.push(format!("{here} here, {there} there{remedy}"));
    }
    let is_nvmm = one_features.contains(CAPS_FEATURE_MEMORY_NVMM);
    for (field, here) in one.iter() {
        let Ok(there) = other.value(field) else {
            continue;
        };
        // Not can_intersect(): of two single values of one type that says yes whatever they are.
        if here.intersect(there).is_none() {
            let (here, there) = (text(here), text(there));
            let remedy = remedy(field, is_nvmm, [&here, &there]);
            all.push(format!("{field} {here} here, {there} there{remedy}"));
        }
    }
    all
}

fn text(value: &Value) -> String {
    value
        .serialize()
        .map_or_else(|_| format!("{value:?}"), |text| text.to_string())
}

fn remedy(field: &str, is_nvmm: bool, values: [&str; 2]) -> String {
    let unknown = values.iter().find(|value| {
        let format: Result<VideoFormat, _> = value.parse();
        format.is_ok_and(|format| is_nvmm && color_format(format).is_none())
    });
    match (field, unknown) {
        ("format", Some(format)) => {
            format!(": no surface holds {format}; take RGBA, and convert in system memory")
        }
        // nvvidconv has none of these in NVMM (its pad templates).
        ("format", _) if is_nvmm && values.iter().any(|v| ["BGR", "RGB"].contains(v)) => {
            ": nvvidconv makes no BGR and no RGB; take BGRx or RGBA, and convert in system memory"
                .into()
        }
        ("format" | "width" | "height", _) => ": put nvvidconv in between".into(),
        ("framerate", _) => ": put videorate before, or leave the rate open".into(),
        _ => String::new(),
    }
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

    fn nvmm(fields: &str) -> gst::Caps {
        gst::init().expect("GStreamer starts");
        let caps = format!("video/x-raw(memory:NVMM),{fields}");
        caps.parse().expect("caps")
    }

    #[test]
    fn a_field_is_opened_or_set_and_fields_that_nobody_knows_stay() {
        let caps = nvmm("width=64,height=48,format=RGBA,gpu-id=0,block-linear=true");
        let open = without_fields(&caps, &["width", "height"]);
        assert_eq!(open, nvmm("format=RGBA,gpu-id=0,block-linear=true"));
        let set = with_field(&open, "width", 32);
        let list = gst::List::new(["NV12", "RGBA"]);
        let set = with_field(&set, "format", list);
        let expected = "format={NV12,RGBA},gpu-id=0,block-linear=true,width=32";
        assert_eq!(set, nvmm(expected));
        assert!(is_nvmm(&set));
    }

    #[test]
    fn a_template_has_feature_formats_and_ranges() {
        gst::init().expect("GStreamer starts");
        let template = nvmm_caps_builder()
            .format_list([VideoFormat::Nv12, VideoFormat::Rgba])
            .width_range(16..=4096)
            .framerate_range(gst::Fraction::new(1, 1)..=gst::Fraction::new(60, 1))
            .build();
        let fits = "format=NV12,width=64,height=48,framerate=30/1";
        assert!(template.can_intersect(&nvmm(fits)));
        for not in ["format=I420", "width=8", "framerate=61/1"] {
            assert!(!template.can_intersect(&nvmm(not)), "{not}");
        }
    }

    #[test]
    fn what_does_not_meet_is_named_with_both_values_and_the_remedy() {
        let rgba = nvmm("format=RGBA,width=64,height=48,framerate=30/1");
        for (other, words) in [
            (
                without_nvmm(&rgba),
                &["memory:NVMM here, system memory there", "nvmmtransform"][..],
            ),
            (nvmm("format=BGR"), &["format RGBA here, BGR there", "BGRx"]),
            (nvmm("format=ARGB64"), &["no surface holds ARGB64"]),
            (
                nvmm("width=[1,32]"),
                &["width 64 here, [ 1, 32 ] there", "nvvidconv"],
            ),
            (
                nvmm("framerate=25/1"),
                &["30/1 here, 25/1 there", "videorate"],
            ),
            (nvmm("format=NV12,width=32"), &["format RGBA", "width 64"]),
            (gst::Caps::new_empty(), &["nothing in common"]),
        ] {
            let why = why_not(&rgba, &other);
            for word in words {
                assert!(why.contains(word), "{why:?} has no {word:?}");
            }
        }
        assert!(why_not(&rgba, &rgba).contains("do meet"));
    }

    #[test]
    fn the_nearest_structures_are_compared() {
        let one = nvmm("format=RGBA,width=64");
        let mut other = without_nvmm(&nvmm("format=BGR,width=8"));
        other.make_mut().append(nvmm("format=RGBA,width=32"));
        let why = why_not(&one, &other);
        assert!(why.starts_with("width 64 here, 32 there"), "{why}");
    }
}
