//! A buffer's pixels as CUDA sees them.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use egl_cuda::{Context, CudaFrame, Current, Stream};
use gst_video::{VideoColorimetry, VideoInfo};
use nvbuf::ColorFormat;

use crate::app::Place;
use crate::error::{Error, Result};
use crate::memory::backing::{Backing, Registered};
use crate::memory::import::{self, Which};
use crate::memory::interop::Shared;
use crate::{format, memory};

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

/// The recordings of work on the pixels that [`NvmmFrame::begin`] has waited for.
#[derive(Debug)]
struct Seen {
    owner: AtomicU64,
    /// In our own `Backing`, where the owner is another.
    ours: AtomicU64,
}

/// No number of recordings: whatever there is must be waited for.
const UNSEEN: u64 = u64::MAX;

/// Who keeps the pending event of a memory.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner {
    /// This copy of the crate: it is in the `Backing`.
    Ours,
    /// Another copy of the crate, which lends its functions.
    OtherCopy(SharedPtr),
    /// Nobody: peers give and expect finished pixels.
    Foreign,
}

/// The header of another copy's memory, valid as long as the buffer beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SharedPtr(*const Shared);

// SAFETY: the header's functions may be called on any thread, by the interface's contract.
unsafe impl Send for SharedPtr {}
// SAFETY: as above; nothing is written through it here.
unsafe impl Sync for SharedPtr {}

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
        let seen = Seen {
            owner: AtomicU64::new(UNSEEN),
            ours: AtomicU64::new(UNSEEN),
        };
        Ok(Self {
            backing,
            owner,
            seen,
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

    /// Makes `stream`, of the frame's context, wait for the work that is pending on the pixels.
    /// Before the first kernel.
    ///
    /// # Errors
    ///
    /// The driver's.
    pub fn begin(&self, stream: &Stream) -> Result<()> {
        self.begin_in(&stream.context().push()?, stream)
    }

    /// The same where the stream's context is current already.
    pub(crate) fn begin_in(&self, current: &Current<'_>, stream: &Stream) -> Result<()> {
        let seen = match self.owner {
            // SAFETY: the stream is alive; of a context other than the frame's, the driver refuses it.
            Owner::Ours => unsafe { self.backing.wait(current, stream.as_raw()) }?,
            Owner::OtherCopy(SharedPtr(shared)) => {
                let mut seen = UNSEEN;
                // Before the owner's: whatever is in ours by then is in the owner's, too.
                self.seen
                    .ours
                    .store(self.backing.recordings(), Ordering::Relaxed);
                // SAFETY: the buffer, and with it the header, is held by `self`.
                let wait = unsafe { (*shared).wait };
                // SAFETY: as above, the stream is alive, and `seen` a place for the number.
                other_copy("wait", unsafe {
                    wait(shared, stream.as_raw(), &raw mut seen)
                })?;
                seen
            }
            Owner::Foreign => UNSEEN,
        };
        self.seen.owner.store(seen, Ordering::Relaxed);
        Ok(())
    }

    /// Leaves the work given to `stream` so far pending on the pixels, for whoever uses them next.
    /// After the last kernel, also for frames that were only read: their owner may write next.
    ///
    /// Returns whether that could be done. If not (memory of an element that knows nothing of
    /// pending work), the stream must be finished before the frame is dropped:
    /// [`Stream::synchronize`].
    ///
    /// # Errors
    ///
    /// The driver's.
    #[must_use = "false asks for a synchronisation"]
    pub fn end(&self, stream: &Stream) -> Result<bool> {
        self.end_in(&stream.context().push()?, stream)
    }

    /// The same where the stream's context is current already.
    pub(crate) fn end_in(&self, current: &Current<'_>, stream: &Stream) -> Result<bool> {
        let seen = self.seen.owner.load(Ordering::Relaxed);
        match self.owner {
            // SAFETY: the stream is alive; of a context other than the frame's, the driver refuses it.
            Owner::Ours => unsafe { self.backing.record(current, stream.as_raw(), seen) }?,
            Owner::OtherCopy(SharedPtr(shared)) => {
                // SAFETY: the buffer, and with it the header, is held by `self`.
                let record = unsafe { (*shared).record };
                // SAFETY: as above, and the stream is alive.
                other_copy("record", unsafe { record(shared, stream.as_raw(), seen) })?;
                // Our registration of the owner's surface must outlast the work, too.
                let seen = self.seen.ours.load(Ordering::Relaxed);
                // SAFETY: as for our own.
                unsafe { self.backing.record(current, stream.as_raw(), seen) }?;
            }
            Owner::Foreign => return Ok(false),
        }
        Ok(true)
    }

    /// [`NvmmFrame::end`], and waits for the stream where the owner of the memory cannot: afterwards the
    /// frame may go to anybody.
    ///
    /// # Errors
    ///
    /// The driver's.
    pub fn finish(&self, stream: &Stream) -> Result<()> {
        if !self.end(stream)? {
            stream.synchronize()?;
        }
        Ok(())
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

impl Owner {
    /// Waits on the CPU for the work pending on the pixels of `buffer`.
    pub(crate) fn synchronize(self, backing: &Backing, buffer: &gst::BufferRef) -> Result<()> {
        match self {
            Self::Ours => backing.synchronize(),
            // Mapping makes the owner wait.
            Self::OtherCopy(_) => {
                import::map_address(buffer.peek_memory(0).as_ptr().cast_mut()).map(|_| ())
            }
            // `lookup` has mapped it.
            Self::Foreign => Ok(()),
        }
    }
}

fn other_copy(what: &str, code: u32) -> Result<()> {
    if code == 0 {
        return Ok(());
    }
    Err(Error::buffer(format!(
        "{what} on another plugin's memory failed with CUDA error {code}; its log says more"
    )))
}

/// What is behind a buffer, checked against its caps.
pub(crate) fn lookup(
    buffer: &gst::BufferRef,
    which: Which,
    info: &VideoInfo,
) -> Result<(Arc<Backing>, Owner)> {
    let (backing, owner) = find(buffer, which)?;
    let ((width, height), planes, color_format) = backing.pixels().shape()?;
    let size = (info.width(), info.height());
    let fits = (width, height) == size
        && planes.len() == info.n_planes() as usize
        && (planes[0].width, planes[0].height) == size
        && format::is_color_format(info.format(), color_format);
    if !fits {
        return Err(Error::buffer(format!(
            "caps say {}x{} {}, the surface is {width}x{height} {color_format} in {} planes: the element \
             before negotiated one thing and sent another",
            info.width(),
            info.height(),
            info.format(),
            planes.len()
        )));
    }
    Ok((backing, owner))
}

/// What is behind a buffer.
pub(crate) fn find(buffer: &gst::BufferRef, which: Which) -> Result<(Arc<Backing>, Owner)> {
    let memory = only_memory(buffer)?;
    if let Some(backing) = memory::backing(memory) {
        if let Some(index @ 1..) = which {
            return Err(Error::buffer(format!("buffer {index} of a surface of one")));
        }
        return Ok((Arc::clone(backing), Owner::Ours));
    }
    let backing = import::backing(memory, which)?;
    // SAFETY: the buffer holds the memory.
    let shared = unsafe { Shared::find(memory.as_ptr().cast_mut()) };
    let owner = shared.map_or(Owner::Foreign, |s| {
        Owner::OtherCopy(SharedPtr(std::ptr::from_ref(s)))
    });
    Ok((backing, owner))
}

/// The one memory that an NVMM buffer has.
pub(crate) fn only_memory(buffer: &gst::BufferRef) -> Result<&gst::MemoryRef> {
    match buffer.n_memory() {
        1 => Ok(buffer.peek_memory(0)),
        count => Err(Error::buffer(format!(
            "an NVMM buffer has one memory, this one has {count}: the element before does not make \
             NVMM buffers, or merged some"
        ))),
    }
}
