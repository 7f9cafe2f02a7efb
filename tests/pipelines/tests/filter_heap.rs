//! A subclass of CudaFilter allocates nothing per frame: counted in this binary's own allocator, which
//! GStreamer, the plugin and the simulator do not use.

mod filters;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use nvmm_pipelines::exclusive;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: the system's allocator does it all.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: by this function's contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations(elements: &str, frames: u64) -> u64 {
    let before = ALLOCATIONS.load(Relaxed);
    let line = format!(
        "videotestsrc num-buffers={frames} ! video/x-raw,format=RGBA,width=64,height=48 \
         ! nvmmtransform ! {elements} ! fakesink"
    );
    nvmm_pipelines::run(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
    ALLOCATIONS.load(Relaxed) - before
}

#[test]
fn a_frame_allocates_nothing() {
    let _guard = exclusive();
    filters::register();
    for elements in [
        "testinplace",
        "testcopying",
        "testeither",
        "testcopying ! testinplace",
        // Shared buffers, which the GPU copies.
        "tee name=t t. ! queue ! fakesink t. ! testinplace",
    ] {
        // What is made once in a process.
        allocations(elements, 20);
        let (short, long) = (allocations(elements, 100), allocations(elements, 1100));
        println!("{elements}: {short} for 100 frames, {long} for 1100");
        // Which thread comes first changes a few, never one a frame.
        assert!(long < short + 100, "{elements}: {short} and {long}");
    }
}
