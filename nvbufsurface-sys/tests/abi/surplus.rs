//! Our header against the facts: nothing that the release has not, and what only text shows.

use std::collections::BTreeMap;

use crate::facts::{Expansion, Facts, Macro, Subject};
use crate::header::{Header, tokenize};
use crate::unit::Finding;

/// What our headers declare themselves where NVIDIA's include EGL's and CUDA's.
pub(crate) const EXTRAS: &[&str] = &[
    "EGLDisplay",
    "EGLImageKHR",
    "struct CUstream_st",
    "cudaStream_t",
];

/// Fields of structs, values of enums, parameters of functions.
type Parts<'a> = BTreeMap<&'a String, Vec<&'a str>>;

/// `all` are the facts of all releases: names of parameters, which C gives no meaning, may be any
/// release's.
pub(crate) fn findings(header: &Header, facts: &Facts, all: &[Facts]) -> Vec<Finding> {
    let mut findings = as_text(header, facts);
    let items = surplus(header, facts, all);
    findings.extend(items.into_iter().map(|item| Finding {
        file: facts.stem.clone(),
        message: format!("{item} is ours alone"),
        subject: Subject::Surplus(item),
    }));
    findings
}

/// Items of the header that the facts do not have.
fn surplus(header: &Header, facts: &Facts, all: &[Facts]) -> Vec<String> {
    let mut items = Vec::new();
    let mut names = |kind: &str, ours: &mut dyn Iterator<Item = &String>, theirs: &[&str]| {
        let alone = ours.filter(|name| !theirs.contains(&name.as_str()));
        items.extend(alone.map(|name| format!("{kind}{name}")));
    };
    let guard = facts.library.header().to_uppercase().replace('.', "_") + "_";
    let mut theirs: Vec<&str> = facts.macros.iter().map(|m| m.name.as_str()).collect();
    theirs.push(&guard);
    names("macro ", &mut header.macros.keys(), &theirs);
    let mut theirs: Vec<&str> = facts.typedefs.iter().map(|t| t.name.as_str()).collect();
    theirs.extend(EXTRAS);
    names("typedef ", &mut header.typedefs.keys(), &theirs);

    // Of what the release has not at all, the parts are not listed.
    let structs = facts.structs.iter();
    let structs = structs.map(|s| (&s.name, s.fields.iter().map(|f| f.name.as_str()).collect()));
    let enums = facts.enums.iter();
    let enums = enums.map(|e| (&e.name, e.values.iter().map(|v| v.name.as_str()).collect()));
    let functions = facts.functions.iter();
    let functions = functions.map(|f| (&f.name, parameters(&f.name, all)));
    let groups: [(&str, &str, &BTreeMap<_, _>, Parts<'_>); 3] = [
        ("struct", "field", &header.structs, structs.collect()),
        ("enum", "enumerator", &header.enums, enums.collect()),
        (
            "function",
            "parameter",
            &header.functions,
            functions.collect(),
        ),
    ];
    for (kind, part, ours, theirs) in groups {
        for (name, parts) in ours {
            match theirs.get(name) {
                Some(theirs) => names(&format!("{part} {name}."), &mut parts.iter(), theirs),
                None => names(&format!("{kind} "), &mut [name].into_iter(), &[]),
            }
        }
    }
    items.extend(header.unknown.iter().map(|d| format!("declaration {d:?}")));
    items
}

fn parameters<'a>(function: &str, all: &'a [Facts]) -> Vec<&'a str> {
    let same = all.iter().flat_map(|f| &f.functions);
    let same = same.filter(|f| f.name == function);
    same.flat_map(|f| &f.params)
        .map(|p| p.name.as_str())
        .collect()
}

/// The facts that are no constant expression: expansions that are no number, and which tag, or
/// none, a typedef is of.
fn as_text(header: &Header, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut compare = |subject: Subject, ours: Option<&String>, theirs: &str| {
        if ours.map(|ours| tokenize(ours)) != Some(tokenize(theirs)) {
            let ours = ours.map_or("not there", String::as_str);
            findings.push(Finding {
                file: facts.stem.clone(),
                message: format!("{subject} is not {theirs} (C: {ours})"),
                subject,
            });
        }
    };
    for m in &facts.macros {
        if let Expansion::Tokens(theirs) = &m.expansion {
            compare(
                Subject::Macro(m.name.clone()),
                header.macros.get(&m.name),
                theirs,
            );
        }
    }
    for t in &facts.typedefs {
        let theirs = if t.is_opaque() { "opaque" } else { &t.ty };
        compare(
            Subject::Typedef(t.name.clone()),
            header.typedefs.get(&t.name),
            theirs,
        );
    }
    findings
}

/// The facts that `as_text` compares.
pub(crate) fn compared_as_text(facts: &Facts) -> Vec<Subject> {
    let is_text = |m: &&Macro| matches!(m.expansion, Expansion::Tokens(_));
    let macros = facts.macros.iter().filter(is_text);
    let macros = macros.map(|m| Subject::Macro(m.name.clone()));
    let typedefs = facts
        .typedefs
        .iter()
        .map(|t| Subject::Typedef(t.name.clone()));
    macros.chain(typedefs).collect()
}
