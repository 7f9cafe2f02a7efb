//! CudaFilter on buffers of others: who may write where, and what is waited for; times and metas; gaps.

mod filters;

use gst::prelude::*;
use gst_nvmm::nvbuf::ColorFormat;
use nvmm_pipelines::{LegacyPeer, Peer, Picture, Pipeline, Usage, exclusive, is_r32};

const MODES: [&str; 3] = ["testinplace", "testcopying", "testeither"];
const FRAME: gst::ClockTime = gst::ClockTime::from_mseconds(40);

fn nvmm_caps(width: i32, height: i32) -> gst::Caps {
    let text = format!(
        "video/x-raw(memory:NVMM),format=RGBA,width={width},height={height},framerate=25/1"
    );
    text.parse().expect("caps")
}

struct Line {
    pipeline: Pipeline,
    input: gst_app::AppSrc,
    out: gst_app::AppSink,
}

impl Line {
    /// `appsrc ! elements ! appsink`, playing.
    fn new(elements: &str) -> Self {
        let line = format!("appsrc name=in format=time ! {elements} ! appsink name=out sync=false");
        let pipeline = Pipeline::parse(&line).expect("a pipeline");
        let (input, out) = (pipeline.get::<gst_app::AppSrc>("in"), pipeline.get("out"));
        input.set_caps(Some(&nvmm_caps(32, 16)));
        pipeline.set(gst::State::Playing).expect("it starts");
        Self {
            pipeline,
            input,
            out,
        }
    }

    fn push(&self, mut buffer: gst::Buffer, frame: u64) {
        let fields = buffer.get_mut().expect("just made");
        fields.set_pts(FRAME * frame);
        fields.set_duration(FRAME);
        self.input.push_buffer(buffer).expect("it takes buffers");
    }

    fn next(&self) -> Result<Picture, String> {
        self.pipeline
            .picture(&self.out)
            .map(|picture| picture.expect("a picture"))
    }
}

fn grey(frame: u64) -> impl Fn(usize, usize) -> u8 {
    move |x, y| {
        if x % 4 == 3 {
            255
        } else {
            (x + y) as u8 + frame as u8
        }
    }
}

fn with(value: u8, frame: u64) -> Vec<u8> {
    let byte = grey(frame);
    let all = (0..16).flat_map(|y| (0..128).map(move |x| (x, y)));
    all.map(|(x, y)| byte(x, y) + if x % 4 == 3 { 0 } else { value })
        .collect()
}

/// As DeepStream's elements wrap their descriptors: read-only, in ordinary memory, a new one per frame.
#[test]
fn a_read_only_buffer_is_copied_by_the_gpu_and_never_written() {
    let _guard = exclusive();
    filters::register();
    for element in MODES {
        for is_batch in [false, true] {
            let usage = Usage::start();
            let peer = match is_batch {
                true => Peer::batch(1, 0, 32, 16, ColorFormat::RGBA),
                false => Peer::new(2, 32, 16, ColorFormat::RGBA),
            };
            let alive = nvmm_pipelines::alive();
            let line = Line::new(&format!("{element} value=20 ! nvmmtransform ! video/x-raw"));
            for frame in 0..40 {
                peer.fill(frame as usize, grey(frame));
                line.push(peer.buffer(frame as usize), frame);
                assert!(
                    line.next().expect("it runs").data == with(20, frame),
                    "{element} {frame}"
                );
                assert!(
                    peer.bytes(frame as usize) == with(0, frame),
                    "{element}: written"
                );
            }
            assert_eq!(usage.count("launches"), 40);
            // The output's four, and the peer's until it is seen that they come again.
            let registrations = usage.count("registrations");
            assert!(
                registrations <= 4 + 2 + 3,
                "{element}: {registrations} registrations"
            );
            let copies = if element == "testinplace" { 40 } else { 0 };
            assert_eq!(usage.calls("cuMemcpy2DAsync_v2"), copies, "{element}");
            // A peer gives and expects finished pixels.
            assert_eq!(usage.calls("cuStreamSynchronize"), 40, "{element}");
            drop(line);
            assert_eq!(nvmm_pipelines::alive()[0], alive[0], "{element}: surfaces");
            drop(peer);
            usage.assert_clean();
        }
    }
}

/// As NVIDIA's own allocators make it.
#[test]
fn a_peers_writable_buffer_is_changed_where_it_is() {
    let _guard = exclusive();
    filters::register();
    for (element, is_changed) in [
        ("testinplace", true),
        ("testcopying", false),
        ("testeither", true),
    ] {
        let usage = Usage::start();
        let peer = Peer::new(2, 32, 16, ColorFormat::RGBA);
        let line = Line::new(&format!("{element} value=20 ! nvmmtransform ! video/x-raw"));
        for frame in 0..10 {
            peer.fill(frame as usize, grey(frame));
            line.push(peer.named(frame as usize, c"nvfilter", 0), frame);
            assert!(
                line.next().expect("it runs").data == with(20, frame),
                "{element} {frame}"
            );
            let value = if is_changed { 20 } else { 0 };
            assert!(
                peer.bytes(frame as usize) == with(value, frame),
                "{element}"
            );
        }
        assert_eq!(usage.count("launches"), 10);
        assert_eq!(usage.calls("cuMemcpy2DAsync_v2"), 0, "{element}");
        drop((line, peer));
        usage.assert_clean();
    }
}

/// Somebody else still has it: written in a copy of the GPU's.
#[test]
fn a_peers_shared_buffer_is_not_written() {
    let _guard = exclusive();
    filters::register();
    let usage = Usage::start();
    let peer = Peer::new(1, 32, 16, ColorFormat::RGBA);
    let line = Line::new("testinplace value=20 ! nvmmtransform ! video/x-raw");
    peer.fill(0, grey(0));
    let buffer = peer.named(0, c"nvfilter", 0);
    let mut shared = gst::Buffer::new();
    let memory = buffer.memory(0).expect("a memory");
    let other = shared.get_mut().expect("just made");
    other.append_memory(memory);
    line.push(buffer, 0);
    assert!(line.next().expect("it runs").data == with(20, 0));
    assert!(peer.bytes(0) == with(0, 0), "written");
    assert_eq!(usage.calls("cuMemcpy2DAsync_v2"), 1);
    drop((line, shared, peer));
    usage.assert_clean();
}

/// As nvarguscamerasrc makes them: the GPU's copy has rows.
#[test]
fn block_linear_buffers_become_rows() {
    let _guard = exclusive();
    filters::register();
    let usage = Usage::start();
    let peer = Peer::block_linear(2, 32, 16, ColorFormat::RGBA);
    let line = Line::new("testinplace value=20 ! nvmmtransform ! video/x-raw");
    for frame in 0..6 {
        peer.fill(frame as usize, grey(frame));
        line.push(peer.buffer(frame as usize), frame);
        assert!(
            line.next().expect("it runs").data == with(20, frame),
            "frame {frame}"
        );
    }
    assert_eq!(usage.calls("cuMemcpy2DAsync_v2"), 6);
    drop((line, peer));
    usage.assert_clean();
}

#[test]
fn an_nv_buffer_of_r32_is_taken() {
    let _guard = exclusive();
    filters::register();
    if !is_r32() {
        return;
    }
    let usage = Usage::start();
    let peer = LegacyPeer::new(2, 32, 16, ColorFormat::RGBA);
    let line = Line::new("testinplace value=20 ! nvmmtransform ! video/x-raw");
    for frame in 0..6 {
        peer.fill(frame as usize, grey(frame));
        line.push(peer.buffer(frame as usize), frame);
        assert!(
            line.next().expect("it runs").data == with(20, frame),
            "frame {frame}"
        );
    }
    drop((line, peer));
    usage.assert_clean();
}

#[test]
fn a_batch_of_several_is_refused_with_a_remedy() {
    let _guard = exclusive();
    filters::register();
    let usage = Usage::start();
    let peer = Peer::batch(4, 4, 32, 16, ColorFormat::RGBA);
    for element in MODES {
        let line = Line::new(&format!("{element} ! nvmmtransform ! video/x-raw"));
        line.push(peer.buffer(0), 0);
        let error = line.next().expect_err("four pictures");
        assert!(
            error.contains("batch of 4") && error.contains("nvstreamdemux"),
            "{error}"
        );
    }
    drop(peer);
    usage.assert_clean();
}

#[test]
fn times_flags_and_metas_go_along() {
    let _guard = exclusive();
    filters::register();
    let usage = Usage::start();
    let peer = Peer::new(1, 32, 16, ColorFormat::RGBA);
    let clock = gst::Caps::new_empty_simple("timestamp/x-camera");
    // Read-only for the copies, writable to be used in place.
    let buffers = [
        |p: &Peer| p.buffer(0),
        |p: &Peer| p.named(0, c"nvfilter", 0),
    ];
    for (element, buffer) in MODES.into_iter().flat_map(|e| buffers.map(|b| (e, b))) {
        let line = Line::new(element);
        let mut buffer = buffer(&peer);
        let fields = buffer.get_mut().expect("just made");
        fields.set_flags(gst::BufferFlags::MARKER);
        fields.set_offset(77);
        let at = gst::ClockTime::from_seconds(5);
        gst::ReferenceTimestampMeta::add(fields, &clock, at, gst::ClockTime::NONE);
        line.push(buffer, 3);
        let sample = line.out.pull_sample().expect("a frame");
        let out = sample.buffer().expect("a buffer");
        assert_eq!(
            (out.pts(), out.duration()),
            (Some(FRAME * 3), Some(FRAME)),
            "{element}"
        );
        assert_eq!(out.offset(), 77, "{element}");
        assert!(out.flags().contains(gst::BufferFlags::MARKER), "{element}");
        let meta = out.meta::<gst::ReferenceTimestampMeta>().expect("the meta");
        assert_eq!(meta.timestamp(), at, "{element}");
    }
    drop(peer);
    usage.assert_clean();
}

#[test]
fn gaps_go_along() {
    let _guard = exclusive();
    filters::register();
    let usage = Usage::start();
    for element in MODES {
        let line = Line::new(element);
        let mut gap = gst::Buffer::new();
        gap.get_mut()
            .expect("just made")
            .set_flags(gst::BufferFlags::GAP);
        line.push(gap, 0);
        let sample = line.out.pull_sample().expect("a buffer");
        let buffer = sample.buffer().expect("a buffer");
        assert_eq!(
            (buffer.n_memory(), buffer.pts()),
            (0, Some(gst::ClockTime::ZERO))
        );
        assert!(buffer.flags().contains(gst::BufferFlags::GAP), "{element}");
        let event = gst::event::Gap::new(FRAME, FRAME);
        let pad = line.input.static_pad("src").expect("a pad");
        assert!(pad.push_event(event), "{element}");
    }
    assert_eq!(usage.count("launches"), 0);
    usage.assert_clean();
}

/// Late frames are dropped before they cost anything.
#[test]
fn what_is_too_late_is_not_computed() {
    let _guard = exclusive();
    filters::register();
    let usage = Usage::start();
    let peer = Peer::new(1, 32, 16, ColorFormat::RGBA);
    for (qos, launches) in [(true, 2), (false, 5)] {
        let before = usage.count("launches");
        let line = Line::new(&format!("testcopying qos={qos} name=filter"));
        let push = |frame| line.push(peer.buffer(0), frame);
        let next = || {
            let sample = line.out.pull_sample().expect("a frame");
            sample.buffer().and_then(|buffer| buffer.pts())
        };
        push(0);
        assert_eq!(next(), Some(gst::ClockTime::ZERO));
        // The sink is at frame 10 already.
        let event = gst::event::Qos::builder(gst::QOSType::Underflow, 2.0, 0).timestamp(FRAME * 10);
        let pad = line
            .pipeline
            .get::<gst::Element>("filter")
            .static_pad("src");
        pad.expect("a pad").send_event(event.build());
        (1..4).for_each(push);
        push(20);
        let until = if qos { 20 } else { 1 };
        assert_eq!(next(), Some(FRAME * until));
        line.input.end_of_stream().expect("it ends");
        while line.out.pull_sample().is_ok() {}
        assert_eq!(usage.count("launches") - before, launches);
    }
    drop(peer);
    usage.assert_clean();
}
