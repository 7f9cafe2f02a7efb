//! Frames that leave a pipeline for an application, and frames that enter one.

mod apps;

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use apps::*;
use gst::prelude::*;
use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{Error, NvmmSink, NvmmSource};
use nvmm_pipelines::{Peer, Pipeline, Usage, exclusive};

#[test]
fn frames_go_through_a_pipeline_by_the_gpu_alone() {
    let _guard = exclusive();
    let usage = Usage::start();
    let mut gpu = Gpu::new();
    // One more than the sink asks for.
    let (source, (sink, frames)) = (source(6), sink(2));
    let pipeline = chain(&[source.upcast_ref(), sink.upcast_ref()]);
    pipeline.set(gst::State::Playing).expect("it starts");
    let reader = thread::spawn(move || {
        let mut gpu = Gpu::new();
        (0..100_u8)
            .map(|number| {
                let frame = next(&frames);
                let pts = FRAME * u64::from(number);
                assert_eq!(frame.buffer().pts(), Some(pts));
                assert_eq!(frame.buffer().duration(), Some(FRAME));
                gpu.byte(&frame)
            })
            .collect::<Vec<_>>()
    });
    push(&source, &mut gpu, 0..100);
    source.end_of_stream();
    pipeline.wait().expect("the end");
    assert_eq!(reader.join().expect("pixels"), Vec::from_iter(0..100));
    // The CPU neither mapped nor copied, and each surface was registered once.
    assert_eq!(usage.calls("NvBufSurfaceMap"), 0);
    let registrations = usage.count("registrations");
    assert!(registrations <= 6, "{registrations}");
    drop((pipeline, source, sink, gpu));
    usage.assert_clean();
}

#[test]
fn frames_are_kept_on_another_thread_when_the_pipeline_is_gone() {
    let _guard = exclusive();
    let usage = Usage::start();
    let mut gpu = Gpu::new();
    let (source, (sink, frames)) = (source(4), sink(3));
    let pipeline = chain(&[source.upcast_ref(), sink.upcast_ref()]);
    pipeline.set(gst::State::Playing).expect("it starts");
    push(&source, &mut gpu, 1..4);
    source.end_of_stream();
    pipeline.wait().expect("the end");
    assert_eq!(sink.num_frames(), 3);
    to_null(&pipeline);
    drop((pipeline, source, sink));
    let reader = thread::spawn(move || {
        let frames: Vec<_> = frames.iter().collect();
        frames
            .iter()
            .map(|frame| gpu.byte(frame))
            .collect::<Vec<_>>()
    });
    assert_eq!(reader.join().expect("pixels"), [1, 2, 3]);
    usage.assert_clean();
}

/// Neither end is ours: the CPU maps what a stream still writes.
#[test]
fn work_left_pending_reaches_whoever_maps() {
    let _guard = exclusive();
    let mut gpu = Gpu::new();
    let source = source(4);
    let line = "nvmmtransform name=in ! video/x-raw,format=RGBA ! appsink name=out sync=false";
    let pipeline = Pipeline::parse(line).expect("a pipeline");
    pipeline.as_gst().add(&source).expect("a new element");
    let transform = pipeline.get::<gst::Element>("in");
    source.link(&transform).expect("pads");
    let out = pipeline.get::<gst_app::AppSink>("out");
    pipeline.set(gst::State::Playing).expect("it starts");
    for number in 0..20 {
        push(&source, &mut gpu, number..number + 1);
        let picture = pipeline.picture(&out).expect("it runs");
        let picture = picture.expect("a picture");
        assert!(picture.data.iter().all(|byte| *byte == number), "{number}");
    }
}

/// Memory of another element holds no event: `finish` waits instead.
#[test]
fn frames_of_others_are_given_and_finished() {
    let _guard = exclusive();
    let usage = Usage::start();
    let peer = Peer::new(2, 64, 48, ColorFormat::RGBA);
    let (sink, frames) = sink(2);
    let pipeline = Pipeline::parse("appsrc name=in format=time").expect("a pipeline");
    let source = pipeline.get::<gst_app::AppSrc>("in");
    source.set_caps(Some(&caps(NVMM)));
    pipeline.as_gst().add(&sink).expect("a new element");
    source.link(&sink).expect("pads");
    pipeline.set(gst::State::Playing).expect("it starts");
    let mut gpu = Gpu::new();
    for number in 0..10_u8 {
        peer.fill(number.into(), |_, _| number);
        let buffer = peer.buffer(number.into());
        source.push_buffer(buffer).expect("it takes buffers");
        let frame = next(&frames);
        assert_eq!(gpu.byte(&frame), number);
        let stream = gpu.session.stream();
        assert!(!frame.end(stream).expect("nothing to record"));
    }
    to_null(&pipeline);
    drop((pipeline, source, sink, frames, gpu, peer));
    usage.assert_clean();
}

#[test]
fn frames_are_dropped_on_demand_while_the_application_has_all() {
    let _guard = exclusive();
    let mut gpu = Gpu::new();
    let (source, (sink, frames)) = (source(4), sink(1));
    sink.set_drop(true);
    let pipeline = chain(&[source.upcast_ref(), sink.upcast_ref()]);
    pipeline.set(gst::State::Playing).expect("it starts");
    push(&source, &mut gpu, 0..20);
    source.end_of_stream();
    // The end comes although the first frame is never given back.
    pipeline.wait().expect("the end");
    assert_eq!(gpu.byte(&next(&frames)), 0);
    assert!(frames.try_recv().is_err());
}

#[test]
fn an_error_of_the_closure_is_on_the_bus_in_its_words() {
    let _guard = exclusive();
    let mut gpu = Gpu::new();
    let source = source(4);
    let sink = NvmmSink::new(&caps(NVMM), 1, |_| {
        Err(Error::Element(gst::error_msg!(
            gst::StreamError::Failed,
            ("the model has no weights")
        )))
    });
    let sink = sink.expect("a sink");
    let pipeline = chain(&[source.upcast_ref(), sink.upcast_ref()]);
    push(&source, &mut gpu, 0..1);
    pipeline.set(gst::State::Playing).expect("it starts");
    let error = pipeline.wait().expect_err("the closure fails");
    assert!(error.contains("the model has no weights"), "{error}");
    // The source says so, too, once the streaming thread is back.
    let frame = source.frame().expect("the pool is there");
    let failed = source.static_pad("src").expect("a pad");
    soon("the source's task", move || {
        while failed.last_flow_result().is_ok() {
            thread::sleep(Duration::from_millis(10));
        }
    });
    let error = source.push(frame, None).expect_err("nobody takes it");
    assert!(error.to_string().contains("has failed"), "{error}");
    assert_eq!(sink.num_frames(), 0);
}

#[test]
fn caps_that_do_not_meet_are_named_on_the_bus() {
    let _guard = exclusive();
    for (filter, words) in [
        (
            "video/x-raw(memory:NVMM),format=BGR",
            ["RGBA here, BGR there", "BGRx"],
        ),
        (
            "video/x-raw(memory:NVMM),width=32",
            ["width 64 here, 32 there", "nvvidconv"],
        ),
    ] {
        let source = source(2);
        let pipeline = Pipeline::parse("capsfilter name=in ! fakesink").expect("a pipeline");
        pipeline.as_gst().add(&source).expect("a new element");
        let next = pipeline.get::<gst::Element>("in");
        source.link(&next).expect("pads");
        // Not before: they would not have linked.
        next.set_property("caps", caps(filter));
        pipeline.set(gst::State::Playing).expect("it starts");
        let error = pipeline.wait().expect_err("they do not meet");
        for word in words {
            assert!(error.contains(word), "{word}: {error}");
        }
    }
}

#[test]
fn what_cannot_be_is_refused_at_once() {
    let _guard = exclusive();
    let new = |text: &str| NvmmSource::new(&caps(text), 2).map(drop);
    for (text, word) in [
        ("video/x-raw,format=RGBA,width=64,height=48", "memory:NVMM"),
        ("video/x-raw(memory:NVMM),format=RGBA", "not fixed"),
        (&NVMM.replace("RGBA", "ARGB64"), "ARGB64"),
    ] {
        let error = new(text).expect_err(text).to_string();
        assert!(error.contains(word), "{error}");
    }
    let none = NvmmSink::new(&caps(NVMM), 0, |_| Ok(())).expect_err("no frames");
    assert!(none.to_string().contains("0 frames"), "{none}");
}

/// The closure may stop at will: here it keeps the newest frame only.
#[test]
fn a_closure_may_keep_the_newest_frame_only() {
    let _guard = exclusive();
    let mut gpu = Gpu::new();
    let newest = Arc::new(Mutex::new(None));
    let (keep, source) = (Arc::clone(&newest), source(4));
    let sink = NvmmSink::new(&caps(NVMM), 2, move |frame| {
        *keep.lock().expect("no panic") = Some(frame);
        Ok(())
    });
    let sink = sink.expect("a sink");
    let pipeline = chain(&[source.upcast_ref(), sink.upcast_ref()]);
    pipeline.set(gst::State::Playing).expect("it starts");
    push(&source, &mut gpu, 0..50);
    source.end_of_stream();
    pipeline.wait().expect("the end");
    let newest = newest.lock().expect("no panic").take();
    assert_eq!(gpu.byte(&newest.expect("a frame")), 49);
}
