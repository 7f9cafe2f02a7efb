//! What users of NVMM elements have met, provoked here: those symptoms that no other file has a test for. The
//! table of all of them is in the README beside this folder, and is compared with the tests.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use gst::prelude::*;
use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{NvmmFrame, Session};
use gst_video::{VideoFormat, VideoInfo};
use nvmm_pipelines::{Peer, Pipeline, Usage, child, exclusive, fail, is_child, is_r32, root, run};

const LINE: &str = "videotestsrc num-buffers=5 ! video/x-raw,format=RGBA,width=64,height=48 ! nvmmtransform ! \
                    queue ! nvmmoverlay ! queue ! nvmmtransform ! video/x-raw ! fakesink";

/// libnvbuf_utils is asked for the fd of what is its own, never of an NvBufSurface: on R35 and later the answer
/// to that is `NVMAP_IOC_GET_FD failed`.
#[test]
fn no_surface_is_taken_for_an_nv_buffer() {
    let _guard = exclusive();
    let usage = Usage::start();
    let asked = || {
        if is_r32() {
            usage.calls("ExtractFdFromNvBuffer")
        } else {
            0
        }
    };
    let session = Session::new().expect("CUDA");
    let info = VideoInfo::builder(VideoFormat::Rgba, 64, 48)
        .build()
        .expect("a size");
    let peer = Peer::new(1, 64, 48, ColorFormat::RGBA);
    let before = asked();
    for (mem_type, size) in [
        (c"nvstream", 0),
        (c"V4l2Memory", 3_110_400),
        (c"SystemMemory", 4096),
    ] {
        let frame = NvmmFrame::new(peer.named(0, mem_type, size), &info, session.context());
        frame
            .map(drop)
            .unwrap_or_else(|e| panic!("{mem_type:?}: {e}"));
    }
    run(LINE).expect("it runs");
    if !is_r32() {
        // There is nothing that could be asked, not even where the library is installed.
        let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
        assert!(!maps.contains("libnvbuf_utils"), "loaded");
    }
    assert_eq!(asked(), before);
    // What is kept for surfaces that come back goes with the session.
    drop((session, peer));
    usage.assert_clean();
}

/// Over ssh -X, `DISPLAY` names a server that has no NVIDIA driver.
#[test]
fn a_display_that_does_not_answer_is_an_error_with_the_remedy() {
    let variables = [("NVMM_SIM_DISPLAY", "dead"), ("DISPLAY", "far:10.0")];
    if !is_child() {
        child(
            "a_display_that_does_not_answer_is_an_error_with_the_remedy",
            &variables,
        );
        return;
    }
    let _guard = exclusive();
    let error = run(LINE).expect_err("no EGLImage can be made");
    println!("{error}");
    assert!(error.contains("NvBufSurfaceMapEglImage"), "{error}");
    assert!(error.contains("DISPLAY"), "{error}");
}

/// In a container without the device node the first allocation fails.
#[test]
fn a_platform_without_memory_manager_names_the_device_node() {
    let name = "a_platform_without_memory_manager_names_the_device_node";
    if !is_child() {
        child(name, &[]);
        return;
    }
    let _guard = exclusive();
    for function in ["NvBufSurfaceCreate", "NvBufSurfaceAllocate"] {
        // As often as it is tried.
        for number in 1..8 {
            fail(function, number, -1);
        }
    }
    let error = run(LINE).expect_err("nothing can be allocated");
    println!("{error}");
    assert!(
        error.contains("/dev/nvmap") && error.contains("group video"),
        "{error}"
    );
}

/// Since GStreamer 1.18 pools complain of memory that is not as large as the picture.
#[test]
fn nobody_complains_of_the_size_of_nvmm_memory() {
    let _guard = exclusive();
    let said = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&said);
    gst::log::set_default_threshold(gst::DebugLevel::Warning);
    let function = gst::log::add_log_function(move |category, level, _, _, _, _, message| {
        let text = message
            .get()
            .map_or_else(String::new, |text| text.to_string());
        // Slow machines are no complaint of a size.
        if level <= gst::DebugLevel::Warning && text.contains("size") {
            log.lock()
                .expect("no panic")
                .push(format!("{}: {text}", category.name()));
        }
    });
    let result = run(LINE);
    gst::log::remove_log_function(function);
    result.expect("it runs");
    assert_eq!(*said.lock().expect("no panic"), [""; 0]);
}

/// NVIDIA's compositor dies of it.
#[test]
fn a_mixer_without_inputs_starts_and_stops() {
    let _guard = exclusive();
    let usage = Usage::start();
    let pipeline = Pipeline::parse("nvmmoverlay name=mix ! fakesink").expect("it parses");
    for _ in 0..20 {
        pipeline.set(gst::State::Playing).expect("it starts");
        pipeline.set(gst::State::Null).expect("it stops");
    }
    let mix: gst::Element = pipeline.get("mix");
    let pad = mix.request_pad_simple("sink_%u").expect("a pad");
    pipeline.set(gst::State::Playing).expect("it starts");
    mix.release_request_pad(&pad);
    pipeline.set(gst::State::Null).expect("it stops");
    drop((pipeline, mix, pad));
    usage.assert_clean();
}

/// Each test that the table names is there, and each row has one or says why not.
#[test]
fn the_table_names_tests_that_there_are() {
    let readme = root().join("tests/pipelines/README.md");
    let text = std::fs::read_to_string(&readme).expect("the README");
    let rows: Vec<_> = text
        .lines()
        .filter(|line| {
            line.starts_with("| ") && line.as_bytes().get(2).is_some_and(u8::is_ascii_digit)
        })
        .collect();
    let numbers: BTreeSet<_> = rows
        .iter()
        .map(|row| row.split('|').nth(1).unwrap_or("").trim())
        .collect();
    assert_eq!(numbers.len(), 24, "{numbers:?}");
    for row in rows {
        let names: Vec<_> = row
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.contains("::"))
            .collect();
        assert!(!names.is_empty() || row.contains("Not ours"), "{row}");
        for name in names {
            let (file, test) = name.rsplit_once("::").expect("seen above");
            let source = std::fs::read_to_string(root().join(Path::new(file)));
            let source = source.unwrap_or_else(|e| panic!("{file}: {e}"));
            assert!(source.contains(&format!("fn {test}(")), "{name}");
        }
    }
}
