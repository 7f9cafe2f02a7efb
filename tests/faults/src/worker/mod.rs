//! The process of one fault: plays a workload with it, then again without, and says how it went.

mod elements;
mod peer;
pub(crate) mod workload;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use gst::prelude::*;
use nvmm_sim_control::Simulator;
use serde_json::{Value, json};

use self::peer::Peer;
pub(crate) use self::peer::WAYS;
use self::workload::{Built, Workload};

/// What the line with the verdict begins with.
pub(crate) const MARK: &str = "nvmm-faults-result: ";

/// `WAY:ELEMENT:FRAME`: the peer that vanishes.
pub(crate) const PEER: &str = "NVMM_FAULTS_PEER";

/// A pipeline that has neither ended nor said anything by then hangs.
const LIMIT: Duration = Duration::from_secs(10);

/// When everything is gone that will go.
const SETTLED: Duration = Duration::from_millis(300);

/// How long a pipeline may go on when a peer has vanished.
const AFTER: Duration = Duration::from_millis(150);

/// Runs a workload under the faults of the environment, and prints the verdict.
pub(crate) fn run(workload: &'static Workload) -> ExitCode {
    let verdict = match play_twice(workload) {
        Ok(verdict) => verdict,
        Err(error) => json!({ "broken": error }),
    };
    let mut out = std::io::stdout().lock();
    // Nobody is left to tell if it fails; a process without a verdict has failed.
    let _ = write!(out, "\n{MARK}{verdict}\n");
    let _ = out.flush();
    ExitCode::SUCCESS
}

fn play_twice(workload: &'static Workload) -> Result<Value, String> {
    gst::init().map_err(|e| e.to_string())?;
    elements::register().map_err(|e| e.to_string())?;
    let simulator = Simulator::find()?;
    let fds_before = fds()?;
    // What cannot be built with the fault is built without: it is the second run that counts then.
    let (first, built) = match workload.build() {
        Ok(built) => (play(&built, true), Some(built)),
        Err(error) => (
            json!({ "how": "refused", "text": error, "frames": 0 }),
            None,
        ),
    };
    let injected = simulator.counter("faults_injected").unwrap_or(0);
    let after_first = simulator.report();
    // What has not happened yet may when the pipeline is dropped.
    if injected > 0 || std::env::var_os("NVMM_SIM_FAIL").is_none() {
        heal(&simulator);
    }
    let built = match built {
        Some(built) => built,
        None => workload.build()?,
    };
    let again = play(&built, false);
    drop(built);
    let (mut report, fds) = settled(&simulator, fds_before)?;
    if let Some(report) = report.as_object_mut() {
        report.remove("calls");
        report.remove("threads");
    }
    Ok(json!({
        "first": first,
        "again": again,
        "injected": injected,
        "sites_of_first": after_first["sites"],
        "fds": fds,
        "report": report,
    }))
}

/// The report and the number of open files when nothing is alive any more, or does not go: a thread that has just
/// ended may hold the last reference of something for a moment.
fn settled(simulator: &Simulator, fds_before: usize) -> Result<(Value, usize), String> {
    let end = Instant::now() + SETTLED;
    loop {
        let (report, fds) = (simulator.report(), fds()?);
        let is_clean = report["buffers_alive"] == 0 && report["device_allocations_alive"] == 0;
        if (is_clean && fds <= fds_before) || Instant::now() > end {
            return Ok((report, fds));
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Takes back what the environment asked to go wrong.
fn heal(simulator: &Simulator) {
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    let names = |wishes: &str| -> Vec<String> {
        let names = wishes.split(',').filter_map(|wish| wish.split(':').next());
        names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    };
    // The simulator has said already what it does not know of these.
    for name in names(&of("NVMM_SIM_FAIL")) {
        let _ = simulator.fail(&name, 0, 0);
    }
    for name in names(&of("NVMM_SIM_DELAY")) {
        let _ = simulator.delay(&name, 0);
    }
    simulator.limit_memory(None);
}

/// From NULL to the end, an error or a peer's vanishing, and back to NULL.
fn play(built: &Built, with_fault: bool) -> Value {
    let pipeline = &built.pipeline;
    // An element that fails on its way to READY leaves the pipeline in NULL, which does not empty the bus.
    if let Some(bus) = pipeline.bus() {
        bus.set_flushing(true);
        bus.set_flushing(false);
    }
    let frames = Arc::new(AtomicU32::new(0));
    let probe = count(pipeline, &frames);
    let wish = std::env::var(PEER).ok().filter(|_| with_fault);
    let peer = wish.map(|wish| Peer::arm(pipeline, &wish)).transpose();
    let peer = match peer {
        Ok(peer) => peer,
        Err(error) => return json!({ "how": "broken", "text": error, "frames": 0 }),
    };
    let start = Instant::now();
    let started = pipeline.set_state(gst::State::Playing);
    let feeding = started.is_ok().then(|| built.feed()).flatten();
    let (mut how, mut text) = listen(pipeline, started.is_err(), peer.as_ref());
    if let Err(error) = pipeline.set_state(gst::State::Null) {
        (how, text) = ("stuck", format!("the pipeline does not stop: {error}"));
    }
    let fed = feeding.map(thread::JoinHandle::join);
    match fed {
        Some(Err(_)) => (how, text) = ("panic", "the feeding thread panicked".into()),
        // The application is told, the bus is not.
        Some(Ok(Err(error))) => {
            how = if how == "eos" { "error" } else { how };
            text.push_str(&error);
        }
        Some(Ok(Ok(()))) | None => {}
    }
    if let Some((pad, probe)) = probe {
        pad.remove_probe(probe);
    }
    let gone = peer.as_ref().is_some_and(Peer::is_gone);
    if let Some(Err(error)) = peer.map(Peer::come_back) {
        (how, text) = ("broken", error);
    }
    json!({
        "how": how,
        "text": text,
        "frames": frames.load(Relaxed),
        "gone": gone,
        "milliseconds": u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// Counts what arrives at the end.
fn count(pipeline: &gst::Pipeline, frames: &Arc<AtomicU32>) -> Option<(gst::Pad, gst::PadProbeId)> {
    let pad = pipeline.by_name("end")?.static_pad("sink")?;
    let frames = Arc::clone(frames);
    let probe = pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        frames.fetch_add(1, Relaxed);
        gst::PadProbeReturn::Ok
    });
    probe.map(|probe| (pad, probe))
}

/// What the bus says: the first error in front, warnings after it.
fn listen(pipeline: &gst::Pipeline, refused: bool, peer: Option<&Peer>) -> (&'static str, String) {
    let Some(bus) = pipeline.bus() else {
        return ("broken", "no bus".into());
    };
    let types = [
        gst::MessageType::Error,
        gst::MessageType::Eos,
        gst::MessageType::Warning,
    ];
    let (mut end, mut warnings) = (Instant::now() + LIMIT, String::new());
    if refused {
        end = Instant::now() + AFTER;
    }
    let mut vanished = false;
    loop {
        if !vanished && peer.is_some_and(Peer::is_gone) {
            vanished = true;
            end = Instant::now() + AFTER;
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return match (refused, vanished) {
                (_, true) => ("gone", warnings),
                (true, _) => ("error", warnings),
                _ => ("stuck", warnings),
            };
        }
        let wait = left.min(Duration::from_millis(20));
        let wait = gst::ClockTime::try_from(wait).unwrap_or(gst::ClockTime::MSECOND);
        let Some(message) = bus.timed_pop_filtered(wait, &types) else {
            continue;
        };
        let name = message.src().map(|source| source.name().to_string());
        let name = name.unwrap_or_default();
        match message.view() {
            gst::MessageView::Eos(_) => return ("eos", warnings),
            gst::MessageView::Error(error) => {
                let debug = error.debug().unwrap_or_default();
                return (
                    "error",
                    format!("{name}: {} ({debug})\n{warnings}", error.error()),
                );
            }
            gst::MessageView::Warning(warning) => {
                let debug = warning.debug().unwrap_or_default();
                warnings.push_str(&format!("{name}: {} ({debug})\n", warning.error()));
            }
            _ => {}
        }
    }
}

/// Open files of this process.
fn fds() -> Result<usize, String> {
    let entries = std::fs::read_dir("/proc/self/fd").map_err(|e| e.to_string())?;
    // One of them is the folder's own.
    Ok(entries.count().saturating_sub(1))
}
