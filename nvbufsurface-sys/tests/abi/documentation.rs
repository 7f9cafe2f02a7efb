//! The documentation of the bindings names the releases that have each item, as the facts do.

use crate::bindings::{Item, Module};
use crate::facts::{Facts, Subject, is_reserved};
use crate::first_release::{History, Releases};
use crate::release::{Library, modules};
use crate::surplus::EXTRAS;
use crate::unit::Finding;

/// What a `Releases:` must be like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A line of its own.
    Line,
    /// Somewhere: handles and opaque structs.
    Inside,
    /// Somewhere, if the item is younger than its type: fields and enumerators.
    IfLater(usize),
}

/// Number of items looked at, and what is wrong.
pub(crate) fn check(bindings: &[Module], all: &[Facts]) -> (usize, Vec<Finding>) {
    let histories = Library::ALL.map(|library| History::new(library, all));
    let mut report = Report {
        all,
        count: 0,
        findings: Vec::new(),
    };
    for module in bindings {
        let (utils, others) = histories.split_last().expect("three libraries");
        let legacy = module.name.starts_with("nvbuf_utils");
        let histories = if legacy {
            std::slice::from_ref(utils)
        } else {
            others
        };
        for item in &module.aliases {
            let function = item.name.strip_prefix("PFN_");
            let target = module.structs.iter().any(|s| s.item.name == item.ty);
            let integer = item.ty.starts_with("::core::ffi::c_") && !item.ty.ends_with("void");
            let whole = function.is_some() || target || integer;
            let form = if whole { Form::Line } else { Form::Inside };
            report.item(
                module,
                histories,
                function.unwrap_or(&item.name),
                item,
                form,
            );
        }
        for item in &module.constants {
            // Macros have integer types.
            match find(histories, &item.ty) {
                Some((_, ty)) => {
                    let name = format!("{}.{}", item.ty, item.name);
                    report.item(module, histories, &name, item, Form::IfLater(ty.first()));
                }
                None => report.item(module, histories, &item.name, item, Form::Line),
            }
        }
        for s in &module.structs {
            let name = module.c_name(&s.item.name);
            let opaque = s.fields.is_empty();
            let form = if opaque { Form::Inside } else { Form::Line };
            report.item(module, histories, name, &s.item, form);
            let Some((_, of)) = find(histories, name) else {
                continue;
            };
            for field in s.fields.iter().filter(|f| !is_reserved(&f.name)) {
                let name = format!("{name}.{}", field.name);
                report.item(module, histories, &name, field, Form::IfLater(of.first()));
            }
        }
    }
    (report.count, report.findings)
}

fn find<'a, 'b>(
    histories: &'b [History<'a>],
    name: &str,
) -> Option<(&'b History<'a>, &'b Releases<'a>)> {
    let mut found = histories.iter().filter_map(|h| Some((h, h.get(name)?)));
    found.next()
}

struct Report<'a> {
    all: &'a [Facts],
    count: usize,
    findings: Vec<Finding>,
}

impl Report<'_> {
    fn wrong(&mut self, module: &Module, name: &str, what: &str) {
        let message = format!("{name}: {what}");
        self.findings.push(Finding {
            file: format!("bindings {}", module.name),
            subject: Subject::Surplus(message.clone()),
            message,
        });
    }

    fn item(
        &mut self,
        module: &Module,
        histories: &[History<'_>],
        name: &str,
        item: &Item,
        form: Form,
    ) {
        let tag = format!("struct {name}");
        if EXTRAS.contains(&name) || EXTRAS.contains(&tag.as_str()) {
            return;
        }
        self.count += 1;
        // The last value of an enum is of the module's own release.
        let last = name.ends_with("_LAST") || name.ends_with("Format_Invalid");
        let covers = |f: &Facts| modules(f.library, &f.version).contains(&module.name);
        let Some((history, releases)) = find(histories, name).filter(|(_, r)| r.in_any(covers))
        else {
            let number = self.all.iter().filter(|f| covers(f)).count();
            self.wrong(
                module,
                name,
                &format!("ours alone, in none of {number} fact files"),
            );
            return;
        };
        let text = item.doc.join(" ");
        if let (false, Some((_, numbers))) = (last, text.split_once("Number: ")) {
            let expected = releases.numbers();
            if numbers.trim_end_matches('.') != expected {
                self.wrong(
                    module,
                    name,
                    &format!("the documented numbers are not {expected}"),
                );
            }
            return;
        }
        let own_line = item.doc.iter().any(|line| line.starts_with("Releases:"));
        match (text.split_once("Releases: "), form) {
            (None, Form::IfLater(first)) if last || releases.first() <= first => {}
            (None, _) => {
                let expected = releases.words(history);
                self.wrong(
                    module,
                    name,
                    &format!("no documented releases, not {expected}"),
                );
            }
            (Some(_), Form::Line) if !own_line => {
                self.wrong(
                    module,
                    name,
                    "the documented releases are not on a line of their own",
                );
            }
            (Some((_, words)), _) => {
                let expected = releases.words(history);
                if !says(words, &expected) {
                    let message = format!("the documented releases are not {expected}: {words}");
                    self.wrong(module, name, &message);
                }
            }
        }
    }
}

/// Whether a text begins with the words, and they end there.
fn says(text: &str, words: &str) -> bool {
    let Some(rest) = text.strip_prefix(words) else {
        return false;
    };
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    rest.is_empty() || rest.starts_with(' ')
}
