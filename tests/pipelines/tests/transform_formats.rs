//! nvmmtransform with every format that its caps name, in both forms: there and back to the bit, and conversions
//! against GStreamer's in 16 bits.

mod through;

use gst_nvmm::{Form, color_format, is_allocatable, video_formats};
use gst_video::{VideoFormat, VideoFormatInfo, VideoInfo};
use nvmm_pipelines::{Picture, Usage, exclusive, frames};
use through::Through;

const NVMM: &str = "video/x-raw(memory:NVMM)";

fn all(line: &str) -> Vec<Picture> {
    frames(&format!("{line} ! appsink name=out")).unwrap_or_else(|e| panic!("{line}: {e}"))
}

/// The formats of one form, and those that this release has no surfaces of.
fn formats(form: Form) -> (Vec<VideoFormat>, Vec<VideoFormat>) {
    video_formats().partition(|format| {
        let surface = color_format(*format).expect("each has one");
        is_allocatable(surface, form)
    })
}

/// Both forms of this platform, with the property that asks for them; of later releases they are one.
fn forms() -> [(Form, &'static str); 2] {
    [false, true].map(|is_new| {
        let property = if is_new { "bufapi-version=true" } else { "" };
        (Form::of_platform(is_new), property)
    })
}

#[test]
fn every_format_goes_there_and_back_to_the_bit() {
    let _guard = exclusive();
    let usage = Usage::start();
    let mut count = 0;
    for (form, property) in forms() {
        for format in formats(form).0 {
            for (width, height) in [(64, 48), (37, 23), (2, 2)] {
                let source = format!(
                    "videotestsrc num-buffers=2 pattern=snow ! \
                     video/x-raw,format={format},width={width},height={height}"
                );
                let up = format!("nvmmtransform {property} ! {NVMM},format={format}");
                let down = format!("nvmmtransform ! video/x-raw,format={format}");
                let back = all(&format!("{source} ! {up} ! {down}"));
                assert_eq!(back.len(), 2);
                assert!(back == all(&source), "{format} {width}x{height} {property}");
                count += 1;
            }
        }
    }
    println!("{count} round trips");
    // Those of R32.1's nv_buffer, and of its surfaces.
    assert!(count >= 3 * (13 + 21), "{count}");
    assert_eq!(usage.calls("NvBufSurfTransform"), 0);
    usage.assert_clean();
}

/// Not when the first surface is made.
#[test]
fn formats_that_the_release_has_not_are_refused_with_the_caps() {
    let _guard = exclusive();
    let usage = Usage::start();
    for format in formats(Form::Surface).1 {
        let info = VideoInfo::builder(format, 64, 48).build().expect("a size");
        let caps = info.to_caps().expect("caps");
        let mut through = Through::new(&format!("nvmmtransform ! {NVMM}"), &caps);
        let error = through.push(gst::Buffer::with_size(info.size()).expect("memory"));
        let error = error.expect_err("no surface holds it");
        let words = format!("this release makes no surfaces of {format}");
        assert!(error.contains(&words), "{error}");
    }
    assert_eq!(usage.calls("NvBufSurfaceCreate"), 0);
    usage.assert_clean();
}

/// Sets bytes to 0 that mean nothing.
fn without_padding(mut picture: Picture) -> Picture {
    let at = match picture.format {
        VideoFormat::Bgrx | VideoFormat::Rgbx => 3,
        VideoFormat::Xrgb | VideoFormat::Xbgr => 0,
        _ => return picture,
    };
    let unused = picture.data.iter_mut().skip(at).step_by(4);
    unused.for_each(|byte| *byte = 0);
    picture
}

/// The largest difference of a sample, in steps of 8 bits.
fn difference(ours: &Picture, theirs: &Picture) -> u16 {
    let shape = |p: &Picture| (p.format, p.width, p.height, p.data.len());
    assert_eq!(shape(ours), shape(theirs));
    let samples = |p: &Picture| -> Vec<u16> {
        match VideoFormatInfo::from_format(p.format).depth()[0] {
            8 => p.data.iter().map(|byte| u16::from(*byte)).collect(),
            // In the upper ten of 16 bits.
            _ => {
                let pairs = p.data.chunks_exact(2);
                pairs
                    .map(|b| u16::from_le_bytes([b[0], b[1]]) >> 8)
                    .collect()
            }
        }
    };
    let (ours, theirs) = (samples(ours), samples(theirs));
    let pairs = ours.iter().zip(&theirs);
    pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

/// One colour at a time: where between pixels chroma lies is no part of this.
#[test]
fn every_format_is_converted_from_and_to_rgb_and_yuv() {
    let _guard = exclusive();
    let usage = Usage::start();
    let (form, property) = forms()[1];
    let (mut count, mut most) = (0, 0);
    for format in formats(form).0 {
        // Engines are not known to take it.
        if format == VideoFormat::Gray16Le {
            continue;
        }
        for other in [VideoFormat::Rgba, VideoFormat::Nv12] {
            for (from, to) in [(format, other), (other, format)] {
                if from == to {
                    continue;
                }
                for color in ["0xffc83c28", "0xff1eaa5a", "0xff3246d2", "0xff808080"] {
                    let source = format!(
                        "videotestsrc num-buffers=1 pattern=solid-color foreground-color={color} ! \
                         video/x-raw,format={from},width=16,height=8"
                    );
                    let theirs = all(&format!(
                        "{source} ! videoconvert ! video/x-raw,format=AYUV64,colorimetry=bt601 ! \
                         videoconvert dither=none ! video/x-raw,format={to}"
                    ));
                    let up = format!("nvmmtransform {property} ! {NVMM}");
                    let down = "nvmmtransform ! video/x-raw";
                    for middle in [
                        format!("{up},format={to} ! {down}"),
                        format!("{up},format={from} ! {down},format={to}"),
                    ] {
                        let ours = all(&format!("{source} ! {middle}"));
                        let [ours, theirs] =
                            [&ours, &theirs].map(|all| without_padding(all[0].clone()));
                        let what = difference(&ours, &theirs);
                        assert!(what <= 2, "{color} {from} to {to}, {middle}: {what}");
                        most = most.max(what);
                        count += 1;
                    }
                }
            }
        }
    }
    println!("{count} conversions, {most} off at most");
    // All zeros would not be a comparison.
    assert!(count >= 20 * 4 * 4 && most > 0, "{count} {most}");
    usage.assert_clean();
}
