//! The latency of an N-in-1-out element: what it answers, how many frames of its inputs it holds, and what
//! becomes of an input that is later than it said.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use gst::prelude::*;
use nvmm_pipelines::{Picture, Pipeline, Usage, exclusive};

const BLACK: [u8; 4] = [0, 0, 0, 0xff];
const CAPS: &str = "video/x-raw,format=RGBA,width=64,height=48,framerate=30/1";
const FRAME: gst::ClockTime = gst::ClockTime::from_nseconds(33_333_333);

/// A live input on the left, and on the right another, which goes through `right`.
fn two(mixer: &str, right: &str) -> Pipeline {
    let source = format!("videotestsrc is-live=true pattern=ball motion=sweep ! {CAPS}");
    let line = format!(
        "nvmmoverlay name=mix {mixer} sink_1::xpos=64 ! nvmmtransform ! \
         video/x-raw,format=RGBA,width=128,height=48 ! appsink name=out sync=false \
         {source} ! nvmmtransform ! queue ! mix.sink_0 \
         {source} ! identity name=right ! {right} ! mix.sink_1"
    );
    Pipeline::parse(&line).unwrap_or_else(|e| panic!("{line}: {e}"))
}

fn take(pipeline: &Pipeline, count: usize) -> Vec<Picture> {
    let sink = pipeline.get("out");
    let next = || {
        let picture = pipeline.picture(&sink).expect("it runs");
        picture.expect("it goes on")
    };
    (0..count).map(|_| next()).collect()
}

/// How many times the right half is another one than the frame before.
fn changes_on_the_right(pictures: &[Picture]) -> usize {
    let half = |picture: &Picture| -> Vec<_> {
        let row = |y| (64..128).map(move |x| (x, y));
        let all = (0..48).flat_map(row);
        all.map(|(x, y)| picture.pixel(x, y)).collect()
    };
    let halves: Vec<_> = pictures.iter().map(half).collect();
    halves.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

fn is_black_on_the_right(picture: &Picture) -> bool {
    (0..48).all(|y| (64..128).all(|x| picture.pixel(x, y) == BLACK))
}

/// Its frames say that they belong to the time before the output's that is being made: none is ever due.
#[test]
fn a_live_input_that_is_always_late_is_shown_all_the_same() {
    let _guard = exclusive();
    let usage = Usage::start();
    for late in [40, 300] {
        let pipeline = two("", "nvmmtransform ! queue");
        let pad = pipeline.get::<gst::Element>("right").static_pad("src");
        let late = gst::ClockTime::from_mseconds(late);
        pad.expect("a pad")
            .add_probe(gst::PadProbeType::BUFFER, move |_, info| {
                let buffer = info.buffer_mut().expect("a buffer");
                let Some(pts) = buffer.pts().and_then(|pts| pts.checked_sub(late)) else {
                    return gst::PadProbeReturn::Drop;
                };
                buffer.make_mut().set_pts(pts);
                gst::PadProbeReturn::Ok
            });
        pipeline.set(gst::State::Playing).expect("it starts");
        // When its first frame comes is the machine's business.
        let mut before = (0..600).map(|_| take(&pipeline, 1).remove(0));
        assert!(
            before.any(|picture| !is_black_on_the_right(&picture)),
            "{late}: it is never shown"
        );
        let all = take(&pipeline, 60);
        assert!(!all.iter().any(is_black_on_the_right), "{late}");
        // It moves: the newest that there is, not the one that came first.
        let changes = changes_on_the_right(&all);
        assert!(changes >= 5, "{late}: {changes} changes");
        drop(pipeline);
    }
    usage.assert_clean();
}

/// What the element's source pad answers.
fn latency(mix: &gst::Element) -> (bool, gst::ClockTime) {
    let mut query = gst::query::Latency::new();
    assert!(mix.static_pad("src").expect("a pad").query(&mut query));
    let (is_live, min, _) = query.result();
    (is_live, min)
}

#[test]
fn the_latency_is_that_of_the_inputs_one_frame_and_what_is_asked_for() {
    let _guard = exclusive();
    let ms = gst::ClockTime::from_mseconds;
    let pipeline = two("", "nvmmtransform ! queue");
    let mix: gst::Element = pipeline.get("mix");
    pipeline.set(gst::State::Playing).expect("it starts");
    take(&pipeline, 2);
    // videotestsrc says one frame.
    assert_eq!(latency(&mix), (true, FRAME + FRAME));
    mix.set_property("latency", ms(100).nseconds());
    assert_eq!(latency(&mix), (true, ms(100) + FRAME + FRAME));
    drop(pipeline);
    let pipeline = two(
        "min-upstream-latency=250000000 latency=10000000",
        "nvmmtransform ! queue",
    );
    let mix: gst::Element = pipeline.get("mix");
    pipeline.set(gst::State::Playing).expect("it starts");
    take(&pipeline, 2);
    assert_eq!(latency(&mix), (true, ms(260) + FRAME));
    drop(pipeline);
    let line = format!("videotestsrc ! {CAPS} ! nvmmtransform ! nvmmoverlay name=mix ! fakesink");
    let pipeline = Pipeline::parse(&line).expect("it parses");
    pipeline.reach(gst::State::Paused).expect("it prerolls");
    let mix: gst::Element = pipeline.get("mix");
    assert_eq!(latency(&mix), (false, FRAME));
}

/// How many buffers an input asks its producer for.
fn asked_for(mix: &gst::Element) -> u32 {
    let pad = mix.static_pad("sink_1").expect("a pad");
    let mut query = gst::query::Allocation::new(pad.current_caps().as_ref(), true);
    assert!(pad.query(&mut query));
    let pools: Vec<_> = query
        .allocation_pools()
        .map(|(pool, _, min, _)| (pool.is_some(), min))
        .collect();
    let [(false, min)] = pools[..] else {
        panic!("{pools:?}");
    };
    min
}

#[test]
fn producers_are_asked_for_as_many_surfaces_as_the_latency_holds() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = format!(
        "videotestsrc ! {CAPS} ! nvmmtransform ! queue ! mix.sink_1 nvmmoverlay name=mix ! fakesink sync=true"
    );
    let pipeline = Pipeline::parse(&line).expect("it parses");
    pipeline.reach(gst::State::Playing).expect("it plays");
    assert_eq!(asked_for(&pipeline.get("mix")), 2);
    drop(pipeline);
    let pipeline = two("", "nvmmtransform ! queue");
    let mix: gst::Element = pipeline.get("mix");
    let asked_again = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked_again);
    let peer = mix.static_pad("sink_1").and_then(|pad| pad.peer());
    peer.expect("a peer")
        .add_probe(gst::PadProbeType::EVENT_UPSTREAM, move |_, info| {
            let is_it = info
                .event()
                .is_some_and(|event| event.type_() == gst::EventType::Reconfigure);
            count.fetch_add(u64::from(is_it), Relaxed);
            gst::PadProbeReturn::Ok
        });
    pipeline.set(gst::State::Playing).expect("it starts");
    take(&pipeline, 3);
    // The one that is shown; the source's latency is one frame, and a frame begins at its end.
    assert_eq!(asked_for(&mix), 3);
    assert_eq!(asked_again.load(Relaxed), 0);
    mix.set_property("latency", 500_000_000_u64);
    assert_eq!(asked_again.load(Relaxed), 1);
    assert_eq!(asked_for(&mix), 18);
    mix.set_property("latency", 10_000_000_000_u64);
    assert_eq!(asked_for(&mix), 32, "it stays within bounds");
    drop((mix, pipeline));
    usage.assert_clean();
}

/// A producer that does not take the advice: its frames are fewer, and nobody stands still.
#[test]
fn a_producer_with_fewer_surfaces_than_the_latency_holds_goes_on() {
    let _guard = exclusive();
    let usage = Usage::start();
    let pipeline = two(
        "latency=500000000",
        "nvmmtransform output-buffers=3 ! identity drop-allocation=true ! queue",
    );
    let started = Instant::now();
    pipeline.set(gst::State::Playing).expect("it starts");
    let all = take(&pipeline, 100);
    let starts: Vec<_> = all.iter().map(|p| p.pts.expect("a time")).collect();
    assert!(starts.windows(2).all(|pair| pair[1] > pair[0]));
    // 100 frames and the latency take 4 s; a machine that is busy is given time.
    assert!(started.elapsed() < Duration::from_secs(15));
    // Three in each half a second, as many as it has.
    for part in all[40..].chunks(20) {
        assert!(changes_on_the_right(part) >= 1, "from {:?}", part[0].pts);
    }
    drop(pipeline);
    usage.assert_clean();
}

/// One whose source stamps its frames with another time: nothing of it is shown, and it is named.
#[test]
fn a_live_input_whose_times_are_far_ahead_takes_nobody_along() {
    let _guard = exclusive();
    let usage = Usage::start();
    let source = format!("videotestsrc is-live=true ! {CAPS}");
    let pipeline = Pipeline::parse(&format!(
        "nvmmoverlay name=mix ! nvmmtransform ! video/x-raw ! appsink name=out sync=false \
         {source} ! identity name=ahead ! nvmmtransform ! queue ! mix.sink_0"
    ));
    let pipeline = pipeline.expect("a pipeline");
    let pad = pipeline.get::<gst::Element>("ahead").static_pad("src");
    pad.expect("a pad").set_offset(3_600_000_000_000);
    pipeline.set(gst::State::Playing).expect("it starts");
    let bus = pipeline.as_gst().bus().expect("a bus");
    let limit = gst::ClockTime::from_seconds(20);
    let warning = bus.timed_pop_filtered(limit, &[gst::MessageType::Warning]);
    let warning = warning.expect("a warning");
    let gst::MessageView::Warning(warning) = warning.view() else {
        panic!("{warning:?}");
    };
    let warning = warning.error().to_string();
    for words in ["sink_0", "1:00:00"] {
        assert!(warning.contains(words), "{warning}");
    }
    let line = format!("{source} ! nvmmtransform ! queue");
    let right = gst::parse::bin_from_description(&line, true).expect("an input");
    pipeline.as_gst().add(&right).expect("a new element");
    let mix = pipeline.get::<gst::Element>("mix");
    right.link(&mix).expect("a pad");
    right.sync_state_with_parent().expect("it starts");
    for picture in take(&pipeline, 20) {
        let pts = picture.pts.expect("a time");
        assert!(pts < gst::ClockTime::from_seconds(60), "{pts}");
    }
    let usage_of_cpu = {
        let busy = || {
            let stat = std::fs::read_to_string("/proc/self/stat").expect("there");
            let fields = stat.rsplit(')').next().expect("fields").split_whitespace();
            let ticks = fields.skip(11).take(2);
            ticks.map(|t| t.parse::<u64>().expect("ticks")).sum::<u64>()
        };
        right.set_state(gst::State::Null).expect("it stops");
        pipeline.as_gst().remove(&right).expect("it is there");
        let before = busy();
        std::thread::sleep(Duration::from_secs(1));
        busy() - before
    };
    // In hundredths of a second: it waits, it does not turn round and round.
    assert!(usage_of_cpu < 50, "{usage_of_cpu}");
    drop((pipeline, right, mix));
    usage.assert_clean();
}
