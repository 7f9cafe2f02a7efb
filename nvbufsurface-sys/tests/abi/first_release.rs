//! In which releases an item is: from the facts, in the words of the documentation.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::release::Library;

/// What the documentation says of an item by the first fact file that has it.
const SINCE: &[(&str, &str)] = &[
    ("nvbufsurface-ds-4.0.1", "all"),
    ("nvbufsurface-ds-5.0.0", "since R32.4, DeepStream 5.0"),
    ("nvbufsurface-l4t-r32.5.2", "since R32.5, DeepStream 6.0"),
    ("nvbufsurface-ds-6.1.0", "since R34.1, DeepStream 6.1"),
    ("nvbufsurface-l4t-r35.3.1", "since R35.3.1, DeepStream 6.3"),
    ("nvbufsurface-l4t-r35.4.1", "since R35.4.1, DeepStream 6.3"),
    ("nvbufsurface-l4t-r36.2.0", "since R36.2, DeepStream 7.1"),
    ("nvbufsurface-l4t-r36.3.0", "since R36.3, DeepStream 7.1"),
    ("nvbufsurface-l4t-r36.4", "since R36.4, DeepStream 7.1"),
    (
        "nvbufsurface-isaac-ros-4.0",
        "since JetPack 7.0 as Isaac ROS 4.0 has it (R38 is not settled), DeepStream 8.0",
    ),
    ("nvbufsurface-ds-8.0.0", "since DeepStream 8.0, R39"),
    (
        "nvbufsurface-ds-9.0.0-proprietary",
        "since DeepStream 9.0, R39",
    ),
    ("nvbufsurftransform-ds-4.0.1", "all"),
    ("nvbufsurftransform-ds-6.0.0", "since R34.1, DeepStream 6.0"),
    (
        "nvbufsurftransform-ds-6.1.0",
        "R34.1.0, DeepStream 6.1.0 only",
    ),
    (
        "nvbufsurftransform-l4t-r34.1.1",
        "since R34.1.1, DeepStream 6.1.1",
    ),
    (
        "nvbufsurftransform-l4t-r35.3.1",
        "since R35.3.1, DeepStream 6.3",
    ),
    ("nvbufsurftransform-ds-6.3.0", "since R36.2, DeepStream 6.3"),
    (
        "nvbufsurftransform-l4t-r36.3.0",
        "since R36.3, DeepStream 7.1",
    ),
    ("nvbufsurftransform-ds-8.0.0", "since DeepStream 8.0, R39"),
];

/// The releases of one item.
#[derive(Default)]
pub(crate) struct Releases<'a> {
    /// Fact files that have it, with its value if it is an enumerator; oldest first.
    seen: Vec<(usize, &'a Facts, Option<i64>)>,
}

/// The items of one library: `Struct`, `Struct.field`, `Enum`, `Enum.ENUMERATOR`, `MACRO`, `Function`,
/// `Typedef`.
#[derive(Default)]
pub(crate) struct History<'a> {
    items: BTreeMap<String, Releases<'a>>,
    /// Number of the last file.
    newest: usize,
}

impl<'a> History<'a> {
    pub(crate) fn new(library: Library, all: &'a [Facts]) -> History<'a> {
        let mut history = History::default();
        for (number, facts) in all.iter().enumerate().filter(|(_, f)| f.library == library) {
            history.newest = number;
            let mut add = |name: String, value| {
                let item = history.items.entry(name).or_default();
                item.seen.push((number, facts, value));
            };
            for s in &facts.structs {
                add(s.name.clone(), None);
                for f in &s.fields {
                    add(format!("{}.{}", s.name, f.name), None);
                }
            }
            for e in &facts.enums {
                add(e.name.clone(), None);
                for v in &e.values {
                    add(format!("{}.{}", e.name, v.name), Some(v.value));
                }
            }
            facts.macros.iter().for_each(|m| add(m.name.clone(), None));
            facts
                .functions
                .iter()
                .for_each(|f| add(f.name.clone(), None));
            let is_new = |name: &str| {
                !facts.structs.iter().any(|s| s.name == name)
                    && !facts.enums.iter().any(|e| e.name == name)
            };
            let typedefs = facts.typedefs.iter().filter(|t| is_new(&t.name));
            for t in typedefs {
                add(t.name.replace("struct ", ""), None);
            }
        }
        history
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Releases<'a>> {
        self.items.get(name)
    }
}

impl Releases<'_> {
    pub(crate) fn first(&self) -> usize {
        self.seen[0].0
    }

    /// Whether one of the fact files has it.
    pub(crate) fn in_any(&self, is: impl Fn(&Facts) -> bool) -> bool {
        self.seen.iter().any(|(_, facts, _)| is(facts))
    }

    /// What follows `Releases: ` in its documentation.
    pub(crate) fn words(&self, history: &History<'_>) -> String {
        let (_, first, _) = self.seen[0];
        let (last_number, last, _) = self.seen[self.seen.len() - 1];
        let lasts = last_number == history.newest;
        if first.library == Library::Utils {
            let (from, to) = (label(first), label(last));
            return match (from.as_str(), lasts) {
                ("R27.1", true) => format!("all, R27.1 to {to}"),
                (_, true) => format!("{from} to {to}"),
                ("R32.7", false) => format!("{from}.4 and later of R32"),
                (_, false) => format!("{from} to {to}"),
            };
        }
        let found = SINCE.iter().find(|(stem, _)| *stem == first.stem);
        let words = found.map_or("releases that no row names", |(_, words)| words);
        let only = words.ends_with(" only");
        assert!(only != lasts, "{words}, but last seen in {}", last.stem);
        words.to_owned()
    }

    /// What follows `Number: ` in the documentation of a legacy format: each value and its releases.
    pub(crate) fn numbers(&self) -> String {
        let mut runs: Vec<(i64, String, String)> = Vec::new();
        for (_, facts, value) in &self.seen {
            let value = value.expect("an enumerator");
            match runs.last_mut() {
                Some((same, _, to)) if *same == value => *to = label(facts),
                _ => runs.push((value, label(facts), label(facts))),
            }
        }
        let run = |(value, from, to): &(i64, String, String)| match (from.as_str(), to.as_str()) {
            (from, to) if from == to => format!("{value} ({from})"),
            ("R34", "R35") => format!("{value} (R34 and R35)"),
            (from, to) => format!("{value} ({from} to {to})"),
        };
        runs.iter().map(run).collect::<Vec<_>>().join(", ")
    }
}

/// A release of the legacy library as the documentation calls it.
fn label(facts: &Facts) -> String {
    let digits = facts.version.trim_start_matches("l4t-r").split('-').next();
    let mut parts = digits.unwrap_or("").split('.');
    let major = parts.next().unwrap_or("");
    // R34 and R35 did not change it.
    match parts.next() {
        Some(minor) if major < "34" => format!("R{major}.{minor}"),
        _ => format!("R{major}"),
    }
}
