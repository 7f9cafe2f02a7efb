//! After the first call of a thread transforms take nothing from the heap. The simulator is a
//! library with an allocator of its own, which is not counted.

mod picture;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

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

#[test]
fn calls_that_do_not_wait_take_nothing_from_the_heap_but_the_library_s() {
    if functions().transform_async.is_none() {
        return;
    }
    let picture = |seed| Arc::new(rgba(32, 16, seed).0);
    let batch = || Arc::new(Surface::builder(32, 16).batch(4).build().unwrap());
    let (source, target, other) = (picture(1), picture(2), picture(3));
    let (sources, targets) = (batch(), batch());
    let crop = Transform::new().crop(Rect::new(0, 0, 16, 16));
    let both = Composite::new().layer(Layer::new()).layer(Layer::new());
    let layers = [(Arc::clone(&source), 0), (Arc::clone(&sources), 3)];
    let [one, two, into] =
        [(&source, 0), (&sources, 3), (&target, 0)].map(|(s, i)| (Arc::clone(s), i));
    let (from, to) = ([one, two], [into, (Arc::clone(&targets), 1)]);
    let all = || {
        let first = crop.start(Arc::clone(&source), Arc::clone(&target));
        let second = crop.start(Arc::clone(&sources), Arc::clone(&targets));
        let third = both.start(&layers, Arc::clone(&other), 0).unwrap();
        first.unwrap().wait().unwrap();
        drop(second.unwrap());
        crop.start_buffers(&from, &to).unwrap().wait().unwrap();
        third.wait().unwrap();
    };
    // Memory goes from one call to another, until each has what the largest needs.
    (0..8).for_each(|_| all());
    let before = COUNT.get();
    (0..100).for_each(|_| all());
    assert_eq!(COUNT.get() - before, 0);
    // Also where another thread waits.
    let (send, objects) = std::sync::mpsc::sync_channel(1);
    let (done, wait) = std::sync::mpsc::sync_channel(1);
    let waits = std::thread::spawn(move || {
        for object in objects {
            let object: nvbuf::SyncObject = object;
            object.wait().unwrap();
            done.send(()).unwrap();
        }
    });
    let mut taken = 0;
    for _ in 0..20 {
        let before = COUNT.get();
        let object = crop.start(Arc::clone(&source), Arc::clone(&target));
        taken += COUNT.get() - before;
        send.send(object.unwrap()).unwrap();
        wait.recv().unwrap();
    }
    assert_eq!(taken, 0);
    drop(send);
    waits.join().unwrap();
}
