//! One buffer in, one picture out; and pictures of noise to go through.

#![allow(dead_code, reason = "each test file uses a part of it")]

use gst_video::{VideoFormat, VideoInfo};
use nvmm_pipelines::{Picture, Pipeline};

const LENGTH: gst::ClockTime = gst::ClockTime::from_mseconds(20);

pub(crate) fn caps(width: u32, height: u32) -> gst::Caps {
    let info = VideoInfo::builder(VideoFormat::Rgba, width, height);
    let info = info.fps(gst::Fraction::new(50, 1)).build();
    info.and_then(|info| info.to_caps()).expect("caps")
}

pub(crate) fn nvmm(width: u32, height: u32) -> gst::Caps {
    gst_nvmm::with_nvmm(&caps(width, height))
}

/// A picture of noise that depends on a seed.
pub(crate) fn byte(seed: usize) -> impl Fn(usize, usize) -> u8 {
    move |x, y| ((x * 31 + y * 17 + seed * 7) % 251) as u8
}

/// Buffers in at `in`, pictures out at `out`, one by one.
pub(crate) struct Through {
    pub(crate) source: gst_app::AppSrc,
    pub(crate) sink: gst_app::AppSink,
    pub(crate) frame: u64,
    pub(crate) pipeline: Pipeline,
}

impl Through {
    pub(crate) fn new(middle: &str, caps: &gst::Caps) -> Self {
        let line = format!("appsrc name=in format=time ! {middle} ! appsink name=out sync=false");
        let pipeline = Pipeline::parse(&line).unwrap_or_else(|e| panic!("{line}: {e}"));
        let source = pipeline.get::<gst_app::AppSrc>("in");
        source.set_caps(Some(caps));
        let sink = pipeline.get("out");
        pipeline.set(gst::State::Playing).expect("it starts");
        Self {
            source,
            sink,
            frame: 0,
            pipeline,
        }
    }

    pub(crate) fn push(&mut self, mut buffer: gst::Buffer) -> Result<Picture, String> {
        let timed = buffer.get_mut().expect("nobody else has it");
        timed.set_pts(LENGTH * self.frame);
        timed.set_duration(LENGTH);
        self.frame += 1;
        // An error is on the bus.
        let _ = self.source.push_buffer(buffer);
        let picture = self.pipeline.picture(&self.sink)?;
        picture.ok_or_else(|| "the end".into())
    }
}

pub(crate) fn system(width: u32, height: u32, seed: usize) -> gst::Buffer {
    let byte = byte(seed);
    let row = width as usize * 4;
    let bytes = (0..row * height as usize).map(|i| byte(i % row, i / row));
    gst::Buffer::from_mut_slice(bytes.collect::<Vec<u8>>())
}

/// The bytes of a picture turned by 180 degrees.
pub(crate) fn turned(buffer: &gst::Buffer) -> Vec<u8> {
    let map = buffer.map_readable().expect("a map");
    let pixels = map.chunks(4).rev();
    pixels.flatten().copied().collect()
}

pub(crate) fn bytes(buffer: &gst::Buffer) -> Vec<u8> {
    buffer.map_readable().expect("a map").to_vec()
}
