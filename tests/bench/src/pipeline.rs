//! The demo's two inputs, overlay and download, between an appsrc each and an appsink.

#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use gst::prelude::*;
use gst_video::VideoFrameExt as _;

use crate::options::Options;
use crate::pictures::{DIFFERENT, picture};

/// The size of the picture that is laid over the other, as in the demo.
pub(crate) const OVERLAY: (u32, u32) = (480, 270);

const TRANSFORM: &str = "nvmmtransform ! queue max-size-buffers=2";

/// An appsrc of RGBA pictures of a size.
pub(crate) fn source(name: &str, (width, height): (u32, u32)) -> String {
    // Two pictures. Not in buffers: GStreamer has that since 1.20.
    let bytes = 2 * 4 * width * height;
    format!(
        "appsrc name={name} format=time is-live=false block=true max-bytes={bytes} \
         caps=video/x-raw,format=RGBA,width={width},height={height},framerate=30/1"
    )
}

/// A pipeline that gives back one frame for each that is pushed into both inputs.
pub(crate) struct Nvmm {
    pipeline: gst::Pipeline,
    inputs: [Input; 2],
    output: gst_app::AppSink,
    pushed: u32,
}

struct Input {
    source: gst_app::AppSrc,
    pictures: Vec<gst::Buffer>,
}

impl Nvmm {
    pub(crate) fn start(options: &Options) -> Result<Self, String> {
        gst::init().map_err(|e| e.to_string())?;
        let sizes = [(options.width, options.height), OVERLAY];
        let line = format!(
            "nvmmoverlay name=overlay sink_1::xpos=32 sink_1::ypos=32 sink_1::alpha=0.85 \
             ! queue max-size-buffers=2 ! nvmmtransform ! video/x-raw \
             ! appsink name=out sync=false max-buffers=2 \
             {} ! {TRANSFORM} ! overlay.sink_0 {} ! {TRANSFORM} ! overlay.sink_1",
            source("a", sizes[0]),
            source("b", sizes[1])
        );
        let pipeline = gst::parse::launch(&line).map_err(|e| e.to_string())?;
        let pipeline = pipeline
            .downcast::<gst::Pipeline>()
            .map_err(|_| "no pipeline was made")?;
        let input = |name: &str, (width, height)| {
            let source = find::<gst_app::AppSrc>(&pipeline, name)?;
            let pictures = (0..DIFFERENT)
                .map(|i| gst::Buffer::from_slice(picture(width, height, i)))
                .collect();
            Ok::<_, String>(Input { source, pictures })
        };
        let inputs = [input("a", sizes[0])?, input("b", sizes[1])?];
        let output = find::<gst_app::AppSink>(&pipeline, "out")?;
        let nvmm = Self {
            pipeline,
            inputs,
            output,
            pushed: 0,
        };
        nvmm.pipeline
            .set_state(gst::State::Playing)
            .map_err(|_| nvmm.error())?;
        Ok(nvmm)
    }

    /// Pushes one frame into each input; no pixel is copied for it.
    pub(crate) fn push(&mut self) -> Result<(), String> {
        let frame = gst::ClockTime::SECOND / 30;
        for input in &self.inputs {
            let picture = &input.pictures[(self.pushed % DIFFERENT) as usize];
            // A view of the same memory with a time of its own.
            let mut buffer = picture
                .copy_region(gst::BufferCopyFlags::MEMORY, ..)
                .map_err(|e| e.to_string())?;
            let times = buffer.make_mut();
            times.set_pts(frame * u64::from(self.pushed));
            times.set_duration(frame);
            input.source.push_buffer(buffer).map_err(|_| self.error())?;
        }
        self.pushed += 1;
        Ok(())
    }

    /// The next frame that comes out.
    pub(crate) fn pull(&self) -> Result<gst::Sample, String> {
        self.output
            .try_pull_sample(gst::ClockTime::from_seconds(30))
            .ok_or_else(|| self.error())
    }

    fn error(&self) -> String {
        error_of(&self.pipeline)
    }
}

/// What a pipeline that gives nothing more says.
pub(crate) fn error_of(pipeline: &gst::Pipeline) -> String {
    let message = pipeline
        .bus()
        .and_then(|bus| bus.pop_filtered(&[gst::MessageType::Error]));
    match message.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Error(error)) => format!(
            "{}: {}",
            error.error(),
            error.debug().as_deref().unwrap_or_default()
        ),
        _ => "no frame came out, and no element says why".into(),
    }
}

impl Drop for Nvmm {
    fn drop(&mut self) {
        // The process is about to end; there is nobody to tell.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

pub(crate) fn find<T: IsA<gst::Element>>(
    pipeline: &gst::Pipeline,
    name: &str,
) -> Result<T, String> {
    pipeline
        .by_name(name)
        .and_then(|element| element.downcast().ok())
        .ok_or_else(|| format!("element {name} is gone"))
}

/// Writes the pixels of every frame, row behind row without padding; gives their number.
pub(crate) fn record(options: &Options, file: &Path) -> Result<u32, String> {
    let in_file = |e: std::io::Error| format!("{}: {e}", file.display());
    let mut out = BufWriter::new(File::create(file).map_err(in_file)?);
    let mut nvmm = Nvmm::start(options)?;
    for _ in 0..options.frames {
        nvmm.push()?;
        let sample = nvmm.pull()?;
        let caps = sample.caps().ok_or("a frame without caps")?;
        let info = gst_video::VideoInfo::from_caps(caps).map_err(|e| e.to_string())?;
        let buffer = sample.buffer().ok_or("a sample without a frame")?;
        let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info)
            .map_err(|e| e.to_string())?;
        let stride = usize::try_from(frame.plane_stride()[0]).map_err(|e| e.to_string())?;
        let pixels = frame.plane_data(0).map_err(|e| e.to_string())?;
        for row in pixels.chunks(stride).take(info.height() as usize) {
            out.write_all(&row[..info.width() as usize * 4])
                .map_err(in_file)?;
        }
    }
    out.flush().map_err(in_file)?;
    Ok(options.frames)
}
