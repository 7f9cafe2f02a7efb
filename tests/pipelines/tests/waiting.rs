//! Elements that wait for a surface, because the application holds them all, are woken.

use std::sync::mpsc;
use std::time::Duration;

use gst::prelude::*;
use nvmm_pipelines::{exclusive, init};

const SOURCE: &str = "videotestsrc ! video/x-raw,format=RGBA,width=64,height=48,framerate=30/1 \
                      ! nvmmtransform";

/// Plays until the application has as many samples as there are surfaces, then does something that
/// stops the streaming threads; it must return while the samples are held.
fn while_all_are_held(elements: &str, stop: fn(&gst::Pipeline)) {
    init();
    let _alone = exclusive();
    let line = format!("{SOURCE} ! {elements} ! appsink name=sink sync=false");
    let pipeline = gst::parse::launch(&line)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let sink = pipeline
        .by_name("sink")
        .unwrap()
        .downcast::<gst_app::AppSink>()
        .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let held: Vec<_> =
        std::iter::from_fn(|| sink.try_pull_sample(gst::ClockTime::SECOND)).collect();
    assert!(held.len() >= 2, "{} samples", held.len());
    let (done, returned) = mpsc::channel();
    let stopping = pipeline.clone();
    std::thread::spawn(move || {
        stop(&stopping);
        let _ = done.send(());
    });
    let result = returned.recv_timeout(Duration::from_secs(10));
    drop(held);
    assert!(result.is_ok(), "{elements}: hangs while samples are held");
    pipeline.set_state(gst::State::Null).unwrap();
}

fn to_null(pipeline: &gst::Pipeline) {
    pipeline.set_state(gst::State::Null).unwrap();
}

fn flush(pipeline: &gst::Pipeline) {
    pipeline
        .seek_simple(gst::SeekFlags::FLUSH, gst::ClockTime::ZERO)
        .unwrap();
}

#[test]
fn nvmmtransform_goes_to_null() {
    while_all_are_held("video/x-raw(memory:NVMM)", to_null);
}

#[test]
fn nvmmtransform_is_flushed() {
    while_all_are_held("video/x-raw(memory:NVMM)", flush);
}

#[test]
fn nvmmoverlay_goes_to_null() {
    while_all_are_held("nvmmoverlay", to_null);
}

#[test]
fn nvmmoverlay_is_flushed() {
    while_all_are_held("nvmmoverlay", flush);
}
