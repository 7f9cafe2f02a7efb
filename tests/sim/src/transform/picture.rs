//! A part of a buffer as the engine works on it: a channel for each component, sixteen bits each.

use super::colour::{NEUTRAL, ONE, WHITE};
use super::geometry::Rect;
use super::pixels::{Alpha, Component, Pixels};
use crate::nvbuf::buffer::Buffer;

/// The samples of one component, row after row.
#[derive(Clone, Debug, Default)]
pub(super) struct Channel {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) samples: Vec<u16>,
}

impl Channel {
    /// A channel of one value.
    pub(super) fn of(value: u16, width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            samples: vec![value; width * height],
        }
    }
}

/// A picture in the components of a format. Channels that the format has not are empty.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) pixels: Pixels,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) channels: [Channel; 4],
}

/// Samples of a component in a number of pixels.
pub(super) fn side(pixels: usize, shift: u32) -> usize {
    pixels.div_ceil(1 << shift)
}

impl Component {
    /// The first sample, and how many there are each way.
    fn part(&self, rect: Rect) -> (usize, usize, usize, usize) {
        (
            (rect.left >> self.horizontal) as usize,
            (rect.top >> self.vertical) as usize,
            side(rect.width as usize, self.horizontal),
            side(rect.height as usize, self.vertical),
        )
    }

    /// Bytes of a row from the first sample of a part to the end of its last one.
    fn span(&self, rect: Rect, bytes: usize) -> (usize, usize) {
        let (left, _, width, _) = self.part(rect);
        let start = self.offset + left * self.step;
        (start, start + (width - 1) * self.step + bytes)
    }
}

/// The components of a plane, and the bytes of each row that they take.
fn plane_span(pixels: &Pixels, plane: usize, rect: Rect) -> Option<(usize, usize)> {
    let components = pixels.components.iter().flatten();
    components
        .filter(|c| c.plane == plane)
        .map(|c| c.span(rect, pixels.bytes))
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// The device's address of a part of a row; the region is open, and the part inside it.
fn address(buffer: &Buffer, plane: usize, row: usize, start: usize, end: usize) -> usize {
    let planes = &buffer.planes;
    let pitch = planes.pitch[plane] as usize;
    assert!(
        row < planes.height[plane] as usize && end <= pitch,
        "inside the plane"
    );
    buffer.device_address(plane) + row * pitch + start
}

fn read(buffer: &Buffer, plane: usize, row: usize, start: usize, into: &mut [u8]) {
    let source = address(buffer, plane, row, start, start + into.len());
    let source = std::ptr::with_exposed_provenance::<u8>(source);
    // SAFETY: the bytes lie in the buffer's plane (`address`), its region is open while a step runs,
    // and `into` is memory of our own.
    unsafe { std::ptr::copy_nonoverlapping(source, into.as_mut_ptr(), into.len()) };
}

fn write(buffer: &Buffer, plane: usize, row: usize, start: usize, from: &[u8]) {
    let dest = address(buffer, plane, row, start, start + from.len());
    let dest = std::ptr::with_exposed_provenance_mut::<u8>(dest);
    // SAFETY: as in `read`.
    unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), dest, from.len()) };
}

/// Copies a part of a buffer to one of the same size and format; gives the bytes.
pub(super) fn copy(
    pixels: &Pixels,
    from: (&Buffer, Rect),
    to: (&Buffer, Rect),
    row: &mut Vec<u8>,
) -> u64 {
    let mut bytes = 0;
    for plane in 0..to.0.num_planes() {
        to.0.device_wrote(plane);
        let sides = (
            plane_span(pixels, plane, from.1),
            plane_span(pixels, plane, to.1),
        );
        let ((Some(source), Some(dest)), Some(component)) = (
            sides,
            pixels
                .components
                .iter()
                .flatten()
                .find(|c| c.plane == plane),
        ) else {
            continue;
        };
        let ((_, y, _, height), (_, to_y, ..)) = (component.part(from.1), component.part(to.1));
        row.resize(source.1 - source.0, 0);
        for i in 0..height {
            read(from.0, plane, y + i, source.0, row);
            write(to.0, plane, to_y + i, dest.0, row);
        }
        bytes += (row.len() * height) as u64;
    }
    bytes
}

/// Reads a part of a buffer.
pub(super) fn load(pixels: Pixels, buffer: &Buffer, rect: Rect, row: &mut Vec<u8>) -> Picture {
    let mut channels: [Channel; 4] = Default::default();
    for plane in 0..buffer.num_planes() {
        let Some((start, end)) = plane_span(&pixels, plane, rect) else {
            continue;
        };
        row.resize(end - start, 0);
        let mut rows = 0;
        let mut top = 0;
        let ours = |(i, c): (usize, &Option<Component>)| {
            c.filter(|c| c.plane == plane && (i < 3 || pixels.alpha == Alpha::Real))
                .map(|c| (i, c))
        };
        let components = || pixels.components.iter().enumerate().filter_map(ours);
        for (i, component) in components() {
            let (_, y, width, height) = component.part(rect);
            channels[i] = Channel {
                width,
                height,
                samples: Vec::with_capacity(width * height),
            };
            (top, rows) = (y, height);
        }
        for y in top..top + rows {
            read(buffer, plane, y, start, row);
            for (i, component) in components() {
                let (first, _) = component.span(rect, pixels.bytes);
                let bytes = &row[first - start..];
                let samples = &mut channels[i].samples;
                if pixels.bytes == 1 {
                    unpack(bytes, component.step, samples, channels[i].width);
                } else {
                    let pairs = bytes.chunks(component.step).take(channels[i].width);
                    samples.extend(pairs.map(|p| u16::from_le_bytes([p[0], p[1]])));
                }
            }
        }
    }
    Picture {
        pixels,
        width: rect.width as usize,
        height: rect.height as usize,
        channels,
    }
}

/// Appends every `step`-th byte as a sample.
fn unpack(bytes: &[u8], step: usize, samples: &mut Vec<u16>, count: usize) {
    let sample = |byte: &u8| u16::from(*byte) * ONE;
    match step {
        1 => samples.extend(bytes[..count].iter().map(sample)),
        2 => samples.extend(bytes.iter().step_by(2).take(count).map(sample)),
        4 => samples.extend(bytes.iter().step_by(4).take(count).map(sample)),
        _ => samples.extend(bytes.iter().step_by(step).take(count).map(sample)),
    }
}

/// Writes a picture to a part of a buffer of the same size and of its format; gives the bytes.
pub(super) fn store(picture: &Picture, buffer: &Buffer, rect: Rect, row: &mut Vec<u8>) -> u64 {
    let pixels = &picture.pixels;
    let mut bytes = 0;
    for plane in 0..buffer.num_planes() {
        buffer.device_wrote(plane);
        let Some((start, end)) = plane_span(pixels, plane, rect) else {
            continue;
        };
        row.resize(end - start, 0);
        let components = || {
            let all = pixels.components.iter().enumerate();
            all.filter_map(|(i, c)| c.filter(|c| c.plane == plane).map(|c| (i, c)))
        };
        let Some((_, first)) = components().next() else {
            continue;
        };
        let (_, top, _, height) = first.part(rect);
        for y in 0..height {
            // With odd rectangles there are samples of others between ours.
            if (rect.left | rect.width) & 1 != 0 {
                read(buffer, plane, top + y, start, row);
            }
            for (i, component) in components() {
                let (at, _) = component.span(rect, pixels.bytes);
                let bytes = &mut row[at - start..];
                let (_, _, width, _) = component.part(rect);
                if i == 3 && pixels.alpha == Alpha::Unused {
                    bytes
                        .iter_mut()
                        .step_by(component.step)
                        .take(width)
                        .for_each(|b| *b = 255);
                    continue;
                }
                let samples = &picture.channels[i].samples[y * width..][..width];
                if pixels.bytes == 1 {
                    pack(samples, component.step, bytes);
                } else {
                    for (pair, sample) in bytes.chunks_mut(component.step).zip(samples) {
                        pair[..2].copy_from_slice(&ten_bits(*sample).to_le_bytes());
                    }
                }
            }
            write(buffer, plane, top + y, start, row);
        }
        bytes += (row.len() * height) as u64;
    }
    bytes
}

/// A sample as a byte.
pub(super) fn byte(sample: u16) -> u8 {
    let rounded = (sample.min(WHITE) + ONE / 2) / ONE;
    rounded.min(255) as u8
}

/// A sample as ten bits at the top of sixteen.
pub(super) fn ten_bits(sample: u16) -> u16 {
    sample.saturating_add(32) & !63
}

/// Puts samples into every `step`-th byte.
fn pack(samples: &[u16], step: usize, bytes: &mut [u8]) {
    let put = |(byte_of, sample): (&mut u8, &u16)| *byte_of = byte(*sample);
    match step {
        1 => bytes.iter_mut().zip(samples).for_each(put),
        2 => bytes.iter_mut().step_by(2).zip(samples).for_each(put),
        4 => bytes.iter_mut().step_by(4).zip(samples).for_each(put),
        _ => bytes.iter_mut().step_by(step).zip(samples).for_each(put),
    }
}

impl Picture {
    /// A picture of one colour, in the model of the format and with an alpha.
    pub(super) fn of(pixels: Pixels, colour: [u16; 4], width: usize, height: usize) -> Self {
        let mut channels: [Channel; 4] = Default::default();
        for (i, channel) in channels.iter_mut().enumerate() {
            if let Some(c) = pixels.components[i].filter(|_| i < 3 || pixels.has_alpha()) {
                let (width, height) = (side(width, c.horizontal), side(height, c.vertical));
                *channel = Channel::of(colour[i], width, height);
            }
        }
        Self {
            pixels,
            width,
            height,
            channels,
        }
    }

    /// Channel 1 or 2 where there is none.
    pub(super) fn neutral(width: usize, height: usize) -> Channel {
        Channel::of(NEUTRAL, width, height)
    }
}
