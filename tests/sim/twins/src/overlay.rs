//! The twin of `nvmm_overlay`: layers over an output picture.
//!
//! Rows are worked on in tiles that live on the stack: the output's pixels (or the background) are brought in, every
//! layer is blended over them, and the tile is written back. Only
//! [`Picture`] touches the pictures.
//!
//! A surface object is looked up once per launch and is rows in memory from then on. The kernel stops where it leaves a
//! surface, which it does not unless its parameters are wrong; here pixels outside are 0 and are not written.

use std::ffi::c_void;
use std::ops::Range;

use crate::Launch;
use crate::picture::{Picture, Pixel};

/// The most layers of one launch.
pub const MAX_LAYERS: usize = 16;
/// [`Layer::flags`]: use the pixel's own alpha, times the layer's.
pub const LAYER_OWN_ALPHA: u32 = 1;
/// [`Layer::flags`]: swap red and blue towards the output.
pub const LAYER_SWAP: u32 = 2;
/// [`Layer::flags`]: `data` is the handle of a surface object.
pub const LAYER_SURFACE: u32 = 4;
/// [`OverlayParams::flags`]: start from what the output holds.
pub const OVERLAY_KEEP: u32 = 1;
/// [`OverlayParams::flags`]: `output` is the handle of a surface object.
pub const OVERLAY_SURFACE: u32 = 2;

/// One picture over the output.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// Address of the first pixel, or the handle of a surface object.
    pub data: u64,
    /// Bytes per row; means nothing beside a handle.
    pub pitch: u32,
    /// Column of the output under the first pixel.
    pub x: i32,
    /// Row of the output under the first pixel.
    pub y: i32,
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Opacity, 0 to 255.
    pub alpha: u32,
    /// [`LAYER_OWN_ALPHA`], [`LAYER_SWAP`], [`LAYER_SURFACE`].
    pub flags: u32,
    /// Not used.
    pub reserved: u32,
}

/// The kernel's one parameter.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct OverlayParams {
    /// Address of the first pixel of the output, or the handle of a surface object.
    pub output: u64,
    /// Bytes per row of the output; means nothing beside a handle.
    pub pitch: u32,
    /// Pixels per row of the output.
    pub width: u32,
    /// Rows of the output.
    pub height: u32,
    /// Used entries of `layers`.
    pub num_layers: u32,
    /// [`OVERLAY_KEEP`], [`OVERLAY_SURFACE`].
    pub flags: u32,
    /// A background pixel, its bytes in memory order from the lowest.
    pub background: u32,
    /// From the lowest layer to the topmost.
    pub layers: [Layer; MAX_LAYERS],
}

const _: () = assert!(size_of::<Layer>() == 40 && size_of::<OverlayParams>() == 672);

/// Pixels that are worked on at a time: two tiles of them fit in the first-level cache of any CPU.
const TILE: usize = 256;

/// Does on the host what a launch of the kernel `nvmm_overlay` does on the GPU.
///
/// # Safety
///
/// - `launch` points to a [`Launch`];
/// - `params` points to one pointer to the 672 bytes of an [`OverlayParams`];
/// - `object` of the launch, where there is one, is a [`FindObject`](crate::FindObject), and an object that it
///   describes lies in readable and writable memory;
/// - the output, and every layer that covers a pixel of it, lie in readable (the output: writable) memory as far as
///   launch and parameters reach, unless they are surface objects; and no other thread uses the output meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nvmm_twin_nvmm_overlay(launch: *const Launch, params: *const *mut c_void) {
    // SAFETY: `launch` points to a Launch, by this function's contract; no alignment is asked of it.
    let launch = unsafe { launch.read_unaligned() };
    // SAFETY: `params` points to one pointer, by this function's contract.
    let params = unsafe { params.read_unaligned() };
    // SAFETY: that pointer points to an OverlayParams, by this function's contract. CUDA copies the parameters at
    // the launch and asks no alignment of them; so do we.
    let params = unsafe { params.cast::<OverlayParams>().read_unaligned() };

    let columns = launch.threads(0).min(u64::from(params.width));
    let rows = launch.threads(1).min(u64::from(params.height));
    // SAFETY: `object` is what it is said to be, by this function's contract.
    let Some(pictures) = (unsafe { Pictures::find(&launch, &params, columns, rows) }) else {
        // What is no object is an illegal address, which ends a kernel before it has written anything.
        return;
    };
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function is compiled for; rows and columns lie within the output and
        // within the launch, so by this function's contract all pixels are there, and `pictures` are theirs.
        unsafe { overlay_avx2(&params, &pictures, columns, rows) };
        return;
    }
    // SAFETY: as above.
    unsafe { overlay(&params, &pictures, columns, rows) };
}

/// [`overlay`], compiled for wider vectors: half the time.
///
/// # Safety
///
/// As [`overlay`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn overlay_avx2(params: &OverlayParams, pictures: &Pictures, columns: u64, rows: u64) {
    // SAFETY: by this function's contract.
    unsafe { overlay(params, pictures, columns, rows) };
}

/// Computes so many columns and rows of the output.
///
/// # Safety
///
/// `pictures` are those of `params`. The output has these pixels in writable memory, and every layer those of its pixels
/// that lie over them, as far as each is no surface.
#[inline(always)]
unsafe fn overlay(params: &OverlayParams, pictures: &Pictures, columns: u64, rows: u64) {
    let mut scratch = Scratch::new();
    for row in 0..rows {
        let mut start = 0;
        while start < columns {
            let end = columns.min(start + TILE as u64);
            // SAFETY: row and columns are among those of this function's contract.
            unsafe { overlay_tile(params, pictures, row, start..end, &mut scratch) };
            start = end;
        }
    }
}

/// Memory that the tiles are worked on in, filled anew for each.
struct Scratch {
    tile: [Pixel; TILE],
    source: [Pixel; TILE],
    alphas: [Pixel; TILE],
}

impl Scratch {
    fn new() -> Self {
        Self {
            tile: [[0; 4]; TILE],
            source: [[0; 4]; TILE],
            alphas: [[0; 4]; TILE],
        }
    }
}

/// Computes the pixels `columns` of `row`, at most [`TILE`] of them.
///
/// # Safety
///
/// `pictures` are those of `params`. The output has these pixels in writable memory, and every layer those of its pixels
/// that lie over them, as far as each is no surface.
#[inline(always)]
unsafe fn overlay_tile(
    params: &OverlayParams,
    pictures: &Pictures,
    row: u64,
    columns: Range<u64>,
    scratch: &mut Scratch,
) {
    let tile = &mut scratch.tile[..(columns.end - columns.start) as usize];
    if params.flags & OVERLAY_KEEP != 0 {
        // SAFETY: the output has these pixels, by this function's contract.
        unsafe { pictures.output.load(columns.start, row, tile) };
    } else {
        tile.fill(params.background.to_le_bytes());
    }

    for (layer, picture) in params.used_layers().iter().zip(&pictures.layers) {
        let Some(rows) = overlap(layer.y, layer.height, &(row..row + 1)) else {
            continue;
        };
        let Some(covered) = overlap(layer.x, layer.width, &columns) else {
            continue;
        };
        let below = &mut tile[covered.first..covered.first + covered.len];
        let source = &mut scratch.source[..covered.len];
        // SAFETY: `overlap` gave pixels of the layer that lie over pixels of the tile; the layer has them, by this
        // function's contract.
        unsafe { picture.load(covered.inside, rows.inside, source) };
        if layer.flags & LAYER_SWAP != 0 {
            source.iter_mut().for_each(|pixel| pixel.swap(0, 2));
        }
        let alpha = layer.alpha.min(255) as u8;
        if layer.flags & LAYER_OWN_ALPHA != 0 {
            let alphas = &mut scratch.alphas[..covered.len];
            for (alphas, source) in alphas.iter_mut().zip(&*source) {
                // The same alpha for all four bytes of a pixel, in the shape that vectorises.
                let own = u32::from_le_bytes(*source) >> 24;
                let alpha = divide_by_255(own as u16 * u16::from(alpha));
                *alphas = (u32::from(alpha) * 0x0101_0101).to_le_bytes();
            }
            mix(below, source, alphas);
        } else if alpha == 255 {
            // Exactly what `mix` would come to, sooner.
            below.copy_from_slice(source);
        } else {
            let alphas = &mut scratch.alphas[..covered.len];
            alphas.fill([alpha; 4]);
            mix(below, source, alphas);
        }
    }

    for pixel in &mut *tile {
        // As a word, which vectorises.
        *pixel = (u32::from_le_bytes(*pixel) | 0xff00_0000).to_le_bytes();
    }
    // SAFETY: the output has these pixels in writable memory, by this function's contract.
    unsafe { pictures.output.store(columns.start, row, tile) };
}

impl OverlayParams {
    fn used_layers(&self) -> &[Layer] {
        &self.layers[..MAX_LAYERS.min(self.num_layers as usize)]
    }
}

/// The pictures of a launch.
struct Pictures {
    output: Picture,
    /// One for each used layer.
    layers: [Picture; MAX_LAYERS],
}

impl Pictures {
    /// Finds the pictures that a launch over so many columns and rows touches; `None` if one is not there.
    ///
    /// # Safety
    ///
    /// `object` of the launch is what it is said to be.
    unsafe fn find(
        launch: &Launch,
        params: &OverlayParams,
        columns: u64,
        rows: u64,
    ) -> Option<Self> {
        let mut pictures = Self {
            output: Picture::in_memory(params.output, params.pitch),
            layers: [Picture::NOTHING; MAX_LAYERS],
        };
        if params.flags & OVERLAY_SURFACE != 0 && columns > 0 && rows > 0 {
            // SAFETY: by this function's contract.
            pictures.output = unsafe { Picture::of_surface(launch, params.output) }?;
        }
        for (picture, layer) in pictures.layers.iter_mut().zip(params.used_layers()) {
            // What no thread looks at may be any handle.
            let is_seen = overlap(layer.x, layer.width, &(0..columns)).is_some()
                && overlap(layer.y, layer.height, &(0..rows)).is_some();
            *picture = match (is_seen, layer.flags & LAYER_SURFACE != 0) {
                (false, _) => Picture::NOTHING,
                (true, false) => Picture::in_memory(layer.data, layer.pitch),
                // SAFETY: by this function's contract.
                (true, true) => unsafe { Picture::of_surface(launch, layer.data) }?,
            };
        }
        Some(pictures)
    }
}

/// Where a layer and a piece of the output meet, in one dimension.
struct Overlap {
    /// Offset from the begin of the piece.
    first: usize,
    /// Offset from the begin of the layer.
    inside: u64,
    len: usize,
}

/// The part of `piece` that a layer covers which begins at `position` and is `size` long, if there is one.
fn overlap(position: i32, size: u32, piece: &Range<u64>) -> Option<Overlap> {
    // All of these are below 2^33 in size: 64 bits hold them, their sums and their differences.
    let (begin, end) = (i64::from(position), i64::from(position) + i64::from(size));
    let (piece_begin, piece_end) = (piece.start as i64, piece.end as i64);
    let first = begin.max(piece_begin);
    let last = end.min(piece_end);
    (first < last).then(|| Overlap {
        first: (first - piece_begin) as usize,
        inside: (first - begin) as u64,
        len: (last - first) as usize,
    })
}

/// Moves every byte of `below` towards `source` by its alpha. Byte 3 of the pixels comes along, for a plain loop over
/// bytes is what compilers turn into vector code; it is overwritten in the end.
#[inline(always)]
fn mix(below: &mut [Pixel], source: &[Pixel], alphas: &[Pixel]) {
    let over = source.as_flattened().iter().zip(alphas.as_flattened());
    for (below, (source, alpha)) in below.as_flattened_mut().iter_mut().zip(over) {
        let sum =
            u16::from(*source) * u16::from(*alpha) + u16::from(*below) * u16::from(255 - *alpha);
        *below = divide_by_255(sum);
    }
}

/// `value / 255` to the nearest integer, for values up to `255 * 255`: never a tie, for 255 is odd.
#[inline(always)]
fn divide_by_255(value: u16) -> u8 {
    ((value + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::divide_by_255;

    /// The kernel's way of dividing, from its source.
    fn kernel_div255(value: u32) -> u32 {
        (value + 128 + ((value + 128) >> 8)) >> 8
    }

    #[test]
    fn divides_like_the_kernel() {
        for value in 0..=255 * 255 {
            assert_eq!(
                u32::from(divide_by_255(value)),
                kernel_div255(u32::from(value)),
                "{value}"
            );
        }
    }
}
