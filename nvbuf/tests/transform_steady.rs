//! After the first call of a thread transforms take nothing from the heap. The simulator is a
//! library with an allocator of its own, which is not counted.

mod picture;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use nvbuf::{Blend, ColorFormat, Composite, Layer, Rect, Surface, Transform};
use picture::{functions, rgba, surface};

struct Counting;

thread_local! {
    /// What this thread has taken; the harness has a thread of its own.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: all is the system's; the count changes nothing of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // While a thread ends nobody counts.
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: by this function's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: by this function's contract.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn calls_that_wait_take_nothing_from_the_heap() {
    let (source, mut target) = (rgba(32, 16, 1).0, rgba(32, 16, 2).0);
    let batch = || Surface::builder(32, 16).batch(4).build().unwrap();
    let (sources, mut targets) = (batch(), batch());
    let alpha = surface(ColorFormat::GRAY8, 32, 16);
    let crop = Transform::new()
        .crop(Rect::new(0, 0, 16, 16))
        .place(Rect::new(2, 0, 16, 16));
    let half = if functions().multi_input_buf_composite_blend.is_some() {
        Layer::new().alpha(0.5)
    } else {
        Layer::new()
    };
    let both = Composite::new().layer(Layer::new()).layer(half);
    let mut all = || {
        crop.run(&source, &mut target).unwrap();
        crop.run(&sources, &mut targets).unwrap();
        crop.run_one(&sources, 1, &mut target, 0).unwrap();
        both.run(&[(&source, 0), (&sources, 3)], &mut target, 0)
            .unwrap();
        if functions().composite_blend.is_some() {
            let blend = Blend::new();
            blend
                .run(&source, Some(&source), &alpha, &mut target)
                .unwrap();
        }
    };
    all();
    let before = COUNT.get();
    assert!(before > 0, "it counts");
    for _ in 0..100 {
        all();
    }
    assert_eq!(COUNT.get() - before, 0);
}
