//! Functions of bindgen's output as types.

/// The functions are loaded by name, so that only their types are wanted: turns each
/// `extern "C" { pub fn NAME(..) -> ..; }` into `pub type PFN_NAME = extern "C" fn(..) -> ..;`.
pub(crate) fn functions_as_types(text: &str) -> String {
    const BLOCK: &str = "unsafe extern \"C\" {";
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line != BLOCK {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        for inner in lines.by_ref().take_while(|inner| *inner != "}") {
            let inner = inner.strip_prefix("    ").unwrap_or(inner);
            match inner
                .strip_prefix("pub fn ")
                .and_then(|rest| rest.split_once('('))
            {
                Some((name, rest)) => {
                    out.push_str(&format!(
                        "pub type PFN_{name} = unsafe extern \"C\" fn({rest}"
                    ));
                }
                None => out.push_str(inner),
            }
            out.push('\n');
        }
    }
    assert!(
        !out.contains("extern \"C\" {"),
        "bindgen's output changed its form"
    );
    out
}
