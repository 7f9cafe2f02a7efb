//! Caps: what can become of them, and what is the nearest.

#![forbid(unsafe_code)]

use gst_nvmm::{
    Form, color_format, is_allocatable, is_nvmm, is_platform_loaded, nvmm_caps, video_formats,
    with_nvmm, without_nvmm,
};
use gst_video::VideoFormat;

use super::nearest::formats_of;
use super::settings::Settings;
use super::size;

/// What only says what the pixels of one format mean.
pub(super) const COLOUR_FIELDS: [&str; 2] = ["colorimetry", "chroma-site"];

/// Both pads take both memories.
pub(super) fn templates() -> Vec<gst::PadTemplate> {
    let mut caps = nvmm_caps(video_formats());
    let system = without_nvmm(&caps);
    caps.make_mut().append(system);
    [
        ("sink", gst::PadDirection::Sink),
        ("src", gst::PadDirection::Src),
    ]
    .into_iter()
    // A template fails only for a name that does not go with its presence.
    .filter_map(|(name, direction)| {
        gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok()
    })
    .collect()
}

/// How much a picture changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// Not beyond what properties say: a source behind that has the choice makes no work.
    Nothing,
    Size,
    SizeAndFormat,
}

/// Which formats there can be on either side.
struct Formats {
    /// Surfaces that can be made for the output.
    output: Vec<VideoFormat>,
    /// And for a picture on its way from or to system memory.
    stage: Vec<VideoFormat>,
}

impl Formats {
    fn new(settings: &Settings) -> Self {
        if !is_platform_loaded() {
            let all = || video_formats().collect();
            return Self {
                output: all(),
                stage: all(),
            };
        }
        let of = |form| {
            let is_made = |format: &VideoFormat| {
                color_format(*format).is_some_and(|format| is_allocatable(format, form))
            };
            video_formats().filter(is_made).collect()
        };
        Self {
            output: of(settings.form()),
            stage: of(Form::Surface),
        }
    }

    /// Those of a side; `None` for any. A copy is what nothing changes in.
    fn of_side(&self, is_output: bool, is_nvmm: bool, is_copy: bool) -> Option<&[VideoFormat]> {
        match (is_output, is_nvmm) {
            (true, true) => Some(&self.output),
            (false, true) => None,
            (_, false) => (!is_copy).then_some(&self.stage),
        }
    }
}

/// Takes formats away that are not allowed; says whether any are left.
fn restrict(structure: &mut gst::StructureRef, allowed: Option<&[VideoFormat]>) -> bool {
    let Some(allowed) = allowed else {
        return true;
    };
    let left: Vec<_> = match structure.has_field("format") {
        true => {
            let ours = formats_of(structure).into_iter();
            ours.filter(|format| allowed.contains(format)).collect()
        }
        false => allowed.to_vec(),
    };
    match left.as_slice() {
        [] => return false,
        // A list of one would not be fixed.
        [one] => structure.set("format", one.to_str()),
        some => structure.set("format", names(some)),
    }
    true
}

fn names(formats: &[VideoFormat]) -> gst::List {
    gst::List::new(formats.iter().map(|format| format.to_str()))
}

/// Everything that pictures of `caps` on the pad of that direction can be on the other: any size and format,
/// in the same memory or the other, where there are surfaces of that format. Between two sides in system
/// memory only what is passed through: anything else would hide that a capsfilter lacks the feature.
/// What changes least comes first. Fields that nobody here knows stay.
pub(super) fn transform(
    direction: gst::PadDirection,
    caps: &gst::CapsRef,
    filter: Option<&gst::Caps>,
    settings: &Settings,
) -> gst::Caps {
    let formats = Formats::new(settings);
    let is_input = direction == gst::PadDirection::Sink;
    let mut all = gst::Caps::new_empty();
    for change in [Change::Nothing, Change::Size, Change::SizeAndFormat] {
        if change == Change::Nothing && settings.has_crop() {
            // Of a range it cannot be said what it becomes.
            continue;
        }
        let is_kept = change == Change::Nothing && settings.keeps_all();
        for (structure, features) in caps.iter_with_features() {
            let one: gst::Caps = [(structure.to_owned(), features.to_owned())].into();
            let (here, memories) = match is_nvmm(&one) {
                true => (true, [true, false]),
                false => (false, [false, true]),
            };
            for there in memories {
                if (here, there) == (false, false) && !is_kept {
                    continue;
                }
                let side = |is_output, is_nvmm| match is_kept && here == there {
                    true => None,
                    false => formats.of_side(is_output, is_nvmm, is_kept),
                };
                let (ours, theirs) = (side(!is_input, here), side(is_input, there));
                let mut structure = structure.to_owned();
                let is_possible = restrict(&mut structure, ours)
                    && (change == Change::SizeAndFormat || restrict(&mut structure, theirs));
                if !is_possible {
                    continue;
                }
                match change {
                    Change::Nothing if settings.swaps_axes() => size::swap(&mut structure),
                    Change::Nothing => {}
                    Change::Size | Change::SizeAndFormat => size::open(&mut structure),
                }
                if change == Change::SizeAndFormat {
                    let any: Vec<_> = video_formats().collect();
                    structure.set("format", names(theirs.unwrap_or(&any)));
                    structure.remove_fields(COLOUR_FIELDS);
                }
                let other: gst::Caps = [(structure, features.to_owned())].into();
                all.merge(match there {
                    _ if here == there => other,
                    true => with_nvmm(&other),
                    false => without_nvmm(&other),
                });
            }
        }
    }
    match filter {
        Some(filter) => filter.intersect_with_mode(&all, gst::CapsIntersectMode::First),
        None => all,
    }
}
