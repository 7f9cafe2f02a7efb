//! nvmmtransform with buffers of others: passed through, in blocks, batches, in the legacy form; what is
//! refused, and what is said about it.

mod through;

use gst::prelude::*;
use gst_nvmm::nvbuf::ColorFormat;
use nvmm_pipelines::{
    LegacyPeer, Peer, Pipeline, Usage, child, exclusive, fail, is_child, is_r32, run,
};
use through::{Through, byte, bytes, caps, nvmm, system, turned};

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
    assert!(
        error.contains("NvBufSurfaceCreate") && error.contains("memory is exhausted"),
        "{error}"
    );
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
