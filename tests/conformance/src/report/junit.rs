//! JUnit's XML, as far as all readers agree on it.
#![forbid(unsafe_code)]

use std::fmt::Write as _;

use super::{Report, Result};
use crate::case::Outcome;

/// Text for an element or an attribute: characters that XML 1.0 has not are left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(character),
            _ if character < ' ' || character == '\u{fffe}' || character == '\u{ffff}' => {}
            _ => out.push(character),
        }
    }
    out
}

impl Report {
    /// The report as JUnit XML.
    pub(crate) fn to_junit(&self) -> String {
        let seconds: f64 = self.results.iter().map(|r| r.took.as_secs_f64()).sum();
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "<testsuite name=\"conformance {}\" tests=\"{}\" failures=\"{}\" errors=\"0\" \
             skipped=\"{}\" time=\"{seconds:.3}\">",
            escape(&self.label),
            self.results.len(),
            self.failed(),
            self.not_applicable()
        );
        self.results.iter().for_each(|result| one(&mut out, result));
        out.push_str("</testsuite>\n");
        out
    }
}

fn one(out: &mut String, result: &Result) {
    let name = result.case.name;
    let area = name.split('.').next().unwrap_or(name);
    let _ = write!(
        out,
        "  <testcase classname=\"conformance.{}\" name=\"{}\" time=\"{:.3}\">",
        escape(area),
        escape(name),
        result.took.as_secs_f64()
    );
    match &result.ended {
        Ok(Outcome::Passed) => {}
        Ok(Outcome::NotApplicable(reason)) => {
            let _ = write!(out, "<skipped message=\"{}\"/>", escape(reason));
        }
        Err(failure) => {
            let _ = write!(
                out,
                "<failure message=\"{}\">{}</failure><system-out>{}</system-out>",
                escape(&failure.to_string()),
                escape(&format!("{}\n{}", result.case.what, result.case.source)),
                escape(&result.output)
            );
        }
    }
    out.push_str("</testcase>\n");
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn what_xml_has_no_place_for_is_escaped_or_left_out() {
        assert_eq!(
            escape("a<b>&\"c\"\u{1b}[0m\n"),
            "a&lt;b&gt;&amp;&quot;c&quot;[0m\n"
        );
    }
}
