//! nvmmtransform where something changes or goes wrong: caps and properties in mid-stream, buffers of
//! others, what is refused, and what is said about it.

use gst::prelude::*;
use gst_nvmm::nvbuf::ColorFormat;
use gst_video::{VideoFormat, VideoInfo};
use nvmm_pipelines::{
    LegacyPeer, Peer, Picture, Pipeline, Usage, child, exclusive, fail, is_child, is_r32, run,
};

const LENGTH: gst::ClockTime = gst::ClockTime::from_mseconds(20);

fn caps(width: u32, height: u32) -> gst::Caps {
    let info = VideoInfo::builder(VideoFormat::Rgba, width, height);
    let info = info.fps(gst::Fraction::new(50, 1)).build();
    info.and_then(|info| info.to_caps()).expect("caps")
}

fn nvmm(width: u32, height: u32) -> gst::Caps {
    gst_nvmm::with_nvmm(&caps(width, height))
}

/// A picture of noise that depends on a seed.
fn byte(seed: usize) -> impl Fn(usize, usize) -> u8 {
    move |x, y| ((x * 31 + y * 17 + seed * 7) % 251) as u8
}

/// Buffers in at `in`, pictures out at `out`, one by one.
struct Through {
    source: gst_app::AppSrc,
    sink: gst_app::AppSink,
    frame: u64,
    pipeline: Pipeline,
}

impl Through {
    fn new(middle: &str, caps: &gst::Caps) -> Self {
        let line = format!("appsrc name=in format=time ! {middle} ! appsink name=out sync=false");
        let pipeline = Pipeline::parse(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
        let source = pipeline.get::<gst_app::AppSrc>("in");
        source.set_caps(Some(caps));
        let sink = pipeline.get("out");
        pipeline.set(gst::State::Playing).expect("it starts");
        Self {
            source,
            sink,
            frame: 0,
            pipeline,
        }
    }

    fn push(&mut self, mut buffer: gst::Buffer) -> Result<Picture, String> {
        let timed = buffer.get_mut().expect("nobody else has it");
        timed.set_pts(LENGTH * self.frame);
        timed.set_duration(LENGTH);
        self.frame += 1;
        // An error is on the bus.
        let _ = self.source.push_buffer(buffer);
        let picture = self.pipeline.picture(&self.sink)?;
        picture.ok_or_else(|| "the end".into())
    }
}

fn system(width: u32, height: u32, seed: usize) -> gst::Buffer {
    let byte = byte(seed);
    let row = width as usize * 4;
    let bytes = (0..row * height as usize).map(|i| byte(i % row, i / row));
    gst::Buffer::from_mut_slice(bytes.collect::<Vec<u8>>())
}

/// The bytes of a picture turned by 180 degrees.
fn turned(buffer: &gst::Buffer) -> Vec<u8> {
    let map = buffer.map_readable().expect("a map");
    let pixels = map.chunks(4).rev();
    pixels.flatten().copied().collect()
}

fn bytes(buffer: &gst::Buffer) -> Vec<u8> {
    buffer.map_readable().expect("a map").to_vec()
}

#[test]
fn other_caps_in_mid_stream_get_other_surfaces() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = "nvmmtransform ! video/x-raw(memory:NVMM) ! nvmmtransform flip-method=2 ! \
                video/x-raw(memory:NVMM) ! nvmmtransform ! video/x-raw";
    let mut through = Through::new(line, &caps(64, 48));
    for (width, height, seed) in [
        (64, 48, 1),
        (64, 48, 2),
        (32, 80, 3),
        (66, 34, 4),
        (64, 48, 5),
    ] {
        through.source.set_caps(Some(&caps(width, height)));
        let picture = through
            .push(system(width, height, seed))
            .expect("a picture");
        assert_eq!(
            (picture.width, picture.height),
            (width as usize, height as usize)
        );
        assert!(
            picture.data == turned(&system(width, height, seed)),
            "{width}x{height}"
        );
    }
    drop(through);
    usage.assert_clean();
}

/// The size that downstream wants stays; what it is made of changes.
#[test]
fn other_caps_in_mid_stream_are_scaled_to_the_same_size() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = "nvmmtransform ! video/x-raw(memory:NVMM),width=32,height=32 ! nvmmtransform ! \
                video/x-raw";
    let mut through = Through::new(line, &caps(64, 64));
    for (size, seed) in [(64, 1), (128, 2), (16, 3), (32, 4), (64, 5)] {
        through.source.set_caps(Some(&caps(size, size)));
        let picture = through.push(system(size, size, seed)).expect("a picture");
        assert_eq!((picture.width, picture.height), (32, 32));
        if size == 32 {
            assert!(picture.data == bytes(&system(size, size, seed)));
        }
    }
    drop(through);
    usage.assert_clean();
}

#[test]
fn properties_are_followed_in_mid_stream() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = "nvmmtransform name=it ! video/x-raw(memory:NVMM) ! nvmmtransform ! video/x-raw";
    let peer = Peer::new(1, 64, 48, ColorFormat::RGBA);
    let mut through = Through::new(line, &nvmm(64, 48));
    let element = through.pipeline.get::<gst::Element>("it");
    let plain = system(64, 48, 1);
    peer.fill(0, byte(1));
    let mut step = |name: &str, value: &str| {
        element.set_property_from_str(name, value);
        through.push(peer.buffer(0)).expect("a picture")
    };
    assert_eq!(
        step("flip-method", "0").data,
        bytes(&plain),
        "passed through"
    );
    assert_eq!(usage.calls("NvBufSurfTransform"), 0);
    assert_eq!(step("flip-method", "2").data, turned(&plain));
    let cropped = step("right", "32");
    assert_eq!(
        (cropped.width, cropped.height),
        (32, 48),
        "the size follows"
    );
    let tall = step("flip-method", "1");
    assert_eq!((tall.width, tall.height), (48, 32));
    step("right", "0");
    assert_eq!(
        step("flip-method", "0").data,
        bytes(&plain),
        "passed through again"
    );
    let before = usage.calls("NvBufSurfTransform");
    step("flip-method", "none");
    assert_eq!(usage.calls("NvBufSurfTransform"), before);
    drop((through, element, peer));
    usage.assert_clean();
}

/// Set by another thread at any moment, between the two ways of handing buffers on.
#[test]
fn properties_may_be_set_while_it_plays() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = "videotestsrc num-buffers=2000 ! video/x-raw,format=RGBA,width=64,height=48 ! \
                nvmmtransform ! video/x-raw(memory:NVMM) ! nvmmtransform name=it ! \
                video/x-raw(memory:NVMM) ! nvmmtransform ! video/x-raw ! fakesink name=out";
    let pipeline = Pipeline::parse(line).expect("a pipeline");
    let [element, sink] = ["it", "out"].map(|name| pipeline.get::<gst::Element>(name));
    sink.set_property("signal-handoffs", true);
    let shapes = std::sync::Arc::new(std::sync::Mutex::new(std::collections::BTreeSet::new()));
    let seen = std::sync::Arc::clone(&shapes);
    sink.connect("handoff", false, move |values| {
        let pad = values[2].get::<gst::Pad>().expect("a pad");
        let info = VideoInfo::from_caps(&pad.current_caps().expect("caps")).expect("video");
        let buffer = values[1].get::<gst::Buffer>().expect("a buffer");
        let is_whole = buffer.size() >= info.size();
        let mut seen = seen.lock().expect("no panic before");
        seen.insert((info.width(), info.height(), is_whole));
        None
    });
    pipeline.set(gst::State::Playing).expect("it starts");
    let changes = [
        ("flip-method", "1"),
        ("right", "32"),
        ("flip-method", "0"),
        ("right", "0"),
    ];
    for (name, value) in changes.into_iter().cycle().take(400) {
        element.set_property_from_str(name, value);
        std::thread::sleep(std::time::Duration::from_micros(300));
    }
    pipeline.wait().expect("it goes on");
    let shapes = std::mem::take(&mut *shapes.lock().expect("no panic before"));
    println!("{shapes:?}");
    assert!(
        shapes.iter().all(|(_, _, is_whole)| *is_whole),
        "{shapes:?}"
    );
    assert!(shapes.len() > 1, "nothing changed: {shapes:?}");
    drop((pipeline, element, sink));
    usage.assert_clean();
}

/// What goes in and out of an element, by address.
fn buffers_of(pipeline: &Pipeline, name: &str) -> [std::sync::mpsc::Receiver<usize>; 2] {
    let element = pipeline.get::<gst::Element>(name);
    ["sink", "src"].map(|name| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let pad = element.static_pad(name).expect("a pad");
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(gst::PadProbeData::Buffer(buffer)) = &info.data {
                let _ = sender.send(buffer.as_ptr().addr());
            }
            gst::PadProbeReturn::Ok
        });
        receiver
    })
}

#[test]
fn buffers_of_others_are_passed_through_or_transformed_into_ours() {
    let _guard = exclusive();
    let usage = Usage::start();
    let end = "video/x-raw(memory:NVMM) ! nvmmtransform ! video/x-raw";
    for (properties, is_same) in [
        ("", true),
        ("right=64 bottom=48", true),
        ("flip-method=2", false),
    ] {
        let peer = Peer::new(2, 64, 48, ColorFormat::RGBA);
        let line = format!("nvmmtransform name=it {properties} ! {end}");
        let mut through = Through::new(&line, &nvmm(64, 48));
        let [before, after] = buffers_of(&through.pipeline, "it");
        for i in 0..6 {
            peer.fill(i, byte(i));
            let picture = through.push(peer.buffer(i)).expect("a picture");
            let plain = system(64, 48, i);
            let expected = if is_same {
                bytes(&plain)
            } else {
                turned(&plain)
            };
            assert_eq!(picture.data, expected, "{properties} {i}");
            let [before, after] = [&before, &after].map(|all| all.recv().expect("a buffer"));
            assert_eq!(before == after, is_same, "{properties} {i}");
        }
        drop((through, peer));
    }
    usage.assert_clean();
}

/// Of decoders and cameras. The CPU cannot read them, the engine can.
#[test]
fn pixels_in_blocks_come_to_system_memory() {
    let _guard = exclusive();
    let usage = Usage::start();
    for line in [
        "nvmmtransform ! video/x-raw",
        "nvmmtransform flip-method=2 ! video/x-raw",
        "nvmmtransform flip-method=2 ! video/x-raw(memory:NVMM) ! nvmmtransform ! video/x-raw",
    ] {
        let peer = Peer::block_linear(1, 64, 48, ColorFormat::RGBA);
        peer.fill(0, byte(1));
        let mut through = Through::new(line, &nvmm(64, 48));
        let picture = through.push(peer.buffer(0)).expect("a picture");
        let plain = system(64, 48, 1);
        let expected = if line.contains("flip") {
            turned(&plain)
        } else {
            bytes(&plain)
        };
        assert!(picture.data == expected, "{line}");
        drop((through, peer));
    }
    usage.assert_clean();
}

/// The ALLOCATION query goes through where buffers do, and is answered where they end.
#[test]
fn a_query_for_buffers_goes_where_they_go() {
    let _guard = exclusive();
    for (properties, is_forwarded) in [("", true), ("flip-method=2", false)] {
        let line = format!("nvmmtransform name=it {properties} ! video/x-raw(memory:NVMM)");
        let mut through = Through::new(
            &line.replace(" ! video", " ! identity name=after ! video"),
            &nvmm(64, 48),
        );
        let after = through.pipeline.get::<gst::Element>("after");
        let pad = after.static_pad("sink").expect("a pad");
        let (sender, queries) = std::sync::mpsc::channel();
        pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, move |_, info| {
            if let Some(gst::PadProbeData::Query(query)) = &info.data
                && let gst::QueryView::Allocation(_) = query.view()
            {
                let _ = sender.send(());
            }
            gst::PadProbeReturn::Ok
        });
        let peer = Peer::new(1, 64, 48, ColorFormat::RGBA);
        let _ = through.source.push_buffer(peer.buffer(0));
        let timeout = gst::ClockTime::from_seconds(10);
        assert!(through.sink.try_pull_sample(timeout).is_some());
        let it = through.pipeline.get::<gst::Element>("it");
        let sink = it.static_pad("sink").expect("a pad");
        while queries.try_recv().is_ok() {}
        let mut query = gst::query::Allocation::new(Some(&nvmm(64, 48)), true);
        // The sink at the end may have no answer.
        let _ = sink.query(&mut query);
        assert_eq!(queries.try_recv().is_ok(), is_forwarded, "{properties}");
        through.frame += 1;
    }
}

#[test]
fn the_legacy_form_of_others_is_transformed_on_r32() {
    let _guard = exclusive();
    let usage = Usage::start();
    if !is_r32() {
        return;
    }
    let end = "nvmmtransform ! video/x-raw";
    for line in [
        format!("nvmmtransform flip-method=2 ! video/x-raw(memory:NVMM) ! {end}"),
        format!(
            "nvmmtransform flip-method=2 bufapi-version=true ! video/x-raw(memory:NVMM) ! {end}"
        ),
        // Into the picture on its way to system memory.
        "nvmmtransform flip-method=2 ! video/x-raw".into(),
    ] {
        let peer = LegacyPeer::new(2, 64, 48, ColorFormat::RGBA);
        let mut through = Through::new(&line, &nvmm(64, 48));
        for i in 0..4 {
            peer.fill(i, byte(i));
            let picture = through.push(peer.buffer(i)).expect("a picture");
            assert_eq!(picture.data, turned(&system(64, 48, i)), "{line} {i}");
        }
        drop((through, peer));
    }
    assert_eq!(usage.calls("NvBufferTransform"), 12);
    assert_eq!(usage.calls("NvBufSurfTransform"), 0);
    let peer = LegacyPeer::new(1, 64, 48, ColorFormat::RGBA);
    let line = "nvmmtransform flip-method=2 compute-hw=GPU ! video/x-raw";
    let mut through = Through::new(line, &nvmm(64, 48));
    let error = through.push(peer.buffer(0)).expect_err("no GPU");
    assert!(error.contains("VIC alone"), "{error}");
    drop((through, peer));
    usage.assert_clean();
}

/// What the bus says when this is pushed.
fn refused(middle: &str, caps: &gst::Caps, buffer: gst::Buffer) -> String {
    let mut through = Through::new(middle, caps);
    let error = through.push(buffer).expect_err(middle);
    println!("{middle}: {error}");
    error
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let _guard = exclusive();
    let usage = Usage::start();
    let system = || system(64, 48, 1);
    let out = "video/x-raw(memory:NVMM)";
    for (middle, words) in [
        (
            format!("nvmmtransform ! {out},width=2,height=48"),
            ["a width of 64 cannot become 2", "1/16 to 16"],
        ),
        (
            format!("nvmmtransform ! {out},width=64,height=1024"),
            ["a height of 48 cannot become 1024", "1/16 to 16"],
        ),
        (
            format!("nvmmtransform left=40 right=8 ! {out}"),
            ["left=40 right=8", "no part of a picture of 64x48"],
        ),
        (
            format!("nvmmtransform bottom=50 ! {out}"),
            ["bottom=50", "no part of a picture of 64x48"],
        ),
        (
            format!("nvmmtransform ! {out},framerate=25/1"),
            ["framerate", "25/1"],
        ),
        (
            "nvmmtransform ! video/x-raw".into(),
            ["memory:NVMM", "system memory to NVMM alone"],
        ),
    ] {
        let error = refused(&middle, &caps(64, 48), system());
        for words in words {
            assert!(error.contains(words), "{middle}: {error}");
        }
    }
    let batch = Peer::batch(2, 2, 64, 48, ColorFormat::RGBA);
    let line = "nvmmtransform flip-method=2 ! video/x-raw";
    let error = refused(line, &nvmm(64, 48), batch.buffer(0));
    assert!(error.contains("nvstreamdemux"), "{error}");
    drop(batch);
    let other = Peer::new(1, 32, 48, ColorFormat::RGBA);
    let error = refused(line, &nvmm(64, 48), other.buffer(0));
    assert!(error.contains("32x48"), "{error}");
    drop(other);
    let peer = Peer::new(1, 64, 48, ColorFormat::RGBA);
    fail("NvBufSurfTransform", 1, -2);
    let error = refused(line, &nvmm(64, 48), peer.buffer(0));
    assert!(
        error.contains("NvBufSurfTransform") && error.contains("the engine failed"),
        "{error}"
    );
    fail("NvBufSurfaceCreate", 1, -1);
    let error = refused(line, &nvmm(64, 48), peer.buffer(0));
    assert!(error.contains("no surface"), "{error}");
    drop(peer);
    usage.assert_clean();
}

/// A batch of one that says that none is filled is one, as for DeepStream's elements.
#[test]
fn a_batch_of_one_is_a_picture() {
    let _guard = exclusive();
    let usage = Usage::start();
    let batch = Peer::batch(1, 0, 64, 48, ColorFormat::RGBA);
    batch.fill_of_batch(0, byte(3));
    let mut through = Through::new("nvmmtransform flip-method=2 ! video/x-raw", &nvmm(64, 48));
    let picture = through.push(batch.buffer(0)).expect("a picture");
    assert_eq!(picture.data, turned(&system(64, 48, 3)));
    drop((through, batch));
    usage.assert_clean();
}

#[test]
fn the_log_says_at_the_end_what_it_cost() {
    if !is_child() {
        let debug = [
            ("GST_DEBUG", "nvmmtransform:4"),
            ("GST_DEBUG_NO_COLOR", "1"),
        ];
        let text = child("the_log_says_at_the_end_what_it_cost", &debug);
        for (name, line) in [
            (
                "<up>",
                "3 frames: 0 registrations, 3 maps, 3 copies, 0 synchronizations",
            ),
            (
                "<through>",
                "3 frames: 0 registrations, 0 maps, 0 copies, 0 synchronizations",
            ),
            (
                "<turn>",
                "3 frames: 0 registrations, 0 maps, 3 copies, 0 synchronizations",
            ),
            (
                "<down>",
                "3 frames: 0 registrations, 3 maps, 6 copies, 0 synchronizations",
            ),
        ] {
            let found = text.lines().any(|l| l.contains(name) && l.contains(line));
            assert!(found, "{name} {line}: {text}");
        }
        return;
    }
    let _guard = exclusive();
    let out = "video/x-raw(memory:NVMM)";
    run(&format!(
        "videotestsrc num-buffers=3 ! video/x-raw,format=RGBA,width=64,height=48 ! \
         nvmmtransform name=up ! {out} ! nvmmtransform name=through ! {out} ! \
         nvmmtransform name=turn flip-method=1 ! {out} ! \
         nvmmtransform name=down ! video/x-raw,width=32,height=32 ! fakesink"
    ))
    .expect("it runs");
}

/// Flushed while it waits for a surface, it goes on after.
#[test]
fn a_flush_wakes_it_and_pictures_come_after() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = "videotestsrc ! video/x-raw,format=RGBA,width=64,height=48 ! \
                nvmmtransform output-buffers=1 flip-method=1 ! video/x-raw(memory:NVMM) ! queue ! \
                nvmmtransform output-buffers=1 flip-method=3 ! video/x-raw(memory:NVMM) ! \
                fakesink name=out sync=true";
    let pipeline = Pipeline::parse(line).expect("a pipeline");
    pipeline.reach(gst::State::Paused).expect("it prerolls");
    for _ in 0..5 {
        let flags = gst::SeekFlags::FLUSH;
        let seek = pipeline.as_gst().seek_simple(flags, gst::ClockTime::ZERO);
        seek.expect("it seeks");
        pipeline.reach(gst::State::Playing).expect("it plays");
        pipeline.reach(gst::State::Paused).expect("it pauses");
    }
    drop(pipeline);
    usage.assert_clean();
}
