//! What the base class of N-in-1-out elements does when frames are late, missing or over, and what it says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gst::prelude::*;
use gst_nvmm::{NvmmBufferPool, with_nvmm};
use gst_video::{VideoFormat, VideoInfo};
use nvmm_pipelines::{Picture, Pipeline, Usage, exclusive, frames};

const RED: [u8; 4] = [0xff, 0, 0, 0xff];
const BLACK: [u8; 4] = [0, 0, 0, 0xff];
const CAPS: &str = "video/x-raw,format=RGBA,width=64,height=48,framerate=30/1";

/// 30 blue frames on the left and a few red ones on the right, which go through `red`.
fn two(pad: &str, num: u32, red: &str) -> String {
    format!(
        "nvmmoverlay name=mix sink_1::xpos=64 {pad} ! nvmmtransform ! \
         video/x-raw,format=RGBA,width=128,height=48 ! appsink name=out sync=false \
         videotestsrc num-buffers=30 pattern=blue ! {CAPS} ! nvmmtransform ! mix.sink_0 \
         videotestsrc num-buffers={num} pattern=solid-color foreground-color=0xffff0000 ! {CAPS} ! {red} \
         nvmmtransform ! mix.sink_1"
    )
}

fn on_the_right(pictures: &[Picture]) -> Vec<[u8; 4]> {
    pictures.iter().map(|p| p.pixel(100, 20)).collect()
}

#[test]
fn the_last_frame_of_an_input_that_has_ended_goes_or_stays_as_asked() {
    let _guard = exclusive();
    let usage = Usage::start();
    let gone = frames(&two("", 10, "")).expect("it runs");
    assert_eq!(on_the_right(&gone)[..10], [RED; 10]);
    assert_eq!(on_the_right(&gone)[10..], [BLACK; 20]);
    let stays =
        frames(&two("sink_1::repeat-after-eos=true", 10, "")).expect("it ends all the same");
    assert_eq!(on_the_right(&stays), [RED; 30]);
    usage.assert_clean();
}

#[test]
fn gap_events_show_nothing_and_hold_up_nobody() {
    let _guard = exclusive();
    let usage = Usage::start();
    let pipeline = Pipeline::parse(&two("", 30, "identity name=gaps !")).expect("it parses");
    let pad = pipeline.get::<gst::Element>("gaps").static_pad("src");
    let pad = pad.expect("a source pad");
    // From the sixth frame to the twentieth there is nothing.
    pad.add_probe(gst::PadProbeType::BUFFER, |pad, info| {
        let Some(gst::PadProbeData::Buffer(buffer)) = &info.data else {
            return gst::PadProbeReturn::Ok;
        };
        let (Some(pts), duration) = (buffer.pts(), buffer.duration()) else {
            return gst::PadProbeReturn::Ok;
        };
        if !(160..660).contains(&pts.mseconds()) {
            return gst::PadProbeReturn::Ok;
        }
        pad.push_event(gst::event::Gap::builder(pts).duration(duration).build());
        gst::PadProbeReturn::Drop
    });
    let sink = pipeline.get("out");
    pipeline.set(gst::State::Playing).expect("it starts");
    let mut all = Vec::new();
    while let Some(picture) = pipeline.picture(&sink).expect("it runs") {
        all.push(picture);
    }
    let right = on_the_right(&all);
    assert_eq!(right.len(), 30);
    assert_eq!((&right[..5], &right[20..]), (&[RED; 5][..], &[RED; 10][..]));
    assert_eq!(right[5..20], [BLACK; 15]);
    drop(pipeline);
    usage.assert_clean();
}

/// One thread that feeds two inputs, as a demuxer does, goes on while one of them has a long gap.
#[test]
fn a_long_gap_on_one_input_does_not_hold_up_the_thread_of_both() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = "nvmmoverlay name=mix ! nvmmtransform ! video/x-raw,format=RGBA ! \
                appsink name=out sync=false";
    let pipeline = Pipeline::parse(line).expect("it parses");
    let sink: gst_app::AppSink = pipeline.get("out");
    let mix: gst::Element = pipeline.get("mix");
    let info = VideoInfo::builder(VideoFormat::Rgba, 64, 48).fps(gst::Fraction::new(30, 1));
    let info = info.build().expect("a picture");
    let caps = with_nvmm(&info.to_caps().expect("caps"));
    let pool = NvmmBufferPool::new(&caps, 0, 16).expect("a pool");
    pool.set_active(true).expect("it starts");
    let inputs = ["sink_0", "sink_1"].map(|name| mix.request_pad_simple(name).expect("a pad"));
    pipeline.set(gst::State::Playing).expect("it starts");
    let pads = inputs.each_ref().map(|to| {
        let name = to.name();
        let pad = gst::Pad::builder(gst::PadDirection::Src)
            .name(name.as_str())
            .build();
        pad.link(to).expect("they link");
        pad.set_active(true).expect("it starts");
        pad.push_event(gst::event::StreamStart::new(name.as_str()));
        pad.push_event(gst::event::Caps::new(&caps));
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        pad.push_event(gst::event::Segment::new(&segment));
        pad
    });
    let (frames, feeding) = (pool.clone(), pads.clone());
    let (done, fed) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let length = gst::ClockTime::SECOND / 30;
        let push = |pad: &gst::Pad, number: u64| {
            let mut buffer = frames.acquire_buffer(None).expect("a buffer");
            let filled = buffer.make_mut();
            filled.set_pts(length * number);
            filled.set_duration(length);
            gst_nvmm::write_cpu(filled, &info, |map| {
                let plane = map.plane(0)?;
                // SAFETY: the first pixel's byte of a mapped plane that nobody else has.
                unsafe { plane.data.as_ptr().cast::<u8>().write(0) };
                Ok(())
            })
            .expect("it maps");
            pad.push(buffer).expect("it goes on");
        };
        push(&feeding[1], 0);
        push(&feeding[0], 0);
        let gap = gst::event::Gap::builder(length).duration(length * 28);
        feeding[1].push_event(gap.build());
        (1..30).for_each(|number| push(&feeding[0], number));
        push(&feeding[1], 29);
        feeding.iter().for_each(|pad| {
            pad.push_event(gst::event::Eos::new());
        });
        let _ = done.send(());
    });
    let mut count = 0;
    while pipeline.picture(&sink).expect("it runs").is_some() {
        count += 1;
    }
    assert!(fed.recv_timeout(Duration::from_secs(10)).is_ok());
    assert_eq!(count, 30);
    pipeline.set(gst::State::Null).expect("it stops");
    pool.set_active(false).expect("it stops");
    drop((pads, inputs, pool, mix, sink, pipeline));
    usage.assert_clean();
}

#[test]
fn playing_backwards_is_refused() {
    let _guard = exclusive();
    let line = format!("videotestsrc ! {CAPS} ! nvmmtransform ! nvmmoverlay name=mix ! fakesink");
    let pipeline = Pipeline::parse(&line).expect("it parses");
    pipeline.reach(gst::State::Paused).expect("it prerolls");
    let back = pipeline.as_gst().seek(
        -1.0,
        gst::SeekFlags::FLUSH,
        gst::SeekType::Set,
        gst::ClockTime::ZERO,
        gst::SeekType::Set,
        gst::ClockTime::SECOND,
    );
    assert!(back.is_err(), "refused, and nothing else happens");
    pipeline.set(gst::State::Playing).expect("it goes on");
}

#[test]
fn one_line_at_the_end_says_what_was_done() {
    let _guard = exclusive();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&lines);
    gst::log::set_threshold_for_name("cudaaggregator", gst::DebugLevel::Info);
    let function = gst::log::add_log_function(move |category, level, _, _, _, _, message| {
        if category.name() == "cudaaggregator" && level == gst::DebugLevel::Info {
            let text = message.get().map(|text| text.to_string());
            seen.lock().expect("no panic").extend(text);
        }
    });
    let result = frames(&two("", 30, ""));
    gst::log::remove_log_function(function);
    assert_eq!(result.expect("it runs").len(), 30);
    std::thread::sleep(Duration::from_millis(10));
    let lines = lines.lock().expect("no panic");
    let last: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("frames"))
        .collect();
    assert_eq!(last.len(), 1, "{lines:?}");
    let (start, end) = (
        "30 frames, 0 dropped, ",
        "0 maps, 0 copies, 0 synchronizations",
    );
    assert!(
        last[0].starts_with(start) && last[0].ends_with(end),
        "{last:?}"
    );
    assert!(!last[0].contains(" 0 registrations"), "{last:?}");
}

#[test]
fn what_downstream_does_not_take_is_named() {
    let _guard = exclusive();
    let usage = Usage::start();
    for (takes, words) in [
        (
            "video/x-raw(memory:NVMM),format=NV12",
            ["format {", "NV12 there"],
        ),
        (
            "video/x-raw,format=RGBA",
            ["memory:NVMM here", "nvmmtransform"],
        ),
    ] {
        let line = format!(
            "videotestsrc ! {CAPS} ! nvmmtransform ! nvmmoverlay name=mix ! capsfilter name=after ! fakesink"
        );
        let pipeline = Pipeline::parse(&line).expect("it parses");
        // After linking, which would refuse it.
        let after: gst::Element = pipeline.get("after");
        after.set_property("caps", takes.parse::<gst::Caps>().expect("caps"));
        // It fails here, or later on the bus.
        let _ = pipeline.set(gst::State::Playing);
        let bus = pipeline.as_gst().bus().expect("a bus");
        let limit = gst::ClockTime::from_seconds(10);
        let message = bus.timed_pop_filtered(limit, &[gst::MessageType::Error]);
        let message = message.expect("an error");
        let gst::MessageView::Error(error) = message.view() else {
            panic!("{message:?}");
        };
        let mix: gst::Element = pipeline.get("mix");
        assert_eq!(message.src(), Some(mix.upcast_ref()), "{message:?}");
        let text = error.error().to_string();
        for word in words {
            assert!(text.contains(word), "no {word:?} in {text:?}");
        }
    }
    usage.assert_clean();
}

/// Twice as many frames come in as go out. One input's are slow: while it is waited for, the other's
/// queue fills up.
#[test]
fn which_frame_is_shown_does_not_depend_on_how_fast_the_others_come() {
    let _guard = exclusive();
    let usage = Usage::start();
    let twice = CAPS.replace("30/1", "60/1");
    let line = |slow: &str| {
        let slow = if slow.is_empty() {
            ""
        } else {
            "identity sleep-time=5000 !"
        };
        format!(
            "nvmmoverlay name=mix sink_1::xpos=64 ! video/x-raw(memory:NVMM),framerate=30/1 ! nvmmtransform ! \
             video/x-raw,format=RGBA,width=128,height=48 ! appsink name=out sync=false \
             videotestsrc num-buffers=40 pattern=ball ! {twice} ! {slow} nvmmtransform ! mix.sink_0 \
             videotestsrc num-buffers=40 pattern=ball ! {twice} ! nvmmtransform ! queue ! mix.sink_1"
        )
    };
    for slow in ["", "slow"] {
        let pictures = frames(&line(slow)).expect("it runs");
        assert_eq!(pictures.len(), 20);
        for (n, picture) in pictures.iter().enumerate() {
            let half = |from: usize| {
                let row = move |y| (from..from + 64).map(move |x| (x, y));
                (0..48)
                    .flat_map(row)
                    .map(|(x, y)| picture.pixel(x, y))
                    .collect::<Vec<_>>()
            };
            assert!(half(0) == half(64), "frame {n} shows two times, {slow}");
        }
    }
    usage.assert_clean();
}
