//! `CUarray`: opaque memory with a format, of the program or a plane of a block-linear frame.

#![forbid(unsafe_code)]

use std::ffi::c_uint;
use std::sync::Arc;

use super::error::{
    ARRAY_IS_MAPPED, CudaError, INVALID_HANDLE, INVALID_VALUE, NOT_SUPPORTED, OUT_OF_MEMORY,
};
use super::model::{MAX_1D, MAX_2D, MAX_3D, MAX_LAYERS};
use super::work::Side;
use super::{CuResult, Out, call, context, memory, queue};
use crate::functions::Function;
use crate::region::{Kind, Region};
use crate::stats::{COUNTERS, add, sub};
use crate::table::Table;

const LAYERED: c_uint = 1;
/// Surfaces can be made of it.
pub(crate) const SURFACE_LDST: c_uint = 2;
const CUBEMAP: c_uint = 4;
const TEXTURE_GATHER: c_uint = 8;
/// Rows of an array.
const PITCH: usize = 256;

/// `CUDA_ARRAY_DESCRIPTOR`
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Descriptor {
    width: usize,
    height: usize,
    format: c_uint,
    channels: c_uint,
}

/// `CUDA_ARRAY3D_DESCRIPTOR`
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Descriptor3D {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) depth: usize,
    pub(crate) format: c_uint,
    pub(crate) channels: c_uint,
    pub(crate) flags: c_uint,
}

const _: () = assert!(size_of::<Descriptor>() == 24, "the driver's struct");
const _: () = assert!(size_of::<Descriptor3D>() == 40, "the driver's struct");

/// An array; its pixels lie in rows all the same.
#[derive(Debug)]
pub(crate) struct Array {
    /// The handle of its context.
    pub(crate) context: usize,
    pub(crate) desc: Descriptor3D,
    /// Its memory, and where in the device's addresses it begins.
    pub(crate) region: Arc<Region>,
    pub(crate) address: usize,
    pub(crate) pitch: usize,
}

/// The arrays that exist.
static ARRAYS: Table<Array> = Table::new();

/// Bytes of a channel.
pub(crate) fn channel_bytes(format: c_uint) -> Option<usize> {
    match format {
        0x01 | 0x08 => Some(1),
        0x02 | 0x09 | 0x10 => Some(2),
        0x03 | 0x0a | 0x20 => Some(4),
        _ => None,
    }
}

impl Descriptor3D {
    /// Bytes of an element.
    pub(crate) fn element_bytes(&self) -> usize {
        channel_bytes(self.format).unwrap_or(1) * self.channels as usize
    }

    /// Elements of a row, rows, slices or layers: at least 1 each.
    pub(crate) fn extent(&self) -> [usize; 3] {
        [self.width, self.height.max(1), self.depth.max(1)]
    }

    fn check(&self) -> Result<(), CudaError> {
        if channel_bytes(self.format).is_none() {
            // Compressed, planar and normalised ones, as far as CUDA has named any.
            if !matches!(self.format, 0x50..=0x5f | 0x91..=0xcf) {
                return Err(INVALID_VALUE);
            }
            crate::log::unsupported(format_args!("arrays of format {:#x}", self.format));
            return Err(NOT_SUPPORTED);
        }
        if self.flags & !(LAYERED | SURFACE_LDST | TEXTURE_GATHER) != 0 {
            crate::log::unsupported(format_args!("arrays with flags {:#x}", self.flags));
            let known = self.flags & CUBEMAP != 0;
            return Err(if known { NOT_SUPPORTED } else { INVALID_VALUE });
        }
        let is_layered = self.flags & LAYERED != 0;
        let fits = match (self.width, self.height, self.depth) {
            (0, ..) => false,
            (w, 0, 0) => w <= MAX_1D && !is_layered,
            (w, h, 0) => w <= MAX_2D[0] && h <= MAX_2D[1] && !is_layered,
            (w, h, layers) if is_layered => w <= 32_768 && h <= 32_768 && layers <= MAX_LAYERS,
            (_, 0, _) => false,
            (w, h, d) => w.max(h).max(d) <= MAX_3D,
        };
        // Gathering is for plain 2D arrays.
        let gathers = self.flags & TEXTURE_GATHER != 0;
        let is_2d = self.height > 0 && self.depth == 0;
        if !fits || !matches!(self.channels, 1 | 2 | 4) || (gathers && !is_2d) {
            return Err(INVALID_VALUE);
        }
        Ok(())
    }
}

impl Array {
    /// Where it begins, for a copy.
    pub(crate) fn side(&self) -> Side {
        let slice = self.pitch * self.desc.height.max(1);
        Side {
            address: self.address,
            pitch: self.pitch,
            slice,
        }
    }

    /// Whether the program made it; else it is a plane of a frame.
    fn is_programs(&self) -> bool {
        self.region.kind() == Kind::Array
    }
}

/// A live array.
pub(crate) fn find(handle: usize) -> Option<Arc<Array>> {
    ARRAYS.get(handle)
}

/// Makes a plane of a frame an array.
pub(crate) fn add_plane(plane: Array) -> usize {
    ARRAYS.add(Arc::new(plane))
}

/// The end of such a plane.
pub(crate) fn remove_plane(handle: usize) {
    ARRAYS.remove(handle);
}

/// Frees the program's arrays of a context.
pub(crate) fn context_gone(context: usize) {
    ARRAYS.lock().retain(|_, array| {
        let goes = array.context == context && array.is_programs();
        if goes {
            free(array);
        }
        !goes
    });
}

fn free(array: &Array) {
    array.region.retire();
    memory::give_back(array.region.size());
    sub(&COUNTERS.device_allocations_alive);
}

/// `cuArrayCreate_v2`
pub(crate) extern "C" fn create(out: Out<'_, usize>, desc: Option<&Descriptor>) -> CuResult {
    call(Function::cuArrayCreate_v2, || {
        let desc = *desc.ok_or(INVALID_VALUE)?;
        let desc = Descriptor3D {
            width: desc.width,
            height: desc.height,
            depth: 0,
            format: desc.format,
            channels: desc.channels,
            flags: 0,
        };
        create_any(out, desc)
    })
}

/// `cuArray3DCreate_v2`
pub(crate) extern "C" fn create_3d(out: Out<'_, usize>, desc: Option<&Descriptor3D>) -> CuResult {
    call(Function::cuArray3DCreate_v2, || {
        create_any(out, *desc.ok_or(INVALID_VALUE)?)
    })
}

fn create_any(out: Out<'_, usize>, desc: Descriptor3D) -> Result<(), CudaError> {
    let context = context::current()?.handle;
    let out = out.ok_or(INVALID_VALUE)?;
    desc.check()?;
    let [width, height, depth] = desc.extent();
    let pitch = (width * desc.element_bytes()).next_multiple_of(PITCH);
    let size = pitch.checked_mul(height * depth).ok_or(OUT_OF_MEMORY)?;
    let region = memory::take(Kind::Array, size)?;
    add(&COUNTERS.device_allocations_alive, 1);
    out.write(ARRAYS.add(Arc::new(Array {
        context,
        desc,
        address: region.base(),
        region,
        pitch,
    })));
    Ok(())
}

/// `cuArrayGetDescriptor_v2`: of a 3D array the first slice.
pub(crate) extern "C" fn get_descriptor(out: Out<'_, Descriptor>, handle: usize) -> CuResult {
    call(Function::cuArrayGetDescriptor_v2, || {
        context::current()?;
        let desc = find(handle).ok_or(INVALID_HANDLE)?.desc;
        super::put(
            out,
            Descriptor {
                width: desc.width,
                height: desc.height,
                format: desc.format,
                channels: desc.channels,
            },
        )
    })
}

/// `cuArray3DGetDescriptor_v2`
pub(crate) extern "C" fn get_descriptor_3d(out: Out<'_, Descriptor3D>, handle: usize) -> CuResult {
    call(Function::cuArray3DGetDescriptor_v2, || {
        context::current()?;
        super::put(out, find(handle).ok_or(INVALID_HANDLE)?.desc)
    })
}

/// `cuArrayDestroy`: waits for the GPU, as freeing memory does. The planes of a frame stay.
pub(crate) extern "C" fn destroy(handle: usize) -> CuResult {
    call(Function::cuArrayDestroy, || {
        context::end(|context| {
            let array = find(handle).ok_or(INVALID_HANDLE)?;
            if !array.is_programs() {
                return Err(ARRAY_IS_MAPPED);
            }
            ARRAYS.remove(handle).ok_or(INVALID_HANDLE)?;
            queue::of_context(context.handle, |_| true).wait();
            free(&array);
            Ok(())
        })
    })
}
