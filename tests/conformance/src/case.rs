//! What a case is, and how it can end.
#![forbid(unsafe_code)]

use std::ffi::CStr;
use std::fmt;

use crate::platform::Platform;

/// One behaviour that the crates rely on.
#[derive(Debug)]
pub(crate) struct Case {
    /// Unique, from the general to the special: `map.read.every-plane`.
    pub(crate) name: &'static str,
    /// One sentence.
    pub(crate) what: &'static str,
    /// The public source that says so, or what it was measured on.
    pub(crate) source: &'static str,
    /// What the platform must have for it.
    pub(crate) needs: &'static [Need],
    pub(crate) certainty: Certainty,
    /// Makes a mistake on purpose, to see the error: a platform that checks its users has to be
    /// told to let it pass.
    pub(crate) provokes: bool,
    pub(crate) run: Run,
}

/// What a case does.
pub(crate) type Run = fn(&Platform) -> Result<Outcome, Failure>;

/// A function that a case needs. Whether it is there is the symbol table's to say, never a list of
/// releases.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need {
    /// Of libnvbufsurface.
    Surface(&'static str),
    /// Of libnvbufsurftransform.
    Transform(&'static str),
    /// Of libnvbuf_utils.
    Legacy(&'static str),
    /// Of libcuda.
    Cuda(&'static CStr),
}

/// How sure the source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// Documented, read in published source, or measured.
    Known,
    /// Concluded, or reported by one: the first run on a board answers it.
    Assumed,
}

/// How a case that did not fail ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// With the reason.
    NotApplicable(String),
}

/// What was expected, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Case {
    pub(crate) const fn new(
        name: &'static str,
        what: &'static str,
        source: &'static str,
        needs: &'static [Need],
        run: Run,
    ) -> Self {
        Self {
            name,
            what,
            source,
            needs,
            certainty: Certainty::Known,
            provokes: false,
            run,
        }
    }

    /// The same, where the source only lets one conclude it.
    pub(crate) const fn assumed(self) -> Self {
        Self {
            certainty: Certainty::Assumed,
            ..self
        }
    }

    /// The same, where a mistake is part of it.
    pub(crate) const fn provoking(self) -> Self {
        Self {
            provokes: true,
            ..self
        }
    }

    /// Runs it in this process, if the platform has what it needs.
    pub(crate) fn run(&self, platform: &Platform) -> Result<Outcome, Failure> {
        for need in self.needs {
            if let Some(reason) = platform.lacks(*need)? {
                return Ok(Outcome::NotApplicable(reason));
            }
        }
        (self.run)(platform)
    }
}

impl Certainty {
    /// As reports say it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Assumed => "assumed",
        }
    }
}

impl Failure {
    pub(crate) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            found: found.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}; found {}", self.expected, self.found)
    }
}
