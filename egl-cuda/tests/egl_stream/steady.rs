//! Frames in steady state touch the heap nowhere.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use crate::children::each;
use crate::pair::{Pair, frame};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: the system's allocator, counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: by this function's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: by this function's contract.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn frames_cost_no_allocation() {
    each("steady::frames_cost_no_allocation", || {
        let mut pair = Pair::new(2);
        pair.present(0);
        let mut next = Some(frame(&pair.context));
        let mut pass = || {
            let frame = next.take().unwrap();
            pair.producer.present(frame, &pair.stream).unwrap();
            let acquired = pair.consumer.acquire(None).unwrap().unwrap();
            let clone = acquired.frame().clone();
            drop((acquired, clone));
            next = pair.producer.return_frame(&pair.stream).unwrap();
        };
        (0..10).for_each(|_| pass());
        let count = || ALLOCATIONS.with(Cell::get);
        let before = count();
        (0..500).for_each(|_| pass());
        assert_eq!(count() - before, 0, "allocations of 500 frames");
        drop(std::hint::black_box(Box::new(1)));
        assert!(count() > before, "they are counted");
    });
}
