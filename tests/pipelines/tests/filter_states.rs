//! CudaFilter from start to stop: caps that change, seeks, ends, faults, and what waits for a surface.

mod filters;

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use gst::prelude::*;
use nvmm_pipelines::{Picture, Pipeline, Usage, exclusive, frames};

const MODES: [&str; 3] = ["testinplace", "testcopying", "testeither"];
const SOURCE: &str = "videotestsrc ! video/x-raw,format=RGBA,width=64,height=48,framerate=30/1 \
                      ! nvmmtransform";
const DOWNLOAD: &str = "nvmmtransform ! video/x-raw";

fn appsrc(elements: &str) -> (Pipeline, gst_app::AppSrc, gst_app::AppSink) {
    let line = format!(
        "appsrc name=in format=time do-timestamp=true ! nvmmtransform ! {elements} ! {DOWNLOAD} \
         ! appsink name=out sync=false"
    );
    let pipeline = Pipeline::parse(&line).expect("a pipeline");
    let (input, out) = (pipeline.get("in"), pipeline.get("out"));
    (pipeline, input, out)
}

fn set_caps(input: &gst_app::AppSrc, width: u32, height: u32) {
    let text = format!("video/x-raw,format=RGBA,width={width},height={height},framerate=30/1");
    input.set_caps(Some(&text.parse().expect("caps")));
}

fn push(input: &gst_app::AppSrc, width: u32, height: u32, grey: u8) {
    let pixels = [grey, grey, grey, 255].repeat((width * height) as usize);
    let pushed = input.push_buffer(gst::Buffer::from_slice(pixels));
    pushed.expect("it takes buffers");
}

fn next(pipeline: &Pipeline, out: &gst_app::AppSink) -> Picture {
    let picture = pipeline.picture(out);
    picture.expect("it runs").expect("a picture")
}

#[test]
fn caps_may_change_at_any_frame() {
    let _guard = exclusive();
    filters::register();
    for elements in [
        "testinplace",
        "testcopying",
        "testeither",
        "testcopying ! testinplace",
    ] {
        let usage = Usage::start();
        let (pipeline, input, out) = appsrc(elements);
        set_caps(&input, 64, 48);
        pipeline.set(gst::State::Playing).expect("it starts");
        for (change, (width, height)) in [(64, 48), (32, 16), (100, 30), (64, 48)]
            .into_iter()
            .enumerate()
        {
            set_caps(&input, width, height);
            for frame in 0..10 {
                let grey = (change * 40 + frame) as u8;
                push(&input, width, height, grey);
                let picture = next(&pipeline, &out);
                assert_eq!(
                    (picture.width, picture.height),
                    (width as usize, height as usize)
                );
                assert_eq!(picture.pixel(31, 15), [grey, grey, grey, 255], "{elements}");
            }
            // Old pools' surfaces are gone, but what the sink's last sample holds.
            let alive = nvmm_pipelines::alive()[0];
            assert!(alive <= 3 * 4, "{elements}: {alive} surfaces");
        }
        assert!(
            usage.count("surfaces_allocated") >= 4,
            "{elements}: pools of other sizes"
        );
        drop((input, out, pipeline));
        usage.assert_clean();
    }
}

#[test]
fn seeks_give_the_frames_that_the_source_gives() {
    let _guard = exclusive();
    filters::register();
    let times = |line: &str, is_playing: bool| {
        let pipeline = Pipeline::parse(line).expect("a pipeline");
        let out = pipeline.get::<gst_app::AppSink>("out");
        pipeline.reach(gst::State::Paused).expect("it prerolls");
        if is_playing {
            pipeline.set(gst::State::Playing).expect("it plays");
        }
        let (start, stop) = (
            gst::ClockTime::from_seconds(5),
            gst::ClockTime::from_mseconds(5510),
        );
        let seek = pipeline.as_gst().seek(
            1.0,
            gst::SeekFlags::FLUSH,
            gst::SeekType::Set,
            start,
            gst::SeekType::Set,
            stop,
        );
        seek.expect("it seeks");
        pipeline.set(gst::State::Playing).expect("it plays");
        let mut all = Vec::new();
        while let Some(picture) = pipeline.picture(&out).expect("it runs") {
            all.push(picture);
        }
        // What was queued before the flush may still have come out.
        all.retain(|picture| picture.pts >= Some(start));
        all
    };
    let end = format!("{DOWNLOAD} ! appsink name=out sync=false max-buffers=2");
    // Its pictures depend on the time alone.
    let source = SOURCE.replace("videotestsrc", "videotestsrc pattern=ball");
    for is_playing in [false, true] {
        let reference = times(&format!("{source} ! {end}"), is_playing);
        assert!(reference.len() >= 15, "{}", reference.len());
        for element in MODES {
            let usage = Usage::start();
            let ours = times(&format!("{source} ! {element} ! {end}"), is_playing);
            assert!(ours == reference, "{element}: pictures or times");
            usage.assert_clean();
        }
    }
}

/// What the application holds stays as it is after the end of the stream and of the elements.
#[test]
fn frames_may_be_held_over_the_end() {
    let _guard = exclusive();
    filters::register();
    for element in MODES {
        let usage = Usage::start();
        let source = SOURCE.replace("videotestsrc", "videotestsrc num-buffers=3");
        let line = format!("{source} ! {element} value=50 ! appsink name=out sync=false");
        let pipeline = Pipeline::parse(&line).expect("a pipeline");
        let out = pipeline.get::<gst_app::AppSink>("out");
        pipeline.set(gst::State::Playing).expect("it starts");
        let held: Vec<_> = (0..3)
            .map(|_| out.pull_sample().expect("a frame"))
            .collect();
        pipeline.wait().expect("it ends");
        assert!(out.is_eos());
        drop((out, pipeline));
        for sample in &held {
            let info = gst_video::VideoInfo::from_caps(sample.caps().expect("caps"));
            let buffer = sample.buffer().expect("a buffer");
            let first = gst_nvmm::read_cpu(buffer, &info.expect("video"), |map| {
                // SAFETY: the first pixel of a mapped plane of four bytes each.
                Ok(unsafe { map.plane(0)?.data.cast::<[u8; 4]>().read() })
            });
            // The bar on the left is white.
            assert_eq!(first.expect("pixels"), [255; 4], "{element}");
        }
        drop(held);
        usage.assert_clean();
    }
}

#[test]
fn many_starts_and_stops_leave_nothing() {
    let _guard = exclusive();
    filters::register();
    let usage = Usage::start();
    let line = format!("{SOURCE} ! testinplace ! testcopying ! testeither ! fakesink sync=false");
    let pipeline = Pipeline::parse(&line).expect("a pipeline");
    for cycle in 0..1000 {
        pipeline
            .set(gst::State::Playing)
            .unwrap_or_else(|e| panic!("{cycle}: {e}"));
        if cycle % 4 == 0 {
            pipeline
                .reach(gst::State::Playing)
                .unwrap_or_else(|e| panic!("{cycle}: {e}"));
        }
        let state = [gst::State::Null, gst::State::Ready][cycle % 2];
        pipeline
            .reach(state)
            .unwrap_or_else(|e| panic!("{cycle}: {e}"));
        if state == gst::State::Null {
            usage.assert_clean();
        }
    }
    drop(pipeline);
    usage.assert_clean();
}

#[test]
fn faults_of_a_subclass_are_errors_on_the_bus() {
    let _guard = exclusive();
    filters::register();
    for element in MODES {
        for (fault, text) in [
            ("open", "open() went wrong"),
            ("error", "process() went wrong"),
            ("panic", "process() panics"),
        ] {
            let usage = Usage::start();
            let line = format!("{SOURCE} ! {element} name=filter fault={fault} ! fakesink");
            let pipeline = Pipeline::parse(&line).expect("a pipeline");
            let error = pipeline
                .set(gst::State::Playing)
                .and_then(|()| pipeline.wait());
            let error = error.expect_err("a fault");
            assert!(
                error.contains("filter") && error.contains(text),
                "{element}: {error}"
            );
            let launches = if fault == "open" { 0 } else { 3 };
            assert_eq!(usage.count("launches"), launches, "{element}: {fault}");
            drop(pipeline);
            usage.assert_clean();
        }
    }
    let line = format!("{SOURCE} ! testnothing ! fakesink");
    let error = nvmm_pipelines::run(&line).expect_err("nothing is implemented");
    assert!(error.contains("no process_in_place()"), "{error}");
}

/// Downstream's caps are another's business until they change.
#[test]
fn caps_that_do_not_meet_are_named() {
    let _guard = exclusive();
    filters::register();
    let usage = Usage::start();
    // Nothing before it can scale instead.
    let line = "appsrc name=in format=time ! testinplace name=filter ! \
                capsfilter name=wish caps=\"video/x-raw(memory:NVMM)\" ! appsink name=out sync=false";
    let pipeline = Pipeline::parse(line).expect("a pipeline");
    let (input, out): (gst_app::AppSrc, gst_app::AppSink) =
        (pipeline.get("in"), pipeline.get("out"));
    let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::Rgba, 64, 48);
    let caps = info.build().expect("a picture").to_caps().expect("caps");
    let caps = gst_nvmm::with_nvmm(&caps);
    let pool = gst_nvmm::NvmmBufferPool::new(&caps, 0, 4).expect("a pool");
    pool.set_active(true).expect("it starts");
    input.set_caps(Some(&caps));
    let push = || {
        let buffer = pool.acquire_buffer(None).expect("a buffer");
        let _ = input.push_buffer(buffer);
    };
    pipeline.set(gst::State::Playing).expect("it starts");
    push();
    let first = out.try_pull_sample(gst::ClockTime::from_seconds(10));
    assert!(first.is_some(), "a frame goes through");
    drop(first);
    let wish = pipeline.get::<gst::Element>("wish");
    wish.set_property_from_str("caps", "video/x-raw(memory:NVMM),width=128,height=48");
    push();
    let error = pipeline.wait().expect_err("128 is not 64");
    assert!(
        error.contains("filter") && error.contains("width 64 here, 128 there"),
        "{error}"
    );
    pipeline.set(gst::State::Null).expect("it stops");
    pool.set_active(false).expect("it stops");
    drop((pool, input, out, wish, pipeline));
    usage.assert_clean();
}

#[test]
fn an_element_that_cannot_work_in_place_says_so() {
    let _guard = exclusive();
    filters::register();
    let usage = Usage::start();
    let line = format!("{SOURCE} ! testcontradiction name=filter ! fakesink");
    let error = nvmm_pipelines::run(&line).expect_err("RGBA is no BGRx");
    assert!(
        error.contains("filter: ") && error.contains("cannot change format"),
        "{error}"
    );
    usage.assert_clean();
}

/// Plays until the application has as many samples as there are surfaces, then does something that
/// stops the streaming threads; it must return while the samples are held.
fn while_all_are_held(element: &str, stop: fn(&gst::Pipeline)) {
    let usage = Usage::start();
    let line = format!("{SOURCE} ! {element} name=filter ! appsink name=out sync=false");
    let pipeline = Pipeline::parse(&line).expect("a pipeline");
    let out = pipeline.get::<gst_app::AppSink>("out");
    pipeline.set(gst::State::Playing).expect("it starts");
    let held: Vec<_> =
        std::iter::from_fn(|| out.try_pull_sample(gst::ClockTime::from_mseconds(500))).collect();
    assert_eq!(held.len(), 4, "{element}: samples");
    let surfaces = usage.count("surfaces_allocated");
    let expected = if element == "testcopying" {
        5..=8
    } else {
        4..=4
    };
    assert!(
        expected.contains(&surfaces),
        "{element}: {surfaces} surfaces"
    );
    let (done, returned) = mpsc::channel();
    let stopping = pipeline.as_gst().clone();
    let thread = std::thread::spawn(move || {
        stop(&stopping);
        drop(stopping);
        let _ = done.send(());
    });
    let result = returned.recv_timeout(Duration::from_secs(10));
    assert_eq!(usage.count("surfaces_allocated"), surfaces, "{element}");
    drop(held);
    assert!(result.is_ok(), "{element}: hangs while samples are held");
    thread.join().expect("no panic");
    if pipeline.as_gst().current_state() >= gst::State::Paused {
        out.pull_sample().expect("it goes on");
    }
    drop((out, pipeline));
    // After a flush the bin's own thread goes on to PLAYING, and may have the last reference.
    for _ in 0..50 {
        if nvmm_pipelines::alive() == [0; 4] {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    usage.assert_clean();
}

#[test]
fn who_waits_for_a_surface_is_woken() {
    let _guard = exclusive();
    filters::register();
    for element in MODES {
        while_all_are_held(element, |pipeline| {
            pipeline.set_state(gst::State::Null).expect("it stops");
        });
        while_all_are_held(element, |pipeline| {
            let seek = pipeline.seek_simple(gst::SeekFlags::FLUSH, gst::ClockTime::ZERO);
            seek.expect("it seeks");
        });
    }
    // The element alone, while what is before and behind it goes on.
    while_all_are_held("testcopying", |pipeline| {
        let filter = pipeline.by_name("filter").expect("the filter");
        filter.set_locked_state(true);
        filter.set_state(gst::State::Ready).expect("it stops");
        pipeline.set_state(gst::State::Null).expect("it stops");
        filter.set_state(gst::State::Null).expect("it stops");
    });
}

/// What upstream is told to hold: the frame in work and one more, and what downstream keeps of those that
/// go on in place. What downstream keeps of our own counts for our pool.
#[test]
fn downstreams_wish_for_buffers_is_honoured() {
    let _guard = exclusive();
    filters::register();
    for (element, min, surfaces) in [
        ("testinplace", 8, 8),
        ("testcopying", 2, 12),
        ("testeither", 8, 8),
    ] {
        let usage = Usage::start();
        let (pipeline, input, out) = appsrc(&format!("{element} name=filter ! queue name=keeps"));
        let keeps = pipeline.get::<gst::Element>("keeps").static_pad("sink");
        keeps.expect("a pad").add_probe(
            gst::PadProbeType::QUERY_DOWNSTREAM | gst::PadProbeType::PUSH,
            |_, info| match info.query_mut().map(|query| query.view_mut()) {
                Some(gst::QueryViewMut::Allocation(query)) => {
                    query.add_allocation_pool(None::<&gst::BufferPool>, 64, 6, 0);
                    gst::PadProbeReturn::Handled
                }
                _ => gst::PadProbeReturn::Ok,
            },
        );
        set_caps(&input, 64, 48);
        pipeline.set(gst::State::Playing).expect("it starts");
        push(&input, 64, 48, 7);
        next(&pipeline, &out);
        let pad = pipeline
            .get::<gst::Element>("filter")
            .static_pad("sink")
            .expect("a pad");
        let mut query = gst::query::Allocation::new(pad.current_caps().as_ref(), true);
        assert!(pad.query(&mut query));
        let pools: Vec<_> = query
            .allocation_pools()
            .map(|(pool, _, min, _)| (pool.is_some(), min))
            .collect();
        assert_eq!(pools, [(false, min)], "{element}");
        // As many as are asked for can be held, and the next frame is still computed.
        let keeps = Arc::new(Mutex::new(Vec::new()));
        let held = Arc::clone(&keeps);
        let src = pipeline
            .get::<gst::Element>("filter")
            .static_pad("src")
            .expect("a pad");
        src.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(gst::PadProbeData::Buffer(buffer)) = &info.data {
                let mut held = held.lock().expect("no panic");
                if held.len() < 6 {
                    held.push(buffer.clone());
                }
            }
            gst::PadProbeReturn::Ok
        });
        for grey in 0..20 {
            push(&input, 64, 48, grey);
            assert_eq!(next(&pipeline, &out).pixel(0, 0)[0], grey, "{element}");
        }
        assert!(usage.count("surfaces_allocated") <= surfaces, "{element}");
        drop((input, out, pad, src, pipeline));
        keeps.lock().expect("no panic").clear();
        usage.assert_clean();
    }
}

#[test]
fn one_line_at_the_end_says_what_was_done() {
    let _guard = exclusive();
    filters::register();
    gst::log::set_threshold_for_name("cudafilter", gst::DebugLevel::Info);
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&lines);
    let function = gst::log::add_log_function(move |category, _, _, _, _, _, message| {
        if let (true, Some(text)) = (category.name() == "cudafilter", message.get()) {
            log.lock().expect("no panic").push(text.to_string());
        }
    });
    let source = SOURCE.replace("videotestsrc", "videotestsrc num-buffers=20");
    let line = format!("{source} ! testcopying ! {DOWNLOAD} ! appsink name=out");
    assert_eq!(frames(&line).expect("it runs").len(), 20);
    gst::log::remove_log_function(function);
    gst::log::unset_threshold_for_name("cudafilter");
    let lines = lines.lock().expect("no panic");
    let [line] = &lines[..] else {
        panic!("{lines:?}");
    };
    let (frames, counts) = line.split_once(": ").expect("frames and counts");
    assert_eq!(frames, "20 frames");
    let (registrations, rest) = counts.split_once(' ').expect("a number");
    let registrations: u32 = registrations.parse().expect("a number");
    assert!((2..=8).contains(&registrations), "{line}");
    assert_eq!(rest, "registrations, 0 maps, 0 copies, 0 synchronizations");
}
