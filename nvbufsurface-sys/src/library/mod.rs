//! The three libraries: finding, opening and proving each, and its table of functions.

mod elf;
mod error;
mod legacy;
mod loader;
mod search;
mod slot;
mod surface;
mod table;
mod transform;

pub use error::{LoadError, MissingFunction};
pub use legacy::{LegacyFunctions, LegacyLibrary};
pub use search::{DIRECTORIES, PATH_VARIABLE};
pub use surface::{Functions, Library};
pub use table::Span;
pub use transform::{TransformFunctions, TransformLibrary};
