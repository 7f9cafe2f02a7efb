//! Every format of the table as a surface: allocated, mapped by the CPU, seen by CUDA.

use gst::prelude::*;
use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{
    Error, Form, NvmmAllocator, NvmmBufferExt, NvmmBufferPool, NvmmFrame, Session, color_format,
    read_cpu, video_formats, with_nvmm,
};
use gst_video::{VideoColorMatrix, VideoColorRange, VideoFormat, VideoInfo};

fn info(format: VideoFormat) -> VideoInfo {
    gst::init().expect("GStreamer starts");
    VideoInfo::builder(format, 64, 48).build().unwrap()
}

/// A buffer of an allocator of surfaces, which every release has.
fn buffer(info: &VideoInfo, form: Form) -> Result<gst::Buffer, Error> {
    let memory = NvmmAllocator::with_form(info, 1, form)?.acquire(false)?;
    let mut buffer = gst::Buffer::new();
    buffer.make_mut().append_memory(memory);
    Ok(buffer)
}

/// The last surface format of the simulated release (nvbufsurface-sys/tests/facts); hardware refuses by itself.
fn last_format() -> u32 {
    let release = std::env::var("NVMM_SIM_RELEASE").unwrap_or_default();
    match release.split('.').next() {
        Some("r32") => 46,
        Some("r35") => 70,
        Some("r36") => 88,
        _ => u32::MAX,
    }
}

#[test]
fn every_format_of_the_release_is_allocated_mapped_and_given_to_kernels() {
    let session = Session::new().expect("CUDA");
    // What CUDA has no name for in the simulator.
    let outside_cuda = ["YVYU", "VYUY", "NV16", "NV24", "GRAY16_LE"];
    let mut seen = 0;
    for format in video_formats() {
        let color = color_format(format).unwrap();
        if color.0 > last_format() {
            continue;
        }
        seen += 1;
        let info = info(format);
        let buffer = buffer(&info, Form::Surface).unwrap_or_else(|e| panic!("{format}: {e}"));
        read_cpu(&buffer, &info, |map| {
            assert_eq!(map.num_planes(), info.n_planes() as usize, "{format}");
            for plane in 0..map.num_planes() {
                let stride = info.stride()[plane] as usize;
                let row = map.plane(plane)?.params.row_bytes();
                assert_eq!(row, stride, "{format}: 64 pixels need no padding");
            }
            Ok(())
        })
        .unwrap();
        if outside_cuda.contains(&format.to_str().as_str()) {
            continue;
        }
        let frame = NvmmFrame::new(buffer, &info, session.context());
        let frame = frame.unwrap_or_else(|e| panic!("{format}: {e}"));
        assert_eq!(frame.num_planes(), info.n_planes(), "{format}");
        assert_eq!(frame.surface_format().unwrap(), color);
        assert!(frame.pitch_ptr(0).is_ok(), "{format}");
    }
    assert!(seen >= 22, "{seen}");
}

/// What a pool allocates for 1920x1080, where GStreamer takes BT.709 if nothing is said.
fn allocated(format: &str, colorimetry: Option<&str>) -> ColorFormat {
    gst::init().expect("GStreamer starts");
    let caps = gst::Caps::builder("video/x-raw").field("format", format);
    let caps = caps.field("width", 1920).field("height", 1080);
    let caps = caps.field("framerate", gst::Fraction::new(30, 1));
    let caps = caps.field_if_some("colorimetry", colorimetry).build();
    let pool = NvmmBufferPool::new(&with_nvmm(&caps), 0, 1).unwrap();
    pool.set_active(true).unwrap();
    let buffer = pool.acquire_buffer(None).unwrap();
    buffer.nvmm_pixels(0).unwrap().color_format().unwrap()
}

#[test]
fn a_pool_allocates_the_variant_of_nv12_that_caps_name_and_plain_surfaces_otherwise() {
    for (format, colorimetry, expected) in [
        ("NV12", None, ColorFormat::NV12),
        ("NV12", Some("bt601"), ColorFormat::NV12),
        ("NV12", Some("bt709"), ColorFormat::NV12_709),
        ("NV12", Some("1:3:5:1"), ColorFormat::NV12_709_ER),
        ("NV12", Some("1:4:0:0"), ColorFormat::NV12_ER),
        ("NV12", Some("bt2020"), ColorFormat::NV12_2020),
        ("I420", Some("bt709"), ColorFormat::YUV420),
        ("RGBA", Some("sRGB"), ColorFormat::RGBA),
    ] {
        let color = allocated(format, colorimetry);
        assert_eq!(color, expected, "{format} {colorimetry:?}");
    }
}

#[test]
fn the_surfaces_colours_win_over_the_caps() {
    let session = Session::new().expect("CUDA");
    let caps = "video/x-raw(memory:NVMM),format=NV12,width=64,height=48,framerate=30/1";
    let of = |colours: &str| {
        let caps = format!("{caps},colorimetry={colours}");
        caps.parse::<gst::Caps>().expect("caps")
    };
    let buffer = || {
        let pool = NvmmBufferPool::new(&of("1:3:5:1"), 0, 1).unwrap();
        pool.set_active(true).unwrap();
        pool.acquire_buffer(None).unwrap()
    };
    // The element that sent it said something else, or nothing.
    for said in ["bt601", "bt2020"] {
        let info = VideoInfo::from_caps(&of(said)).unwrap();
        let frame = NvmmFrame::new(buffer(), &info, session.context()).unwrap();
        assert_eq!(frame.surface_format().unwrap(), ColorFormat::NV12_709_ER);
        let colours = frame.colorimetry();
        assert_eq!(colours.matrix(), VideoColorMatrix::Bt709, "{said}");
        assert_eq!(colours.range(), VideoColorRange::Range0_255, "{said}");
    }
    let plain = buffer_of(&info(VideoFormat::Nv12));
    let said = VideoInfo::from_caps(&of("bt2020")).unwrap();
    let frame = NvmmFrame::new(plain, &said, session.context()).unwrap();
    assert_eq!(frame.colorimetry(), said.colorimetry());
}

fn buffer_of(info: &VideoInfo) -> gst::Buffer {
    buffer(info, Form::Surface).expect("a surface")
}

/// On R32 memory is a buffer of libnvbuf_utils as well, which has no name for some formats.
#[test]
fn a_format_that_the_platforms_form_cannot_hold_is_refused_with_the_remedy() {
    let mut refused = Vec::new();
    for format in video_formats() {
        if color_format(format).unwrap().0 > last_format() {
            continue;
        }
        if let Err(error) = buffer(&info(format), Form::of_platform(false)) {
            let error = error.to_string();
            assert!(error.contains("bufapi-version=true"), "{format}: {error}");
            refused.push(format);
        }
    }
    // Of RGB libnvbuf_utils has three orders of 32 bits and none of 24.
    let is_r32 = Form::of_platform(false) == Form::Legacy;
    assert_eq!(refused.contains(&VideoFormat::Rgb), is_r32, "{refused:?}");
    assert!(!refused.contains(&VideoFormat::Nv12), "{refused:?}");
}
