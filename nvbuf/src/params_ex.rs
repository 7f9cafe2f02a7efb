//! What `paramex` adds to the facts of a buffer.

#![forbid(unsafe_code)]

use std::ffi::c_void;
use std::mem::offset_of;

use nvbufsurface_sys::{Family, classic, extended};

use crate::descriptor::read_own_memory;

/// More facts of a buffer, from `paramex`: what the library, or whoever made the surface, says.
#[doc(alias = "NvBufSurfaceParamsEx")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParamsEx {
    /// Where chroma samples lie between those of luma, across: 0 left, 1 centre, 2 right.
    #[doc(alias = "chromaLocHoriz")]
    pub chroma_horizontal: u8,
    /// The same down: 0 top, 1 centre, 2 bottom.
    #[doc(alias = "chromaLocVert")]
    pub chroma_vertical: u8,
    /// Whether the rows of plane 0 are two fields, one after the other.
    #[doc(alias = "displayscanformat")]
    pub is_interlaced: bool,
    /// Protected content: the CPU cannot map it.
    pub is_protected: bool,
    /// Bytes before the first valid one, of raw memory.
    #[doc(alias = "startofvaliddata")]
    pub valid_start: i32,
    /// Valid bytes, of raw memory.
    #[doc(alias = "sizeofvaliddatainbytes")]
    pub valid_size: i32,
}

/// As long as the longer family's struct.
type Bytes = [u8; size_of::<extended::NvBufSurfaceParamsEx>()];

const _: () = assert!(size_of::<Bytes>() >= size_of::<classic::NvBufSurfaceParamsEx>());

/// Where the fields are in a family's struct, and its length.
struct Places {
    len: usize,
    start: usize,
    size: usize,
    chroma: usize,
    protected: usize,
    scan: usize,
}

macro_rules! places {
    ($family:ident) => {{
        use $family::{NvBufSurfaceParamsEx as Ex, NvBufSurfacePlaneParamsEx as PlaneEx};
        Places {
            len: size_of::<Ex>(),
            start: offset_of!(Ex, startofvaliddata),
            size: offset_of!(Ex, sizeofvaliddatainbytes),
            chroma: offset_of!(Ex, chromaSubsampling),
            protected: offset_of!(Ex, is_protected),
            scan: offset_of!(Ex, planeParamsex) + offset_of!(PlaneEx, scanformat),
        }
    }};
}

impl ParamsEx {
    /// Reads the struct at an address, which may be anything; `None` if it cannot be one.
    pub(crate) fn read(address: *const c_void, family: Family) -> Option<Self> {
        if address.is_null() {
            return None;
        }
        let places = match family {
            Family::Classic => places!(classic),
            Family::Extended => places!(extended),
        };
        let mut bytes: Bytes = [0; _];
        read_own_memory(address.addr(), &mut bytes[..places.len]).ok()?;
        let word = |at: usize| {
            let bytes = bytes.get(at..at + 4)?;
            Some(i32::from_ne_bytes(bytes.try_into().ok()?))
        };
        let (horizontal, vertical) = (bytes[places.chroma], bytes[places.chroma + 1]);
        let (scan, protected) = (word(places.scan)?, bytes[places.protected]);
        if horizontal > 2 || vertical > 2 || !(0..=1).contains(&scan) || protected > 1 {
            return None;
        }
        Some(Self {
            chroma_horizontal: horizontal,
            chroma_vertical: vertical,
            is_interlaced: scan == 1,
            is_protected: protected == 1,
            valid_start: word(places.start)?,
            valid_size: word(places.size)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wild_addresses_and_nonsense_are_nothing() {
        for family in Family::ALL {
            assert_eq!(ParamsEx::read(std::ptr::null(), family), None);
            let wild = std::ptr::without_provenance(0xdead_beef_0000);
            assert_eq!(ParamsEx::read(wild, family), None);
            let nonsense: Bytes = [0xff; _];
            assert_eq!(ParamsEx::read(nonsense.as_ptr().cast(), family), None);
        }
    }

    #[test]
    fn the_fields_of_either_family_are_found() {
        let mut ex = classic::NvBufSurfaceParamsEx::default();
        ex.chromaSubsampling.chromaLocHoriz = 2;
        ex.is_protected = true;
        ex.sizeofvaliddatainbytes = 77;
        let read = ParamsEx::read((&raw const ex).cast(), Family::Classic).unwrap();
        assert_eq!((read.chroma_horizontal, read.chroma_vertical), (2, 0));
        assert!(read.is_protected && !read.is_interlaced);
        assert_eq!((read.valid_start, read.valid_size), (0, 77));
        let mut ex = extended::NvBufSurfaceParamsEx::default();
        ex.chromaSubsampling.chromaLocVert = 1;
        ex.planeParamsex.scanformat[0] = 1;
        ex.startofvaliddata = -5;
        let read = ParamsEx::read((&raw const ex).cast(), Family::Extended).unwrap();
        assert_eq!((read.chroma_horizontal, read.chroma_vertical), (0, 1));
        assert!(read.is_interlaced && !read.is_protected);
        assert_eq!((read.valid_start, read.valid_size), (-5, 0));
    }
}
