//! The structs of both ABI families as far as they agree, and in [`Family`] where they differ.

use std::ffi::c_void;
use std::mem::offset_of;

use nvbufsurface_sys::classic::NvBufSurfacePlaneParams;
use nvbufsurface_sys::{classic, extended};

use crate::block::Block;

/// The beginning of a `NvBufSurface`, up to its list.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct SurfaceHead {
    pub(crate) gpu_id: u32,
    pub(crate) batch_size: u32,
    pub(crate) num_filled: u32,
    /// A `bool` of C; whatever a program put there.
    pub(crate) is_contiguous: u8,
    pub(crate) mem_type: u32,
    /// Entries of the family's size.
    pub(crate) list: *mut c_void,
}

/// The beginning of a `NvBufSurfaceParams`, up to the EGLImage.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct ParamsHead {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pitch: u32,
    pub(crate) color_format: u32,
    pub(crate) layout: u32,
    pub(crate) buffer_desc: u64,
    pub(crate) data_size: u32,
    pub(crate) data_ptr: *mut c_void,
    pub(crate) planes: NvBufSurfacePlaneParams,
    pub(crate) addr: [*mut c_void; 4],
    pub(crate) egl_image: *mut c_void,
}

/// The beginning of a `NvBufSurfaceCreateParams`: all of the classic one.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct CreateHead {
    pub(crate) gpu_id: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) size: u32,
    /// A `bool` of C; whatever a program put there.
    pub(crate) is_contiguous: u8,
    pub(crate) color_format: u32,
    pub(crate) layout: u32,
    pub(crate) mem_type: u32,
}

/// Proves that a field of ours is where both families have it.
macro_rules! agree {
    ($head:ident, $name:ident: $($field:ident = $($path:ident).+,)*) => {
        $(const _: () = assert!(
            offset_of!($head, $field) == offset_of!(classic::$name, $($path).+)
                && offset_of!($head, $field) == offset_of!(extended::$name, $($path).+)
        );)*
    };
}

agree! { SurfaceHead, NvBufSurface:
    gpu_id = gpuId, batch_size = batchSize, num_filled = numFilled,
    is_contiguous = isContiguous, mem_type = memType, list = surfaceList,
}
agree! { ParamsHead, NvBufSurfaceParams:
    width = width, height = height, pitch = pitch, color_format = colorFormat, layout = layout,
    buffer_desc = bufferDesc, data_size = dataSize, data_ptr = dataPtr, planes = planeParams,
    addr = mappedAddr.addr, egl_image = mappedAddr.eglImage,
}
agree! { CreateHead, NvBufSurfaceCreateParams:
    gpu_id = gpuId, width = width, height = height, size = size,
    is_contiguous = isContiguous, color_format = colorFormat, layout = layout, mem_type = memType,
}
const _: () = assert!(
    size_of::<CreateHead>() == size_of::<classic::NvBufSurfaceCreateParams>()
        && size_of::<classic::NvBufSurfacePlaneParams>()
            == size_of::<extended::NvBufSurfacePlaneParams>()
);

/// What `NvBufSurfaceAllocate` takes beside the parameters of creation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extra {
    pub(crate) scan_format: u32,
    pub(crate) chroma: [u8; 2],
}

impl Default for Extra {
    /// What a buffer has where nobody says: progressive, chroma left and between two rows.
    fn default() -> Self {
        Self {
            scan_format: classic::NVBUF_DISPLAYSCANFORMAT_PROGRESSIVE,
            chroma: [
                classic::NVBUFSURFACE_CHROMA_SUBSAMPLING_HORIZ_DEFAULT as u8,
                classic::NVBUFSURFACE_CHROMA_SUBSAMPLING_VERT_DEFAULT as u8,
            ],
        }
    }
}

/// Layout of the structs of libnvbufsurface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// R32 to R36.
    Classic,
    /// R39.
    Extended,
}

/// A number of a family, from its types.
macro_rules! of {
    ($family:expr, $module:ident => $value:expr) => {
        match $family {
            Family::Classic => {
                use classic as $module;
                $value
            }
            Family::Extended => {
                use extended as $module;
                $value
            }
        }
    };
}

pub(crate) use of;

impl Family {
    pub(crate) fn surface_size(self) -> usize {
        of!(self, sys => size_of::<sys::NvBufSurface>())
    }

    /// Bytes from an entry of the list to the next.
    pub(crate) fn stride(self) -> usize {
        of!(self, sys => size_of::<sys::NvBufSurfaceParams>())
    }

    /// Where an entry has `paramex`.
    pub(crate) fn paramex(self) -> usize {
        of!(self, sys => offset_of!(sys::NvBufSurfaceParams, paramex))
    }

    pub(crate) fn extra_size(self) -> usize {
        of!(self, sys => size_of::<sys::NvBufSurfaceParamsEx>())
    }

    /// Where `NvBufSurfaceAllocateParams` has scan format and chroma position.
    pub(crate) fn allocate_offsets(self) -> (usize, usize) {
        of!(self, sys => (
            offset_of!(sys::NvBufSurfaceAllocateParams, displayscanformat),
            offset_of!(sys::NvBufSurfaceAllocateParams, chromaSubsampling),
        ))
    }

    /// Where `NvBufSurfaceAllocateParams` has `disablePitchPadding`, in releases that have it.
    pub(crate) fn disable_pitch_padding(self) -> usize {
        of!(self, sys => offset_of!(sys::NvBufSurfaceAllocateParams, disablePitchPadding))
    }

    /// Where `NvBufSurface` has `isImportedBuf`, if it has.
    pub(crate) fn is_imported(self) -> Option<usize> {
        match self {
            // The releases of this family here are older than the field.
            Self::Classic => None,
            Self::Extended => Some(offset_of!(extended::NvBufSurface, isImportedBuf)),
        }
    }

    /// Where `NvBufSurfaceCreateParams` has reserved words, if it has.
    pub(crate) fn create_reserved(self) -> Option<usize> {
        match self {
            Self::Classic => None,
            Self::Extended => Some(offset_of!(extended::NvBufSurfaceCreateParams, _reserved)),
        }
    }

    /// Writes entry `index` of a list of `NvBufSurfaceParamsEx`.
    pub(crate) fn put_extra(self, list: &mut Block, index: usize, extra: Extra) {
        of!(self, sys => {
            let mut value = sys::NvBufSurfaceParamsEx::default();
            value.chromaSubsampling.chromaLocHoriz = extra.chroma[0];
            value.chromaSubsampling.chromaLocVert = extra.chroma[1];
            value.planeParamsex.scanformat = [extra.scan_format; 4];
            list.put(index * size_of::<sys::NvBufSurfaceParamsEx>(), value);
        });
    }
}
