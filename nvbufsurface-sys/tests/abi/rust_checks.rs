//! The facts of all releases as constants in Rust, each against the module that covers it.
//!
//! A module is of its family's newest release. A field that an older one has not must lie in what
//! is reserved there; so reserved words, and the last value of an enum, are left to the C side.

use std::path::Path;

use crate::bindings::{Module, file, rust_field};
use crate::facts::{Expansion, Facts, Field, Struct, Subject, is_reserved};
use crate::release::{MODULES, modules};
use crate::rust_types::{function, rust_type};
use crate::unit::{Check, Unit};

/// Wrong types stop the compiler before it computes constants: one source for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Types,
    Numbers,
}

impl Part {
    pub(crate) const ALL: [Part; 2] = [Part::Types, Part::Numbers];
}

/// A Rust file that holds the facts of all releases.
pub(crate) fn unit(part: Part, folder: &Path, bindings: &[Module], all: &[Facts]) -> Unit {
    let mut unit = Unit::default();
    unit.line("#![no_std]");
    unit.line("#![allow(warnings)]");
    unit.line("pub mod bindings {");
    for name in MODULES {
        let include = format!("include!({:?});", folder.join(file(name)));
        match name.split_once("::") {
            Some((_, inner)) => unit.line(&format!("pub mod {inner} {{ {include} }}")),
            None => unit.line(&format!("pub mod {name} {{ {include} }}")),
        }
    }
    unit.line("}");
    unit.line("const fn size<S, F>(_: fn(&S) -> &F) -> usize { size_of::<F>() }");
    unit.line("const fn inside(at: usize, size: usize, ranges: &[(usize, usize)]) -> bool {");
    unit.line("    let mut i = 0;");
    unit.line("    while i < ranges.len() {");
    unit.line("        if ranges[i].0 <= at && at + size <= ranges[i].1 { return true; }");
    unit.line("        i += 1;");
    unit.line("    }");
    unit.line("    false");
    unit.line("}");
    for (number, facts) in all.iter().enumerate() {
        unit.line(&format!(
            "mod release_{number} {{ use crate::{{inside, size}};"
        ));
        cover(&mut unit, facts, bindings);
        for check in checks(part, bindings, facts) {
            unit.check(&facts.stem, check);
        }
        unit.line("}");
    }
    unit
}

/// Module `m`: everything that the release's modules have, the first one's where several do.
fn cover(unit: &mut Unit, facts: &Facts, bindings: &[Module]) {
    let path = |name: &str| {
        format!(
            "crate::bindings::{}",
            name.rsplit("::").next().unwrap_or(name)
        )
    };
    let names = modules(facts.library, &facts.version);
    let (first, rest) = names.split_first().expect("a module covers each release");
    let Some(next) = rest.first() else {
        unit.line(&format!("use {} as m;", path(first)));
        return;
    };
    let first = find(bindings, first);
    let aliases = first.aliases.iter().map(|item| &item.name);
    let structs = first.structs.iter().map(|s| &s.item.name);
    let own: Vec<&str> = aliases.chain(structs).map(String::as_str).collect();
    let own = format!("pub use {}::{{{}}};", path(first.name), own.join(", "));
    unit.line(&format!("mod m {{ pub use {}::*; {own} }}", path(next)));
}

fn find<'a>(bindings: &'a [Module], name: &str) -> &'a Module {
    let module = bindings.iter().find(|module| module.name == name);
    module.expect("every module was read")
}

/// What the Rust side checks of one release.
pub(crate) fn checks(part: Part, bindings: &[Module], facts: &Facts) -> Vec<Check> {
    let mut checks = Checks {
        stem: &facts.stem,
        all: Vec::new(),
    };
    match part {
        Part::Types => types(facts, &mut checks),
        Part::Numbers => {
            numbers(facts, &mut checks);
            for s in &facts.structs {
                additions(facts, bindings, s, &mut checks);
            }
        }
    }
    checks.all
}

fn types(facts: &Facts, checks: &mut Checks<'_>) {
    for s in &facts.structs {
        for f in s.fields.iter().filter(|f| !f.is_reserved()) {
            let ty = rust_type(&f.ty);
            let field = rust_field(&f.name);
            let source = format!("const _: fn(&m::{}) -> &{ty} = |s| &s.{field};", s.name);
            checks.add(Subject::Type(s.name.clone(), f.name.clone()), source, &f.ty);
        }
    }
    for t in &facts.typedefs {
        // An alias of an integer: see `Subject::Enum`.
        if !t.ty.starts_with("enum ") {
            let ty = if t.is_opaque() { &t.name } else { &t.ty };
            let source = same(&rust_type(&t.name), &rust_type(ty));
            checks.add(Subject::Typedef(t.name.clone()), source, &t.ty);
        }
    }
    for f in &facts.functions {
        let params: Vec<&str> = f.params.iter().map(|p| p.ty.as_str()).collect();
        let ty = function(&f.returns, &params);
        let source = same(&format!("m::PFN_{}", f.name), &ty);
        checks.add(
            Subject::Prototype(f.name.clone()),
            source,
            &ty.replace('"', "'"),
        );
    }
}

/// Raw pointers to different types do not coerce.
fn same(a: &str, b: &str) -> String {
    format!("const _: fn(*mut {a}) -> *mut {b} = |x| x;")
}

fn numbers(facts: &Facts, checks: &mut Checks<'_>) {
    for s in &facts.structs {
        let name = &s.name;
        let size = format!("size_of::<m::{name}>() == {}", s.size);
        checks.holds(Subject::Size(name.clone()), &size, s.size);
        let align = format!("align_of::<m::{name}>() == {}", s.align);
        checks.holds(Subject::Alignment(name.clone()), &align, s.align);
        for f in s.fields.iter().filter(|f| !f.is_reserved()) {
            let offset = format!("{} == {}", offset_of(name, &f.name), f.offset);
            checks.holds(
                Subject::Offset(name.clone(), f.name.clone()),
                &offset,
                f.offset,
            );
        }
    }
    for e in &facts.enums {
        let name = &e.name;
        let sign = if e.signed { "signed" } else { "unsigned" };
        let holds = format!(
            "size_of::<m::{name}>() == {} && (m::{name}::MIN != 0) == {}",
            e.size, e.signed
        );
        checks.holds(
            Subject::Enum(name.clone()),
            &holds,
            format!("{} bytes, {sign}", e.size),
        );
        let last = |name: &str| name.ends_with("_LAST") || name.ends_with("Format_Invalid");
        for v in e.values.iter().filter(|v| !last(&v.name)) {
            let subject = Subject::Enumerator(name.clone(), v.name.clone());
            checks.holds(
                subject,
                &format!("m::{} as i64 == {}", v.name, v.value),
                v.value,
            );
        }
    }
    for m in &facts.macros {
        // bindgen has no constant for other expansions.
        if let Expansion::Number(value) = m.expansion {
            let holds = format!("m::{} as i64 == {value}", m.name);
            checks.holds(Subject::Macro(m.name.clone()), &holds, value);
        }
    }
}

/// The fields that the module has and the release has not.
fn additions(facts: &Facts, bindings: &[Module], s: &Struct, checks: &mut Checks<'_>) {
    let modules = modules(facts.library, &facts.version);
    let found = modules
        .iter()
        .find_map(|m| find(bindings, m).find_struct(&s.name));
    let known = |name: &str| s.fields.iter().any(|f| f.name == name);
    for f in found.into_iter().flat_map(|s| &s.fields) {
        if !is_reserved(&f.name) && !known(&f.name) {
            let subject = Subject::Surplus(format!("field {}.{}", s.name, f.name));
            let ranges = if in_padding(&s.name, &f.name) {
                gaps(s)
            } else {
                reserved(s)
            };
            let range = |(from, to): &(u64, u64)| format!("({from}, {to})");
            let ranges = ranges.iter().map(range).collect::<Vec<_>>().join(", ");
            let size = format!("size(|s: &m::{}| &s.{})", s.name, rust_field(&f.name));
            let holds = format!(
                "inside({}, {size}, &[{ranges}])",
                offset_of(&s.name, &f.name)
            );
            checks.holds(subject, &holds, "reserved there");
        }
    }
}

/// Whether a field came in place of padding.
pub(crate) fn in_padding(name: &str, field: &str) -> bool {
    (name, field) == ("NvBufSurfaceAllocateParams", "disablePitchPadding")
}

fn end(f: &Field) -> u64 {
    f.offset + f.size
}

fn reserved(s: &Struct) -> Vec<(u64, u64)> {
    let reserved = s.fields.iter().filter(|f| f.is_reserved());
    reserved.map(|f| (f.offset, end(f))).collect()
}

fn gaps(s: &Struct) -> Vec<(u64, u64)> {
    let pairs = s.fields.windows(2);
    pairs.map(|pair| (end(&pair[0]), pair[1].offset)).collect()
}

fn offset_of(name: &str, field: &str) -> String {
    format!("::core::mem::offset_of!(m::{name}, {})", rust_field(field))
}

struct Checks<'a> {
    stem: &'a str,
    all: Vec<Check>,
}

impl Checks<'_> {
    fn add(&mut self, subject: Subject, source: String, expected: &str) {
        let message = format!("{subject} is not {expected}");
        self.all.push(Check {
            subject,
            message,
            source,
        });
    }

    fn holds(&mut self, subject: Subject, holds: &str, expected: impl ToString) {
        let expected = expected.to_string();
        let message = format!("{}: {subject} is not {expected}", self.stem);
        let source = format!("const _: () = assert!({holds}, {message:?});");
        self.add(subject, source, &expected);
    }
}
