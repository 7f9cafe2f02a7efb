//! What one of our headers declares, read from its text.

use std::error::Error;
use std::path::Path;

/// An enumerator or a macro.
pub(crate) struct Value {
    pub(crate) name: String,
    pub(crate) value: String,
    /// The enumeration, empty for a macro.
    pub(crate) of: String,
    pub(crate) comment: String,
}

/// A function: `RETURN NAME(PARAMETERS)`.
pub(crate) struct Function {
    pub(crate) returns: String,
    pub(crate) name: String,
    pub(crate) parameters: String,
    pub(crate) comment: String,
}

/// A struct or union: the names of its fields.
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) fields: Vec<String>,
}

/// The declarations of a header that is written as ours are: a declaration begins at the first column, a comment stands
/// before what it is of.
#[derive(Default)]
pub(crate) struct Header {
    pub(crate) values: Vec<Value>,
    pub(crate) functions: Vec<Function>,
    pub(crate) records: Vec<Record>,
    pub(crate) enumerations: Vec<String>,
    /// Other names of types: what they are, and the name.
    pub(crate) typedefs: Vec<(String, String)>,
}

impl Header {
    pub(crate) fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut header = Self::default();
        let mut rest = text.as_str();
        let mut comment = String::new();
        while let Some(line) = rest.lines().next() {
            if rest.starts_with("/*") {
                let end = rest.find("*/").ok_or("a comment without an end")? + 2;
                comment = words(&rest[..end]);
                rest = rest[end..].trim_start_matches('\n');
                continue;
            }
            // A declaration ends with a semicolon outside of braces, everything else with its line.
            let declares = line.starts_with(char::is_alphabetic) && !line.starts_with("extern");
            let length = if declares {
                declaration(rest).ok_or(line)?
            } else {
                line.len()
            };
            header.item(&rest[..length], &std::mem::take(&mut comment));
            rest = rest[length..].strip_prefix('\n').unwrap_or(&rest[length..]);
        }
        Ok(header)
    }

    fn item(&mut self, text: &str, comment: &str) {
        if let Some(macro_) = text.strip_prefix("#define ") {
            if let Some((name, value)) = macro_.split_once(' ') {
                self.value(name, value, "", comment);
            }
        } else if let Some((before, name)) = text
            .strip_suffix(';')
            .and_then(|text| text.rsplit_once("} "))
        {
            let body = before.split_once('{').map_or("", |(_, body)| body);
            if text.starts_with("typedef enum") {
                self.enumerators(body, name);
                self.enumerations.push(name.to_owned());
            } else {
                let fields = without_comments(body);
                let fields = fields
                    .split(';')
                    .map(str::trim)
                    .filter(|field| !field.is_empty());
                self.records.push(Record {
                    name: name.to_owned(),
                    fields: fields.map(field_name).collect(),
                });
            }
        } else if let Some(alias) = text.strip_prefix("typedef ") {
            let alias = alias.trim_end_matches(';');
            if let Some(at) = alias.rfind([' ', '*']).filter(|_| !alias.contains('(')) {
                let (what, name) = alias.split_at(at + 1);
                self.typedefs
                    .push((what.trim().to_owned(), name.to_owned()));
            }
        } else if let Some((before, parameters)) = text
            .strip_suffix(");")
            .and_then(|text| text.split_once('('))
            && let Some(at) = before.rfind([' ', '*'])
        {
            let (returns, name) = before.split_at(at + 1);
            self.functions.push(Function {
                returns: returns.trim().to_owned(),
                name: name.to_owned(),
                parameters: parameters.split_whitespace().collect::<Vec<_>>().join(" "),
                comment: comment.to_owned(),
            });
        }
    }

    fn value(&mut self, name: &str, value: &str, of: &str, comment: &str) {
        self.values.push(Value {
            name: name.to_owned(),
            value: value.trim().to_owned(),
            of: of.to_owned(),
            comment: comment.to_owned(),
        });
    }

    fn enumerators(&mut self, body: &str, of: &str) {
        for item in body.split("/**").skip(1) {
            let (comment, rest) = item.split_once("*/").unwrap_or((item, ""));
            if let Some((name, value)) = rest.split_once('=') {
                self.value(
                    name.trim(),
                    value.trim().trim_end_matches(','),
                    of,
                    &words(comment),
                );
            }
        }
    }
}

/// The length of the declaration that the text begins with.
fn declaration(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut comment = false;
    for (at, character) in text.char_indices() {
        match character {
            '/' if text[at..].starts_with("/*") => comment = true,
            '/' if text[..at].ends_with('*') => comment = false,
            _ if comment => {}
            '{' => depth += 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn words(comment: &str) -> String {
    let word = |word: &&str| !matches!(*word, "/*" | "/**" | "*" | "*/");
    comment
        .split_whitespace()
        .filter(word)
        .collect::<Vec<_>>()
        .join(" ")
}

fn without_comments(text: &str) -> String {
    text.split("/*")
        .enumerate()
        .map(|(i, part)| {
            if i == 0 {
                part
            } else {
                part.split_once("*/").map_or("", |p| p.1)
            }
        })
        .collect()
}

/// `CUarray pArray[3]` is `pArray`.
fn field_name(declaration: &str) -> String {
    let declaration = declaration.split('[').next().unwrap_or_default();
    let at = declaration.rfind([' ', '*']).map_or(0, |at| at + 1);
    declaration[at..].to_owned()
}
