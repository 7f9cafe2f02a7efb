//! What an N-in-1-out element forgets at a flush or a new segment, and what it holds until the end.

use gst::prelude::*;
use nvmm_pipelines::{Picture, Pipeline, Usage, exclusive, frames};

const RED: [u8; 4] = [0xff, 0, 0, 0xff];
const CAPS: &str = "video/x-raw,format=RGBA,width=64,height=48,framerate=30/1";

#[test]
fn frames_that_a_sink_calls_late_are_left_out_and_counted() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = format!(
        "videotestsrc num-buffers=60 ! {CAPS} ! nvmmtransform ! nvmmoverlay name=mix ! \
         nvmmtransform ! {CAPS} ! appsink name=out sync=false max-buffers=1"
    );
    let pipeline = Pipeline::parse(&line).expect("it parses");
    let sink: gst_app::AppSink = pipeline.get("out");
    pipeline.set(gst::State::Playing).expect("it starts");
    pipeline.picture(&sink).expect("it runs").expect("a frame");
    let mix: gst::Element = pipeline.get("mix");
    let late = 200_000_000;
    let at = gst::ClockTime::from_mseconds(100);
    let event = gst::event::Qos::new(gst::QOSType::Underflow, 2.0, late, at);
    mix.static_pad("src").expect("a pad").send_event(event);
    let mut times = Vec::new();
    while let Some(sample) = sink.try_pull_sample(gst::ClockTime::from_seconds(10)) {
        let pts = sample.buffer().and_then(|buffer| buffer.pts());
        times.push(pts.expect("a time").mseconds());
    }
    // 100 ms and twice 200 ms and one frame; a few were under way when the sink said so.
    let before = times.iter().filter(|time| **time < 533).count();
    assert!(before < 8, "{times:?}");
    assert!(
        times.iter().all(|time| *time < 300 || *time >= 533),
        "{times:?}"
    );
    assert_eq!(*times.last().expect("frames"), 59 * 1000 / 30, "it goes on");
    let bus = pipeline.as_gst().bus().expect("a bus");
    let mut said = Vec::new();
    while let Some(message) = bus.pop_filtered(&[gst::MessageType::Qos]) {
        let gst::MessageView::Qos(qos) = message.view() else {
            continue;
        };
        if message.src() == Some(mix.upcast_ref()) {
            let (late, proportion, _) = qos.values();
            said.push((late, proportion, qos.stats().1));
        }
    }
    assert_eq!(said.len(), 60 - 1 - times.len(), "one for each");
    assert!(
        said.iter()
            .all(|(late, proportion, _)| *late > 0 && *proportion == 2.0)
    );
    let dropped = said.last().expect("some").2;
    assert_eq!(dropped.value() as usize, said.len());
    drop(pipeline);
    usage.assert_clean();
}

fn is_late(pipeline: &Pipeline, late: gst::ClockTime) {
    let mix: gst::Element = pipeline.get("mix");
    let late = i64::try_from(late.nseconds()).expect("a short time");
    let event = gst::event::Qos::new(gst::QOSType::Underflow, 2.0, late, gst::ClockTime::ZERO);
    mix.static_pad("src").expect("a pad").send_event(event);
}

/// Frames made and left out by the element's last message of one that was left out.
fn last_said(pipeline: &Pipeline) -> Option<(u64, u64)> {
    let bus = pipeline.as_gst().bus().expect("a bus");
    let mix: gst::Element = pipeline.get("mix");
    let messages = std::iter::from_fn(|| bus.pop_filtered(&[gst::MessageType::Qos]));
    let of_mix = messages.filter(|message| message.src() == Some(mix.upcast_ref()));
    let said = of_mix.filter_map(|message| match message.view() {
        gst::MessageView::Qos(qos) => {
            let (made, dropped) = qos.stats();
            Some((made.value() as u64, dropped.value() as u64))
        }
        _ => None,
    });
    said.last()
}

fn times(sink: &gst_app::AppSink) -> Vec<u64> {
    let limit = gst::ClockTime::from_seconds(10);
    let samples = std::iter::from_fn(|| sink.try_pull_sample(limit));
    let pts = samples.map(|sample| sample.buffer().and_then(|buffer| buffer.pts()));
    pts.map(|pts| pts.expect("a time").mseconds()).collect()
}

#[test]
fn after_a_flushing_seek_nothing_is_late_and_counts_begin_anew() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = format!(
        "videotestsrc ! {CAPS} ! nvmmtransform ! nvmmoverlay name=mix ! \
         nvmmtransform ! {CAPS} ! appsink name=out sync=false max-buffers=1"
    );
    let pipeline = Pipeline::parse(&line).expect("it parses");
    let sink: gst_app::AppSink = pipeline.get("out");
    let seek = || {
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
        let (start, stop) = (gst::ClockTime::ZERO, gst::ClockTime::SECOND * 10 / 3);
        let set = gst::SeekType::Set;
        let seek = pipeline.as_gst().seek(1.0, flags, set, start, set, stop);
        seek.expect("it seeks");
    };
    pipeline.reach(gst::State::Paused).expect("it prerolls");
    seek();
    pipeline.set(gst::State::Playing).expect("it starts");
    for _ in 0..20 {
        pipeline.picture(&sink).expect("it runs").expect("a frame");
    }
    // All the rest would be late.
    is_late(&pipeline, gst::ClockTime::from_seconds(100));
    assert!(times(&sink).len() < 10);
    let (made, dropped) = last_said(&pipeline).expect("it says so");
    assert!(made >= 20 && dropped >= 50, "{made} and {dropped}");
    seek();
    let all = times(&sink);
    let expected: Vec<_> = (0..100).map(|frame| frame * 1000 / 30).collect();
    assert_eq!(all, expected, "none is left out");
    assert_eq!(last_said(&pipeline), None);
    seek();
    pipeline.picture(&sink).expect("it runs").expect("a frame");
    is_late(&pipeline, gst::ClockTime::from_seconds(100));
    let after = times(&sink).len() as u64;
    let (made, dropped) = last_said(&pipeline).expect("it says so");
    assert_eq!((made, dropped), (after + 1, 99 - after), "since the seek");
    drop((sink, pipeline));
    usage.assert_clean();
}

#[test]
fn after_a_new_segment_nothing_is_late() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = format!(
        "concat name=c ! nvmmtransform ! nvmmoverlay name=mix ! nvmmtransform ! {CAPS} ! \
         appsink name=out sync=false max-buffers=1 \
         videotestsrc num-buffers=50 ! {CAPS} ! c. videotestsrc num-buffers=30 ! {CAPS} ! c."
    );
    let pipeline = Pipeline::parse(&line).expect("it parses");
    let sink: gst_app::AppSink = pipeline.get("out");
    pipeline.set(gst::State::Playing).expect("it starts");
    pipeline.picture(&sink).expect("it runs").expect("a frame");
    is_late(&pipeline, gst::ClockTime::from_seconds(100));
    let all = times(&sink);
    let parts = [0, 50, 80].map(|frame| frame * 1000 / 30);
    let in_part = |part: usize| {
        let all = all
            .iter()
            .filter(|time| (parts[part]..parts[part + 1]).contains(*time));
        all.count()
    };
    assert!(in_part(0) < 10, "{all:?}");
    // The segment may come a frame ahead of its first one.
    assert!(in_part(1) >= 29, "{all:?}");
    drop((sink, pipeline));
    usage.assert_clean();
}

/// Red frames on the right are flushed away and start again; those on the left go on.
#[test]
fn a_flush_of_one_input_is_that_inputs_alone() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = format!(
        "nvmmoverlay name=mix sink_1::xpos=64 ! nvmmtransform ! \
         video/x-raw,format=RGBA,width=128,height=48 ! appsink name=out sync=false max-buffers=1 \
         videotestsrc num-buffers=200 pattern=ball motion=sweep ! {CAPS} ! nvmmtransform ! queue ! mix.sink_0 \
         videotestsrc name=red pattern=solid-color foreground-color=0xffff0000 ! {CAPS} ! nvmmtransform ! \
         queue ! mix.sink_1"
    );
    let pipeline = Pipeline::parse(&line).expect("it parses");
    let sink: gst_app::AppSink = pipeline.get("out");
    pipeline.set(gst::State::Playing).expect("it starts");
    let take = |count: usize| -> Vec<Picture> {
        let next = || pipeline.picture(&sink).expect("it runs").expect("a frame");
        (0..count).map(|_| next()).collect()
    };
    let mut all = take(30);
    let red: gst::Element = pipeline.get("red");
    for _ in 0..5 {
        let seek = red.seek_simple(gst::SeekFlags::FLUSH, gst::ClockTime::ZERO);
        seek.expect("it seeks");
        all.extend(take(20));
    }
    // It waits until the source's thread has come back from what it pushes.
    let end = std::thread::spawn({
        let red = red.clone();
        move || red.send_event(gst::event::Eos::new())
    });
    while let Some(picture) = pipeline.picture(&sink).expect("it runs") {
        all.push(picture);
    }
    assert!(end.join().expect("it sends"));
    // Not one of the other input is lost or shown twice.
    let starts: Vec<_> = all
        .iter()
        .map(|p| p.pts.expect("a time").mseconds())
        .collect();
    let expected: Vec<_> = (0..200).map(|frame| frame * 1000 / 30).collect();
    assert_eq!(starts, expected);
    let left = |picture: &Picture| -> Vec<_> {
        let row = |y| (0..64).map(move |x| (x, y));
        let all = (0..48).flat_map(row);
        all.map(|(x, y)| picture.pixel(x, y)).collect()
    };
    let moves = all
        .windows(2)
        .filter(|pair| left(&pair[0]) != left(&pair[1]));
    assert!(moves.count() >= 190);
    // It has come back after each flush.
    for part in all[..130].chunks(10) {
        let shown = part.iter().filter(|picture| picture.pixel(100, 20) == RED);
        assert!(shown.count() >= 1, "at {:?}", part[0].pts);
    }
    drop((red, sink, pipeline));
    usage.assert_clean();
}

/// One frame of a second, at the end of its stream at once.
#[test]
fn a_long_frame_is_shown_to_its_end_though_its_input_has_ended() {
    let _guard = exclusive();
    let usage = Usage::start();
    let long = "videotestsrc num-buffers=1 pattern=solid-color foreground-color=0xffff0000 ! \
         video/x-raw,format=RGBA,width=64,height=48,framerate=1/1 ! nvmmtransform ! mix.sink_0 ";
    let mixer = "nvmmoverlay name=mix ! video/x-raw(memory:NVMM),framerate=30/1,width=128 ! nvmmtransform ! \
                 video/x-raw,format=RGBA ! appsink name=out";
    for others in [0, 10, 30] {
        let other = format!(
            "videotestsrc num-buffers={others} pattern=blue ! {CAPS} ! nvmmtransform ! mix.sink_1 "
        );
        let other = if others == 0 { "" } else { &other };
        let all = frames(&format!("{mixer} {long} {other}"));
        let all = all.expect("it runs");
        assert_eq!(all.len(), 30, "with {others} others");
    }
    let line = format!(
        "{} {long} videotestsrc num-buffers=40 pattern=blue ! {CAPS} ! nvmmtransform ! mix.sink_1",
        mixer.replace("name=mix", "name=mix sink_1::xpos=64")
    );
    let all = frames(&line).expect("it runs");
    assert_eq!(all.len(), 40);
    for (n, picture) in all.iter().enumerate() {
        assert_eq!(picture.pixel(20, 20) == RED, n < 30, "frame {n}");
    }
    usage.assert_clean();
}
