//! What is pending on a frame's pixels: waited for before they are used, left afterwards.

use std::sync::atomic::{AtomicU64, Ordering};

use egl_cuda::{Current, Stream};

use super::NvmmFrame;
use crate::counts::Counts;
use crate::error::{Error, Result};
use crate::log::CATEGORY;
use crate::memory::backing::Backing;
use crate::memory::import;
use crate::memory::interop::SharedPtr;
use crate::memory::why;

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

/// The recordings of work on the pixels that [`NvmmFrame::begin`] has waited for.
#[derive(Debug)]
pub(super) struct Seen {
    owner: AtomicU64,
    /// In our own `Backing`, where the owner is another.
    ours: AtomicU64,
}

/// No number of recordings: whatever there is must be waited for.
const UNSEEN: u64 = u64::MAX;

impl Default for Seen {
    fn default() -> Self {
        Self {
            owner: AtomicU64::new(UNSEEN),
            ours: AtomicU64::new(UNSEEN),
        }
    }
}

impl NvmmFrame {
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
                let code = unsafe { wait(shared, stream.as_raw(), &raw mut seen) };
                other_copy("wait", code, &self.buffer)?;
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
                let code = unsafe { record(shared, stream.as_raw(), seen) };
                other_copy("record", code, &self.buffer)?;
                // Our registration of the owner's surface must outlast the work, too.
                let seen = self.seen.ours.load(Ordering::Relaxed);
                // SAFETY: as for our own.
                unsafe { self.backing.record(current, stream.as_raw(), seen) }?;
            }
            Owner::Foreign => return Ok(false),
        }
        Ok(true)
    }

    /// Nothing is pending on the pixels, unless another stream was given work since [`NvmmFrame::begin`]:
    /// all that this one waited for and was given has finished. Instead of [`NvmmFrame::end`].
    fn finished(&self) {
        // What another copy of the crate keeps was left to it by other streams.
        let seen = match self.owner {
            Owner::Ours => &self.seen.owner,
            Owner::OtherCopy(_) | Owner::Foreign => &self.seen.ours,
        };
        self.backing.finished(seen.load(Ordering::Relaxed));
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

/// Ends the use of frames by a stream: its work is left pending on them, or, where the owner of one of
/// them cannot keep that, waited for.
///
/// # Errors
///
/// The driver's, of the wait.
pub(crate) fn end_all<'a>(
    frames: impl Iterator<Item = &'a NvmmFrame> + Clone,
    current: &Current<'_>,
    stream: &Stream,
) -> Result<()> {
    let is_kept = |frame: &NvmmFrame| !matches!(frame.owner, Owner::Foreign);
    let mut all_left = frames.clone().all(is_kept);
    if all_left {
        // The others are left also where one fails.
        for frame in frames.clone() {
            all_left &= frame.end_in(current, stream).unwrap_or_else(|error| {
                gst::error!(CATEGORY, "{error}");
                false
            });
        }
    }
    if !all_left {
        Counts::note(|counts| counts.synchronizations += 1);
        stream.synchronize_in(current)?;
        frames.for_each(NvmmFrame::finished);
    }
    Ok(())
}

fn other_copy(what: &str, code: u32, buffer: &gst::BufferRef) -> Result<()> {
    if code == 0 {
        return Ok(());
    }
    // SAFETY: the buffer holds it.
    let why = unsafe { why::take(buffer.peek_memory(0).as_ptr().cast_mut()) };
    Err(Error::buffer(format!(
        "{what} on another plugin's memory failed with {code}: {why}"
    )))
}
