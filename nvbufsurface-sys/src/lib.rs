#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bindings;
mod library;
mod release;

pub use bindings::{classic, composite24, extended, nvbuf_utils};
pub use library::{DIRECTORIES, Functions, Library, LoadError, PATH_VARIABLE, SONAME};
pub use release::{Family, Numbering, RELEASE_FILE, RELEASE_VARIABLE, Release, ReleaseError};
