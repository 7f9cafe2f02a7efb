//! nvmmtransform: round trips bit by bit, pass-through, caps.

use gst::prelude::*;
use nvmm_pipelines::{Picture, Pipeline, Usage, exclusive, frames};

/// Frames of a launch line with `middle` between source and sink.
fn through(source: &str, middle: &str) -> Vec<Picture> {
    let line = format!("{source} ! {middle} appsink name=out");
    frames(&line).unwrap_or_else(|e| panic!("{line}: {e}"))
}

fn snow(format: &str, width: u32, height: u32) -> String {
    format!(
        "videotestsrc pattern=snow num-buffers=3 ! \
         video/x-raw,format={format},width={width},height={height},framerate=30/1"
    )
}

const FORMATS: [&str; 5] = ["RGBA", "BGRx", "NV12", "I420", "GRAY8"];
const ROUND: &str = "nvmmtransform ! video/x-raw(memory:NVMM) ! nvmmtransform ! video/x-raw !";

#[test]
fn a_round_trip_is_bit_exact_in_every_format_and_size() {
    let _guard = exclusive();
    let usage = Usage::start();
    for format in FORMATS {
        for (width, height) in [(320, 240), (321, 240), (320, 241), (37, 23), (2, 2), (1, 1)] {
            let source = snow(format, width, height);
            let there = through(&source, "");
            let back = through(&source, ROUND);
            assert_eq!(there.len(), 3);
            assert_eq!(there, back, "{format} {width}x{height}");
        }
    }
    assert!(usage.count("cpu_bytes_mapped_write") > 0);
    usage.assert_clean();
}

/// A frame whose rows are longer than its pixels, with gaps between planes, as decoders and capture
/// drivers make them; and the same pixels without.
fn padded(info: &gst_video::VideoInfo) -> (gst::Buffer, gst::Buffer) {
    let planes = info.n_planes() as usize;
    let (mut strides, mut offsets, mut end) = (Vec::new(), Vec::new(), 40);
    for i in 0..planes {
        let stride = info.stride()[i] + 32 + 4 * i32::try_from(i).expect("few planes");
        let rows = info.comp_height(i as u8) as usize;
        offsets.push(end);
        end += usize::try_from(stride).expect("positive") * rows + 100;
        strides.push(stride);
    }
    let noise = (0..end).map(|i| ((i * 7919) >> 3) as u8 ^ i as u8);
    let mut wide = gst::Buffer::from_mut_slice(noise.collect::<Vec<u8>>());
    let flags = gst_video::VideoFrameFlags::empty();
    let (format, width, height) = (info.format(), info.width(), info.height());
    let buffer = wide.get_mut().expect("just made");
    gst_video::VideoMeta::add_full(buffer, flags, format, width, height, &offsets, &strides)
        .expect("a GstVideoMeta");
    let mut plain = gst::Buffer::with_size(info.size()).expect("memory");
    let from = gst_video::VideoFrameRef::from_buffer_ref_readable(&wide, info).expect("a map");
    let buffer = plain.get_mut().expect("just made");
    let mut to = gst_video::VideoFrameRef::from_buffer_ref_writable(buffer, info).expect("a map");
    from.copy(&mut to).expect("a copy");
    drop((from, to));
    (wide, plain)
}

#[test]
fn strides_and_offsets_of_a_video_meta_are_followed() {
    let _guard = exclusive();
    let usage = Usage::start();
    for format in FORMATS {
        let format = gst_video::VideoFormat::from_string(format);
        let info = gst_video::VideoInfo::builder(format, 82, 46).fps(gst::Fraction::new(30, 1));
        let info = info.build().expect("a video");
        let (wide, plain) = padded(&info);
        let line = "appsrc name=in format=time ! nvmmtransform ! video/x-raw(memory:NVMM) ! \
                    nvmmtransform ! video/x-raw ! appsink name=out sync=false";
        let pipeline = Pipeline::parse(line).expect("a pipeline");
        let source = pipeline.get::<gst_app::AppSrc>("in");
        source.set_caps(Some(&info.to_caps().expect("caps")));
        pipeline.set(gst::State::Playing).expect("it starts");
        for buffer in [wide, plain] {
            source.push_buffer(buffer).expect("it takes buffers");
        }
        let sink = pipeline.get("out");
        let next = || {
            pipeline
                .picture(&sink)
                .expect("it runs")
                .expect("a picture")
        };
        assert_eq!(next().data, next().data, "{format}");
    }
    usage.assert_clean();
}

#[test]
fn nvmm_to_nvmm_is_passed_through() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = "videotestsrc num-buffers=20 ! video/x-raw,format=RGBA,width=64,height=48 ! \
                nvmmtransform ! video/x-raw(memory:NVMM) ! nvmmtransform name=middle ! \
                video/x-raw(memory:NVMM) ! fakesink";
    let pipeline = Pipeline::parse(line).expect("a pipeline");
    let middle = pipeline.get::<gst::Element>("middle");
    let buffers = std::sync::Arc::new(std::sync::Mutex::new([Vec::new(), Vec::new()]));
    for (i, name) in ["sink", "src"].into_iter().enumerate() {
        let pad = middle.static_pad(name).expect("a pad");
        let buffers = std::sync::Arc::clone(&buffers);
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(gst::PadProbeData::Buffer(buffer)) = &info.data {
                buffers.lock().expect("no panic before")[i].push(buffer.as_ptr().addr());
            }
            gst::PadProbeReturn::Ok
        });
    }
    pipeline.finish().expect("it runs");
    let [before, after] = &*buffers.lock().expect("no panic before");
    assert_eq!(before.len(), 20);
    assert_eq!(before, after, "not the same buffers");
    assert_eq!(usage.calls("NvBufSurfaceMap"), 20, "only the upload maps");
    assert!(usage.count("surfaces_allocated") <= 4);
    usage.assert_clean();
}

/// nvv4l2decoder puts fields into its caps that GStreamer does not know.
#[test]
fn fields_that_it_does_not_know_stay_in_the_caps() {
    let _guard = exclusive();
    let line = "videotestsrc num-buffers=2 ! video/x-raw,format=NV12,width=64,height=48 ! \
                capssetter caps=video/x-raw,nvbuf-memory-type=nvbuf-mem-default,gpu-id=(int)0 ! \
                nvmmtransform name=up ! video/x-raw(memory:NVMM) ! nvmmtransform name=down ! \
                video/x-raw ! fakesink";
    let pipeline = Pipeline::parse(line).expect("a pipeline");
    pipeline.reach(gst::State::Paused).expect("it prerolls");
    for (name, nvmm) in [("up", true), ("down", false)] {
        let element = pipeline.get::<gst::Element>(name);
        let caps = element.static_pad("src").and_then(|pad| pad.current_caps());
        let caps = caps.expect("caps were negotiated");
        assert_eq!(gst_nvmm::is_nvmm(&caps), nvmm, "{caps}");
        let structure = caps.structure(0).expect("a structure");
        assert_eq!(
            structure.get("nvbuf-memory-type"),
            Ok("nvbuf-mem-default"),
            "{caps}"
        );
        assert_eq!(structure.get("gpu-id"), Ok(0), "{caps}");
        // What belongs to any video stays too.
        assert!(structure.has_field("pixel-aspect-ratio"), "{caps}");
    }
}

#[test]
fn timestamps_flags_and_durations_go_along() {
    let _guard = exclusive();
    let source = snow("RGBA", 64, 48);
    let there = through(&source, "");
    let back = through(&source, ROUND);
    let times = |all: &[Picture]| all.iter().map(|p| p.pts).collect::<Vec<_>>();
    assert_eq!(times(&there), times(&back));
    assert!(times(&there).iter().all(Option::is_some));
}

/// A downstream element that keeps buffers (appsink, an encoder) gets as many as it asked for, and
/// the pool never grows beyond.
#[test]
fn a_sink_that_holds_buffers_does_not_stall_the_source() {
    let _guard = exclusive();
    let usage = Usage::start();
    let line = "videotestsrc num-buffers=50 ! video/x-raw,format=RGBA,width=64,height=48 ! \
                nvmmtransform ! video/x-raw(memory:NVMM) ! queue ! \
                fakesink enable-last-sample=true";
    nvmm_pipelines::run(line).expect("it runs");
    assert!(usage.count("surfaces_allocated") <= 4);
    usage.assert_clean();
}
