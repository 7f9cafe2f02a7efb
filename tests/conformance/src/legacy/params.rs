//! `NvBufferParams` in the layout of the release.

use std::ffi::{c_int, c_void};
use std::mem::offset_of;

use nvbufsurface_sys::nvbuf_utils::{r27_1, r28, r32_1, r32_2, r32_3, r32_4, r32_5, r32_6, r34};
use nvbufsurface_sys::{ColorFormat, LegacyColorFormat, Numbering};

use super::{Buffer, needed};
use crate::case::Failure;
use crate::check;

/// Room for more than any release writes, filled with a value that shows what it wrote.
pub(crate) type Block = [u64; 64];

const UNTOUCHED: u8 = 0xa5;

/// The parameters of a buffer, as far as all releases have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Params {
    pub(crate) fd: c_int,
    pub(crate) nv_buffer: usize,
    pub(crate) nv_buffer_size: u32,
    pub(crate) pixel_format: LegacyColorFormat,
    /// The same by its name today.
    pub(crate) format: Option<ColorFormat>,
    pub(crate) planes: Vec<Plane>,
}

/// One plane of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plane {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pitch: u32,
    pub(crate) offset: u32,
    pub(crate) size: u32,
    pub(crate) layout: u32,
}

/// Where a numbering's struct has its fields.
struct Layout {
    size: usize,
    nv_buffer: usize,
    nv_buffer_size: usize,
    pixel_format: usize,
    num_planes: usize,
    /// Width, height, pitch, offset, size, layout.
    arrays: [usize; 6],
}

macro_rules! layout {
    ($module:ident, $last:ident) => {{
        use $module::NvBufferParams as P;
        Layout {
            size: size_of::<P>(),
            nv_buffer: offset_of!(P, nv_buffer),
            nv_buffer_size: offset_of!(P, nv_buffer_size),
            pixel_format: offset_of!(P, pixel_format),
            num_planes: offset_of!(P, num_planes),
            arrays: [
                offset_of!(P, width),
                offset_of!(P, height),
                offset_of!(P, pitch),
                offset_of!(P, offset),
                offset_of!(P, psize),
                offset_of!(P, $last),
            ],
        }
    }};
}

fn layout(numbering: Numbering) -> Layout {
    match numbering {
        // It has no layout; what is read in its place is not looked at.
        Numbering::R27_1 => layout!(r27_1, psize),
        Numbering::R28 => layout!(r28, layout),
        Numbering::R32_1 => layout!(r32_1, layout),
        Numbering::R32_2 => layout!(r32_2, layout),
        Numbering::R32_3 => layout!(r32_3, layout),
        Numbering::R32_4 => layout!(r32_4, layout),
        Numbering::R32_5 => layout!(r32_5, layout),
        Numbering::R32_6 => layout!(r32_6, layout),
        Numbering::R34 => layout!(r34, layout),
    }
}

/// The 32 bits at an offset.
fn word(block: &Block, offset: usize) -> u32 {
    (block[offset / 8].to_le() >> (offset % 8 * 8)) as u32
}

impl Buffer {
    /// `NvBufferGetParams`, as it wrote them.
    pub(crate) fn block(&self) -> Result<Block, Failure> {
        let mut block: Block = [u64::from_ne_bytes([UNTOUCHED; 8]); 64];
        let get = self.library.functions().get_params;
        let out = block.as_mut_ptr().cast::<c_void>();
        // SAFETY: there is room for more than the struct of any release.
        check::zero("NvBufferGetParams", unsafe { get(self.fd, out) })?;
        Ok(block)
    }

    /// `NvBufferGetParamsEx`, as it wrote them.
    pub(crate) fn long_block(&self) -> Result<Block, Failure> {
        let get = needed(
            self.library.functions().get_params_ex,
            "NvBufferGetParamsEx",
        )?;
        let mut block: Block = [0; 64];
        let out = block.as_mut_ptr().cast::<c_void>();
        // SAFETY: there is room for more than the struct of any release.
        check::zero("NvBufferGetParamsEx", unsafe { get(self.fd, out) })?;
        Ok(block)
    }

    /// The parameters in a block of either call: the longer struct begins with the shorter one.
    pub(crate) fn read_block(&self, block: &Block) -> Result<Params, Failure> {
        let numbering = self.numbering();
        let layout = layout(numbering);
        let count = word(block, layout.num_planes);
        check::that(
            format_args!("{count} planes are 1 to 4"),
            (1..=4).contains(&count),
        )?;
        let plane = |i: usize| {
            let [width, height, pitch, offset, size, kind] =
                layout.arrays.map(|start| word(block, start + 4 * i));
            Plane {
                width,
                height,
                pitch,
                offset,
                size,
                layout: kind,
            }
        };
        let pixel_format = LegacyColorFormat(word(block, layout.pixel_format));
        Ok(Params {
            fd: word(block, 0).cast_signed(),
            nv_buffer: block[layout.nv_buffer / 8] as usize,
            nv_buffer_size: word(block, layout.nv_buffer_size),
            pixel_format,
            format: pixel_format.to_surface(numbering),
            planes: (0..count as usize).map(plane).collect(),
        })
    }

    /// `NvBufferGetParams`
    pub(crate) fn params(&self) -> Result<Params, Failure> {
        self.read_block(&self.block()?)
    }

    /// Bytes of the release's struct, and whether those behind it were left alone.
    pub(crate) fn struct_end(&self) -> Result<(usize, bool), Failure> {
        let size = layout(self.numbering()).size;
        let block = self.block()?;
        let bytes = block.iter().flat_map(|word| word.to_ne_bytes());
        Ok((size, bytes.skip(size).all(|byte| byte == UNTOUCHED)))
    }

    /// A copy of the opaque block behind `nv_buffer`.
    pub(crate) fn nv_buffer(&self) -> Result<Vec<u64>, Failure> {
        let params = self.params()?;
        check::that("nv_buffer is not null", params.nv_buffer != 0)?;
        check::that(
            "nv_buffer_size is a multiple of 8, below a megabyte",
            params.nv_buffer_size.is_multiple_of(8)
                && (8..1 << 20).contains(&params.nv_buffer_size),
        )?;
        let start = std::ptr::with_exposed_provenance::<u64>(params.nv_buffer);
        let mut copy = vec![0; params.nv_buffer_size as usize / 8];
        // SAFETY: the library says that so many bytes are there, as long as the buffer lives.
        unsafe { std::ptr::copy_nonoverlapping(start, copy.as_mut_ptr(), copy.len()) };
        Ok(copy)
    }
}
