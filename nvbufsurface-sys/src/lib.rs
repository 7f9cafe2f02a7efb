#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bindings;
mod library;

pub use bindings::classic;
pub use library::{DIRECTORIES, Functions, Library, LoadError, PATH_VARIABLE, SONAME};
