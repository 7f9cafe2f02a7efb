//! Two streams of NVMM pictures that are there already, nvmmoverlay, and a sink that drops NVMM pictures: how many
//! frames a second, and what share of the GPU's copy rate that is.

#![forbid(unsafe_code)]

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gst::prelude::*;
use gst_nvmm::{NvmmFrame, Session};
use gst_video::VideoInfo;
use nvmm_sim_control::Simulator;

use crate::cost::cpu_time;
use crate::options::Options;
use crate::pictures::picture;
use crate::pipeline::{error_of, find, source};
use crate::rate;

/// Frames before the first that counts: pools fill, surfaces are registered.
const WARM_UP: u32 = 30;
/// Frames after the last that counts, of which is asked whether the GPU has done them.
const ASKED: u32 = 40;
/// Pictures of a stream, in turns: an input's frame is held while the next one comes.
const PREPARED: u32 = 3;

/// What the simulator counts with a real GPU as well: its driver is then the real one.
const COUNTERS: [&str; 4] = ["egl_maps", "cpu_maps", "engine_copies", "synchronisations"];

/// What two streams do.
#[derive(Debug)]
pub(crate) struct Streams {
    frames: u32,
    bytes: f64,
    per_second: f64,
    cpu: f64,
    copy_rate: f64,
    /// Of [`COUNTERS`]; `None` where there is no simulator.
    counted: Option<[u64; COUNTERS.len()]>,
    /// Frames that reached the sink while the GPU was at work on them.
    unfinished: u32,
}

impl Streams {
    /// Whether nothing was done per frame but to launch: no EGLImage made, and with it no registration, no
    /// CPU map, no copy, no wait.
    pub(crate) fn is_clean(&self) -> bool {
        self.counted
            .is_none_or(|counted| counted == [0; COUNTERS.len()])
            && self.unfinished > 0
    }
}

impl fmt::Display for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let touched = self.bytes * self.per_second;
        writeln!(f, "frames                          {:>10}", self.frames)?;
        writeln!(
            f,
            "frames a second                 {:>10.1}",
            self.per_second
        )?;
        writeln!(
            f,
            "MB touched a frame, 2 in, 1 out {:>10.2}",
            self.bytes / 1e6
        )?;
        writeln!(f, "GB a second                     {:>10.2}", touched / 1e9)?;
        writeln!(
            f,
            "GB a second of device copies    {:>10.2}",
            self.copy_rate / 1e9
        )?;
        let share = 100.0 * touched / self.copy_rate;
        writeln!(f, "share of that, %                {share:>10.1}")?;
        writeln!(
            f,
            "CPU us a frame, all threads     {:>10.1}",
            self.cpu * 1e6
        )?;
        for (name, count) in COUNTERS.iter().zip(self.counted.iter().flatten()) {
            writeln!(f, "{name:<32}{count:>10}")?;
        }
        write!(
            f,
            "at the sink before the GPU's end{:>10} of {ASKED}",
            self.unfinished
        )
    }
}

/// What the probe at the sink has seen.
#[derive(Debug, Default)]
struct Seen {
    frames: u32,
    start: Option<Mark>,
    end: Option<Mark>,
    unfinished: u32,
    error: Option<String>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    cpu: Duration,
    time: Instant,
    counted: Option<[u64; COUNTERS.len()]>,
}

fn counted() -> Option<[u64; COUNTERS.len()]> {
    let simulator = Simulator::loaded()?;
    Some(COUNTERS.map(|name| simulator.counter(name).unwrap_or(0)))
}

/// Waits until the GPU has done a frame: whoever maps a memory does.
fn finish(buffer: &gst::BufferRef) -> Result<(), String> {
    let map = buffer.map_readable();
    map.map(drop).map_err(|e| e.to_string())
}

impl Seen {
    fn look(&mut self, buffer: &gst::Buffer, frames: u32, asked: &Asked) -> Result<(), String> {
        self.frames += 1;
        if self.frames == WARM_UP {
            finish(buffer)?;
            self.start = Some(Mark {
                counted: counted(),
                cpu: cpu_time(),
                time: Instant::now(),
            });
        } else if self.frames == WARM_UP + frames {
            // Before the wait, which is ours.
            let (counted, cpu) = (counted(), cpu_time());
            finish(buffer)?;
            self.end = Some(Mark {
                counted,
                cpu,
                time: Instant::now(),
            });
        } else if self.frames > WARM_UP + frames && asked.is_unfinished(buffer)? {
            self.unfinished += 1;
        }
        Ok(())
    }
}

/// Asks whether the GPU has done a frame, without waiting.
struct Asked {
    session: Arc<Session>,
    info: VideoInfo,
}

impl Asked {
    fn is_unfinished(&self, buffer: &gst::Buffer) -> Result<bool, String> {
        let (context, stream) = (self.session.context(), self.session.stream());
        let text = |e: gst_nvmm::Error| e.to_string();
        let frame = NvmmFrame::new(buffer.clone(), &self.info, context).map_err(text)?;
        // Behind what is pending on the frame, and with nothing of its own.
        frame.begin(stream).map_err(text)?;
        let is_complete = stream.is_complete().map_err(|e| e.to_string())?;
        // This program's registration stays until the work is done.
        if !frame.end(stream).map_err(text)? {
            return Err("the pictures are not nvmmoverlay's own".into());
        }
        Ok(!is_complete)
    }
}

/// NVMM pictures made by nvmmtransform, to be used again and again.
fn prepare(options: &Options, stream: u32) -> Result<(Vec<gst::Buffer>, gst::Caps), String> {
    let line = format!(
        "{} ! nvmmtransform ! video/x-raw(memory:NVMM) ! appsink name=out sync=false",
        source("in", (options.width, options.height))
    );
    let pipeline = launch(&line)?;
    let input = find::<gst_app::AppSrc>(&pipeline, "in")?;
    let output = find::<gst_app::AppSink>(&pipeline, "out")?;
    let error = |_| error_of(&pipeline);
    pipeline.set_state(gst::State::Playing).map_err(error)?;
    let (mut buffers, mut caps) = (Vec::new(), None);
    for number in 0..PREPARED {
        let pixels = picture(options.width, options.height, stream * PREPARED + number);
        let buffer = gst::Buffer::from_slice(pixels);
        input.push_buffer(buffer).map_err(|_| error_of(&pipeline))?;
        let sample = output.try_pull_sample(gst::ClockTime::from_seconds(30));
        let sample = sample.ok_or_else(|| error_of(&pipeline))?;
        buffers.extend(sample.buffer_owned());
        caps = sample.caps_owned();
    }
    pipeline
        .set_state(gst::State::Null)
        .map_err(|e| e.to_string())?;
    Ok((buffers, caps.ok_or("pictures without caps")?))
}

fn launch(line: &str) -> Result<gst::Pipeline, String> {
    let element = gst::parse::launch(line).map_err(|e| e.to_string())?;
    element
        .downcast()
        .map_err(|_| "no pipeline was made".into())
}

pub(crate) fn measure(options: &Options) -> Result<Streams, String> {
    gst::init().map_err(|e| e.to_string())?;
    let session = Arc::new(Session::new().map_err(|e| e.to_string())?);
    let row_bytes = options.width as usize * 4;
    let copy_rate = rate::of_copies(&session, row_bytes, options.height as usize);
    let copy_rate = copy_rate.map_err(|e| e.to_string())?;
    let (a, caps) = prepare(options, 0)?;
    let (b, _) = prepare(options, 1)?;
    // Four pictures, of which GStreamer counts what stands for them. Not in buffers: it has that since 1.20.
    let bytes = 4 * a.first().map_or(0, |buffer| buffer.size());
    let input = |name| {
        format!(
            "appsrc name={name} format=time block=true max-bytes={bytes} caps={}",
            caps.to_string().replace(' ', "")
        )
    };
    let pipeline = launch(&format!(
        "nvmmoverlay name=overlay sink_1::alpha=0.5 \
         ! fakesink name=out sync=false enable-last-sample=false \
         {} ! overlay.sink_0 {} ! overlay.sink_1",
        input("a"),
        input("b")
    ))?;
    let inputs = [
        (find::<gst_app::AppSrc>(&pipeline, "a")?, a),
        (find::<gst_app::AppSrc>(&pipeline, "b")?, b),
    ];
    let sink = find::<gst::Element>(&pipeline, "out")?;
    let pad = sink.static_pad("sink").ok_or("fakesink has no pad")?;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let info = VideoInfo::from_caps(&caps).map_err(|e| e.to_string())?;
    let asked = Asked { session, info };
    let (state, frames) = (Arc::clone(&seen), options.frames);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, probe| {
        let mut seen = state.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(buffer) = probe.buffer()
            && let Err(error) = seen.look(buffer, frames, &asked)
        {
            seen.error = Some(error);
        }
        gst::PadProbeReturn::Ok
    });
    play(&pipeline, &inputs, WARM_UP + frames + ASKED)?;
    let seen = seen.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(error) = &seen.error {
        return Err(error.clone());
    }
    let (Some(start), Some(end)) = (seen.start, seen.end) else {
        return Err(format!("only {} frames came out", seen.frames));
    };
    let seconds = (end.time - start.time).as_secs_f64();
    let both = end.counted.zip(start.counted);
    Ok(Streams {
        frames,
        bytes: 3.0 * row_bytes as f64 * f64::from(options.height),
        per_second: f64::from(frames) / seconds,
        cpu: (end.cpu - start.cpu).as_secs_f64() / f64::from(frames),
        copy_rate,
        counted: both.map(|(end, start)| std::array::from_fn(|i| end[i] - start[i])),
        unfinished: seen.unfinished,
    })
}

/// Pushes views of the prepared pictures into both inputs, in turns, until the end.
fn play(
    pipeline: &gst::Pipeline,
    inputs: &[(gst_app::AppSrc, Vec<gst::Buffer>); 2],
    frames: u32,
) -> Result<(), String> {
    let error = |_| error_of(pipeline);
    pipeline.set_state(gst::State::Playing).map_err(error)?;
    let length = gst::ClockTime::SECOND / 30;
    for number in 0..frames {
        for (source, pictures) in inputs {
            let picture = &pictures[(number % PREPARED) as usize];
            // The same memory with a time of its own.
            let mut buffer = picture
                .copy_region(gst::BufferCopyFlags::MEMORY, ..)
                .map_err(|e| e.to_string())?;
            let times = buffer.make_mut();
            times.set_pts(length * u64::from(number));
            times.set_duration(length);
            source.push_buffer(buffer).map_err(|_| error_of(pipeline))?;
        }
    }
    for (source, _) in inputs {
        source.end_of_stream().map_err(|_| error_of(pipeline))?;
    }
    let bus = pipeline.bus().ok_or("a pipeline without a bus")?;
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &kinds);
    let is_end = message.is_some_and(|message| message.type_() == gst::MessageType::Eos);
    let result = if is_end {
        Ok(())
    } else {
        Err(error_of(pipeline))
    };
    pipeline
        .set_state(gst::State::Null)
        .map_err(|e| e.to_string())?;
    result
}
