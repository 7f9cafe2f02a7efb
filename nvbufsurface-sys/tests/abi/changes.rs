//! Changes facts one by one, to show that the checks find each: the items differ by file.

use std::collections::BTreeSet;
use std::mem::{Discriminant, discriminant};

use crate::facts::{Enum, Expansion, Facts, Struct, Subject};
use crate::rust_checks::in_padding;

/// A type that no fact has.
const OTHER_TYPE: &str = "double *";

/// Facts of which some are wrong, and which.
pub(crate) struct Changed {
    pub(crate) facts: Facts,
    pub(crate) subjects: BTreeSet<Subject>,
}

impl Changed {
    /// Changes one fact of each kind, of those that are checked.
    pub(crate) fn new(facts: &Facts, side: &str, checked: &BTreeSet<Subject>) -> Changed {
        let mut changed = Changed {
            facts: facts.clone(),
            subjects: BTreeSet::new(),
        };
        let mut kinds: Vec<Discriminant<Subject>> = Vec::new();
        for subject in facts.subjects() {
            let kind = discriminant(&subject);
            if kinds.contains(&kind) {
                continue;
            }
            kinds.push(kind);
            let same = |s: &Subject| discriminant(s) == kind && checked.contains(s);
            let all: Vec<Subject> = facts.subjects().into_iter().filter(same).collect();
            let seed = format!("{side} {} {}", facts.stem, kinds.len());
            if let Some(chosen) = pick(&seed, &all) {
                change(&mut changed.facts, chosen);
                changed.subjects.insert(chosen.clone());
            }
        }
        changed
    }

    /// Takes a field away that is not changed, so that ours has one more.
    pub(crate) fn remove_field(&mut self, side: &str) {
        let whole = self.facts.clone();
        let free = |name: &str, field: &str| {
            let (name, field) = (name.to_owned(), field.to_owned());
            // In padding one may be there or not.
            !in_padding(&name, &field)
                && !self
                    .subjects
                    .contains(&Subject::Offset(name.clone(), field.clone()))
                && !self.subjects.contains(&Subject::Type(name, field))
        };
        let fields = |s: &Struct| -> Vec<(String, String)> {
            let named = s
                .fields
                .iter()
                .filter(|f| !f.is_reserved() && free(&s.name, &f.name));
            named.map(|f| (s.name.clone(), f.name.clone())).collect()
        };
        let all: Vec<_> = whole.structs.iter().flat_map(fields).collect();
        if let Some((name, field)) = pick(&format!("{side} field {}", whole.stem), &all) {
            let of = self.facts.structs.iter_mut().find(|s| s.name == *name);
            of.expect("it was found before")
                .fields
                .retain(|f| f.name != *field);
            let item = format!("field {name}.{field}");
            self.subjects.insert(Subject::Surplus(item));
        }
    }

    /// Takes a field, an enumerator and a function away and changes nothing.
    pub(crate) fn removed(facts: &Facts) -> Changed {
        let mut changed = Changed {
            facts: facts.clone(),
            subjects: BTreeSet::new(),
        };
        changed.remove_field("header");
        let seed = |part: &str| format!("header {part} {}", facts.stem);
        let values = |e: &Enum| -> Vec<(String, String)> {
            let pair = e.values.iter().map(|v| (e.name.clone(), v.name.clone()));
            pair.collect()
        };
        let all: Vec<_> = facts.enums.iter().flat_map(values).collect();
        if let Some((name, value)) = pick(&seed("enumerator"), &all) {
            let of = changed.facts.enums.iter_mut().find(|e| e.name == *name);
            of.expect("it was found before")
                .values
                .retain(|v| v.name != *value);
            let item = format!("enumerator {name}.{value}");
            changed.subjects.insert(Subject::Surplus(item));
        }
        if let Some(function) = pick(&seed("function"), &facts.functions) {
            changed.facts.functions.retain(|f| f.name != function.name);
            let item = format!("function {}", function.name);
            changed.subjects.insert(Subject::Surplus(item));
        }
        changed
    }
}

/// An item that the seed decides (FNV-1a).
fn pick<'a, T>(seed: &str, items: &'a [T]) -> Option<&'a T> {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let hash = seed.bytes().fold(0x811c_9dc5, step);
    let count = u32::try_from(items.len()).expect("not that many");
    items.get(usize::try_from(hash.checked_rem(count)?).expect("32 bits fit"))
}

/// Makes one fact wrong.
fn change(facts: &mut Facts, subject: &Subject) {
    fn find<T>(items: &mut [T], is: impl FnMut(&&mut T) -> bool) -> &mut T {
        items.iter_mut().find(is).expect("the fact is there")
    }
    match subject {
        Subject::Size(name) => find(&mut facts.structs, |s| s.name == *name).size += 8,
        Subject::Alignment(name) => find(&mut facts.structs, |s| s.name == *name).align *= 2,
        Subject::Offset(name, field) => {
            let of = find(&mut facts.structs, |s| s.name == *name);
            find(&mut of.fields, |f| f.name == *field).offset += 1;
        }
        Subject::Type(name, field) => {
            let of = find(&mut facts.structs, |s| s.name == *name);
            OTHER_TYPE.clone_into(&mut find(&mut of.fields, |f| f.name == *field).ty);
        }
        Subject::Enum(name) => {
            let of = find(&mut facts.enums, |e| e.name == *name);
            of.signed = !of.signed;
        }
        Subject::Enumerator(name, value) => {
            let of = find(&mut facts.enums, |e| e.name == *name);
            find(&mut of.values, |v| v.name == *value).value += 1;
        }
        Subject::Macro(name) => match &mut find(&mut facts.macros, |m| m.name == *name).expansion {
            Expansion::Number(value) => *value += 1,
            Expansion::Tokens(tokens) => tokens.push_str(" 1"),
        },
        Subject::Typedef(name) => {
            let typedef = find(&mut facts.typedefs, |t| t.name == *name);
            OTHER_TYPE.clone_into(&mut typedef.ty);
        }
        Subject::Prototype(name) => {
            let function = find(&mut facts.functions, |f| f.name == *name);
            // The result, or one of the parameters.
            let params = function.params.iter_mut().map(|p| &mut p.ty);
            let mut types: Vec<&mut String> = params.chain([&mut function.returns]).collect();
            let count = types.len();
            OTHER_TYPE.clone_into(types[name.len() % count]);
        }
        Subject::Surplus(item) => unreachable!("{item} is no fact"),
    }
}
