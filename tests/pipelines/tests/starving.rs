//! The warning that an input's producer has too few surfaces: when it comes, and when it must not.

use std::time::{Duration, Instant};

use gst::prelude::*;
use gst_nvmm::{NvmmBufferPool, with_nvmm};
use gst_video::{VideoFormat, VideoInfo};
use nvmm_pipelines::{Pipeline, Usage, exclusive};

const CAPS: &str = "video/x-raw,format=RGBA,width=64,height=48,framerate=30/1";
/// The element looks twice, this far apart.
const LOOKS: Duration = Duration::from_secs(2);

#[test]
fn a_producer_with_too_few_surfaces_is_named_with_the_remedy() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = format!(
        "nvmmoverlay name=mix ! fakesink appsrc name=in format=time block=true max-bytes=1 ! mix.sink_0 \
         videotestsrc ! {CAPS} ! nvmmtransform ! mix.sink_1"
    );
    let pipeline = Pipeline::parse(&line).expect("it parses");
    let info = VideoInfo::builder(VideoFormat::Rgba, 64, 48).fps(gst::Fraction::new(30, 1));
    let caps = with_nvmm(&info.build().expect("a picture").to_caps().expect("caps"));
    // As a decoder that has one surface beside those that it refers to.
    let pool = NvmmBufferPool::new(&caps, 1, 1).expect("a pool");
    pool.set_active(true).expect("it starts");
    let source: gst_app::AppSrc = pipeline.get("in");
    source.set_caps(Some(&caps));
    pipeline.set(gst::State::Playing).expect("it starts");
    let (frames, decoder) = (pool.clone(), source.clone());
    let thread = std::thread::spawn(move || {
        for frame in 0.. {
            let Ok(mut buffer) = frames.acquire_buffer(None) else {
                return;
            };
            let timed = buffer.make_mut();
            timed.set_pts(gst::ClockTime::from_mseconds(40 * frame));
            timed.set_duration(gst::ClockTime::from_mseconds(40));
            if decoder.push_buffer(buffer).is_err() {
                return;
            }
        }
    });
    let bus = pipeline.as_gst().bus().expect("a bus");
    let limit = gst::ClockTime::from_seconds(20);
    let message = bus.timed_pop_filtered(limit, &[gst::MessageType::Warning]);
    let message = message.expect("a warning");
    let gst::MessageView::Warning(warning) = message.view() else {
        panic!("{message:?}");
    };
    let text = format!("{} {:?}", warning.error(), warning.debug());
    for words in ["sink_0", "num-extra-surfaces"] {
        assert!(text.contains(words), "{text}");
    }
    // Once, and not of the other input.
    let again = bus.timed_pop_filtered(
        gst::ClockTime::from_seconds(5),
        &[gst::MessageType::Warning],
    );
    assert!(again.is_none(), "{again:?}");
    pool.set_flushing(true);
    thread.join().expect("the producer ends");
    pipeline.set(gst::State::Null).expect("it stops");
    pool.set_active(false).expect("it stops");
    drop((pipeline, pool, source));
    usage.assert_clean();
}

/// `in` gives as many frames as are pushed and no more, the other input as many as are taken.
fn fed_by_hand(sink: &str, pushed: u64) -> (Pipeline, gst_app::AppSrc) {
    let line = format!(
        "nvmmoverlay name=mix ! {sink} \
         appsrc name=in format=time caps={CAPS} ! nvmmtransform ! mix.sink_0 \
         videotestsrc ! {CAPS} ! nvmmtransform ! mix.sink_1"
    );
    let pipeline = Pipeline::parse(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
    let source = pipeline.get::<gst_app::AppSrc>("in");
    for frame in 0..pushed {
        let mut buffer = gst::Buffer::from_mut_slice(vec![0_u8; 64 * 48 * 4]);
        let timed = buffer.get_mut().expect("just made");
        timed.set_pts(gst::ClockTime::SECOND * frame / 30);
        timed.set_duration(gst::ClockTime::SECOND / 30);
        source.push_buffer(buffer).expect("it takes buffers");
    }
    (pipeline, source)
}

fn warnings(pipeline: &Pipeline) -> usize {
    let bus = pipeline.as_gst().bus().expect("a bus");
    std::iter::from_fn(|| bus.pop_filtered(&[gst::MessageType::Warning])).count()
}

#[test]
fn an_element_that_is_paused_or_held_up_by_downstream_warns_of_nobody() {
    let _guard = exclusive();
    let usage = Usage::start();
    // The queue takes the first frame, so that nothing but its state stops the element.
    let (paused, paused_in) = fed_by_hand("queue ! fakesink", 1);
    paused.reach(gst::State::Paused).expect("it prerolls");
    // The first frame lies in the sink, the second finds no room.
    let (full, full_in) = fed_by_hand("appsink name=out sync=false max-buffers=1", 2);
    full.reach(gst::State::Playing).expect("it plays");
    std::thread::sleep(LOOKS * 5 / 2);
    assert_eq!(warnings(&paused), 0, "in PAUSED");
    assert_eq!(warnings(&full), 0, "held up by a sink");
    // The time in PAUSED is not counted afterwards.
    let playing = Instant::now();
    paused.set(gst::State::Playing).expect("it plays");
    let bus = paused.as_gst().bus().expect("a bus");
    let limit = gst::ClockTime::from_seconds(20);
    let warning = bus.timed_pop_filtered(limit, &[gst::MessageType::Warning]);
    assert!(warning.is_some(), "now its producer gives nothing");
    let after = playing.elapsed();
    assert!(after > LOOKS / 2, "after {after:?}");
    for source in [&paused_in, &full_in] {
        source.end_of_stream().expect("it ends");
    }
    drop((paused, full, paused_in, full_in));
    usage.assert_clean();
}
