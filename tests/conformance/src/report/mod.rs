//! What came out, for people and for machines.
#![forbid(unsafe_code)]

pub(crate) mod human;
mod json;
mod junit;

use std::time::Duration;

use crate::case::{Case, Failure, Outcome};

/// How one case ended.
#[derive(Debug)]
pub(crate) struct Result {
    pub(crate) case: &'static Case,
    pub(crate) ended: std::result::Result<Outcome, Failure>,
    pub(crate) took: Duration,
    /// What it and the libraries wrote.
    pub(crate) output: String,
}

/// All results on one platform.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) label: String,
    pub(crate) platform: String,
    pub(crate) results: Vec<Result>,
}

impl Report {
    pub(crate) fn new(label: String, platform: String, results: Vec<Result>) -> Self {
        Self {
            label,
            platform,
            results,
        }
    }

    fn count(&self, wanted: impl Fn(&Result) -> bool) -> usize {
        self.results.iter().filter(|result| wanted(result)).count()
    }

    pub(crate) fn passed(&self) -> usize {
        self.count(|result| result.ended == Ok(Outcome::Passed))
    }

    pub(crate) fn failed(&self) -> usize {
        self.count(|result| result.ended.is_err())
    }

    pub(crate) fn not_applicable(&self) -> usize {
        self.count(|result| matches!(result.ended, Ok(Outcome::NotApplicable(_))))
    }
}
