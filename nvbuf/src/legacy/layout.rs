//! Where the release's `NvBufferParams` has its fields.

#![forbid(unsafe_code)]

use std::mem::offset_of;

use nvbufsurface_sys::Numbering;
use nvbufsurface_sys::nvbuf_utils::{r27_1, r28, r32_1, r32_2, r32_3, r32_4, r32_5, r32_6, r34};

/// Room for more than any release writes: `NvBufferParamsEx`, the longest, has 320 bytes.
pub(super) const WORDS: usize = 64;

/// What `NvBufferGetParams` or `NvBufferGetParamsEx` wrote; aligned like a pointer.
pub(super) type Block = [u64; WORDS];

/// Offsets in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    pub(super) nv_buffer: usize,
    pub(super) nv_buffer_size: usize,
    /// `payloadType` and `memsize`, since R32.1.
    pub(super) payload: Option<(usize, usize)>,
    pub(super) pixel_format: usize,
    pub(super) num_planes: usize,
    pub(super) max_planes: u32,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pitch: usize,
    pub(super) offset: usize,
    pub(super) psize: usize,
    /// `layout`, since R28.1.
    pub(super) layout: Option<usize>,
}

macro_rules! fields {
    ($module:ident $(, payload: $payload:ident, $memsize:ident)? $(; $layout:ident)?) => {{
        use $module::NvBufferParams as P;
        const _: () = assert!(size_of::<P>() <= size_of::<Block>() && offset_of!(P, dmabuf_fd) == 0);
        Fields {
            nv_buffer: offset_of!(P, nv_buffer),
            nv_buffer_size: offset_of!(P, nv_buffer_size),
            payload: None $(.or(Some((offset_of!(P, $payload), offset_of!(P, $memsize)))))?,
            pixel_format: offset_of!(P, pixel_format),
            num_planes: offset_of!(P, num_planes),
            max_planes: $module::MAX_NUM_PLANES,
            width: offset_of!(P, width),
            height: offset_of!(P, height),
            pitch: offset_of!(P, pitch),
            offset: offset_of!(P, offset),
            psize: offset_of!(P, psize),
            layout: None $(.or(Some(offset_of!(P, $layout))))?,
        }
    }};
}

macro_rules! longer {
    ($($module:ident)*) => {
        $(const _: () = assert!(
            size_of::<$module::NvBufferParamsEx>() <= size_of::<Block>()
                && offset_of!($module::NvBufferParamsEx, params) == 0
        );)*
    };
}
longer!(r32_3 r32_4 r32_5 r32_6 r34);

impl Fields {
    pub(super) fn of(numbering: Numbering) -> Self {
        match numbering {
            Numbering::R27_1 => fields!(r27_1),
            Numbering::R28 => fields!(r28; layout),
            Numbering::R32_1 => fields!(r32_1, payload: payloadType, memsize; layout),
            Numbering::R32_2 => fields!(r32_2, payload: payloadType, memsize; layout),
            Numbering::R32_3 => fields!(r32_3, payload: payloadType, memsize; layout),
            Numbering::R32_4 => fields!(r32_4, payload: payloadType, memsize; layout),
            Numbering::R32_5 => fields!(r32_5, payload: payloadType, memsize; layout),
            Numbering::R32_6 => fields!(r32_6, payload: payloadType, memsize; layout),
            Numbering::R34 => fields!(r34, payload: payloadType, memsize; layout),
        }
    }
}

/// The 32 bits at an offset.
pub(super) fn word(block: &Block, offset: usize) -> u32 {
    let [a, b, c, d, e, f, g, h] = block[offset / 8].to_ne_bytes();
    u32::from_ne_bytes(if offset.is_multiple_of(8) {
        [a, b, c, d]
    } else {
        [e, f, g, h]
    })
}

/// The pointer at an offset, as an address.
pub(super) fn address(block: &Block, offset: usize) -> usize {
    // Jetsons, and the machines of the simulator, have 64 bits.
    block[offset / 8] as usize
}
