//! What is refused before the library is called, since its own answer would be a bare number.

#![forbid(unsafe_code)]

use super::claim::Buffers;
use super::params::Flip;
use super::rect::Rect;
use super::session::Session;
use crate::ColorFormat;
use crate::error::{Error, ErrorKind, Result};

/// The VIC makes nothing larger or smaller by more (NVIDIA's multimedia documentation).
const VIC_SCALE: u64 = 16;

/// Batches of more are refused elsewhere too.
const MAX_BUFFERS: u32 = 1024;

fn invalid(call: &'static str, detail: String) -> Error {
    Error::new(ErrorKind::Invalid, call, detail)
}

/// Checks what holds of buffers on their own: there are some, they exist, they have pixels, the engine
/// reaches them, and they can be in one descriptor.
pub(super) fn list(
    call: &'static str,
    name: &str,
    buffers: &impl Buffers,
    session: &Session,
) -> Result<()> {
    let count = buffers.count();
    if !(1..=MAX_BUFFERS).contains(&count) {
        let detail = format!("{count} {name} buffers; 1 to {MAX_BUFFERS} are possible");
        return Err(invalid(call, detail));
    }
    let first = buffers.at(0).0;
    for i in 0..count {
        let (surface, index) = buffers.at(i);
        let params = surface.params(index)?;
        if surface.mem_type() != first.mem_type() {
            let detail = format!(
                "the {name} buffers are of {first:?} and {surface:?}: buffers of one call have to be of \
                 one memory type"
            );
            return Err(invalid(call, detail));
        }
        session.check_memory(call, name, surface)?;
        if params.color_format() == ColorFormat::INVALID {
            let detail = format!("the {name} {surface:?} is raw memory: it has no picture");
            return Err(invalid(call, detail));
        }
    }
    Ok(())
}

/// Checks targets as [`list`] does, and that the engine can write them.
pub(super) fn targets(call: &'static str, buffers: &impl Buffers, session: &Session) -> Result<()> {
    list(call, "target", buffers, session)?;
    for i in 0..buffers.count() {
        session.check_target(call, buffers.at(i).0)?;
    }
    Ok(())
}

/// Refuses a buffer as its own target, also where two surfaces name it. Duplicates of an fd are not
/// noticed.
pub(super) fn different(
    call: &'static str,
    (sources, i): (&impl Buffers, u32),
    (targets, k): (&impl Buffers, u32),
) -> Result<()> {
    let ((source, from), (target, to)) = (sources.at(i), targets.at(k));
    let fds = (
        source.params(from)?.fd_number(),
        target.params(to)?.fd_number(),
    );
    let is_same = std::ptr::eq(source, target) && from == to || fds.0.is_some() && fds.0 == fds.1;
    if is_same {
        let detail = format!(
            "source and target are the same buffer {from} of {source:?}: an engine reads while it \
             writes. Take another target"
        );
        return Err(invalid(call, detail));
    }
    Ok(())
}

/// A part of one picture on its way to a part of another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    /// The whole pictures.
    whole: [Rect; 2],
    /// What is sent to the library: `None` is all of it without a rectangle.
    parts: [Option<Rect>; 2],
    flip: Flip,
}

impl Way {
    /// From one picture to another: the rectangles that are sent, or all of it where none is.
    pub(crate) fn new(whole: [Rect; 2], parts: [Option<Rect>; 2], flip: Flip) -> Self {
        Self { whole, parts, flip }
    }

    /// Likewise for calls that are always sent rectangles.
    pub(crate) fn sent(whole: [Rect; 2], parts: [Option<Rect>; 2]) -> Self {
        let part = |i: usize| parts[i].or(Some(whole[i]));
        Self::new(whole, [part(0), part(1)], Flip::None)
    }

    /// The part of the source.
    pub(crate) fn source(self) -> Rect {
        self.parts[0].unwrap_or(self.whole[0])
    }

    /// The part of the target.
    pub(crate) fn target(self) -> Rect {
        self.parts[1].unwrap_or(self.whole[1])
    }

    /// Checks the rectangles, and the scale where the VIC's limits hold.
    pub(crate) fn check(self, call: &'static str, is_odd: bool, is_vic: bool) -> Result<()> {
        for (i, name) in ["source", "target"].into_iter().enumerate() {
            if let Some(part) = self.parts[i] {
                part.check(call, name, self.whole[i], is_odd)?;
            }
        }
        if is_vic {
            self.check_scale(call)?;
        }
        Ok(())
    }

    fn check_scale(self, call: &'static str) -> Result<()> {
        let (source, target) = (self.source(), self.target());
        let (width, height) = if self.flip.swaps_axes() {
            (source.height, source.width)
        } else {
            (source.width, source.height)
        };
        for (from, to) in [(width, target.width), (height, target.height)] {
            let (a, b) = (u64::from(from), u64::from(to));
            if a > b * VIC_SCALE || b > a * VIC_SCALE {
                let detail = format!(
                    "from {source} to {target} (flip {:?}) is from {from} to {to} pixels: the VIC scales \
                     by 1/16 to 16. Go there in two steps, or by the GPU (Compute::Gpu) where there is \
                     that choice",
                    self.flip
                );
                return Err(invalid(call, detail));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_an_odd_picture_goes_where_no_rectangle_is_sent() {
        let [odd, even] = [Rect::new(0, 0, 63, 31), Rect::new(0, 0, 64, 32)];
        let check = |way: Way| way.check("test", false, true);
        check(Way::new([odd, even], [None, None], Flip::None)).unwrap();
        check(Way::new([even, odd], [Some(even), None], Flip::None)).unwrap();
        check(Way::sent([even, even], [None, None])).unwrap();
        for way in [
            Way::new([odd, even], [Some(odd), None], Flip::None),
            Way::sent([odd, even], [None, None]),
            Way::sent([even, odd], [None, None]),
        ] {
            let error = check(way).expect_err("odd");
            assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
            assert!(error.to_string().contains("62x30+0+0"), "{error}");
        }
    }

    #[test]
    fn scales_beyond_the_hardware_are_refused() {
        let check = |source: (u32, u32), target: (u32, u32), flip| {
            let [source, target] = [source, target].map(|(w, h)| Rect::new(0, 0, w, h));
            let way = Way::new([source, target], [None, None], flip);
            way.check("test", false, false).unwrap();
            way.check("test", false, true)
        };
        check((64, 64), (1024, 4), Flip::None).unwrap();
        check((64, 1024), (1024, 1024), Flip::Transpose).unwrap();
        check((64, 1024), (1024, 1024), Flip::None).unwrap();
        for (from, to, flip) in [
            ((64, 64), (1026, 64), Flip::None),
            ((64, 64), (64, 2), Flip::None),
            ((10, 100), (100, 2), Flip::None),
            ((2, 64), (64, 34), Flip::Rotate90),
        ] {
            let error = check(from, to, flip).expect_err("too much");
            assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        }
    }
}
