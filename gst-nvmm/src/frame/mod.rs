//! A buffer's pixels as CUDA sees them.

mod look_up;
mod pending;

use std::ops::Deref;

use egl_cuda::{Context, CudaFrame};
use gst_video::{VideoColorimetry, VideoInfo};
use nvbuf::ColorFormat;

use crate::app::Place;
use crate::error::{Error, Result};
use crate::format;
use crate::memory::backing::Registered;
use crate::memory::key::Which;

pub(crate) use self::look_up::{find, lookup, only_memory};
pub(crate) use self::pending::end_all;
use self::pending::{Owner, Seen};

/// A GstBuffer as CUDA frame: pointers and pitches of its planes, and everything kept alive.
///
/// It may be kept and used on any thread: it holds the buffer, the surface and the registration.
/// Between [`NvmmFrame::begin`] and [`NvmmFrame::end`] the given stream may use the pixels.
///
/// Keep this, not a clone of the [`CudaFrame`] in it: only this holds the buffer, and with it a
/// surface that another element owns.
#[derive(Debug)]
pub struct NvmmFrame {
    // Dropped in this order: what is behind the view, the buffer that owns it all.
    backing: Registered,
    owner: Owner,
    seen: Seen,
    info: VideoInfo,
    buffer: gst::Buffer,
    /// In a sink that gives out a bounded number.
    place: Option<Place>,
}

impl NvmmFrame {
    /// The pixels of `buffer`, which `info` (from its caps) describes. The surface is registered
    /// with CUDA the first time it is seen, never again.
    ///
    /// # Errors
    ///
    /// [`Error::Buffer`] for a buffer that is not what `info` says, [`Error::Surface`] for a bad
    /// descriptor, [`Error::Cuda`] when it cannot be registered.
    #[inline]
    pub fn new(buffer: gst::Buffer, info: &VideoInfo, context: &Context) -> Result<Self> {
        Self::of(buffer, None, info, context)
    }

    /// Buffer `index` of a batch, as DeepStream's elements make them; 0 of any other.
    ///
    /// # Errors
    ///
    /// As [`NvmmFrame::new`], and [`Error::Buffer`] for an index beyond what is filled.
    pub fn of_batch(
        buffer: gst::Buffer,
        index: u32,
        info: &VideoInfo,
        context: &Context,
    ) -> Result<Self> {
        Self::of(buffer, Some(index), info, context)
    }

    #[inline]
    fn of(buffer: gst::Buffer, which: Which, info: &VideoInfo, context: &Context) -> Result<Self> {
        if context.ordinal() != 0 {
            return Err(Error::buffer(format!(
                "NVMM frames live on CUDA device 0, not {}: take Session::context",
                context.ordinal()
            )));
        }
        let (backing, owner) = lookup(&buffer, which, info)?;
        let backing = backing.registered(context)?;
        Ok(Self {
            backing,
            owner,
            seen: Seen::default(),
            info: info.clone(),
            buffer,
            place: None,
        })
    }

    /// The same, which takes one of a sink's places as long as it lives.
    pub(crate) fn in_place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// What the pixels are, from the caps.
    pub fn info(&self) -> &VideoInfo {
        &self.info
    }

    /// The surface's own pixel format, which says more than caps do: NV12 may be `NV12_709`.
    ///
    /// # Errors
    ///
    /// None that happens: the format was read when the frame was made.
    pub fn surface_format(&self) -> Result<ColorFormat> {
        self.backing.pixels().color_format()
    }

    /// What the pixels' colours are: as the surface's format says, or as the caps do where it says
    /// nothing. Decoders send surfaces that say more than their caps.
    pub fn colorimetry(&self) -> VideoColorimetry {
        let said = self.surface_format().ok().and_then(format::colorimetry);
        said.unwrap_or_else(|| self.info.colorimetry())
    }

    /// The buffer.
    pub fn buffer(&self) -> &gst::BufferRef {
        &self.buffer
    }

    /// Gives the buffer back.
    pub fn into_buffer(self) -> gst::Buffer {
        self.buffer
    }
}

impl Deref for NvmmFrame {
    type Target = CudaFrame;

    fn deref(&self) -> &CudaFrame {
        self.backing.frame()
    }
}

/// A frame that may be written: nobody else has its buffer or its memory, and neither is read-only.
///
/// It is an [`NvmmFrame`] by `Deref`; what a kernel gets of either are the same pointers.
#[derive(Debug)]
pub struct NvmmFrameMut(NvmmFrame);

impl NvmmFrameMut {
    /// As [`NvmmFrame::new`], for writing.
    ///
    /// # Errors
    ///
    /// As [`NvmmFrame::new`], and [`Error::Buffer`] for a buffer or memory that others have as well, or
    /// that is read-only, as DeepStream's batches are: take an output buffer from a pool.
    pub fn new(mut buffer: gst::Buffer, info: &VideoInfo, context: &Context) -> Result<Self> {
        match buffer.get_mut() {
            Some(buffer) => require_writable(buffer)?,
            None => return Err(shared()),
        }
        NvmmFrame::new(buffer, info, context).map(Self)
    }

    /// Gives the buffer back.
    pub fn into_buffer(self) -> gst::Buffer {
        self.0.into_buffer()
    }
}

impl Deref for NvmmFrameMut {
    type Target = NvmmFrame;

    fn deref(&self) -> &NvmmFrame {
        &self.0
    }
}

/// That nobody else has the memory of a buffer, and that it may be written.
pub(crate) fn require_writable(buffer: &mut gst::BufferRef) -> Result<()> {
    if is_writable(buffer) {
        Ok(())
    } else {
        Err(shared())
    }
}

/// Whether nobody else has the memory of a buffer, and it may be written.
pub(crate) fn is_writable(buffer: &mut gst::BufferRef) -> bool {
    // The core counts references here, and looks at this flag only when it maps.
    let is_read_only =
        |memory: &gst::MemoryRef| memory.flags().contains(gst::MemoryFlags::READONLY);
    buffer.is_all_memory_writable() && !buffer.iter_memories().any(is_read_only)
}

fn shared() -> Error {
    Error::buffer(
        "the buffer or its memory is shared with another buffer or read-only: take a new buffer from \
         a pool to write into",
    )
}
