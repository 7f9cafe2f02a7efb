//! nvmmtransform's crops, scales, flips and conversions, against GStreamer's CPU elements.
//!
//! Each runs three ways: from system memory into NVMM, from NVMM to NVMM, and from NVMM to system memory.

use gst::prelude::*;
use nvmm_pipelines::{Picture, Usage, exclusive, frames};

const UP: &str = "nvmmtransform";
const NVMM: &str = "video/x-raw(memory:NVMM)";

fn all_frames(line: &str) -> Vec<Picture> {
    frames(line).unwrap_or_else(|e| panic!("{line}: {e}"))
}

/// What comes of `source` with these properties and these fields of the output's caps, each way.
fn ours(source: &str, properties: &str, fields: &str) -> [(&'static str, Vec<Picture>); 3] {
    let with = format!("nvmmtransform {properties}");
    [
        (
            "up",
            format!("{with} ! {NVMM}{fields} ! nvmmtransform ! video/x-raw"),
        ),
        (
            "inside",
            format!("{UP} ! {NVMM} ! {with} ! {NVMM}{fields} ! nvmmtransform ! video/x-raw"),
        ),
        (
            "down",
            format!("{UP} ! {NVMM} ! {with} ! video/x-raw{fields}"),
        ),
    ]
    .map(|(way, middle)| {
        let line = format!("{source} ! {middle} ! appsink name=out");
        (way, all_frames(&line))
    })
}

fn theirs(source: &str, middle: &str) -> Vec<Picture> {
    all_frames(&format!("{source} ! {middle} ! appsink name=out"))
}

fn source(pattern: &str, format: &str, width: u32, height: u32) -> String {
    format!(
        "videotestsrc num-buffers=2 {pattern} ! \
         video/x-raw,format={format},width={width},height={height},framerate=30/1"
    )
}

/// The largest difference of a byte between pictures of one shape.
fn difference(ours: &[Picture], theirs: &[Picture], what: &str) -> u8 {
    assert_eq!(ours.len(), theirs.len(), "{what}: frames");
    let mut most = 0;
    for (a, b) in ours.iter().zip(theirs) {
        let shape = |p: &Picture| (p.format, p.width, p.height, p.pts, p.data.len());
        assert_eq!(shape(a), shape(b), "{what}");
        let bytes = a.data.iter().zip(&b.data);
        most = bytes.map(|(a, b)| a.abs_diff(*b)).fold(most, u8::max);
    }
    most
}

fn assert_same(ours: &[Picture], theirs: &[Picture], what: &str) {
    assert_eq!(difference(ours, theirs, what), 0, "{what}");
}

const FORMATS: [&str; 3] = ["RGBA", "NV12", "I420"];

/// The number of videoflip's method of this name, which is that of its video-direction too.
fn number_of(name: &str) -> i32 {
    let element = gst::ElementFactory::make("videoflip").build();
    let methods = element.expect("an element").find_property("method");
    let methods = methods.expect("a property").value_type();
    let class = gst::glib::EnumClass::with_type(methods).expect("an enum");
    class.value_by_nick(name).expect("a method").value()
}

#[test]
fn every_flip_is_that_of_videoflip() {
    let _guard = exclusive();
    let usage = Usage::start();
    // nvvidconv's order; videoflip has the same names, and other numbers.
    let flips = [
        "none",
        "counterclockwise",
        "rotate-180",
        "clockwise",
        "horizontal-flip",
        "upper-right-diagonal",
        "vertical-flip",
        "upper-left-diagonal",
    ];
    let source = source("pattern=snow", "RGBA", 66, 36);
    for (number, name) in flips.into_iter().enumerate() {
        let expected = theirs(
            &source,
            &format!("videoflip video-direction={}", number_of(name)),
        );
        for properties in [
            format!("flip-method={number}"),
            format!("flip-method={name}"),
        ] {
            for (way, pictures) in ours(&source, &properties, "") {
                // Sizes follow too: nobody said which.
                assert_same(&pictures, &expected, &format!("{way} {properties}"));
            }
        }
    }
    // Odd pictures are no odd crops.
    let source = self::source("pattern=snow", "RGBA", 37, 23);
    let expected = theirs(&source, "videoflip video-direction=90r");
    for (way, pictures) in ours(&source, "flip-method=clockwise", "") {
        assert_same(&pictures, &expected, &format!("{way} of an odd size"));
    }
    for format in FORMATS {
        let source = self::source("pattern=snow", format, 64, 36);
        let expected = theirs(&source, "videoflip video-direction=90r");
        for (way, pictures) in ours(&source, "flip-method=clockwise", "") {
            assert_same(&pictures, &expected, &format!("{way} {format}"));
        }
    }
    assert!(usage.calls("NvBufSurfTransform") > 0);
    usage.assert_clean();
}

/// The crop's edges are counted from the upper left, as nvvidconv's; videocrop's from each side.
#[test]
fn a_crop_is_that_of_videocrop_and_gives_the_size() {
    let _guard = exclusive();
    let usage = Usage::start();
    for format in FORMATS {
        let source = source("pattern=snow", format, 64, 48);
        for (properties, reference) in [
            (
                "left=8 right=40 top=4 bottom=30",
                "videocrop left=8 right=24 top=4 bottom=18",
            ),
            ("left=16 bottom=32", "videocrop left=16 bottom=16"),
            ("right=10", "videocrop right=54"),
            (
                "left=8 right=40 top=4 bottom=30 flip-method=clockwise",
                "videocrop left=8 right=24 top=4 bottom=18 ! videoflip video-direction=90r",
            ),
        ] {
            let expected = theirs(&source, reference);
            for (way, pictures) in ours(&source, properties, "") {
                assert_same(
                    &pictures,
                    &expected,
                    &format!("{way} {format} {properties}"),
                );
            }
        }
    }
    usage.assert_clean();
}

#[test]
fn a_size_is_that_of_videoscale() {
    let _guard = exclusive();
    let usage = Usage::start();
    let source = source("pattern=smpte", "RGBA", 64, 48);
    for (width, height) in [(128, 96), (32, 24), (16, 96), (64, 48)] {
        let fields = format!(",width={width},height={height},pixel-aspect-ratio=1/1");
        let reference =
            format!("videoscale add-borders=false method=nearest-neighbour ! video/x-raw{fields}");
        let expected = theirs(&source, &reference);
        for (way, pictures) in ours(&source, "interpolation-method=Nearest", &fields) {
            let what = format!("{way} {width}x{height}");
            assert_eq!(difference(&pictures, &expected, &what), 0, "{what}");
        }
    }
    // Between pixels, to larger ones: to smaller ones videoscale takes more pixels together.
    for (width, height) in [(128, 96), (96, 80)] {
        let fields = format!(",width={width},height={height},pixel-aspect-ratio=1/1");
        let reference =
            format!("videoscale add-borders=false method=bilinear ! video/x-raw{fields}");
        let expected = theirs(&source, &reference);
        for (way, pictures) in ours(&source, "interpolation-method=Bilinear", &fields) {
            let what = format!("{way} {width}x{height}");
            let most = difference(&pictures, &expected, &what);
            assert!(most <= 2, "{what}: {most}");
        }
    }
    usage.assert_clean();
}

/// Sizes that are not said follow from the other, and pixels change their shape only if neither is free.
#[test]
fn things_keep_their_shape() {
    let _guard = exclusive();
    for (source_size, properties, fields, expected) in [
        ((64, 48), "", ",width=32", (32, 24, (1, 1))),
        ((64, 48), "", ",height=96", (128, 96, (1, 1))),
        ((64, 48), "", ",width=64,height=64", (64, 64, (4, 3))),
        ((64, 48), "flip-method=1", ",width=24", (24, 32, (1, 1))),
        ((64, 48), "flip-method=1", "", (48, 64, (1, 1))),
        ((64, 48), "right=32", ",height=96", (64, 96, (1, 1))),
    ] {
        let line = format!(
            "{} ! nvmmtransform {properties} name=one ! {NVMM}{fields} ! fakesink",
            source("", "NV12", source_size.0, source_size.1)
        );
        let pipeline = nvmm_pipelines::Pipeline::parse(&line).expect("a pipeline");
        pipeline.reach(gst::State::Paused).expect("it prerolls");
        let element = pipeline.get::<gst::Element>("one");
        let caps = element.static_pad("src").and_then(|pad| pad.current_caps());
        let caps = caps.expect("caps");
        let info = gst_video::VideoInfo::from_caps(&caps).expect("video");
        let par = (info.par().numer(), info.par().denom());
        assert_eq!((info.width(), info.height(), par), expected, "{line}");
    }
}

/// A source that has the choice makes what is wanted, so that there is nothing left to do.
#[test]
fn a_source_follows_what_downstream_wants() {
    let _guard = exclusive();
    let usage = Usage::start();
    for (properties, fields, expected) in [
        ("", "width=64,height=48,format=NV12", (64, 48)),
        ("flip-method=1", "width=48,height=64,format=RGBA", (64, 48)),
    ] {
        let line = format!(
            "videotestsrc num-buffers=1 ! nvmmtransform {properties} name=it ! {NVMM},{fields} ! \
             nvmmtransform ! video/x-raw ! fakesink"
        );
        let pipeline = nvmm_pipelines::Pipeline::parse(&line).expect("a pipeline");
        pipeline.reach(gst::State::Paused).expect("it prerolls");
        let element = pipeline.get::<gst::Element>("it");
        let caps = element
            .static_pad("sink")
            .and_then(|pad| pad.current_caps());
        let info = gst_video::VideoInfo::from_caps(&caps.expect("caps")).expect("video");
        assert_eq!((info.width(), info.height()), expected, "{line}");
        assert!(fields.contains(info.format().to_str().as_str()), "{line}");
    }
    assert_eq!(usage.calls("NvBufSurfTransform"), 1, "only the flip");
    usage.assert_clean();
}

/// One colour at a time: where between pixels chroma lies is no part of this.
#[test]
fn colours_are_those_of_videoconvert_in_16_bits() {
    let _guard = exclusive();
    let usage = Usage::start();
    let formats = ["RGBA", "BGRx", "NV12", "I420"];
    for color in ["0xffc83c28", "0xff1eaa5a", "0xff3246d2", "0xff808080"] {
        for (i, from) in formats.into_iter().enumerate() {
            let to = formats[(i + 1) % formats.len()];
            for to in [to, formats[(i + 2) % formats.len()]] {
                let pattern = format!("pattern=solid-color foreground-color={color}");
                let source = source(&pattern, from, 64, 48);
                let reference = format!(
                    "videoconvert ! video/x-raw,format=AYUV64,colorimetry=bt601 ! videoconvert ! \
                     video/x-raw,format={to}"
                );
                let mut expected = theirs(&source, &reference);
                for (way, mut pictures) in ours(&source, "", &format!(",format={to}")) {
                    if to == "BGRx" {
                        // The fourth byte means nothing.
                        for picture in pictures.iter_mut().chain(&mut expected) {
                            picture
                                .data
                                .iter_mut()
                                .skip(3)
                                .step_by(4)
                                .for_each(|x| *x = 0);
                        }
                    }
                    let what = format!("{way} {color} {from} to {to}");
                    let most = difference(&pictures, &expected, &what);
                    assert!(most <= 3, "{what}: {most}");
                }
            }
        }
    }
    usage.assert_clean();
}

/// Everything at once, in one pass of the engine.
#[test]
fn crop_flip_size_and_format_go_together() {
    let _guard = exclusive();
    let usage = Usage::start();
    let source = source(
        "pattern=solid-color foreground-color=0xff3246d2",
        "NV12",
        64,
        48,
    );
    let properties = "left=8 right=40 top=4 bottom=36 flip-method=clockwise";
    let fields = ",format=RGBA,width=64,height=128,pixel-aspect-ratio=1/1";
    let expected = theirs(
        &source,
        &format!(
            "videoconvert ! video/x-raw,format=AYUV64,colorimetry=bt601 ! videoconvert ! \
             videoscale add-borders=false ! video/x-raw{fields}"
        ),
    );
    for (way, pictures) in ours(&source, properties, fields) {
        let most = difference(&pictures, &expected, way);
        assert!(most <= 3, "{way}: {most}");
    }
    // One each way, of two frames.
    assert_eq!(usage.calls("NvBufSurfTransform"), 6);
    usage.assert_clean();
}

/// A kernel may still be at work on the input when it comes.
#[test]
fn what_kernels_left_pending_is_waited_for() {
    let _guard = exclusive();
    let usage = Usage::start();
    let source = source("pattern=snow", "RGBA", 64, 48);
    let overlay = format!("{UP} ! {NVMM} ! nvmmoverlay");
    let expected = theirs(
        &source,
        &format!("{overlay} ! nvmmtransform ! video/x-raw ! videoflip video-direction=180"),
    );
    for properties in ["flip-method=rotate-180", "flip-method=2 compute-hw=GPU"] {
        let pictures = theirs(
            &source,
            &format!(
                "{overlay} ! nvmmtransform {properties} ! {NVMM} ! nvmmtransform ! video/x-raw"
            ),
        );
        assert_same(&pictures, &expected, properties);
    }
    usage.assert_clean();
}
