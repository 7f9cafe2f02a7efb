//! Behind a tee: buffers are made writable for free, pixels are copied only for who writes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use gst::prelude::*;
use gst_nvmm::NvmmBufferExt;
use gst_video::VideoInfo;
use nvmm_pipelines::{Pipeline, Usage, exclusive, frames};

const FRAMES: u64 = 1000;

/// In the form of the release, or on R32 as surfaces too.
fn source_of(count: u64, bufapi_version: bool) -> String {
    format!(
        "videotestsrc num-buffers={count} ! video/x-raw,format=RGBA,width=64,height=48 ! \
         nvmmtransform bufapi-version={bufapi_version} ! video/x-raw(memory:NVMM) ! tee name=t "
    )
}

fn source(count: u64) -> String {
    source_of(count, false)
}

/// Sets a time on every buffer that leaves the element `mark`, as an element that owns it would.
fn mark(pipeline: &Pipeline) -> Arc<AtomicU64> {
    let marked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&marked);
    let pad = pipeline.get::<gst::Element>("mark").static_pad("src");
    let pad = pad.expect("a source pad");
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data {
            let n = count.fetch_add(1, Relaxed);
            buffer.make_mut().set_pts(gst::ClockTime::from_seconds(n));
        }
        gst::PadProbeReturn::Ok
    });
    marked
}

#[test]
fn making_buffers_writable_copies_no_pixels() {
    let _guard = exclusive();
    for (what, queue, bufapi_version) in [
        ("no queues", "", false),
        ("short queues", "queue max-size-buffers=1 !", false),
        (
            "queues longer than the pool",
            "queue max-size-buffers=50 !",
            false,
        ),
        ("surfaces on R32, too", "queue max-size-buffers=50 !", true),
    ] {
        let usage = Usage::start();
        let line = format!(
            "{} t. ! {queue} identity name=mark ! fakesink async=false \
             t. ! {queue} fakesink async=false",
            source_of(FRAMES, bufapi_version)
        );
        let pipeline = Pipeline::parse(&line).expect("a pipeline");
        let marked = mark(&pipeline);
        pipeline.finish().unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(marked.load(Relaxed), FRAMES, "{what}");
        println!("{what}: {} surfaces", usage.count("surfaces_allocated"));
        assert_eq!(usage.calls("NvBufSurfaceCopy"), 0, "{what}");
        assert_eq!(usage.count("engine_copies"), 0, "{what}");
        assert_eq!(usage.calls("NvBufSurfaceMap"), FRAMES, "{what}: uploads");
        assert!(usage.count("surfaces_allocated") <= 4, "{what}");
        usage.assert_clean();
    }
}

/// The address of the descriptor, the dmabuf's number and the first pixel of a buffer.
fn look(buffer: &gst::BufferRef, info: &VideoInfo) -> (usize, Option<i32>, u32) {
    let map = buffer.map_readable().expect("a map");
    let form = buffer.nvmm_form().expect("NVMM");
    assert_eq!(map.size(), form.memory_size().expect("a library"));
    let address = map.as_slice().as_ptr();
    let pixels = buffer.nvmm_pixels(0).expect("a picture");
    let surface = pixels.surface().expect("of our own plugin");
    let fd = surface.params(0).expect("a buffer").fd_number();
    let pixel = gst_nvmm::read_cpu(buffer, info, |map| {
        let plane = map.plane(0)?;
        // SAFETY: the first pixel of a mapped plane of four bytes each.
        Ok(unsafe { plane.data.cast::<u32>().read() })
    });
    (address.addr(), fd, pixel.expect("pixels"))
}

#[test]
fn who_maps_for_writing_gets_a_copy_of_the_pixels_in_a_surface_of_its_own() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = format!(
        "{} t. ! queue ! appsink name=a sync=false t. ! queue ! appsink name=b sync=false",
        source(2)
    );
    let pipeline = Pipeline::parse(&line).expect("a pipeline");
    pipeline.set(gst::State::Playing).expect("it starts");
    let [a, b] = ["a", "b"].map(|name| {
        let sink = pipeline.get::<gst_app::AppSink>(name);
        sink.pull_sample().expect("a frame")
    });
    let info = VideoInfo::from_caps(a.caps().expect("caps")).expect("video");
    // The sinks keep their last samples, which are the same buffers.
    let mut writer = a.buffer_owned().expect("a buffer");
    let kept = b.buffer_owned().expect("a buffer");
    let before = look(&kept, &info);
    assert_eq!(look(&writer, &info), before, "not the tee's one surface");

    drop(writer.make_mut().map_writable().expect("a map for writing"));
    let copied = look(&writer, &info);
    assert_ne!(copied.0, before.0, "the same descriptor");
    assert_ne!(copied.1, before.1, "a clone of the descriptor");
    assert_eq!(copied.2, before.2, "other pixels");
    assert_eq!(usage.calls("NvBufSurfaceCopy"), 1);

    let ink = !before.2;
    let written = gst_nvmm::write_cpu(writer.make_mut(), &info, |map| {
        let plane = map.plane(0)?;
        // SAFETY: the first pixel of a plane mapped for writing.
        unsafe { plane.data.cast::<u32>().write(ink) };
        Ok(())
    });
    written.expect("the copy is the writer's own");
    assert_eq!(look(&writer, &info).2, ink);
    assert_eq!(look(&kept, &info), before, "the other branch's pixels");
    drop((writer, kept, a, b));
    drop(pipeline);
    usage.assert_clean();
}

#[test]
fn writing_into_a_shared_memory_is_refused() {
    let _guard = exclusive();
    let line = format!(
        "{} t. ! queue ! appsink name=a sync=false t. ! queue ! fakesink",
        source(1)
    );
    let pipeline = Pipeline::parse(&line).expect("a pipeline");
    pipeline.set(gst::State::Playing).expect("it starts");
    let sample = pipeline.get::<gst_app::AppSink>("a").pull_sample();
    let sample = sample.expect("a frame");
    let info = VideoInfo::from_caps(sample.caps().expect("caps")).expect("video");
    let mut buffer = sample.buffer_owned().expect("a buffer");
    let error = gst_nvmm::write_cpu(buffer.make_mut(), &info, |_| Ok(()));
    let error = error
        .expect_err("the sample has the same memory")
        .to_string();
    assert!(
        error.contains("shared") && error.contains("pool"),
        "{error}"
    );
}

/// Both branches go into one overlay, one of them with its own time stamps: the pixels are right.
#[test]
fn both_branches_into_one_overlay_show_the_same_picture_twice() {
    let _guard = exclusive();
    let line = |mixer: &str, up: &str, down: &str| {
        format!(
            "videotestsrc pattern=ball num-buffers=10 ! \
             video/x-raw,format=RGBA,width=64,height=48,framerate=30/1 ! {up} tee name=t \
             t. ! queue ! mix.sink_0 t. ! queue ! mix.sink_1 \
             {mixer} name=mix sink_1::xpos=64 ! {down} video/x-raw,format=RGBA ! appsink name=out"
        )
    };
    let ours = frames(&line("nvmmoverlay", "nvmmtransform !", "nvmmtransform !"));
    let reference = frames(&line("compositor background=black", "", ""));
    nvmm_pipelines::assert_near(
        &ours.expect("it runs"),
        &reference.expect("it runs"),
        1,
        "tee into overlay",
    );
}
