//! What an N-in-1-out element says downstream while no input has anything to show: gap events.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gst::prelude::*;
use nvmm_pipelines::{Pipeline, Usage, exclusive, frames};

const CAPS: &str = "video/x-raw,format=RGBA,width=64,height=48,framerate=30/1";
const RED: [u8; 4] = [0xff, 0, 0, 0xff];
const BLACK: [u8; 4] = [0, 0, 0, 0xff];

/// What went downstream: a segment, or a frame or gap with its start and end in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Segment,
    Frame(u64, u64),
    Gap(u64, u64),
}

impl Sent {
    fn times(self) -> Option<(u64, u64)> {
        match self {
            Self::Segment => None,
            Self::Frame(start, end) | Self::Gap(start, end) => Some((start, end)),
        }
    }
}

/// Collects what leaves the element `mix`.
fn watch(pipeline: &Pipeline) -> Arc<Mutex<Vec<Sent>>> {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&sent);
    let pad = pipeline.get::<gst::Element>("mix").static_pad("src");
    let types = gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM;
    pad.expect("a pad").add_probe(types, move |_, info| {
        let end = |start: gst::ClockTime, length: Option<gst::ClockTime>| {
            (start + length.unwrap_or(gst::ClockTime::ZERO)).nseconds()
        };
        let new = match &info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => {
                let start = buffer.pts().expect("a time");
                Some(Sent::Frame(start.nseconds(), end(start, buffer.duration())))
            }
            Some(gst::PadProbeData::Event(event)) => match event.view() {
                gst::EventView::Gap(gap) => {
                    let (start, length) = gap.get();
                    Some(Sent::Gap(start.nseconds(), end(start, length)))
                }
                gst::EventView::Segment(_) => Some(Sent::Segment),
                _ => None,
            },
            _ => None,
        };
        all.lock().expect("no panic").extend(new);
        gst::PadProbeReturn::Ok
    });
    sent
}

/// Every moment from 0 to the end is a frame's or a gap's, and of one only.
fn assert_without_holes(sent: &[Sent]) {
    assert_eq!(sent.first(), Some(&Sent::Segment), "{sent:?}");
    let mut at = 0;
    for (start, end) in sent.iter().filter_map(|sent| sent.times()) {
        // Sums of rounded times.
        assert!(start.abs_diff(at) <= 2, "{start} after {at}: {sent:?}");
        at = end;
    }
}

fn gaps(sent: &[Sent]) -> Vec<(u64, u64)> {
    let gaps = sent.iter().filter(|sent| matches!(sent, Sent::Gap(..)));
    gaps.filter_map(|sent| sent.times()).collect()
}

#[test]
fn what_is_skipped_before_the_first_frame_and_in_a_hole_is_one_gap_each() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = format!(
        "videotestsrc num-buffers=60 timestamp-offset=1000000000 ! {CAPS} ! identity name=holes ! \
         nvmmtransform ! queue ! mix.sink_0 \
         nvmmoverlay name=mix sink_0::max-last-buffer-repeat=0 ! fakesink"
    );
    let pipeline = Pipeline::parse(&line).expect("it parses");
    let pad = pipeline.get::<gst::Element>("holes").static_pad("src");
    // From 1.5 s to 2.5 s there is nothing.
    pad.expect("a pad")
        .add_probe(gst::PadProbeType::BUFFER, |_, info| {
            let pts = info.buffer().and_then(|buffer| buffer.pts());
            match pts.expect("a time").mseconds() {
                1490..2490 => gst::PadProbeReturn::Drop,
                _ => gst::PadProbeReturn::Ok,
            }
        });
    let sent = watch(&pipeline);
    pipeline.finish().expect("it runs");
    let sent = sent.lock().expect("no panic");
    assert_without_holes(&sent);
    let second = 1_000_000_000;
    let [first, hole] = gaps(&sent)[..] else {
        panic!("{sent:?}");
    };
    assert_eq!(first, (0, second));
    assert_eq!(hole, (second * 3 / 2, second * 5 / 2));
    let count = sent.len() - 2 - sent.iter().filter(|sent| **sent == Sent::Segment).count();
    assert_eq!(count, 30, "frames");
    usage.assert_clean();
}

/// Nobody knows when the next frame comes: a gap for each frame that there is none.
#[test]
fn live_inputs_that_stall_are_gaps_of_a_frame() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = format!(
        "videotestsrc is-live=true ! {CAPS} ! identity name=stalls ! nvmmtransform ! queue ! mix.sink_0 \
         nvmmoverlay name=mix sink_0::max-last-buffer-repeat=0 ! fakesink sync=false"
    );
    let pipeline = Pipeline::parse(&line).expect("it parses");
    let pad = pipeline.get::<gst::Element>("stalls").static_pad("src");
    pad.expect("a pad")
        .add_probe(gst::PadProbeType::BUFFER, |_, info| {
            let pts = info.buffer().and_then(|buffer| buffer.pts());
            match pts.expect("a time").mseconds() {
                0..1000 => gst::PadProbeReturn::Ok,
                _ => gst::PadProbeReturn::Drop,
            }
        });
    let sent = watch(&pipeline);
    pipeline.set(gst::State::Playing).expect("it starts");
    let end = Instant::now() + Duration::from_secs(20);
    let is_gap = |sent: &&Sent| matches!(sent, Sent::Gap(..));
    while sent
        .lock()
        .expect("no panic")
        .iter()
        .rev()
        .take_while(is_gap)
        .count()
        < 20
    {
        assert!(Instant::now() < end, "no gaps: {sent:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    pipeline.set(gst::State::Null).expect("it stops");
    let sent = sent.lock().expect("no panic");
    assert_without_holes(&sent);
    let last = sent
        .iter()
        .rposition(|sent| matches!(sent, Sent::Frame(..)));
    // Before the first frame, and where the machine was late, the end of a gap is known.
    for (start, end) in gaps(&sent[last.expect("frames")..]) {
        assert!(
            (33_333_000..33_334_000).contains(&(end - start)),
            "{sent:?}"
        );
    }
    drop(pipeline);
    usage.assert_clean();
}

/// Gaps may be the first that a sink gets.
#[test]
fn live_inputs_that_begin_late_are_gaps_first_and_then_frames() {
    let _guard = exclusive();
    let usage = Usage::start();
    for late in [40, 100, 300] {
        let line = format!(
            "videotestsrc is-live=true ! {CAPS} ! identity name=begins ! nvmmtransform ! queue ! mix.sink_0 \
             nvmmoverlay name=mix ! nvmmtransform ! {CAPS} ! appsink name=out sync=false"
        );
        let pipeline = Pipeline::parse(&line).expect("it parses");
        let pad = pipeline.get::<gst::Element>("begins").static_pad("src");
        pad.expect("a pad")
            .add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
                let pts = info.buffer().and_then(|buffer| buffer.pts());
                if pts.expect("a time").mseconds() >= late {
                    return gst::PadProbeReturn::Ok;
                }
                // Its caps and segment are known already.
                if let Some(caps) = pad.current_caps() {
                    pad.push_event(gst::event::Caps::new(&caps));
                }
                gst::PadProbeReturn::Drop
            });
        let sent = watch(&pipeline);
        let sink = pipeline.get("out");
        pipeline.set(gst::State::Playing).expect("it starts");
        for _ in 0..10 {
            let picture = pipeline.picture(&sink).expect("it runs");
            assert!(picture.is_some(), "it goes on");
        }
        pipeline.set(gst::State::Null).expect("it stops");
        let sent = sent.lock().expect("no panic");
        assert_without_holes(&sent);
        let first = sent.iter().find(|sent| **sent != Sent::Segment);
        assert!(matches!(first, Some(Sent::Gap(0, _))), "{sent:?}");
    }
    usage.assert_clean();
}

/// Red frames until 300 ms, and from a second on. How long the last one stays is the pad's to say.
#[test]
fn the_last_frame_before_a_hole_stays_as_long_as_is_asked() {
    let _guard = exclusive();
    let usage = Usage::start();
    for (repeat, until) in [("", 30), ("200000000", 15), ("0", 9), ("10000000000", 30)] {
        let property = match repeat {
            "" => String::new(),
            repeat => format!("sink_1::max-last-buffer-repeat={repeat}"),
        };
        let line = format!(
            "nvmmoverlay name=mix sink_1::xpos=64 {property} ! nvmmtransform ! \
             video/x-raw,format=RGBA,width=128,height=48 ! appsink name=out \
             videotestsrc num-buffers=40 pattern=blue ! {CAPS} ! nvmmtransform ! mix.sink_0 \
             concat name=c ! nvmmtransform ! mix.sink_1 \
             videotestsrc num-buffers=9 pattern=solid-color foreground-color=0xffff0000 ! {CAPS} ! c. \
             videotestsrc num-buffers=10 timestamp-offset=700000000 pattern=solid-color \
             foreground-color=0xffff0000 ! {CAPS} ! c."
        );
        let all = frames(&line).expect("it runs");
        let right: Vec<_> = all.iter().map(|p| p.pixel(100, 20)).collect();
        assert_eq!(right.len(), 40, "{repeat}");
        assert_eq!(right[..until], vec![RED; until], "{repeat}");
        assert_eq!(right[until..30], vec![BLACK; 30 - until], "{repeat}");
        assert_eq!(right[30..], [RED; 10], "{repeat}");
    }
    usage.assert_clean();
}
