//! One JSON object.
#![forbid(unsafe_code)]

use serde_json::{Value, json};

use super::{Report, Result};
use crate::case::Outcome;

impl Report {
    /// The report as JSON.
    pub(crate) fn to_json(&self) -> String {
        let cases: Vec<Value> = self.results.iter().map(one).collect();
        let report = json!({
            "label": self.label,
            "platform": self.platform,
            "passed": self.passed(),
            "failed": self.failed(),
            "not_applicable": self.not_applicable(),
            "cases": cases,
        });
        format!("{report:#}\n")
    }
}

fn one(result: &Result) -> Value {
    let mut value = json!({
        "name": result.case.name,
        "what": result.case.what,
        "source": result.case.source,
        "certainty": result.case.certainty.name(),
        "provokes": result.case.provokes,
        "seconds": result.took.as_secs_f64(),
    });
    match &result.ended {
        Ok(Outcome::Passed) => value["outcome"] = json!("passed"),
        Ok(Outcome::NotApplicable(reason)) => {
            value["outcome"] = json!("not applicable");
            value["reason"] = json!(reason);
        }
        Err(failure) => {
            value["outcome"] = json!("failed");
            value["expected"] = json!(failure.expected);
            value["found"] = json!(failure.found);
            value["output"] = json!(result.output);
        }
    }
    value
}
