//! A subclass of CudaFilter allocates nothing per frame.

mod counting;
mod filters;

use nvmm_pipelines::exclusive;

fn allocated(elements: &str, frames: u64) -> u64 {
    let before = counting::allocations();
    let line = format!(
        "videotestsrc num-buffers={frames} ! video/x-raw,format=RGBA,width=64,height=48 \
         ! nvmmtransform ! {elements} ! fakesink"
    );
    nvmm_pipelines::run(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
    counting::allocations() - before
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
        allocated(elements, 20);
        let (short, long) = (allocated(elements, 100), allocated(elements, 1100));
        println!("{elements}: {short} for 100 frames, {long} for 1100");
        // Which thread comes first changes a few, never one a frame.
        assert!(long < short + 100, "{elements}: {short} and {long}");
    }
}
