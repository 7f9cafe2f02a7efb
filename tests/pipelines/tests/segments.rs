//! Segments other than from 0 for ever: the same times as GStreamer's compositor.

use gst::prelude::*;
use nvmm_pipelines::{exclusive, init};

/// The mixer under test and the reference, and what must stand before each.
const MIXERS: [(&str, &str); 2] = [
    ("compositor name=m", ""),
    ("nvmmoverlay name=m", "nvmmtransform !"),
];
const CAPS: &str = "video/x-raw,format=RGBA,width=64,height=48,framerate=10/1";

fn launch(line: &str) -> (gst::Pipeline, gst_app::AppSink) {
    let pipeline = gst::parse::launch(line)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let sink = pipeline
        .by_name("sink")
        .unwrap()
        .downcast::<gst_app::AppSink>()
        .unwrap();
    (pipeline, sink)
}

/// Milliseconds at which each frame starts and for how long it lasts.
fn times(sink: &gst_app::AppSink) -> Vec<(u64, u64)> {
    std::iter::from_fn(|| sink.pull_sample().ok())
        .map(|sample| {
            let buffer = sample.buffer().unwrap();
            (
                buffer.pts().unwrap().mseconds(),
                buffer.duration().unwrap().mseconds(),
            )
        })
        .collect()
}

#[test]
fn a_stop_inside_a_frame() {
    init();
    let _alone = exclusive();
    let [reference, ours] = MIXERS.map(|(mixer, before)| {
        let line =
            format!("videotestsrc ! {CAPS} ! {before} {mixer} ! appsink name=sink sync=false");
        let (pipeline, sink) = launch(&line);
        pipeline.set_state(gst::State::Paused).unwrap();
        pipeline.state(gst::ClockTime::from_seconds(10)).0.unwrap();
        let (start, stop) = (
            gst::ClockTime::from_seconds(5),
            gst::ClockTime::from_mseconds(5250),
        );
        let flags = gst::SeekFlags::FLUSH;
        pipeline
            .seek(
                1.0,
                flags,
                gst::SeekType::Set,
                start,
                gst::SeekType::Set,
                stop,
            )
            .unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let times = times(&sink);
        pipeline.set_state(gst::State::Null).unwrap();
        times
    });
    assert_eq!(reference, [(5000, 100), (5100, 100), (5200, 50)]);
    assert_eq!(ours, reference);
}

#[test]
fn a_seek_before_paused() {
    init();
    let _alone = exclusive();
    let [reference, ours] = MIXERS.map(|(mixer, before)| {
        let line = format!(
            "videotestsrc num-buffers=80 ! {CAPS} ! {before} {mixer} ! appsink name=sink sync=false"
        );
        let (pipeline, sink) = launch(&line);
        pipeline.set_state(gst::State::Ready).unwrap();
        let seek = gst::event::Seek::new(
            1.0,
            gst::SeekFlags::FLUSH,
            gst::SeekType::Set,
            gst::ClockTime::from_seconds(5),
            gst::SeekType::None,
            gst::ClockTime::NONE,
        );
        // Kept for later, whatever it answers.
        let _ = pipeline.by_name("m").unwrap().send_event(seek);
        pipeline.set_state(gst::State::Playing).unwrap();
        let first = sink.pull_sample().unwrap();
        let start = first.segment().unwrap().start().value();
        let first = first.buffer().unwrap().pts();
        pipeline.set_state(gst::State::Null).unwrap();
        (start, first)
    });
    assert_eq!(ours, reference);
    assert_eq!(ours.1, Some(gst::ClockTime::from_seconds(5)));
}

#[test]
fn frames_before_the_segment_are_not_shown() {
    init();
    let _alone = exclusive();
    let download = "nvmmtransform ! video/x-raw,format=RGBA ! ";
    let [reference, ours] = MIXERS.map(|(mixer, before)| {
        let after = if before.is_empty() { "" } else { download };
        let line = format!(
            "appsrc name=a format=time handle-segment-change=true caps={CAPS} ! {before} {mixer} \
             ! {after} appsink name=sink sync=false"
        );
        let (pipeline, sink) = launch(&line);
        let source = pipeline
            .by_name("a")
            .unwrap()
            .downcast::<gst_app::AppSrc>()
            .unwrap();
        let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
        segment.set_start(gst::ClockTime::SECOND);
        segment.set_time(gst::ClockTime::SECOND);
        segment.set_position(gst::ClockTime::SECOND);
        pipeline.set_state(gst::State::Playing).unwrap();
        for k in 0..10 {
            // Opaque, and each of its own grey.
            let pixel = [20 * k as u8, 20 * k as u8, 20 * k as u8, 255];
            let mut buffer = gst::Buffer::from_slice(pixel.repeat(64 * 48));
            let fields = buffer.get_mut().unwrap();
            fields.set_pts(gst::ClockTime::from_mseconds(500 + 100 * k));
            fields.set_duration(gst::ClockTime::from_mseconds(100));
            let sample = gst::Sample::builder()
                .buffer(&buffer)
                .segment(&segment)
                .caps(&source.caps().unwrap())
                .build();
            source.push_sample(&sample).unwrap();
        }
        source.end_of_stream().unwrap();
        let shown: Vec<u8> = std::iter::from_fn(|| sink.pull_sample().ok())
            .map(|sample| sample.buffer().unwrap().map_readable().unwrap()[0])
            .collect();
        pipeline.set_state(gst::State::Null).unwrap();
        shown
    });
    assert_eq!(ours, reference);
    assert_eq!(ours, [100, 120, 140, 160, 180]);
}
