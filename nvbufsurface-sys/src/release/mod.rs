//! What a library is: its release, and the layout or numbering that goes with it.

mod family;
mod numbering;
mod version;

pub use family::Family;
pub use numbering::Numbering;
pub use version::{RELEASE_FILE, RELEASE_VARIABLE, Release, ReleaseError};
