//! Caps: which of those that can be is most like others.

#![forbid(unsafe_code)]

use gst_nvmm::is_nvmm;
use gst_video::{VideoFormat, VideoFormatInfo};

use super::negotiate::COLOUR_FIELDS;
use super::settings::Settings;
use super::size::{self, Picture};

/// Of what is possible, what is most like `caps`: the same memory, then the format that loses least,
/// then the size that keeps the shape of things.
pub(super) fn fixate(
    direction: gst::PadDirection,
    caps: &gst::CapsRef,
    possible: gst::Caps,
    settings: &Settings,
) -> gst::Caps {
    let Some(from) = caps.structure(0) else {
        return possible;
    };
    let format = format_of(from);
    let picture = Picture::of(from).map(|picture| match direction {
        gst::PadDirection::Sink => picture.after(settings),
        _ => picture.before(settings),
    });
    let cost = |one: &gst::CapsRef| {
        let is_moved = is_nvmm(one) != is_nvmm(caps);
        let structure = one.structure(0);
        let loss = structure.and_then(|one| best_format(format, one));
        let is_resized = structure
            .zip(picture)
            .is_some_and(|(one, picture)| !picture.fits(one));
        (
            is_moved,
            loss.map_or(u32::MAX, |(loss, _)| loss),
            is_resized,
        )
    };
    let each = possible
        .iter_with_features()
        .map(|(structure, features)| [(structure.to_owned(), features.to_owned())]);
    // Of equal ones the first, which downstream likes best.
    let best = each.map(gst::Caps::from_iter).min_by_key(|one| cost(one));
    let Some(mut best) = best else {
        return possible;
    };
    if let Some(to) = best.make_mut().structure_mut(0) {
        if let Some((_, format)) = best_format(format, to) {
            to.set("format", format.to_str());
        }
        keep_colours(from, to);
        if let Some(picture) = picture {
            size::fixate(to, picture);
        }
    }
    best.fixate();
    best
}

fn format_of(structure: &gst::StructureRef) -> VideoFormat {
    let name = structure.get::<&str>("format");
    name.map_or(VideoFormat::Unknown, VideoFormat::from_string)
}

/// The one or those of a list.
pub(super) fn formats_of(structure: &gst::StructureRef) -> Vec<VideoFormat> {
    let list = structure.get::<gst::List>("format");
    let one = structure.get::<&str>("format").ok();
    let listed = list.iter().flat_map(|list| list.iter());
    let names = listed.filter_map(|value| value.get::<&str>().ok());
    names.chain(one).map(VideoFormat::from_string).collect()
}

/// The format of those in `to` that loses least, and how much.
fn best_format(from: VideoFormat, to: &gst::StructureRef) -> Option<(u32, VideoFormat)> {
    formats_of(to)
        .into_iter()
        .map(|to| (loss(from, to), to))
        .min_by_key(|(loss, _)| *loss)
}

/// What goes when pixels are converted: colours are worse than depth, that worse than resolution.
fn loss(from: VideoFormat, to: VideoFormat) -> u32 {
    if from == to {
        return 0;
    }
    if from == VideoFormat::Unknown || to == VideoFormat::Unknown {
        return u32::MAX;
    }
    let (from, to) = [from, to].map(VideoFormatInfo::from_format).into();
    let chroma = |info: &VideoFormatInfo| {
        info.w_sub().iter().sum::<u32>() + info.h_sub().iter().sum::<u32>()
    };
    let depth = |info: &VideoFormatInfo| info.depth().first().copied().unwrap_or(0);
    [
        (!from.is_gray() && to.is_gray(), 64),
        (depth(&to) < depth(&from), 32),
        (chroma(&to) > chroma(&from), 16),
        (from.has_alpha() && !to.has_alpha(), 8),
        (from.is_rgb() != to.is_rgb(), 4),
        // More memory than is needed.
        (depth(&to) > depth(&from), 2),
    ]
    .into_iter()
    .fold(1, |sum, (is_so, weight)| sum + u32::from(is_so) * weight)
}

/// Says what the numbers of another format mean: what they meant, or from RGB what surfaces mean of
/// which nothing else is said.
fn keep_colours(from: &gst::StructureRef, to: &mut gst::StructureRef) {
    let [is_yuv, becomes_yuv] = [from, &*to].map(format_of).map(|format| {
        format != VideoFormat::Unknown && VideoFormatInfo::from_format(format).is_yuv()
    });
    if !becomes_yuv {
        return;
    }
    let field = COLOUR_FIELDS[0];
    let meaning = if is_yuv {
        from.get::<&str>(field).ok()
    } else {
        Some("bt601")
    };
    let Some(meaning) = meaning else {
        return;
    };
    if to.has_field(field) {
        to.fixate_field_str(field, meaning);
    } else {
        to.set(field, meaning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loss_of_a_format_ranks_what_goes() {
        use VideoFormat as F;
        gst::init().expect("GStreamer starts");
        assert_eq!(loss(F::Nv12, F::Nv12), 0);
        for (from, better, worse) in [
            (F::Nv12, F::I420, F::Rgba),
            (F::Nv12, F::Rgba, F::Gray8),
            (F::Rgba, F::Bgrx, F::Nv12),
            (F::P01010le, F::I42010le, F::Nv12),
            (F::Uyvy, F::Yuy2, F::Nv12),
            (F::Nv12, F::Rgba, F::Unknown),
        ] {
            assert!(
                loss(from, better) < loss(from, worse),
                "{from} {better} {worse}"
            );
        }
    }
}
