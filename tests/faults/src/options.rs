//! The command line.

#![forbid(unsafe_code)]

use std::time::Duration;

use crate::worker::workload::{self, Workload};

pub(crate) const USAGE: &str = "\
usage: nvmm-faults [OPTION ...]

  --quick             a sample, for a minute
  --seed NUMBER       which sample (1)
  --release NAME      on this simulated release; may be said again (r32.7 and r39.2)
  --only NAME         this workload, or `conformance`; may be said again (all)
  --function NAME     only faults of this function
  --jobs NUMBER       processes at a time (one for each processor)
  --limit SECONDS     for one process (40)
  --worker NAME       plays a workload in this process, with the faults of the environment

Exit status: 0 if nothing was found and 95 % of all pairs were reached, 1 otherwise, 2 if it cannot run.";

/// What to do.
#[derive(Debug)]
pub(crate) enum Action {
    Help,
    Sweep,
    /// One process of a sweep.
    Worker(&'static Workload),
}

/// The command line, read.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) action: Action,
    pub(crate) quick: bool,
    pub(crate) seed: u64,
    pub(crate) releases: Vec<String>,
    only: Vec<String>,
    pub(crate) function: Option<String>,
    pub(crate) jobs: usize,
    pub(crate) limit: Duration,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            action: Action::Sweep,
            quick: false,
            seed: 1,
            releases: Vec::new(),
            only: Vec::new(),
            function: None,
            jobs: std::thread::available_parallelism().map_or(2, usize::from),
            limit: Duration::from_secs(40),
        };
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--help" | "-h" => options.action = Action::Help,
                "--quick" => options.quick = true,
                "--seed" => options.seed = number(&argument, &value()?)?,
                "--release" => options.releases.push(value()?),
                "--only" => {
                    let name = value()?;
                    if name != "conformance" && workload::find(&name).is_none() {
                        return Err(format!("there is no workload {name}"));
                    }
                    options.only.push(name);
                }
                "--function" => {
                    let name = value()?;
                    if crate::errors::of(&name).is_none() {
                        return Err(format!("there is no function {name}"));
                    }
                    options.function = Some(name);
                }
                "--jobs" => {
                    let jobs = number(&argument, &value()?)?;
                    options.jobs = usize::try_from(jobs).unwrap_or(1).max(1);
                }
                "--limit" => {
                    options.limit = Duration::from_secs(number(&argument, &value()?)?);
                }
                "--worker" => {
                    let name = value()?;
                    let workload = workload::find(&name);
                    let workload =
                        workload.ok_or_else(|| format!("there is no workload {name}"))?;
                    options.action = Action::Worker(workload);
                }
                _ => return Err(format!("{argument} is not known")),
            }
        }
        if options.releases.is_empty() {
            options.releases = vec!["r32.7".into(), "r39.2".into()];
        }
        Ok(options)
    }

    /// Whether a workload, or the conformance suite, is wanted.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

fn number(option: &str, value: &str) -> Result<u64, String> {
    match value.parse() {
        Ok(0) | Err(_) => Err(format!("{option} {value}: a number above 0 is wanted")),
        Ok(number) => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn what_is_not_said_is_everything() {
        let all = parse("").unwrap();
        assert_eq!(all.releases, ["r32.7", "r39.2"]);
        assert!(all.wants("demo") && all.wants("conformance"));
        let some = parse("--only demo --release r36.4").unwrap();
        assert_eq!(some.releases, ["r36.4"]);
        assert!(some.wants("demo") && !some.wants("conformance"));
    }

    #[test]
    fn mistakes_are_named() {
        for (line, word) in [
            ("--what", "--what"),
            ("--seed", "needs a value"),
            ("--jobs 0", "above 0"),
            ("--only nothing", "nothing"),
            ("--worker nothing", "nothing"),
            ("--function cuFly", "cuFly"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
