//! The build script: the layout files, module `sdk` and feature `linked`.

mod headers;
mod layout;
mod linked;
mod scratch;
#[cfg(feature = "bindgen")]
mod sdk;

// The build script's own modules: what they need of cargo is given to them here.
#[path = "../../build/layout.rs"]
#[allow(dead_code, reason = "what only the build script uses")]
mod build_layout;
#[path = "../../build/link.rs"]
#[allow(dead_code, reason = "what only the build script uses")]
mod build_link;
