//! What is wrong with a process that had a fault.

#![forbid(unsafe_code)]

use std::fmt;

use serde_json::Value;

use crate::injection::{Failure, Injection, Number};
use crate::places;
use crate::process::{End, Ran};
use crate::record::{ALIVE, Recorded};
use crate::subject::Program;

/// Codes of the driver that say that a context is no more.
const DEINITIALIZED: i32 = 4;
const INVALID_CONTEXT: i32 = 201;

/// The plugin, which makes all surfaces of the workloads but the application's.
const PLUGIN: &str = "libgstnvmm.so";

/// The conformance suite.
const SUITE: &str = "nvmm-conformance";

/// Buffers, and files, that one destroy keeps at most: the libraries' test makes a batch of two.
const OF_ONE: u64 = 2;

/// Buffers of the conformance suite's largest batch.
const OF_BATCH: u64 = 16;

/// Kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A signal, a panic, a failed assertion of GLib's.
    Crash,
    /// Something is alive at the end, a rule of the platform is broken, files are open.
    Leak,
    /// The time was over.
    Hang,
    /// It does not work again without the fault.
    Restart,
    /// The error on the bus does not name the call that failed.
    Unnamed,
    /// Frames are missing, or all is late, and nobody says so.
    Silent,
}

impl Kind {
    /// Whether one finding is enough for a bad end; the others are about words.
    pub(crate) fn is_failure(self) -> bool {
        matches!(self, Self::Crash | Self::Leak | Self::Hang | Self::Restart)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Crash => "crash",
            Self::Leak => "leak",
            Self::Hang => "hang",
            Self::Restart => "no restart",
            Self::Unnamed => "unnamed error",
            Self::Silent => "silent loss",
        })
    }
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// Whether the fault came to happen.
pub(crate) fn happened(injection: &Injection, ran: &Ran) -> bool {
    let said = ran.said.as_ref();
    match injection {
        // A crash hides the number, and is a finding in itself.
        Injection::Failure(..) if ran.report.is_null() => true,
        Injection::Failure(_, second) => {
            let injected = ran.report["faults_injected"].as_u64().unwrap_or(0);
            injected >= if second.is_some() { 2 } else { 1 }
        }
        Injection::Peer(_) => said.is_some_and(|said| said["first"]["gone"] == true),
        Injection::Delay { .. } | Injection::Memory(_) => true,
    }
}

/// All that is wrong.
pub(crate) fn judge(
    program: &Program,
    recorded: &Recorded,
    injection: &Injection,
    ran: &Ran,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |kind, text: String| findings.push(Finding { kind, text });
    for line in ran.stderr.lines() {
        if line.contains("panicked at") || line.contains("CRITICAL **") {
            find(Kind::Crash, line.to_owned());
        }
    }
    match ran.end {
        End::Signal(signal) => find(
            Kind::Crash,
            format!("signal {signal}: {}", last(&ran.stderr)),
        ),
        End::Late => find(Kind::Hang, format!("killed; {}", waiting(&ran.threads))),
        End::Exit(0) if ran.said.is_none() => find(Kind::Crash, "ends without a verdict".into()),
        End::Exit(0) => {}
        End::Exit(status) => find(
            Kind::Crash,
            format!("exit status {status}: {}", last(&ran.stderr)),
        ),
    }
    if let (End::Exit(0), Some(said)) = (&ran.end, &ran.said) {
        match program {
            Program::Workload(_) => {
                findings.extend(left_behind(recorded, injection, &ran.report, OF_ONE));
                findings.extend(played(recorded, injection, said, &ran.report));
            }
            // A case that fails stops where it is, and its process with it.
            Program::Case(_) if said["passed"] == true => {
                findings.extend(left_behind(recorded, injection, &ran.report, OF_BATCH));
            }
            Program::Case(_) => {}
        }
    }
    findings
}

fn last(text: &str) -> &str {
    text.trim_end().lines().next_back().unwrap_or("")
}

/// The functions of ours that threads are in, in a debugger's words.
fn waiting(threads: &str) -> String {
    let ours = threads.lines().filter_map(|line| {
        let name = line.split(" in ").nth(1)?.split(" (").next()?;
        ["nvmm", "nvbuf", "egl_cuda"]
            .iter()
            .any(|ours| name.contains(ours))
            .then_some(name)
    });
    ours.take(4).collect::<Vec<_>>().join(" < ")
}

/// Functions that end something: where one fails, what it should have ended stays.
fn ends(function: &str) -> bool {
    [
        "Destroy",
        "UnMap",
        "Unregister",
        "Unload",
        "Free",
        "Release",
    ]
    .iter()
    .any(|word| function.contains(word))
}

/// Whether a failure keeps something from being ended: by its function, or, where the context of what a
/// drop would end cannot be made current, by its place.
fn keeps(failure: &Failure) -> bool {
    let function = &*failure.pair.function;
    let in_drop = || places::words(&failure.place).contains("drop");
    ends(function) || (function == "cuCtxPushCurrent_v2" && in_drop())
}

/// What stays of each kind because what ends it failed.
fn excused(injection: &Injection) -> u64 {
    let kept = injection.failures().filter(|failure| keeps(failure));
    kept.fold(0, |excused, failure| match failure.number {
        Number::Only(_) => excused.saturating_add(1),
        Number::Every => u64::MAX,
    })
}

/// Whether a rule is broken by the fault and not by the program.
fn is_of_fault(injection: &Injection, rule: &str) -> bool {
    let mut failures = injection.failures();
    failures.any(|failure| match &*failure.pair.function {
        // The simulator takes the unmap of a plane for the end of a reading, which never began.
        "NvBufSurfaceSyncForCpu" => rule == "cpu-read-without-sync",
        // A case does by hand what comes after a drop that failed unheard.
        _ if rule.contains("-while-") && failure.place.module == SUITE => keeps(failure),
        // A surface of another plugin's is destroyed by that one.
        _ if rule.starts_with("destroy-w") && failure.place.module != PLUGIN => keeps(failure),
        // The error says that the context is no more, and in the simulator it is.
        "cuCtxPushCurrent_v2" if [DEINITIALIZED, INVALID_CONTEXT].contains(&failure.error) => {
            let of_it = ["-while-registered", "-while-busy"];
            of_it.iter().any(|end| rule.ends_with(end)) && keeps(failure)
        }
        _ => false,
    })
}

fn left_behind(
    recorded: &Recorded,
    injection: &Injection,
    report: &Value,
    of_one: u64,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let number = |key: &str| report[key].as_u64().unwrap_or(0);
    let before = |name: &str| recorded.alive.get(name).copied().unwrap_or(0);
    let mut more = ALIVE.to_vec();
    more.retain(|name| number(name) > before(name));
    if !more.is_empty() {
        let excused = excused(injection);
        more.retain(|name| {
            let of_one = if *name == "buffers_alive" { of_one } else { 1 };
            number(name) > before(name).saturating_add(excused.saturating_mul(of_one))
        });
    }
    if !more.is_empty() {
        let more = more.iter().map(|name| format!("{name} {}", number(name)));
        findings.push(Finding {
            kind: Kind::Leak,
            text: more.collect::<Vec<_>>().join(", "),
        });
    }
    if number("violations") > recorded.violations {
        let rules = report["rules"].as_object().into_iter().flatten();
        let rules = rules
            .filter(|(rule, count)| count.as_u64() != Some(0) && !is_of_fault(injection, rule));
        let rules: Vec<_> = rules
            .map(|(rule, count)| format!("{rule} {count}"))
            .collect();
        if !rules.is_empty() {
            findings.push(Finding {
                kind: Kind::Leak,
                text: format!("rules broken: {}", rules.join(", ")),
            });
        }
    }
    findings
}

fn played(
    recorded: &Recorded,
    injection: &Injection,
    said: &Value,
    report: &Value,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |kind, text: String| findings.push(Finding { kind, text });
    if let Some(broken) = said["broken"].as_str() {
        find(Kind::Restart, broken.to_owned());
        return findings;
    }
    let fds = said["fds"].as_u64().unwrap_or(0);
    if fds > recorded.fds
        && fds
            > recorded
                .fds
                .saturating_add(excused(injection).saturating_mul(OF_ONE))
    {
        find(
            Kind::Leak,
            format!("{fds} open files instead of {}", recorded.fds),
        );
    }
    let injected = said["injected"].as_u64().unwrap_or(0);
    let is_late = injected == 0 && report["faults_injected"].as_u64().unwrap_or(0) > 0;
    // A fault that only happens behind the first play is one of the second.
    let faulty = &said[if is_late { "again" } else { "first" }];
    let text = |play: &Value| play["text"].as_str().unwrap_or("").trim().to_owned();
    let how = faulty["how"].as_str().unwrap_or("");
    for (name, play) in [("first", &said["first"]), ("again", &said["again"])] {
        match play["how"].as_str() {
            Some("stuck") => find(Kind::Hang, format!("{name}: {}", text(play))),
            Some("panic") => find(Kind::Crash, format!("{name}: {}", text(play))),
            Some("broken") => find(Kind::Restart, format!("{name}: {}", text(play))),
            _ => {}
        }
    }
    let again = &said["again"];
    let is_whole = again["how"] == "eos" && again["frames"] == recorded.frames;
    if !is_late && !is_whole && again["how"] != "stuck" {
        find(
            Kind::Restart,
            format!(
                "{} after {} frames: {}",
                again["how"],
                again["frames"],
                text(again)
            ),
        );
    }
    let is_short = how == "eos" && faulty["frames"].as_u64() < Some(recorded.frames);
    match injection {
        Injection::Failure(first, second) => {
            let names = |failure: &Failure| {
                let name = failure.pair.function.trim_end_matches("_v2");
                text(faulty).contains(name)
            };
            let is_named = names(first) || second.as_ref().is_some_and(names);
            if matches!(how, "error" | "refused") && !is_named {
                find(Kind::Unnamed, text(faulty));
            }
            if is_short && !is_named {
                find(
                    Kind::Silent,
                    format!("{} frames: {}", faulty["frames"], text(faulty)),
                );
            }
        }
        Injection::Delay { .. } if how != "eos" || is_short => {
            find(
                Kind::Silent,
                format!("{how} after {} frames: {}", faulty["frames"], text(faulty)),
            );
        }
        Injection::Memory(_) if text(faulty).is_empty() && (how != "eos" || is_short) => {
            find(
                Kind::Unnamed,
                format!("{how} after {} frames", faulty["frames"]),
            );
        }
        _ => {}
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::injection::Pair;
    use crate::record::Place;
    use crate::worker::workload;

    fn failure(function: &str, number: Number) -> Injection {
        let pair = Pair {
            function: function.into(),
            site: "0123456789abcdef".into(),
        };
        let failure = Failure {
            pair,
            place: Arc::new(Place {
                module: String::new(),
                offsets: Vec::new(),
                calls: 40,
            }),
            number,
            error: -1,
        };
        Injection::Failure(failure, None)
    }

    fn ran(end: End, first: Value, again: Value, report: Value) -> Ran {
        let said = json!({ "first": first, "again": again, "injected": 1, "fds": 9 });
        Ran {
            end,
            said: Some(said),
            report,
            stderr: String::new(),
            threads: String::new(),
        }
    }

    fn kinds(injection: &Injection, ran: &Ran) -> Vec<Kind> {
        let recorded = Recorded {
            frames: 40,
            fds: 9,
            ..Recorded::default()
        };
        let program = Program::Workload(&workload::ALL[0]);
        let findings = judge(&program, &recorded, injection, ran);
        findings.into_iter().map(|finding| finding.kind).collect()
    }

    fn whole() -> Value {
        json!({ "how": "eos", "frames": 40, "text": "" })
    }

    fn error(text: &str) -> Value {
        json!({ "how": "error", "frames": 1, "text": text })
    }

    #[test]
    fn a_named_error_and_a_restart_are_fine() {
        let map = failure("NvBufSurfaceMap", Number::Only(1));
        let named = error("a: NvBufSurfaceMap(...) returned -1");
        let clean = || json!({ "faults_injected": 1 });
        assert_eq!(
            kinds(&map, &ran(End::Exit(0), named.clone(), whole(), clean())),
            []
        );
        assert_eq!(
            kinds(&map, &ran(End::Exit(0), whole(), whole(), clean())),
            []
        );
        let unnamed = ran(End::Exit(0), error("something"), whole(), clean());
        assert_eq!(kinds(&map, &unnamed), [Kind::Unnamed]);
        let dead = ran(End::Exit(0), named.clone(), error("no"), clean());
        assert_eq!(kinds(&map, &dead), [Kind::Restart]);
        let stuck = json!({ "how": "stuck", "frames": 1, "text": "" });
        let stuck = ran(End::Exit(0), stuck, whole(), clean());
        assert_eq!(kinds(&map, &stuck), [Kind::Hang]);
        let short = json!({ "how": "eos", "frames": 39, "text": "" });
        let short = ran(End::Exit(0), short, whole(), clean());
        assert_eq!(kinds(&map, &short), [Kind::Silent]);
    }

    #[test]
    fn crashes_and_hangs_are_found() {
        let map = failure("NvBufSurfaceMap", Number::Only(1));
        let with = |end| ran(end, whole(), whole(), json!({}));
        assert_eq!(kinds(&map, &with(End::Signal(11))), [Kind::Crash]);
        assert_eq!(kinds(&map, &with(End::Exit(101))), [Kind::Crash]);
        assert_eq!(kinds(&map, &with(End::Late)), [Kind::Hang]);
        let mut mute = with(End::Exit(0));
        mute.said = None;
        assert_eq!(kinds(&map, &mute), [Kind::Crash]);
        for line in [
            "thread 'a' panicked at src/lib.rs:1:1:",
            "(x:1): GStreamer-CRITICAL **: 00:00: gst_y: assertion failed",
        ] {
            let mut panicked = with(End::Exit(0));
            panicked.stderr = line.into();
            assert_eq!(kinds(&map, &panicked), [Kind::Crash], "{line}");
        }
    }

    #[test]
    fn what_is_left_is_a_leak_unless_its_end_failed() {
        let clean = |report| ran(End::Exit(0), whole(), whole(), report);
        let map = failure("NvBufSurfaceMap", Number::Only(1));
        let one = || clean(json!({ "surfaces_alive": 1 }));
        assert_eq!(kinds(&map, &one()), [Kind::Leak]);
        let destroy = |number| failure("NvBufSurfaceDestroy", number);
        assert_eq!(kinds(&destroy(Number::Only(1)), &one()), []);
        let two = || clean(json!({ "surfaces_alive": 2 }));
        assert_eq!(kinds(&destroy(Number::Only(1)), &two()), [Kind::Leak]);
        assert_eq!(kinds(&destroy(Number::Every), &two()), []);
        let broken = clean(json!({ "violations": 1, "rules": { "destroy-while-mapped": 1 } }));
        assert_eq!(kinds(&map, &broken), [Kind::Leak]);
        let mut files = clean(json!({}));
        files.said.as_mut().unwrap()["fds"] = 10.into();
        assert_eq!(kinds(&map, &files), [Kind::Leak]);
    }

    #[test]
    fn a_delay_loses_nothing() {
        let delay = Injection::Delay {
            function: "cuInit".into(),
            microseconds: 1,
        };
        let short = json!({ "how": "eos", "frames": 39, "text": "late" });
        let short = ran(End::Exit(0), short, whole(), json!({}));
        assert_eq!(kinds(&delay, &short), [Kind::Silent]);
        assert_eq!(
            kinds(&delay, &ran(End::Exit(0), whole(), whole(), json!({}))),
            []
        );
    }
}
