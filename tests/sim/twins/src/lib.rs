//! Host twins of CUDA kernels: the same function as the kernel, written a second time and for the CPU.
//!
//! ```text
//! cuLaunchKernel(f = "nvmm_overlay", ...)  ->  simulator  ->  nvmm_twin_nvmm_overlay(launch, params)
//! ```
//!
//! The simulator has no GPU. Where a program launches a kernel it looks in this shared object for
//! `nvmm_twin_<name of the kernel>` and calls that with the geometry of the launch and the kernel's parameters, as
//! `cuLaunchKernel` got them. Device addresses are host addresses there; of a surface object a twin asks by its handle.
//!
//! A twin shares no code with its kernel, not even the definition of the parameters, and works by rows where the
//! kernel works by pixels. So it is worth comparing: `tests/gpu` runs kernel and twin on the same random parameters
//! and compares the pictures bit by bit on a real GPU. A twin is never its own judge: what it should compute is
//! written out in its tests, and end-to-end tests compare with GStreamer's CPU elements.

mod brightness;
mod object;
mod overlay;
mod picture;

pub use brightness::nvmm_twin_nvmm_brightness;
pub use object::{FindObject, Object};
pub use overlay::{
    LAYER_OWN_ALPHA, LAYER_SURFACE, LAYER_SWAP, Layer, MAX_LAYERS, OVERLAY_KEEP, OVERLAY_SURFACE,
    OverlayParams, nvmm_twin_nvmm_overlay,
};

/// The geometry of a kernel launch, as the simulator hands it to a twin.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Launch {
    /// Blocks in x, y and z.
    pub grid: [u32; 3],
    /// Threads per block in x, y and z.
    pub block: [u32; 3],
    /// Dynamic shared memory per block.
    pub shared_bytes: u32,
    /// Describes a surface object; none where no kernel is given any.
    pub object: Option<FindObject>,
}

impl Launch {
    /// Threads in one dimension; 0 when any dimension of the launch is empty, for then nothing runs.
    fn threads(&self, dimension: usize) -> u64 {
        if self.grid.contains(&0) || self.block.contains(&0) {
            return 0;
        }
        u64::from(self.grid[dimension]) * u64::from(self.block[dimension])
    }
}

const _: () = assert!(size_of::<Launch>() == 40 && align_of::<Launch>() == 8);
const _: () = assert!(std::mem::offset_of!(Launch, object) == 32);
