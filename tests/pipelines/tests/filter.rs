//! Subclasses of CudaFilter in pipelines: pixels, what a frame costs, who may write where, shapes.

mod filters;

use gst::prelude::*;
use nvmm_pipelines::{Picture, Pipeline, Usage, exclusive, frames};

const CAPS: &str = "video/x-raw,format=RGBA,width=64,height=48,framerate=30/1";
const MODES: [&str; 3] = ["testinplace", "testcopying", "testeither"];

fn source(frames: u32, bufapi_version: bool) -> String {
    format!(
        "videotestsrc num-buffers={frames} pattern=ball ! {CAPS} \
         ! nvmmtransform bufapi-version={bufapi_version}"
    )
}

/// What GStreamer's own source shows, with a value added on the CPU.
fn reference(frames: u32, value: i32) -> Vec<Picture> {
    let line =
        format!("videotestsrc num-buffers={frames} pattern=ball ! {CAPS} ! appsink name=out");
    let mut all = nvmm_pipelines::frames(&line).expect("GStreamer's own elements run");
    all.iter_mut().for_each(|picture| add(picture, value));
    all
}

fn add(picture: &mut Picture, value: i32) {
    for pixel in picture.data.chunks_exact_mut(4) {
        for byte in &mut pixel[..3] {
            *byte = (i32::from(*byte) + value).clamp(0, 255) as u8;
        }
    }
}

#[test]
fn a_picture_is_what_the_kernel_makes_of_it() {
    let _guard = exclusive();
    filters::register();
    for element in MODES {
        for bufapi_version in [false, true] {
            let usage = Usage::start();
            let line = format!(
                "{} ! {element} value=70 bufapi-version={bufapi_version} ! queue max-size-buffers=2 \
                 ! nvmmtransform ! {CAPS} ! appsink name=out",
                source(30, bufapi_version)
            );
            let ours = frames(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
            assert!(ours == reference(30, 70), "{element}: pictures or times");
            assert_eq!(usage.count("launches"), 30, "{element}");
            assert_eq!(usage.count("engine_copies"), 0, "{element}");
            usage.assert_clean();
        }
    }
}

/// Ten times the frames cost not one registration, surface or copy more.
#[test]
fn what_a_frame_costs_is_a_launch() {
    let _guard = exclusive();
    filters::register();
    for (elements, pools) in [
        ("testinplace", 1),
        ("testeither", 1),
        ("testcopying", 2),
        // The second gets buffers of this copy of the crate.
        ("testcopying ! queue max-size-buffers=1 ! testinplace", 2),
        ("testcopying ! testcopying", 3),
    ] {
        let kernels = elements.matches("test").count() as u64;
        for count in [50, 500] {
            let usage = Usage::start();
            let line = format!("{} ! {elements} ! fakesink", source(count, false));
            nvmm_pipelines::run(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
            assert_eq!(usage.count("launches"), kernels * u64::from(count));
            let surfaces = usage.count("surfaces_allocated");
            assert!(surfaces <= pools * 4, "{elements}: {surfaces} surfaces");
            let registrations = usage.count("registrations");
            let distinct = usage.count("distinct_surfaces_registered");
            println!("{elements}: {count} frames, {surfaces} surfaces, {registrations} registered");
            // A surface is registered once by each copy of the crate: the plugin's has no kernels.
            assert_eq!(registrations, distinct, "{elements}");
            assert!(registrations <= surfaces, "{elements}");
            assert_eq!(usage.count("engine_copies"), 0, "{elements}");
            assert_eq!(usage.calls("NvBufSurfaceCopy"), 0, "{elements}");
            // Uploads map and wait for kernels; the filters do neither, but once for each surface of the plugin's copy,
            // when it goes.
            let waits = usage.calls("cuStreamSynchronize");
            assert!(waits <= surfaces, "{elements}: {waits}");
            usage.assert_clean();
        }
    }
}

#[test]
fn behind_a_tee_the_other_branch_keeps_its_pixels() {
    let _guard = exclusive();
    filters::register();
    // An element that works in place alone has the GPU copy; one that can do either need not.
    for (element, copies) in [("testinplace", 3), ("testeither", 0), ("testcopying", 0)] {
        let usage = Usage::start();
        let line = format!(
            "{} ! tee name=t t. ! queue ! appsink name=other sync=false \
             t. ! queue ! {element} value=-90 ! appsink name=out sync=false",
            source(3, false)
        );
        let pipeline = Pipeline::parse(&line).expect("a pipeline");
        let [other, out] = ["other", "out"].map(|name| pipeline.get::<gst_app::AppSink>(name));
        hold_all(&pipeline);
        pipeline.set(gst::State::Playing).expect("it starts");
        let all = [&other, &out].map(|sink| {
            let pull = |_| sink.pull_sample().expect("a frame");
            (0..3).map(pull).collect::<Vec<_>>()
        });
        for (samples, value) in all.iter().zip([0, -90]) {
            for (sample, expected) in samples.iter().zip(reference(3, value)) {
                assert!(nvmm_picture(sample) == expected.data, "{element}: {value}");
            }
        }
        assert_eq!(usage.count("engine_copies"), copies, "{element}");
        assert_eq!(usage.calls("NvBufSurfaceCopy"), 0, "{element}");
        assert_eq!(usage.count("launches"), 3, "{element}");
        drop((all, other, out, pipeline));
        usage.assert_clean();
    }
}

/// Keeps a reference on every buffer that comes to the tee, as a slow branch would, until the pipeline goes.
fn hold_all(pipeline: &Pipeline) {
    let held = std::sync::Mutex::new(Vec::new());
    let pad = pipeline.get::<gst::Element>("t").static_pad("sink");
    let pad = pad.expect("a tee has a sink pad");
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(gst::PadProbeData::Buffer(buffer)) = &info.data {
            held.lock().expect("no panic").push(buffer.clone());
        }
        gst::PadProbeReturn::Ok
    });
}

/// The pixels of an RGBA buffer in NVMM.
fn nvmm_picture(sample: &gst::Sample) -> Vec<u8> {
    let info = gst_video::VideoInfo::from_caps(sample.caps().expect("caps")).expect("video");
    let buffer = sample.buffer().expect("a buffer");
    let pixels = gst_nvmm::read_cpu(buffer, &info, |map| {
        let plane = map.plane(0)?;
        let mut all = Vec::new();
        for row in 0..plane.params.height as usize {
            // SAFETY: a row of the plane, inside its mapping.
            let row = unsafe { plane.data.add(row * plane.params.pitch as usize) };
            // SAFETY: as above; nobody writes it now.
            let row = unsafe { std::slice::from_raw_parts(row.as_ptr(), plane.params.row_bytes()) };
            all.extend_from_slice(row);
        }
        Ok(all)
    });
    pixels.expect("pixels")
}

#[test]
fn the_output_may_be_of_another_size() {
    let _guard = exclusive();
    filters::register();
    let usage = Usage::start();
    let line = format!(
        "{} ! testquarter value=5 ! nvmmtransform ! video/x-raw ! appsink name=out",
        source(5, false)
    );
    let ours = frames(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
    assert_eq!(ours.len(), 5);
    for (ours, whole) in ours.iter().zip(reference(5, 5)) {
        assert_eq!((ours.width, ours.height), (32, 24));
        for (row, whole) in ours.data.chunks(32 * 4).zip(whole.data.chunks(64 * 4)) {
            assert!(row == &whole[..32 * 4]);
        }
    }
    usage.assert_clean();
}

#[test]
fn the_output_may_be_of_another_format() {
    let _guard = exclusive();
    filters::register();
    let usage = Usage::start();
    let nv12 = "videotestsrc num-buffers=5 ! video/x-raw,format=NV12,width=64,height=48";
    let line = format!(
        "{nv12} ! nvmmtransform ! testluma ! nvmmtransform ! video/x-raw ! appsink name=out"
    );
    let ours = frames(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
    let whole = frames(&format!("{nv12} ! appsink name=out")).expect("GStreamer's own");
    assert_eq!(ours.len(), 5);
    for (ours, whole) in ours.iter().zip(whole) {
        assert_eq!(ours.format, gst_video::VideoFormat::Gray8);
        assert!(ours.data == whole.data[..64 * 48]);
    }
    usage.assert_clean();
}

#[test]
fn passing_through_may_start_and_end_at_any_frame() {
    let _guard = exclusive();
    filters::register();
    for element in MODES {
        let usage = Usage::start();
        let line = format!(
            "appsrc name=in format=time caps=\"{CAPS}\" ! nvmmtransform ! {element} name=filter value=9 \
             ! nvmmtransform ! {CAPS} ! appsink name=out sync=false"
        );
        let pipeline = Pipeline::parse(&line).expect("a pipeline");
        let input = pipeline.get::<gst_app::AppSrc>("in");
        let out = pipeline.get::<gst_app::AppSink>("out");
        let filter = pipeline.get::<gst_base::BaseTransform>("filter");
        // From before negotiation on.
        for (i, passthrough) in [true, true, false, true, false, false]
            .into_iter()
            .enumerate()
        {
            gst_base::prelude::BaseTransformExt::set_passthrough(&filter, passthrough);
            if i == 0 {
                pipeline.set(gst::State::Playing).expect("it starts");
            }
            let grey = [100, 100, 100, 255].repeat(64 * 48);
            input
                .push_buffer(gst::Buffer::from_slice(grey))
                .expect("it takes buffers");
            let picture = pipeline.picture(&out).expect("it runs").expect("a picture");
            let expected = if passthrough { 100 } else { 109 };
            assert_eq!(
                picture.pixel(9, 9),
                [expected, expected, expected, 255],
                "{element} {i}"
            );
        }
        assert_eq!(usage.count("launches"), 3, "{element}");
        drop((input, out, filter, pipeline));
        usage.assert_clean();
    }
}
