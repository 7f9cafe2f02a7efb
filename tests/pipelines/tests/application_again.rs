//! An application's stream that was stopped, and is started again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use gst::prelude::*;
use gst_nvmm::{NvmmSink, NvmmSource};
use nvmm_pipelines::{Pipeline, Usage, exclusive};

const NVMM: &str = "video/x-raw(memory:NVMM),format=RGBA,width=64,height=48,framerate=30/1";

/// A source of three frames, a sink, their pipeline, and how many frames came to the sink.
fn application() -> (NvmmSource, NvmmSink, Pipeline, Arc<AtomicU32>) {
    let caps: gst::Caps = NVMM.parse().unwrap();
    let source = NvmmSource::new(&caps, 3).unwrap();
    let seen = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&seen);
    let sink = NvmmSink::new(&caps, 1, move |_| {
        counted.fetch_add(1, Relaxed);
        Ok(())
    })
    .unwrap();
    sink.set_property("sync", false);
    let pipeline = gst::Pipeline::new();
    let elements: [&gst::Element; 2] = [source.upcast_ref(), sink.upcast_ref()];
    pipeline.add_many(elements).unwrap();
    gst::Element::link_many(elements).unwrap();
    let pipeline = Pipeline::new(pipeline);
    (source, sink, pipeline, seen)
}

/// Whoever feeds a pipeline learns late that it was stopped, and ends its stream then: that is the old one.
#[test]
fn an_end_that_comes_after_the_stop_ends_no_later_stream() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (source, sink, pipeline, seen) = application();
    for round in 1..=3 {
        let before = seen.load(Relaxed);
        pipeline.set(gst::State::Playing).unwrap();
        source.push(source.frame().unwrap(), None).unwrap();
        if round == 3 {
            // Still one that is not stopped yet ends.
            source.end_of_stream();
            pipeline.wait().unwrap();
            assert_eq!(seen.load(Relaxed), before + 1);
        } else {
            pipeline.reach(gst::State::Playing).unwrap();
        }
        pipeline.set(gst::State::Null).unwrap();
        source.end_of_stream();
    }
    drop((pipeline, source, sink));
    usage.assert_clean();
}

unsafe extern "C" fn refuse(
    _pad: *mut gst::ffi::GstPad,
    _parent: *mut gst::ffi::GstObject,
    _mode: gst::ffi::GstPadMode,
    _active: gst::glib::ffi::gboolean,
) -> gst::glib::ffi::gboolean {
    gst::glib::ffi::GFALSE
}

/// What was pushed to a source that did not start is not of the next stream, nor is its end.
#[test]
fn a_start_that_fails_leaves_nothing_for_the_next_one() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (source, sink, pipeline, seen) = application();
    source.push(source.frame().unwrap(), None).unwrap();
    let pad = source.static_pad("src").unwrap();
    let set = |function: gst::ffi::GstPadActivateModeFunction| {
        // SAFETY: the pad is alive and not active; nobody else uses it now.
        let place = unsafe { &raw mut (*pad.as_ptr()).activatemodefunc };
        // SAFETY: as above; the functions live as long as the program.
        unsafe { place.replace(function) }
    };
    let ours = set(Some(refuse));
    pipeline.set(gst::State::Playing).unwrap_err();
    assert!(matches!(source.frame(), Err(gst_nvmm::Error::Flushing)));
    source.end_of_stream();
    set(ours);
    pipeline.set(gst::State::Null).unwrap();
    pipeline.as_gst().bus().unwrap().set_flushing(true);
    pipeline.as_gst().bus().unwrap().set_flushing(false);
    pipeline.set(gst::State::Playing).unwrap();
    for _ in 0..2 {
        source.push(source.frame().unwrap(), None).unwrap();
    }
    source.end_of_stream();
    pipeline.wait().unwrap();
    assert_eq!(seen.load(Relaxed), 2);
    drop((pipeline, pad, source, sink));
    usage.assert_clean();
}
