//! Makes the raw layer of egl-cuda from its own headers, and holds those against NVIDIA's and Khronos'.
//!
//! ```text
//! nvmm-headers bindings [--update]            is the checked-in raw layer what include/ gives?
//! nvmm-headers compare HEADER VERSION DIR...  does HEADER of include/ agree with those found in DIR...?
//! ```
//!
//! It does not depend on egl-cuda, so that it works while that does not compile.
#![forbid(unsafe_code)]

mod assertions;
mod bindings;
mod compare;
#[path = "../../../nvbufsurface-sys/build/functions.rs"]
mod functions;
mod header;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A file or folder of egl-cuda.
fn egl_cuda(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../egl-cuda")
        .join(name)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["bindings"] => bindings::check(false),
        ["bindings", "--update"] => bindings::check(true),
        ["compare", header, version, folders @ ..] if !folders.is_empty() => {
            compare::compare(header, version, folders)
        }
        _ => Err("see the first lines of src/main.rs for how to call it".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("headers: {error}");
            ExitCode::FAILURE
        }
    }
}
