#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bindings;
mod format;
mod library;
#[cfg(feature = "linked")]
mod linked;
pub mod prefix;
mod release;
mod self_test;

#[cfg(nvbuf_sdk)]
pub use bindings::sdk;
pub use bindings::{classic, composite24, extended, nvbuf_utils};
pub use format::{
    ChromaSubsampling, ColorFormat, Layout, LegacyColorFormat, MemType, PlaneShape, Tag,
};
pub use library::{
    DIRECTORIES, Functions, LegacyFunctions, LegacyLibrary, Library, LoadError, MissingFunction,
    PATH_VARIABLE, Span, TransformFunctions, TransformLibrary,
};
pub use release::{Family, Numbering, RELEASE_FILE, RELEASE_VARIABLE, Release, ReleaseError};
