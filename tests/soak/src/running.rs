#![forbid(unsafe_code)]
//! A planned pipeline, and what is done to it while it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use gst::prelude::*;

use crate::branch::Branch;
use crate::consumer::Consumer;
use crate::plan::{Input, Mixer, Plan, Step, Stop};
use crate::watch::Watch;

/// How long frames or an end may be waited for; the watchdog has more patience.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct Running<'a> {
    pipeline: gst::Pipeline,
    mixer: Option<gst::Element>,
    branches: Vec<Branch>,
    consumers: Vec<Consumer>,
    /// Buffers that came to a sink.
    frames: Arc<AtomicU64>,
    /// The time of the mixer's last frame, in nanoseconds.
    position: Arc<AtomicU64>,
    is_ended: bool,
    watch: &'a Watch,
}

impl<'a> Running<'a> {
    pub(crate) fn new(plan: &Plan, watch: &'a Watch) -> Result<Self, String> {
        let pipeline = gst::Pipeline::new();
        watch.look_at(&pipeline);
        let mut running = Self {
            pipeline,
            mixer: None,
            branches: Vec::new(),
            consumers: Vec::new(),
            frames: Arc::default(),
            position: Arc::default(),
            is_ended: false,
            watch,
        };
        let mut end = None;
        if let Some(mixer) = &plan.mixer {
            end = Some(running.add_mixer(mixer)?);
        }
        let mut inputs = plan.inputs.iter();
        if end.is_none() {
            let branch = Branch::new(inputs.next().ok_or("a plan has an input")?)?;
            running.pipeline.add(&branch.bin).map_err(text)?;
            end = Some(branch.pad()?);
            running.branches.push(branch);
        }
        let end = end.ok_or("there is a mixer or an input")?;
        running.add_outputs(plan, &end)?;
        for input in inputs {
            running.add(input)?;
        }
        Ok(running)
    }

    fn add_mixer(&mut self, mixer: &Mixer) -> Result<gst::Pad, String> {
        let overlay = gst::ElementFactory::make("nvmmoverlay");
        let overlay = overlay
            .property("output-buffers", mixer.buffers)
            .build()
            .map_err(text)?;
        let mut caps = String::from("video/x-raw(memory:NVMM),format=RGBA");
        if let Some((width, height)) = mixer.size {
            caps += &format!(",width={width},height={height}");
        }
        let filter = gst::ElementFactory::make("capsfilter")
            .build()
            .map_err(text)?;
        filter.set_property_from_str("caps", &caps);
        self.pipeline.add_many([&overlay, &filter]).map_err(text)?;
        overlay.link(&filter).map_err(text)?;
        let position = Arc::clone(&self.position);
        let pad = overlay.static_pad("src").ok_or("a mixer has a pad")?;
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(pts) = info.buffer().and_then(|buffer| buffer.pts()) {
                position.store(pts.nseconds(), Relaxed);
            }
            gst::PadProbeReturn::Ok
        });
        self.mixer = Some(overlay);
        filter.static_pad("src").ok_or("a filter has a pad".into())
    }

    fn add_outputs(&mut self, plan: &Plan, end: &gst::Pad) -> Result<(), String> {
        let mut tee = None;
        if plan.outputs.len() > 1 {
            let element = gst::ElementFactory::make("tee").build().map_err(text)?;
            self.pipeline.add(&element).map_err(text)?;
            end.link(&element.static_pad("sink").ok_or("a tee has a pad")?)
                .map_err(text)?;
            tee = Some(element);
        }
        for output in &plan.outputs {
            let consumer = Consumer::new(*output)?;
            self.pipeline.add_many(&consumer.elements).map_err(text)?;
            gst::Element::link_many(&consumer.elements).map_err(text)?;
            let first = consumer.elements.first().ok_or("an output is something")?;
            let sink = first.static_pad("sink").ok_or("an output has a pad")?;
            if let Some(tee) = &tee {
                let queue = gst::ElementFactory::make("queue").property("max-size-buffers", 1_u32);
                let queue = queue.build().map_err(text)?;
                self.pipeline.add(&queue).map_err(text)?;
                tee.link(&queue).map_err(text)?;
                queue.link(first).map_err(text)?;
            } else {
                end.link(&sink).map_err(text)?;
            }
            let frames = Arc::clone(&self.frames);
            consumer
                .pad()?
                .add_probe(gst::PadProbeType::BUFFER, move |_, _| {
                    frames.fetch_add(1, Relaxed);
                    gst::PadProbeReturn::Ok
                });
            self.consumers.push(consumer);
        }
        Ok(())
    }

    /// A new input of the mixer, as far on as the output is.
    fn add(&mut self, input: &Input) -> Result<(), String> {
        let Some(mixer) = &self.mixer else {
            return Ok(());
        };
        // Behind its own end a mixer takes nothing: GStreamer's base class lets what comes wait for ever.
        let has_ended = self.branches.iter().all(|branch| branch.has_ended);
        if has_ended && !self.branches.is_empty() {
            return Ok(());
        }
        let branch = Branch::new(input)?;
        self.pipeline.add(&branch.bin).map_err(text)?;
        let pad = branch.pad()?;
        if !input.is_live {
            pad.set_offset(self.position.load(Relaxed).try_into().unwrap_or(0));
        }
        let sink = mixer
            .request_pad_simple("sink_%u")
            .ok_or("the mixer takes inputs")?;
        pad.link(&sink).map_err(text)?;
        branch.bin.sync_state_with_parent().map_err(text)?;
        self.branches.push(branch);
        Ok(())
    }

    /// Takes an input away, as applications do: what it has in work is let through, or flushed.
    fn remove(&mut self, index: usize, mut flushed: bool) -> Result<(), String> {
        let Some(mixer) = &self.mixer else {
            return Ok(());
        };
        if self.branches.len() < 2 {
            return Ok(());
        }
        let mut branch = self.branches.remove(index % self.branches.len());
        let pad = branch.pad()?;
        let sink = pad.peer().ok_or("the input was linked")?;
        if !flushed {
            let (done, idle) = mpsc::channel();
            let linked = sink.clone();
            // It stays blocked until it stops: a buffer that found no mixer would be an error.
            let kind = gst::PadProbeType::IDLE | gst::PadProbeType::BLOCK_DOWNSTREAM;
            let probe = pad.add_probe(kind, move |pad, _| {
                if pad.is_linked() {
                    let _ = done.send(pad.unlink(&linked));
                }
                gst::PadProbeReturn::Ok
            });
            // Waiting for downstream it is never idle.
            flushed = idle.recv_timeout(Duration::from_millis(200)).is_err();
            if let (true, Some(probe)) = (flushed, probe) {
                pad.remove_probe(probe);
            }
        }
        if flushed {
            pad.push_event(gst::event::FlushStart::new());
        }
        branch.bin.set_locked_state(true);
        branch.bin.set_state(gst::State::Null).map_err(text)?;
        branch.stop()?;
        self.pipeline.remove(&branch.bin).map_err(text)?;
        mixer.release_request_pad(&sink);
        Ok(())
    }

    pub(crate) fn start(&mut self) -> Result<(), String> {
        self.set(gst::State::Playing)?;
        self.reached(gst::State::Playing)?;
        self.flows()
    }

    pub(crate) fn step(&mut self, step: &Step) -> Result<(), String> {
        let of = |input: usize, all: &[Branch]| input % all.len();
        match step {
            Step::Rest(time) => std::thread::sleep(Duration::from_millis((*time).into())),
            Step::Add(input) => self.add(input)?,
            Step::Remove { input, flushed } => self.remove(*input, *flushed)?,
            Step::End(input) => {
                let index = of(*input, &self.branches);
                self.branches[index].end(input % 2 == 0);
            }
            Step::Resize(input, size) => self.branches[of(*input, &self.branches)].resize(*size),
            Step::Place {
                input,
                x,
                y,
                alpha,
                zorder,
            } => {
                let pad = self.branches[of(*input, &self.branches)].pad()?;
                if let Some(sink) = pad.peer().filter(|_| self.mixer.is_some()) {
                    sink.set_property("xpos", x);
                    sink.set_property("ypos", y);
                    sink.set_property("alpha", alpha);
                    sink.set_property("zorder", zorder);
                }
            }
            Step::Seek(to) => self.seek(*to)?,
            Step::State(stop) => self.stop_and_go(*stop)?,
            Step::Ask => self.ask(),
        }
        self.flows()
    }

    fn seek(&mut self, to: u32) -> Result<(), String> {
        if self.branches.iter().all(|branch| branch.is_seekable) {
            let to = gst::ClockTime::from_mseconds(to.into());
            // An input that has just been removed may be asked; that is no fault.
            let _ = self.pipeline.seek_simple(gst::SeekFlags::FLUSH, to);
            self.is_ended = false;
            // GStreamer's bin still has to go on to PLAYING by itself: an end sent before that holds a lock that
            // it needs, and waits for the stream, which waits for PLAYING.
            self.reached(gst::State::Playing)?;
        }
        Ok(())
    }

    fn stop_and_go(&mut self, stop: Stop) -> Result<(), String> {
        let state = match stop {
            Stop::Paused | Stop::Hasty => gst::State::Paused,
            Stop::Ready => gst::State::Ready,
            Stop::Null => gst::State::Null,
        };
        self.set(state)?;
        if stop == Stop::Hasty {
            self.set(gst::State::Ready)?;
        } else {
            self.reached(state)?;
        }
        if stop != Stop::Paused {
            self.is_ended = false;
            self.position.store(0, Relaxed);
            // It begins at 0 again.
            for branch in &self.branches {
                branch.pad()?.set_offset(0);
            }
        }
        self.set(gst::State::Playing)?;
        self.reached(gst::State::Playing)
    }

    fn ask(&self) {
        let mut latency = gst::query::Latency::new();
        let _ = self.pipeline.query(&mut latency);
        let _ = self.pipeline.query_position::<gst::ClockTime>();
        let _ = self.pipeline.query_duration::<gst::ClockTime>();
        let now = self.pipeline.current_running_time().unwrap_or_default();
        let late = gst::event::Qos::new(gst::QOSType::Underflow, 2.0, 20_000_000, now);
        for consumer in &self.consumers {
            if let Ok(pad) = consumer.pad() {
                pad.push_event(late.clone());
            }
        }
    }

    fn set(&self, state: gst::State) -> Result<(), String> {
        let result = self.pipeline.set_state(state);
        result
            .map(drop)
            .map_err(|e| format!("{state:?}: {e}; {}", self.errors().unwrap_or_default()))
    }

    fn reached(&mut self, state: gst::State) -> Result<(), String> {
        let patience = gst::ClockTime::try_from(PATIENCE).map_err(text)?;
        let (result, now, _) = self.pipeline.state(patience);
        self.look()?;
        match result {
            Ok(gst::StateChangeSuccess::Async) => {
                self.hangs(&format!("{now:?} instead of {state:?}"))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(format!("{state:?}: {error}")),
        }
    }

    /// Another frame comes, unless the streams end.
    fn flows(&mut self) -> Result<(), String> {
        self.look()?;
        let before = self.frames.load(Relaxed);
        let end = Instant::now() + PATIENCE;
        while self.branches.iter().any(|branch| branch.is_endless)
            && self.frames.load(Relaxed) == before
        {
            self.look()?;
            // Of all the inputs that had not ended one is endless, which a leaky queue may have ended: its
            // end passes what it drops.
            if self.is_ended {
                break;
            }
            if Instant::now() > end {
                return self.hangs("no frame comes");
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(())
    }

    /// The stream ends at the sinks.
    pub(crate) fn end(&mut self) -> Result<(), String> {
        self.pipeline.send_event(gst::event::Eos::new());
        for branch in &mut self.branches {
            branch.is_endless = false;
        }
        let end = Instant::now() + PATIENCE;
        while !self.is_ended {
            self.look()?;
            if Instant::now() > end {
                return self.hangs("the stream does not end");
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(())
    }

    /// To NULL, and all threads ended: elements of it, weakly, and how many frames came.
    pub(crate) fn finish(mut self) -> Result<(Vec<gst::glib::WeakRef<gst::Element>>, u64), String> {
        let weak = self.pipeline.iterate_recurse();
        let mut all: Vec<_> = weak.into_iter().flatten().map(|e| e.downgrade()).collect();
        all.push(self.pipeline.upcast_ref::<gst::Element>().downgrade());
        self.set(gst::State::Null)?;
        for branch in &mut self.branches {
            branch.stop()?;
        }
        for consumer in &mut self.consumers {
            consumer.stop()?;
        }
        Ok((all, self.frames.load(Relaxed)))
    }

    /// What the bus says.
    fn look(&mut self) -> Result<(), String> {
        self.is_ended |= self.errors()?;
        Ok(())
    }

    /// Whether the end came, or an error.
    fn errors(&self) -> Result<bool, String> {
        let mut is_ended = false;
        let bus = self.pipeline.bus().ok_or("a pipeline has a bus")?;
        while let Some(message) = bus.pop() {
            match message.view() {
                gst::MessageView::Error(error) => {
                    let source = error.src().map(|source| source.path_string());
                    let debug = error.debug().unwrap_or_default();
                    let source = source.unwrap_or_default();
                    return Err(format!("{source}: {} ({debug})", error.error()));
                }
                gst::MessageView::Eos(_) => is_ended = true,
                gst::MessageView::Latency(_) => {
                    let _ = self.pipeline.recalculate_latency();
                }
                _ => {}
            }
        }
        Ok(is_ended)
    }

    fn hangs(&self, what: &str) -> Result<(), String> {
        let fed: Vec<_> = self.branches.iter().map(Branch::fed).collect();
        Err(format!(
            "hangs: {what} in {PATIENCE:?}; {}; fed: {fed:?}",
            self.watch.picture()
        ))
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
