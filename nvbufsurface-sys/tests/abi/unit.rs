//! A generated source file with one check on each line, and what failed in it.

use std::collections::BTreeMap;

use crate::facts::Subject;

/// A fact that does not hold, or an item of ours that is not in the facts.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// The fact file.
    pub(crate) file: String,
    pub(crate) subject: Subject,
    /// Without the file's name.
    pub(crate) message: String,
}

/// A check: what it is about, what it says when it fails, and its source line.
#[derive(Clone)]
pub(crate) struct Check {
    pub(crate) subject: Subject,
    pub(crate) message: String,
    pub(crate) source: String,
}

/// An error of a compiler; the line if it is in the generated file.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) line: Option<usize>,
    pub(crate) message: String,
}

#[derive(Default)]
pub(crate) struct Unit {
    text: String,
    count: usize,
    checks: BTreeMap<usize, (String, Check)>,
}

impl Unit {
    pub(crate) fn line(&mut self, source: &str) {
        assert!(!source.contains('\n'), "one line: {source}");
        self.text.push_str(source);
        self.text.push('\n');
        self.count += 1;
    }

    pub(crate) fn check(&mut self, file: &str, check: Check) {
        self.line(&check.source);
        self.checks.insert(self.count, (file.to_owned(), check));
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What the compiler's errors say about the facts; one on a line without a check is a finding
    /// of its own.
    pub(crate) fn findings(&self, side: &str, errors: &[Error]) -> Vec<Finding> {
        let mut lines = BTreeMap::new();
        let mut findings = Vec::new();
        for error in errors {
            match error
                .line
                .and_then(|line| Some((line, self.checks.get(&line)?)))
            {
                Some((line, found)) => {
                    lines.entry(line).or_insert((found, error));
                }
                None => findings.push(Finding {
                    file: side.to_owned(),
                    subject: Subject::Surplus(error.message.clone()),
                    message: error.message.clone(),
                }),
            }
        }
        let of_line = |((file, check), error): (&(String, Check), &Error)| Finding {
            file: file.clone(),
            subject: check.subject.clone(),
            message: if error.message.contains(&check.message) {
                format!("{} ({side})", check.message)
            } else {
                format!("{} ({side}: {})", check.message, error.message)
            },
        };
        findings.extend(lines.into_values().map(of_line));
        findings
    }
}
