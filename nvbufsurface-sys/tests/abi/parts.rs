//! Runs the checks on all releases and prints what they find.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::bindings::{self, Module};
use crate::changes::Changed;
use crate::compiler::{self, AARCH64, Cc};
use crate::facts::{self, Facts, Subject};
use crate::header::Header;
use crate::release::{SKIPPED, modules};
use crate::rust_checks::{self, Part};
use crate::unit::Finding;
use crate::{c_checks, documentation, surplus};

/// What there is to check, and with what.
pub(crate) struct Platform {
    include: PathBuf,
    modules: PathBuf,
    /// Folder of the generated sources.
    out: PathBuf,
    /// Without the skipped ones.
    all: Vec<Facts>,
    skipped: Vec<String>,
    bindings: Vec<Module>,
    cc: Cc,
    cross: Option<Cc>,
    rust_cross: bool,
}

impl Platform {
    pub(crate) fn read() -> Platform {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abi");
        std::fs::create_dir_all(&out).unwrap_or_else(|e| panic!("{out:?}: {e}"));
        let modules = root.join("src/bindings");
        let skips = |f: &Facts| SKIPPED.iter().any(|(stem, _)| f.stem == *stem);
        let all = facts::read_all(&root.join("tests/facts"));
        let (skipped, all): (Vec<_>, Vec<_>) = all.into_iter().partition(skips);
        Platform {
            include: root.join("include"),
            bindings: bindings::read_all(&modules),
            modules,
            out,
            all,
            skipped: skipped.into_iter().map(|f| f.stem).collect(),
            cc: Cc::host(),
            cross: Cc::aarch64(),
            rust_cross: compiler::rust_has(AARCH64),
        }
    }

    /// Every fact. Gives the number of facts and of mismatches.
    pub(crate) fn facts(&self) -> (usize, usize) {
        let on_host = |facts: &Facts| self.c_findings(&self.cc, "C", facts);
        let mut findings = compiler::in_parallel(&self.all, on_host).concat();
        if let Some(cross) = &self.cross {
            let there = |facts: &Facts| self.c_findings(cross, "C for aarch64", facts);
            findings.extend(compiler::in_parallel(&self.all, there).concat());
        }
        let mut units = Part::ALL.map(|part| (part, None)).to_vec();
        if self.rust_cross {
            units.extend(Part::ALL.map(|part| (part, Some(AARCH64))));
        }
        findings.extend(self.rust_findings(&self.all, "facts", &units));

        // A fact that fails on several sides counts once.
        let mut failed: BTreeMap<(&str, &Subject), Vec<&str>> = BTreeMap::new();
        for finding in &findings {
            let key = (finding.file.as_str(), &finding.subject);
            let messages = failed.entry(key).or_default();
            if !messages.contains(&finding.message.as_str()) {
                messages.push(&finding.message);
            }
        }
        let mut count = 0;
        for facts in &self.all {
            let subjects = facts.subjects();
            let checked = self.checked_in_c(facts);
            let missed = subjects.iter().find(|subject| !checked.contains(subject));
            assert!(
                missed.is_none(),
                "{}: {missed:?} is not checked",
                facts.stem
            );
            let wrong = failed
                .keys()
                .filter(|(file, _)| *file == facts.stem)
                .count();
            let covering = modules(facts.library, &facts.version).join(" and ");
            let number = subjects.len();
            println!(
                "{}: {number} facts, {wrong} mismatches (C, {covering})",
                facts.stem
            );
            count += number;
        }
        for stem in &self.skipped {
            let reason = SKIPPED.iter().find(|(name, _)| name == stem);
            println!(
                "{stem}: skipped: {}",
                reason.expect("it is skipped for it").1
            );
        }
        match &self.cross {
            Some(cc) => println!("abi: C for aarch64 checked too, with {}", cc.program),
            None => println!("abi: C for aarch64 not checked: no aarch64-linux-gnu-gcc, no clang"),
        }
        if self.rust_cross {
            println!("abi: Rust for aarch64 checked too");
        } else {
            println!("abi: Rust for aarch64 not checked: rustc has no core for {AARCH64}");
        }
        for ((file, _), messages) in &failed {
            println!("{file}: {}", messages.join("; "));
        }
        (count, failed.len())
    }

    /// What fails for one release in C and in its header's text.
    fn c_findings(&self, cc: &Cc, side: &str, facts: &Facts) -> Vec<Finding> {
        let file = self
            .out
            .join(format!("{}-{}.c", facts.stem, side.replace(' ', "-")));
        let unit = c_checks::unit(facts);
        let errors = cc.check(&self.include, facts, &unit, &file);
        let mut findings = unit.findings(side, &errors);
        findings.extend(surplus::findings(&self.header(cc, facts), facts, &self.all));
        findings
    }

    fn header(&self, cc: &Cc, facts: &Facts) -> Header {
        let text = cc.preprocess(&self.include, facts);
        Header::parse(&text, facts.library.header())
    }

    fn rust_findings(
        &self,
        all: &[Facts],
        name: &str,
        units: &[(Part, Option<&'static str>)],
    ) -> Vec<Finding> {
        let each = |(part, target): &(Part, Option<&'static str>)| {
            let unit = rust_checks::unit(*part, &self.modules, &self.bindings, all);
            let side = if target.is_some() {
                "Rust for aarch64"
            } else {
                "Rust"
            };
            let file = format!("{name}-{part:?}-{}.rs", side.replace(' ', "-"));
            let errors = compiler::check_rust(&unit, &self.out.join(file), *target);
            unit.findings(side, &errors)
        };
        compiler::in_parallel(units, each).concat()
    }

    /// The facts that the C compiler or the comparison of the header's text looks at.
    fn checked_in_c(&self, facts: &Facts) -> BTreeSet<Subject> {
        let mut all: BTreeSet<Subject> = c_checks::checks(facts)
            .into_iter()
            .map(|c| c.subject)
            .collect();
        all.extend(surplus::compared_as_text(facts));
        all
    }

    fn checked_in_rust(&self, facts: &Facts) -> BTreeSet<Subject> {
        let of = |part| rust_checks::checks(part, &self.bindings, facts);
        Part::ALL
            .into_iter()
            .flat_map(of)
            .map(|check| check.subject)
            .collect()
    }

    /// Changed facts: each must be found, and nothing else. Gives whether it is so.
    pub(crate) fn changes(&self) -> bool {
        let mut tally = Tally::default();
        let in_c = |facts: &Facts| {
            let changed = Changed::new(facts, "C", &self.checked_in_c(facts));
            let found = self.c_findings(&self.cc, "C changed", &changed.facts);
            let removed = Changed::removed(facts);
            let alone = surplus::findings(&self.header(&self.cc, facts), &removed.facts, &self.all);
            [(changed, found), (removed, alone)]
        };
        for (changed, found) in compiler::in_parallel(&self.all, in_c).into_iter().flatten() {
            tally.compare(&changed, &found);
        }
        let change = |facts: &Facts| {
            let mut changed = Changed::new(facts, "Rust", &self.checked_in_rust(facts));
            changed.remove_field("Rust");
            changed
        };
        let changed: Vec<Changed> = self.all.iter().map(change).collect();
        let all: Vec<Facts> = changed.iter().map(|c| c.facts.clone()).collect();
        let units = Part::ALL.map(|part| (part, None));
        let found = self.rust_findings(&all, "changes", &units);
        for changed in &changed {
            let of_file = |f: &&Finding| f.file == changed.facts.stem;
            let found: Vec<Finding> = found.iter().filter(of_file).cloned().collect();
            tally.compare(changed, &found);
        }
        let stray = |f: &&Finding| !all.iter().any(|facts| facts.stem == f.file);
        let stray: Vec<&Finding> = found.iter().filter(stray).collect();
        stray.iter().for_each(|finding| print(finding));
        println!(
            "abi: {} changed facts, {} found",
            tally.changed, tally.found
        );
        tally.wrong + stray.len() == 0
    }

    /// Gives the number of mismatches.
    pub(crate) fn documentation(&self) -> usize {
        let (count, findings) = documentation::check(&self.bindings, &self.all);
        findings.iter().for_each(print);
        println!(
            "abi: {count} documented items, {} mismatches",
            findings.len()
        );
        findings.len()
    }
}

fn print(finding: &Finding) {
    println!("{}: {}", finding.file, finding.message);
}

#[derive(Default)]
struct Tally {
    changed: usize,
    found: usize,
    wrong: usize,
}

impl Tally {
    /// Wants exactly the changed facts among the findings.
    fn compare(&mut self, changed: &Changed, findings: &[Finding]) {
        self.changed += changed.subjects.len();
        let found: BTreeSet<&Subject> = findings.iter().map(|f| &f.subject).collect();
        for subject in &changed.subjects {
            if found.contains(subject) {
                self.found += 1;
            } else {
                println!(
                    "{}: {subject} was changed and not found",
                    changed.facts.stem
                );
                self.wrong += 1;
            }
        }
        for subject in found.into_iter().filter(|s| !changed.subjects.contains(s)) {
            println!(
                "{}: {subject} was not changed and found",
                changed.facts.stem
            );
            self.wrong += 1;
        }
    }
}
