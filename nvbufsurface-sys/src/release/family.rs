#![forbid(unsafe_code)]

use std::fmt;
use std::mem::size_of;

use crate::prefix::NvBufSurfaceParams;
use crate::{classic, extended};

/// Layout of the structs of libnvbufsurface and libnvbufsurftransform. It changed once.
///
/// What is the same in both is in [`prefix`](crate::prefix). The libraries say nothing of
/// themselves: see [`Library`](crate::Library) for how the family is found and proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// L4T R32 to R36 and DeepStream 4 to 7: structs of [`classic`].
    Classic,
    /// L4T R39 and DeepStream 8 and later: structs of [`extended`].
    ///
    /// That R38 is of one or the other is not settled; it is found like any other.
    Extended,
}

impl Family {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Classic, Self::Extended];

    /// Bytes of a `NvBufSurface`. Memory of type NVMM maps to exactly that many since R35.
    pub const fn surface_size(self) -> usize {
        match self {
            Self::Classic => size_of::<classic::NvBufSurface>(),
            Self::Extended => size_of::<extended::NvBufSurface>(),
        }
    }

    /// Bytes from an entry of `surfaceList` to the next.
    pub const fn params_size(self) -> usize {
        match self {
            Self::Classic => size_of::<classic::NvBufSurfaceParams>(),
            Self::Extended => size_of::<extended::NvBufSurfaceParams>(),
        }
    }

    /// Entry `index` of a `surfaceList`; whether there is one is the caller's to know.
    pub fn params(self, list: *mut NvBufSurfaceParams, index: usize) -> *mut NvBufSurfaceParams {
        list.wrapping_byte_add(index * self.params_size())
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Classic => "classic (L4T R32 to R36, DeepStream 4 to 7)",
            Self::Extended => "extended (L4T R39, DeepStream 8 and later)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_facts() {
        let sizes = Family::ALL.map(|family| (family.surface_size(), family.params_size()));
        assert_eq!(sizes, [(64, 384), (72, 416)]);
        let list = std::ptr::without_provenance_mut(0x1000);
        let second = Family::ALL.map(|family| family.params(list, 2).addr());
        assert_eq!(second, [0x1300, 0x1340]);
    }
}
