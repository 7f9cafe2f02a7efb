//! What the kernel `nvmm_overlay` takes (`kernels/overlay.cu`): one [`OverlayParams`], by value.
//!
//! The structs are the kernel's, byte by byte; the assertions below hold them to the layout that the kernel asserts
//! on its side. The kernel trusts the addresses, surface objects, pitches and sizes that it gets:
//! [`OverlayParams::check`] tells before a launch what it would stumble over.

#![forbid(unsafe_code)]

use std::fmt;
use std::mem::{align_of, offset_of, size_of};

/// The most layers that one launch blends.
pub(crate) const MAX_LAYERS: usize = 16;

/// [`Layer::flags`]: the alpha of each pixel counts, times that of the layer.
pub(crate) const LAYER_OWN_ALPHA: u32 = 1 << 0;
/// [`Layer::flags`]: red and blue change places on the way to the output.
pub(crate) const LAYER_SWAP: u32 = 1 << 1;
/// [`Layer::flags`]: the pixels are behind a surface object, which [`Layer::data`] is.
pub(crate) const LAYER_SURFACE: u32 = 1 << 2;
/// [`OverlayParams::flags`]: blend over what the output holds, the background is not used.
pub(crate) const OVERLAY_KEEP: u32 = 1 << 0;
/// [`OverlayParams::flags`]: the output is behind a surface object, which [`OverlayParams::output`] is.
pub(crate) const OVERLAY_SURFACE: u32 = 1 << 1;

/// Threads of a block in x and y: one warp is 32 pixels of a row, read and written together.
pub(crate) const BLOCK: (u32, u32) = (32, 8);

/// One picture to lay over the output.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layer {
    /// Device address of the first pixel, a multiple of 4; or a surface object.
    pub(crate) data: u64,
    /// Bytes per row, a multiple of 4; of surface objects not looked at.
    pub(crate) pitch: u32,
    /// Column of the output that the first pixel lies over; may be negative or outside.
    pub(crate) x: i32,
    /// Row of the output that the first pixel lies over; may be negative or outside.
    pub(crate) y: i32,
    /// Pixels per row.
    pub(crate) width: u32,
    /// Rows.
    pub(crate) height: u32,
    /// Opacity of the whole layer, 0 to 255.
    pub(crate) alpha: u32,
    /// [`LAYER_OWN_ALPHA`], [`LAYER_SWAP`], [`LAYER_SURFACE`].
    pub(crate) flags: u32,
    /// Not looked at; 0.
    pub(crate) reserved: u32,
}

impl Layer {
    /// A layer that covers nothing: what the unused entries hold.
    pub(crate) const EMPTY: Self = Self {
        data: 0,
        pitch: 0,
        x: 0,
        y: 0,
        width: 0,
        height: 0,
        alpha: 0,
        flags: 0,
        reserved: 0,
    };
}

/// The parameter of `nvmm_overlay`: the output and the layers from the lowest to the topmost.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct OverlayParams {
    /// Device address of the first pixel, a multiple of 4; or a surface object.
    pub(crate) output: u64,
    /// Bytes per row of the output, a multiple of 4; of a surface object not looked at.
    pub(crate) pitch: u32,
    /// Pixels per row of the output.
    pub(crate) width: u32,
    /// Rows of the output.
    pub(crate) height: u32,
    /// How many of [`Self::layers`] are used.
    pub(crate) num_layers: u32,
    /// [`OVERLAY_KEEP`], [`OVERLAY_SURFACE`].
    pub(crate) flags: u32,
    /// The four bytes of a background pixel in the memory order of the output, little endian.
    pub(crate) background: u32,
    /// The layers; those from [`Self::num_layers`] on are not looked at.
    pub(crate) layers: [Layer; MAX_LAYERS],
}

const _: () = {
    assert!(size_of::<Layer>() == 40 && align_of::<Layer>() == 8);
    assert!(offset_of!(Layer, data) == 0);
    assert!(offset_of!(Layer, pitch) == 8);
    assert!(offset_of!(Layer, x) == 12);
    assert!(offset_of!(Layer, y) == 16);
    assert!(offset_of!(Layer, width) == 20);
    assert!(offset_of!(Layer, height) == 24);
    assert!(offset_of!(Layer, alpha) == 28);
    assert!(offset_of!(Layer, flags) == 32);
    assert!(offset_of!(Layer, reserved) == 36);
    assert!(size_of::<OverlayParams>() == 672 && align_of::<OverlayParams>() == 8);
    assert!(offset_of!(OverlayParams, output) == 0);
    assert!(offset_of!(OverlayParams, pitch) == 8);
    assert!(offset_of!(OverlayParams, width) == 12);
    assert!(offset_of!(OverlayParams, height) == 16);
    assert!(offset_of!(OverlayParams, num_layers) == 20);
    assert!(offset_of!(OverlayParams, flags) == 24);
    assert!(offset_of!(OverlayParams, background) == 28);
    assert!(offset_of!(OverlayParams, layers) == 32);
};

impl OverlayParams {
    /// Blocks in x and y that cover the output, rounded up; at least one, for CUDA refuses an empty grid.
    pub(crate) fn grid(&self) -> (u32, u32) {
        (
            self.width.div_ceil(BLOCK.0).max(1),
            self.height.div_ceil(BLOCK.1).max(1),
        )
    }

    /// Looks for what the kernel could not cope with, or would take otherwise than it was meant.
    ///
    /// # Errors
    ///
    /// [`InvalidParams`] when there are too many layers, an alpha is above 255, an address or a pitch is no multiple
    /// of 4, a picture has pixels but a null address, or a row does not fit in its pitch. Of a surface object only
    /// that it is not 0, and that its columns, which the kernel counts in bytes, fit into 32 bits with a sign.
    pub(crate) fn check(&self) -> Result<(), InvalidParams> {
        let is_surface = self.flags & OVERLAY_SURFACE != 0;
        check_picture(is_surface, self.output, self.pitch, self.width, self.height)
            .map_err(|what| InvalidParams { layer: None, what })?;
        let layers = usize::try_from(self.num_layers)
            .ok()
            .and_then(|num_layers| self.layers.get(..num_layers))
            .ok_or(InvalidParams {
                layer: None,
                what: "more than 16 layers",
            })?;
        for (index, layer) in layers.iter().enumerate() {
            let invalid = |what| InvalidParams {
                layer: Some(index),
                what,
            };
            let is_surface = layer.flags & LAYER_SURFACE != 0;
            check_picture(
                is_surface,
                layer.data,
                layer.pitch,
                layer.width,
                layer.height,
            )
            .map_err(invalid)?;
            if layer.alpha > 255 {
                return Err(invalid("an alpha above 255"));
            }
        }
        Ok(())
    }
}

fn check_picture(
    is_surface: bool,
    data: u64,
    pitch: u32,
    width: u32,
    height: u32,
) -> Result<(), &'static str> {
    if is_surface {
        check_surface(data, width, height)
    } else {
        check_memory(data, pitch, width, height)
    }
}

fn check_surface(object: u64, width: u32, height: u32) -> Result<(), &'static str> {
    /// The last byte's column is below 2^31.
    const MAX_WIDTH: u32 = 1 << 29;
    if width == 0 || height == 0 {
        return Ok(());
    }
    if object == 0 {
        return Err("no pixels behind the surface object 0");
    }
    if width > MAX_WIDTH {
        return Err("rows that are longer than a surface can have");
    }
    Ok(())
}

fn check_memory(address: u64, pitch: u32, width: u32, height: u32) -> Result<(), &'static str> {
    if !address.is_multiple_of(4) {
        return Err("an address that is no multiple of 4");
    }
    if !pitch.is_multiple_of(4) {
        return Err("a pitch that is no multiple of 4");
    }
    if width == 0 || height == 0 {
        return Ok(());
    }
    if address == 0 {
        return Err("no pixels behind the address 0");
    }
    if u64::from(width) * 4 > u64::from(pitch) {
        return Err("rows that are longer than the pitch");
    }
    Ok(())
}

/// Why [`OverlayParams::check`] refuses a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidParams {
    /// The layer that is at fault, `None` for the output.
    layer: Option<usize>,
    what: &'static str,
}

impl fmt::Display for InvalidParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layer {
            Some(index) => write!(f, "nvmm_overlay: layer {index} has {}", self.what),
            None => write!(f, "nvmm_overlay: the output has {}", self.what),
        }
    }
}

impl std::error::Error for InvalidParams {}

#[cfg(test)]
mod tests {
    use super::{LAYER_SURFACE, Layer, MAX_LAYERS, OVERLAY_SURFACE, OverlayParams};

    fn params() -> OverlayParams {
        let mut params = OverlayParams {
            output: 4096,
            pitch: 256,
            width: 64,
            height: 32,
            num_layers: 1,
            flags: 0,
            background: 0,
            layers: [Layer::EMPTY; MAX_LAYERS],
        };
        params.layers[0] = Layer {
            data: 8192,
            pitch: 256,
            width: 64,
            height: 32,
            alpha: 255,
            ..Layer::EMPTY
        };
        params
    }

    fn refusal(params: &OverlayParams) -> String {
        params.check().expect_err("refused").to_string()
    }

    #[test]
    fn memory_needs_an_address_and_a_pitch() {
        assert_eq!(params().check(), Ok(()));
        let output = |output, pitch| {
            refusal(&OverlayParams {
                output,
                pitch,
                ..params()
            })
        };
        assert!(output(4098, 256).contains("output has an address"));
        assert!(output(4096, 258).contains("output has a pitch"));
        assert!(output(4096, 252).contains("longer than the pitch"));
        assert!(output(0, 256).contains("behind the address 0"));
        let mut layer = params();
        layer.layers[0].data = 0;
        assert!(refusal(&layer).contains("layer 0 has no pixels behind the address 0"));
    }

    #[test]
    fn surface_objects_are_any_number_but_0() {
        // What an address and a pitch could not be.
        let surface = OverlayParams {
            output: 3,
            pitch: 0,
            flags: OVERLAY_SURFACE,
            ..params()
        };
        assert_eq!(surface.check(), Ok(()));
        let null = OverlayParams {
            output: 0,
            ..surface
        };
        assert!(refusal(&null).contains("output has no pixels behind the surface object 0"));

        let mut layer = params();
        layer.layers[0].flags = LAYER_SURFACE;
        (layer.layers[0].data, layer.layers[0].pitch) = (u64::MAX, 1);
        assert_eq!(layer.check(), Ok(()));
        layer.layers[0].width = (1 << 29) + 1;
        assert!(refusal(&layer).contains("layer 0 has rows that are longer than a surface"));
        (layer.layers[0].width, layer.layers[0].data) = (64, 0);
        assert!(refusal(&layer).contains("layer 0 has no pixels behind the surface object 0"));
        layer.layers[0].height = 0;
        assert_eq!(layer.check(), Ok(()));
    }
}
