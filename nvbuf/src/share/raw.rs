//! `NvBufSurfaceMapParams` of either family.

#![forbid(unsafe_code)]

use std::ffi::c_void;
use std::ptr;

use nvbufsurface_sys::{Family, classic, extended};

use super::description::{MapParams, Plane};
use crate::error::Result;

/// The struct that a library of the family reads and writes.
#[derive(Debug)]
pub(super) enum RawMapParams {
    Classic(classic::NvBufSurfaceMapParams),
    Extended(extended::NvBufSurfaceMapParams),
}

/// The same for the fields that both have, by the same names.
macro_rules! each {
    ($raw:expr, $value:ident => $result:expr) => {
        match $raw {
            RawMapParams::Classic($value) => $result,
            RawMapParams::Extended($value) => $result,
        }
    };
}

impl RawMapParams {
    /// For the library to write; zeros.
    pub(super) fn empty(family: Family) -> Self {
        match family {
            Family::Classic => Self::Classic(Default::default()),
            Family::Extended => Self::Extended(Default::default()),
        }
    }

    /// For the library to read. The description was checked, and the family is the library's.
    pub(super) fn of(description: &MapParams, fd: u64) -> Self {
        let d = description;
        let mut raw = Self::empty(d.family);
        each!(&mut raw, value => {
            value.num_planes = d.num_planes;
            value.gpuId = d.gpu;
            value.fd = fd;
            value.totalSize = d.total_size;
            value.memType = d.mem_type;
            value.layout = d.layout;
            value.scanformat = d.scan_format;
            value.colorFormat = d.color_format;
            value.chromaSubsampling.chromaLocHoriz = d.chroma[0];
            value.chromaSubsampling.chromaLocVert = d.chroma[1];
            for (to, from) in value.planes.iter_mut().zip(&d.planes) {
                to.width = from.width;
                to.height = from.height;
                to.pitch = from.pitch;
                to.offset = from.offset;
                to.psize = from.size;
                to.secondfieldoffset = from.second_field_offset;
                to.blockheightlog2 = from.block_height_log2;
                to.flags = from.flags;
            }
        });
        raw
    }

    /// What the library has written, checked. Its pointer to CUDA's part and its reserved words stay
    /// behind: they mean nothing in another process.
    pub(super) fn describe(&self) -> Result<MapParams> {
        let family = match self {
            Self::Classic(_) => Family::Classic,
            Self::Extended(_) => Family::Extended,
        };
        each!(self, value => MapParams {
            family,
            num_planes: value.num_planes,
            gpu: value.gpuId,
            total_size: value.totalSize,
            mem_type: value.memType,
            layout: value.layout,
            scan_format: value.scanformat,
            color_format: value.colorFormat,
            chroma: [
                value.chromaSubsampling.chromaLocHoriz,
                value.chromaSubsampling.chromaLocVert,
            ],
            planes: value.planes.map(|plane| Plane {
                width: plane.width,
                height: plane.height,
                pitch: plane.pitch,
                offset: plane.offset,
                size: plane.psize,
                second_field_offset: plane.secondfieldoffset,
                block_height_log2: plane.blockheightlog2,
                flags: plane.flags,
            }),
        }.check())
    }

    /// The struct, to be read.
    pub(super) fn as_ptr(&self) -> *const c_void {
        each!(self, value => ptr::from_ref(value).cast())
    }

    /// The struct, to be written.
    pub(super) fn as_mut_ptr(&mut self) -> *mut c_void {
        each!(self, value => ptr::from_mut(value).cast())
    }
}
