//! A line per failure, and a summary.
#![forbid(unsafe_code)]

use super::Report;
use crate::case::{Case, Certainty};

/// Failures, and how many cases ended how.
pub(crate) fn print(report: &Report) {
    for result in &report.results {
        let Err(failure) = &result.ended else {
            continue;
        };
        println!(
            "failed {}: {failure} ({})",
            result.case.name, result.case.source
        );
        for line in result.output.lines().take(8) {
            println!("    {line}");
        }
    }
    println!(
        "conformance: {} passed, {} failed, {} not applicable ({})",
        report.passed(),
        report.failed(),
        report.not_applicable(),
        report.label
    );
}

/// The cases, two lines each.
pub(crate) fn list(cases: &[&Case]) {
    for case in cases {
        let certainty = match case.certainty {
            Certainty::Known => "",
            Certainty::Assumed => " [assumed]",
        };
        let provokes = if case.provokes { " [provokes]" } else { "" };
        println!("{}{certainty}{provokes}", case.name);
        println!("    {} ({})", case.what, case.source);
    }
    println!("{} cases", cases.len());
}
