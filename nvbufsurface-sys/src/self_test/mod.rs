//! What a library does, measured: nothing that it says of itself is believed.

mod family;
mod numbering;

pub(crate) use family::family;
pub(crate) use numbering::numbering;
