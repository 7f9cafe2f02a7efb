//! Buffers of others through an N-in-1-out element: those that it takes as they are, and those that it refuses.

use gst_nvmm::nvbuf::ColorFormat;
use nvmm_pipelines::{Peer, Picture, Pipeline, Usage, exclusive};

const NVMM: &str = "video/x-raw(memory:NVMM),format=RGBA,width=64,height=48,framerate=25/1";
const FRAME: gst::ClockTime = gst::ClockTime::from_mseconds(40);

struct Line {
    pipeline: Pipeline,
    inputs: [gst_app::AppSrc; 2],
    out: gst_app::AppSink,
}

impl Line {
    /// One input beside the other, 64 x 48 each.
    fn new() -> Self {
        let input = |n| format!("appsrc name=in{n} format=time caps=\"{NVMM}\" ! mix.sink_{n}");
        let line = format!(
            "nvmmoverlay name=mix sink_1::xpos=64 ! nvmmtransform ! video/x-raw ! appsink name=out sync=false {} {}",
            input(0),
            input(1)
        );
        let pipeline = Pipeline::parse(&line).expect("a pipeline");
        let (inputs, out) = (
            [pipeline.get("in0"), pipeline.get("in1")],
            pipeline.get("out"),
        );
        pipeline.set(gst::State::Playing).expect("it starts");
        Self {
            pipeline,
            inputs,
            out,
        }
    }

    fn push(&self, input: usize, mut buffer: gst::Buffer, frame: u64) {
        let timed = buffer.get_mut().expect("a buffer of our own");
        timed.set_pts(FRAME * frame);
        timed.set_duration(FRAME);
        // Refused once the element has failed.
        let _ = self.inputs[input].push_buffer(buffer);
    }

    fn end(&self) {
        self.inputs.iter().for_each(|input| {
            let _ = input.end_of_stream();
        });
    }

    fn next(&self) -> Result<Option<Picture>, String> {
        self.pipeline.picture(&self.out)
    }
}

/// A peer's surface with the number of the frame in each byte but the alpha.
fn filled(peer: &Peer, index: usize, frame: u64) {
    peer.fill(index, |x, _| if x % 4 == 3 { 255 } else { frame as u8 });
}

fn grey(frame: u64) -> [u8; 4] {
    let value = frame as u8;
    [value, value, value, 255]
}

/// As DeepStream's elements wrap their descriptors: read-only, a new memory per frame; some say that a batch
/// of one has no buffer filled.
#[test]
fn read_only_memory_is_shown_and_never_written() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = Line::new();
    let single = Peer::new(2, 64, 48, ColorFormat::RGBA);
    let batches = [(); 2].map(|()| Peer::batch(1, 0, 64, 48, ColorFormat::RGBA));
    for frame in 0..50 {
        let batch = &batches[frame as usize % 2];
        filled(&single, frame as usize, frame);
        filled(batch, 0, 100 + frame);
        let (left, right) = (single.buffer(frame as usize), batch.buffer(0));
        for buffer in [&left, &right] {
            let memory = buffer.peek_memory(0);
            assert!(memory.flags().contains(gst::MemoryFlags::READONLY));
        }
        line.push(0, left, frame);
        line.push(1, right, frame);
        let picture = line.next().expect("it runs").expect("a picture");
        assert_eq!(picture.pixel(10, 10), grey(frame));
        assert_eq!(picture.pixel(100, 40), grey(100 + frame));
        let bytes = [single.bytes(frame as usize), batch.bytes(0)];
        for (bytes, value) in bytes.iter().zip([frame, 100 + frame]) {
            let is_it = |(n, byte): (usize, &u8)| *byte == grey(value)[n % 4];
            assert!(bytes.iter().enumerate().all(is_it), "written");
        }
    }
    line.end();
    assert!(line.next().expect("it runs").is_none());
    drop((line, single, batches));
    usage.assert_clean();
}

/// On either input, after frames that were good: the error names what is wrong, and nothing stays.
#[test]
fn a_buffer_of_two_memories_ends_the_stream_with_the_reason() {
    let _guard = exclusive();
    for bad in [0, 1] {
        let usage = Usage::start();
        let line = Line::new();
        let peer = Peer::new(2, 64, 48, ColorFormat::RGBA);
        for frame in 0..5 {
            (0..2).for_each(|input| line.push(input, peer.buffer(input), frame));
            assert!(line.next().expect("it runs").is_some());
        }
        let (mut buffer, other) = (peer.buffer(bad), peer.buffer(bad));
        let memory = other.memory(0).expect("a memory");
        buffer.get_mut().expect("just made").append_memory(memory);
        line.push(bad, buffer, 5);
        line.push(1 - bad, peer.buffer(1 - bad), 5);
        let error = line.next().expect_err("it takes two memories");
        assert!(error.contains("has 2"), "{error}");
        drop((line, peer, other));
        usage.assert_clean();
    }
}

/// Memory that is nobody's surface, between good frames of the other input.
#[test]
fn memory_without_a_surface_ends_the_stream_with_the_reason() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = Line::new();
    let peer = Peer::new(1, 64, 48, ColorFormat::RGBA);
    line.push(0, peer.buffer(0), 0);
    line.push(1, nvmm_pipelines::wrap([0_u64; 16], 128), 0);
    let error = line.next().expect_err("it takes zeros");
    assert!(error.contains("no NvBufSurface"), "{error}");
    drop((line, peer));
    usage.assert_clean();
}
