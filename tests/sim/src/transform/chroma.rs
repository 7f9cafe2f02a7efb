//! U and V between one for each pixel and one for several: linear, where chroma samples lie on the
//! left luma sample and between two rows.

#![forbid(unsafe_code)]

use super::colour::ONE;
use super::picture::{Channel, side};

/// One sample for each pixel of a picture, as fine as those of a source with so many bytes a sample:
/// so are GStreamer's.
pub(super) fn up(
    channel: Channel,
    (h, v): (u32, u32),
    (width, height): (usize, usize),
    bytes: usize,
) -> Channel {
    let unit = if bytes == 1 { ONE } else { 1 << 6 };
    let mix =
        |weight, a: u16, other, b: u16, bits| mix(weight, a / unit, other, b / unit, bits) * unit;
    let mut channel = channel;
    if h == 1 {
        let mut wider = Vec::with_capacity(width * channel.height);
        for y in 0..channel.height {
            let row = row(&channel, y);
            let end = wider.len() + width;
            for pair in row.windows(2) {
                wider.extend([pair[0], mix(1, pair[0], 1, pair[1], 1)]);
            }
            // The last sample, once or twice.
            let last = row.last().copied().unwrap_or_default();
            wider.resize(end, last);
        }
        channel.samples = wider;
        channel.width = width;
    }
    if v == 1 {
        let mut taller = Vec::with_capacity(channel.width * height);
        for y in 0..height {
            let near = y / 2;
            let far = if y % 2 == 0 {
                near.saturating_sub(1)
            } else {
                (near + 1).min(channel.height - 1)
            };
            let (near, far) = (row(&channel, near), row(&channel, far));
            let both = near.iter().zip(far);
            taller.extend(both.map(|(n, f)| mix(3, *n, 1, *f, 2)));
        }
        channel.samples = taller;
        channel.height = height;
    }
    channel
}

/// One sample for each group of pixels.
pub(super) fn down(channel: Channel, (h, v): (u32, u32)) -> Channel {
    let mut channel = channel;
    if h == 1 {
        let width = side(channel.width, 1);
        let mut narrow = Vec::with_capacity(width * channel.height);
        for y in 0..channel.height {
            let row = row(&channel, y);
            narrow.extend((0..width).map(|x| {
                let left = row[(2 * x).saturating_sub(1)];
                let right = row[(2 * x + 1).min(row.len() - 1)];
                let sum = u32::from(left) + 2 * u32::from(row[2 * x]) + u32::from(right);
                ((sum + 2) / 4) as u16
            }));
        }
        channel.samples = narrow;
        channel.width = width;
    }
    if v == 1 {
        let height = side(channel.height, 1);
        let mut low = Vec::with_capacity(channel.width * height);
        for y in 0..height {
            let below = (2 * y + 1).min(channel.height - 1);
            let (a, b) = (row(&channel, 2 * y), row(&channel, below));
            low.extend(a.iter().zip(b).map(|(a, b)| mix(1, *a, 1, *b, 1)));
        }
        channel.samples = low;
        channel.height = height;
    }
    channel
}

fn row(channel: &Channel, y: usize) -> &[u16] {
    &channel.samples[y * channel.width..][..channel.width]
}

/// A weighted mean; the weights' sum is two to the `bits`.
fn mix(weight: u32, a: u16, other: u32, b: u16, bits: u32) -> u16 {
    let sum = weight * u32::from(a) + other * u32::from(b);
    ((sum + (1 << (bits - 1))) >> bits) as u16
}
