//! One process with a time limit, and what it left behind.

use std::io::Read;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::subject::{Program, Subject, root};
use crate::worker;

/// What a line with the result of a conformance case begins with.
const CASE: &str = "nvmm-conformance-result: ";

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Exit(i32),
    Signal(i32),
    /// It was killed when its time was over.
    Late,
}

/// What is known of a process that is over.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) end: End,
    /// The verdict or the result that it printed.
    pub(crate) said: Option<Value>,
    /// The simulator's report.
    pub(crate) report: Value,
    pub(crate) stderr: String,
    /// Of a late one: where its threads were, if a debugger is there.
    pub(crate) threads: String,
}

/// Runs a subject with more variables.
pub(crate) fn run(
    subject: &Subject<'_>,
    variables: &[(&str, String)],
    limit: Duration,
) -> Result<Ran, String> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Relaxed);
    let file = format!("target/faults/report-{}-{number}.json", std::process::id());
    let file = root().join(file);
    let mut command = subject.command()?;
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command.env("NVMM_SIM_LOG", "0");
    if let Program::Case(_) = subject.program {
        command.env("NVMM_SIM_REPORT", &file);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // A group of its own, which is killed with all that it started.
    command.process_group(0);
    let child = command.spawn().map_err(|e| format!("{subject}: {e}"))?;
    let (end, stdout, stderr, threads) = watch(child, limit)?;
    let mut said = heard(&stdout);
    let report = match (subject.program, said.as_mut()) {
        (Program::Case(_), _) => {
            let text = std::fs::read(&file).unwrap_or_default();
            // One that crashed has written none.
            let _ = std::fs::remove_file(&file);
            serde_json::from_slice(&text).unwrap_or_default()
        }
        (Program::Workload(_), Some(said)) => said["report"].take(),
        (Program::Workload(_), None) => Value::Null,
    };
    Ok(Ran {
        end,
        said,
        report,
        stderr,
        threads,
    })
}

/// The result in what a process printed.
fn heard(stdout: &str) -> Option<Value> {
    let mut lines = stdout.lines().rev();
    lines.find_map(|line| {
        let text = line
            .strip_prefix(worker::MARK)
            .or_else(|| line.strip_prefix(CASE))?;
        serde_json::from_str(text).ok()
    })
}

/// Reads a pipe to its end on a thread.
fn read(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is kept.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn watch(mut child: Child, limit: Duration) -> Result<(End, String, String, String), String> {
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let start = Instant::now();
    let mut threads = String::new();
    let mut pause = Duration::from_millis(1);
    let status = loop {
        match child.try_wait().map_err(|e| e.to_string())? {
            Some(status) => break Some(status),
            None if start.elapsed() > limit => break None,
            None => thread::sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(8));
    };
    if status.is_none() {
        threads = backtraces(child.id());
    }
    kill_group(child.id());
    let end = match status {
        None => {
            child.wait().map_err(|e| e.to_string())?;
            End::Late
        }
        Some(status) => match (status.signal(), status.code()) {
            (Some(signal), _) => End::Signal(signal),
            (None, code) => End::Exit(code.unwrap_or(-1)),
        },
    };
    let text = |thread: thread::JoinHandle<String>| thread.join().unwrap_or_default();
    Ok((end, text(stdout), text(stderr), threads))
}

/// Ends what a process has started, and itself where it has not ended.
fn kill_group(leader: u32) {
    let Ok(group) = libc::pid_t::try_from(leader) else {
        return;
    };
    // SAFETY: takes numbers; the group is that of our child, which nobody else has waited for. One that is
    // empty gives an error.
    unsafe { libc::kill(-group, libc::SIGKILL) };
}

/// Where the threads of a process are, if gdb is there to say it.
fn backtraces(process: u32) -> String {
    let gdb = Command::new("timeout")
        .args([
            "30",
            "gdb",
            "-q",
            "-batch",
            "-ex",
            "thread apply all backtrace 24",
            "-p",
        ])
        .arg(process.to_string())
        .stdin(Stdio::null())
        .output();
    gdb.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> (End, String, String, String) {
        let mut command = Command::new("sh");
        command.args(["-c", script]).process_group(0);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        watch(command.spawn().unwrap(), limit).unwrap()
    }

    #[test]
    fn ends_are_told_apart() {
        let limit = Duration::from_secs(30);
        let (end, stdout, stderr, _) = shell("echo out; echo err >&2; exit 3", limit);
        assert_eq!((end, &*stdout, &*stderr), (End::Exit(3), "out\n", "err\n"));
        assert_eq!(shell("kill -SEGV $$", limit).0, End::Signal(libc::SIGSEGV));
    }

    #[test]
    fn a_late_one_is_killed_with_its_children() {
        let start = Instant::now();
        let (end, ..) = shell("sleep 60 & sleep 60", Duration::from_millis(50));
        assert_eq!(end, End::Late);
        // The pipes of the child's child are closed, too.
        assert!(start.elapsed() < Duration::from_secs(50));
    }

    #[test]
    fn only_lines_of_ours_are_results() {
        assert_eq!(heard("NvMMLiteOpen\n{}"), None);
        let line = format!("x\n{}{{\"a\":1}}\n\n", worker::MARK);
        assert_eq!(heard(&line), Some(serde_json::json!({ "a": 1 })));
        assert_eq!(heard(&format!("{CASE}{{}}")), Some(serde_json::json!({})));
    }
}
