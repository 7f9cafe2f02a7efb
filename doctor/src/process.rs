//! Processes with a time limit.

use std::io::{self, BufRead as _, BufReader, PipeReader, Read as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of a line that are looked at; more make another line.
const LINE: u64 = 64 * 1024;

/// Lines that wait to be looked at: a process that prints more waits.
const LINES: usize = 256;

/// How long a process that was killed is waited for. One that the kernel holds goes when it lets go.
const GRACE: Duration = Duration::from_secs(2);

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Exit(i32),
    Signal(i32),
    /// It was killed when its time was over.
    Late,
    /// It was killed, and is still there: the kernel holds it.
    Stuck,
}

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        match (status.signal(), status.code()) {
            (Some(signal), _) => Self::Signal(signal),
            (None, code) => Self::Exit(code.unwrap_or(-1)),
        }
    }
}

/// The next thing that a process does.
#[derive(Debug)]
pub(crate) enum Next {
    Line(String),
    /// It has closed its outputs.
    Over,
    /// Nothing came in time.
    Late,
}

/// A process, alone in its group, with both outputs in one pipe, so that their order is kept. [`Running::end`] kills it
/// with all that it started; the system kills it when this program ends before it.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    /// # Errors
    ///
    /// The program is not there, or the system's word.
    pub(crate) fn start(mut command: Command) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        command
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0);
        let parent = std::process::id();
        // SAFETY: the closure runs between fork and exec: it calls two system calls and allocates nothing.
        unsafe { command.pre_exec(move || die_with(parent)) };
        let child = command.spawn()?;
        // It holds this end's copy of the pipe's other end.
        drop(command);
        let (sender, lines) = sync_channel(LINES);
        thread::spawn(move || read(reader, &sender));
        Ok(Self { child, lines })
    }

    /// The next line of either output.
    pub(crate) fn next(&self, deadline: Instant) -> Next {
        let left = deadline.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(line) => Next::Line(line),
            Err(RecvTimeoutError::Disconnected) => Next::Over,
            Err(RecvTimeoutError::Timeout) => Next::Late,
        }
    }

    /// Waits for the end, and kills the group: at once when time is up.
    pub(crate) fn end(mut self, deadline: Instant) -> End {
        let ended = self.wait(deadline);
        self.kill();
        match ended {
            Some(status) => status.into(),
            None if self.wait(Instant::now() + GRACE).is_some() => End::Late,
            None => End::Stuck,
        }
    }

    fn wait(&mut self, deadline: Instant) -> Option<ExitStatus> {
        let mut pause = Duration::from_millis(1);
        loop {
            // It is our child and was not waited for by others: an error would be a bug of the system's.
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            if Instant::now() >= deadline {
                return None;
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(16));
        }
    }

    /// Ends what the process has started, and itself where it has not ended.
    fn kill(&self) {
        let Ok(group) = libc::pid_t::try_from(self.child.id()) else {
            return;
        };
        // SAFETY: takes numbers; the group is that of our child. One that is empty gives an error.
        unsafe { libc::kill(-group, libc::SIGKILL) };
    }
}

/// What `prctl` wants: its arguments are longs.
const KILL: libc::c_ulong = libc::SIGKILL as libc::c_ulong;

/// In a new process: it is killed when the one that started it ends.
fn die_with(parent: u32) -> io::Result<()> {
    // SAFETY: takes numbers, the second as long as the kernel reads it.
    if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, KILL) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: takes nothing.
    let now = unsafe { libc::getppid() };
    // The other one may have ended before the line above.
    match u32::try_from(now) == Ok(parent) {
        true => Ok(()),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

/// Sends lines until either end is closed.
fn read(pipe: PipeReader, lines: &SyncSender<String>) {
    let mut pipe = BufReader::new(pipe);
    loop {
        let mut line = Vec::new();
        match (&mut pipe).take(LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if lines.send(line).is_err() {
            return;
        }
    }
}

/// Runs a program; what it printed, [`LINES`] lines at most.
///
/// # Errors
///
/// As [`Running::start`].
pub(crate) fn output(command: Command, limit: Duration) -> io::Result<(End, Vec<String>)> {
    let running = Running::start(command)?;
    let deadline = Instant::now() + limit;
    let mut lines = Vec::new();
    while let Next::Line(line) = running.next(deadline) {
        if lines.len() < LINES {
            lines.push(line);
        }
    }
    Ok((running.end(deadline), lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> (End, Vec<String>) {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        output(command, limit).unwrap()
    }

    #[test]
    fn ends_are_told_apart_and_outputs_keep_their_order() {
        let limit = Duration::from_secs(30);
        let (end, lines) = shell("echo a; echo b >&2; echo c; exit 3", limit);
        assert_eq!(end, End::Exit(3));
        assert_eq!(lines, ["a", "b", "c"]);
        assert_eq!(shell("kill -SEGV $$", limit).0, End::Signal(libc::SIGSEGV));
        assert!(output(Command::new("/nonexistent"), limit).is_err());
    }

    #[test]
    fn a_late_one_is_killed_with_its_children() {
        let start = Instant::now();
        let (end, lines) = shell("echo x; sleep 60 & sleep 60", Duration::from_millis(200));
        assert_eq!((end, lines), (End::Late, vec!["x".to_owned()]));
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn one_that_never_stops_printing_is_late_too() {
        let (end, lines) = shell("while :; do echo y; done", Duration::from_millis(200));
        assert_eq!((end, lines.len()), (End::Late, LINES));
    }
}
