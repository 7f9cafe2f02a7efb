//! What is behind one NVMM memory: the surface, its CUDA registration and its pending event.

use std::ffi::c_void;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use egl_cuda::sys::CUstream;
use egl_cuda::{Context, CudaFrame, Current, Event, Stream};
use nvbuf::Surface;
use nvbuf::legacy::ExtractedFd;

use crate::counts::Counts;
use crate::error::{Error, Result};
use crate::log::CATEGORY;
use crate::memory::form::Form;
use crate::memory::interop::Shared;
use crate::memory::legacy::{Block, Imported};
use crate::memory::pixels::Pixels;

/// A surface with what CUDA knows of it. Registered at most once in its life.
///
/// The pending event stands for all work that kernels were given on these pixels: whoever touches
/// them next waits for it, on a stream or on the CPU. One event is enough because each user's stream
/// has waited for the last recording when it records anew.
#[derive(Debug)]
pub(crate) struct Backing {
    // Dropped first: unregisters from CUDA and destroys the EGLImage before the surface goes.
    frame: OnceLock<CudaFrame>,
    cuda: Mutex<Cuda>,
    pixels: Pixels,
    /// What a memory of ours in the legacy form maps to.
    block: Option<Block>,
    // Given back, if it has to be, after the buffer that it is of.
    _fd: Option<ExtractedFd>,
}

#[derive(Debug, Default)]
struct Cuda {
    event: Option<Event>,
    is_pending: bool,
    recordings: u64,
}

impl Backing {
    /// A surface of ours, for memory of a form.
    pub(crate) fn new(surface: Surface, form: Form) -> Result<Self> {
        let block = match form {
            Form::Legacy => Some(Block::of(&surface)?),
            Form::Surface => None,
        };
        Ok(Self::with(Pixels::Surface(Arc::new(surface)), block, None))
    }

    /// A view of somebody else's surface.
    pub(crate) fn view(surface: Surface) -> Self {
        Self::with(Pixels::Surface(Arc::new(surface)), None, None)
    }

    /// Somebody else's buffer of libnvbuf_utils.
    pub(crate) fn imported(imported: Imported) -> Self {
        Self::with(Pixels::NvBuffer(imported.buffer), None, Some(imported.fd))
    }

    fn with(pixels: Pixels, block: Option<Block>, fd: Option<ExtractedFd>) -> Self {
        Self {
            frame: OnceLock::new(),
            cuda: Mutex::default(),
            pixels,
            block,
            _fd: fd,
        }
    }

    pub(crate) fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// The surface; `None` for a buffer of libnvbuf_utils, which ours never are.
    pub(crate) fn surface(&self) -> Option<&Arc<Surface>> {
        match &self.pixels {
            Pixels::Surface(surface) => Some(surface),
            Pixels::NvBuffer(_) => None,
        }
    }

    pub(crate) fn form(&self) -> Form {
        match (&self.block, &self.pixels) {
            (None, Pixels::Surface(_)) => Form::Surface,
            _ => Form::Legacy,
        }
    }

    /// What a memory of ours maps to, and how many bytes that are.
    pub(crate) fn mapping(&self) -> (*mut c_void, usize) {
        match (&self.block, &self.pixels) {
            (Some(block), _) => (block.address(), block.size()),
            (None, Pixels::Surface(surface)) => (surface.as_ptr().cast(), surface.raw_size()),
            (None, Pixels::NvBuffer(buffer)) => (buffer.as_ptr(), buffer.raw_size()),
        }
    }

    fn cuda(&self) -> MutexGuard<'_, Cuda> {
        // Each step leaves the state consistent, so a panic elsewhere does not spoil it.
        self.cuda.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Registers the first buffer with CUDA, the first time.
    #[inline]
    pub(crate) fn registered(self: Arc<Self>, context: &Context) -> Result<Registered> {
        if self.frame.get().is_none() {
            self.register(context)?;
        }
        Ok(Registered(self))
    }

    #[cold]
    fn register(&self, context: &Context) -> Result<()> {
        // One thread at a time.
        let _cuda = self.cuda();
        if self.frame.get().is_some() {
            return Ok(());
        }
        let frame = match &self.pixels {
            Pixels::Surface(surface) => CudaFrame::map(context, surface, 0)?,
            Pixels::NvBuffer(buffer) => CudaFrame::map(context, buffer, 0)?,
        };
        Counts::note(|counts| counts.registrations += 1);
        // Nobody else sets it: the lock is held.
        self.frame.get_or_init(|| frame);
        Ok(())
    }

    /// What the surface is, or would be, registered in.
    pub(crate) fn context(&self) -> Result<Context> {
        self.context_by(self.cuda().event.as_ref())
    }

    fn context_by(&self, event: Option<&Event>) -> Result<Context> {
        let frame = self.frame.get().map(CudaFrame::context);
        match frame.or(event.map(Event::context)) {
            Some(context) => Ok(context.clone()),
            // Another copy of the crate has the frames, and this is the first one.
            None => Ok(Context::primary(0)?),
        }
    }

    /// Makes `stream` wait for the work that is pending on the pixels. Returns the number of
    /// recordings so far, for [`Backing::record`].
    ///
    /// # Safety
    ///
    /// `stream` is a stream, alive.
    pub(crate) unsafe fn wait(&self, current: &Current<'_>, stream: CUstream) -> Result<u64> {
        let cuda = self.cuda();
        if let (true, Some(event)) = (cuda.is_pending, &cuda.event) {
            // SAFETY: by this function's contract.
            unsafe { event.wait_in(current, stream) }?;
        }
        Ok(cuda.recordings)
    }

    /// How often work was recorded so far.
    pub(crate) fn recordings(&self) -> u64 {
        self.cuda().recordings
    }

    /// Leaves a pending event: everything given to `stream` so far. `seen` is the number of
    /// recordings that `wait` has returned for this use.
    ///
    /// # Safety
    ///
    /// As [`Backing::wait`].
    pub(crate) unsafe fn record(
        &self,
        current: &Current<'_>,
        stream: CUstream,
        seen: u64,
    ) -> Result<()> {
        let mut cuda = self.cuda();
        let cuda = &mut *cuda;
        let event = match &mut cuda.event {
            Some(event) => event,
            none => none.insert(Event::new(&self.context_by(None)?)?),
        };
        if cuda.is_pending && cuda.recordings != seen {
            // Another stream has recorded work since this one waited.
            // SAFETY: by this function's contract.
            unsafe { event.wait_in(current, stream) }?;
        }
        // SAFETY: by this function's contract.
        unsafe { event.record_in(current, stream) }?;
        cuda.recordings += 1;
        cuda.is_pending = true;
        Ok(())
    }

    /// The work that was pending when there were so many recordings has finished, and so has all that
    /// was given to the stream that waited for it.
    pub(crate) fn finished(&self, seen: u64) {
        let mut cuda = self.cuda();
        if cuda.recordings == seen {
            cuda.is_pending = false;
        }
    }

    /// Waits on the CPU for the work that is pending on the pixels.
    pub(crate) fn synchronize(&self) -> Result<()> {
        let mut cuda = self.cuda();
        if let (true, Some(event)) = (cuda.is_pending, &cuda.event) {
            Counts::note(|counts| counts.synchronizations += 1);
            event.synchronize()?;
            cuda.is_pending = false;
        }
        Ok(())
    }

    /// Takes over what the memory's owner, another copy of the crate, has pending on the pixels, so that our
    /// registration outlasts it: the owner itself waits only after ours has gone.
    ///
    /// # Safety
    ///
    /// `shared` is the header of the memory, valid for the call.
    pub(crate) unsafe fn take_over(&self, shared: *const Shared) -> Result<()> {
        let Some(frame) = self.frame.get() else {
            return Ok(());
        };
        let current = frame.context().push()?;
        let stream = Stream::new(frame.context())?;
        // SAFETY: the stream is alive.
        let seen = unsafe { self.wait(&current, stream.as_raw()) }?;
        let mut of_owner = 0;
        // SAFETY: by this function's contract.
        let wait = unsafe { (*shared).wait };
        // SAFETY: as above, the stream is alive, and there is a place for the number.
        let code = unsafe { wait(shared, stream.as_raw(), &raw mut of_owner) };
        if code != 0 {
            return Err(Error::buffer(format!(
                "its owner's wait gives {code}: see its log"
            )));
        }
        // SAFETY: the stream is alive.
        unsafe { self.record(&current, stream.as_raw(), seen) }
    }
}

/// A backing that is registered with CUDA.
///
/// # Invariants
///
/// Its `frame` is set.
#[derive(Debug)]
pub(crate) struct Registered(Arc<Backing>);

impl Registered {
    /// The first buffer as CUDA sees it.
    pub(crate) fn frame(&self) -> &CudaFrame {
        // SAFETY: by the type's invariant it is set, and once set it stays.
        unsafe { self.0.frame.get().unwrap_unchecked() }
    }
}

impl Deref for Registered {
    type Target = Backing;

    fn deref(&self) -> &Backing {
        &self.0
    }
}

impl Drop for Backing {
    /// Kernels may still run on the pixels: they must not be unregistered under them.
    fn drop(&mut self) {
        if let Err(error) = self.synchronize() {
            gst::error!(
                CATEGORY,
                "work pending on a surface that goes failed: {error}"
            );
            // The error may be of the call and not of the work.
            if let Some(frame) = self.frame.get()
                && let Err(error) = frame.context().synchronize()
            {
                gst::error!(CATEGORY, "nor can all work be waited for: {error}");
            }
        }
    }
}
