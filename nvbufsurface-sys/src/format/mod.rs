//! The enumerations that describe a picture in memory, as open newtypes, and what is known of each
//! value.

mod open_enum;

mod color_format;
mod layout;
mod legacy;
mod mem_type;
mod shape;
mod tag;
#[cfg(test)]
mod tests;

pub use color_format::ColorFormat;
pub use layout::Layout;
pub use legacy::LegacyColorFormat;
pub use mem_type::MemType;
pub use shape::{ChromaSubsampling, PlaneShape};
pub use tag::Tag;
