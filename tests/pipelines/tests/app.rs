//! Frames that leave a pipeline for an application, and frames that enter one.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use gst::prelude::*;
use gst_nvmm::egl_cuda::PinnedMemory;
use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{Error, NvmmFrame, NvmmFrameMut, NvmmSink, NvmmSource, Session};
use nvmm_pipelines::{Peer, Pipeline, Usage, exclusive, fail};

const NVMM: &str = "video/x-raw(memory:NVMM),format=RGBA,width=64,height=48,framerate=30/1";
const ROW: usize = 64 * 4;
const ROWS: usize = 48;
const FRAME: gst::ClockTime = gst::ClockTime::from_nseconds(33_333_333);

fn caps(text: &str) -> gst::Caps {
    text.parse().expect("caps")
}

/// `elements` one after the other, nothing started yet.
fn chain(elements: &[&gst::Element]) -> Pipeline {
    let pipeline = gst::Pipeline::new();
    pipeline.add_many(elements).expect("new elements");
    gst::Element::link_many(elements).expect("pads");
    Pipeline::new(pipeline)
}

/// A sink that does not wait for the clock, and whose frames come through a channel.
fn sink(frames: u32) -> (NvmmSink, Receiver<NvmmFrame>) {
    let (send, receive) = mpsc::channel();
    (sink_to(frames, send), receive)
}

fn sink_to(frames: u32, send: Sender<NvmmFrame>) -> NvmmSink {
    let sink = NvmmSink::new(&caps(NVMM), frames, move |frame| {
        // Nobody listens any more: the frame is dropped.
        let _ = send.send(frame);
        Ok(())
    });
    let sink = sink.expect("a sink");
    sink.set_property("sync", false);
    sink
}

fn next(frames: &Receiver<NvmmFrame>) -> NvmmFrame {
    let frame = frames.recv_timeout(Duration::from_secs(10));
    frame.expect("a frame comes")
}

/// What an application works with: a stream of its own, and memory to copy to and from.
struct Gpu {
    session: Session,
    memory: PinnedMemory,
}

impl Gpu {
    fn new() -> Self {
        let session = Session::new().expect("CUDA");
        let memory = PinnedMemory::new(session.context(), ROW, ROWS).expect("memory");
        Self { session, memory }
    }

    /// Fills a frame with one byte, on the stream, and leaves the work pending.
    fn fill(&mut self, frame: &NvmmFrameMut, byte: u8) {
        let stream = self.session.stream();
        self.memory.as_mut_slice().expect("idle").fill(byte);
        frame.begin(stream).expect("a wait on the stream");
        let to = frame.target(0).expect("rows to write");
        stream.copy(self.memory.source(), to).expect("a copy");
        frame.finish(stream).expect("an event");
    }

    /// The byte that all of a frame shows.
    fn byte(&mut self, frame: &NvmmFrame) -> u8 {
        let stream = self.session.stream();
        frame.begin(stream).expect("a wait on the stream");
        let from = frame.source(0).expect("rows to read");
        stream.copy(from, self.memory.target()).expect("a copy");
        frame.finish(stream).expect("an event");
        let bytes = self.memory.as_slice().expect("the copy is done");
        assert!(bytes.iter().all(|byte| *byte == bytes[0]), "a mixture");
        bytes[0]
    }
}

/// Pushes frames that show their number.
fn push(source: &NvmmSource, gpu: &mut Gpu, numbers: std::ops::Range<u8>) {
    for number in numbers {
        let frame = source.frame().expect("an empty frame");
        gpu.fill(&frame, number);
        let pts = FRAME * u64::from(number);
        source.push(frame, pts).expect("it is taken");
    }
}

fn source(frames: u32) -> NvmmSource {
    NvmmSource::new(&caps(NVMM), frames).expect("a source")
}

/// Runs what must come back soon.
fn soon<T: Send + 'static>(what: &str, body: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || send.send(body()));
    let result = receive.recv_timeout(Duration::from_secs(10));
    result.unwrap_or_else(|e| panic!("{what} hangs: {e}"))
}

fn to_null(pipeline: &Pipeline) {
    let pipeline = pipeline.as_gst().clone();
    soon("stopping", move || {
        pipeline.set_state(gst::State::Null).expect("NULL")
    });
}

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
    let small = NvmmSource::new(&caps(&NVMM.replace("64", "32")), 2).expect("a source");
    let frame = small.frame().expect("a frame");
    let error = source(2).push(frame, None).expect_err("of another size");
    assert!(error.to_string().contains("32"), "{error}");
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
