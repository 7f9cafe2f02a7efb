//! GStreamer, asked through its own gst-inspect-1.0: nothing of it is linked.
#![forbid(unsafe_code)]

use std::env;
use std::io;
use std::process::Command;
use std::time::Duration;

use crate::finding::{Fault, Finding};
use crate::machine::Machine;
use crate::process::{self, End};

const PROGRAM: &str = "gst-inspect-1.0";

/// What changes where plugins are looked for.
const VARIABLES: [&str; 6] = [
    "GST_PLUGIN_PATH",
    "GST_PLUGIN_PATH_1_0",
    "GST_PLUGIN_SYSTEM_PATH",
    "GST_PLUGIN_SYSTEM_PATH_1_0",
    "GST_REGISTRY",
    "GST_REGISTRY_1_0",
];

/// An element that people with a problem ask about.
struct Element {
    name: &'static str,
    /// A Jetson with GStreamer has it.
    is_usual: bool,
    /// It is not part of these crates.
    is_nvidias: bool,
    remedy: &'static str,
}

impl Element {
    const fn nvidias(name: &'static str, is_usual: bool) -> Self {
        Self {
            name,
            is_usual,
            is_nvidias: true,
            remedy: "install nvidia-l4t-gstreamer",
        }
    }

    const fn ours(name: &'static str) -> Self {
        Self {
            name,
            is_usual: false,
            is_nvidias: false,
            remedy: "put the folder of libgstnvmm.so into GST_PLUGIN_PATH",
        }
    }
}

const ELEMENTS: [Element; 8] = [
    Element::nvidias("nvvidconv", true),
    Element::nvidias("nvv4l2decoder", true),
    Element {
        remedy: "modules without an encoder (Orin Nano, Thor) have none; else install nvidia-l4t-gstreamer",
        ..Element::nvidias("nvv4l2h264enc", false)
    },
    Element::nvidias("nvarguscamerasrc", true),
    Element::nvidias("nvcompositor", true),
    Element::nvidias("nvivafilter", false),
    Element::ours("nvmmtransform"),
    Element::ours("nvmmoverlay"),
];

/// Asks the program, with a limit for each question.
struct Inspect {
    limit: Duration,
}

impl Inspect {
    fn ask(&self, arguments: &[&str]) -> io::Result<(End, Vec<String>)> {
        let mut command = Command::new(PROGRAM);
        command.args(arguments);
        process::output(command, self.limit)
    }

    /// # Errors
    ///
    /// It did not start, or did not end well.
    fn answer(&self, arguments: &[&str]) -> Result<Vec<String>, Fault> {
        match self.ask(arguments)? {
            (End::Exit(0), lines) => Ok(lines),
            (end, lines) => Err(self.fault(arguments, end, &lines)),
        }
    }

    fn fault(&self, arguments: &[&str], end: End, lines: &[String]) -> Fault {
        let arguments = arguments.join(" ");
        let last = lines
            .last()
            .map(|line| format!(": {line}"))
            .unwrap_or_default();
        let how = match end {
            End::Exit(status) => format!("ended with status {status}{last}"),
            End::Signal(signal) => format!("was ended by signal {signal}{last}"),
            End::Late | End::Stuck => format!("was not done after {} s", self.limit.as_secs()),
        };
        let remedy = "a plugin hangs or crashes when it is loaded: GST_DEBUG=GST_PLUGIN_LOADING:5 gst-inspect-1.0 \
                      names it";
        Fault::with_remedy(format!("{PROGRAM} {arguments} {how}"), remedy)
    }
}

/// Version, search path, elements. It takes a while where the registry has to be made.
pub(crate) fn look(machine: &Machine, limit: Duration) -> Vec<Finding> {
    let inspect = Inspect { limit };
    let version = match inspect.ask(&["--version"]) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let text = format!(
                "{PROGRAM} is not in PATH: plugins were not looked at. Only gst-nvmm needs GStreamer"
            );
            let none = Finding::note("GStreamer", text);
            return vec![none.with_remedy("install gstreamer1.0-tools")];
        }
        Err(error) => Finding::failed("GStreamer", error.into()),
        Ok((End::Exit(0), lines)) => {
            let mut lines = lines.iter();
            let version = lines.find_map(|line| line.strip_prefix("GStreamer "));
            Finding::ok("GStreamer", version.unwrap_or("of no version"))
        }
        Ok((end, lines)) => {
            Finding::failed("GStreamer", inspect.fault(&["--version"], end, &lines))
        }
    };
    let mut findings = vec![version];
    if !findings[0].has_failed() {
        findings.extend(plugins(&inspect, machine));
    }
    findings
}

fn plugins(inspect: &Inspect, machine: &Machine) -> Vec<Finding> {
    let mut findings = vec![folder(inspect)];
    for name in VARIABLES {
        if let Some(value) = env::var_os(name) {
            findings.push(Finding::fact(name, value.to_string_lossy()));
        }
    }
    if findings[0].has_failed() {
        return findings;
    }
    findings.push(blacklist(inspect));
    let mut hanging = None;
    for element in &ELEMENTS {
        // What hangs would do so for each question.
        findings.push(match hanging {
            Some(name) => Finding::not_tried(element.name, format!("{name} failed")),
            None => element.look(inspect, machine),
        });
        if findings
            .last()
            .is_some_and(|last| last.text.starts_with(PROGRAM))
        {
            hanging = hanging.or(Some(element.name));
        }
    }
    findings
}

/// Where the distribution's own plugins are, by one that is in all of them.
fn folder(inspect: &Inspect) -> Finding {
    const NAME: &str = "plugins";
    match inspect.answer(&["coreelements"]) {
        Ok(lines) => {
            let file = lines
                .iter()
                .find_map(|line| line.trim().strip_prefix("Filename"));
            let file = file.map(str::trim).and_then(|file| file.rsplit_once('/'));
            Finding::ok(
                NAME,
                file.map_or("in a folder that is not said", |(folder, _)| folder),
            )
        }
        Err(fault) => Finding::failed(NAME, fault),
    }
}

fn blacklist(inspect: &Inspect) -> Finding {
    const NAME: &str = "blacklisted";
    let lines = match inspect.answer(&["--print-blacklist"]) {
        Ok(lines) => lines,
        Err(fault) => return Finding::failed(NAME, fault),
    };
    let files = blacklisted(&lines);
    if files.is_empty() {
        return Finding::ok(NAME, "none");
    }
    let remedy = "ldd of the file shows what it lacks; then rm -r ~/.cache/gstreamer-1.0, so that it is looked at again";
    let text = files.join(" ");
    // NVIDIA's, and ours.
    match files.iter().any(|file| file.contains("gstnv")) {
        true => Finding::failed(NAME, Fault::with_remedy(text, remedy)),
        false => Finding::note(NAME, text).with_remedy(remedy),
    }
}

/// The lines between the heading and the total.
fn blacklisted(lines: &[String]) -> Vec<&str> {
    let lines = lines.iter().map(|line| line.trim());
    let files = lines.filter(|line| line.contains(".so") && !line.contains(' '));
    files.collect()
}

impl Element {
    fn look(&self, inspect: &Inspect, machine: &Machine) -> Finding {
        // Of any version: by default those before 1.0, as ours are, do not exist.
        let arguments = ["--exists", "--atleast-version=0.0", self.name];
        let missing = || Fault::with_remedy("not there", self.remedy);
        match inspect.ask(&arguments) {
            Ok((End::Exit(0), _)) => Finding::ok(self.name, "there"),
            Ok((End::Exit(_), _)) if self.is_nvidias && !machine.is_jetson => {
                Finding::fact(self.name, "not there, as this is no Jetson")
            }
            Ok((End::Exit(_), _)) if self.is_usual => Finding::failed(self.name, missing()),
            Ok((End::Exit(_), _)) => Finding::note(self.name, "not there").with_remedy(self.remedy),
            Ok((end, lines)) => Finding::failed(self.name, inspect.fault(&arguments, end, &lines)),
            Err(error) => Finding::failed(self.name, error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blacklisted_files_are_between_heading_and_total() {
        let text = "Blacklisted files:\n  libgstnvvidconv.so\n  libgstx265.so\n\nTotal count: 2 blacklisted files";
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        assert_eq!(blacklisted(&lines), ["libgstnvvidconv.so", "libgstx265.so"]);
        assert!(blacklisted(&lines[4..]).is_empty());
    }
}
