//! Steps that call NVIDIA's libraries, and what they say while they are taken.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::time::Instant;

use serde_json::{Value, json};

use crate::finding::{Fault, Finding};

/// What a line of ours begins with, among those of the libraries.
const MARK: &str = "nvmm-doctor-step: ";

/// Steps that depend on each other.
#[derive(Debug)]
pub(crate) struct Probe {
    /// What `--step` takes.
    pub(crate) name: &'static str,
    /// In the order of the page.
    pub(crate) steps: &'static [&'static str],
    pub(crate) run: fn(&mut Steps<'_>),
}

/// What is known not to work, so that it is not tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lacking {
    pub(crate) cuda: bool,
    pub(crate) transform: bool,
}

impl Lacking {
    /// Words with commas between.
    ///
    /// # Errors
    ///
    /// A word is not known.
    pub(crate) fn parse(words: &str) -> Result<Self, String> {
        let mut lacking = Self::default();
        for word in words.split(',').filter(|word| !word.is_empty()) {
            match word {
                "cuda" => lacking.cuda = true,
                "transform" => lacking.transform = true,
                _ => return Err(format!("{word} is nothing that a step may lack")),
            }
        }
        Ok(lacking)
    }

    /// What [`Lacking::parse`] takes.
    pub(crate) fn words(self) -> String {
        let words = [(self.cuda, "cuda"), (self.transform, "transform")];
        let words = words.into_iter().filter(|(is, _)| *is);
        words.map(|(_, word)| word).collect::<Vec<_>>().join(",")
    }
}

/// What a probe says while it runs.
pub(crate) enum Event {
    Begin(String),
    Done(Finding),
}

impl Event {
    fn to_json(&self) -> Value {
        match self {
            Self::Begin(name) => json!({ "begin": name }),
            Self::Done(finding) => json!({ "done": finding.to_json() }),
        }
    }

    /// What [`in_child`] printed; `None` for lines of others.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        // A library may have left its own line open.
        let (_, text) = line.split_once(MARK)?;
        let value: Value = serde_json::from_str(text).ok()?;
        match value["begin"].as_str() {
            Some(name) => Some(Self::Begin(name.to_owned())),
            None => Finding::from_json(&value["done"]).map(Self::Done),
        }
    }
}

/// Takes the steps of a probe.
pub(crate) struct Steps<'a> {
    pub(crate) lacking: Lacking,
    pub(crate) tell: &'a mut dyn FnMut(Event),
}

impl Steps<'_> {
    /// One step: `work` is timed; `judge`, which is not, says what is printed. Without a value the step failed.
    pub(crate) fn take<T>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<T, Fault>,
        judge: impl FnOnce(&T) -> Result<String, Fault>,
    ) -> Option<T> {
        (self.tell)(Event::Begin(name.to_owned()));
        let start = Instant::now();
        let result = work();
        let time = start.elapsed();
        let judged = result.and_then(|value| judge(&value).map(|text| (value, text)));
        let (value, mut finding) = match judged {
            Ok((value, text)) => (Some(value), Finding::ok(name, text)),
            Err(fault) => (None, Finding::failed(name, fault)),
        };
        finding.time = Some(time);
        (self.tell)(Event::Done(finding));
        value
    }

    /// The end of something, as a step. What its drop complains of is the step's failure.
    pub(crate) fn end<T>(&mut self, name: &str, value: T) {
        let end = || {
            drop(value);
            Ok(())
        };
        self.take(name, end, |()| Ok(String::new()));
    }

    /// Something that is said without trying anything.
    pub(crate) fn say(&mut self, finding: Finding) {
        (self.tell)(Event::Done(finding));
    }

    pub(crate) fn skip(&mut self, name: &str, why: &str) {
        self.say(Finding::not_tried(name, why));
    }
}

/// Runs a probe and prints what it says, for the process that started this one.
pub(crate) fn in_child(probe: &Probe, lacking: Lacking) {
    let mut tell = |event: Event| {
        // A line of its own, in one piece. Nobody listens who has closed the other end.
        let line = format!("\n{MARK}{}\n", event.to_json());
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(line.as_bytes());
        let _ = stdout.flush();
    };
    let tell = &mut tell;
    (probe.run)(&mut Steps { lacking, tell });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_ours_are_events() {
        for line in ["", "NvMMLiteOpen", "{}", MARK, "nvmm-doctor-step: {}"] {
            assert!(Event::from_line(line).is_none(), "{line}");
        }
        let line = format!("NvMM{MARK}{}", Event::Begin("one".into()).to_json());
        assert!(matches!(Event::from_line(&line), Some(Event::Begin(name)) if name == "one"));
    }
}
