//! What another process needs to know of a buffer.

use std::ptr::NonNull;

use nvbufsurface_sys::Family;

use super::{Descriptor, Surface};
use crate::case::Failure;
use crate::check;
use crate::platform::Platform;

/// `NvBufSurfaceMapParams` of either family.
#[derive(Clone, Copy)]
pub(crate) enum Description {
    Classic(nvbufsurface_sys::classic::NvBufSurfaceMapParams),
    Extended(nvbufsurface_sys::extended::NvBufSurfaceMapParams),
}

/// The fields of a description that cases look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) fd: u64,
    pub(crate) total_size: u32,
    pub(crate) mem_type: u32,
    pub(crate) color_format: u32,
    pub(crate) layout: u32,
    /// Width, height, pitch and offset of each plane.
    pub(crate) planes: [[u32; 4]; 4],
    pub(crate) num_planes: u32,
}

/// Evaluates an expression on the struct of whichever family.
macro_rules! either {
    ($value:expr, $params:ident => $result:expr) => {
        match $value {
            Description::Classic($params) => $result,
            Description::Extended($params) => $result,
        }
    };
}

impl Description {
    /// `NvBufSurfaceGetMapParams`
    pub(crate) fn of(surface: &Descriptor, index: i32) -> Result<Self, Failure> {
        let library = surface.library();
        let mut this = match library.family() {
            Family::Classic => Self::Classic(Default::default()),
            Family::Extended => Self::Extended(Default::default()),
        };
        let get = library.functions().get_map_params;
        let get =
            get.ok_or_else(|| Failure::new("NvBufSurfaceGetMapParams", "no such function"))?;
        let out = either!(&mut this, params => std::ptr::from_mut(params).cast());
        // SAFETY: a live surface, and a struct of its family.
        let code = unsafe { get(surface.as_ptr(), index, out) };
        check::zero("NvBufSurfaceGetMapParams", code).map(|()| this)
    }

    /// `NvBufSurfaceImport`
    pub(crate) fn import(&self, platform: &Platform) -> Result<Surface, Failure> {
        let library = platform.surface()?;
        let import = library.functions().import;
        let import =
            import.ok_or_else(|| Failure::new("NvBufSurfaceImport", "no such function"))?;
        let mut raw = std::ptr::null_mut();
        let params = either!(self, params => std::ptr::from_ref(params).cast());
        // SAFETY: both pointers are valid for the call; the struct came from the same family, since
        // a process has one library.
        let code = unsafe { import(&raw mut raw, params) };
        check::zero("NvBufSurfaceImport", code)?;
        let raw = NonNull::new(raw).ok_or_else(|| Failure::new("a surface", "null"))?;
        // SAFETY: the library just made it, and nobody else knows it.
        Ok(Surface::owning(unsafe { Descriptor::new(raw, library) }))
    }

    /// The same with another fd: what an importer in another process has to do.
    pub(crate) fn with_fd(mut self, fd: i32) -> Self {
        either!(&mut self, params => params.fd = u64::from(fd.unsigned_abs()));
        self
    }

    /// The fields that both families have.
    pub(crate) fn summary(&self) -> Summary {
        either!(self, p => Summary {
            fd: p.fd,
            total_size: p.totalSize,
            mem_type: p.memType,
            color_format: p.colorFormat,
            layout: p.layout,
            planes: p.planes.map(|p| [p.width, p.height, p.pitch, p.offset]),
            num_planes: p.num_planes,
        })
    }

    /// Bytes of a family's struct.
    pub(crate) fn size(family: Family) -> usize {
        crate::family::in_family!(family, sys => size_of::<sys::NvBufSurfaceMapParams>())
    }

    /// The bytes, to send to another process.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        either!(self, params => {
            let start = std::ptr::from_ref(params).cast::<u8>();
            // SAFETY: the struct came zeroed from `Default`, padding included, and the library
            // wrote fields into it.
            unsafe { std::slice::from_raw_parts(start, size_of_val(params)) }.to_vec()
        })
    }

    /// What another process sent.
    pub(crate) fn from_bytes(platform: &Platform, bytes: &[u8]) -> Result<Self, Failure> {
        let family = platform.family()?;
        let mut this = match family {
            Family::Classic => Self::Classic(Default::default()),
            Family::Extended => Self::Extended(Default::default()),
        };
        either!(&mut this, params => {
            check::equal("bytes of a description", bytes.len(), size_of_val(params))?;
            let start = std::ptr::from_mut(params).cast::<u8>();
            // SAFETY: as long as the struct by the check above, which is plain numbers and a
            // pointer that nobody follows.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len()) };
        });
        Ok(this)
    }
}
