//! Memory for the structs of one call: descriptors of our own, rectangles, parameters.

use std::cell::Cell;
use std::mem::MaybeUninit;

use nvbufsurface_sys::{TransformLibrary, prefix};

use super::claim::Buffers;
use super::in_family;
use super::params::Color;
use super::rect::Rect;

/// Memory that is filled from its beginning and never moves while it is.
///
/// # Invariants
///
/// `words` changes its length in `clear` only. All memory before `used` was given out since then,
/// in pieces that do not overlap.
#[derive(Debug, Default)]
pub(super) struct Arena {
    words: Vec<MaybeUninit<u64>>,
    used: usize,
}

/// Bytes that the structs of a call over so many buffers take at most: entries in four surfaces or a
/// surface of its own, two rectangles and some numbers for each, and the parameters.
pub(super) const fn bytes_for(count: u32) -> usize {
    1024 + 2048 * count as usize
}

thread_local! {
    static ARENA: Cell<Arena> = const { Cell::new(Arena { words: Vec::new(), used: 0 }) };
}

/// Calls `body` with the calling thread's arena, which keeps its memory for the next call.
pub(super) fn with<R>(count: u32, body: impl FnOnce(&mut Arena) -> R) -> R {
    // While a thread ends there may be none any more.
    let mut arena = ARENA.try_with(Cell::take).unwrap_or_default();
    arena.clear(bytes_for(count));
    let result = body(&mut arena);
    // As above.
    let _ = ARENA.try_with(|place| place.set(arena));
    result
}

impl Arena {
    /// Bytes of memory that it has.
    pub(super) fn size(&self) -> usize {
        self.words.len() * 8
    }

    /// Forgets everything and makes room. Nothing that was given out may be used any more.
    pub(super) fn clear(&mut self, bytes: usize) {
        self.used = 0;
        let words = bytes.div_ceil(8);
        if self.words.len() < words {
            self.words.resize(words, MaybeUninit::uninit());
        }
    }

    /// Room for some bytes, aligned to 8.
    fn room(&mut self, bytes: usize) -> *mut u8 {
        let start = self.used;
        self.used += bytes.div_ceil(8);
        assert!(self.used <= self.words.len(), "bytes_for() is enough");
        // `as_mut_ptr` leaves earlier pointers valid: it makes no reference to the elements.
        self.words.as_mut_ptr().wrapping_add(start).cast()
    }

    /// A value in the arena.
    pub(super) fn put<T: Copy>(&mut self, value: T) -> *mut T {
        self.list(1, |_| value)
    }

    /// Values in the arena, one after the other.
    pub(super) fn list<T: Copy>(&mut self, count: u32, value: impl Fn(u32) -> T) -> *mut T {
        const { assert!(align_of::<T>() <= 8) };
        let list = self.room(size_of::<T>() * count as usize).cast::<T>();
        for i in 0..count {
            let place = list.wrapping_add(i as usize);
            // SAFETY: `room` gave that many bytes, which nobody else has, aligned to 8.
            unsafe { place.write(value(i)) };
        }
        list
    }

    /// Rectangles in the library's form, which differs by family.
    pub(super) fn rects(
        &mut self,
        library: &TransformLibrary,
        count: u32,
        rect: impl Fn(u32) -> Rect,
    ) -> *mut u8 {
        in_family!(library, family => {
            let list = self.list(count, |i| {
                let rect = rect(i);
                #[allow(clippy::needless_update, reason = "one of the families has reserved words")]
                family::NvBufSurfTransformRect {
                    top: rect.top,
                    left: rect.left,
                    width: rect.width,
                    height: rect.height,
                    ..Default::default()
                }
            });
            list.cast()
        })
    }

    /// A background in the library's form, null where there is none.
    pub(super) fn color(&mut self, library: &TransformLibrary, color: Option<Color>) -> *mut u8 {
        let Some(color) = color else {
            return std::ptr::null_mut();
        };
        in_family!(library, family => {
            #[allow(clippy::needless_update, reason = "one of the families has reserved words")]
            let color = family::NvBufSurfTransform_ColorParams {
                red: color.red,
                green: color.green,
                blue: color.blue,
                alpha: color.alpha,
                ..Default::default()
            };
            self.put(color).cast()
        })
    }

    /// A descriptor of `count` buffers from number `first` on, with nothing mapped in it, in the
    /// layout of the library's family: entries are as far apart as there.
    ///
    /// NVIDIA's muxer makes batches of the buffers of several surfaces in the same way (facts). The
    /// first buffer's surface says memory type and GPU.
    pub(super) fn surface(
        &mut self,
        library: &TransformLibrary,
        buffers: &impl Buffers,
        first: u32,
        count: u32,
    ) -> *mut prefix::NvBufSurface {
        let length = library.family().params_size();
        let list = self.room(length * count as usize);
        let parts = |i| {
            let (surface, index) = buffers.at(i);
            let _lock = surface.lock();
            // SAFETY: calls of the library on the view happen under the lock, which is held.
            unsafe { surface.buffer_view(index).parts() }
        };
        for i in 0..count {
            let (_, params) = parts(first + i);
            let place = list.wrapping_add(length * i as usize);
            let from = (&raw const params).cast::<u8>();
            // SAFETY: `params` has that many bytes or more, `place` is in the room of just now, and
            // they do not overlap.
            unsafe { place.copy_from_nonoverlapping(from, length) };
        }
        let (mut surface, _) = parts(first);
        surface.head.batchSize = count;
        surface.head.numFilled = count;
        surface.head.isContiguous = 0;
        surface.head.surfaceList = list.cast();
        self.put(surface).cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_stays_where_it_is() {
        let mut arena = Arena::default();
        arena.clear(bytes_for(1));
        let first = arena.put(7_u32);
        let list = arena.list(3, |i| u64::from(i) + 10);
        let last = arena.put(1.5_f32);
        assert_eq!(first.addr() % 8, 0);
        assert_eq!(list.addr() - first.addr(), 8);
        // SAFETY: put just now.
        assert_eq!(unsafe { first.read() }, 7);
        // SAFETY: the last of the list of just now.
        assert_eq!(unsafe { list.wrapping_add(2).read() }, 12);
        // SAFETY: put just now.
        assert_eq!(unsafe { last.read() }, 1.5);
    }

    #[test]
    fn a_thread_s_arena_keeps_its_memory() {
        let place = || with(4, |arena| arena.put(1_u8).addr());
        assert_eq!(place(), place());
    }
}
