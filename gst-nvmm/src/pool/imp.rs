use std::sync::{Mutex, MutexGuard};

use gst::glib;
use gst::subclass::prelude::*;
use gst_video::{BUFFER_POOL_OPTION_VIDEO_META, VideoInfo, VideoMeta};
use nvbuf::ColorFormat;

use crate::allocator::NvmmAllocator;
use crate::error::{Error, Result};
use crate::format::{color_format_for_caps, fixed_info, is_color_format};
use crate::log::CATEGORY;
use crate::memory::Form;

/// Surfaces at most where the configuration names no maximum.
const DEFAULT_LIMIT: u32 = 16;

#[derive(Debug, Default)]
pub struct NvmmBufferPool {
    state: Mutex<Option<State>>,
    failure: Mutex<Option<Error>>,
}

#[derive(Debug)]
struct State {
    allocator: NvmmAllocator,
    info: VideoInfo,
    /// Whether buffers say where their planes lie, because the configuration asks for it.
    has_meta: bool,
}

impl State {
    /// What a video meta says, if one is asked for.
    fn meta_info(&self) -> Option<VideoInfo> {
        self.has_meta.then(|| self.info.clone())
    }
}

impl NvmmBufferPool {
    fn state(&self) -> MutexGuard<'_, Option<State>> {
        // Only ever replaced as a whole.
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn allocator(&self) -> Option<NvmmAllocator> {
        self.state().as_ref().map(|state| state.allocator.clone())
    }

    /// Logs and keeps what GStreamer's calls have no place for.
    fn fail(&self, error: Error) {
        gst::error!(CATEGORY, imp = self, "{error}");
        *self.failure.lock().unwrap_or_else(|e| e.into_inner()) = Some(error);
    }

    pub(super) fn failure(&self) -> Option<Error> {
        let failure = self.failure.lock().unwrap_or_else(|e| e.into_inner());
        failure.clone()
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
        let format = match config.get::<u32>(super::COLOR_FORMAT) {
            Ok(number) => Some(ColorFormat(number)),
            Err(_) => color_format_for_caps(&caps),
        };
        if let Some(format) = format.filter(|format| !is_color_format(info.format(), *format)) {
            return Err(Error::buffer(format!(
                "surfaces of {format} do not hold {}",
                info.format()
            )));
        }
        let allocator = NvmmAllocator::of_format(&info, format, max as usize, form)?;
        config.set_params(Some(&caps), size, min, max);
        let has_meta = config.has_option(BUFFER_POOL_OPTION_VIDEO_META);
        *self.state() = Some(State {
            allocator,
            info,
            has_meta,
        });
        Ok(())
    }
}

/// Says where the planes lie in the surface. Not in what the memory maps to: that is the descriptor.
fn add_meta(buffer: &mut gst::BufferRef, info: &VideoInfo) -> Result<()> {
    let (backing, _) = crate::frame::find(buffer, None)?;
    let planes = backing.pixels().planes()?;
    let mut offsets = [0; gst_video::VIDEO_MAX_PLANES];
    let mut strides = [0; gst_video::VIDEO_MAX_PLANES];
    for (plane, (offset, stride)) in planes.iter().zip(offsets.iter_mut().zip(&mut strides)) {
        *offset = plane.offset as usize;
        *stride = i32::try_from(plane.pitch).unwrap_or(i32::MAX);
    }
    let count = planes.len().min(offsets.len());
    let flags = gst_video::VideoFrameFlags::empty();
    let (format, width, height) = (info.format(), info.width(), info.height());
    let (offsets, strides) = (&offsets[..count], &strides[..count]);
    VideoMeta::add_full(buffer, flags, format, width, height, offsets, strides)
        .map_err(|e| Error::buffer(format!("no video meta: {e}")))?;
    Ok(())
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
    fn options() -> &'static [&'static str] {
        &["GstBufferPoolOptionVideoMeta"]
    }

    fn set_config(&self, config: &mut gst::BufferPoolConfigRef) -> bool {
        if let Err(error) = self.configure(config) {
            self.fail(error);
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
        // The base class's word for an empty pool.
        let is_empty = |result: &_| wait && matches!(result, Err(gst::FlowError::Eos));
        let mut result = self.parent_acquire_buffer(Some(&at_once));
        while is_empty(&result) {
            let allocator = self.allocator().ok_or(gst::FlowError::NotNegotiated)?;
            let returns = allocator.returns();
            // Something may have come back before that was read.
            result = self.parent_acquire_buffer(Some(&at_once));
            if is_empty(&result) {
                allocator
                    .wait_for_return(returns)
                    .map_err(|_| gst::FlowError::Flushing)?;
            }
        }
        result
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
                self.fail(error);
                gst::FlowError::Error
            }
        })?;
        let mut buffer = gst::Buffer::new();
        let filled = buffer.make_mut();
        filled.append_memory(memory);
        let info = self.state().as_ref().and_then(State::meta_info);
        if let Some(info) = info
            && let Err(error) = add_meta(filled, &info)
        {
            self.fail(error);
            return Err(gst::FlowError::Error);
        }
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
