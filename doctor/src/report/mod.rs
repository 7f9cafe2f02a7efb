//! The page.
#![forbid(unsafe_code)]

mod text;

use std::io::IsTerminal as _;

use serde_json::{Value, json};

use crate::finding::{Finding, Status};

/// What belongs together.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) findings: Vec<Finding>,
}

/// Something to do.
#[derive(Debug)]
struct First {
    what: String,
    remedy: Option<String>,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    sections: Vec<Section>,
    /// The simulated release, and where: nothing here says anything about a Jetson then.
    pub(crate) simulator: Option<String>,
    /// What to do before all else.
    pub(crate) advice: Option<&'static str>,
}

impl Report {
    pub(crate) fn add(&mut self, name: &'static str, findings: Vec<Finding>) {
        self.sections.push(Section { name, findings });
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed().next().is_some()
    }

    fn failed(&self) -> impl Iterator<Item = (&'static str, &Finding)> {
        let all = self.sections.iter();
        let all = all.flat_map(|section| section.findings.iter().map(|f| (section.name, f)));
        all.filter(|(_, finding)| finding.status == Status::Failed)
    }

    /// What to do, the causes before what comes of them.
    fn first(&self) -> Vec<First> {
        let advice = self.advice.map(|advice| First {
            what: advice.to_owned(),
            remedy: None,
        });
        let first = |(section, finding): (&str, &Finding)| First {
            // The rest, what was tried, is above.
            what: match finding.text.split_once("; ") {
                Some((text, _)) => format!("{section}, {}: {text}", finding.name),
                None => format!("{section}, {}: {}", finding.name, finding.text),
            },
            remedy: finding.remedy.clone(),
        };
        advice.into_iter().chain(self.failed().map(first)).collect()
    }

    /// The page as text or JSON, with a line's end.
    pub(crate) fn print(&self, as_json: bool) -> String {
        if as_json {
            return format!("{:#}\n", self.to_json());
        }
        let is_coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        text::print(self, is_coloured)
    }

    fn to_json(&self) -> Value {
        let section = |section: &Section| {
            let findings = section.findings.iter().map(Finding::to_json);
            json!({ "name": section.name, "findings": findings.collect::<Vec<_>>() })
        };
        let first = |first: First| json!({ "what": first.what, "remedy": first.remedy });
        json!({
            "program": "nvmm-doctor",
            "version": env!("CARGO_PKG_VERSION"),
            "works": !self.has_failed(),
            "simulator": self.simulator,
            "sections": self.sections.iter().map(section).collect::<Vec<_>>(),
            "first": self.first().into_iter().map(first).collect::<Vec<_>>(),
        })
    }
}
