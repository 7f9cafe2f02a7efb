#![forbid(unsafe_code)]

use std::marker::PhantomData;
use std::sync::Arc;

use nvbuf::legacy::NvBuffer;
use nvbuf::{ColorFormat, Layout, PlaneParams, Surface};

use crate::error::Result;
use crate::frame::{find, only_memory};
use crate::memory::backing::Backing;
use crate::memory::pixels::Pixels;
use crate::memory::{self, Form, NvmmMemoryRef, import};

/// What a GstBuffer has behind it, ours or anybody's. For CUDA there is [`crate::NvmmFrame`], for the
/// CPU [`crate::read_cpu`]: they hold the buffer and check it against its caps.
pub trait NvmmBufferExt: sealed::Sealed {
    /// Whether it holds what its caps say when they say `memory:NVMM`: one memory that leads to a
    /// buffer of the platform, every field checked.
    fn is_nvmm(&self) -> bool;

    /// The memory, if this copy of the crate made it.
    fn nvmm_memory(&self) -> Option<&NvmmMemoryRef>;

    /// What mapping it gives.
    ///
    /// # Errors
    ///
    /// [`Error::Buffer`](crate::Error::Buffer) and [`Error::Surface`](crate::Error::Surface) for a
    /// buffer that is no NVMM, with what is wrong and what helps.
    fn nvmm_form(&self) -> Result<Form>;

    /// How many pictures it holds: more than one in DeepStream's batches alone.
    ///
    /// # Errors
    ///
    /// As [`NvmmBufferExt::nvmm_form`].
    fn num_nvmm_pictures(&self) -> Result<u32>;

    /// Picture `index`. Waits on the CPU for work that is pending on it.
    ///
    /// # Errors
    ///
    /// As [`NvmmBufferExt::nvmm_form`], for an index beyond what is filled, and the driver's.
    fn nvmm_pixels(&self, index: u32) -> Result<NvmmPixels<'_>>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for gst::BufferRef {}
}

impl NvmmBufferExt for gst::BufferRef {
    fn is_nvmm(&self) -> bool {
        self.nvmm_form().is_ok()
    }

    fn nvmm_memory(&self) -> Option<&NvmmMemoryRef> {
        only_memory(self)
            .ok()?
            .downcast_memory_ref::<memory::NvmmMemory>()
    }

    fn nvmm_form(&self) -> Result<Form> {
        let memory = only_memory(self)?;
        memory::backing(memory).map_or_else(|| import::form(memory), |ours| Ok(ours.form()))
    }

    fn num_nvmm_pictures(&self) -> Result<u32> {
        let memory = only_memory(self)?;
        memory::backing(memory).map_or_else(|| import::num_buffers(memory), |_| Ok(1))
    }

    fn nvmm_pixels(&self, index: u32) -> Result<NvmmPixels<'_>> {
        let (backing, owner) = find(self, Some(index))?;
        owner.synchronize(&backing, self)?;
        Ok(NvmmPixels {
            backing,
            _buffer: PhantomData,
        })
    }
}

/// One picture of a GstBuffer, which it borrows.
#[derive(Debug)]
pub struct NvmmPixels<'a> {
    backing: Arc<Backing>,
    _buffer: PhantomData<&'a gst::BufferRef>,
}

impl NvmmPixels<'_> {
    /// The surface, for transforms and everything else of `nvbuf`; a view of it where it is another
    /// element's. `None` for another element's buffer of the legacy form: see
    /// [`NvmmPixels::nv_buffer`].
    pub fn surface(&self) -> Option<&Surface> {
        self.backing.surface().map(Arc::as_ref)
    }

    /// The buffer of libnvbuf_utils, of another element on R32.
    pub fn nv_buffer(&self) -> Option<&NvBuffer<'_>> {
        match self.backing.pixels() {
            Pixels::NvBuffer(buffer) => Some(buffer),
            Pixels::Surface(_) => None,
        }
    }

    /// Its planes, as the library laid them out.
    ///
    /// # Errors
    ///
    /// None that happens: a view has one buffer.
    pub fn planes(&self) -> Result<&[PlaneParams]> {
        self.backing.pixels().planes()
    }

    /// How its pixels lie in memory: the CPU reaches those in rows ([`Layout::PITCH`]) alone.
    ///
    /// # Errors
    ///
    /// As [`NvmmPixels::planes`].
    pub fn layout(&self) -> Result<Layout> {
        self.backing.pixels().layout()
    }

    /// Its pixel format.
    ///
    /// # Errors
    ///
    /// As [`NvmmPixels::planes`].
    pub fn color_format(&self) -> Result<ColorFormat> {
        self.backing.pixels().color_format()
    }
}
