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

/// An element, whether a Jetson with GStreamer has it, and what to do where it has not.
const ELEMENTS: [(&str, bool, &str); 8] = [
    ("nvvidconv", true, NVIDIA),
    ("nvv4l2decoder", true, NVIDIA),
    (
        "nvv4l2h264enc",
        false,
        "modules without an encoder (Orin Nano, Thor) have none; else install nvidia-l4t-gstreamer",
    ),
    ("nvarguscamerasrc", true, NVIDIA),
    ("nvcompositor", true, NVIDIA),
    ("nvivafilter", false, NVIDIA),
    ("nvmmtransform", false, OURS),
    ("nvmmoverlay", false, OURS),
];

const NVIDIA: &str = "install nvidia-l4t-gstreamer";
const OURS: &str = "put the folder of libgstnvmm.so into GST_PLUGIN_PATH";

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
            let version = lines.iter().find(|line| line.starts_with("GStreamer "));
            Finding::ok(
                "GStreamer",
                version.map_or("of no version", |line| line.as_str()),
            )
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
    // One that hangs would do so for each question.
    if !findings[0].has_failed() {
        findings.push(blacklist(inspect));
        for (name, is_usual, remedy) in ELEMENTS {
            let is_needed = is_usual && machine.is_jetson;
            findings.push(element(inspect, name, is_needed, remedy));
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

fn element(inspect: &Inspect, name: &str, is_needed: bool, remedy: &str) -> Finding {
    let arguments = ["--exists", name];
    match inspect.ask(&arguments) {
        Ok((End::Exit(0), _)) => Finding::ok(name, "there"),
        Ok((End::Exit(_), _)) if is_needed => {
            Finding::failed(name, Fault::with_remedy("not there", remedy))
        }
        Ok((End::Exit(_), _)) => Finding::note(name, "not there").with_remedy(remedy),
        Ok((end, lines)) => Finding::failed(name, inspect.fault(&arguments, end, &lines)),
        Err(error) => Finding::failed(name, error.into()),
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
