//! What a subject does without faults: the places that it calls from, and what it leaves behind.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::injection::Pair;
use crate::process::{self, End, Ran};
use crate::subject::{Program, Subject};

/// Runs that are looked at: not every thread's way is gone every time.
const RUNS: usize = 3;

/// Numbers of the report that say what is alive: 0 at the end, or a leak.
pub(crate) const ALIVE: [&str; 8] = [
    "surfaces_alive",
    "buffers_alive",
    "egl_images_alive",
    "egl_streams_alive",
    "egl_syncs_alive",
    "registrations_alive",
    "cuda_buffers_alive",
    "device_allocations_alive",
];

/// A place that calls a function.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) module: String,
    pub(crate) offsets: Vec<u64>,
    /// Calls in a run, the smallest number seen.
    pub(crate) calls: u64,
}

/// A subject without faults.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) pairs: BTreeMap<Pair, Arc<Place>>,
    /// Calls by function.
    pub(crate) calls: BTreeMap<String, u64>,
    pub(crate) bytes_peak: u64,
    /// Frames that arrive in one play.
    pub(crate) frames: u64,
    /// Files open at the end, at most.
    pub(crate) fds: u64,
    /// What a case on purpose leaves behind, by its name.
    pub(crate) alive: BTreeMap<&'static str, u64>,
    pub(crate) violations: u64,
}

/// Places in a report.
pub(crate) fn places(sites: &Value) -> impl Iterator<Item = (Pair, Place)> + '_ {
    let sites = sites.as_array().into_iter().flatten();
    sites.filter_map(|site| {
        let text = |key: &str| site[key].as_str().map(str::to_owned);
        let offsets = site["offsets"].as_array()?.iter().filter_map(Value::as_u64);
        let pair = Pair {
            function: text("function")?,
            site: text("site")?,
        };
        let place = Place {
            module: text("module")?,
            offsets: offsets.collect(),
            calls: site["calls"].as_u64()?,
        };
        Some((pair, place))
    })
}

/// Runs a subject without faults.
///
/// # Errors
///
/// It does not even run so.
pub(crate) fn record(subject: &Subject<'_>, limit: Duration) -> Result<Recorded, String> {
    let mut recorded = Recorded::default();
    for _ in 0..RUNS {
        let ran = process::run(subject, &[("NVMM_SIM_SITES", "1".into())], limit)?;
        add(subject, &mut recorded, &ran).map_err(|error| {
            format!(
                "{subject} without faults: {error}\n{:?} {}",
                ran.said, ran.stderr
            )
        })?;
    }
    Ok(recorded)
}

fn add(subject: &Subject<'_>, recorded: &mut Recorded, ran: &Ran) -> Result<(), String> {
    let (End::Exit(0), Some(said)) = (&ran.end, &ran.said) else {
        return Err(format!("{:?}", ran.end));
    };
    let report = &ran.report;
    let number = |key: &str| report[key].as_u64().unwrap_or(0);
    let mut sites: BTreeMap<Pair, Place> = places(&report["sites"]).collect();
    if let Program::Workload(_) = subject.program {
        for run in ["first", "again"] {
            if said[run]["how"] != "eos" {
                return Err(format!("{run}: {}", said[run]));
            }
        }
        let frames = said["first"]["frames"].as_u64().unwrap_or(0);
        if frames == 0 || said["again"]["frames"] != frames {
            return Err("another number of frames when it plays again".into());
        }
        recorded.frames = frames;
        // The first play is the one with the fault: its calls count where it makes some.
        for (pair, place) in places(&said["sites_of_first"]) {
            sites.insert(pair, place);
        }
    }
    recorded.fds = recorded.fds.max(said["fds"].as_u64().unwrap_or(0));
    recorded.bytes_peak = recorded.bytes_peak.max(number("bytes_peak"));
    recorded.violations = recorded.violations.max(number("violations"));
    for name in ALIVE {
        let alive = recorded.alive.entry(name).or_default();
        *alive = number(name).max(*alive);
    }
    let mut calls = BTreeMap::<String, u64>::new();
    for (pair, place) in sites {
        *calls.entry(pair.function.clone()).or_default() += place.calls;
        let calls = place.calls;
        let known = recorded
            .pairs
            .entry(pair)
            .or_insert_with(|| Arc::new(place));
        if calls < known.calls {
            Arc::make_mut(known).calls = calls;
        }
    }
    for (function, calls) in calls {
        let most = recorded.calls.entry(function).or_default();
        *most = calls.max(*most);
    }
    Ok(())
}
