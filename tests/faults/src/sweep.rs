//! Records every subject, then injects, several processes at a time.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal as _, Write as _};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::errors;
use crate::injection::{Failure, Injection, Number, Pair};
use crate::judge::{self, Finding};
use crate::options::Options;
use crate::plan;
use crate::process;
use crate::random::Random;
use crate::record::{self, Place, Recorded};
use crate::subject::{Program, Release, Subject, root};
use crate::summary::Summary;
use crate::worker::workload;

/// Cases of the conformance suite in a sample, of each release.
const QUICK_CASES: usize = 12;

/// Injections in a sample, of all releases.
const QUICK: usize = 700;

/// A subject and what it does without faults.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    pub(crate) subject: Subject<'a>,
    pub(crate) recorded: Recorded,
}

/// A fault for a subject.
#[derive(Debug)]
pub(crate) struct Job {
    /// Which subject.
    pub(crate) known: usize,
    pub(crate) injection: Injection,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) job: Job,
    pub(crate) happened: bool,
    pub(crate) findings: Vec<Finding>,
    /// Places that only a program with this fault calls from.
    new: Vec<(Pair, Arc<Place>)>,
}

/// The whole; whether nothing was found and enough was reached.
///
/// # Errors
///
/// It cannot run: no simulator, no programs, a workload that fails without faults.
pub(crate) fn run(options: &Options) -> Result<bool, String> {
    let started = Instant::now();
    let folder = root().join("target/faults");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let releases = options.releases.iter().map(|name| Release::prepare(name));
    let releases = releases.collect::<Result<Vec<_>, _>>()?;
    let programs = releases
        .iter()
        .map(|release| Ok((release, programs(options, release)?)));
    let programs = programs.collect::<Result<Vec<_>, String>>()?;
    let pairs = programs.iter().flat_map(|(release, programs)| {
        let subjects = programs.iter();
        subjects.map(|program| Subject { release, program })
    });
    let subjects: Vec<Subject<'_>> = pairs.collect();
    // The first one makes GStreamer's registry, which all the others read.
    if let Some(first) = subjects.first() {
        process::run(first, &[], options.limit)?;
    }
    let recorded = at_a_time(options.jobs, "recorded", &subjects, |subject| {
        record::record(subject, options.limit)
    });
    let recorded = recorded.into_iter().collect::<Result<Vec<_>, _>>()?;
    let known = subjects.into_iter().zip(recorded);
    let known: Vec<Known<'_>> = known
        .map(|(subject, recorded)| Known { subject, recorded })
        .collect();

    let jobs = jobs(options, &known);
    let mut summary = Summary::new(&known);
    let outcomes = inject(options, &known, jobs);
    let behind = if options.quick {
        Vec::new()
    } else {
        behind(&known, &outcomes)
    };
    for outcome in outcomes {
        summary.add(outcome);
    }
    let behind = wanted(options, behind);
    for outcome in inject(options, &known, behind) {
        summary.add(outcome);
    }
    let is_enough = options.quick || options.function.is_some();
    summary.print(started.elapsed(), is_enough, &folder.join("findings.txt"))
}

/// What to run on a release.
fn programs(options: &Options, release: &Release) -> Result<Vec<Program>, String> {
    let wanted = workload::ALL
        .iter()
        .filter(|workload| options.wants(workload.name));
    let mut programs: Vec<_> = wanted.map(Program::Workload).collect();
    if !options.wants("conformance") {
        return Ok(programs);
    }
    let this = std::env::current_exe().map_err(|e| e.to_string())?;
    let suite = this.with_file_name("nvmm-conformance");
    let output = Command::new(&suite).arg("--list").output();
    let output = output.map_err(|e| format!("{}: {e}", suite.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let names = text.lines().filter(|line| !line.starts_with(' '));
    // The last line counts them.
    let names = names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| name.contains('.'));
    let mut cases: Vec<_> = names.map(|name| Program::Case(name.to_owned())).collect();
    if cases.is_empty() {
        return Err(format!(
            "{} lists no cases on {}",
            suite.display(),
            release.name
        ));
    }
    if options.quick {
        Random(options.seed).shuffle(&mut cases);
        cases.truncate(QUICK_CASES);
    }
    programs.extend(cases);
    Ok(programs)
}

/// The faults of all subjects, as far as they are wanted.
fn jobs(options: &Options, known: &[Known<'_>]) -> Vec<Job> {
    let mut taken: BTreeMap<&str, BTreeSet<Pair>> = BTreeMap::new();
    let mut jobs = Vec::new();
    for (index, one) in known.iter().enumerate() {
        let taken = taken.entry(&one.subject.release.name).or_default();
        let injections = plan::injections(one.subject.program, &one.recorded, taken);
        jobs.extend(injections.into_iter().map(|injection| Job {
            known: index,
            injection,
        }));
    }
    let mut jobs = wanted(options, jobs);
    // Whatever comes first says little about the rest: a mixture tells soon.
    Random(options.seed).shuffle(&mut jobs);
    if options.quick {
        jobs.truncate(QUICK);
    }
    jobs
}

fn wanted(options: &Options, mut jobs: Vec<Job>) -> Vec<Job> {
    if let Some(function) = &options.function {
        jobs.retain(|job| match &job.injection {
            Injection::Delay { function: of, .. } => of == function,
            injection => injection
                .failures()
                .any(|failure| failure.pair.function == *function),
        });
    }
    jobs
}

fn inject(options: &Options, known: &[Known<'_>], jobs: Vec<Job>) -> Vec<Outcome> {
    let runs = at_a_time(options.jobs, "injected", &jobs, |job| {
        let Known { subject, recorded } = &known[job.known];
        let ran = process::run(subject, &job.injection.variables(), options.limit);
        match ran {
            Err(text) => {
                let kind = judge::Kind::Crash;
                (false, vec![Finding { kind, text }], Vec::new())
            }
            Ok(ran) => {
                let findings = judge::judge(subject.program, recorded, &job.injection, &ran);
                let places = record::places(&ran.report["sites"]);
                let new = places.filter(|(pair, _)| !recorded.pairs.contains_key(pair));
                let happened = judge::happened(&job.injection, &ran);
                let new = new.map(|(pair, place)| (pair, Arc::new(place)));
                (happened, findings, new.collect())
            }
        }
    });
    let outcomes = jobs.into_iter().zip(runs);
    outcomes
        .map(|(job, (happened, findings, new))| Outcome {
            job,
            happened,
            findings,
            new,
        })
        .collect()
}

/// Failures at the places that are only reached because of another failure.
fn behind(known: &[Known<'_>], outcomes: &[Outcome]) -> Vec<Job> {
    let group = |one: &Known<'_>| {
        (
            one.subject.release.name.clone(),
            one.subject.program.group(),
        )
    };
    let mut taken: BTreeMap<_, BTreeSet<Pair>> = BTreeMap::new();
    for one in known {
        let pairs = one.recorded.pairs.keys().cloned();
        taken.entry(group(one)).or_default().extend(pairs);
    }
    let mut jobs = Vec::new();
    for outcome in outcomes {
        let Injection::Failure(first, None) = &outcome.job.injection else {
            continue;
        };
        let taken = taken.entry(group(&known[outcome.job.known])).or_default();
        for (pair, place) in &outcome.new {
            if !taken.insert(pair.clone()) {
                continue;
            }
            // The most general error, and of a pipeline the most common one, too: what a place does of each is
            // known of its other callers.
            let errors = errors::of(&pair.function).unwrap_or_default();
            let (first_one, last) = match errors {
                [only] => (None, Some(only)),
                errors => (errors.first(), errors.last()),
            };
            let is_case = matches!(known[outcome.job.known].subject.program, Program::Case(_));
            for error in first_one.filter(|_| !is_case).into_iter().chain(last) {
                let second = Failure {
                    pair: pair.clone(),
                    place: Arc::clone(place),
                    number: Number::Only(1),
                    error: *error,
                };
                jobs.push(Job {
                    known: outcome.job.known,
                    injection: Injection::Failure(first.clone(), Some(second)),
                });
            }
        }
    }
    jobs
}

/// Does something with each of a list, several at a time; gives the results in its order.
fn at_a_time<T: Sync, R: Send>(
    jobs: usize,
    word: &str,
    list: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::new());
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Relaxed);
                    let Some(one) = list.get(index) else { break };
                    let result = work(one);
                    results
                        .lock()
                        .unwrap_or_else(|e| e.into_inner())
                        .push((index, result));
                    done.fetch_add(1, Relaxed);
                }
            });
        }
        progress(word, list.len(), &done, started);
    });
    let mut results = results.into_inner().unwrap_or_else(|e| e.into_inner());
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Says on stderr how far it is, until it is done: often on a terminal, seldom elsewhere.
fn progress(word: &str, all: usize, done: &AtomicUsize, started: Instant) {
    let mut err = std::io::stderr();
    let terminal = err.is_terminal();
    let pause = Duration::from_secs(if terminal { 1 } else { 20 });
    let mut said = Instant::now();
    loop {
        let now = done.load(Relaxed);
        let is_over = now >= all;
        if is_over || said.elapsed() >= pause {
            said = Instant::now();
            let seconds = started.elapsed().as_secs_f64();
            let rate = now as f64 / seconds.max(0.001);
            let (front, back) = if terminal { ("\r", "") } else { ("", "\n") };
            // Nobody reads it: that is no reason to stop.
            let _ = write!(
                err,
                "{front}faults: {now} of {all} {word}, {seconds:.0} s, {rate:.0} a second  {back}"
            );
        }
        if is_over {
            if terminal {
                let _ = writeln!(err);
            }
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::at_a_time;

    #[test]
    fn results_come_in_the_order_of_the_list() {
        let list: Vec<u32> = (0..100).collect();
        assert_eq!(at_a_time(7, "counted", &list, |one| *one), list);
    }
}
