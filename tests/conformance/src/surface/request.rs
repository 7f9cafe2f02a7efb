//! What a surface is asked for.

use std::ptr::NonNull;

use nvbufsurface_sys::extended::NvBufSurfaceCreateParams;
use nvbufsurface_sys::{ColorFormat, Layout, MemType};

use super::{Descriptor, Surface};
use crate::case::Failure;
use crate::check;
use crate::family::in_family;
use crate::platform::Platform;

/// A batch to allocate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) format: ColorFormat,
    pub(crate) layout: Layout,
    pub(crate) mem_type: MemType,
    pub(crate) batch: u32,
    pub(crate) contiguous: bool,
    /// Bytes of a buffer without a picture.
    pub(crate) size: u32,
}

/// What `NvBufSurfaceAllocate` takes beyond that.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extra {
    pub(crate) tag: u32,
    pub(crate) unpadded: bool,
}

impl Wanted {
    /// One pitch-linear picture in memory that engines and the GPU reach.
    pub(crate) const fn picture(format: ColorFormat, width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            format,
            layout: Layout::PITCH,
            mem_type: MemType::SURFACE_ARRAY,
            batch: 1,
            contiguous: false,
            size: 0,
        }
    }

    pub(crate) const fn batch(self, batch: u32) -> Self {
        Self { batch, ..self }
    }

    pub(crate) const fn memory(self, mem_type: MemType) -> Self {
        Self { mem_type, ..self }
    }

    pub(crate) const fn block_linear(self) -> Self {
        Self {
            layout: Layout::BLOCK_LINEAR,
            ..self
        }
    }

    /// `NvBufSurfaceCreate`, and `numFilled` as NVIDIA's elements set it.
    pub(crate) fn create(self, platform: &Platform) -> Result<Surface, Failure> {
        let surface = self.create_unfilled(platform)?;
        surface.fill(self.batch);
        Ok(surface)
    }

    /// `NvBufSurfaceCreate`
    pub(crate) fn create_unfilled(self, platform: &Platform) -> Result<Surface, Failure> {
        let library = platform.surface()?;
        let mut params = self.params();
        let mut raw = std::ptr::null_mut();
        // SAFETY: both pointers are valid for the call; the classic family reads the first half of
        // the parameters.
        let code =
            unsafe { (library.functions().create)(&raw mut raw, self.batch, &raw mut params) };
        check::zero(format_args!("NvBufSurfaceCreate of {self:?}"), code)?;
        let raw = NonNull::new(raw).ok_or_else(|| Failure::new("a surface", "null"))?;
        // SAFETY: the library just made it, and nobody else knows it.
        Ok(Surface::owning(unsafe { Descriptor::new(raw, library) }))
    }

    fn params(self) -> NvBufSurfaceCreateParams {
        NvBufSurfaceCreateParams {
            width: self.width,
            height: self.height,
            size: self.size,
            isContiguous: self.contiguous,
            colorFormat: self.format.0,
            layout: self.layout.0,
            memType: self.mem_type.0,
            ..Default::default()
        }
    }

    /// `NvBufSurfaceAllocate`
    pub(crate) fn allocate(self, platform: &Platform, extra: Extra) -> Result<Surface, Failure> {
        let library = platform.surface()?;
        let allocate = library.functions().allocate;
        let allocate =
            allocate.ok_or_else(|| Failure::new("NvBufSurfaceAllocate", "no such function"))?;
        let mut raw = std::ptr::null_mut();
        let code = in_family!(library.family(), sys => {
            let mut more = sys::NvBufSurfaceAllocateParams::default();
            more.params.width = self.width;
            more.params.height = self.height;
            more.params.size = self.size;
            more.params.isContiguous = self.contiguous;
            more.params.colorFormat = self.format.0;
            more.params.layout = self.layout.0;
            more.params.memType = self.mem_type.0;
            more.chromaSubsampling.chromaLocVert = 1;
            more.memtag = extra.tag;
            more.disablePitchPadding = extra.unpadded;
            let more = (&raw mut more).cast();
            // SAFETY: both pointers are valid for the call, the parameters of the family.
            unsafe { allocate(&raw mut raw, self.batch, more) }
        });
        check::zero("NvBufSurfaceAllocate", code)?;
        let raw = NonNull::new(raw).ok_or_else(|| Failure::new("a surface", "null"))?;
        // SAFETY: the library just made it, and nobody else knows it.
        let surface = Surface::owning(unsafe { Descriptor::new(raw, library) });
        surface.fill(self.batch);
        Ok(surface)
    }
}
