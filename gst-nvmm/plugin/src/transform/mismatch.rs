//! Caps that do not meet: which fields of them, in words.

#![forbid(unsafe_code)]

use gst::prelude::*;

/// Why caps can become nothing that downstream takes: the fields of its nearest offer that do not meet.
pub(super) fn mismatch(possible: &gst::CapsRef, peer: &gst::CapsRef) -> Option<String> {
    if possible.can_intersect(peer) {
        return None;
    }
    if peer.is_empty() {
        return Some("what is linked takes no caps at all now".into());
    }
    let pairs = possible.iter_with_features().flat_map(|ours| {
        peer.iter_with_features()
            .map(move |theirs| differences(ours, theirs))
    });
    let nearest = pairs.min_by_key(Vec::len)?;
    Some(nearest.join("; "))
}

fn differences(
    (ours, our_features): (&gst::StructureRef, &gst::CapsFeaturesRef),
    (theirs, their_features): (&gst::StructureRef, &gst::CapsFeaturesRef),
) -> Vec<String> {
    let mut all = Vec::new();
    if ours.name() != theirs.name() {
        all.push(format!(
            "what is linked takes {}, and this gives {}: put a converter between",
            theirs.name(),
            ours.name()
        ));
        return all;
    }
    if !our_features.is_any() && !their_features.is_any() && !our_features.is_equal(their_features)
    {
        all.push(format!(
            "what is linked takes ({their_features}), and this gives ({our_features}): NVMM goes to \
             system memory and NVMM, system memory to NVMM alone"
        ));
    }
    for (name, value) in ours.iter() {
        let Ok(theirs) = theirs.value(name) else {
            continue;
        };
        if value.intersect(theirs).is_none() {
            let text = |value: &gst::glib::SendValue| {
                let text = value.serialize();
                text.map_or_else(|_| format!("{value:?}"), |text| text.to_string())
            };
            all.push(format!(
                "of {name} what is linked takes {}, and this gives {}",
                text(theirs),
                text(value)
            ));
        }
    }
    all
}
