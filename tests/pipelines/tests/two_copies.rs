//! Frames of this program's copy of gst-nvmm, registered by the plugin's copy too.

use gst::prelude::*;
use gst_nvmm::egl_cuda::PinnedMemory;
use gst_nvmm::{NvmmSource, Session};
use nvmm_pipelines::{Pipeline, Usage, exclusive, fail};

const SIZE: usize = 2048;

/// The application's work on a frame that goes, when the pipeline has stopped, is not finished yet.
#[test]
fn registrations_of_both_copies_outlast_the_applications_work() {
    let _guard = exclusive();
    let usage = Usage::start();
    let caps =
        format!("video/x-raw(memory:NVMM),format=RGBA,width={SIZE},height={SIZE},framerate=30/1");
    let source = NvmmSource::new(&caps.parse().expect("caps"), 2).expect("a source");
    let pipeline = Pipeline::parse("nvmmoverlay name=mix ! fakesink sync=false");
    let pipeline = pipeline.expect("a pipeline");
    pipeline.as_gst().add(&source).expect("a new element");
    let mix = pipeline.get::<gst::Element>("mix");
    source.link(&mix).expect("pads");
    pipeline.set(gst::State::Playing).expect("it starts");
    // More than there are: each surface was in the overlay.
    for number in 0..8 {
        let frame = source.frame().expect("an empty frame");
        let pts = gst::ClockTime::from_mseconds(33 * number);
        source.push(frame, pts).expect("it is taken");
    }
    let frame = source.frame().expect("an empty frame");
    let session = Session::new().expect("CUDA");
    let memory = PinnedMemory::new(session.context(), SIZE * 4, SIZE).expect("memory");
    pipeline.set(gst::State::Null).expect("it stops");
    let stream = session.stream();
    frame.begin(stream).expect("a wait on the stream");
    for _ in 0..16 {
        let to = frame.target(0).expect("rows to write");
        stream.copy(memory.source(), to).expect("a copy");
    }
    frame.finish(stream).expect("an event");
    assert!(
        !stream.is_complete().expect("a query"),
        "the work is done already"
    );
    let registrations = nvmm_pipelines::alive()[2];
    assert!(registrations >= 2, "{registrations}: of both copies");
    drop(frame);
    stream.synchronize().expect("a wait");
    drop((memory, session, mix, source, pipeline));
    usage.assert_clean();
}

/// What fails in this program's copy, while the plugin's uses its memory, is said on the bus.
#[test]
fn the_plugin_names_the_call_that_failed_in_the_application() {
    let _guard = exclusive();
    let caps = "video/x-raw(memory:NVMM),format=RGBA,width=64,height=48,framerate=30/1";
    for (line, function) in [
        ("nvmmoverlay name=first ! fakesink", "cuStreamWaitEvent"),
        (
            "nvmmtransform name=first ! video/x-raw ! fakesink",
            "cuEventSynchronize",
        ),
    ] {
        let usage = Usage::start();
        let source = NvmmSource::new(&caps.parse().expect("caps"), 2).expect("a source");
        let pipeline = Pipeline::parse(line).expect("a pipeline");
        pipeline.as_gst().add(&source).expect("a new element");
        let first = pipeline.get::<gst::Element>("first");
        source.link(&first).expect("pads");
        let session = Session::new().expect("CUDA");
        let memory = PinnedMemory::new(session.context(), 256, 48).expect("memory");
        let frame = source.frame().expect("an empty frame");
        let (to, stream) = (frame.target(0).expect("rows to write"), session.stream());
        stream.copy(memory.source(), to).expect("a copy");
        frame.finish(stream).expect("an event");
        fail(function, 1, 700);
        pipeline.set(gst::State::Playing).expect("it starts");
        let zero = gst::ClockTime::ZERO;
        source.push(frame, zero).expect("it is taken");
        source.end_of_stream();
        let error = pipeline.wait().expect_err(function);
        assert!(error.contains(function) && error.contains("700"), "{error}");
        assert_eq!(usage.count("faults_injected"), 1, "{function}");
        drop((memory, session, first, source, pipeline));
        usage.assert_clean();
    }
}
