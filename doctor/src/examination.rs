//! Everything in order, and what it means together.
#![forbid(unsafe_code)]

use std::env;
use std::io::{IsTerminal as _, Write as _};

use nvbufsurface_sys::{Numbering, Release};

use crate::bench::Bench;
use crate::finding::{Finding, Status};
use crate::machine::Machine;
use crate::options::Options;
use crate::probe::{Lacking, Probe};
use crate::probes::{self, BUFFER_TRIP, CUDA, EGL, LEGACY, SURFACE, SURFACE_TRIP, TRANSFORM};
use crate::report::Report;
use crate::{descriptors, devices, gstreamer, user};

/// Looks at all of it.
pub(crate) fn run(options: &Options) -> Report {
    let bench = Bench {
        in_process: options.in_process,
        timeout: options.timeout,
    };
    let progress = Progress::new(options.json);
    progress.say("the machine");
    let (machine, mut about) = Machine::look();
    about.push(user::finding(machine.is_jetson));
    about.push(descriptors::finding());
    let mut report = Report::default();
    report.add("machine", about);
    report.add("device nodes", devices::look(&machine));

    progress.say("the libraries");
    let libraries = Libraries::look(&bench, &machine);
    progress.say("CUDA");
    let cuda = bench.run(&CUDA, Lacking::default());
    let lacking = Lacking {
        cuda: cuda.iter().any(Finding::has_failed),
        transform: libraries.lacks_transform(),
    };
    progress.say("EGL");
    let mut egl = vec![display()];
    egl.extend(bench.run(&EGL, Lacking::default()));
    progress.say("the round trip");
    let surface = trip(&bench, &SURFACE_TRIP, &libraries.surface, lacking);
    let buffer = trip(&bench, &BUFFER_TRIP, &libraries.legacy, lacking);
    if [&surface, &buffer]
        .into_iter()
        .flatten()
        .any(|trip| made_image(trip))
    {
        forgive(&mut egl);
    }
    progress.say("GStreamer");
    let gstreamer = gstreamer::look(&machine, options.timeout);
    progress.done();

    report.simulator = libraries.simulator();
    let is_bare = !machine.is_jetson && has_failed(&libraries.surface) && lacking.cuda;
    if is_bare {
        report.advice = Some(
            "this machine has no NVIDIA software: run this on a Jetson. Elsewhere the crates can be tried on the \
             simulator, ci/sim.sh in their sources",
        );
    }
    report.add("libraries", libraries.findings());
    report.add("CUDA", cuda);
    report.add("EGL", egl);
    let trips = [
        ("round trip, libnvbufsurface", surface),
        ("round trip, libnvbuf_utils", buffer),
    ];
    for (name, findings) in trips {
        if let Some(findings) = findings {
            report.add(name, findings);
        }
    }
    report.add("GStreamer", gstreamer);
    report
}

/// The libraries of surfaces.
struct Libraries {
    surface: Vec<Finding>,
    transform: Vec<Finding>,
    legacy: Vec<Finding>,
}

impl Libraries {
    fn look(bench: &Bench, machine: &Machine) -> Self {
        let run = |probe| bench.run(probe, Lacking::default());
        let (mut surface, mut legacy) = (run(&SURFACE), run(&LEGACY));
        let is_needed = needs_legacy(machine.release);
        demand(&mut legacy, is_needed, "not there; it ended with R35.2");
        let numbering = probes::numbering(&legacy);
        let is_needed = needs_surface(machine.release, numbering);
        demand(&mut surface, is_needed, "not there; it came with R32");
        let transform = match is_open(&surface) {
            true => {
                let mut transform = run(&TRANSFORM);
                demand(&mut transform, true, "");
                transform
            }
            false => {
                let why = "it is looked for beside libnvbufsurface";
                vec![Finding::not_tried(TRANSFORM.name, why)]
            }
        };
        Self {
            surface,
            transform,
            legacy,
        }
    }

    fn lacks_transform(&self) -> bool {
        self.transform.iter().any(Finding::has_failed)
    }

    fn simulator(&self) -> Option<String> {
        let mut all = self.surface.iter().chain(&self.legacy);
        let said = all.find(|finding| finding.name == probes::SIMULATED);
        said.map(|finding| finding.text.clone())
    }

    /// All but what the page's head says.
    fn findings(self) -> Vec<Finding> {
        let all = [self.surface, self.transform, self.legacy];
        let all = all.into_iter().flatten();
        all.filter(|finding| finding.name != probes::SIMULATED)
            .collect()
    }
}

/// R28 and before have none. A library of theirs says so where the release is not said.
fn needs_surface(release: Option<Release>, numbering: Option<Numbering>) -> bool {
    match (release, numbering) {
        (Some(Release::L4t(major, ..)), _) => major >= 32,
        (_, Some(Numbering::R27_1 | Numbering::R28)) => false,
        _ => true,
    }
}

/// It ended with R35.2. Where the release is not said, what is there is looked at.
fn needs_legacy(release: Option<Release>) -> bool {
    matches!(
        release,
        Some(Release::L4t(..=34, ..) | Release::L4t(35, ..=2, _))
    )
}

/// A library that is not there is a note, and a failure where it should be there.
fn demand(findings: &mut [Finding], is_needed: bool, if_not: &str) {
    let first = findings.first_mut();
    let Some(first) = first.filter(|first| first.status == Status::Note) else {
        return;
    };
    match is_needed {
        true => first.status = Status::Failed,
        false => *first = Finding::note(&first.name, if_not),
    }
}

/// What `DISPLAY` says: one of another machine is the trap that keeps EGLImages from being made.
fn display() -> Finding {
    const NAME: &str = "DISPLAY";
    let Some(value) = env::var_os(NAME).filter(|value| !value.is_empty()) else {
        return Finding::fact(NAME, "not set: none is needed");
    };
    let value = value.to_string_lossy();
    match is_remote(&value) {
        false => Finding::fact(NAME, value),
        true => {
            let text = format!("{value}: a screen of another machine, which makes no EGLImages");
            Finding::note(NAME, text).with_remedy("unset DISPLAY")
        }
    }
}

fn is_remote(display: &str) -> bool {
    let host = display.split(':').next().unwrap_or_default();
    !host.is_empty() && host != "unix" && !host.starts_with('/')
}

/// The round trip by one library; `None` where the release has no such library.
fn trip(
    bench: &Bench,
    probe: &'static Probe,
    library: &[Finding],
    lacking: Lacking,
) -> Option<Vec<Finding>> {
    if is_open(library) {
        return Some(bench.run(probe, lacking));
    }
    let first = library.first().filter(|first| first.has_failed())?;
    let why = format!("{} cannot be used, see above", first.name);
    Some(vec![Finding::not_tried("all steps", why)])
}

fn is_open(library: &[Finding]) -> bool {
    library
        .first()
        .is_some_and(|first| first.status == Status::Ok)
}

fn has_failed(library: &[Finding]) -> bool {
    library.first().is_some_and(Finding::has_failed)
}

fn made_image(findings: &[Finding]) -> bool {
    let mut findings = findings.iter();
    findings.any(|finding| finding.name == probes::IMAGE && finding.status == Status::Ok)
}

/// EGLImages are made without the program's displays: only EGLStreams and OpenGL miss those.
fn forgive(egl: &mut [Finding]) {
    for finding in egl.iter_mut().filter(|finding| finding.has_failed()) {
        finding.status = Status::Note;
        finding
            .text
            .push_str(". EGLImages are made all the same: only EGLStreams and OpenGL need it");
    }
}

/// What is looked at, on a terminal that sees nothing else for a while.
struct Progress(bool);

impl Progress {
    fn new(json: bool) -> Self {
        let is_shown = !json && std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
        Self(is_shown)
    }

    fn say(&self, what: &str) {
        self.write(&format!("\r\x1b[Klooking at {what} ..."));
    }

    fn done(&self) {
        self.write("\r\x1b[K");
    }

    fn write(&self, text: &str) {
        if self.0 {
            let mut stderr = std::io::stderr();
            let _ = stderr.write_all(text.as_bytes());
            let _ = stderr.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_of_another_machine_is_told() {
        for remote in ["localhost:10.0", "host:0", "10.1.2.3:0.0"] {
            assert!(is_remote(remote), "{remote}");
        }
        for own in [":0", ":1.0", "unix:0", "/tmp/x:0"] {
            assert!(!is_remote(own), "{own}");
        }
    }

    #[test]
    fn releases_need_the_libraries_that_they_have() {
        let l4t = |major, minor| Some(Release::L4t(major, minor, 1));
        assert!(!needs_surface(l4t(28, 2), None) && needs_surface(l4t(32, 1), None));
        assert!(needs_surface(None, None) && !needs_surface(None, Some(Numbering::R28)));
        assert!(needs_legacy(l4t(32, 7)) && needs_legacy(l4t(35, 2)));
        assert!(!needs_legacy(l4t(35, 3)) && !needs_legacy(None));
    }
}
