//! Colour conversion and scaling against GStreamer's videoconvert and videoscale.
//!
//! The reference is asked for chroma samples where NVIDIA's headers put them (`chroma-site=mpeg2`), for
//! the colours of the NVBUF formats, and for no dither. GStreamer's short cuts from planar and packed
//! YUV repeat chroma samples, and its 8-bit matrix from YUV to RGB is up to 7 steps off: it is led
//! round them by way of NV12 or NV16, and of 16-bit formats.

mod canvas;
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use canvas::{Ask, Canvas, transform};
use nvbufsurface_sys::classic as sys;
use support::{counter, isolated, on_each};

const WIDTH: u32 = 96;
const HEIGHT: u32 = 64;

/// A format of ours, and what GStreamer calls it.
type Format = (u32, &'static str, &'static str);

const YUV: &str = "chroma-site=mpeg2,colorimetry=bt601";
const FULL: &str = "chroma-site=mpeg2,colorimetry=1:4:16:4";
const HD: &str = "chroma-site=mpeg2,colorimetry=bt709";
const HD_FULL: &str = "chroma-site=mpeg2,colorimetry=1:3:5:1";
const RGB: &str = "colorimetry=sRGB";

const FORMATS: &[Format] = &[
    (sys::NVBUF_COLOR_FORMAT_GRAY8, "GRAY8", YUV),
    (sys::NVBUF_COLOR_FORMAT_YUV420, "I420", YUV),
    (sys::NVBUF_COLOR_FORMAT_YVU420, "YV12", YUV),
    (sys::NVBUF_COLOR_FORMAT_YUV420_ER, "I420", FULL),
    (sys::NVBUF_COLOR_FORMAT_YUV420_709, "I420", HD),
    (sys::NVBUF_COLOR_FORMAT_NV12, "NV12", YUV),
    (sys::NVBUF_COLOR_FORMAT_NV21, "NV21", YUV),
    (sys::NVBUF_COLOR_FORMAT_NV12_ER, "NV12", FULL),
    (sys::NVBUF_COLOR_FORMAT_NV12_709, "NV12", HD),
    (sys::NVBUF_COLOR_FORMAT_NV12_709_ER, "NV12", HD_FULL),
    (sys::NVBUF_COLOR_FORMAT_NV16, "NV16", YUV),
    (sys::NVBUF_COLOR_FORMAT_NV24, "NV24", YUV),
    (sys::NVBUF_COLOR_FORMAT_YUV422, "Y42B", YUV),
    (sys::NVBUF_COLOR_FORMAT_YUV444, "Y444", YUV),
    (sys::NVBUF_COLOR_FORMAT_UYVY, "UYVY", YUV),
    (sys::NVBUF_COLOR_FORMAT_YUYV, "YUY2", YUV),
    (sys::NVBUF_COLOR_FORMAT_NV12_10LE, "P010_10LE", YUV),
    (sys::NVBUF_COLOR_FORMAT_RGBA, "RGBA", RGB),
    (sys::NVBUF_COLOR_FORMAT_BGRA, "BGRA", RGB),
    (sys::NVBUF_COLOR_FORMAT_ARGB, "ARGB", RGB),
    (sys::NVBUF_COLOR_FORMAT_ABGR, "ABGR", RGB),
    (sys::NVBUF_COLOR_FORMAT_RGBx, "RGBx", RGB),
    (sys::NVBUF_COLOR_FORMAT_BGRx, "BGRx", RGB),
    (sys::NVBUF_COLOR_FORMAT_xRGB, "xRGB", RGB),
    (sys::NVBUF_COLOR_FORMAT_xBGR, "xBGR", RGB),
    (sys::NVBUF_COLOR_FORMAT_RGB, "RGB", RGB),
    (sys::NVBUF_COLOR_FORMAT_BGR, "BGR", RGB),
];

fn file(name: &str) -> PathBuf {
    let name = format!("{name}.{}.raw", std::process::id());
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Runs a pipeline without the simulator's libraries.
fn gst(pipeline: &str) {
    // Killed where it waits for something that does not come.
    let output = Command::new("timeout")
        .args(["60", "gst-launch-1.0", "-q"])
        .args(pipeline.split_whitespace())
        .env_remove("LD_LIBRARY_PATH")
        .output()
        .expect("timeout (coreutils) is installed");
    assert_ne!(
        output.status.code(),
        Some(127),
        "gst-launch-1.0 (GStreamer's command line tools) is not installed"
    );
    assert!(
        output.status.success(),
        "{pipeline}\n{}",
        support::text(&output)
    );
}

fn caps((_, name, colours): Format, width: u32, height: u32) -> String {
    format!("video/x-raw,format={name},{colours},width={width},height={height},framerate=30/1")
}

/// A picture of GStreamer's in a format.
fn picture(format: Format, pattern: &str) -> Vec<u8> {
    let out = file("picture");
    let caps = caps(format, WIDTH, HEIGHT);
    gst(&format!(
        "videotestsrc num-buffers=1 pattern={pattern} ! video/x-raw,format=AYUV,width={WIDTH},height={HEIGHT} \
         ! videoconvert dither=none ! {caps} ! filesink location={}",
        out.display()
    ));
    std::fs::read(out).unwrap()
}

/// What elements make of a picture.
fn reference(bytes: &[u8], from: Format, elements: &str, to: Format, size: (u32, u32)) -> Vec<u8> {
    let (input, output) = (file("in"), file("out"));
    std::fs::write(&input, bytes).unwrap();
    gst(&format!(
        "filesrc location={} ! rawvideoparse format={} width={WIDTH} height={HEIGHT} framerate=30/1 \
         ! capssetter caps={} ! {elements} ! {},pixel-aspect-ratio=1/1 ! filesink location={}",
        input.display(),
        from.1.to_lowercase().replace('_', "-"),
        caps(from, WIDTH, HEIGHT),
        caps(to, size.0, size.1),
        output.display()
    ));
    std::fs::read(output).unwrap()
}

/// The largest difference in 8-bit steps, and how often it is more than two.
fn difference(format: Format, ours: &[u8], theirs: &[u8]) -> (u32, usize) {
    assert_eq!(ours.len(), theirs.len(), "{}", format.1);
    let samples = |bytes: &[u8]| -> Vec<u32> {
        if format.1 == "P010_10LE" {
            let pairs = bytes.chunks(2);
            pairs
                .map(|p| u32::from(u16::from_le_bytes([p[0], p[1]])) >> 8)
                .collect()
        } else {
            bytes.iter().map(|b| u32::from(*b)).collect()
        }
    };
    let (ours, theirs) = (samples(ours), samples(theirs));
    let all = ours.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b));
    (all.clone().max().unwrap(), all.filter(|d| *d > 2).count())
}

fn ours(from: Format, bytes: &[u8], to: Format, size: (u32, u32), ask: &Ask) -> Vec<u8> {
    let source = Canvas::new(from.0, WIDTH, HEIGHT);
    let dest = Canvas::new(to.0, size.0, size.1);
    source.write(0, bytes);
    assert_eq!(transform(source, dest, ask), 0, "{} to {}", from.1, to.1);
    let result = dest.read(0);
    assert_eq!((source.destroy(), dest.destroy()), (0, 0));
    result
}

/// GStreamer's way from one format to another without its short cuts.
fn way(from: Format, to: Format) -> String {
    let convert = "videoconvert dither=none";
    let mut steps = vec![convert.to_owned()];
    let mut by_way_of = |format: Format| {
        steps.push(caps(format, WIDTH, HEIGHT));
        steps.push(convert.to_owned());
    };
    match from.1 {
        "I420" | "YV12" => by_way_of((0, "NV12", from.2)),
        "Y42B" | "UYVY" | "YUY2" => by_way_of((0, "NV16", from.2)),
        _ => {}
    }
    if from.2 != RGB && to.2 == RGB {
        by_way_of((0, "AYUV64", from.2));
    } else if to.1 == "NV12" && from.1 == "UYVY" {
        by_way_of((0, "I420", to.2));
    }
    steps.join(" ! ")
}

/// 16-bit alpha, red, green, blue as the bytes of a format.
fn rounded(deep: &[u8], name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for pixel in deep.chunks(8) {
        for letter in name.chars() {
            let at = "ARGB".find(letter).unwrap_or_default();
            let value = u32::from(u16::from_le_bytes([pixel[2 * at], pixel[2 * at + 1]]));
            bytes.push(((value * 255 + 32767) / 65535) as u8);
        }
    }
    bytes
}

#[test]
fn conversions_are_those_of_videoconvert() {
    // The newest release has all of the formats.
    on_each("conversions_are_those_of_videoconvert", &["r39.2"], || {
        let mut wrong = Vec::new();
        let hubs = ["NV12", "RGBA", "I420", "UYVY", "BGR", "P010_10LE", "GRAY8"];
        for from in FORMATS {
            let bytes = picture(*from, "smpte");
            for to in FORMATS {
                // Each with each would be 729 pipelines.
                let is_hub = |f: &Format| hubs.contains(&f.1) && [YUV, RGB].contains(&f.2);
                if !(is_hub(from) && is_hub(to) || from.1 == "RGBA" || to.1 == "RGBA") {
                    continue;
                }
                let size = (WIDTH, HEIGHT);
                let theirs = if from.2 != RGB && to.2 == RGB {
                    let deep = (0, "ARGB64_LE", RGB);
                    rounded(
                        &reference(&bytes, *from, &way(*from, *to), deep, size),
                        to.1,
                    )
                } else {
                    reference(&bytes, *from, &way(*from, *to), *to, size)
                };
                let ours = ours(*from, &bytes, *to, size, &Ask::default());
                let (most, count) = difference(*to, &ours, &theirs);
                // GStreamer's 16-bit matrix from BT.709 is itself 2.2 steps off.
                let limit = if from.2 == HD && to.2 == RGB { 3 } else { 2 };
                if most > limit {
                    wrong.push(format!("{from:?} {to:?}: {most}, {count} times"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(counter("violations"), 0);
    });
}

const SCALED: &[&str] = &["GRAY8", "I420", "NV12", "UYVY", "Y444", "RGBA", "RGB"];
const SIZES: &[(u32, u32)] = &[
    (48, 32),
    (192, 128),
    (120, 40),
    (64, 72),
    (24, 200),
    (96, 16),
];

fn scaling(filter: u32, method: &str, limit: u32) {
    let mut wrong = Vec::new();
    for format in FORMATS
        .iter()
        .filter(|f| SCALED.contains(&f.1) && [YUV, RGB].contains(&f.2))
    {
        let bytes = picture(*format, "smpte");
        for size in SIZES {
            let elements = format!("videoscale method={method} add-borders=false");
            let theirs = reference(&bytes, *format, &elements, *format, *size);
            let ours = ours(*format, &bytes, *format, *size, &Ask::filter(filter));
            let (most, _) = difference(*format, &ours, &theirs);
            if most > limit {
                wrong.push(format!("{format:?} {size:?}: {most}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nearest_is_that_of_videoscale() {
    isolated("nearest_is_that_of_videoscale", || {
        scaling(sys::NvBufSurfTransformInter_Nearest, "nearest-neighbour", 0);
    });
}

#[test]
fn bilinear_is_that_of_videoscale() {
    isolated("bilinear_is_that_of_videoscale", || {
        scaling(sys::NvBufSurfTransformInter_Bilinear, "bilinear", 2);
    });
}

#[test]
fn flat_colours_are_those_of_the_standards() {
    on_each(
        "flat_colours_are_those_of_the_standards",
        &["r32.7"],
        || {
            for (format, red, blue, full) in [
                (sys::NVBUF_COLOR_FORMAT_NV12, 0.299, 0.114, false),
                (sys::NVBUF_COLOR_FORMAT_NV12_ER, 0.299, 0.114, true),
                (sys::NVBUF_COLOR_FORMAT_NV12_709, 0.2126, 0.0722, false),
                (sys::NVBUF_COLOR_FORMAT_NV12_709_ER, 0.2126, 0.0722, true),
            ] {
                let from = Canvas::new(format, 16, 8);
                let to = Canvas::new(sys::NVBUF_COLOR_FORMAT_RGBA, 16, 8);
                for [y, u, v] in [
                    [16u8, 128, 128],
                    [235, 128, 128],
                    [81, 90, 240],
                    [120, 100, 150],
                ] {
                    let mut bytes = vec![y; 16 * 8];
                    bytes.extend([u, v].repeat(8 * 4));
                    from.write(0, &bytes);
                    assert_eq!(transform(from, to, &Ask::default()), 0);
                    let (black, range, colours) = if full {
                        (0., 255., 255.)
                    } else {
                        (16., 219., 224.)
                    };
                    let luma = (f64::from(y) - black) / range;
                    let [u, v] = [u, v].map(|c| (f64::from(c) - 128.) / colours);
                    let (r, b) = (luma + 2. * (1. - red) * v, luma + 2. * (1. - blue) * u);
                    let g = (luma - red * r - blue * b) / (1. - red - blue);
                    let expected = [r, g, b, 1.].map(|c| c.clamp(0., 1.) * 255.);
                    for pixel in to.read(0).chunks(4) {
                        let close = |(a, b): (&u8, f64)| (f64::from(*a) - b).abs() < 0.6;
                        let all = pixel.iter().zip(expected).all(close);
                        assert!(all, "{format}: {pixel:?} {expected:?}");
                    }
                }
            }
        },
    );
}
