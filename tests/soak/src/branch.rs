#![forbid(unsafe_code)]
//! An input: a bin with one source pad, and a thread where the application is the source.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use gst::prelude::*;
use gst_base::prelude::*;
use gst_nvmm::egl_cuda::PinnedMemory;
use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{Error, NvmmSource, Session};
use nvmm_pipelines::Peer;

use crate::plan::{Input, Kind, Queue};

#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) bin: gst::Bin,
    /// Frames come as long as nobody ends them.
    pub(crate) is_endless: bool,
    /// Its end was asked for, or comes by itself.
    pub(crate) has_ended: bool,
    /// Takes seeks.
    pub(crate) is_seekable: bool,
    feeder: Option<Feeder>,
    source: Option<NvmmSource>,
}

impl Branch {
    pub(crate) fn new(input: &Input) -> Result<Self, String> {
        let mut elements = Vec::new();
        match input.kind {
            Kind::Pattern => elements.push(pattern(input)),
            Kind::Application => elements.push("identity name=first".into()),
            Kind::Peer => elements.push(format!(
                "appsrc name=peer format=time is-live={live} do-timestamp={live} caps=\"{}\"",
                nvmm(input),
                live = input.is_live,
            )),
        }
        elements.extend(input.filters.iter().map(|filter| match *filter {
            // Another pool, no larger than it must be.
            "nvmmtransform" => "nvmmtransform output-buffers=2".into(),
            other => other.to_owned(),
        }));
        elements.extend(match input.queue {
            Queue::None => None,
            Queue::Waits(buffers) => Some(queue(buffers, "no")),
            Queue::LeaksNew(buffers) => Some(queue(buffers, "upstream")),
            Queue::LeaksOld(buffers) => Some(queue(buffers, "downstream")),
        });
        elements.push("identity name=last".into());
        let line = elements.join(" ! ");
        let bin = gst::parse::bin_from_description(&line, false);
        let bin = bin.map_err(|e| format!("{line}: {e}"))?;
        let last = bin.by_name("last").and_then(|last| last.static_pad("src"));
        let last = last.ok_or("identity has a source pad")?;
        let pad = gst::GhostPad::builder_with_target(&last).map_err(text)?;
        let pad = pad.name("src").build();
        bin.add_pad(&pad).map_err(text)?;
        let mut branch = Self {
            bin,
            is_endless: input.frames.is_none(),
            has_ended: input.frames.is_some(),
            is_seekable: input.kind == Kind::Pattern && !input.is_live,
            feeder: None,
            source: None,
        };
        match input.kind {
            Kind::Pattern => {}
            Kind::Application => branch.add_source(input)?,
            Kind::Peer => branch.add_peer(input)?,
        }
        Ok(branch)
    }

    pub(crate) fn pad(&self) -> Result<gst::Pad, String> {
        self.bin
            .static_pad("src")
            .ok_or("the branch has a pad".into())
    }

    fn add_source(&mut self, input: &Input) -> Result<(), String> {
        let caps: gst::Caps = nvmm(input).parse().map_err(text)?;
        let source = NvmmSource::new(&caps, input.buffers).map_err(text)?;
        source.set_live(input.is_live);
        source.set_do_timestamp(input.is_live);
        self.bin.add(&source).map_err(text)?;
        let first = self.bin.by_name("first").ok_or("an identity")?;
        source.link(&first).map_err(text)?;
        let mut writer = Writer::new(input)?;
        let pushing = source.clone();
        self.feeder = Some(Feeder::new(
            input,
            move |number| {
                let frame = match pushing.try_frame() {
                    Ok(Some(frame)) => frame,
                    Ok(None) => return Ok(Pushed::Nothing),
                    Err(Error::Flushing) => return Ok(Pushed::Stopped),
                    Err(error) => return Err(error.to_string()),
                };
                writer.fill(&frame, number as u8)?;
                match pushing.push(frame, time(number, writer.rate, writer.is_live)) {
                    Ok(()) => Ok(Pushed::Frame),
                    // After its end; a seek or another start may make it go on.
                    Err(Error::Flushing | Error::Buffer(_)) => Ok(Pushed::Stopped),
                    Err(error) => Err(error.to_string()),
                }
            },
            {
                let source = source.clone();
                move || source.end_of_stream()
            },
        ));
        self.source = Some(source);
        Ok(())
    }

    fn add_peer(&mut self, input: &Input) -> Result<(), String> {
        let source = self.bin.by_name("peer").ok_or("an appsrc")?;
        let source = source
            .downcast::<gst_app::AppSrc>()
            .map_err(|_| "no appsrc")?;
        let (width, height) = input.size;
        let peer = Peer::new(input.buffers as usize + 2, width, height, ColorFormat::RGBA);
        // As a pool has them: each out there once.
        let mut all: Vec<_> = (0..input.buffers as usize + 2)
            .map(|index| peer.buffer(index))
            .collect();
        let (rate, is_live) = (input.rate, input.is_live);
        let pushing = source.clone();
        self.feeder = Some(Feeder::new(
            input,
            move |number| {
                // appsrc stamps what is pushed at once, with the clock's time while it knows no base time.
                if is_live && pushing.current_state() != gst::State::Playing {
                    return Ok(Pushed::Stopped);
                }
                let Some(free) = all
                    .iter_mut()
                    .find_map(|buffer| buffer.is_writable().then_some(buffer))
                else {
                    return Ok(Pushed::Nothing);
                };
                let buffer = free.get_mut().ok_or("it is free")?;
                buffer.set_pts(time(number, rate, is_live));
                // What the source has stamped the last time would stay.
                buffer.set_dts(None);
                buffer.set_duration(None);
                match pushing.push_buffer(free.clone()) {
                    Ok(_) => Ok(Pushed::Frame),
                    Err(gst::FlowError::Flushing | gst::FlowError::Eos) => Ok(Pushed::Stopped),
                    Err(error) => Err(error.to_string()),
                }
            },
            move || {
                let _ = source.end_of_stream();
            },
        ));
        Ok(())
    }

    /// Ends its stream, the application's way where it is the source.
    pub(crate) fn end(&mut self, by_application: bool) {
        self.is_endless = false;
        self.has_ended = true;
        match &self.source {
            Some(source) if by_application => source.end_of_stream(),
            _ => {
                self.bin.send_event(gst::event::Eos::new());
            }
        }
    }

    /// Gives it another size, where a capsfilter can.
    pub(crate) fn resize(&self, (width, height): (u32, u32)) {
        if let Some(filter) = self.bin.by_name("size") {
            let mut caps = filter.property::<gst::Caps>("caps");
            let caps_mut = caps.make_mut();
            caps_mut.set("width", width as i32);
            caps_mut.set("height", height as i32);
            filter.set_property("caps", caps);
        }
    }

    /// What an application's thread has done: see [`Feeder::counts`].
    pub(crate) fn fed(&self) -> Option<[u64; 3]> {
        let counts = self.feeder.as_ref().map(|feeder| &*feeder.counts);
        counts.map(|counts| counts.each_ref().map(|count| count.load(Relaxed)))
    }

    /// Ends the thread; what went wrong in it.
    pub(crate) fn stop(&mut self) -> Result<(), String> {
        self.feeder.take().map_or(Ok(()), Feeder::stop)
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn queue(buffers: u32, leaky: &str) -> String {
    format!("queue max-size-buffers={buffers} max-size-time=0 max-size-bytes=0 leaky={leaky}")
}

fn shape(input: &Input) -> String {
    let (width, height) = input.size;
    format!(
        "format={},width={width},height={height},framerate={}/1",
        input.format, input.rate
    )
}

fn nvmm(input: &Input) -> String {
    format!("video/x-raw(memory:NVMM),{}", shape(input))
}

fn pattern(input: &Input) -> String {
    format!(
        "videotestsrc pattern=ball is-live={} num-buffers={} \
         ! capsfilter name=size caps-change-mode=delayed caps=\"video/x-raw,{}\" \
         ! nvmmtransform output-buffers={} ! video/x-raw(memory:NVMM),format=RGBA",
        input.is_live,
        input.frames.map_or(-1, |frames| frames as i32),
        shape(input),
        input.buffers,
    )
}

fn time(number: u64, rate: u32, is_live: bool) -> Option<gst::ClockTime> {
    (!is_live).then(|| gst::ClockTime::from_nseconds(number * 1_000_000_000 / u64::from(rate)))
}

/// The GPU's work on an application's frames.
struct Writer {
    session: Session,
    memory: PinnedMemory,
    rate: u32,
    is_live: bool,
}

impl Writer {
    fn new(input: &Input) -> Result<Self, String> {
        let session = Session::new().map_err(text)?;
        let (width, height) = input.size;
        let memory = PinnedMemory::new(session.context(), width as usize * 4, height as usize);
        let memory = memory.map_err(text)?;
        Ok(Self {
            session,
            memory,
            rate: input.rate,
            is_live: input.is_live,
        })
    }

    fn fill(&mut self, frame: &gst_nvmm::NvmmFrameMut, byte: u8) -> Result<(), String> {
        let stream = self.session.stream();
        self.memory.as_mut_slice().map_err(text)?.fill(byte);
        frame.begin(stream).map_err(text)?;
        let to = frame.target(0).map_err(text)?;
        stream.copy(self.memory.source(), to).map_err(text)?;
        frame.finish(stream).map_err(text)?;
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Pushed {
    Frame,
    /// All are in use.
    Nothing,
    /// The pipeline is stopped, or the stream has ended.
    Stopped,
}

/// A thread that pushes frames until it is told to stop.
#[derive(Debug)]
struct Feeder {
    stop: Arc<AtomicBool>,
    /// Frames pushed, turns in which all were in use, turns in which the stream took none.
    counts: Arc<[AtomicU64; 3]>,
    thread: JoinHandle<Result<(), String>>,
}

impl Feeder {
    fn new(
        input: &Input,
        mut push: impl FnMut(u64) -> Result<Pushed, String> + Send + 'static,
        end: impl Fn() + Send + 'static,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let counts = Arc::<[AtomicU64; 3]>::default();
        let counted = Arc::clone(&counts);
        let (stopped, frames) = (Arc::clone(&stop), input.frames.map(u64::from));
        let pause = if input.is_live {
            1_000_000 / u64::from(input.rate)
        } else {
            0
        };
        let thread = std::thread::spawn(move || {
            let (mut number, mut pushed) = (0, 0);
            while !stopped.load(Relaxed) {
                if frames.is_some_and(|frames| pushed >= frames) {
                    // Again where the pipeline has started anew.
                    end();
                    std::thread::sleep(Duration::from_millis(5));
                    continue;
                }
                let pushed_now = push(number)?;
                counted[pushed_now as usize].fetch_add(1, Relaxed);
                match pushed_now {
                    Pushed::Frame => {
                        number += 1;
                        pushed += 1;
                        std::thread::sleep(Duration::from_micros(pause));
                    }
                    Pushed::Nothing => std::thread::sleep(Duration::from_micros(500)),
                    Pushed::Stopped => {
                        // Another start begins at 0.
                        number = 0;
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
            }
            Ok(())
        });
        Self {
            stop,
            counts,
            thread,
        }
    }

    fn stop(self) -> Result<(), String> {
        self.stop.store(true, Relaxed);
        let result = self.thread.join();
        result.unwrap_or_else(|_| Err("the application's thread panicked".into()))
    }
}
