//! What texture and surface objects are made of: the driver's structs, checked.

#![forbid(unsafe_code)]

use std::ffi::c_uint;
use std::sync::Arc;

use super::array::{self, Array, SURFACE_LDST, channel_bytes};
use super::error::{CudaError, INVALID_VALUE, NOT_SUPPORTED};
use super::model::{MAX_LINEAR, MAX_PITCHED, TEXTURE_ALIGNMENT, TEXTURE_PITCH_ALIGNMENT};
use crate::region::{self, Region};

const ARRAY: c_uint = 0;
const MIPMAPPED_ARRAY: c_uint = 1;
const LINEAR: c_uint = 2;
const PITCH_2D: c_uint = 3;

/// Integers, normalised coordinates, sRGB, no trilinear optimisation.
const KNOWN_FLAGS: c_uint = 0x33;
const LINEAR_FILTER: c_uint = 1;

/// `CUDA_RESOURCE_DESC`: the union as words.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct ResourceDesc {
    kind: c_uint,
    words: [usize; 16],
    flags: c_uint,
}

/// `CUDA_TEXTURE_DESC`
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct TextureDesc {
    address_mode: [c_uint; 3],
    filter_mode: c_uint,
    flags: c_uint,
    max_anisotropy: c_uint,
    mipmap_filter_mode: c_uint,
    mipmap_level: [f32; 3],
    border: [f32; 4],
    reserved: [c_uint; 12],
}

const _: () = assert!(size_of::<ResourceDesc>() == 144, "the driver's struct");
const _: () = assert!(size_of::<TextureDesc>() == 104, "the driver's struct");

/// `nvmm_sim_object` of `include/nvmm_sim_kernel.h`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct View {
    pixels: usize,
    pitch: u64,
    slice: u64,
    width: u32,
    height: u32,
    depth: u32,
    element_bytes: u32,
    format: u32,
    channels: u32,
    is_surface: u32,
    address_mode: [u32; 3],
    filter_mode: u32,
    flags: u32,
    border: [f32; 4],
}

const _: () = assert!(size_of::<View>() == 88, "the header's struct");

/// Memory that an object shows.
#[derive(Debug)]
pub(crate) struct Backing {
    pub(crate) region: Arc<Region>,
    /// The array, if it is one, with its handle.
    array: Option<(usize, Arc<Array>)>,
    address: usize,
}

impl Backing {
    /// Whether the memory is still the one that the object was made of.
    pub(crate) fn is_alive(&self) -> bool {
        match &self.array {
            Some((handle, array)) => {
                array::find(*handle).is_some_and(|now| Arc::ptr_eq(&now, array))
            }
            None => region::find(self.address).is_some_and(|now| Arc::ptr_eq(&now, &self.region)),
        }
    }
}

/// Half a word of the union.
fn low_and_high(word: usize) -> (c_uint, c_uint) {
    // The cut is meant: two numbers of 32 bits lie in the word, the first below on these machines.
    (word as c_uint, (word >> 32) as c_uint)
}

fn small(n: usize) -> Result<u32, CudaError> {
    u32::try_from(n).map_err(|_| INVALID_VALUE)
}

impl ResourceDesc {
    /// Finds the memory of a surface.
    pub(crate) fn of_surface(&self) -> Result<(View, Backing), CudaError> {
        if self.kind != ARRAY || self.flags != 0 {
            return Err(INVALID_VALUE);
        }
        let (mut view, backing) = self.of_array()?;
        let flags = backing.array.as_ref().map_or(0, |(_, a)| a.desc.flags);
        if flags & SURFACE_LDST == 0 {
            return Err(INVALID_VALUE);
        }
        view.is_surface = 1;
        Ok((view, backing))
    }

    /// Finds the memory of a texture.
    pub(crate) fn of_texture(&self, how: &TextureDesc) -> Result<(View, Backing), CudaError> {
        if self.flags != 0 {
            return Err(INVALID_VALUE);
        }
        let (mut view, backing) = match self.kind {
            ARRAY => self.of_array()?,
            LINEAR => self.of_linear()?,
            PITCH_2D => self.of_pitched()?,
            MIPMAPPED_ARRAY => {
                crate::log::unsupported(format_args!("textures on mipmapped arrays"));
                return Err(NOT_SUPPORTED);
            }
            _ => return Err(INVALID_VALUE),
        };
        how.check(view.format)?;
        view.address_mode = how.address_mode;
        view.filter_mode = how.filter_mode;
        view.flags = how.flags;
        view.border = how.border;
        Ok((view, backing))
    }

    fn of_array(&self) -> Result<(View, Backing), CudaError> {
        let handle = self.words[0];
        let array = array::find(handle).ok_or(INVALID_VALUE)?;
        let [width, height, depth] = array.desc.extent();
        let side = array.side();
        let view = View {
            pixels: side.address,
            pitch: side.pitch as u64,
            slice: side.slice as u64,
            width: small(width)?,
            height: small(height)?,
            depth: small(depth)?,
            element_bytes: small(array.desc.element_bytes())?,
            format: array.desc.format,
            channels: array.desc.channels,
            ..View::default()
        };
        let backing = Backing {
            region: Arc::clone(&array.region),
            address: side.address,
            array: Some((handle, array)),
        };
        Ok((view, backing))
    }

    fn of_linear(&self) -> Result<(View, Backing), CudaError> {
        let size = self.words[2];
        let (view, backing) = self.of_memory(size)?;
        let width = size / view.element_bytes as usize;
        if width == 0 || width > MAX_LINEAR {
            return Err(INVALID_VALUE);
        }
        let view = View {
            pitch: size as u64,
            slice: size as u64,
            width: small(width)?,
            height: 1,
            ..view
        };
        Ok((view, backing))
    }

    fn of_pitched(&self) -> Result<(View, Backing), CudaError> {
        let [width, height, pitch] = [self.words[2], self.words[3], self.words[4]];
        let [max_width, max_height, max_pitch] = MAX_PITCHED;
        let is_empty = width == 0 || height == 0;
        let is_large = width > max_width || height > max_height || pitch > max_pitch;
        if is_empty || is_large || !pitch.is_multiple_of(TEXTURE_PITCH_ALIGNMENT) {
            return Err(INVALID_VALUE);
        }
        let (_, channels) = low_and_high(self.words[1]);
        if channels > 4 {
            return Err(INVALID_VALUE);
        }
        let (format, _) = low_and_high(self.words[1]);
        let row = width * channels as usize * channel_bytes(format).ok_or(INVALID_VALUE)?;
        if row > pitch {
            return Err(INVALID_VALUE);
        }
        let (view, backing) = self.of_memory(pitch * (height - 1) + row)?;
        let view = View {
            pitch: pitch as u64,
            slice: (pitch * height) as u64,
            width: small(width)?,
            height: small(height)?,
            ..view
        };
        Ok((view, backing))
    }

    /// Linear memory of a length.
    fn of_memory(&self, len: usize) -> Result<(View, Backing), CudaError> {
        let address = self.words[0];
        let (format, channels) = low_and_high(self.words[1]);
        let channel = channel_bytes(format).ok_or(INVALID_VALUE)?;
        if !matches!(channels, 1 | 2 | 4) || !address.is_multiple_of(TEXTURE_ALIGNMENT) {
            return Err(INVALID_VALUE);
        }
        let region = region::find(address)
            .filter(|region| region.is_reachable() && region.holds(address, len))
            .ok_or(INVALID_VALUE)?;
        let view = View {
            pixels: address,
            depth: 1,
            element_bytes: small(channel * channels as usize)?,
            format,
            channels,
            ..View::default()
        };
        let backing = Backing {
            region,
            array: None,
            address,
        };
        Ok((view, backing))
    }
}

impl TextureDesc {
    fn check(&self, format: c_uint) -> Result<(), CudaError> {
        let modes = self.address_mode.iter().all(|mode| *mode <= 3);
        let filters = self.filter_mode <= 1 && self.mipmap_filter_mode <= 1;
        // Only numbers with a fraction can be between two others. That bytes stay integers is no hindrance to a driver
        // (seen on an H100, driver 580).
        let integer = matches!(format, 0x03 | 0x0a);
        let interpolates = self.filter_mode == LINEAR_FILTER;
        if !modes || !filters || self.flags & !KNOWN_FLAGS != 0 || (interpolates && integer) {
            return Err(INVALID_VALUE);
        }
        Ok(())
    }
}
