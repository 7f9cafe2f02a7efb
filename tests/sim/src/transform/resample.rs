//! Turning and scaling of one channel.

#![forbid(unsafe_code)]

use super::geometry::{Filter, Flip};
use super::picture::Channel;

/// A channel in another order of its samples.
#[derive(Clone, Copy, Debug)]
struct View<'a> {
    samples: &'a [u16],
    start: isize,
    /// Samples from one to its right neighbour, and to the one below.
    step: (isize, isize),
    width: usize,
    height: usize,
}

impl<'a> View<'a> {
    fn new(channel: &'a Channel, flip: Flip) -> Self {
        let (w, h) = (channel.width as isize, channel.height as isize);
        let (right, bottom, last) = (w - 1, (h - 1) * w, w * h - 1);
        let (start, step) = match flip {
            Flip::None => (0, (1, w)),
            Flip::X => (right, (-1, w)),
            Flip::Y => (bottom, (1, -w)),
            Flip::Rotate180 => (last, (-1, -w)),
            Flip::Transpose => (0, (w, 1)),
            Flip::Rotate90 => (right, (w, -1)),
            Flip::Rotate270 => (bottom, (-w, 1)),
            Flip::InvTranspose => (last, (-w, -1)),
        };
        let (width, height) = if flip.swaps_axes() {
            (channel.height, channel.width)
        } else {
            (channel.width, channel.height)
        };
        Self {
            samples: &channel.samples,
            start,
            step,
            width,
            height,
        }
    }

    fn row(&self, y: usize) -> isize {
        self.start + y as isize * self.step.1
    }

    fn at(&self, index: isize) -> u16 {
        self.samples[index as usize]
    }
}

/// Between two samples: their numbers, and 256ths of the second.
type Tap = (usize, usize, u32);

/// The nearest sample to each of `out`.
fn nearest(len: usize, out: usize) -> Vec<usize> {
    (0..out).map(|i| (2 * i + 1) * len / (2 * out)).collect()
}

/// Centres of samples on centres.
fn centred(len: usize, out: usize) -> Vec<Tap> {
    let last = len - 1;
    let tap = |i: usize| {
        let place = (i as f64 + 0.5) * len as f64 / out as f64 - 0.5;
        let place = place.clamp(0., last as f64);
        let first = place as usize;
        let part = ((place - first as f64) * 256.).round() as u32;
        (first, (first + 1).min(last), part)
    };
    (0..out).map(tap).collect()
}

/// The outermost samples on each other: how GStreamer's 8-bit scaler walks along a row.
fn aligned(len: usize, out: usize) -> Vec<Tap> {
    let last = len - 1;
    let step = if out > 1 && last > 0 {
        (last << 16) / (out - 1) - 1
    } else {
        0
    };
    let tap = |i: usize| {
        let place = i * step;
        let first = place >> 16;
        (first, (first + 1).min(last), (place >> 8 & 0xff) as u32)
    };
    (0..out).map(tap).collect()
}

fn lerp(a: u16, b: u16, part: u32) -> u16 {
    ((u32::from(a) * (256 - part) + u32::from(b) * part) >> 8) as u16
}

/// Turns a channel and scales what comes out of it.
pub(super) fn resample(
    channel: Channel,
    flip: Flip,
    (width, height): (usize, usize),
    filter: Filter,
    is_aligned: bool,
) -> Channel {
    if flip == Flip::None && (channel.width, channel.height) == (width, height) {
        return channel;
    }
    let view = View::new(&channel, flip);
    let same = (view.width, view.height) == (width, height);
    let samples = if same || filter == Filter::Nearest {
        pick(view, width, height)
    } else {
        let columns = if is_aligned {
            aligned(view.width, width)
        } else {
            centred(view.width, width)
        };
        interpolate(view, &columns, &centred(view.height, height))
    };
    Channel {
        width,
        height,
        samples,
    }
}

fn pick(view: View<'_>, width: usize, height: usize) -> Vec<u16> {
    let columns: Vec<isize> = nearest(view.width, width)
        .into_iter()
        .map(|x| x as isize * view.step.0)
        .collect();
    let mut samples = Vec::with_capacity(width * height);
    for y in nearest(view.height, height) {
        let row = view.row(y);
        samples.extend(columns.iter().map(|x| view.at(row + x)));
    }
    samples
}

fn interpolate(view: View<'_>, columns: &[Tap], rows: &[Tap]) -> Vec<u16> {
    let along = |y: usize, out: &mut Vec<u16>| {
        let row = view.row(y);
        out.clear();
        out.extend(columns.iter().map(|(a, b, part)| {
            let [a, b] = [a, b].map(|x| view.at(row + *x as isize * view.step.0));
            lerp(a, b, *part)
        }));
    };
    let mut samples = Vec::with_capacity(columns.len() * rows.len());
    // Two scaled rows of the source, and which they are.
    let mut cache = [(usize::MAX, Vec::new()), (usize::MAX, Vec::new())];
    for (upper, lower, part) in rows {
        if cache[0].0 != *upper && cache[1].0 == *upper {
            cache.swap(0, 1);
        }
        for (kept, y) in cache.iter_mut().zip([upper, lower]) {
            if kept.0 != *y {
                along(*y, &mut kept.1);
                kept.0 = *y;
            }
        }
        let [(_, upper), (_, lower)] = &cache;
        samples.extend(upper.iter().zip(lower).map(|(a, b)| lerp(*a, *b, *part)));
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_to_the_left() {
        // 0 1 2        2 5
        // 3 4 5   ->   1 4
        //              0 3
        let channel = Channel {
            width: 3,
            height: 2,
            samples: (0..6).collect(),
        };
        let turned = resample(channel, Flip::Rotate90, (2, 3), Filter::Nearest, false);
        assert_eq!(turned.samples, [2, 5, 1, 4, 0, 3]);
    }

    #[test]
    fn no_tap_is_outside() {
        for (len, out) in [(1, 1), (1, 7), (7, 1), (3, 48), (48, 3), (1920, 1279)] {
            for (a, b, part) in aligned(len, out).into_iter().chain(centred(len, out)) {
                assert!(a <= b && b < len && part <= 256, "{len} {out}");
            }
            assert!(nearest(len, out).into_iter().all(|i| i < len));
        }
    }
}
