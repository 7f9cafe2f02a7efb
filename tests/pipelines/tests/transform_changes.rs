//! nvmmtransform where something changes in mid-stream: caps, properties, a flush.

mod through;

use gst::prelude::*;
use gst_nvmm::nvbuf::ColorFormat;
use gst_video::VideoInfo;
use nvmm_pipelines::{Peer, Pipeline, Usage, exclusive};
use through::{Through, byte, bytes, caps, nvmm, system, turned};

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
    let is_changed = || shapes.lock().expect("no panic before").len() > 1;
    for (number, (name, value)) in changes.into_iter().cycle().take(40_000).enumerate() {
        // Frames may be long in coming.
        if number >= 400 && is_changed() {
            break;
        }
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
