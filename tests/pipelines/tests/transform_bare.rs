//! nvmmtransform with nothing said, and with what cannot be said: what `gst-launch-1.0` does with it.

mod through;

use std::process::Command;

use gst::prelude::*;
use gst_nvmm::nvbuf::{ColorFormat, Transform};
use nvmm_pipelines::{Peer, Usage, exclusive, run};
use through::{Through, bytes, caps, nvmm, system};

const NVMM: &str = "video/x-raw(memory:NVMM)";

/// Whether a launch line ran to its end, and all that was said.
fn launch(line: &str) -> (bool, String) {
    // gst-launch-1.0 1.22 waits for ever, having said it, where an error comes before its main loop runs.
    let output = Command::new("timeout")
        .args(["--signal=INT", "60", "gst-launch-1.0"])
        .args(line.split_whitespace())
        .env("LC_ALL", "C")
        .output()
        .expect("gst-launch-1.0 starts");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output.status.success() && text.contains("Got EOS"), text)
}

/// As videoconvert does. The source has every choice.
#[test]
fn it_runs_with_bare_settings() {
    let _guard = exclusive();
    for middle in [
        "nvmmtransform".into(),
        "nvmmtransform ! nvmmtransform".into(),
        "nvmmtransform ! nvmmtransform ! nvmmtransform".into(),
        "nvmmtransform flip-method=clockwise".into(),
        "nvmmtransform right=64 bottom=32".into(),
        format!("nvmmtransform ! {NVMM}"),
        format!("nvmmtransform ! nvmmtransform ! {NVMM}"),
        format!("nvmmtransform ! {NVMM} ! nvmmtransform"),
        format!("nvmmtransform ! {NVMM} ! nvmmtransform ! video/x-raw"),
        format!("nvmmtransform ! {NVMM} ! nvmmtransform ! nvmmtransform ! video/x-raw"),
        "nvmmtransform ! video/x-raw".into(),
        "nvmmtransform ! nvmmoverlay ! nvmmtransform ! videoconvert".into(),
        "nvmmtransform ! nvmmtransform ! nvmmoverlay".into(),
    ] {
        let (has_run, text) = launch(&format!("videotestsrc num-buffers=3 ! {middle} ! fakesink"));
        assert!(has_run, "{middle}: {text}");
    }
}

#[test]
fn system_memory_is_passed_on_as_it_is() {
    let _guard = exclusive();
    let usage = Usage::start();
    for middle in [
        "nvmmtransform",
        "nvmmtransform ! nvmmtransform ! video/x-raw",
    ] {
        let mut through = Through::new(middle, &caps(64, 48));
        for seed in 0..4 {
            let picture = through.push(system(64, 48, seed)).expect("a picture");
            assert!(picture.data == bytes(&system(64, 48, seed)), "{middle}");
        }
    }
    // Of formats, too, that no surface here holds.
    run("videotestsrc num-buffers=2 ! video/x-raw,format=GRAY16_LE ! nvmmtransform ! fakesink")
        .expect("it runs");
    assert_eq!(usage.count("surfaces_allocated"), 0);
    assert_eq!(usage.calls("NvBufSurfaceMap"), 0);
    usage.assert_clean();
}

/// A source that has the choice takes a format that there are surfaces of, whatever it would like best.
#[test]
fn the_source_takes_a_format_that_can_be_allocated() {
    let _guard = exclusive();
    let usage = Usage::start();
    for formats in ["{ABGR,NV16,GRAY16_LE,RGBA}", "{GRAY16_LE,NV24,NV12}"] {
        run(&format!(
            "videotestsrc num-buffers=2 ! video/x-raw,format={formats} ! nvmmtransform ! {NVMM} ! \
             fakesink"
        ))
        .unwrap_or_else(|error| panic!("{formats}: {error}"));
    }
    usage.assert_clean();
}

#[test]
fn pictures_in_system_memory_do_not_change_without_nvmm() {
    let _guard = exclusive();
    let usage = Usage::start();
    for (middle, words) in [
        (
            "nvmmtransform ! video/x-raw,width=32",
            ["width 64 here, 32 there", "system memory becomes NVMM"],
        ),
        (
            "nvmmtransform flip-method=2 ! video/x-raw",
            [
                "memory:NVMM here, system memory there",
                "system memory becomes NVMM",
            ],
        ),
    ] {
        let mut through = Through::new(middle, &caps(64, 48));
        let error = through.push(system(64, 48, 1)).expect_err(middle);
        for words in words {
            assert!(error.contains(words), "{middle}: {error}");
        }
    }
    // Set when pictures have gone through already.
    let mut through = Through::new("nvmmtransform name=it ! video/x-raw", &caps(64, 48));
    through.push(system(64, 48, 1)).expect("a picture");
    let element = through.pipeline.get::<gst::Element>("it");
    element.set_property_from_str("flip-method", "2");
    let error = through.push(system(64, 48, 2)).expect_err("a flip");
    assert!(error.contains("system memory becomes NVMM"), "{error}");
    drop((through, element));
    usage.assert_clean();
}

/// Where the release's engine takes no odd rectangles, they are refused with the caps, by name.
#[test]
fn odd_crops_are_refused_before_the_first_frame() {
    let _guard = exclusive();
    let source = "videotestsrc num-buffers=2 ! video/x-raw,format=NV12";
    for (size, properties, words) in [
        ((320, 240), "left=3", "left=3 is odd: take 2"),
        ((320, 240), "right=201", "right=201 is odd: take 200"),
        ((320, 240), "right=1", "right=1 is odd: take 2"),
        ((320, 240), "top=1", "top=1 is odd: take 0"),
        (
            (320, 240),
            "left=1 bottom=99",
            "left=1 is odd: take 0; bottom=99 is odd: take 98",
        ),
        (
            (321, 240),
            "left=2",
            "right=0 is 321 in this picture: take 320",
        ),
    ] {
        let (width, height) = size;
        let line = format!(
            "{source},width={width},height={height} ! nvmmtransform {properties} ! {NVMM} ! fakesink"
        );
        let (has_run, text) = launch(&line);
        if Transform::has_odd_crop() {
            assert!(has_run, "{line}: {text}");
            continue;
        }
        for words in [words, "left, right, top and bottom are even"] {
            assert!(text.contains(words), "{line}: {text}");
        }
        assert!(
            !has_run && text.contains("doesn't want to preroll"),
            "{text}"
        );
    }
    // All of an odd picture is no crop.
    let line =
        format!("{source},width=321,height=241 ! nvmmtransform right=321 ! {NVMM} ! fakesink");
    let (has_run, text) = launch(&line);
    assert!(has_run, "{line}: {text}");
}

#[test]
fn an_odd_crop_is_refused_when_it_is_set() {
    let _guard = exclusive();
    let usage = Usage::start();
    let peer = Peer::new(1, 64, 48, ColorFormat::RGBA);
    let line =
        format!("nvmmtransform name=it left=4 right=36 ! {NVMM} ! nvmmtransform ! video/x-raw");
    let mut through = Through::new(&line, &nvmm(64, 48));
    through.push(peer.buffer(0)).expect("a picture");
    let element = through.pipeline.get::<gst::Element>("it");
    // Of the same size as before, so that the caps stay.
    for (name, value) in [("left", "5"), ("right", "37")] {
        element.set_property_from_str(name, value);
    }
    let pushed = through.push(peer.buffer(0));
    if Transform::has_odd_crop() {
        pushed.expect("a picture");
    } else {
        let error = pushed.expect_err("an odd crop");
        let words = "left=5 is odd: take 4; right=37 is odd: take 36";
        assert!(error.contains(words), "{error}");
    }
    drop((through, element, peer));
    usage.assert_clean();
}
