//! What our header declares for one release: read from the preprocessor's output.

use std::collections::BTreeMap;

/// Names in the order of declaration.
type Names = Vec<String>;

#[derive(Default)]
pub(crate) struct Header {
    /// Name and expansion.
    pub(crate) macros: BTreeMap<String, String>,
    /// Name and type; `struct X` without a definition has type `opaque`.
    pub(crate) typedefs: BTreeMap<String, String>,
    pub(crate) enums: BTreeMap<String, Names>,
    pub(crate) structs: BTreeMap<String, Names>,
    /// Names of the parameters.
    pub(crate) functions: BTreeMap<String, Names>,
    /// Declarations of a form that our headers do not have.
    pub(crate) unknown: Vec<String>,
}

impl Header {
    /// `preprocessed` is what `cc -E -dD` gives; only what comes from `file` is read.
    pub(crate) fn parse(preprocessed: &str, file: &str) -> Header {
        let mut header = Header::default();
        let mut tokens = Vec::new();
        let mut ours = false;
        for line in preprocessed.lines() {
            if let Some(define) = line.strip_prefix("#define ") {
                let (name, body) = define.split_once(' ').unwrap_or((define, ""));
                if ours {
                    header
                        .macros
                        .insert(name.to_owned(), body.trim().to_owned());
                }
            } else if let Some(marker) = line.strip_prefix("# ") {
                let name = marker.split('"').nth(1).unwrap_or("");
                ours = name.rsplit('/').next() == Some(file);
            } else if ours && !line.starts_with('#') {
                tokens.extend(tokenize(line));
            }
        }
        let mut depth = 0_usize;
        let mut declaration = Vec::new();
        for token in tokens {
            match token.as_str() {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                ";" if depth == 0 => {
                    let words: Vec<&str> = declaration.iter().map(String::as_str).collect();
                    if header.declare(&words).is_none() {
                        header.unknown.push(words.join(" "));
                    }
                    declaration.clear();
                    continue;
                }
                _ => {}
            }
            declaration.push(token);
        }
        if !declaration.is_empty() {
            header.unknown.push(declaration.join(" "));
        }
        header
    }

    /// Takes one declaration, without its `;`. `None`: its form is not known.
    fn declare(&mut self, words: &[&str]) -> Option<()> {
        match words {
            ["struct", tag] => {
                let name = format!("struct {tag}");
                self.typedefs.insert(name, "opaque".to_owned());
            }
            ["typedef", keyword @ ("struct" | "enum"), rest @ ..] if rest.contains(&"{") => {
                let [before @ .., name] = rest else {
                    return None;
                };
                let (tag, body) = match before {
                    ["{", body @ .., "}"] => (name, body),
                    [tag, "{", body @ .., "}"] => (tag, body),
                    _ => return None,
                };
                let ty = format!("{keyword} {tag}");
                self.typedefs.insert((*name).to_owned(), ty);
                if *keyword == "struct" {
                    let fields = body.split(|w| *w == ";").filter(|f| !f.is_empty());
                    let fields = fields.map(declared).collect::<Option<_>>()?;
                    self.structs.insert((*name).to_owned(), fields);
                } else {
                    let values = body.split(|w| *w == ",").filter_map(|v| v.first());
                    let values = values.map(|v| (*v).to_owned()).collect();
                    self.enums.insert((*name).to_owned(), values);
                }
            }
            ["typedef", ty @ .., name] if !ty.contains(&"{") && !ty.contains(&"(") => {
                if let ["struct", tag, "*"] = ty {
                    // Declares the struct too.
                    let tag = self.typedefs.entry(format!("struct {tag}"));
                    tag.or_insert_with(|| "opaque".to_owned());
                }
                self.typedefs.insert((*name).to_owned(), ty.join(" "));
            }
            [.., ")"] if words[0] != "typedef" && !words.contains(&"{") => {
                let open = words.iter().position(|w| *w == "(")?;
                let name = words.get(open.checked_sub(1)?)?;
                let params = match &words[open + 1..words.len() - 1] {
                    [] | ["void"] => Vec::new(),
                    params => {
                        let params = params.split(|w| *w == ",").map(declared);
                        params.collect::<Option<_>>()?
                    }
                };
                self.functions.insert((*name).to_owned(), params);
            }
            _ => return None,
        }
        Some(())
    }
}

/// The name that a field or parameter declares: before an array's length.
fn declared(words: &[&str]) -> Option<String> {
    let end = words.iter().position(|w| *w == "[").unwrap_or(words.len());
    let [ty @ .., name] = &words[..end] else {
        return None;
    };
    let plain = |w: &&str| **w == *"*" || w.chars().all(is_word);
    (!ty.is_empty() && ty.iter().all(plain)).then(|| (*name).to_owned())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Words and single other characters. Our headers have no strings.
pub(crate) fn tokenize(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_word = false;
    for c in text.chars() {
        match tokens.last_mut() {
            Some(word) if in_word && is_word(c) => word.push(c),
            _ if c.is_whitespace() => {}
            _ => tokens.push(c.to_string()),
        }
        in_word = is_word(c);
    }
    tokens
}
