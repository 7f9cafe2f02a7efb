//! GPU mode (`NVMM_SIM_GPU=1`): the pixels of buffers are in the memory of a real NVIDIA GPU, for the real
//! libcuda and libEGL of the machine.
//!
//! ```text
//! SURFACE_ARRAY, RGBA, BGRx, GRAY8   a texture, its one EGLImage, which the program registers (ARRAY frames)
//! CUDA_DEVICE, _PINNED, _UNIFIED     cuMemAlloc, cuMemHostAlloc, cuMemAllocManaged behind dataPtr
//! everything else                    host memory, as without a GPU
//! ```
//!
//! The simulator's engines and its CPU copies go on working on a region's host memory: it is filled from the
//! GPU before they look ([`Memory::fetch`]) and goes back when they have written ([`Memory::flush`]).

mod driver;
mod gl;
mod linear;
mod picture;

use std::io;
use std::ops::Range;

use linear::Linear;
use picture::Picture;

use crate::config;
use crate::nvbuf::buffer::Shape;
use crate::stats::{COUNTERS, add};

/// Whether buffers are in a GPU's memory.
pub(crate) fn is_on() -> bool {
    config::get().gpu
}

/// The GPU's memory of a region.
#[derive(Debug)]
pub(crate) enum Memory {
    Picture(Picture),
    Linear(Linear),
}

impl Memory {
    /// A texture for a picture of a format that the driver makes EGLImages of; `None` in host mode, and for
    /// other formats.
    pub(crate) fn picture(shape: &Shape) -> io::Result<Option<Self>> {
        if !is_on() {
            return Ok(None);
        }
        Ok(Picture::new(shape)?.map(Self::Picture))
    }

    /// Memory of one of CUDA's types; `None` in host mode, and for other types.
    pub(crate) fn linear(mem_type: u32, len: usize) -> io::Result<Option<Self>> {
        if !is_on() {
            return Ok(None);
        }
        Ok(Linear::new(mem_type, len)?.map(Self::Linear))
    }

    /// The EGLImage, if it has one.
    pub(crate) fn image(&self) -> Option<usize> {
        match self {
            Self::Picture(picture) => Some(picture.image()),
            Self::Linear(_) => None,
        }
    }

    /// The address that CUDA knows, if it has one.
    pub(crate) fn address(&self) -> Option<usize> {
        match self {
            Self::Picture(_) => None,
            Self::Linear(linear) => Some(linear.address()),
        }
    }

    /// Brings a part of the bytes to the host memory of the region; of a picture, all.
    ///
    /// # Safety
    ///
    /// `host` is the beginning of the region's memory, which is writable, and no Rust reference covers it.
    pub(crate) unsafe fn fetch(&self, host: usize, part: &Range<usize>) {
        let result = match self {
            // SAFETY: by this function's contract.
            Self::Picture(picture) => unsafe { picture.fetch(host) },
            // SAFETY: by this function's contract.
            Self::Linear(linear) => unsafe { linear.fetch(host, part) },
        };
        complain(result);
    }

    /// Takes a part of the bytes from the host memory of the region to the GPU; of a picture, all.
    ///
    /// # Safety
    ///
    /// `host` is the beginning of the region's memory, which is readable, and nobody writes it.
    pub(crate) unsafe fn flush(&self, host: usize, part: &Range<usize>) {
        let result = match self {
            // SAFETY: by this function's contract.
            Self::Picture(picture) => unsafe { picture.flush(host) },
            // SAFETY: by this function's contract.
            Self::Linear(linear) => unsafe { linear.flush(host, part) },
        };
        complain(result);
    }
}

/// Says what went wrong between host and GPU; the call that needed it has no way to fail.
fn complain(result: io::Result<()>) {
    if let Err(error) = result {
        add(&COUNTERS.gpu_errors, 1);
        let text = format_args!("pixels did not get to or from the GPU: {error}");
        if config::get().strict {
            crate::log::fatal(text);
        }
        crate::log::line(text);
    }
}
