//! The facts of one release as static assertions in C.

use crate::facts::{Expansion, Facts, Function, Subject, Typedef};
use crate::unit::{Check, Unit};

/// A C file that holds every fact of the release that the compiler can see.
pub(crate) fn unit(facts: &Facts) -> Unit {
    let mut unit = Unit::default();
    unit.line(&format!("#include <{}>", facts.library.header()));
    for check in checks(facts) {
        unit.check(&facts.stem, check);
    }
    unit
}

/// Each fact that the compiler can see.
pub(crate) fn checks(facts: &Facts) -> Vec<Check> {
    let mut checks = Checks {
        stem: &facts.stem,
        all: Vec::new(),
    };
    structs(facts, &mut checks);
    for e in &facts.enums {
        let name = &e.name;
        let sign = if e.signed { "signed" } else { "unsigned" };
        checks.add(
            Subject::Enum(name.clone()),
            format!(
                "sizeof({name}) == {} && (({name})-1 < ({name})0) == {}",
                e.size,
                u8::from(e.signed)
            ),
            &format!("{} bytes, {sign}", e.size),
        );
        for v in &e.values {
            checks.add(
                Subject::Enumerator(name.clone(), v.name.clone()),
                format!("(long long)({}) == {}LL", v.name, v.value),
                &v.value.to_string(),
            );
        }
    }
    for m in &facts.macros {
        // Other expansions are compared as text: see `header`.
        if let Expansion::Number(value) = m.expansion {
            let holds = format!("(long long)({}) == {value}LL", m.name);
            checks.add(Subject::Macro(m.name.clone()), holds, &value.to_string());
        }
    }
    for t in &facts.typedefs {
        // C has no name for the type of an anonymous struct or enum: see `header`.
        if !t.is_opaque() && !is_anonymous(facts, t) {
            let holds = compatible(&t.name, &t.ty);
            checks.add(Subject::Typedef(t.name.clone()), holds, &t.ty);
        }
    }
    for f in &facts.functions {
        let ty = pointer(f);
        let holds = compatible(&format!("__typeof__(&{})", f.name), &ty);
        checks.add(Subject::Prototype(f.name.clone()), holds, &ty);
    }
    checks.all
}

fn structs(facts: &Facts, checks: &mut Checks<'_>) {
    for s in &facts.structs {
        let name = &s.name;
        let size = Subject::Size(name.clone());
        checks.add(
            size,
            format!("sizeof({name}) == {}", s.size),
            &s.size.to_string(),
        );
        let align = Subject::Alignment(name.clone());
        checks.add(
            align,
            format!("_Alignof({name}) == {}", s.align),
            &s.align.to_string(),
        );
        for f in &s.fields {
            checks.add(
                Subject::Offset(name.clone(), f.name.clone()),
                format!("__builtin_offsetof({name}, {}) == {}", f.name, f.offset),
                &f.offset.to_string(),
            );
            let field = format!("(({name} *)0)->{}", f.name);
            let same = compatible(&format!("__typeof__({field})"), &f.ty);
            checks.add(
                Subject::Type(name.clone(), f.name.clone()),
                format!("{same} && sizeof({field}) == {}", f.size),
                &format!("{}, {} bytes", f.ty, f.size),
            );
        }
    }
}

/// Whether a typedef names a struct or enum without a tag.
fn is_anonymous(facts: &Facts, typedef: &Typedef) -> bool {
    let structs = facts.structs.iter().map(|s| (&s.name, &s.tag));
    let mut all = structs.chain(facts.enums.iter().map(|e| (&e.name, &e.tag)));
    let same = typedef.ty.ends_with(&format!(" {}", typedef.name));
    same && all.any(|(name, tag)| *name == typedef.name && tag.is_none())
}

fn pointer(f: &Function) -> String {
    let params: Vec<&str> = f.params.iter().map(|p| p.ty.as_str()).collect();
    let params = if params.is_empty() {
        "void".to_owned()
    } else {
        params.join(", ")
    };
    format!("{} (*)({params})", f.returns)
}

fn compatible(a: &str, b: &str) -> String {
    format!("__builtin_types_compatible_p({a}, {b})")
}

struct Checks<'a> {
    stem: &'a str,
    all: Vec<Check>,
}

impl Checks<'_> {
    fn add(&mut self, subject: Subject, holds: String, expected: &str) {
        let message = format!("{subject} is not {expected}");
        let source = format!("_Static_assert({holds}, \"{}: {message}\");", self.stem);
        self.all.push(Check {
            subject,
            message,
            source,
        });
    }
}
