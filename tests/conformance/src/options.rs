//! The command line.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::time::Duration;

use crate::case::Case;
use crate::cases;

pub(crate) const USAGE: &str = "\
usage: nvmm-conformance [OPTION ...]

  --list              names the cases, with what each says and where that is from
  --filter TEXT       only cases that have TEXT in their name
  --area NAME         only cases whose name begins with NAME and a dot
  --skip-provoking    leaves out cases that make a mistake on purpose
  --only-provoking    runs those alone
  --provoking-env NAME=VALUE
                      sets a variable for the processes of those, for a platform that
                      has to be told to let mistakes pass
  --json FILE         writes the results as JSON
  --junit FILE        writes them as JUnit XML
  --label TEXT        what the reports call the platform
  --jobs NUMBER       cases at a time (2)
  --timeout SECONDS   for one case (30)
  --in-process        runs the cases in this process, for a debugger
  --case NAME         runs one case in this process

Exit status: 0 if no case failed, 1 if one did, 2 if it was called wrongly.";

/// What to do.
#[derive(Debug)]
pub(crate) enum Action {
    Help,
    List,
    Run,
    /// One case, in this process.
    Case(&'static Case),
}

/// Which cases, by what they provoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provoking {
    Too,
    Not,
    Only,
}

/// The command line, read.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) action: Action,
    pub(crate) json: Option<PathBuf>,
    pub(crate) junit: Option<PathBuf>,
    pub(crate) jobs: usize,
    pub(crate) timeout: Duration,
    pub(crate) in_process: bool,
    /// Started by a process of this program, which reads the result.
    pub(crate) worker: bool,
    /// A variable for the processes of cases that provoke.
    pub(crate) provoking_env: Option<(String, String)>,
    label: Option<String>,
    filter: String,
    area: Option<String>,
    provoking: Provoking,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            action: Action::Run,
            json: None,
            junit: None,
            jobs: 2,
            timeout: Duration::from_secs(30),
            in_process: false,
            worker: false,
            provoking_env: None,
            label: None,
            filter: String::new(),
            area: None,
            provoking: Provoking::Too,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--help" | "-h" => options.action = Action::Help,
                "--list" => options.action = Action::List,
                "--filter" => options.filter = value()?,
                "--area" => options.area = Some(value()?),
                "--skip-provoking" => options.provoking = Provoking::Not,
                "--only-provoking" => options.provoking = Provoking::Only,
                "--provoking-env" => {
                    let value = value()?;
                    let pair = value.split_once('=');
                    let (name, value) = pair.ok_or_else(|| format!("{value} is no NAME=VALUE"))?;
                    options.provoking_env = Some((name.to_owned(), value.to_owned()));
                }
                "--json" => options.json = Some(value()?.into()),
                "--junit" => options.junit = Some(value()?.into()),
                "--label" => options.label = Some(value()?),
                "--jobs" => options.jobs = number(&argument, &value()?)?,
                "--timeout" => {
                    let seconds = number(&argument, &value()?)?;
                    options.timeout = Duration::from_secs(seconds as u64);
                }
                "--in-process" => options.in_process = true,
                "--worker" => options.worker = true,
                "--case" => {
                    let name = value()?;
                    let case = cases::find(&name);
                    let case = case.ok_or_else(|| format!("there is no case {name}"))?;
                    options.action = Action::Case(case);
                }
                _ => return Err(format!("{argument} is not known")),
            }
        }
        Ok(options)
    }

    /// The cases that were asked for.
    pub(crate) fn cases(&self) -> Vec<&'static Case> {
        let chosen = |case: &&Case| {
            let provoking = match self.provoking {
                Provoking::Too => true,
                Provoking::Not => !case.provokes,
                Provoking::Only => case.provokes,
            };
            let area = self.area.as_deref();
            let here = area.is_none_or(|area| case.name.split('.').next() == Some(area));
            provoking && here && case.name.contains(&self.filter)
        };
        cases::all().filter(chosen).collect()
    }

    /// What reports call the platform: as the caller says, else what was found.
    pub(crate) fn label(&self, found: &str) -> String {
        self.label.clone().unwrap_or_else(|| {
            let release = found.split(';').next().unwrap_or(found);
            release.to_owned()
        })
    }
}

fn number(option: &str, value: &str) -> Result<usize, String> {
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
    fn cases_are_chosen() {
        let all = parse("").unwrap().cases().len();
        let quiet = parse("--skip-provoking").unwrap().cases().len();
        let wrong = parse("--only-provoking").unwrap().cases();
        assert!(all == quiet + wrong.len() && wrong.iter().all(|case| case.provokes));
        let some = parse("--filter map.").unwrap().cases();
        assert!(!some.is_empty() && some.len() < all);
        let area = parse("--area map").unwrap().cases();
        assert!(!area.is_empty() && area.iter().all(|case| case.name.starts_with("map.")));
    }

    #[test]
    fn mistakes_are_named() {
        for (line, word) in [
            ("--what", "--what"),
            ("--json", "needs a value"),
            ("--jobs 0", "above 0"),
            ("--provoking-env STRICT", "NAME=VALUE"),
            ("--timeout soon", "soon"),
            ("--case nothing", "nothing"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
