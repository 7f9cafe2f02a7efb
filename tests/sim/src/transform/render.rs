//! A picture in another format, size and direction.

#![forbid(unsafe_code)]

use super::chroma;
use super::colour::{Matrix, WHITE};
use super::geometry::{Filter, Flip};
use super::picture::{Channel, Picture, side};
use super::pixels::{Model, Pixels};
use super::resample::resample;

/// Turns, scales and converts a picture.
pub(super) fn render(
    from: Picture,
    to: Pixels,
    size: (usize, usize),
    flip: Flip,
    filter: Filter,
) -> Picture {
    if keeps_samples(&from.pixels, &to, flip) {
        channel_by_channel(from, to, size, flip, filter)
    } else {
        through_pixels(from, to, size, flip, filter)
    }
}

/// Whether each channel can become the same channel of the other format on its own.
fn keeps_samples(from: &Pixels, to: &Pixels, flip: Flip) -> bool {
    let square = |pixels: &Pixels| pixels.subsampling().is_none_or(|(h, v)| h == v);
    let turns = !flip.swaps_axes() || square(from) && square(to);
    let (ours, theirs) = (from.subsampling(), to.subsampling());
    from.model == to.model && turns && (ours == theirs || ours.is_none() || theirs.is_none())
}

fn channel_by_channel(
    from: Picture,
    to: Pixels,
    (width, height): (usize, usize),
    flip: Flip,
    filter: Filter,
) -> Picture {
    let mut channels: [Channel; 4] = Default::default();
    for (i, channel) in from.channels.into_iter().enumerate() {
        let wanted = to.components[i].filter(|_| i < 3 || to.has_alpha());
        let Some(component) = wanted else { continue };
        let (width, height) = (
            side(width, component.horizontal),
            side(height, component.vertical),
        );
        channels[i] = if !channel.samples.is_empty() {
            // GStreamer has a way of its own to halve planes of single bytes, which is centred.
            let is_halved = channel.width == 2 * width
                && (channel.height == height || channel.height == 2 * height)
                && from.pixels.components[i].is_some_and(|c| c.step == 1);
            let is_aligned = from.pixels.aligned[i] && !is_halved;
            resample(channel, flip, (width, height), filter, is_aligned)
        } else if i == 3 {
            Channel::of(WHITE, width, height)
        } else {
            Picture::neutral(width, height)
        };
    }
    Picture {
        pixels: to,
        width,
        height,
        channels,
    }
}

/// By way of four samples for each pixel.
fn through_pixels(
    from: Picture,
    to: Pixels,
    (width, height): (usize, usize),
    flip: Flip,
    filter: Filter,
) -> Picture {
    let (source, from_size) = (from.pixels, (from.width, from.height));
    let scale = |channel: Channel| resample(channel, flip, (width, height), filter, true);
    let shift = source.subsampling().unwrap_or_default();
    let [first, second, third, alpha] = from.channels;
    let colour = |channel: Channel| {
        if channel.samples.is_empty() {
            return Picture::neutral(width, height);
        }
        scale(chroma::up(channel, shift, from_size, source.bytes))
    };
    let mut planes = [scale(first), colour(second), colour(third)];
    if source.model != to.model {
        let matrix = Matrix::between(source.model, to.model);
        let [a, b, c] = &mut planes;
        matrix.apply(&mut a.samples, &mut b.samples, &mut c.samples);
    }
    let [first, second, third] = planes;
    let down = |channel| match to.subsampling() {
        Some(shift) => chroma::down(channel, shift),
        None => Channel::default(),
    };
    let alpha = match (to.has_alpha(), alpha.samples.is_empty()) {
        (false, _) => Channel::default(),
        (true, true) => Channel::of(WHITE, width, height),
        (true, false) => scale(alpha),
    };
    Picture {
        pixels: to,
        width,
        height,
        channels: [first, down(second), down(third), alpha],
    }
}

/// A colour of red, green, blue and alpha from 0 to 1 in the samples of a format.
pub(super) fn colour(to: &Pixels, colour: [f64; 4]) -> [u16; 4] {
    let sample = |part: f64| (part.clamp(0., 1.) * f64::from(WHITE)).round() as u16;
    let [red, green, blue, alpha] = colour.map(sample);
    let matrix = Matrix::between(Model::Rgb, to.model);
    let [first, second, third] = matrix.colour([red, green, blue]);
    [first, second, third, alpha]
}
