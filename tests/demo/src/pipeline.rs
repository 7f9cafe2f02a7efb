//! The pipeline: sources, nvmmtransform, nvmmoverlay, nvmmtransform, file.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gst::prelude::*;

/// The threads that run the nvmmtransforms: sources' queues before, one queue after the overlay.
pub(crate) const COPYING_THREADS: [&str; 3] = ["ua:src", "ub:src", "down:src"];

/// The frame that becomes the picture, if there are as many.
const PICTURE: u64 = 75;

pub(crate) struct Run {
    pub(crate) frames: u64,
    time: Duration,
}

impl Run {
    pub(crate) fn fps(&self) -> f64 {
        self.frames as f64 / self.time.as_secs_f64().max(1e-9)
    }
}

#[derive(Default)]
struct Seen {
    frames: u64,
    picture: Option<gst::Sample>,
}

pub(crate) fn run(output: &Path, inputs: Option<[&PathBuf; 2]>) -> Result<Run, String> {
    gst::init().map_err(|e| e.to_string())?;
    if let Some(inputs) = inputs {
        for input in inputs {
            std::fs::File::open(input).map_err(|e| format!("{}: {e}", input.display()))?;
        }
    }
    let pipeline = build(output, inputs)?;
    let seen = Arc::new(Mutex::new(Seen::default()));
    watch(&pipeline, &seen)?;
    let started = Instant::now();
    let ended = play(&pipeline);
    let time = started.elapsed();
    // Errors before this one matter more than a failed way down.
    let stopped = pipeline.set_state(gst::State::Null);
    ended?;
    stopped.map_err(|e| format!("the pipeline does not stop: {e}"))?;
    let seen = seen.lock().unwrap_or_else(|e| e.into_inner());
    let picture = seen
        .picture
        .as_ref()
        .ok_or("no frame came out: are the inputs empty?")?;
    save_picture(picture, &output.join("overlay.png"))?;
    Ok(Run {
        frames: seen.frames,
        time,
    })
}

fn element(name: &str) -> bool {
    gst::ElementFactory::find(name).is_some()
}

fn build(output: &Path, inputs: Option<[&PathBuf; 2]>) -> Result<gst::Pipeline, String> {
    if !element("nvmmoverlay") {
        return Err(
            "the elements nvmmoverlay and nvmmtransform are not there: run ci/demo.sh, \
                    which builds libgstnvmm.so and points GST_PLUGIN_PATH at it"
                .into(),
        );
    }
    let encoder = if element("x264enc") {
        "x264enc speed-preset=veryfast pass=quant quantizer=23 key-int-max=60"
    } else if element("openh264enc") {
        "openh264enc complexity=low bitrate=8000000"
    } else {
        return Err("no H.264 encoder: install gstreamer1.0-plugins-ugly (x264enc)".into());
    };
    let (a, b) = match inputs {
        None => (
            "videotestsrc name=a num-buffers=300 pattern=smpte horizontal-speed=3 \
             ! video/x-raw,width=1280,height=720,framerate=30/1",
            "videotestsrc name=b num-buffers=300 pattern=ball background-color=0xff204060 \
             ! video/x-raw,width=640,height=360,framerate=30/1",
        ),
        Some(_) => ("filesrc name=a ! decodebin", "filesrc name=b ! decodebin"),
    };
    let nvmm = "nvmmtransform ! video/x-raw(memory:NVMM),format=RGBA";
    let line = format!(
        "nvmmoverlay name=overlay sink_1::xpos=32 sink_1::ypos=32 sink_1::alpha=0.85 \
         ! queue name=down max-size-buffers=2 ! nvmmtransform name=out \
         ! videoconvert ! {encoder} ! h264parse ! mp4mux ! filesink name=file \
         {a} ! videoconvert ! video/x-raw,format=RGBA ! queue name=ua max-size-buffers=2 \
         ! {nvmm} ! queue name=qa max-size-buffers=2 ! overlay.sink_0 \
         {b} ! videoconvert ! videoscale add-borders=true \
         ! video/x-raw,format=RGBA,width=480,height=270,pixel-aspect-ratio=1/1 \
         ! queue name=ub max-size-buffers=2 ! {nvmm} ! queue name=qb max-size-buffers=2 \
         ! overlay.sink_1"
    );
    let pipeline = gst::parse::launch(&line).map_err(|e| e.to_string())?;
    let pipeline = pipeline
        .downcast::<gst::Pipeline>()
        .map_err(|_| "no pipeline was made")?;
    let set = |name: &str, path: &Path| {
        let element = pipeline
            .by_name(name)
            .ok_or_else(|| format!("element {name} is gone"))?;
        // A file name need not be text.
        let path = path
            .to_str()
            .ok_or_else(|| format!("{}: not UTF-8", path.display()))?;
        element.set_property("location", path);
        Ok::<(), String>(())
    };
    set("file", &output.join("overlay.mp4"))?;
    if let Some([a, b]) = inputs {
        set("a", a)?;
        set("b", b)?;
    }
    Ok(pipeline)
}

/// Counts what leaves the last nvmmtransform and keeps one frame of it.
fn watch(pipeline: &gst::Pipeline, seen: &Arc<Mutex<Seen>>) -> Result<(), String> {
    let out = pipeline
        .by_name("out")
        .and_then(|out| out.static_pad("src"));
    let out = out.ok_or("the last nvmmtransform has no pad")?;
    let seen = Arc::clone(seen);
    out.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        if let Some(buffer) = info.buffer() {
            let mut seen = seen.lock().unwrap_or_else(|e| e.into_inner());
            seen.frames += 1;
            // The first frame is kept until the wanted one comes.
            if (seen.frames == 1 || seen.frames == PICTURE)
                && let Some(caps) = pad.current_caps()
                && let Ok(copy) = buffer.copy_deep()
            {
                seen.picture = Some(gst::Sample::builder().buffer(&copy).caps(&caps).build());
            }
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

fn play(pipeline: &gst::Pipeline) -> Result<(), String> {
    let bus = pipeline.bus().ok_or("the pipeline has no bus")?;
    let started = pipeline.set_state(gst::State::Playing);
    loop {
        let wait = if started.is_err() {
            Some(gst::ClockTime::SECOND)
        } else {
            gst::ClockTime::NONE
        };
        let types = [gst::MessageType::Eos, gst::MessageType::Error];
        let Some(message) = bus.timed_pop_filtered(wait, &types) else {
            return Err(
                "the pipeline does not start, and no element says why; GST_DEBUG=3 shows \
                        more"
                    .into(),
            );
        };
        match message.view() {
            gst::MessageView::Eos(_) => return Ok(()),
            gst::MessageView::Error(error) => return Err(explain(pipeline, error)),
            _ => {}
        }
    }
}

/// An error with the input that it came from, if it came from one.
fn explain(pipeline: &gst::Pipeline, error: &gst::message::Error) -> String {
    let source = error
        .src()
        .map_or_else(|| "?".into(), |s| s.path_string().to_string());
    let mut text = format!("{source}: {}", error.error());
    if let Some(debug) = error.debug() {
        text.push_str(&format!("\n  {debug}"));
    }
    let files = ["a", "b"]
        .into_iter()
        .filter_map(|name| pipeline.by_name(name));
    let files: Vec<String> = files
        .filter(|file| file.has_property("location"))
        .filter_map(|file| file.property::<Option<String>>("location"))
        .collect();
    if !files.is_empty() && (source.contains("decodebin") || source.contains("typefind")) {
        text.push_str(&format!(
            "\n  The inputs are {}: each must be a video that GStreamer can decode (try \
             gst-discoverer-1.0 FILE)",
            files.join(" and ")
        ));
    }
    text
}

fn save_picture(sample: &gst::Sample, path: &Path) -> Result<(), String> {
    let caps = gst::Caps::new_empty_simple("image/png");
    let png = gst_video::convert_sample(sample, &caps, Some(gst::ClockTime::from_seconds(30)))
        .map_err(|e| format!("the picture cannot be made: {e}"))?;
    let buffer = png.buffer().ok_or("the picture is empty")?;
    let bytes = buffer.map_readable().map_err(|e| e.to_string())?;
    std::fs::write(path, &bytes).map_err(|e| format!("{}: {e}", path.display()))
}
