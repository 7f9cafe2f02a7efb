//! Runs probes, each in a process of its own, and makes findings of what becomes of them.
#![forbid(unsafe_code)]

use std::process::Command;
use std::time::{Duration, Instant};

use crate::finding::{Fault, Finding, REFUSED, Status};
use crate::probe::{Event, Lacking, Probe, Steps};
use crate::process::{End, Next, Running};

/// Lines of the libraries that are kept of a step.
const SAID: usize = 12;

/// What the crates say on stderr when they cannot give back what they took.
const COMPLAINTS: [&str; 2] = ["nvbuf: ", "egl-cuda: "];

/// Where and how long probes run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bench {
    pub(crate) in_process: bool,
    /// For one step.
    pub(crate) timeout: Duration,
}

impl Bench {
    /// The findings of a probe, one for each of its steps at least.
    pub(crate) fn run(&self, probe: &'static Probe, lacking: Lacking) -> Vec<Finding> {
        let mut course = Course::new(probe);
        if self.in_process {
            let tell = &mut |event| course.event(event);
            (probe.run)(&mut Steps { lacking, tell });
            return course.over();
        }
        match self.start(probe, lacking) {
            Ok(running) => self.watch(running, course),
            Err(error) => {
                let error = format!("this program cannot start itself: {error}");
                course.stop(Fault::with_remedy(error, "try --in-process"));
                course.over()
            }
        }
    }

    fn start(&self, probe: &Probe, lacking: Lacking) -> std::io::Result<Running> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--step", probe.name, "--lacking", &lacking.words()]);
        Running::start(command)
    }

    fn watch(&self, running: Running, mut course: Course) -> Vec<Finding> {
        let mut deadline = Instant::now() + self.timeout;
        while let Next::Line(line) = running.next(deadline) {
            match Event::from_line(&line) {
                Some(event) => {
                    deadline = Instant::now() + self.timeout;
                    course.event(event);
                }
                None => course.noise(line),
            }
        }
        course.end(running.end(deadline), self.timeout);
        course.over()
    }
}

/// What has happened of a probe so far.
struct Course {
    probe: &'static Probe,
    findings: Vec<Finding>,
    /// The step under way.
    current: Option<String>,
    said: Vec<String>,
}

impl Course {
    fn new(probe: &'static Probe) -> Self {
        Self {
            probe,
            findings: Vec::new(),
            current: None,
            said: Vec::new(),
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Begin(name) => self.current = Some(name),
            Event::Done(mut finding) => {
                finding.said = std::mem::take(&mut self.said);
                self.current = None;
                self.findings.push(finding);
            }
        }
    }

    /// A line of a library's: of the step under way, else of the one before.
    fn noise(&mut self, line: String) {
        let said = match (&self.current, self.findings.last_mut()) {
            (None, Some(last)) => &mut last.said,
            _ => &mut self.said,
        };
        if !line.is_empty() && said.len() < SAID {
            said.push(line);
        }
    }

    /// The process is no more.
    fn end(&mut self, end: End, timeout: Duration) {
        let seconds = timeout.as_secs();
        let fault = match end {
            End::Exit(0) if self.current.is_none() => return,
            End::Exit(status) => Fault::new(format!("the process ended with status {status}")),
            End::Signal(signal) => Fault::with_remedy(
                format!(
                    "the process was ended by signal {signal}{}",
                    name_of(signal)
                ),
                format!(
                    "mostly a library that is of another release than the kernel's driver, or damaged: \
                     reinstall L4T's packages. gdb --args nvmm-doctor --step {} shows the place",
                    self.probe.name
                ),
            ),
            End::Late => Fault::with_remedy(
                format!("this was not done after {seconds} s, and was ended"),
                "dmesg may say what the driver waits for; a reboot ends what it holds. --timeout gives it \
                 longer",
            ),
            End::Stuck => Fault::with_remedy(
                format!("this was not done after {seconds} s, and the kernel does not let it end"),
                "dmesg may say what the driver waits for; reboot",
            ),
        };
        self.stop(fault);
    }

    /// Nothing more comes: the step under way failed, or the next one.
    fn stop(&mut self, fault: Fault) {
        let next = self.probe.steps.iter().find(|name| !self.has(name));
        let name = self.current.take().or(next.map(|name| (*name).to_owned()));
        // All is done, but for the end of the process itself.
        let name = name.unwrap_or_else(|| format!("end of {}", self.probe.name));
        let mut finding = Finding::failed(name, fault);
        finding.said = std::mem::take(&mut self.said);
        self.findings.push(finding);
    }

    fn has(&self, name: &str) -> bool {
        self.findings.iter().any(|finding| finding.name == name)
    }

    /// All steps, in the order of the page.
    fn over(mut self) -> Vec<Finding> {
        let mut failed = None;
        for (place, name) in self.probe.steps.iter().enumerate() {
            if let Some(finding) = self.findings.iter_mut().find(|f| f.name == *name) {
                complain(finding);
                if finding.has_failed() {
                    failed = Some(*name);
                }
                continue;
            }
            let why = match failed {
                Some(failed) => format!("{failed} failed"),
                None => "nothing was said of it".to_owned(),
            };
            let place = place.min(self.findings.len());
            self.findings.insert(place, Finding::not_tried(*name, why));
        }
        self.findings
    }
}

/// A step whose end left something has failed, though nobody could be given the error.
fn complain(finding: &mut Finding) {
    let begins = |line: &String| COMPLAINTS.iter().any(|word| line.starts_with(word));
    let complaint = finding.said.iter().position(begins);
    if finding.status == Status::Ok
        && let Some(place) = complaint
    {
        finding.status = Status::Failed;
        finding.text = finding.said.remove(place);
        finding.remedy = Some(REFUSED.to_owned());
    }
}

fn name_of(signal: i32) -> &'static str {
    match signal {
        libc::SIGSEGV => " (SIGSEGV)",
        libc::SIGBUS => " (SIGBUS)",
        libc::SIGABRT => " (SIGABRT)",
        libc::SIGILL => " (SIGILL)",
        libc::SIGFPE => " (SIGFPE)",
        libc::SIGKILL => " (SIGKILL; out of memory?)",
        libc::SIGSYS => " (SIGSYS; a sandbox forbids a system call)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static PROBE: Probe = Probe {
        name: "test",
        steps: &["one", "two", "three"],
        run: |_| {},
    };
    const TIMEOUT: Duration = Duration::from_secs(3);

    fn statuses(findings: &[Finding]) -> Vec<(&str, Status)> {
        findings
            .iter()
            .map(|f| (f.name.as_str(), f.status))
            .collect()
    }

    fn begun() -> Course {
        let mut course = Course::new(&PROBE);
        course.event(Event::Begin("one".into()));
        course.event(Event::Done(Finding::ok("one", "")));
        course.event(Event::Begin("two".into()));
        course
    }

    #[test]
    fn a_step_that_ends_the_process_failed_and_the_rest_was_not_tried() {
        for end in [
            End::Signal(11),
            End::Late,
            End::Stuck,
            End::Exit(0),
            End::Exit(101),
        ] {
            let mut course = begun();
            course.noise("NvRm: no".into());
            course.end(end, TIMEOUT);
            let findings = course.over();
            let expected = [
                ("one", Status::Ok),
                ("two", Status::Failed),
                ("three", Status::NotTried),
            ];
            assert_eq!(statuses(&findings), expected, "{end:?}");
            assert_eq!(findings[1].said, ["NvRm: no"]);
            assert_eq!(findings[2].text, "two failed");
        }
    }

    #[test]
    fn a_process_that_ends_badly_after_all_steps_is_a_finding() {
        let mut course = Course::new(&PROBE);
        for name in PROBE.steps {
            course.event(Event::Done(Finding::ok(*name, "")));
        }
        course.end(End::Signal(11), TIMEOUT);
        let findings = course.over();
        assert!(findings[3].has_failed() && findings[3].name == "end of test");
    }

    #[test]
    fn what_a_drop_complains_of_is_a_failure() {
        let mut course = begun();
        course.event(Event::Done(Finding::ok("two", "")));
        course.noise(String::new());
        course.noise("nvbuf: NvBufSurfaceDestroy: it leaks".into());
        course.event(Event::Done(Finding::ok("three", "")));
        course.end(End::Exit(0), TIMEOUT);
        let findings = course.over();
        assert!(findings[1].has_failed() && findings[1].text.contains("leaks"));
        assert_eq!(findings[2].status, Status::Ok);
    }
}
