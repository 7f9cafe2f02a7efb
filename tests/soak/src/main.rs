//! Random pipelines, one after the other. ci/soak.sh builds and starts it.
//!
//! This process starts another one, in which the pipelines run, and starts it again where it was when that one
//! has failed: by an error, by the simulator's strictness, by a hang or by a signal.

mod branch;
mod consumer;
#[path = "../../pipelines/tests/filters/mod.rs"]
mod filters;
mod plan;
mod random;
mod resources;
mod running;
mod watch;
mod worker;

use std::io::{BufRead, BufReader, IsTerminal};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const USAGE: &str = "nvmm-soak MINUTES [SEED] | --replay SEED [TIMES]";
/// After so many it is known that something is wrong.
const MAX_FAILURES: u32 = 10;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().ok();
    let folder = nvmm_pipelines::root().join("target/soak");
    if let Err(error) = std::fs::create_dir_all(&folder) {
        eprintln!("soak: {}: {error}", folder.display());
        return ExitCode::from(2);
    }
    let worked = |result: Result<(), String>| match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    };
    match &arguments[..] {
        ["--worker", first, milliseconds] => match (number(first), number(milliseconds)) {
            (Some(first), Some(time)) => {
                let seeds = (0..).map(|step| first.wrapping_add(step));
                worked(worker::run(
                    &folder,
                    seeds,
                    Duration::from_millis(time),
                    false,
                ))
            }
            _ => usage(),
        },
        ["--replay", seed, times @ ..] if times.len() <= 1 => {
            let times = times.first().map_or(Some(1), |times| number(times));
            match (number(seed), times) {
                (Some(seed), Some(times)) => {
                    let seeds = (0..times).map(|_| seed);
                    worked(worker::run(&folder, seeds, Duration::MAX, times == 1))
                }
                _ => usage(),
            }
        }
        [minutes] => minutes
            .parse()
            .map_or_else(|_| usage(), |minutes| soak(folder, minutes, any_seed())),
        [minutes, seed] => match (minutes.parse(), number(seed)) {
            (Ok(minutes), Some(seed)) => soak(folder, minutes, seed),
            _ => usage(),
        },
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// Another one in every run.
fn any_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    // The seeds that follow are those of pipelines: leave room to the next run's.
    now.map_or(0, |now| now.as_secs() * 1000)
}

/// What the workers have said.
#[derive(Debug, Default)]
struct Tally {
    pipelines: u64,
    frames: u64,
    failures: u32,
    seed: u64,
    kib: u64,
    files: u64,
}

fn soak(folder: PathBuf, minutes: f64, first: u64) -> ExitCode {
    let started = Instant::now();
    let time = Duration::try_from_secs_f64(minutes * 60.0).unwrap_or(Duration::ZERO);
    eprintln!(
        "soak: seeds from {first} on, {minutes} min; failures leave what is known in {}",
        folder.display()
    );
    let mut tally = Tally {
        seed: first,
        ..Tally::default()
    };
    let mut next = first;
    while started.elapsed() < time && tally.failures < MAX_FAILURES {
        let left = time.saturating_sub(started.elapsed());
        match work(next, left, &mut tally, started) {
            Ok(true) => break,
            Ok(false) => {
                tally.failures += 1;
                eprintln!(
                    "\nsoak: FAILED at seed {0}; again: ci/soak.sh --replay {0}",
                    tally.seed
                );
                next = tally.seed.wrapping_add(1);
            }
            Err(error) => {
                eprintln!("soak: {error}");
                return ExitCode::from(2);
            }
        }
    }
    let (pipelines, frames, failures) = (tally.pipelines, tally.frames, tally.failures);
    let minutes = started.elapsed().as_secs_f64() / 60.0;
    println!("soak: {pipelines} pipelines, {frames} frames, {minutes:.1} min, {failures} failures");
    ExitCode::from(u8::from(failures > 0 || pipelines == 0))
}

/// One worker to its end; whether it had none but good pipelines.
fn work(first: u64, time: Duration, tally: &mut Tally, started: Instant) -> std::io::Result<bool> {
    // This program also where its file has been replaced since.
    let mut child = Command::new("/proc/self/exe")
        .args([
            "--worker",
            &first.to_string(),
            &time.as_millis().to_string(),
        ])
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().map(BufReader::new);
    let is_terminal = std::io::stderr().is_terminal();
    let mut said = Instant::now();
    for line in output.into_iter().flat_map(BufRead::lines) {
        let line = line?;
        let mut words = line.split_whitespace();
        let word = words.next();
        let mut number = || words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        match word {
            Some("begin") => tally.seed = number(),
            Some("end") => {
                tally.seed = number();
                tally.pipelines += 1;
                tally.frames += number();
                (tally.kib, tally.files) = (number(), number());
            }
            _ => {}
        }
        let pause = if is_terminal {
            Duration::from_millis(500)
        } else {
            Duration::from_secs(20)
        };
        if said.elapsed() >= pause {
            said = Instant::now();
            let seconds = started.elapsed().as_secs();
            let (start, end) = if is_terminal {
                ("\r", "  ")
            } else {
                ("", "\n")
            };
            eprint!(
                "{start}soak: {}:{:02}, {} pipelines, {} frames, {} failures, {} KiB, {} files, seed {}{end}",
                seconds / 60,
                seconds % 60,
                tally.pipelines,
                tally.frames,
                tally.failures,
                tally.kib,
                tally.files,
                tally.seed
            );
        }
    }
    let status = child.wait()?;
    if !status.success() {
        eprintln!("soak: the process of the pipelines: {status}");
    }
    Ok(status.success())
}
