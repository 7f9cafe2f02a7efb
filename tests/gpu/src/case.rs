//! One launch to compare: its parameters, its geometry, and the memory that it works on.

#![forbid(unsafe_code)]

use crate::kernel::{
    LAYER_OWN_ALPHA, LAYER_SURFACE, LAYER_SWAP, Layer, MAX_LAYERS, OVERLAY_KEEP, OVERLAY_SURFACE,
    OverlayParams,
};
use crate::random::Random;

/// Bytes between the pictures: what a write beyond a picture hits is compared, too.
const GUARD: u32 = 64;
/// What stands beside a surface object in place of a pitch: neither side may look at it.
const NO_PITCH: u32 = 3;

/// A picture in the memory of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picture {
    pub(crate) offset: u64,
    pub(crate) pitch: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// All pictures of a case lie in one piece of memory, and the addresses in `params` are offsets into it, so that the
/// same case can be put before the host and before the GPU. Where a picture is behind a surface object, its pixels come
/// from and go back to the same piece of memory, and what stands for the address is its number among `surfaces`.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) memory: Vec<u8>,
    params: OverlayParams,
    output: Picture,
    surfaces: Vec<Picture>,
    pub(crate) grid: (u32, u32),
    pub(crate) block: (u32, u32),
}

impl Case {
    /// An output of random pixels over a random background; `slack` words of 4 bytes follow every row.
    pub(crate) fn new(random: &mut Random, width: u32, height: u32, slack: u32) -> Self {
        let mut case = Self {
            memory: Vec::new(),
            params: OverlayParams {
                output: 0,
                pitch: 0,
                width,
                height,
                num_layers: 0,
                flags: 0,
                background: random.next() as u32,
                layers: [Layer::EMPTY; MAX_LAYERS],
            },
            output: Picture {
                offset: 0,
                pitch: 0,
                width,
                height,
            },
            surfaces: Vec::new(),
            grid: (1, 1),
            block: crate::kernel::BLOCK,
        };
        let output = case.picture(random, width, height, slack);
        case.output = output;
        (case.params.output, case.params.pitch) = (output.offset, output.pitch);
        case.grid = case.params.grid();
        case
    }

    /// Starts from the output's pixels instead of the background.
    pub(crate) fn keep(&mut self) {
        self.params.flags |= OVERLAY_KEEP;
    }

    pub(crate) fn output_size(&self) -> (u32, u32) {
        (self.params.width, self.params.height)
    }

    /// Adds a picture of random pixels to the memory.
    pub(crate) fn picture(
        &mut self,
        random: &mut Random,
        width: u32,
        height: u32,
        slack: u32,
    ) -> Picture {
        random.fill(&mut self.memory, GUARD as usize);
        let offset = self.memory.len() as u64;
        let pitch = (width + slack) * 4;
        random.fill(&mut self.memory, pitch as usize * height as usize);
        random.fill(&mut self.memory, GUARD as usize);
        Picture {
            offset,
            pitch,
            width,
            height,
        }
    }

    /// Lays a picture over the output; gives the layer for further changes.
    pub(crate) fn layer(&mut self, picture: Picture, x: i32, y: i32) -> &mut Layer {
        let layer = &mut self.params.layers[self.params.num_layers as usize];
        self.params.num_layers += 1;
        *layer = Layer {
            data: picture.offset,
            pitch: picture.pitch,
            x,
            y,
            width: picture.width,
            height: picture.height,
            alpha: 255,
            flags: 0,
            reserved: 0,
        };
        layer
    }

    /// Adds a layer that covers some of the output, with a random alpha and random flags.
    pub(crate) fn random_layer(&mut self, random: &mut Random) -> &mut Layer {
        let (width, height) = self.output_size();
        let slack = random.size(0..=3);
        let (layer_width, layer_height) = (random.size(0..=width + 8), random.size(0..=height + 8));
        let picture = self.picture(random, layer_width, layer_height, slack);
        let x = random.within(-i64::from(layer_width)..=i64::from(width)) as i32;
        let y = random.within(-i64::from(layer_height)..=i64::from(height)) as i32;
        let layer = self.layer(picture, x, y);
        layer.alpha = random.size(0..=255);
        layer.flags = random.pick([0, LAYER_OWN_ALPHA, LAYER_SWAP, LAYER_OWN_ALPHA | LAYER_SWAP]);
        layer
    }

    /// Puts the output's pixels behind a surface object.
    pub(crate) fn output_to_surface(&mut self) {
        self.params.output = self.surfaces.len() as u64;
        self.params.pitch = NO_PITCH;
        self.params.flags |= OVERLAY_SURFACE;
        self.surfaces.push(self.output);
    }

    /// Puts a layer's pixels behind a surface object; not those of an empty layer, of which no array can be made.
    pub(crate) fn layer_to_surface(&mut self, index: usize) {
        let layer = &mut self.params.layers[index];
        if layer.width == 0 || layer.height == 0 {
            return;
        }
        self.surfaces.push(Picture {
            offset: layer.data,
            pitch: layer.pitch,
            width: layer.width,
            height: layer.height,
        });
        layer.data = self.surfaces.len() as u64 - 1;
        layer.pitch = NO_PITCH;
        layer.flags |= LAYER_SURFACE;
    }

    /// The pictures that are behind surface objects.
    pub(crate) fn surfaces(&self) -> &[Picture] {
        &self.surfaces
    }

    /// How many layers there are.
    pub(crate) fn num_layers(&self) -> usize {
        self.params.num_layers as usize
    }

    /// Announces another number of layers than there are.
    pub(crate) fn claim_layers(&mut self, num_layers: u32) {
        self.params.num_layers = num_layers;
    }

    /// Sets the four bytes of a pixel of a picture.
    pub(crate) fn set_pixel(&mut self, picture: Picture, x: u32, y: u32, pixel: [u8; 4]) {
        let offset = picture.offset as usize + y as usize * picture.pitch as usize + x as usize * 4;
        self.memory[offset..offset + 4].copy_from_slice(&pixel);
    }

    /// The output as a picture.
    pub(crate) fn output(&self) -> Picture {
        self.output
    }

    /// The parameters for a copy of the memory at `base`, and for these objects in place of the surfaces.
    pub(crate) fn params_at(&self, base: u64, objects: &[u64]) -> OverlayParams {
        let data = |is_surface: bool, data: u64| {
            if is_surface {
                objects[data as usize]
            } else {
                base + data
            }
        };
        let mut params = self.params;
        params.output = data(params.flags & OVERLAY_SURFACE != 0, params.output);
        for layer in &mut params.layers[..MAX_LAYERS.min(self.params.num_layers as usize)] {
            layer.data = data(layer.flags & LAYER_SURFACE != 0, layer.data);
        }
        params
    }

    /// Pixels of the output that the launch reaches.
    pub(crate) fn num_pixels(&self) -> u64 {
        let reach = |grid: u32, block: u32, size: u32| {
            (u64::from(grid) * u64::from(block)).min(u64::from(size))
        };
        reach(self.grid.0, self.block.0, self.params.width)
            * reach(self.grid.1, self.block.1, self.params.height)
    }

    /// Size, layers and launch in a few words.
    pub(crate) fn summary(&self) -> String {
        let OverlayParams {
            width,
            height,
            num_layers,
            flags,
            ..
        } = self.params;
        let (grid, block) = (self.grid, self.block);
        format!(
            "{width}x{height}, {num_layers} layers, flags {flags}, {} surfaces, grid {grid:?}, block {block:?}",
            self.surfaces.len()
        )
    }

    /// Says where in the memory an offset lies.
    pub(crate) fn place(&self, offset: usize) -> String {
        let output = self.output();
        let inside = (offset as u64).checked_sub(output.offset);
        match inside {
            Some(inside) if inside < u64::from(output.pitch) * u64::from(output.height) => {
                let (y, column) = (
                    inside / u64::from(output.pitch),
                    inside % u64::from(output.pitch),
                );
                let (x, byte) = (column / 4, column % 4);
                let padding = if x < u64::from(output.width) {
                    ""
                } else {
                    " (padding)"
                };
                format!("output pixel {x}, {y}, byte {byte}{padding}")
            }
            Some(_) | None => format!("offset {offset}, outside the output"),
        }
    }
}
