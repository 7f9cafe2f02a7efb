//! The items of a generated module with their documentation, read from its text.

use std::path::Path;

use crate::release::MODULES;

#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) name: String,
    /// What follows the name: the type of a constant or field, the target of an alias.
    pub(crate) ty: String,
    /// Lines of the documentation.
    pub(crate) doc: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Struct {
    pub(crate) item: Item,
    pub(crate) fields: Vec<Item>,
}

#[derive(Debug, Default)]
pub(crate) struct Module {
    /// As in `MODULES`.
    pub(crate) name: &'static str,
    pub(crate) constants: Vec<Item>,
    pub(crate) aliases: Vec<Item>,
    pub(crate) structs: Vec<Struct>,
}

impl Module {
    /// The struct that a name or an alias of one stands for.
    pub(crate) fn find_struct(&self, name: &str) -> Option<&Struct> {
        let target = self.aliases.iter().find(|a| a.name == name);
        let target = target.map_or(name, |a| &a.ty);
        self.structs.iter().find(|s| s.item.name == target)
    }

    /// The name that a C program uses for a struct: the alias of a tag.
    pub(crate) fn c_name<'a>(&'a self, tag: &'a str) -> &'a str {
        let alias = self.aliases.iter().find(|a| a.ty == tag);
        alias.map_or(tag, |a| &a.name)
    }

    fn parse(name: &'static str, text: &str) -> Module {
        let mut module = Module {
            name,
            ..Module::default()
        };
        let mut doc = Vec::new();
        let mut in_struct = false;
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            if let Some(line) = line.strip_prefix("/// ") {
                doc.push(line.to_owned());
            } else if let Some(mut line) = line.strip_prefix("/** ") {
                loop {
                    let end = line.strip_suffix("*/");
                    doc.push(end.unwrap_or(line).trim().to_owned());
                    if end.is_some() {
                        break;
                    }
                    line = lines.next().expect("a comment ends");
                }
            } else if let Some(text) = line.strip_prefix("#[doc = \"") {
                let text = text.trim_end_matches("\"]");
                doc.extend(text.split("\\n").map(|line| line.trim().to_owned()));
            } else if let Some(rest) = line.strip_prefix("pub ") {
                let doc = std::mem::take(&mut doc);
                if let Some(rest) = rest.strip_prefix("const ") {
                    module.constants.push(item(rest, ':', doc));
                } else if let Some(rest) = rest.strip_prefix("type ") {
                    module.aliases.push(item(rest, '=', doc));
                } else if let Some(rest) = rest.strip_prefix("struct ") {
                    let fields = Vec::new();
                    let item = item(rest, '{', doc);
                    module.structs.push(Struct { item, fields });
                    in_struct = true;
                } else if in_struct {
                    let of = module.structs.last_mut().expect("a struct is open");
                    of.fields.push(item(rest, ':', doc));
                }
            } else if line == "}" {
                in_struct = false;
            } else if !line.starts_with('#') {
                doc.clear();
            }
        }
        module
    }
}

/// `NAME: TYPE = VALUE;`, `NAME = TARGET;`, `NAME {` or `NAME: TYPE,`.
fn item(text: &str, separator: char, doc: Vec<String>) -> Item {
    let (name, rest) = text.split_once(separator).expect("an item has a name");
    let ty = rest.split(" = ").next().unwrap_or(rest);
    Item {
        name: c_field(name.trim()).to_owned(),
        ty: ty.trim_matches([' ', ',', ';']).to_owned(),
        doc,
    }
}

/// A field's name in Rust: bindgen appends `_` to reserved words.
pub(crate) fn rust_field(name: &str) -> String {
    let reserved = name == "type";
    format!("{name}{}", if reserved { "_" } else { "" })
}

fn c_field(name: &str) -> &str {
    if name == "type_" { "type" } else { name }
}

/// A module's file.
pub(crate) fn file(module: &str) -> String {
    format!("{}.rs", module.replace("::", "/"))
}

pub(crate) fn read_all(folder: &Path) -> Vec<Module> {
    let read = |name: &&'static str| {
        let path = folder.join(file(name));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        Module::parse(name, &text)
    };
    MODULES.iter().map(read).collect()
}
