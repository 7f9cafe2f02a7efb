//! Either form of NVMM, out to the elements of the release and in from them.

use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{Form, NvmmBufferExt};
use gst_video::{VideoFormat, VideoInfo};
use nvmm_pipelines::{
    Consumer, LegacyPeer, Peer, Picture, Pipeline, Usage, child, exclusive, frames, is_child,
    is_r32,
};

const SOURCE: &str = "videotestsrc num-buffers=3 pattern=ball ! \
                      video/x-raw,format=RGBA,width=64,height=48,framerate=30/1";

/// Whether `bufapi-version` is set, and who takes what comes of it.
fn forms() -> Vec<(bool, &'static [Consumer])> {
    if is_r32() {
        vec![
            (false, &Consumer::LEGACY_R32),
            (true, &Consumer::SURFACE_R32),
        ]
    } else {
        // The property changes nothing.
        vec![(false, &Consumer::R35), (true, &Consumer::R35)]
    }
}

/// The buffers that come out at the end of elements.
fn buffers(elements: &str) -> Vec<gst::Buffer> {
    let line = format!("{SOURCE} ! {elements} ! appsink name=out sync=false");
    let pipeline = Pipeline::parse(&line).expect("a pipeline");
    let sink = pipeline.get::<gst_app::AppSink>("out");
    pipeline.set(gst::State::Playing).expect("it starts");
    let sample = |_| sink.pull_sample().expect("a frame");
    let samples = (0..3).map(sample);
    samples
        .map(|s| s.buffer_owned().expect("a buffer"))
        .collect()
}

#[test]
fn our_output_is_what_every_element_of_the_release_takes() {
    let _guard = exclusive();
    let usage = Usage::start();
    let reference = frames(&format!("{SOURCE} ! appsink name=out")).expect("it runs");
    for (bufapi, consumers) in forms() {
        let set = format!("bufapi-version={bufapi}");
        for elements in [
            format!("nvmmtransform {set} ! video/x-raw(memory:NVMM)"),
            // One that computes.
            format!("nvmmtransform {set} ! nvmmoverlay {set}"),
        ] {
            for (buffer, picture) in buffers(&elements).iter().zip(&reference) {
                assert_eq!(buffer.nvmm_form().expect("NVMM"), Form::of_platform(bufapi));
                for consumer in consumers {
                    let taken = consumer.take(buffer);
                    let taken = taken.unwrap_or_else(|e| panic!("{elements}, {consumer:?}: {e}"));
                    assert!(taken == picture.data, "{elements}, {consumer:?}");
                }
            }
        }
    }
    usage.assert_clean();
}

/// The variable that makes R32's decoders and encoders speak surfaces makes us speak them.
#[test]
fn the_variable_of_nvidias_elements_is_heeded() {
    let name = "the_variable_of_nvidias_elements_is_heeded";
    if !is_child() {
        child(name, &[("DS_NEW_BUFAPI", "1")]);
        return;
    }
    let _guard = exclusive();
    let buffers = buffers("nvmmtransform ! nvmmoverlay");
    assert_eq!(buffers[0].nvmm_form().expect("NVMM"), Form::Surface);
    Consumer::Nvvideoconvert
        .take(&buffers[0])
        .expect("a surface");
}

/// The stand-ins look: what they refuse is what NVIDIA's refuse.
#[test]
fn the_wrong_form_is_refused() {
    let _guard = exclusive();
    let upload = |bufapi| {
        let line = format!("nvmmtransform bufapi-version={bufapi} ! video/x-raw(memory:NVMM)");
        buffers(&line).remove(0)
    };
    if !is_r32() {
        let peer = Peer::new(1, 64, 48, ColorFormat::RGBA);
        let large = peer.named(0, c"nvfilter", 4096);
        let error = Consumer::Nvvideoconvert.take(&large).expect_err("larger");
        assert!(error.contains("not NvBufSurface"), "{error}");
        return;
    }
    let surface = Consumer::NvcompositorR32.take(&upload(true));
    assert_eq!(surface.expect_err("nvstream"), "input buffer not supported");
    let legacy = Consumer::Nvvideoconvert.take(&upload(false));
    assert_eq!(
        legacy.expect_err("1008"),
        "Input buffer is not NvBufSurface"
    );
}

fn caps() -> gst::Caps {
    let info = VideoInfo::builder(VideoFormat::Rgba, 64, 48).fps(gst::Fraction::new(30, 1));
    let caps = info.build().and_then(|info| info.to_caps()).expect("caps");
    gst_nvmm::with_nvmm(&caps)
}

/// Opaque, and of another grey for each frame.
fn grey(frame: usize) -> impl Fn(usize, usize) -> u8 {
    move |x, y| match x % 4 {
        3 => 255,
        _ => (frame * 7 + y) as u8,
    }
}

fn expected(frame: usize) -> Vec<u8> {
    let byte = grey(frame);
    (0..64 * 48 * 4).map(|i| byte(i % 256, i / 256)).collect()
}

/// What an overlay makes of buffers of a peer, and a transform of the overlay's.
fn overlaid(make: impl Fn(usize) -> gst::Buffer) -> Vec<Picture> {
    let line = "appsrc name=in format=time ! queue ! nvmmoverlay ! queue ! nvmmtransform ! \
                video/x-raw,format=RGBA ! appsink name=out sync=false";
    let pipeline = Pipeline::parse(line).expect("a pipeline");
    let (source, sink) = (pipeline.get::<gst_app::AppSrc>("in"), pipeline.get("out"));
    source.set_caps(Some(&caps()));
    pipeline.set(gst::State::Playing).expect("it starts");
    let length = gst::ClockTime::SECOND / 30;
    (0..6_usize)
        .map(|frame| {
            let mut buffer = make(frame);
            let timed = buffer.get_mut().expect("just made");
            timed.set_pts(length * frame as u64);
            timed.set_duration(length);
            source.push_buffer(buffer).expect("it takes buffers");
            pipeline
                .picture(&sink)
                .expect("it runs")
                .expect("a picture")
        })
        .collect()
}

#[test]
fn surfaces_of_peers_enter_whatever_their_memory_is_called_and_says_to_have() {
    let _guard = exclusive();
    let usage = Usage::start();
    let peer = Peer::new(2, 64, 48, ColorFormat::RGBA);
    for (mem_type, size) in [
        (c"nvstream", 0),
        (c"nvfilter", 0),
        (c"V4l2Memory", 0),
        (c"nvarguscam", 64 * 48 * 4),
        (c"whatever", 4096),
    ] {
        let pictures = overlaid(|frame| {
            peer.fill(frame, grey(frame));
            peer.named(frame, mem_type, size)
        });
        for (frame, picture) in pictures.iter().enumerate() {
            assert!(
                picture.data == expected(frame),
                "{mem_type:?} {size}, {frame}"
            );
        }
    }
    drop(peer);
    usage.assert_clean();
}

#[test]
fn buffers_of_r32s_elements_enter_in_the_legacy_form() {
    let _guard = exclusive();
    let usage = Usage::start();
    if !is_r32() {
        return;
    }
    let peer = LegacyPeer::new(2, 64, 48, ColorFormat::RGBA);
    let block = peer.nv_buffer(0).raw_size();
    for (mem_type, size) in [
        (c"nvfilter", block),
        (c"nvarguscam", block),
        (c"nvcompositor", block),
        (c"V4l2Memory", block),
        (c"openmax", block),
        // Whoever wraps a block by hand.
        (c"SystemMemory", block),
        // Yocto's.
        (c"nvfilter", 64 * 48 * 4),
    ] {
        let before = usage.calls("NvReleaseFd");
        let pictures = overlaid(|frame| {
            peer.fill(frame, grey(frame));
            peer.sized(frame, mem_type, size)
        });
        for (frame, picture) in pictures.iter().enumerate() {
            assert!(
                picture.data == expected(frame),
                "{mem_type:?} {size}, {frame}"
            );
        }
        // One fd of each memory, and of no other's.
        let released = if mem_type == c"openmax" { 6 } else { 0 };
        assert_eq!(
            usage.calls("NvReleaseFd") - before,
            released,
            "{mem_type:?}"
        );
    }
    drop(peer);
    usage.assert_clean();
}
