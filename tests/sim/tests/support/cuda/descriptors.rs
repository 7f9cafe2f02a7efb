//! The driver's structs for boxes, arrays and objects.

use std::ffi::{c_uint, c_void};

use super::Half;

/// Half of a `CUDA_MEMCPY3D`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Half3 {
    pub(crate) start: [usize; 3],
    pub(crate) level_of_detail: usize,
    memory_type: c_uint,
    host: *mut c_void,
    device: usize,
    array: usize,
    reserved: usize,
    pitch: usize,
    rows: usize,
}

impl Half3 {
    /// The same memory as of a rectangle, with so many rows to a slice.
    pub(crate) fn of(half: Half, rows: usize) -> Self {
        Self {
            start: [half.x_in_bytes, half.y, 0],
            level_of_detail: 0,
            memory_type: half.memory_type,
            host: half.host,
            device: half.device,
            array: half.array,
            reserved: 0,
            pitch: half.pitch,
            rows,
        }
    }

    pub(crate) fn slice(mut self, z: usize) -> Self {
        self.start[2] = z;
        self
    }
}

/// `CUDA_MEMCPY3D`
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Copy3D {
    pub(crate) from: Half3,
    pub(crate) to: Half3,
    pub(crate) size: [usize; 3],
}

/// `CUDA_ARRAY_DESCRIPTOR`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct ArrayDesc {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) format: c_uint,
    pub(crate) channels: c_uint,
}

/// `CUDA_ARRAY3D_DESCRIPTOR`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct ArrayDesc3 {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) depth: usize,
    pub(crate) format: c_uint,
    pub(crate) channels: c_uint,
    pub(crate) flags: c_uint,
}

/// `CUDA_RESOURCE_DESC`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct ResourceDesc {
    pub(crate) kind: c_uint,
    pub(crate) words: [usize; 16],
    pub(crate) flags: c_uint,
}

impl ResourceDesc {
    fn new(kind: c_uint, words: &[usize]) -> Self {
        let mut desc = Self {
            kind,
            ..Self::default()
        };
        desc.words[..words.len()].copy_from_slice(words);
        desc
    }

    pub(crate) fn array(array: usize) -> Self {
        Self::new(0, &[array])
    }

    /// Bytes in a row, of one channel.
    pub(crate) fn linear(address: usize, size: usize) -> Self {
        Self::new(2, &[address, 1 | 1 << 32, size])
    }

    /// Rows of bytes, of one channel.
    pub(crate) fn pitched(address: usize, [width, height, pitch]: [usize; 3]) -> Self {
        Self::new(3, &[address, 1 | 1 << 32, width, height, pitch])
    }
}

/// `CUDA_TEXTURE_DESC`
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub(crate) struct TextureDesc {
    pub(crate) address_mode: [c_uint; 3],
    pub(crate) filter_mode: c_uint,
    pub(crate) flags: c_uint,
    pub(crate) max_anisotropy: c_uint,
    pub(crate) mipmap_filter_mode: c_uint,
    pub(crate) mipmap_level: [f32; 3],
    pub(crate) border: [f32; 4],
    pub(crate) reserved: [c_uint; 12],
}
