use std::sync::{Mutex, MutexGuard};

use gst::glib;
use gst::subclass::prelude::*;
use gst_video::VideoInfo;

use crate::allocator::NvmmAllocator;
use crate::error::{Error, Result};
use crate::format::{color_format_for_caps, fixed_info};
use crate::log::CATEGORY;
use crate::memory::Form;

/// Surfaces at most where the configuration names no maximum.
const DEFAULT_LIMIT: u32 = 16;

#[derive(Debug, Default)]
pub struct NvmmBufferPool {
    state: Mutex<Option<State>>,
}

#[derive(Debug)]
struct State {
    allocator: NvmmAllocator,
    info: VideoInfo,
}

impl NvmmBufferPool {
    fn state(&self) -> MutexGuard<'_, Option<State>> {
        // Only ever replaced as a whole.
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn allocator(&self) -> Option<NvmmAllocator> {
        self.state().as_ref().map(|state| state.allocator.clone())
    }

    pub(super) fn info(&self) -> Option<VideoInfo> {
        self.state().as_ref().map(|state| state.info.clone())
    }

    fn configure(&self, config: &mut gst::BufferPoolConfigRef) -> Result<()> {
        let (caps, _, min, max) = config
            .params()
            .ok_or_else(|| Error::buffer("the configuration has no caps"))?;
        let caps = caps.ok_or_else(|| Error::buffer("the configuration has no caps"))?;
        let info = fixed_info(&caps)
            .ok_or_else(|| Error::buffer(format!("caps {caps} are not fixed raw video")))?;
        let max = if max == 0 {
            DEFAULT_LIMIT.max(min)
        } else {
            max
        };
        let form = Form::of_platform(config.get(Form::PROPERTY).unwrap_or(false));
        let size = u32::try_from(form.memory_size()?).unwrap_or(u32::MAX);
        let format = color_format_for_caps(&caps);
        let allocator = NvmmAllocator::of_format(&info, format, max as usize, form)?;
        config.set_params(Some(&caps), size, min, max);
        *self.state() = Some(State { allocator, info });
        Ok(())
    }
}

#[glib::object_subclass]
impl ObjectSubclass for NvmmBufferPool {
    const NAME: &'static str = "GstNvmmBufferPool";
    const ALLOW_NAME_CONFLICT: bool = true;
    type Type = super::NvmmBufferPool;
    type ParentType = gst::BufferPool;
}

impl ObjectImpl for NvmmBufferPool {}
impl GstObjectImpl for NvmmBufferPool {}

impl BufferPoolImpl for NvmmBufferPool {
    fn set_config(&self, config: &mut gst::BufferPoolConfigRef) -> bool {
        if let Err(error) = self.configure(config) {
            gst::error!(CATEGORY, imp = self, "{error}");
            return false;
        }
        self.parent_set_config(config)
    }

    /// Waits here instead of in the base class: what it lacks may come back as a buffer, to the
    /// base class's queue, or as a surface only, to the allocator.
    fn acquire_buffer(
        &self,
        params: Option<&gst::BufferPoolAcquireParams>,
    ) -> Result<gst::Buffer, gst::FlowError> {
        let flags = params.map_or(gst::BufferPoolAcquireFlags::empty(), |params| {
            params.flags()
        });
        let at_once =
            gst::BufferPoolAcquireParams::with_flags(flags | gst::BufferPoolAcquireFlags::DONTWAIT);
        let wait = !flags.contains(gst::BufferPoolAcquireFlags::DONTWAIT);
        let allocator = self.allocator().ok_or(gst::FlowError::NotNegotiated)?;
        loop {
            let returns = allocator.returns();
            match self.parent_acquire_buffer(Some(&at_once)) {
                // The base class's word for an empty pool.
                Err(gst::FlowError::Eos) if wait => allocator
                    .wait_for_return(returns)
                    .map_err(|_| gst::FlowError::Flushing)?,
                result => return result,
            }
        }
    }

    fn release_buffer(&self, buffer: gst::Buffer) {
        self.parent_release_buffer(buffer);
        if let Some(allocator) = self.allocator() {
            allocator.note_return();
        }
    }

    fn alloc_buffer(
        &self,
        _params: Option<&gst::BufferPoolAcquireParams>,
    ) -> Result<gst::Buffer, gst::FlowError> {
        let allocator = self.allocator().ok_or(gst::FlowError::NotNegotiated)?;
        let memory = allocator.acquire(false).map_err(|error| match error {
            // All surfaces are in use.
            Error::Flushing => gst::FlowError::Eos,
            error => {
                gst::error!(CATEGORY, imp = self, "{error}");
                gst::FlowError::Error
            }
        })?;
        let mut buffer = gst::Buffer::new();
        buffer.make_mut().append_memory(memory);
        Ok(buffer)
    }

    fn start(&self) -> bool {
        // The base class allocates the minimum here, before it ends flushing.
        self.flush_stop();
        self.parent_start()
    }

    fn flush_start(&self) {
        if let Some(allocator) = self.allocator() {
            allocator.set_flushing(true);
        }
    }

    fn flush_stop(&self) {
        if let Some(allocator) = self.allocator() {
            allocator.set_flushing(false);
        }
    }
}
