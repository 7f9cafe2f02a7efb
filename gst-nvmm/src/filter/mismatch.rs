//! Why two caps do not meet, by the names of the fields.

#![forbid(unsafe_code)]

use gst::prelude::*;

/// The fields in which the nearest two structures of either side differ, for an error.
pub(super) fn mismatch(makes: &gst::CapsRef, takes: &gst::CapsRef) -> String {
    let pairs = makes.iter_with_features().flat_map(|makes| {
        let takes = takes.iter_with_features();
        takes.map(move |takes| differences(makes, takes))
    });
    match pairs.min_by_key(Vec::len) {
        Some(fields) if fields.is_empty() => "the caps meet, and were refused".into(),
        Some(fields) => fields.join(", "),
        None if takes.is_any() || makes.is_any() => "anything meets, and was refused".into(),
        None if makes.is_empty() => "it makes nothing".into(),
        None => "it takes nothing".into(),
    }
}

type Entry<'a> = (&'a gst::StructureRef, &'a gst::CapsFeaturesRef);

fn differences((makes, ours): Entry<'_>, (takes, theirs): Entry<'_>) -> Vec<String> {
    let against = |what: &str, a: &str, b: &str| format!("{what} is {a} against {b}");
    let mut all = Vec::new();
    if makes.name() != takes.name() {
        all.push(against("the type", makes.name(), takes.name()));
    }
    if !ours.is_any() && !theirs.is_any() && !ours.is_equal(theirs) {
        let text = [ours, theirs].map(gst::CapsFeaturesRef::to_string);
        all.push(against("the feature", &text[0], &text[1]));
    }
    let text = |value: &gst::glib::SendValue| value.serialize().unwrap_or_default();
    for (field, value) in makes.iter() {
        if let Ok(other) = takes.value(field)
            && value.intersect(other).is_none()
        {
            all.push(against(field, &text(value), &text(other)));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(makes: &str, takes: &str) -> String {
        gst::init().expect("GStreamer starts");
        let caps = |text: &str| text.parse::<gst::Caps>().expect("caps");
        mismatch(&caps(makes), &caps(takes))
    }

    #[test]
    fn fields_are_named_with_both_values() {
        assert_eq!(
            of(
                "video/x-raw(memory:NVMM),format=RGBA,width=64,height=48",
                "video/x-raw(memory:NVMM),format={NV12,I420},width=[100,200],height=48"
            ),
            "format is RGBA against { (string)NV12, (string)I420 }, width is 64 against [ 100, 200 ]"
        );
    }

    #[test]
    fn of_several_structures_the_nearest_is_named() {
        assert_eq!(
            of(
                "video/x-raw(memory:NVMM),width=64,height=48",
                "audio/x-raw;video/x-raw(memory:NVMM),width=64,height=50;video/x-raw,width=1,height=1"
            ),
            "height is 48 against 50"
        );
    }

    #[test]
    fn features_and_types_count_as_fields() {
        assert_eq!(
            of("video/x-raw(memory:NVMM)", "video/x-raw"),
            "the feature is memory:NVMM against memory:SystemMemory"
        );
        assert_eq!(
            of("video/x-raw", "image/png"),
            "the type is video/x-raw against image/png"
        );
        assert_eq!(of("EMPTY", "video/x-raw"), "it makes nothing");
        assert_eq!(of("video/x-raw", "EMPTY"), "it takes nothing");
    }
}
