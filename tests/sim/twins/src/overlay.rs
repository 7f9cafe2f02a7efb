//! The twin of `nvmm_overlay`: layers over an output picture.
//!
//! Rows are worked on in tiles that live on the stack: the output's pixels (or the background) are brought in, every
//! layer is blended over them, and the tile is written back. Only [`load`] and [`store`] touch the pictures.

use std::ffi::c_void;
use std::ops::Range;
use std::ptr;

use crate::Launch;

/// The most layers of one launch.
pub const MAX_LAYERS: usize = 16;
/// [`Layer::flags`]: use the pixel's own alpha, times the layer's.
pub const LAYER_OWN_ALPHA: u32 = 1;
/// [`Layer::flags`]: swap red and blue towards the output.
pub const LAYER_SWAP: u32 = 2;
/// [`OverlayParams::flags`]: start from what the output holds.
pub const OVERLAY_KEEP: u32 = 1;

/// One picture over the output.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// Address of the first pixel.
    pub data: u64,
    /// Bytes per row.
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
    /// [`LAYER_OWN_ALPHA`], [`LAYER_SWAP`].
    pub flags: u32,
    /// Not used.
    pub reserved: u32,
}

/// The kernel's one parameter.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct OverlayParams {
    /// Address of the first pixel of the output.
    pub output: u64,
    /// Bytes per row of the output.
    pub pitch: u32,
    /// Pixels per row of the output.
    pub width: u32,
    /// Rows of the output.
    pub height: u32,
    /// Used entries of `layers`.
    pub num_layers: u32,
    /// [`OVERLAY_KEEP`].
    pub flags: u32,
    /// A background pixel, its bytes in memory order from the lowest.
    pub background: u32,
    /// From the lowest layer to the topmost.
    pub layers: [Layer; MAX_LAYERS],
}

const _: () = assert!(size_of::<Layer>() == 40 && size_of::<OverlayParams>() == 672);

/// Four bytes: three colours, and alpha or nothing.
type Pixel = [u8; 4];

/// Pixels that are worked on at a time: two tiles of them fit in the first-level cache of any CPU.
const TILE: usize = 256;

/// Does on the host what a launch of the kernel `nvmm_overlay` does on the GPU.
///
/// # Safety
///
/// - `launch` points to a [`Launch`];
/// - `params` points to one pointer to the 672 bytes of an [`OverlayParams`];
/// - the output, and every layer that covers a pixel of it, lie in readable (the output: writable) memory as far as
///   launch and parameters reach, and no other thread uses the output meanwhile.
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
    let mut scratch = Scratch::new();
    for row in 0..rows {
        let mut start = 0;
        while start < columns {
            let end = columns.min(start + TILE as u64);
            // SAFETY: row and columns lie within the output and within the launch, so by this function's contract
            // the output has pixels there, and every layer has those that lie over them.
            unsafe { overlay_tile(&params, row, start..end, &mut scratch) };
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
/// The output has these pixels in writable memory, and every layer those of its pixels that lie over them.
unsafe fn overlay_tile(
    params: &OverlayParams,
    row: u64,
    columns: Range<u64>,
    scratch: &mut Scratch,
) {
    let address = pixel_address(params.output, params.pitch, columns.start, row);
    let tile = &mut scratch.tile[..(columns.end - columns.start) as usize];
    if params.flags & OVERLAY_KEEP != 0 {
        // SAFETY: the output has these pixels, by this function's contract.
        unsafe { load(address, tile) };
    } else {
        tile.fill(params.background.to_le_bytes());
    }

    let num_layers = MAX_LAYERS.min(params.num_layers as usize);
    for layer in &params.layers[..num_layers] {
        let Some(rows) = overlap(layer.y, layer.height, &(row..row + 1)) else {
            continue;
        };
        let Some(covered) = overlap(layer.x, layer.width, &columns) else {
            continue;
        };
        let below = &mut tile[covered.first..covered.first + covered.len];
        let source = &mut scratch.source[..covered.len];
        let address = pixel_address(layer.data, layer.pitch, covered.inside, rows.inside);
        // SAFETY: `overlap` gave pixels of the layer that lie over pixels of the tile; the layer has them, by this
        // function's contract.
        unsafe { load(address, source) };
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
    unsafe { store(tile, address) };
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
fn mix(below: &mut [Pixel], source: &[Pixel], alphas: &[Pixel]) {
    let over = source.as_flattened().iter().zip(alphas.as_flattened());
    for (below, (source, alpha)) in below.as_flattened_mut().iter_mut().zip(over) {
        let sum =
            u16::from(*source) * u16::from(*alpha) + u16::from(*below) * u16::from(255 - *alpha);
        *below = divide_by_255(sum);
    }
}

/// `value / 255` to the nearest integer, for values up to `255 * 255`: never a tie, for 255 is odd.
fn divide_by_255(value: u16) -> u8 {
    ((value + 127) / 255) as u8
}

/// Addresses wrap as they do on the GPU.
fn pixel_address(picture: u64, pitch: u32, x: u64, y: u64) -> u64 {
    picture
        .wrapping_add(y.wrapping_mul(u64::from(pitch)))
        .wrapping_add(x.wrapping_mul(4))
}

/// Copies pixels from a picture.
///
/// # Safety
///
/// There are `tile.len()` readable pixels at `address`, and `tile` is not among them.
unsafe fn load(address: u64, tile: &mut [Pixel]) {
    let pixels = ptr::with_exposed_provenance::<Pixel>(address as usize);
    // SAFETY: so many pixels can be read, apart from `tile`, by this function's contract; their alignment is 1.
    unsafe { ptr::copy_nonoverlapping(pixels, tile.as_mut_ptr(), tile.len()) };
}

/// Copies pixels to a picture.
///
/// # Safety
///
/// There are `tile.len()` writable pixels at `address`, nothing refers to them, and `tile` is not among them.
unsafe fn store(tile: &[Pixel], address: u64) {
    let pixels = ptr::with_exposed_provenance_mut::<Pixel>(address as usize);
    // SAFETY: so many pixels can be written, apart from `tile`, by this function's contract; their alignment is 1.
    unsafe { ptr::copy_nonoverlapping(tile.as_ptr(), pixels, tile.len()) };
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
