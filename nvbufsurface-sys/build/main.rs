//! Does nothing by default: the bindings are checked in and the libraries are opened at run time.
//!
//! Feature `linked` adds the libraries to what the linker is told; feature `bindgen` generates the
//! bindings anew from `include/`, and module `sdk` from the headers in `NVBUF_INCLUDE_DIR`, which
//! must have the layout that is checked in.

#[cfg(feature = "bindgen")]
mod bindings;
#[cfg(feature = "bindgen")]
mod functions;
#[cfg(feature = "bindgen")]
mod layout;
#[cfg(feature = "linked")]
mod link;
#[cfg(feature = "bindgen")]
mod sdk;

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rustc-check-cfg=cfg(nvbuf_sdk, nvbuf_utils_linked)");
    #[cfg(feature = "bindgen")]
    {
        bindings::generate();
        report(sdk::generate());
    }
    #[cfg(feature = "linked")]
    report(link::link());
}

/// Tells cargo what is wrong, line by line: it shows that and fails the build.
#[cfg(any(feature = "bindgen", feature = "linked"))]
fn report(result: Result<(), Vec<String>>) {
    for line in result.err().iter().flatten() {
        println!("cargo::error={line}");
    }
}
