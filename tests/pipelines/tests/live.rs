//! Live inputs that stall or end, seeks, state changes, caps that change.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use gst::prelude::*;
use nvmm_pipelines::{
    Picture, Pipeline, Usage, assert_near, compositor_keeps_time, exclusive, frames,
};

const RED: [u8; 4] = [0xff, 0, 0, 0xff];
const BLACK: [u8; 4] = [0, 0, 0, 0xff];

/// A live picture on the left, and on the right a red one that comes from `right`.
fn two(right: &str) -> Pipeline {
    let caps = "video/x-raw,format=RGBA,width=64,height=48,framerate=30/1";
    let line = format!(
        "nvmmoverlay name=mix sink_1::xpos=64 ! \
         video/x-raw(memory:NVMM),format=RGBA,width=128,height=48 ! nvmmtransform ! video/x-raw ! appsink name=out sync=false \
         videotestsrc is-live=true pattern=ball ! {caps} ! nvmmtransform ! queue ! mix.sink_0 \
         {right} ! nvmmtransform ! queue ! mix.sink_1"
    );
    Pipeline::parse(&line).unwrap_or_else(|e| panic!("{line}: {e}"))
}

fn red(settings: &str) -> String {
    format!(
        "videotestsrc is-live=true pattern=solid-color foreground-color=0xffff0000 {settings} ! \
         video/x-raw,format=RGBA,width=64,height=48,framerate=30/1 ! identity name=red"
    )
}

/// Lets this many buffers pass at the element `red`, and drops the rest.
fn stall_after(pipeline: &Pipeline, passing: u64) {
    let pad = pipeline.get::<gst::Element>("red").static_pad("src");
    let count = AtomicU64::new(0);
    pad.expect("a source pad")
        .add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            if count.fetch_add(1, Relaxed) < passing {
                gst::PadProbeReturn::Ok
            } else {
                gst::PadProbeReturn::Drop
            }
        });
}

/// Takes pictures of a running pipeline; they must come at their rate, without gaps.
fn take(pipeline: &Pipeline, count: u64) -> Vec<Picture> {
    let sink = pipeline.get("out");
    pipeline.set(gst::State::Playing).expect("it starts");
    let mut all = Vec::new();
    let mut started = Instant::now();
    for i in 0..count {
        let picture = pipeline.picture(&sink).expect("it runs");
        all.push(picture.expect("it goes on"));
        if i == 9 {
            started = Instant::now();
        }
    }
    let (expected, took) = (Duration::from_secs(count - 10) / 30, started.elapsed());
    let range = expected.mul_f64(0.6)..expected.mul_f64(1.5) + Duration::from_millis(500);
    assert!(range.contains(&took), "{took:?} for {expected:?}");
    let starts: Vec<_> = all.iter().map(|p| p.pts.expect("a time")).collect();
    for pair in starts.windows(2) {
        let step = (pair[1] - pair[0]).useconds();
        assert!(
            (33_000..34_000).contains(&step),
            "{step} us from frame to frame"
        );
    }
    all
}

#[test]
fn the_last_frame_of_a_stalled_input_stays_and_the_output_goes_on() {
    let _guard = exclusive();
    let usage = Usage::start();
    let pipeline = two(&red(""));
    stall_after(&pipeline, 10);
    let all = take(&pipeline, 60);
    for picture in &all[20..] {
        assert_eq!(picture.pixel(100, 20), RED, "at {:?}", picture.pts);
    }
    assert_ne!(all[25].data, all[55].data, "the other input stands still");
    drop(pipeline);
    usage.assert_clean();
}

#[test]
fn an_input_that_sends_nothing_after_its_caps_holds_up_nobody() {
    let _guard = exclusive();
    let usage = Usage::start();
    let pipeline = two(&red(""));
    stall_after(&pipeline, 0);
    let all = take(&pipeline, 45);
    assert!(all.iter().all(|picture| picture.pixel(100, 20) == BLACK));
    assert_ne!(all[10].data, all[40].data);
    drop(pipeline);
    usage.assert_clean();
}

#[test]
fn an_input_that_sends_nothing_at_all_holds_up_nobody() {
    let _guard = exclusive();
    let usage = Usage::start();
    let pipeline = two("appsrc is-live=true");
    let all = take(&pipeline, 45);
    assert!(all.iter().all(|picture| picture.pixel(100, 20) == BLACK));
    drop(pipeline);
    usage.assert_clean();
}

#[test]
fn an_input_that_ends_goes_and_the_others_stay() {
    let _guard = exclusive();
    let usage = Usage::start();
    let pipeline = two(&red("num-buffers=15"));
    let all = take(&pipeline, 60);
    assert!(all[..15].iter().any(|p| p.pixel(100, 20) == RED));
    assert!(all[30..].iter().all(|p| p.pixel(100, 20) == BLACK));
    assert_ne!(all[35].data, all[55].data);
    drop(pipeline);
    usage.assert_clean();
}

/// On its way to PLAYING an element has the clock before it has the base time. Elements go there from the sink
/// upwards, and a busy machine may hold that up in between.
#[test]
fn a_start_that_is_held_up_does_not_put_the_output_ahead() {
    let _guard = exclusive();
    let usage = Usage::start();
    let pipeline = two(&red(""));
    let bus = pipeline.as_gst().bus().expect("a bus");
    let output = pipeline.get::<gst::Element>("mix").static_pad("src");
    let peer = output.and_then(|pad| pad.peer()).expect("a peer");
    let next = peer.parent_element().expect("an element");
    bus.set_sync_handler(move |_, message| {
        let is_held_up = match message.view() {
            // All have the clock; the sink gets to PAUSED by then.
            gst::MessageView::NewClock(_) => true,
            // The sink is in PLAYING.
            gst::MessageView::StateChanged(change) => {
                change.current() == gst::State::Playing && message.src() == Some(next.upcast_ref())
            }
            _ => false,
        };
        if is_held_up {
            std::thread::sleep(Duration::from_millis(300));
        }
        gst::BusSyncReply::Pass
    });
    let all = take(&pipeline, 30);
    let first = all[0].pts.expect("a time");
    assert!(
        first < 2 * gst::ClockTime::SECOND,
        "the first is at {first}"
    );
    drop(pipeline);
    usage.assert_clean();
}

/// What a mixer shows after a seek to a second at a rate, and before the next one.
fn seek(line: &str, rate: f64) -> Vec<Picture> {
    let pipeline = Pipeline::parse(line).unwrap_or_else(|e| panic!("{line}: {e}"));
    let sink = pipeline.get::<gst_app::AppSink>("out");
    sink.set_max_buffers(1);
    pipeline.set(gst::State::Playing).expect("it starts");
    for _ in 0..5 {
        pipeline.picture(&sink).expect("it runs");
    }
    let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
    let seek = pipeline.as_gst().seek(
        rate,
        flags,
        gst::SeekType::Set,
        gst::ClockTime::SECOND,
        gst::SeekType::Set,
        gst::ClockTime::from_seconds(2),
    );
    seek.expect("a seek");
    let mut all = Vec::new();
    while let Some(picture) = pipeline.picture(&sink).expect("it runs") {
        all.push(picture);
    }
    all
}

#[test]
fn a_flushing_seek_shows_what_compositor_shows() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = |mixer: &str, up: &str, down: &str| {
        let caps = |w| format!("video/x-raw,format=RGBA,width={w},height=48,framerate=30/1");
        format!(
            "{mixer} name=mix sink_1::alpha=0.5 sink_1::zorder=1 ! {down} \
             video/x-raw,format=RGBA ! appsink name=out sync=false \
             videotestsrc pattern=ball ! {} ! {up} queue ! mix.sink_0 \
             videotestsrc pattern=circular ! {} ! {up} queue ! mix.sink_1",
            caps(64),
            caps(32)
        )
    };
    for (rate, frames) in [(1.0, 30), (2.0, 15)] {
        let ours = seek(
            &line("nvmmoverlay", "nvmmtransform !", "nvmmtransform !"),
            rate,
        );
        let mut reference = seek(&line("compositor background=black", "", ""), rate);
        assert_eq!(ours.len(), frames, "at rate {rate}");
        // Ours keeps the caps' frame rate at any rate of playing; compositor makes all frames in less time.
        let mut number = 0;
        reference.retain(|_| {
            number += 1;
            (number - 1) % rate as usize == 0
        });
        for (reference, ours) in reference.iter_mut().zip(&ours) {
            let apart = |a: gst::ClockTime, b| a.max(b) - a.min(b);
            let times = reference.pts.zip(ours.pts);
            let apart = times.map(|(a, b)| apart(a, b).nseconds());
            assert!(apart.is_some_and(|apart| apart <= 2), "{times:?}");
            reference.pts = ours.pts;
        }
        assert_eq!(ours[0].pts, Some(gst::ClockTime::SECOND));
        assert_near(&ours, &reference, 1, "after a seek");
    }
    usage.assert_clean();
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

#[test]
fn a_thousand_times_from_null_to_playing_and_back_leaves_nothing() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = "videotestsrc pattern=ball ! video/x-raw,format=RGBA,width=64,height=48 ! \
                nvmmtransform ! queue ! nvmmoverlay name=mix ! queue ! nvmmtransform ! \
                video/x-raw ! fakesink name=sink signal-handoffs=true \
                videotestsrc ! video/x-raw,format=BGRx,width=32,height=24 ! nvmmtransform ! queue ! mix.";
    let pipeline = Pipeline::parse(line).expect("a pipeline");
    let seen = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&seen);
    pipeline
        .get::<gst::Element>("sink")
        .connect("handoff", false, move |_| {
            count.fetch_add(1, Relaxed);
            None
        });
    let mut files = Vec::new();
    for cycle in 0..1000 {
        let before = seen.load(Relaxed);
        pipeline.reach(gst::State::Playing).expect("it plays");
        // Sometimes in the middle of things, sometimes at once.
        let wanted = before + cycle % 4 * 2;
        let patience = Instant::now() + Duration::from_secs(10);
        while seen.load(Relaxed) < wanted {
            assert!(Instant::now() < patience, "cycle {cycle} stands still");
            std::thread::sleep(Duration::from_millis(1));
        }
        pipeline.reach(gst::State::Null).expect("it stops");
        assert_eq!(nvmm_pipelines::alive(), [0; 4], "after cycle {cycle}");
        files.push(open_files());
    }
    assert!(seen.load(Relaxed) >= 3000);
    assert!(
        files[999] <= files[4],
        "open files after each cycle: {:?}",
        &files[..30]
    );
    drop(pipeline);
    usage.assert_clean();
}

/// The first part of an input is larger than the second; then the format changes too.
#[test]
fn caps_may_change_in_mid_stream_on_one_input() {
    let _guard = exclusive();
    let usage = Usage::start();
    let part = |pattern: &str, format: &str, width: u32, height: u32| {
        format!(
            "videotestsrc pattern={pattern} num-buffers=10 ! \
             video/x-raw,format={format},width={width},height={height},framerate=30/1 ! queue ! c. "
        )
    };
    let parts = [
        part("ball", "RGBA", 64, 48),
        part("smpte", "RGBA", 32, 24),
        part("circular", "BGRx", 48, 32),
    ]
    .concat();
    let line = |mixer: &str, up: &str, down: &str, output: &str| {
        format!(
            "{mixer} name=mix sink_1::xpos=16 sink_1::zorder=1 ! {down} video/x-raw,format=RGBA{output} ! \
             appsink name=out \
             videotestsrc num-buffers=30 ! \
             video/x-raw,format=RGBA,width=40,height=40,framerate=30/1 ! {up} queue ! mix.sink_0 \
             concat name=c ! {up} queue ! mix.sink_1 {parts}"
        )
    };
    let both = |output: &str| {
        let ours = frames(&line(
            "nvmmoverlay",
            "nvmmtransform !",
            &format!("video/x-raw(memory:NVMM){output} ! nvmmtransform !"),
            output,
        ));
        let reference = frames(&line("compositor background=black", "", "", output));
        (ours.expect("it runs"), reference.expect("it runs"))
    };
    let (ours, reference) = both(",width=100,height=60");
    assert_eq!(ours.len(), 30);
    if compositor_keeps_time() {
        assert_near(&ours, &reference, 1, "a fixed output");
    }
    // Left open, the output changes its size with the input.
    let (ours, _) = both("");
    let sizes: Vec<_> = ours.iter().map(|p| (p.width, p.height)).collect();
    assert_eq!(sizes.len(), 30);
    assert_eq!(
        (sizes[0], sizes[15], sizes[29]),
        ((80, 48), (48, 40), (64, 40))
    );
    usage.assert_clean();
}
