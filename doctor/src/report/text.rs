//! The page as text: short lines, aligned.
#![forbid(unsafe_code)]

use std::time::Duration;

use super::{Report, Section};
use crate::finding::{Finding, Status};

/// The longest line, but for words that are longer.
const WIDTH: usize = 100;
/// Where names and texts begin.
const NAME: usize = 8;
const TEXT: usize = 31;
/// What a time takes, with the blanks behind it.
const TIME: usize = 11;
/// Of what to do, how much is said.
const FIRST: usize = 3;

pub(super) fn print(report: &Report, is_coloured: bool) -> String {
    let mut page = Page {
        text: String::new(),
        is_coloured,
    };
    page.line(concat!("nvmm-doctor ", env!("CARGO_PKG_VERSION")));
    if let Some(simulator) = &report.simulator {
        page.line("");
        page.banner(&format!("THIS IS THE SIMULATOR: {simulator}"));
        page.banner("Nothing below says anything about a Jetson. Times are this machine's.");
    }
    for section in &report.sections {
        page.section(section);
    }
    page.line("");
    page.verdict(report);
    page.text
}

struct Page {
    text: String,
    is_coloured: bool,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn banner(&mut self, text: &str) {
        let line = self.coloured("*** ", "1;33") + text + &self.coloured(" ***", "1;33");
        self.line(&line);
    }

    fn coloured(&self, text: &str, colour: &str) -> String {
        match self.is_coloured {
            true => format!("\x1b[{colour}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }

    fn section(&mut self, section: &Section) {
        self.line("");
        self.line(section.name);
        let has_times = section
            .findings
            .iter()
            .any(|finding| finding.time.is_some());
        for finding in &section.findings {
            self.finding(finding, has_times);
        }
    }

    fn finding(&mut self, finding: &Finding, has_times: bool) {
        let (word, colour) = match finding.status {
            Status::Ok => ("ok", "32"),
            Status::Fact => ("", "0"),
            Status::Note => ("note", "33"),
            Status::Failed => ("FAIL", "1;31"),
            Status::NotTried => ("skip", "2"),
        };
        let mut head = format!("  {}", self.coloured(&format!("{word:<6}"), colour));
        head.push_str(&format!("{:<width$}", finding.name, width = TEXT - NAME));
        // Long names, those of variables, push the text.
        if finding.name.len() >= TEXT - NAME {
            head.push(' ');
        }
        let mut begin = TEXT;
        if has_times {
            let time = finding.time.map(time).unwrap_or_default();
            head.push_str(&format!("{time:>width$}   ", width = TIME - 3));
            begin += TIME;
        }
        let mut lines = wrap(&finding.text, WIDTH - begin).into_iter();
        self.line(&(head + &lines.next().unwrap_or_default()));
        for line in lines {
            self.indented(begin, &line);
        }
        if let Some(remedy) = &finding.remedy {
            self.hanging(begin, "-> ", remedy);
        }
        // Of what works nobody wants to know what was printed.
        if finding.has_failed() {
            for line in &finding.said {
                self.hanging(begin, "printed: ", line);
            }
        }
    }

    fn indented(&mut self, begin: usize, line: &str) {
        self.line(&format!("{:begin$}{line}", ""));
    }

    fn hanging(&mut self, begin: usize, mark: &str, text: &str) {
        let width = WIDTH.saturating_sub(begin + mark.len());
        for (number, line) in wrap(text, width).iter().enumerate() {
            let mark = if number == 0 {
                mark
            } else {
                &"         "[..mark.len()]
            };
            self.indented(begin, &format!("{mark}{line}"));
        }
    }

    fn verdict(&mut self, report: &Report) {
        let first = report.first();
        if first.is_empty() {
            let word = match report.simulator {
                Some(_) => "everything works, on the simulator",
                None => "everything that this machine should have works",
            };
            let word = self.coloured(word, "1;32");
            return self.line(&word);
        }
        let word = self.coloured("what to do first", "1");
        self.line(&word);
        for (number, step) in (1..).zip(first.iter().take(FIRST)) {
            self.hanging(2, &format!("{number}. "), &step.what);
            if let Some(remedy) = &step.remedy {
                self.hanging(5, "-> ", remedy);
            }
        }
        let more = first.len().saturating_sub(FIRST);
        if more > 0 {
            self.line(&format!(
                "  Then look again; {more} more of what failed may be gone."
            ));
        }
    }
}

fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match time.as_micros() {
        0..1_000 => format!("{:.0} us", seconds * 1e6),
        1_000..1_000_000 => format!("{:.1} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

/// Lines of words, no longer than `width` but for a word that is.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let length = line.chars().count() + 1 + word.chars().count();
            if !line.is_empty() && length > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word.chars().map(printable));
        }
        lines.push(line);
    }
    lines
}

/// What drivers print, without what changes a terminal.
fn printable(character: char) -> char {
    match character.is_control() {
        true => '?',
        false => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_and_harmless() {
        assert_eq!(wrap("a bb ccc\n  d", 4), ["a bb", "ccc", "d"]);
        assert_eq!(wrap("abcdefgh i", 4), ["abcdefgh", "i"]);
        assert_eq!(wrap("\x1b[2J", 9), ["?[2J"]);
        assert!(wrap("", 9).is_empty());
    }

    #[test]
    fn times_have_three_digits_or_so() {
        let text = |micros| time(Duration::from_micros(micros));
        assert_eq!(
            [text(7), text(1500), text(2_345_678)],
            ["7 us", "1.5 ms", "2.35 s"]
        );
    }
}
