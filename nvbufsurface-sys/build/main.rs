//! Does nothing by default: the bindings are checked in and the libraries are opened at run time.
//!
//! Feature `linked` adds the libraries to what the linker is told; feature `bindgen` generates the
//! bindings anew from `include/`, and module `sdk` from the headers in `NVBUF_INCLUDE_DIR`.

#[cfg(feature = "bindgen")]
mod bindings;

fn main() {
    println!("cargo:rerun-if-changed=build");
    #[cfg(feature = "bindgen")]
    bindings::generate();
}
