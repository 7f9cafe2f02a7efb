//! The source and the sink of an application allocate nothing per frame, nor does an application that fills and
//! reads them.

mod apps;
mod counting;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use apps::{FRAME, NVMM, caps, chain, source, to_null};
use counting::allocations;
use gst::prelude::*;
use gst_nvmm::{NvmmSink, Session};
use nvmm_pipelines::{Pipeline, Usage, exclusive};

/// How often the heap is asked while so many frames go through, and how many came out.
fn allocated(frames: u64) -> (u64, u64) {
    let reader = Session::new().expect("CUDA");
    let writer = Session::new().expect("CUDA");
    let seen = Arc::new(AtomicU64::new(0));
    let given = Arc::clone(&seen);
    let source = source(6);
    let sink = NvmmSink::new(&caps(NVMM), 2, move |frame| {
        frame.begin(reader.stream())?;
        frame.finish(reader.stream())?;
        given.fetch_add(1, Relaxed);
        Ok(())
    });
    let sink = sink.expect("a sink");
    sink.set_property("sync", false);
    let pipeline: Pipeline = chain(&[source.upcast_ref(), sink.upcast_ref()]);
    pipeline.set(gst::State::Playing).expect("it starts");
    let before = allocations();
    for number in 0..frames {
        let frame = source.frame().expect("an empty frame");
        frame.begin(writer.stream()).expect("a wait on the stream");
        frame.finish(writer.stream()).expect("an event");
        source.push(frame, FRAME * number).expect("it is taken");
    }
    source.end_of_stream();
    pipeline.wait().expect("the end");
    let after = allocations();
    to_null(&pipeline);
    (after - before, seen.load(Relaxed))
}

#[test]
fn a_frame_of_an_application_allocates_nothing() {
    let _guard = exclusive();
    let usage = Usage::start();
    // What is made once in a process.
    allocated(20);
    let ((short, few), (long, many)) = (allocated(100), allocated(1100));
    println!("{short} for {few} frames, {long} for {many}");
    assert_eq!([few, many], [100, 1100]);
    // Which thread comes first changes a few, never one a frame.
    assert!(long < short + 100, "{short} and {long}");
    usage.assert_clean();
}
