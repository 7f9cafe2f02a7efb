#![forbid(unsafe_code)]
//! The process that the pipelines run in.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::filters;
use crate::plan::Plan;
use crate::resources::{self, Resources};
use crate::running::Running;
use crate::watch::Watch;

/// Critical warnings that are no fault of an element or pipeline here.
const NOT_OURS: [&str; 1] = [
    // appsink takes new caps while another thread has its last sample: of GStreamer before 1.24.
    "gst_sample_set_caps: assertion",
];

/// The seeds from one number on, one after the other, until time is up; or one, so many times. Says on
/// stdout what it does: `begin SEED`, `end SEED FRAMES KIB FILES`.
pub(crate) fn run(
    folder: &Path,
    seeds: impl Iterator<Item = u64>,
    time: Duration,
    verbose: bool,
) -> Result<(), String> {
    gst::glib::log_set_default_handler(|domain, level, text| {
        eprintln!("{}: {level:?}: {text}", domain.unwrap_or_default());
        let is_fatal = matches!(
            level,
            gst::glib::LogLevel::Error | gst::glib::LogLevel::Critical
        );
        if is_fatal && !NOT_OURS.iter().any(|known| text.contains(known)) {
            std::process::abort();
        }
    });
    nvmm_pipelines::init();
    filters::register();
    let watch = Watch::new(folder.to_path_buf());
    let mut resources = Resources::new();
    let started = Instant::now();
    for seed in seeds {
        if started.elapsed() >= time {
            break;
        }
        println!("begin {seed}");
        let plan = Plan::new(seed);
        if verbose {
            eprintln!("{plan:#?}");
        }
        let frames = one(seed, &plan, &watch, &mut resources, verbose);
        let frames = frames.map_err(|error| format!("seed {seed}: {error}\n{plan:?}"))?;
        println!(
            "end {seed} {frames} {} {}",
            resources::memory(),
            resources::open_files()
        );
    }
    Ok(())
}

fn one(
    seed: u64,
    plan: &Plan,
    watch: &Watch,
    resources: &mut Resources,
    verbose: bool,
) -> Result<u64, String> {
    watch.begin(seed, "construction");
    let mut running = Running::new(plan, watch)?;
    let result = live(seed, plan, watch, &mut running, verbose);
    watch.begin(seed, "the stop");
    let finished = running.finish();
    result?;
    let (elements, frames) = finished?;
    watch.begin(seed, "looking at what is left");
    resources.check(&elements)?;
    Ok(frames)
}

fn live(
    seed: u64,
    plan: &Plan,
    watch: &Watch,
    running: &mut Running,
    verbose: bool,
) -> Result<(), String> {
    watch.begin(seed, "the start");
    running.start().map_err(|error| format!("start: {error}"))?;
    for (number, step) in plan.steps.iter().enumerate() {
        if verbose {
            eprintln!("step {number}: {step:?}");
        }
        watch.begin(seed, format!("step {number}, {step:?}"));
        running
            .step(step)
            .map_err(|error| format!("step {number}, {step:?}: {error}"))?;
    }
    if plan.ends {
        watch.begin(seed, "the end of the stream");
        running.end().map_err(|error| format!("end: {error}"))?;
    }
    Ok(())
}
