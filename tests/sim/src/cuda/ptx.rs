//! The entry points of a PTX text: names, and the sizes of their parameters.

#![forbid(unsafe_code)]

use super::error::{CudaError, INVALID_IMAGE, INVALID_PTX};
use super::work::{MAX_PARAM_BYTES, MAX_PARAMS};

/// A kernel as PTX declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) params: Vec<Param>,
}

/// A parameter: where it lies among the copied bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Param {
    pub(crate) offset: usize,
    pub(crate) size: usize,
}

impl Entry {
    /// Bytes of all parameters.
    pub(crate) fn param_bytes(&self) -> usize {
        self.params
            .last()
            .map_or(0, |param| param.offset + param.size)
    }
}

/// Finds the entry points of a PTX text.
pub(crate) fn parse(text: &str) -> Result<Vec<Entry>, CudaError> {
    let text = without_comments(text);
    if !text.contains(".version") {
        return Err(INVALID_IMAGE);
    }
    if !text.contains(".target") {
        return Err(INVALID_PTX);
    }
    let mut entries = Vec::new();
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once(".entry") {
        let entry = after.trim_start();
        let end = entry.find(|c: char| !is_word(c)).ok_or(INVALID_PTX)?;
        let (name, tail) = entry.split_at(end);
        let tail = tail.trim_start();
        let (params, after) = match tail.strip_prefix('(') {
            Some(list) => list.split_once(')').ok_or(INVALID_PTX)?,
            None => ("", tail),
        };
        if name.is_empty() || !after.contains('{') {
            return Err(INVALID_PTX);
        }
        entries.push(Entry {
            name: name.into(),
            params: layout(params)?,
        });
        rest = after;
    }
    Ok(entries)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '%')
}

fn without_comments(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("//").into_iter().chain(rest.find("/*")).min() {
        clean.push_str(&rest[..at]);
        let (end, skip) = if rest[at..].starts_with("//") {
            ("\n", 0)
        } else {
            ("*/", 2)
        };
        // Words on either side of a comment are two words.
        clean.push(' ');
        // `/*/` only begins one.
        let inside = &rest[at + 2..];
        rest = inside.find(end).map_or("", |end| &inside[end + skip..]);
    }
    clean + rest
}

fn layout(list: &str) -> Result<Vec<Param>, CudaError> {
    let mut params = Vec::new();
    let mut end = 0usize;
    for declaration in list.split(',').filter(|d| !d.trim().is_empty()) {
        let (size, align) = size_and_alignment(declaration).ok_or(INVALID_PTX)?;
        let offset = end.next_multiple_of(align);
        end = offset + size;
        params.push(Param { offset, size });
        if end > MAX_PARAM_BYTES || params.len() > MAX_PARAMS {
            return Err(INVALID_PTX);
        }
    }
    Ok(params)
}

/// Reads e.g. `.param .align 8 .b8 name[48]` or `.param .u64 .ptr .global .align 16 name`.
fn size_and_alignment(declaration: &str) -> Option<(usize, usize)> {
    let mut words = declaration.split_whitespace();
    words.next().filter(|word| *word == ".param")?;
    let (mut element, mut align, mut is_pointee, mut name) = (None, None, false, None);
    while let Some(word) = words.next() {
        match word {
            ".align" => {
                let value: usize = words.next()?.parse().ok()?;
                // Behind `.ptr` it is about what the pointer leads to.
                if !is_pointee {
                    align = Some(value).filter(|a| a.is_power_of_two() && *a <= 128);
                    align?;
                }
            }
            ".ptr" => is_pointee = true,
            ".global" | ".const" | ".shared" | ".local" | ".generic" => {}
            ".u8" | ".s8" | ".b8" => element = Some(1),
            ".u16" | ".s16" | ".b16" | ".f16" => element = Some(2),
            ".u32" | ".s32" | ".b32" | ".f32" | ".f16x2" => element = Some(4),
            ".u64" | ".s64" | ".b64" | ".f64" | ".texref" | ".samplerref" | ".surfref" => {
                element = Some(8);
            }
            word if word.starts_with('.') => return None,
            word => name = Some(word),
        }
    }
    let element: usize = element?;
    let count: usize = match name?.split_once('[') {
        Some((_, count)) => count.strip_suffix(']')?.trim().parse().ok()?,
        None => 1,
    };
    let size = element.checked_mul(count)?;
    let is_possible = (1..=MAX_PARAM_BYTES).contains(&size);
    is_possible.then(|| (size, align.unwrap_or(element)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = ".version 6.5\n.target sm_62\n.address_size 64\n";

    #[test]
    fn parameters_are_laid_out_as_c_does() {
        let text = format!(
            "{HEADER}// .entry no(\n/* .entry neither( */\n.visible .entry blend(\n  .param .u64 a,\n  \
             .param .u32 b,\n  .param .align 8 .b8 c[48],\n  .param .u8 d,\n  .param .u64 .ptr \
             .global .align 16 e\n)\n.maxntid 256, 1, 1\n{{ ret; }}\n.entry none()\n{{ ret; }}\n"
        );
        let entries = parse(&text).unwrap();
        let offsets: Vec<_> = entries[0]
            .params
            .iter()
            .map(|p| (p.offset, p.size))
            .collect();
        assert_eq!(offsets, [(0, 8), (8, 4), (16, 48), (64, 1), (72, 8)]);
        assert_eq!(entries[0].param_bytes(), 80);
        assert_eq!(
            (entries[1].name.as_str(), entries[1].params.len()),
            ("none", 0)
        );
    }

    #[test]
    fn arrays_of_nothing_or_of_everything_are_refused() {
        for count in ["0", "4097", "18446744073709551615"] {
            let list = format!(".param .u8 a, .param .b8 b[{count}]");
            let text = format!("{HEADER}.entry x({list}) {{}}");
            assert_eq!(parse(&text), Err(INVALID_PTX), "{count}");
        }
    }

    #[test]
    fn a_comment_is_a_space() {
        let entries = parse(&format!(
            "{HEADER}.entry one/* */two() /*/ */ .entry/**/three()"
        ));
        assert_eq!(entries, Err(INVALID_PTX));
        let entries = parse(&format!(
            "{HEADER}.entry/*/ x */one() {{}} .entry/**/two() {{}}"
        ))
        .unwrap();
        let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["one", "two"]);
    }

    #[test]
    fn garbage_is_refused() {
        assert_eq!(parse("hello"), Err(INVALID_IMAGE));
        assert_eq!(parse(".version 6.5 .entry x"), Err(INVALID_PTX));
        assert_eq!(
            parse(&format!("{HEADER}.entry x(.param .u64 a")),
            Err(INVALID_PTX)
        );
        assert_eq!(
            parse(&format!("{HEADER}.entry x(.param .what a) {{}}")),
            Err(INVALID_PTX)
        );
        assert_eq!(
            parse(&format!("{HEADER}.entry x(.param .b8 a[99999]) {{}}")),
            Err(INVALID_PTX)
        );
    }
}
