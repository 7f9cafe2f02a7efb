//! What is behind one NVMM memory: the surface, its CUDA registration and its pending event.

use std::sync::{Arc, Mutex, MutexGuard};

use egl_cuda::sys::CUstream;
use egl_cuda::{Context, CudaFrame, Event};
use nvbuf::Surface;

use crate::error::{Error, Result};
use crate::log::CATEGORY;

/// A surface with what CUDA knows of it. Registered at most once in its life.
///
/// The pending event stands for all work that kernels were given on these pixels: whoever touches
/// them next waits for it, on a stream or on the CPU. One event is enough because each user's stream
/// has waited for the last recording when it records anew.
#[derive(Debug)]
pub(crate) struct Backing {
    // Dropped first: unregisters from CUDA and destroys the EGLImage before the surface goes.
    cuda: Mutex<Cuda>,
    surface: Arc<Surface>,
}

#[derive(Debug, Default)]
struct Cuda {
    frame: Option<CudaFrame>,
    event: Option<Event>,
    is_pending: bool,
    recordings: u64,
}

impl Backing {
    pub(crate) fn new(surface: Surface) -> Self {
        Self {
            cuda: Mutex::default(),
            surface: Arc::new(surface),
        }
    }

    pub(crate) fn surface(&self) -> &Arc<Surface> {
        &self.surface
    }

    fn cuda(&self) -> MutexGuard<'_, Cuda> {
        // Each step leaves the state consistent, so a panic elsewhere does not spoil it.
        self.cuda.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The first buffer as CUDA sees it; registers it the first time.
    pub(crate) fn frame(&self, context: &Context) -> Result<CudaFrame> {
        let mut cuda = self.cuda();
        if let Some(frame) = &cuda.frame {
            return Ok(frame.clone());
        }
        let frame = CudaFrame::map(context, &self.surface, 0)?;
        Ok(cuda.frame.insert(frame).clone())
    }

    /// Makes `stream` wait for the work that is pending on the pixels. Returns the number of
    /// recordings so far, for [`Backing::record`].
    ///
    /// # Safety
    ///
    /// `stream` is a stream, alive.
    pub(crate) unsafe fn wait(&self, stream: CUstream) -> Result<u64> {
        let cuda = self.cuda();
        if let (true, Some(event)) = (cuda.is_pending, &cuda.event) {
            // SAFETY: by this function's contract.
            unsafe { event.wait_raw(stream) }?;
        }
        Ok(cuda.recordings)
    }

    /// How often work was recorded so far.
    pub(crate) fn recordings(&self) -> u64 {
        self.cuda().recordings
    }

    /// Leaves a pending event: everything given to `stream` so far. `seen` is the number of
    /// recordings that the stream has waited for; where there are more, it waits first.
    ///
    /// # Safety
    ///
    /// As [`Backing::wait`].
    pub(crate) unsafe fn record(&self, stream: CUstream, seen: u64) -> Result<()> {
        let mut cuda = self.cuda();
        let cuda = &mut *cuda;
        let event = match &mut cuda.event {
            Some(event) => event,
            none => none.insert(Event::new(&Context::primary(0)?)?),
        };
        if cuda.is_pending && cuda.recordings != seen {
            // Another stream has recorded work since this one waited.
            // SAFETY: by this function's contract.
            unsafe { event.wait_raw(stream) }?;
        }
        // SAFETY: by this function's contract.
        unsafe { event.record_raw(stream) }?;
        cuda.recordings += 1;
        cuda.is_pending = true;
        Ok(())
    }

    /// Waits on the CPU for the work that is pending on the pixels.
    pub(crate) fn synchronize(&self) -> Result<()> {
        let mut cuda = self.cuda();
        if let (true, Some(event)) = (cuda.is_pending, &cuda.event) {
            event.synchronize()?;
            cuda.is_pending = false;
        }
        Ok(())
    }

    /// Copies the pixels of another surface of the same shape into this one's, on the CPU or
    /// whatever engine the library has for it.
    pub(crate) fn copy_from(surface: &Surface, mut target: Surface) -> Result<Self> {
        if let Err(error) = surface.copy_to(&mut target) {
            gst::warning!(CATEGORY, "{error}; the CPU copies");
            copy_rows(surface, &target).map_err(Error::from)?;
        }
        Ok(Self::new(target))
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
        }
    }
}

fn copy_rows(source: &Surface, target: &Surface) -> nvbuf::Result<()> {
    let from = source.map_ptr(0, nvbuf::Access::Read)?;
    let to = target.map_ptr(0, nvbuf::Access::Write)?;
    for i in 0..from.num_planes().min(to.num_planes()) {
        let (from, to) = (from.plane(i)?, to.plane(i)?);
        let bytes = from.params.row_bytes().min(to.params.row_bytes());
        for row in 0..from.params.height.min(to.params.height) as usize {
            // SAFETY: `row` is below the plane's height, so the offset is inside its mapping.
            let from = unsafe { from.data.add(row * from.params.pitch as usize) };
            // SAFETY: as above.
            let to = unsafe { to.data.add(row * to.params.pitch as usize) };
            // SAFETY: a row of both planes has at least `bytes`, and surfaces do not overlap.
            unsafe { from.copy_to_nonoverlapping(to, bytes) };
        }
    }
    to.unmap()
}
