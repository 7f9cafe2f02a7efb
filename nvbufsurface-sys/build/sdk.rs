//! Module `sdk`: NVIDIA's own headers, where `NVBUF_INCLUDE_DIR` names them.

use std::path::PathBuf;

use crate::{bindings, layout};

/// Folders separated by colons: the SDK's headers are in the first, what they include in the others.
const VARIABLE: &str = "NVBUF_INCLUDE_DIR";

/// Generates the module and compares the headers with the checked-in layout.
///
/// The other modules stay those of `include/`: one binary serves every release, so that the crate's
/// own code is written for all of them and not for the one whose SDK is there.
pub(crate) fn generate() -> Result<(), Vec<String>> {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    println!("cargo::rerun-if-changed=layout");
    let value = std::env::var_os(VARIABLE).unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&value)
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect();
    let Some(first) = folders.first() else {
        return Ok(());
    };
    let mut headers = Vec::new();
    for header in layout::HEADERS {
        if !first.join(header.file).is_file() {
            continue;
        }
        match bindings::of_sdk(&folders, &[header.file]) {
            Ok(text) => headers.push((header, text)),
            // The others build on it.
            Err(error) if header.file == "nvbufsurface.h" => {
                return Err(unreadable(header.file, &error));
            }
            Err(error) => {
                println!("cargo::warning=module `sdk` is without {}", header.file);
                for line in unreadable(header.file, &error) {
                    println!("cargo::warning={line}");
                }
            }
        }
    }
    if headers.is_empty() {
        return Err(vec![format!(
            "{VARIABLE}: {} has no nvbufsurface.h and no nvbuf_utils.h that can be used",
            first.display()
        )]);
    }
    let files: Vec<_> = headers.iter().map(|(header, _)| header.file).collect();
    let text = bindings::of_sdk(&folders, &files)
        .map_err(|error| unreadable(&files.join(", "), &error))?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    std::fs::write(out.join("sdk.rs"), text).map_err(|e| vec![format!("OUT_DIR: {e}")])?;
    println!("cargo::rustc-cfg=nvbuf_sdk");

    let compiler = cc::Build::new()
        .warnings(false)
        .try_get_compiler()
        .map_err(|e| vec![format!("{VARIABLE} is compared by a C compiler: {e}")])?;
    let mut differences = Vec::new();
    for (header, text) in &headers {
        differences.extend(compare(header, text, &folders, &compiler)?);
    }
    if differences.is_empty() {
        return Ok(());
    }
    differences.push(
        "What this crate is built on is not what this SDK's libraries use. Please report it with the \
         SDK's release."
            .to_owned(),
    );
    Err(differences)
}

/// What a header has otherwise, each with a name.
fn compare(
    header: &layout::Header,
    text: &str,
    folders: &[PathBuf],
    compiler: &cc::Tool,
) -> Result<Vec<String>, Vec<String>> {
    let path = folders[0].join(header.file);
    let Some(interface) = (header.interface)(text) else {
        println!(
            "cargo::warning={} is of no known release: its layout is not compared",
            path.display()
        );
        return Ok(Vec::new());
    };
    if !interface.exact {
        println!(
            "cargo::warning={} is of no known release: its layout is compared with that of {}_{}",
            path.display(),
            header.number,
            interface.name
        );
    }
    let differences = layout::differences(compiler, header, interface.name, folders)
        .map_err(|why| vec![format!("cannot compare {}: {why}", path.display())])?;
    Ok(differences
        .iter()
        .map(|difference| {
            format!(
                "{difference} in NVIDIA's header {}, compared as {}_{}",
                path.display(),
                header.number,
                interface.name
            )
        })
        .collect())
}

fn unreadable(headers: &str, error: &bindgen::BindgenError) -> Vec<String> {
    let mut lines = vec![format!(
        "{VARIABLE}: bindgen cannot read {headers}. If it includes headers of CUDA's or EGL's, add \
         their folders after a colon:"
    )];
    lines.extend(error.to_string().lines().map(str::to_owned));
    lines
}
