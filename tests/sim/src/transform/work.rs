//! What an engine does with buffers once a call is checked, by the caller's thread or later.

#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use super::fence::Fence;
use super::geometry::{Filter, Flip, Rect};
use super::picture::{self, Channel, Picture, byte, ten_bits};
use super::pixels::{self, Pixels};
use super::render::{self, render};
use super::resample::resample;
use crate::nvbuf::buffer::Buffer;
use crate::stats::{COUNTERS, add};

/// Alpha of what hides what lies below.
pub(crate) const OPAQUE: u8 = 255;

/// A part of a buffer on its way to a part of another one.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) buffer: Arc<Buffer>,
    pub(crate) rect: Rect,
    pub(crate) flip: Flip,
    pub(crate) filter: Filter,
}

impl Source {
    /// All of a buffer.
    pub(crate) fn whole(buffer: Arc<Buffer>, filter: Filter) -> Self {
        Self {
            rect: Rect::whole(&buffer),
            buffer,
            flip: Flip::None,
            filter,
        }
    }
}

/// What lies below in a blend.
#[derive(Debug)]
pub(crate) enum Below {
    Source(Source),
    /// Red, green, blue and alpha, 0 to 1.
    Colour([f64; 4]),
}

/// One thing to do to a buffer.
#[derive(Debug)]
pub(crate) enum Step {
    /// Put a source there, over what is there if the alpha is less than 255.
    Place {
        from: Source,
        to: Arc<Buffer>,
        rect: Rect,
        alpha: u8,
    },
    /// Fill it.
    Fill { to: Arc<Buffer>, colour: [f64; 4] },
    /// Blend two sources by the samples of a third buffer.
    Blend {
        above: Source,
        below: Below,
        alpha: Source,
        to: Arc<Buffer>,
    },
}

/// All that a call does.
#[derive(Debug)]
pub(crate) struct Job {
    steps: Vec<Step>,
    /// What is waited for before.
    after: Vec<Arc<Fence>>,
}

thread_local! {
    /// One row of bytes.
    static ROW: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Job {
    pub(crate) fn new(steps: Vec<Step>) -> Self {
        Self {
            steps,
            after: Vec::new(),
        }
    }

    /// The same once fences are signalled.
    pub(crate) fn after(self, after: Vec<Arc<Fence>>) -> Self {
        Self { after, ..self }
    }

    /// The buffers that it uses, some perhaps more than once.
    fn buffers(&self) -> impl Iterator<Item = &Buffer> {
        let of_step = self.steps.iter().flat_map(Step::buffers);
        of_step.flatten().map(|buffer| &**buffer)
    }

    fn writes(&self, buffer: &Buffer) -> bool {
        self.steps.iter().any(|step| {
            let (Step::Place { to, .. } | Step::Fill { to, .. } | Step::Blend { to, .. }) = step;
            std::ptr::eq(&raw const **to, buffer)
        })
    }

    /// Notes that the work is going to happen: the buffers are busy until it has.
    pub(crate) fn begin(&self) {
        self.buffers().for_each(|buffer| {
            buffer.region.pending.fetch_add(1, SeqCst);
        });
    }

    /// The work that was begun is done.
    pub(crate) fn end(&self) {
        self.buffers().for_each(|buffer| {
            buffer.region.pending.fetch_sub(1, SeqCst);
        });
    }

    /// Counts the buffers that a call wants while other work on them is not finished.
    pub(crate) fn note_conflicts(&self) {
        let busy = self.buffers().filter(|buffer| buffer.region.is_busy());
        add(&COUNTERS.unsynchronised, busy.count() as u64);
    }

    /// Does it.
    pub(crate) fn run(&self) {
        self.after.iter().for_each(|fence| {
            fence.wait(None);
        });
        self.buffers().for_each(Buffer::open);
        ROW.with_borrow_mut(|row| {
            for step in &self.steps {
                add(&COUNTERS.engine_bytes, step.run(row));
                add(&COUNTERS.engine_copies, 1);
            }
        });
        self.buffers()
            .for_each(|buffer| buffer.close(self.writes(buffer)));
    }
}

/// The samples of a buffer. Calls check the format first.
fn pixels_of(buffer: &Buffer) -> Pixels {
    pixels::find(buffer.color_format).expect("a format that was checked")
}

/// A source in the format of a target and of a size.
fn rendered(source: &Source, to: Pixels, size: (usize, usize), row: &mut Vec<u8>) -> Picture {
    let pixels = pixels_of(&source.buffer);
    let picture = picture::load(pixels, &source.buffer, source.rect, row);
    render(picture, to, size, source.flip, source.filter)
}

impl Step {
    /// The buffers that it uses.
    fn buffers(&self) -> [Option<&Arc<Buffer>>; 4] {
        match self {
            Self::Place { from, to, .. } => [Some(&from.buffer), Some(to), None, None],
            Self::Fill { to, .. } => [Some(to), None, None, None],
            Self::Blend {
                above,
                below,
                alpha,
                to,
            } => {
                let below = match below {
                    Below::Source(source) => Some(&source.buffer),
                    Below::Colour(_) => None,
                };
                [Some(&above.buffer), below, Some(&alpha.buffer), Some(to)]
            }
        }
    }

    /// Does it; gives the bytes that it wrote.
    fn run(&self, row: &mut Vec<u8>) -> u64 {
        match self {
            Self::Place {
                from,
                to,
                rect,
                alpha,
            } => {
                let pixels = pixels_of(to);
                let size = (rect.width as usize, rect.height as usize);
                if is_copy(from, to, *rect) && *alpha == OPAQUE {
                    return picture::copy(&pixels, (&from.buffer, from.rect), (to, *rect), row);
                }
                let mut picture = rendered(from, pixels, size, row);
                if *alpha != OPAQUE {
                    let below = picture::load(pixels, to, *rect, row);
                    blend(&mut picture, &below, |_, _, _| u32::from(*alpha));
                }
                picture::store(&picture, to, *rect, row)
            }
            Self::Fill { to, colour } => {
                let (pixels, rect) = (pixels_of(to), Rect::whole(to));
                let colour = render::colour(&pixels, *colour);
                let size = (rect.width as usize, rect.height as usize);
                let picture = Picture::of(pixels, colour, size.0, size.1);
                picture::store(&picture, to, rect, row)
            }
            Self::Blend {
                above,
                below,
                alpha,
                to,
            } => {
                let (pixels, rect) = (pixels_of(to), Rect::whole(to));
                let size = (rect.width as usize, rect.height as usize);
                let mut picture = rendered(above, pixels, size, row);
                let below = match below {
                    Below::Source(source) => rendered(source, pixels, size, row),
                    Below::Colour(colour) => {
                        Picture::of(pixels, render::colour(&pixels, *colour), size.0, size.1)
                    }
                };
                let alphas = alpha_of(alpha, size, row);
                blend(&mut picture, &below, |channel, x, y| {
                    let shift = |c: Option<_>| c.unwrap_or((0, 0));
                    let (h, v) = match channel {
                        1 | 2 => shift(pixels.subsampling()),
                        _ => (0, 0),
                    };
                    let (x, y) = ((x << h).min(size.0 - 1), (y << v).min(size.1 - 1));
                    u32::from(byte(alphas.samples[y * size.0 + x]))
                });
                picture::store(&picture, to, rect, row)
            }
        }
    }
}

/// Whether bytes can be copied as they are.
fn is_copy(from: &Source, to: &Buffer, rect: Rect) -> bool {
    // Where a 4:2:0 group begins in the middle, samples are not where they were.
    let even = (from.rect.left | from.rect.top | rect.left | rect.top) & 1 == 0;
    from.buffer.color_format == to.color_format
        && (from.rect.width, from.rect.height) == (rect.width, rect.height)
        && from.flip == Flip::None
        && even
        && (rect.width & 1 == 0 || rect == Rect::whole(to))
        && from.buffer.fd() != to.fd()
}

/// The alpha of a buffer, or its first component where it has none, for each pixel of a size.
fn alpha_of(source: &Source, size: (usize, usize), row: &mut Vec<u8>) -> Channel {
    let pixels = pixels_of(&source.buffer);
    let picture = picture::load(pixels, &source.buffer, source.rect, row);
    let number = if pixels.has_alpha() { 3 } else { 0 };
    let mut channels = picture.channels;
    let channel = std::mem::take(&mut channels[number]);
    resample(
        channel,
        source.flip,
        size,
        source.filter,
        pixels.aligned[number],
    )
}

/// Blends each sample with the one below: `(above * a + below * (255 - a)) / 255`.
fn blend(above: &mut Picture, below: &Picture, alpha: impl Fn(usize, usize, usize) -> u32) {
    let bytes = above.pixels.bytes;
    let value = |sample: u16| {
        if bytes == 1 {
            u32::from(byte(sample))
        } else {
            u32::from(ten_bits(sample) >> 6)
        }
    };
    let scale = if bytes == 1 { 8 } else { 6 };
    let pairs = above.channels.iter_mut().zip(&below.channels);
    for (number, (channel, below)) in pairs.enumerate() {
        let width = channel.width.max(1);
        let samples = channel.samples.iter_mut().zip(&below.samples);
        for (i, (sample, below)) in samples.enumerate() {
            let alpha = alpha(number, i % width, i / width);
            let sum = value(*sample) * alpha + value(*below) * (255 - alpha);
            *sample = ((sum / 255) << scale) as u16;
        }
    }
}
