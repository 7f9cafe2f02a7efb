//! Surface objects, as whoever launches a twin describes them.

#![forbid(unsafe_code)]

/// Describes the object of a handle: 0, or -1 for what is no object of the launch's.
///
/// # Safety
///
/// The second argument points to a writable [`Object`]; called on the thread that the twin runs on, before it returns.
pub type FindObject = unsafe extern "C" fn(u64, *mut Object) -> i32;

/// The pixels of a texture or surface object: `nvmm_sim_object`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Object {
    /// Address of the first pixel; usable until the twin returns.
    pub pixels: u64,
    /// Bytes from row to row.
    pub pitch: u64,
    /// Bytes from slice to slice.
    pub slice: u64,
    /// Elements of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Slices, 1 without.
    pub depth: u32,
    /// Bytes of an element.
    pub element_bytes: u32,
    /// `CUarray_format` of a channel.
    pub format: u32,
    /// Channels of an element.
    pub channels: u32,
    /// Not 0: a surface, and what follows means nothing.
    pub is_surface: u32,
    /// How a texture treats coordinates outside.
    pub address_mode: [u32; 3],
    /// How a texture treats coordinates between elements.
    pub filter_mode: u32,
    /// What else is said of a texture.
    pub flags: u32,
    /// What lies around a texture.
    pub border: [f32; 4],
}

const _: () = assert!(size_of::<Object>() == 88 && align_of::<Object>() == 8);
