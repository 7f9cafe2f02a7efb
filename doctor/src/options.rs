//! The command line.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::time::Duration;

use crate::probe::{Lacking, Probe};
use crate::probes;

pub(crate) const USAGE: &str = "\
usage: nvmm-doctor [OPTION ...]

Says what this machine has of NVIDIA's video libraries, CUDA, EGL and GStreamer,
takes a picture through all of them, and says what to do first.

  --json              prints JSON in place of text
  --timeout SECONDS   for each step, before it is ended (30)
  --in-process        takes the steps in this process, for debuggers and emulators:
                      a crash or hang of a driver is then one of this program
  --version, --help

Exit status: 0 if all that this machine should have works, 1 if something does
not, 2 if it was called wrongly.";

/// The longest time that can be asked for: a day.
const MAX_SECONDS: u64 = 86_400;

/// What to do.
#[derive(Debug)]
pub(crate) enum Action {
    Help,
    Version,
    Examine,
    Step(Step),
}

/// One probe, for the process that started this one.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) probe: &'static Probe,
    pub(crate) lacking: Lacking,
}

/// The command line, read.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) action: Action,
    pub(crate) json: bool,
    pub(crate) in_process: bool,
    pub(crate) timeout: Duration,
}

impl Options {
    /// # Errors
    ///
    /// What is wrong with which argument.
    pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut options = Self {
            action: Action::Examine,
            json: false,
            in_process: false,
            timeout: Duration::from_secs(30),
        };
        let mut lacking = Lacking::default();
        let mut arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--help" | "-h" => options.action = Action::Help,
                "--version" | "-V" => options.action = Action::Version,
                "--json" => options.json = true,
                "--in-process" => options.in_process = true,
                "--timeout" => options.timeout = seconds(&argument, &value()?)?,
                // These two are what this program starts itself with.
                "--step" => {
                    let name = value()?;
                    let probe = probes::find(&name);
                    let probe = probe.ok_or_else(|| format!("there is no step {name}"))?;
                    options.action = Action::Step(Step { probe, lacking });
                }
                "--lacking" => {
                    lacking = Lacking::parse(&value()?)?;
                    if let Action::Step(step) = &mut options.action {
                        step.lacking = lacking;
                    }
                }
                _ => return Err(format!("{argument} is not known")),
            }
        }
        Ok(options)
    }
}

fn seconds(option: &str, value: &str) -> Result<Duration, String> {
    match value.parse() {
        Ok(seconds @ 1..=MAX_SECONDS) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!(
            "{option} {value}: a number from 1 to {MAX_SECONDS} is wanted"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn mistakes_are_named() {
        for (line, word) in [
            ("--what", "--what"),
            ("page", "page"),
            ("--timeout", "needs a value"),
            ("--timeout 0", "1 to 86400"),
            ("--timeout -3", "-3"),
            ("--timeout soon", "soon"),
            ("--step nothing", "nothing"),
            ("--lacking water", "water"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(word), "{line}: {error}");
        }
    }

    #[test]
    fn what_a_step_lacks_is_known_in_either_order() {
        for line in ["--step cuda --lacking cuda", "--lacking cuda --step cuda"] {
            let Action::Step(step) = parse(line).unwrap().action else {
                panic!("{line}");
            };
            assert!(step.lacking.cuda && !step.lacking.transform);
        }
    }
}
