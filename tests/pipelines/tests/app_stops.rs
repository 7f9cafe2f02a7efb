//! Stops and flushes while an application has all the frames.

mod apps;

use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use apps::*;
use gst::prelude::*;
use gst_nvmm::{Error, NvmmFrame, NvmmSink};
use nvmm_pipelines::{Pipeline, Usage, exclusive};

/// Plays `videotestsrc ! nvmmtransform !` the sink until the application has all that it may have.
fn holding_all(frames: u32) -> (Pipeline, NvmmSink, Receiver<NvmmFrame>, Vec<NvmmFrame>) {
    let line = "videotestsrc ! video/x-raw,format=RGBA,width=64,height=48,framerate=30/1 \
                ! nvmmtransform name=in";
    let pipeline = Pipeline::parse(line).expect("a pipeline");
    let (sink, received) = sink(frames);
    pipeline.as_gst().add(&sink).expect("a new element");
    let transform = pipeline.get::<gst::Element>("in");
    transform.link(&sink).expect("pads");
    pipeline.set(gst::State::Playing).expect("it starts");
    let held = (0..frames).map(|_| next(&received)).collect();
    let more = received.recv_timeout(Duration::from_millis(200));
    assert!(more.is_err(), "more than {frames} frames");
    assert_eq!(sink.num_frames(), frames as usize);
    (pipeline, sink, received, held)
}

#[test]
fn a_stop_does_not_wait_for_an_application_that_holds_all_frames() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (pipeline, sink, received, held) = holding_all(3);
    to_null(&pipeline);
    // It starts again while they are held, and goes on once one is given back.
    pipeline.set(gst::State::Playing).expect("it starts again");
    assert!(received.recv_timeout(Duration::from_millis(200)).is_err());
    drop(held);
    drop(next(&received));
    to_null(&pipeline);
    drop((pipeline, sink, received));
    usage.assert_clean();
}

#[test]
fn a_flush_and_a_pause_do_not_wait_for_an_application_that_holds_all_frames() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (pipeline, sink, received, held) = holding_all(2);
    let flushed = pipeline.as_gst().clone();
    soon("a flushing seek", move || {
        let flush = gst::SeekFlags::FLUSH;
        flushed.seek_simple(flush, gst::ClockTime::ZERO)
    })
    .expect("it seeks");
    let paused = pipeline.as_gst().clone();
    soon("a pause", move || paused.set_state(gst::State::Paused)).expect("PAUSED");
    pipeline.reach(gst::State::Playing).expect("it goes on");
    drop(held);
    drop(next(&received));
    to_null(&pipeline);
    drop((pipeline, sink, received));
    usage.assert_clean();
}

#[test]
fn a_source_whose_frames_are_all_held_wakes_its_application_when_it_stops() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (source, (sink, frames)) = (source(3), sink(1));
    let pipeline = chain(&[source.upcast_ref(), sink.upcast_ref()]);
    pipeline.set(gst::State::Playing).expect("it starts");
    let mut gpu = Gpu::new();
    push(&source, &mut gpu, 0..1);
    drop(next(&frames));
    // The sink keeps one and shows one, and we have two.
    let mut held: Vec<_> = (0..4).map(|_| source.frame().expect("a frame")).collect();
    assert!(source.try_frame().expect("running").is_none());
    let waiting = source.clone();
    let (send, woken) = mpsc::channel();
    thread::spawn(move || send.send(waiting.frame().map(drop)));
    assert!(woken.recv_timeout(Duration::from_millis(200)).is_err());
    to_null(&pipeline);
    let result = woken.recv_timeout(Duration::from_secs(10)).expect("woken");
    assert!(matches!(result, Err(Error::Flushing)), "{result:?}");
    let late = source.push(held.pop().expect("one"), FRAME);
    assert!(matches!(late, Err(Error::Flushing)), "{late:?}");
    assert!(matches!(source.frame(), Err(Error::Flushing)));
    // Started anew it works, with the frames that are still held.
    pipeline.set(gst::State::Playing).expect("it starts again");
    for frame in held {
        gpu.fill(&frame, 7);
        source.push(frame, None).expect("it is taken");
        assert_eq!(gpu.byte(&next(&frames)), 7);
    }
    push(&source, &mut gpu, 8..9);
    assert_eq!(gpu.byte(&next(&frames)), 8);
    to_null(&pipeline);
    drop((pipeline, source, sink, frames, gpu));
    usage.assert_clean();
}
