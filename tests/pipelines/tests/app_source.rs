//! A source of an application's frames: its pool, its order, and frames that become others.

mod apps;

use std::sync::mpsc::{self, Receiver};
use std::thread;

use apps::*;
use gst::prelude::*;
use gst_nvmm::egl_cuda::PinnedMemory;
use gst_nvmm::{NvmmBufferPool, NvmmFrame, NvmmFrameMut, NvmmSink, NvmmSource, Session};
use gst_video::VideoInfo;
use nvmm_pipelines::{Usage, exclusive, fail};

#[test]
fn what_was_pushed_before_the_start_comes_first_and_nothing_after_the_end() {
    let _guard = exclusive();
    let mut gpu = Gpu::new();
    let (source, (sink, frames)) = (source(4), sink(4));
    push(&source, &mut gpu, 0..3);
    let left = source.frame().expect("a fourth");
    source.end_of_stream();
    let error = source.push(left, None).expect_err("after the end");
    assert!(error.to_string().contains("has ended"), "{error}");
    let pipeline = chain(&[source.upcast_ref(), sink.upcast_ref()]);
    pipeline.set(gst::State::Playing).expect("it starts");
    pipeline.wait().expect("the end");
    for number in 0..3 {
        assert_eq!(gpu.byte(&next(&frames)), number);
    }
    to_null(&pipeline);
    pipeline.set(gst::State::Playing).expect("it starts again");
    push(&source, &mut gpu, 9..10);
    assert_eq!(gpu.byte(&next(&frames)), 9);
}

#[test]
fn a_source_has_as_many_surfaces_as_downstream_holds_and_two() {
    let _guard = exclusive();
    let mut gpu = Gpu::new();
    let (source, (sink, frames)) = (source(2), sink(8));
    push(&source, &mut gpu, 0..1);
    let pipeline = chain(&[source.upcast_ref(), sink.upcast_ref()]);
    pipeline.set(gst::State::Playing).expect("it starts");
    let first = next(&frames);
    // 8 that the application keeps, one that is rendered, two of our own.
    let all: Vec<_> = std::iter::from_fn(|| source.try_frame().expect("frames")).collect();
    assert_eq!(all.len(), 11);
    assert_eq!(gpu.byte(&first), 0);
}

/// Memory that is exhausted is an error and no hang, and is tried again.
#[test]
fn no_surface_is_an_error_of_the_frame() {
    let _guard = exclusive();
    let source = source(2);
    fail("NvBufSurfaceCreate", 1, -1);
    let error = source.frame().expect_err("no memory").to_string();
    assert!(error.contains("memory"), "{error}");
    source.frame().expect("there is some again");
}

/// Another pool comes in the middle of the pushing, every time.
#[test]
fn a_pool_that_grows_leaves_nobody_waiting() {
    let _guard = exclusive();
    let usage = Usage::start();
    let rounds = if cfg!(debug_assertions) { 40 } else { 200 };
    for _ in 0..rounds {
        let (source, (sink, frames)) = (source(2), sink(2));
        let pipeline = chain(&[source.upcast_ref(), sink.upcast_ref()]);
        let pushing = source.clone();
        let pusher = thread::spawn(move || {
            for _ in 0..12 {
                let frame = pushing.frame().expect("a frame");
                pushing.push(frame, None).expect("it is taken");
            }
            pushing.end_of_stream();
        });
        pipeline.set(gst::State::Playing).expect("it starts");
        for _ in 0..12 {
            drop(next(&frames));
        }
        pusher.join().expect("it ends");
        pipeline.wait().expect("the end");
        to_null(&pipeline);
    }
    usage.assert_clean();
}

/// Format and size of a frame.
fn shape(frame: &NvmmFrame) -> (String, u32, u32) {
    let info = frame.info();
    (info.format().to_string(), info.width(), info.height())
}

/// A sink that takes frames of any caps.
fn any_sink(frames: u32) -> (NvmmSink, Receiver<NvmmFrame>) {
    let (send, receive) = mpsc::channel();
    let sink = NvmmSink::new(&caps("video/x-raw(memory:NVMM)"), frames, move |frame| {
        let _ = send.send(frame);
        Ok(())
    });
    let sink = sink.expect("a sink");
    sink.set_property("sync", false);
    (sink, receive)
}

fn nvmm(format: &str, width: u32, height: u32) -> gst::Caps {
    caps(&format!(
        "video/x-raw(memory:NVMM),format={format},width={width},height={height},framerate=30/1"
    ))
}

/// The caps events that come to a pad, in order, between buffers.
fn caps_of(pad: &gst::Pad) -> Receiver<String> {
    let (send, receive) = mpsc::channel();
    pad.add_probe(
        gst::PadProbeType::EVENT_DOWNSTREAM | gst::PadProbeType::BUFFER,
        move |_, info| {
            let what = match &info.data {
                Some(gst::PadProbeData::Event(event)) => match event.view() {
                    gst::EventView::Caps(caps) => Some(caps.caps().to_string()),
                    _ => None,
                },
                Some(gst::PadProbeData::Buffer(_)) => Some("frame".into()),
                _ => None,
            };
            if let Some(what) = what {
                let _ = send.send(what);
            }
            gst::PadProbeReturn::Ok
        },
    );
    receive
}

#[test]
fn a_frame_of_another_size_begins_new_caps() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (source, (sink, frames)) = (source(3), any_sink(2));
    let pipeline = chain(&[source.upcast_ref(), sink.upcast_ref()]);
    let events = caps_of(&sink.static_pad("sink").expect("a pad"));
    pipeline.set(gst::State::Playing).expect("it starts");
    let shapes = [
        ("RGBA", 64, 48),
        ("RGBA", 64, 48),
        ("RGBA", 128, 96),
        ("NV12", 128, 96),
        ("RGBA", 64, 48),
    ];
    for (number, (format, width, height)) in shapes.into_iter().cycle().take(20).enumerate() {
        let new = nvmm(format, width, height);
        source.set_frame_caps(&new).expect("caps");
        let frame = source.frame().expect("a frame");
        source
            .push(frame, FRAME * number as u64)
            .expect("it is taken");
        let frame = next(&frames);
        assert_eq!(
            shape(&frame),
            (format.to_string(), width, height),
            "{number}"
        );
        assert_eq!(frame.buffer().pts(), Some(FRAME * number as u64));
        assert_eq!(frame.buffer().duration(), Some(FRAME));
    }
    source.end_of_stream();
    pipeline.wait().expect("the end");
    let events: Vec<_> = events.try_iter().collect();
    let begun = events.iter().filter(|event| *event != "frame").count();
    // Each round three times other than before, and the first.
    assert_eq!(
        (begun, events.len()),
        (1 + 4 * 3, 1 + 4 * 3 + 20),
        "{events:?}"
    );
    to_null(&pipeline);
    drop((source, sink, frames, pipeline));
    usage.assert_clean();
}

/// What was taken before new caps is pushed as what it is, in any order, before the start as well.
#[test]
fn frames_keep_what_they_are() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (source, (sink, frames)) = (source(3), any_sink(2));
    let small = source.frame().expect("a frame");
    let later = source.frame().expect("a frame");
    source.set_frame_caps(&nvmm("RGBA", 128, 96)).expect("caps");
    let large = source.frame().expect("a frame");
    for frame in [large, small] {
        source.push(frame, None).expect("it is taken");
    }
    let pipeline = chain(&[source.upcast_ref(), sink.upcast_ref()]);
    pipeline.set(gst::State::Playing).expect("it starts");
    source.push(later, None).expect("it is taken");
    let pushed = source.frame().expect("a frame");
    source.push(pushed, None).expect("it is taken");
    for width in [128, 64, 64, 128] {
        assert_eq!(shape(&next(&frames)).1, width);
    }
    // Of a pool of the application's own.
    let info = VideoInfo::builder(gst_video::VideoFormat::Nv12, 32, 32);
    let info = info.fps(gst::Fraction::new(30, 1)).build().expect("a size");
    let pool = NvmmBufferPool::new(&nvmm("NV12", 32, 32), 0, 1).expect("a pool");
    pool.set_active(true).expect("it starts");
    let buffer = pool.acquire_buffer(None).expect("a buffer");
    let session = Session::new().expect("CUDA");
    let frame = NvmmFrameMut::new(buffer, &info, session.context()).expect("a frame");
    source.push(frame, None).expect("it is taken");
    assert_eq!(shape(&next(&frames)), ("NV12".into(), 32, 32));
    source.end_of_stream();
    pipeline.wait().expect("the end");
    to_null(&pipeline);
    // And from the start again, with the caps that were set last.
    pipeline.set(gst::State::Playing).expect("it starts");
    let frame = source.frame().expect("a frame");
    source.push(frame, None).expect("it is taken");
    assert_eq!(shape(&next(&frames)).1, 128);
    to_null(&pipeline);
    pool.set_active(false).expect("it stops");
    drop((source, sink, frames, pipeline, pool, session));
    usage.assert_clean();
}

#[test]
fn new_caps_that_downstream_does_not_take_are_named_on_the_bus() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (source, (sink, frames)) = (source(3), sink(2));
    let pipeline = chain(&[source.upcast_ref(), sink.upcast_ref()]);
    pipeline.set(gst::State::Playing).expect("it starts");
    let frame = source.frame().expect("a frame");
    source.push(frame, None).expect("it is taken");
    drop(next(&frames));
    source.set_frame_caps(&nvmm("RGBA", 32, 48)).expect("caps");
    let frame = source.frame().expect("a frame");
    source.push(frame, None).expect("it is queued");
    let error = pipeline.wait().expect_err("nobody takes it");
    assert!(error.contains("width 32 here, 64 there"), "{error}");
    let wrong = source.set_frame_caps(&caps("video/x-raw(memory:NVMM),format=RGBA"));
    let wrong = wrong.expect_err("no size").to_string();
    assert!(wrong.contains("not fixed"), "{wrong}");
    to_null(&pipeline);
    drop((source, sink, frames, pipeline));
    usage.assert_clean();
}

/// Whoever waits for a frame while caps change gets one of the new.
#[test]
fn an_application_that_waits_gets_a_frame_of_the_new_caps() {
    let _guard = exclusive();
    let usage = Usage::start();
    let source = source(1);
    let held = source.frame().expect("a frame");
    let waiting = source.clone();
    let waiter = thread::spawn(move || waiting.frame().map(|frame| frame.info().width()));
    // However far it is: before its wait or in it.
    source.set_frame_caps(&nvmm("RGBA", 128, 48)).expect("caps");
    let width = soon("waiting", move || waiter.join().expect("no panic"));
    assert_eq!(width.ok(), Some(128));
    drop((held, source));
    usage.assert_clean();
}

/// The wait for the pixels' work fails when their surface goes: all of the context's work is waited for.
#[test]
fn a_surface_outlasts_its_work_though_the_wait_for_it_fails() {
    const SIZE: usize = 2048;
    let _guard = exclusive();
    let usage = Usage::start();
    let caps =
        format!("video/x-raw(memory:NVMM),format=RGBA,width={SIZE},height={SIZE},framerate=30/1");
    let source = NvmmSource::new(&caps.parse().expect("caps"), 1).expect("a source");
    let frame = source.frame().expect("an empty frame");
    let session = Session::new().expect("CUDA");
    let memory = PinnedMemory::new(session.context(), SIZE * 4, SIZE).expect("memory");
    let stream = session.stream();
    frame.begin(stream).expect("a wait on the stream");
    for _ in 0..16 {
        let to = frame.target(0).expect("rows to write");
        stream.copy(memory.source(), to).expect("a copy");
    }
    frame.finish(stream).expect("an event");
    assert!(!stream.is_complete().expect("a query"), "it is done");
    fail("cuEventSynchronize", 1, 201);
    drop(source);
    drop(frame);
    assert_eq!(usage.count("faults_injected"), 1);
    assert!(stream.is_complete().expect("a query"), "it was waited for");
    drop((memory, session));
    usage.assert_clean();
}
