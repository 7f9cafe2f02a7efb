//! An application on either side of a pipeline.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use gst::prelude::*;
use gst_nvmm::egl_cuda::PinnedMemory;
use gst_nvmm::{NvmmFrame, NvmmFrameMut, NvmmSink, NvmmSource, Session};
use nvmm_pipelines::Pipeline;

pub(crate) const NVMM: &str =
    "video/x-raw(memory:NVMM),format=RGBA,width=64,height=48,framerate=30/1";
const ROW: usize = 64 * 4;
const ROWS: usize = 48;
pub(crate) const FRAME: gst::ClockTime = gst::ClockTime::from_nseconds(33_333_333);

pub(crate) fn caps(text: &str) -> gst::Caps {
    text.parse().expect("caps")
}

/// `elements` one after the other, nothing started yet.
pub(crate) fn chain(elements: &[&gst::Element]) -> Pipeline {
    let pipeline = gst::Pipeline::new();
    pipeline.add_many(elements).expect("new elements");
    gst::Element::link_many(elements).expect("pads");
    Pipeline::new(pipeline)
}

/// A sink that does not wait for the clock, and whose frames come through a channel.
pub(crate) fn sink(frames: u32) -> (NvmmSink, Receiver<NvmmFrame>) {
    let (send, receive) = mpsc::channel();
    (sink_to(frames, send), receive)
}

pub(crate) fn sink_to(frames: u32, send: Sender<NvmmFrame>) -> NvmmSink {
    let sink = NvmmSink::new(&caps(NVMM), frames, move |frame| {
        // Nobody listens any more: the frame is dropped.
        let _ = send.send(frame);
        Ok(())
    });
    let sink = sink.expect("a sink");
    sink.set_property("sync", false);
    sink
}

pub(crate) fn next(frames: &Receiver<NvmmFrame>) -> NvmmFrame {
    let frame = frames.recv_timeout(Duration::from_secs(10));
    frame.expect("a frame comes")
}

/// What an application works with: a stream of its own, and memory to copy to and from.
pub(crate) struct Gpu {
    pub(crate) session: Session,
    memory: PinnedMemory,
}

impl Gpu {
    pub(crate) fn new() -> Self {
        let session = Session::new().expect("CUDA");
        let memory = PinnedMemory::new(session.context(), ROW, ROWS).expect("memory");
        Self { session, memory }
    }

    /// Fills a frame with one byte, on the stream, and leaves the work pending.
    pub(crate) fn fill(&mut self, frame: &NvmmFrameMut, byte: u8) {
        let stream = self.session.stream();
        self.memory.as_mut_slice().expect("idle").fill(byte);
        frame.begin(stream).expect("a wait on the stream");
        let to = frame.target(0).expect("rows to write");
        stream.copy(self.memory.source(), to).expect("a copy");
        frame.finish(stream).expect("an event");
    }

    /// The byte that all of a frame shows.
    pub(crate) fn byte(&mut self, frame: &NvmmFrame) -> u8 {
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
pub(crate) fn push(source: &NvmmSource, gpu: &mut Gpu, numbers: std::ops::Range<u8>) {
    for number in numbers {
        let frame = source.frame().expect("an empty frame");
        gpu.fill(&frame, number);
        let pts = FRAME * u64::from(number);
        source.push(frame, pts).expect("it is taken");
    }
}

pub(crate) fn source(frames: u32) -> NvmmSource {
    NvmmSource::new(&caps(NVMM), frames).expect("a source")
}

/// Runs what must come back soon.
pub(crate) fn soon<T: Send + 'static>(what: &str, body: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || send.send(body()));
    let result = receive.recv_timeout(Duration::from_secs(10));
    result.unwrap_or_else(|e| panic!("{what} hangs: {e}"))
}

pub(crate) fn to_null(pipeline: &Pipeline) {
    let pipeline = pipeline.as_gst().clone();
    soon("stopping", move || {
        pipeline.set_state(gst::State::Null).expect("NULL")
    });
}
