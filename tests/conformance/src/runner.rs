//! Runs each case in a process of its own.
#![forbid(unsafe_code)]

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::case::{Case, Failure, Outcome};
use crate::options::Options;
use crate::platform::Platform;
use crate::report;

/// What a line with a result begins with: libraries write to stdout, too.
const MARK: &str = "nvmm-conformance-result: ";

/// The name of the process that only says what the platform is.
const DESCRIBE: &str = "describe.platform";

/// Lines of a library that prints without end are dropped from here on.
const MAX_OUTPUT: usize = 1 << 16;

/// Runs one case here, and says how it ended: for people, or for the process that started this one.
pub(crate) fn case_alone(case: &'static Case, worker: bool) -> ExitCode {
    let ended = case.run(&Platform::default());
    if worker {
        say(&ended);
        return ExitCode::SUCCESS;
    }
    match &ended {
        Ok(Outcome::Passed) => println!("passed {}", case.name),
        Ok(Outcome::NotApplicable(reason)) => println!("not applicable {}: {reason}", case.name),
        Err(failure) => println!("failed {}: {failure}", case.name),
    }
    ExitCode::from(u8::from(ended.is_err()))
}

/// The line that [`heard`] reads.
fn say(ended: &Result<Outcome, Failure>) {
    let value = match ended {
        Ok(Outcome::Passed) => json!({ "passed": true }),
        Ok(Outcome::NotApplicable(reason)) => json!({ "not_applicable": reason }),
        Err(failure) => json!({ "expected": failure.expected, "found": failure.found }),
    };
    let mut out = std::io::stdout().lock();
    // Nobody is left to tell if it fails; without the line the case has failed.
    let _ = write!(out, "\n{MARK}{value}\n");
    let _ = out.flush();
}

/// What a line of [`say`] says.
fn heard(line: &str) -> Option<Result<Outcome, Failure>> {
    let value: Value = serde_json::from_str(line.strip_prefix(MARK)?).ok()?;
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    if value["passed"] == true {
        return Some(Ok(Outcome::Passed));
    }
    match text("not_applicable") {
        Some(reason) => Some(Ok(Outcome::NotApplicable(reason))),
        None => Some(Err(Failure::new(text("expected")?, text("found")?))),
    }
}

/// One line of what this machine has. Libraries are opened in another process, so that nothing of
/// them can end this one.
pub(crate) fn describe() -> String {
    let ended = spawn(DESCRIBE, None, Duration::from_secs(30)).0;
    match ended {
        Ok(Outcome::NotApplicable(line)) => line,
        Ok(Outcome::Passed) => String::new(),
        Err(failure) => format!(
            "release not said; the platform does not load: {}",
            failure.found
        ),
    }
}

/// The case behind [`describe`]: never run as one of the suite.
pub(crate) static DESCRIPTION: Case =
    Case::new(DESCRIBE, "What the platform is.", "", &[], |platform| {
        Ok(Outcome::NotApplicable(platform.to_string()))
    });

/// Runs the cases, several at a time, and gives the results in their order.
pub(crate) fn run(cases: &[&'static Case], options: &Options) -> Vec<report::Result> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut results = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let start = Instant::now();
            let (ended, output) = if options.in_process {
                println!("{}", case.name);
                (case.run(&Platform::default()), String::new())
            } else {
                let variable = options.provoking_env.as_ref().filter(|_| case.provokes);
                spawn(case.name, variable, options.timeout)
            };
            results.push(report::Result {
                case,
                ended,
                took: start.elapsed(),
                output,
            });
        }
        results
    };
    let jobs = if options.in_process { 1 } else { options.jobs };
    let mut results: Vec<report::Result> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(worker)).collect();
        let joined = threads.into_iter().flat_map(|thread| thread.join());
        joined.flatten().collect()
    });
    results.sort_by_key(|result| cases.iter().position(|case| case.name == result.case.name));
    results
}

/// Runs a case in a new process of this program.
fn spawn(
    name: &str,
    variable: Option<&(String, String)>,
    timeout: Duration,
) -> (Result<Outcome, Failure>, String) {
    let broken = |error: std::io::Error| Failure::new("a process for it", error.to_string());
    let started = std::env::current_exe().and_then(|program| {
        Command::new(program)
            .args(["--case", name, "--worker"])
            .envs(variable.map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    });
    match started {
        Err(error) => (Err(broken(error)), String::new()),
        Ok(child) => watch(child, timeout),
    }
}

/// Reads what a process writes until it ends or its time is over.
fn watch(mut child: Child, timeout: Duration) -> (Result<Outcome, Failure>, String) {
    let (sender, receiver) = mpsc::channel();
    let read = |pipe: Option<Box<dyn Read + Send>>| {
        let sender = sender.clone();
        std::thread::spawn(move || {
            let Some(pipe) = pipe else { return };
            for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
                // The receiver is gone when the time is over.
                if sender
                    .send(String::from_utf8_lossy(&line).into_owned())
                    .is_err()
                {
                    return;
                }
            }
        });
    };
    read(
        child
            .stdout
            .take()
            .map(|pipe| -> Box<dyn Read + Send> { Box::new(pipe) }),
    );
    read(
        child
            .stderr
            .take()
            .map(|pipe| -> Box<dyn Read + Send> { Box::new(pipe) }),
    );
    drop(sender);
    let end = Instant::now() + timeout;
    let (mut said, mut output) = (None, String::new());
    let in_time = loop {
        match receiver.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => match heard(&line) {
                Some(result) => said = Some(result),
                None if line.is_empty() || output.len() > MAX_OUTPUT => {}
                None => {
                    output.push_str(&line);
                    output.push('\n');
                }
            },
            Err(RecvTimeoutError::Disconnected) => break true,
            Err(RecvTimeoutError::Timeout) => break false,
        }
    };
    if !in_time {
        // One that has just ended by itself is too late all the same.
        let _ = child.kill();
    }
    let status = match child.wait() {
        Ok(status) => status,
        Err(error) => return (Err(Failure::new("its end", error.to_string())), output),
    };
    if !in_time {
        let limit = format!("an end within {} s", timeout.as_secs());
        return (Err(Failure::new(limit, "none, and it was killed")), output);
    }
    (judge(status, said), output)
}

/// What the end of a process and what it said come to.
fn judge(status: ExitStatus, said: Option<Result<Outcome, Failure>>) -> Result<Outcome, Failure> {
    if let Some(signal) = status.signal() {
        // It may have said that it passed, and crashed on its way out.
        let before = match said {
            Some(Err(failure)) => format!(", after this: {failure}"),
            Some(Ok(_)) => ", after it had passed".to_owned(),
            None => String::new(),
        };
        let found = format!("signal {signal}{before}");
        return Err(Failure::new("a process that ends by itself", found));
    }
    match said {
        Some(ended) if status.success() => ended,
        _ => Err(Failure::new("a result", format!("none, and {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_counts_even_after_a_result() {
        let abort = ExitStatus::from_raw(6);
        for said in [None, Some(Ok(Outcome::Passed))] {
            let failure = judge(abort, said).unwrap_err();
            assert!(failure.found.contains("signal 6"), "{failure}");
        }
        let fine = ExitStatus::from_raw(0);
        assert_eq!(judge(fine, Some(Ok(Outcome::Passed))), Ok(Outcome::Passed));
        assert!(judge(fine, None).is_err());
        assert!(judge(ExitStatus::from_raw(256), Some(Ok(Outcome::Passed))).is_err());
    }

    #[test]
    fn a_process_that_hangs_is_killed() {
        let child = Command::new("sleep")
            .arg("60")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let start = Instant::now();
        let (ended, _) = watch(child, Duration::from_millis(50));
        assert!(ended.unwrap_err().found.contains("killed"));
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn only_lines_of_ours_are_results() {
        assert_eq!(heard("NvMMLiteOpen : Block : BlockType = 4"), None);
        let line = format!("{MARK}{}", json!({ "expected": "1", "found": "2" }));
        assert_eq!(heard(&line), Some(Err(Failure::new("1", "2"))));
    }
}
