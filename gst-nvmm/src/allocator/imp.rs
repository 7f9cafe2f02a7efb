use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use nvbuf::{ColorFormat, Surface};

use crate::error::{Error, Result};
use crate::memory::backing::Backing;
use crate::memory::{self, Form};

/// What an allocator's surfaces look like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) format: ColorFormat,
    pub(super) form: Form,
}

impl Shape {
    pub(super) fn build(self) -> Result<Surface> {
        Ok(Surface::builder(self.width, self.height)
            .format(self.format)
            .build()?)
    }

    fn build_backing(self) -> Result<Arc<Backing>> {
        Ok(Arc::new(Backing::new(self.build()?, self.form)?))
    }
}

#[derive(Debug, Default)]
pub struct NvmmAllocator {
    configured: OnceLock<(Shape, usize)>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    free: Vec<Arc<Backing>>,
    made: usize,
    is_flushing: bool,
    /// How often something came back: a surface here, or a buffer to the pool above.
    returns: u64,
    /// Threads that wait for that. Telling nobody costs a call of the kernel, too.
    waiting: usize,
}

impl NvmmAllocator {
    pub(super) fn configure(&self, shape: Shape, limit: usize) {
        self.state().free.reserve_exact(limit);
        // `new` alone configures, once, before anybody else has the object.
        let _ = self.configured.set((shape, limit));
    }

    pub(super) fn shape(&self) -> Result<Shape> {
        Ok(self.config()?.0)
    }

    fn config(&self) -> Result<(Shape, usize)> {
        let missing = || Error::buffer("an NvmmAllocator is made by NvmmAllocator::new only");
        self.configured.get().copied().ok_or_else(missing)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each step leaves the state consistent, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(super) fn take(&self, wait: bool) -> Result<Arc<Backing>> {
        let (shape, limit) = self.config()?;
        let mut state = self.state();
        loop {
            if state.is_flushing {
                return Err(Error::Flushing);
            }
            if let Some(backing) = state.free.pop() {
                return Ok(backing);
            }
            if state.made < limit {
                state.made += 1;
                drop(state);
                return shape.build_backing().inspect_err(|_| {
                    self.state().made -= 1;
                    self.note_return();
                });
            }
            if !wait {
                return Err(Error::Flushing);
            }
            state = self.wait(state);
        }
    }

    /// Waits until something is different.
    fn wait<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.waiting += 1;
        let mut state = self.changed.wait(state).unwrap_or_else(|e| e.into_inner());
        state.waiting -= 1;
        state
    }

    /// Makes a change, and tells those that wait.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        if state.waiting > 0 {
            self.changed.notify_all();
        }
    }

    /// How often something came back so far.
    pub(super) fn returns(&self) -> u64 {
        self.state().returns
    }

    pub(super) fn note_return(&self) {
        self.change(|state| state.returns += 1);
    }

    /// Waits until something has come back since `returns` was read.
    pub(super) fn wait_for_return(&self, returns: u64) -> Result<()> {
        let mut state = self.state();
        while state.returns == returns && !state.is_flushing {
            state = self.wait(state);
        }
        if state.is_flushing {
            Err(Error::Flushing)
        } else {
            Ok(())
        }
    }

    pub(super) fn set_flushing(&self, flushing: bool) {
        self.change(|state| state.is_flushing = flushing);
    }
}

#[glib::object_subclass]
impl ObjectSubclass for NvmmAllocator {
    const NAME: &'static str = "GstNvmmAllocator";
    // Two plugins in one process may each carry this crate.
    const ALLOW_NAME_CONFLICT: bool = true;
    type Type = super::NvmmAllocator;
    type ParentType = gst::Allocator;
}

impl ObjectImpl for NvmmAllocator {
    fn constructed(&self) {
        self.parent_constructed();
        let allocator = self.obj();
        memory::init_allocator(allocator.upcast_ref());
    }
}

impl GstObjectImpl for NvmmAllocator {}

// SAFETY: `alloc` gives null, which callers must expect; `free` takes what `memory::new` made.
unsafe impl AllocatorImpl for NvmmAllocator {
    unsafe fn alloc(
        &self,
        _size: usize,
        _params: &gst::AllocationParams,
    ) -> *mut gst::ffi::GstMemory {
        // CUSTOM_ALLOC says that nobody may call this: a size says nothing of a surface's shape.
        gst::error!(
            crate::log::CATEGORY,
            "NVMM memory is made by NvmmAllocator::acquire only"
        );
        std::ptr::null_mut()
    }

    unsafe fn free(&self, memory: *mut gst::ffi::GstMemory) {
        // SAFETY: GStreamer frees a memory of ours once, after its last reference.
        let (backing, recycle) = unsafe { memory::free(memory) };
        if recycle {
            self.change(|state| {
                state.free.push(backing);
                state.returns += 1;
            });
        }
    }
}
