//! The facts of one release's header, as `tests/facts/*.json` state them.

use std::fmt;
use std::path::Path;

use serde_json::Value;

use crate::release::Library;

/// One fact, or for `Surplus` an item of ours that no fact is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Size(String),
    Alignment(String),
    Offset(String, String),
    Type(String, String),
    Enum(String),
    Enumerator(String, String),
    Macro(String),
    Typedef(String),
    Prototype(String),
    Surplus(String),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Size(name) => write!(f, "size of {name}"),
            Subject::Alignment(name) => write!(f, "alignment of {name}"),
            Subject::Offset(name, field) => write!(f, "offset of {name}.{field}"),
            Subject::Type(name, field) => write!(f, "type of {name}.{field}"),
            Subject::Enum(name) => write!(f, "enum {name}"),
            Subject::Enumerator(_, name) => write!(f, "enumerator {name}"),
            Subject::Macro(name) => write!(f, "macro {name}"),
            Subject::Typedef(name) => write!(f, "typedef {name}"),
            Subject::Prototype(name) => write!(f, "prototype of {name}"),
            Subject::Surplus(item) => f.write_str(item),
        }
    }
}

#[derive(Clone)]
pub(crate) enum Expansion {
    Number(i64),
    Tokens(String),
}

#[derive(Clone)]
pub(crate) struct Macro {
    pub(crate) name: String,
    pub(crate) expansion: Expansion,
}

#[derive(Clone)]
pub(crate) struct Enumerator {
    pub(crate) name: String,
    pub(crate) value: i64,
}

#[derive(Clone)]
pub(crate) struct Enum {
    pub(crate) name: String,
    pub(crate) tag: Option<String>,
    pub(crate) signed: bool,
    pub(crate) size: u64,
    pub(crate) values: Vec<Enumerator>,
}

/// A field, or a parameter, of which only name and type count.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) ty: String,
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

impl Field {
    pub(crate) fn is_reserved(&self) -> bool {
        is_reserved(&self.name)
    }
}

/// Whether a field stands for bytes that later releases may use.
pub(crate) fn is_reserved(field: &str) -> bool {
    field.trim_start_matches('_').starts_with("reserved")
}

#[derive(Clone)]
pub(crate) struct Struct {
    pub(crate) name: String,
    pub(crate) tag: Option<String>,
    pub(crate) size: u64,
    pub(crate) align: u64,
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone)]
pub(crate) struct Typedef {
    pub(crate) name: String,
    pub(crate) ty: String,
}

impl Typedef {
    /// `struct X` declared and never defined: the facts list it among the typedefs.
    pub(crate) fn is_opaque(&self) -> bool {
        self.ty.starts_with("opaque")
    }
}

#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) returns: String,
    pub(crate) params: Vec<Field>,
}

#[derive(Clone)]
pub(crate) struct Facts {
    /// File name without `.json`.
    pub(crate) stem: String,
    pub(crate) library: Library,
    pub(crate) version: String,
    pub(crate) macros: Vec<Macro>,
    pub(crate) enums: Vec<Enum>,
    pub(crate) structs: Vec<Struct>,
    pub(crate) typedefs: Vec<Typedef>,
    pub(crate) functions: Vec<Function>,
}

impl Facts {
    /// Every fact of the file, once: one size and one alignment for each struct, one offset and one
    /// type for each field, one for each enum type, enumerator, macro, typedef and prototype.
    pub(crate) fn subjects(&self) -> Vec<Subject> {
        let mut all = Vec::new();
        for s in &self.structs {
            all.push(Subject::Size(s.name.clone()));
            all.push(Subject::Alignment(s.name.clone()));
            for f in &s.fields {
                all.push(Subject::Offset(s.name.clone(), f.name.clone()));
                all.push(Subject::Type(s.name.clone(), f.name.clone()));
            }
        }
        for e in &self.enums {
            all.push(Subject::Enum(e.name.clone()));
            let value = |v: &Enumerator| Subject::Enumerator(e.name.clone(), v.name.clone());
            all.extend(e.values.iter().map(value));
        }
        all.extend(self.macros.iter().map(|m| Subject::Macro(m.name.clone())));
        let typedef = |t: &Typedef| Subject::Typedef(t.name.clone());
        all.extend(self.typedefs.iter().map(typedef));
        let prototype = |f: &Function| Subject::Prototype(f.name.clone());
        all.extend(self.functions.iter().map(prototype));
        all
    }

    fn read(path: &Path) -> Facts {
        let json = parse(path);
        let params = |v: &Value| Field {
            name: text(v, "name"),
            ty: text(v, "type"),
            offset: 0,
            size: 0,
        };
        Facts {
            stem: path.file_stem().expect("a file").display().to_string(),
            library: Library::named(&text(&json, "kind")),
            version: text(&json, "version"),
            macros: list(&json, "macros", |v| Macro {
                name: text(v, "name"),
                expansion: match v["value"].as_i64() {
                    Some(value) => Expansion::Number(value),
                    None => Expansion::Tokens(text(v, "expansion")),
                },
            }),
            enums: list(&json, "enums", |v| Enum {
                name: text(v, "name"),
                tag: v["tag"].as_str().map(str::to_owned),
                signed: !text(v, "underlying").starts_with("unsigned"),
                size: number(v, "size"),
                values: list(v, "values", |v| Enumerator {
                    name: text(v, "name"),
                    value: v["value"].as_i64().expect("an enumerator has a value"),
                }),
            }),
            structs: list(&json, "structs", |v| Struct {
                name: text(v, "name"),
                tag: v["tag"].as_str().map(str::to_owned),
                size: number(v, "size"),
                align: number(v, "align"),
                fields: list(v, "fields", |v| Field {
                    name: text(v, "name"),
                    ty: text(v, "type"),
                    offset: number(v, "offset"),
                    size: number(v, "size"),
                }),
            }),
            typedefs: list(&json, "typedefs", |v| Typedef {
                name: text(v, "name"),
                ty: text(v, "type"),
            }),
            functions: list(&json, "functions", |v| Function {
                name: text(v, "name"),
                returns: text(v, "returns"),
                params: list(v, "params", params),
            }),
        }
    }
}

/// All fact files in the order of the index: by library, oldest first.
pub(crate) fn read_all(folder: &Path) -> Vec<Facts> {
    let index = parse(&folder.join("index.json"));
    let files = list(&index, "files", |v| text(v, "file"));
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{folder:?}: {e}"));
    // Those of the index, and it.
    assert_eq!(
        entries.count(),
        files.len() + 1,
        "the index lists all facts"
    );
    files.iter().map(|f| Facts::read(&folder.join(f))).collect()
}

fn parse(path: &Path) -> Value {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{path:?}: {e}"))
}

fn list<T>(value: &Value, key: &str, item: impl FnMut(&Value) -> T) -> Vec<T> {
    let items = value[key].as_array();
    let items = items.unwrap_or_else(|| panic!("no list {key} in {value}"));
    items.iter().map(item).collect()
}

fn text(value: &Value, key: &str) -> String {
    let text = value[key].as_str();
    text.unwrap_or_else(|| panic!("no text {key} in {value}"))
        .to_owned()
}

fn number(value: &Value, key: &str) -> u64 {
    let number = value[key].as_u64();
    number.unwrap_or_else(|| panic!("no number {key} in {value}"))
}
