//! What is printed at the end.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::injection::{Injection, Pair};
use crate::judge::Kind;
use crate::places;
use crate::record::Place;
use crate::sweep::{Known, Outcome};

/// Pairs that must have been reached, of 100.
const ENOUGH: u64 = 95;

/// Findings of one sort that are printed; the file has all.
const PRINTED: usize = 40;
/// Places of a kind that are looked up: each takes a part of a second.
const NAMED: usize = 200;

/// A release and a workload or the suite.
type Group<'a> = (&'a str, &'static str);

/// What came of one kind of faults in one group.
#[derive(Debug, Default)]
struct Row {
    injected: u64,
    /// Injections that never came to happen.
    missed: u64,
    findings: BTreeMap<Kind, u64>,
}

/// Findings of one sort: what went wrong where, and the commands that show it.
#[derive(Debug, Default)]
struct Sort {
    place: Option<Arc<Place>>,
    lines: Vec<String>,
}

impl Sort {
    /// Where it is, on a line of its own.
    fn place(&self) -> String {
        let place = self.place.as_ref();
        place.map_or_else(String::new, |place| {
            format!("    at {}\n", places::words(place))
        })
    }
}

/// Collects outcomes.
#[derive(Debug)]
pub(crate) struct Summary<'a> {
    known: &'a [Known<'a>],
    rows: BTreeMap<(Group<'a>, &'static str), Row>,
    sorts: BTreeMap<(Kind, String), Sort>,
    reachable: BTreeMap<Group<'a>, BTreeMap<Pair, Arc<Place>>>,
    reached: BTreeSet<(Group<'a>, Pair)>,
    /// Pairs that only another failure leads to.
    behind: BTreeSet<(Group<'a>, Pair)>,
}

impl<'a> Summary<'a> {
    pub(crate) fn new(known: &'a [Known<'a>]) -> Self {
        let mut reachable: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for one in known {
            let pairs = reachable.entry(group(one)).or_default();
            pairs.extend(one.recorded.pairs.clone());
        }
        Self {
            known,
            rows: BTreeMap::new(),
            sorts: BTreeMap::new(),
            reachable,
            reached: BTreeSet::new(),
            behind: BTreeSet::new(),
        }
    }

    pub(crate) fn add(&mut self, outcome: Outcome) {
        let known = &self.known[outcome.job.known];
        let (group, injection) = (group(known), &outcome.job.injection);
        let row = self.rows.entry((group, injection.kind())).or_default();
        if outcome.happened {
            row.injected += 1;
        } else {
            row.missed += 1;
        }
        if let Injection::Failure(first, second) = injection {
            let failure = second.as_ref().unwrap_or(first);
            let pair = &failure.pair;
            if outcome.happened {
                self.reached.insert((group, pair.clone()));
            }
            if second.is_some() {
                let pairs = self.reachable.entry(group).or_default();
                let place = || Arc::clone(&failure.place);
                pairs.entry(pair.clone()).or_insert_with(place);
                self.behind.insert((group, pair.clone()));
            }
        }
        for finding in &outcome.findings {
            *row.findings.entry(finding.kind).or_default() += 1;
            let mut sort = finding.kind.to_string();
            match injection.failures().last() {
                Some(failure) => {
                    let _ = write!(sort, ": {}@{}", failure.pair.function, failure.pair.site);
                }
                None => {
                    let _ = write!(
                        sort,
                        ": {} of {}",
                        injection.kind(),
                        known.subject.program.group()
                    );
                }
            }
            let command = known.subject.line(&injection.variables());
            let line = format!("    {}\n      {command}", finding.text);
            let sort = self.sorts.entry((finding.kind, sort)).or_default();
            sort.place = injection
                .failures()
                .last()
                .map(|last| Arc::clone(&last.place));
            sort.lines.push(line);
        }
    }

    /// Prints all; whether nothing was found and enough was reached.
    pub(crate) fn print(
        &self,
        took: Duration,
        is_enough: bool,
        file: &Path,
    ) -> Result<bool, String> {
        let mut all = String::new();
        let mut printed = String::new();
        for (number, ((_, name), sort)) in self.sorts.iter().enumerate() {
            let (times, lines) = (sort.lines.len(), sort.lines.join("\n"));
            let place = if number < NAMED {
                sort.place()
            } else {
                String::new()
            };
            let _ = writeln!(all, "{name}, {times} times\n{place}{lines}\n");
            if number < PRINTED {
                let first = sort.lines.first().map_or("", |line| line);
                let _ = writeln!(
                    printed,
                    "{name}, {times} times, for example\n{place}{first}"
                );
            }
        }
        std::fs::write(file, &all).map_err(|e| format!("{}: {e}", file.display()))?;
        print!("{printed}");
        if !self.sorts.is_empty() {
            println!(
                "{} sorts of findings, all in {}",
                self.sorts.len(),
                file.display()
            );
        }
        let is_covered = self.print_coverage();
        self.print_rows();
        let count = |kind| -> u64 {
            let rows = self.rows.values();
            rows.filter_map(|row| row.findings.get(&kind)).sum()
        };
        let injected: u64 = self.rows.values().map(|row| row.injected).sum();
        let rate = injected as f64 / took.as_secs_f64().max(0.001);
        println!("{:.0} s, {rate:.0} injections a second", took.as_secs_f64());
        println!(
            "also: {} without a restart, {} errors that do not name the call, {} silent losses",
            count(Kind::Restart),
            count(Kind::Unnamed),
            count(Kind::Silent),
        );
        println!(
            "faults: {injected} injected, {} crashes, {} leaks, {} hangs",
            count(Kind::Crash),
            count(Kind::Leak),
            count(Kind::Hang),
        );
        let is_clean = !self.sorts.keys().any(|(kind, _)| kind.is_failure());
        Ok(is_clean && (is_enough || is_covered))
    }

    /// Prints the pairs; whether enough of them were reached.
    fn print_coverage(&self) -> bool {
        let (mut all, mut reached) = (0_u64, 0_u64);
        println!("| release | program | pairs | reached |\n|---|---|---|---|");
        let mut missing = Vec::new();
        for (group, pairs) in &self.reachable {
            let is_reached = |pair: &Pair| self.reached.contains(&(*group, pair.clone()));
            let count = pairs.keys().filter(|pair| is_reached(pair)).count() as u64;
            println!("| {} | {} | {} | {count} |", group.0, group.1, pairs.len());
            all += pairs.len() as u64;
            reached += count;
            let left = pairs.iter().filter(|(pair, _)| !is_reached(pair));
            missing.extend(left.map(|(pair, place)| (*group, pair, place)));
        }
        // Of a sample most are missing, and that is no news.
        if missing.len() <= NAMED {
            for (group, pair, place) in missing {
                self.print_missing(group, pair, place);
            }
        }
        let percent = reached as f64 * 100.0 / (all as f64).max(1.0);
        println!("{reached} of {all} pairs of function and place reached, {percent:.1} %");
        reached * 100 >= all * ENOUGH
    }

    fn print_missing(&self, group: Group<'a>, pair: &Pair, place: &Place) {
        let why = if self.behind.contains(&(group, pair.clone())) {
            "only behind another failure, which did not lead there again".to_owned()
        } else {
            format!("{} calls when recorded, none under a fault", place.calls)
        };
        println!(
            "not reached: {} {}: {}@{}, {why}\n    at {}",
            group.0,
            group.1,
            pair.function,
            pair.site,
            places::words(place)
        );
    }

    fn print_rows(&self) {
        println!(
            "| release | program | faults | injected | came to nothing | findings |\n|---|---|---|---|---|---|"
        );
        for (((release, program), kind), row) in &self.rows {
            let findings = row
                .findings
                .iter()
                .map(|(kind, count)| format!("{count} {kind}"));
            let findings: Vec<_> = findings.collect();
            let findings = if findings.is_empty() {
                "none".into()
            } else {
                findings.join(", ")
            };
            println!(
                "| {release} | {program} | {kind} | {} | {} | {findings} |",
                row.injected, row.missed
            );
        }
    }
}

fn group<'a>(known: &'a Known<'a>) -> Group<'a> {
    (&known.subject.release.name, known.subject.program.group())
}
