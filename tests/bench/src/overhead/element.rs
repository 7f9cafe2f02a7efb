//! An element of two inputs, in a pipeline of sources that only hand out buffers and a sink that drops them.

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gst::prelude::*;
use gst_nvmm::{Form, NvmmBufferPool};
use nvmm_sim_control::Simulator;

use crate::options::Options;
use crate::sample::{median, quartile, within};
use crate::source::Source;
use crate::{by_hand, clocks, mix, source};

/// Frames before the first that counts: pools fill, surfaces are registered.
const WARM_UP: u64 = 300;
/// Surfaces of a source: those that the element holds, and some on their way.
const SURFACES: u32 = 6;
/// What counts as none: a queue that grows once is no allocation per frame.
const NONE: f64 = 0.01;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    ByHand,
    Ours,
}

/// Whose memory the inputs are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Memory {
    /// The element's own kind: work may be pending on it.
    Own,
    /// Of a peer that knows nothing of pending work: each frame is waited for.
    Peers,
}

/// What was used so far.
#[derive(Clone, Copy, Debug)]
struct Mark {
    thread: Duration,
    process: Duration,
    /// Before and after the mark was made.
    allocations: [u64; 2],
    registrations: u64,
}

/// Per frame.
#[derive(Debug)]
struct Cost {
    /// Microseconds of the thread that runs the element and the sink behind it.
    thread: f64,
    /// Microseconds of all threads.
    process: f64,
    allocations: f64,
    registrations: u64,
}

impl Mark {
    fn now(simulator: Option<&Simulator>) -> Self {
        let before = clocks::allocations();
        // The answer needs a text from the heap.
        let registrations = simulator.and_then(|simulator| simulator.counter("registrations"));
        Self {
            thread: clocks::of_thread(),
            process: clocks::of_process(),
            allocations: [before, clocks::allocations()],
            registrations: registrations.unwrap_or(0),
        }
    }

    fn until(self, end: Self, frames: u32) -> Cost {
        let micros = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(frames);
        Cost {
            thread: micros(end.thread - self.thread),
            process: micros(end.process - self.process),
            allocations: (end.allocations[0] - self.allocations[1]) as f64 / f64::from(frames),
            registrations: end.registrations - self.registrations,
        }
    }
}

fn pool(kind: Kind, memory: Memory) -> Result<gst::BufferPool, String> {
    let caps = source::caps();
    let pool = match (kind, memory) {
        (Kind::Ours, Memory::Own) => {
            NvmmBufferPool::with_form(&caps, SURFACES, SURFACES, Form::Surface)
                .map_err(|e| e.to_string())?
                .upcast()
        }
        _ => by_hand::pool(&caps, SURFACES)?,
    };
    pool.set_active(true).map_err(|e| e.to_string())?;
    Ok(pool)
}

/// One turn of one element.
fn turn(kind: Kind, memory: Memory, frames: u32) -> Result<Cost, String> {
    let pipeline = gst::Pipeline::new();
    let element = match kind {
        Kind::ByHand => by_hand::mix(memory == Memory::Peers)?,
        Kind::Ours => mix::mix(),
    };
    let sink = gst::ElementFactory::make("fakesink")
        .property("sync", false)
        .property("enable-last-sample", false)
        .build()
        .map_err(|e| e.to_string())?;
    let add = |element: &gst::Element| pipeline.add(element).map_err(|e| e.to_string());
    add(&element)?;
    add(&sink)?;
    element.link(&sink).map_err(|e| e.to_string())?;
    let total = WARM_UP + u64::from(frames);
    let pools = [pool(kind, memory)?, pool(kind, memory)?];
    for pool in &pools {
        let source: gst::Element = Source::new(pool.clone(), total + 2).upcast();
        add(&source)?;
        source.link(&element).map_err(|e| e.to_string())?;
    }
    let marks = Arc::new(Mutex::new((0, [None; 2])));
    let pad = sink.static_pad("sink").ok_or("fakesink has no pad")?;
    let probe = Arc::clone(&marks);
    let simulator = Simulator::loaded();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        let mut state = probe.lock().unwrap_or_else(|e| e.into_inner());
        let (count, marks) = &mut *state;
        *count += 1;
        if *count == WARM_UP {
            marks[0] = Some(Mark::now(simulator.as_ref()));
        } else if *count == total {
            marks[1] = Some(Mark::now(simulator.as_ref()));
        }
        gst::PadProbeReturn::Ok
    });
    run(&pipeline)?;
    for pool in pools {
        pool.set_active(false).map_err(|e| e.to_string())?;
    }
    let (_, marks) = *marks.lock().unwrap_or_else(|e| e.into_inner());
    let [Some(start), Some(end)] = marks else {
        return Err(format!("{kind:?}: not all frames came out"));
    };
    Ok(start.until(end, frames))
}

/// Until the end of the stream.
fn run(pipeline: &gst::Pipeline) -> Result<(), String> {
    let bus = pipeline.bus().ok_or("a pipeline without a bus")?;
    let started = pipeline.set_state(gst::State::Playing);
    let limit = gst::ClockTime::from_seconds(60);
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus.timed_pop_filtered(limit, &kinds);
    let stopped = pipeline.set_state(gst::State::Null);
    match message.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => {}
        Some(gst::MessageView::Error(error)) => {
            let debug = error.debug();
            return Err(format!("{}: {}", error.error(), debug.unwrap_or_default()));
        }
        _ => return Err("the stream did not end in 60 s".into()),
    }
    started.and(stopped).map_err(|e| e.to_string())?;
    Ok(())
}

/// Prints what both elements take. False if something is above its limit.
pub(crate) fn measure(options: &Options) -> Result<bool, String> {
    let mut all = true;
    for (memory, title) in [
        (Memory::Own, "inputs of its own memory"),
        (
            Memory::Peers,
            "inputs of a peer's memory, each frame waited for",
        ),
    ] {
        let (mut hand, mut ours) = (Vec::new(), Vec::new());
        for number in 0..options.turns {
            let mut kinds = [Kind::ByHand, Kind::Ours];
            // Each is first as often as second.
            kinds.rotate_left(number % 2);
            for kind in kinds {
                let cost = turn(kind, memory, options.frames)?;
                match kind {
                    Kind::ByHand => hand.push(cost),
                    Kind::Ours => ours.push(cost),
                }
            }
        }
        all &= print(options, title, &hand, &ours);
    }
    Ok(all)
}

fn print(options: &Options, title: &str, hand: &[Cost], ours: &[Cost]) -> bool {
    let threads = |costs: &[Cost]| costs.iter().map(|cost| cost.thread).collect::<Vec<_>>();
    let processes = |costs: &[Cost]| costs.iter().map(|cost| cost.process).collect::<Vec<_>>();
    let allocations = |costs: &[Cost]| median(costs.iter().map(|c| c.allocations).collect());
    let registrations = |costs: &[Cost]| costs.iter().map(|c| c.registrations).sum::<u64>();
    println!("an element of two inputs, {title}; per output frame");
    println!("                   its thread, us   all threads, us   allocations   registrations");
    for (name, costs) in [("by hand", hand), ("ours", ours)] {
        println!(
            "  {name:<16} {:>14.2}   {:>15.2}   {:>11.4}   {:>13}",
            quartile(threads(costs)),
            quartile(processes(costs)),
            allocations(costs),
            registrations(costs)
        );
    }
    let in_all = quartile(processes(ours)) / quartile(processes(hand));
    println!("  all threads, times the C: {in_all:.2}");
    let of_thread = quartile(threads(ours)) / quartile(threads(hand));
    let mut all = within("its thread, times the C", of_thread, options.ratio());
    let more = allocations(ours) - allocations(hand);
    all &= within("allocations more than the C", more, NONE);
    all &= within("registrations", registrations(ours) as f64, 0.0);
    all
}
