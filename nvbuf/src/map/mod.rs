//! CPU access. A guard owns the whole protocol: map and sync for the CPU; sync for the device
//! (where it could write) and unmap, for exactly the planes that were mapped.

mod calls;
mod claims;
mod guard;
mod pixel;
mod plane;
mod ptr;
mod registry;
mod rows;
mod surface;
mod usage;
mod whole;

pub(crate) use claims::{Claim, Claims};
pub use guard::MapPtr;
pub use pixel::Pixel;
pub use plane::{PlaneMap, PlaneMapMut};
pub use ptr::{PlanePtr, PtrRows};
pub(crate) use registry::Key;
pub use rows::{Rows, RowsMut};
pub(crate) use usage::Usage;
pub use whole::{Map, MapMut};

/// What a mapping is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads; several at a time.
    Read,
    /// Reads and writes; nobody else at a time.
    Write,
}
