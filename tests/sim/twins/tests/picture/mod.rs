//! Pictures in host memory, and the twin launched on them.

use std::cell::RefCell;
use std::ffi::c_void;
use std::ptr;

use nvmm_sim_twins::{
    LAYER_SURFACE, Launch, Layer, MAX_LAYERS, OVERLAY_SURFACE, Object, OverlayParams,
    nvmm_twin_nvmm_overlay,
};

thread_local! {
    /// What this thread's launches may use: handle `n` is the n-th from 1 on.
    static SURFACES: RefCell<Vec<Object>> = const { RefCell::new(Vec::new()) };
    /// How often they asked.
    static QUESTIONS: RefCell<usize> = const { RefCell::new(0) };
}

/// Since the last time.
pub(crate) fn questions() -> usize {
    QUESTIONS.take()
}

/// # Safety
///
/// `object` is writable.
unsafe extern "C" fn find(handle: u64, object: *mut Object) -> i32 {
    QUESTIONS.with_borrow_mut(|n| *n += 1);
    let index = usize::try_from(handle).unwrap().checked_sub(1);
    let found = SURFACES.with_borrow(|all| index.and_then(|i| all.get(i).copied()));
    let Some(found) = found else {
        return -1;
    };
    // SAFETY: by this function's contract.
    unsafe { object.write(found) };
    0
}

/// A layer that covers nothing.
pub(crate) const NO_LAYER: Layer = Layer {
    data: 0,
    pitch: 0,
    x: 0,
    y: 0,
    width: 0,
    height: 0,
    alpha: 255,
    flags: 0,
    reserved: 0,
};

/// A picture of its own memory, with a pitch of its own.
pub(crate) struct Picture {
    pub(crate) bytes: Vec<u8>,
    width: u32,
    height: u32,
    pitch: u32,
}

impl Picture {
    pub(crate) fn new(width: u32, height: u32, pitch: u32, fill: u8) -> Self {
        let bytes = vec![fill; (pitch * height) as usize];
        Self {
            bytes,
            width,
            height,
            pitch,
        }
    }

    pub(crate) fn of_pixels<const W: usize, const H: usize>(pixels: [[[u8; 4]; W]; H]) -> Self {
        let bytes = pixels.into_iter().flatten().flatten().collect();
        Self {
            bytes,
            width: W as u32,
            height: H as u32,
            pitch: 4 * W as u32,
        }
    }

    pub(crate) fn layer(&self, x: i32, y: i32) -> Layer {
        let data = self.bytes.as_ptr().expose_provenance() as u64;
        Layer {
            data,
            pitch: self.pitch,
            x,
            y,
            width: self.width,
            height: self.height,
            ..NO_LAYER
        }
    }

    /// As a surface of pixels of 4 bytes; the handle that this thread's launches know it by.
    pub(crate) fn surface(&mut self) -> u64 {
        let object = Object {
            pixels: self.bytes.as_mut_ptr().expose_provenance() as u64,
            pitch: u64::from(self.pitch),
            width: self.width,
            height: self.height,
            depth: 1,
            element_bytes: 4,
            format: 1,
            channels: 4,
            is_surface: 1,
            ..Object::default()
        };
        SURFACES.with_borrow_mut(|all| {
            all.push(object);
            all.len() as u64
        })
    }

    /// As [`Self::layer`], by a surface; the pitch is none.
    pub(crate) fn surface_layer(&mut self, x: i32, y: i32) -> Layer {
        Layer {
            data: self.surface(),
            pitch: 3,
            flags: LAYER_SURFACE,
            ..self.layer(x, y)
        }
    }

    pub(crate) fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        let offset = (y * self.pitch + x * 4) as usize;
        self.bytes[offset..offset + 4].try_into().unwrap()
    }

    pub(crate) fn rows(&self) -> Vec<Vec<[u8; 4]>> {
        (0..self.height)
            .map(|y| (0..self.width).map(|x| self.pixel(x, y)).collect())
            .collect()
    }

    /// Launches the twin with enough threads for the whole picture.
    pub(crate) fn overlay(&mut self, flags: u32, background: [u8; 4], layers: &[Layer]) {
        let grid = [
            self.width.div_ceil(32).max(1),
            self.height.div_ceil(8).max(1),
            1,
        ];
        self.launch(grid, [32, 8, 1], flags, background, layers);
    }

    pub(crate) fn launch(
        &mut self,
        grid: [u32; 3],
        block: [u32; 3],
        flags: u32,
        background: [u8; 4],
        layers: &[Layer],
    ) {
        let output = if flags & OVERLAY_SURFACE == 0 {
            self.bytes.as_mut_ptr().expose_provenance() as u64
        } else {
            self.surface()
        };
        self.launch_to(output, grid, block, flags, background, layers);
    }

    /// Launches with an output of this size at an address or handle.
    pub(crate) fn launch_to(
        &self,
        output: u64,
        grid: [u32; 3],
        block: [u32; 3],
        flags: u32,
        background: [u8; 4],
        layers: &[Layer],
    ) {
        let mut params = OverlayParams {
            output,
            pitch: self.pitch,
            width: self.width,
            height: self.height,
            num_layers: layers.len() as u32,
            flags,
            background: u32::from_le_bytes(background),
            layers: [NO_LAYER; MAX_LAYERS],
        };
        params.layers[..layers.len()].copy_from_slice(layers);
        let launch = Launch {
            grid,
            block,
            shared_bytes: 0,
            object: Some(find),
        };
        let pointers: [*mut c_void; 1] = [ptr::from_mut(&mut params).cast()];
        // SAFETY: launch and parameters live across the call; output and layers are pictures that live at least as
        // long, with the sizes and pitches that the parameters name.
        unsafe { nvmm_twin_nvmm_overlay(&raw const launch, pointers.as_ptr()) };
    }
}
