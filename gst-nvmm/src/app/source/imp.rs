use std::collections::VecDeque;
use std::sync::{Condvar, LazyLock, Mutex, OnceLock};

use egl_cuda::Context;
use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::base_src::CreateSuccess;
use gst_base::subclass::prelude::*;
use gst_video::VideoInfo;

use super::super::lock;
use crate::allocation;
use crate::caps::why_not;
use crate::error::{Error, Result};
use crate::frame::NvmmFrameMut;
use crate::memory::Form;
use crate::pool::NvmmBufferPool;

static CATEGORY: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvmmsource",
        gst::DebugColorFlags::empty(),
        Some("application -> memory:NVMM"),
    )
});

#[derive(Debug, Default)]
pub struct NvmmSource {
    config: OnceLock<Config>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
pub(super) struct Config {
    pub(super) caps: gst::Caps,
    pub(super) info: VideoInfo,
    pub(super) form: Form,
    pub(super) frames: u32,
    pub(super) context: Context,
}

#[derive(Debug, Default)]
struct State {
    pool: Option<NvmmBufferPool>,
    /// How many surfaces it has.
    size: u32,
    queue: VecDeque<gst::Buffer>,
    is_ended: bool,
    /// From a stop to the next start.
    is_stopped: bool,
    /// The streaming thread must not wait.
    is_unlocked: bool,
    pushed: u64,
}

impl NvmmSource {
    pub(super) fn configure(&self, config: Config) -> Result<()> {
        let pool = NvmmBufferPool::with_form(&config.caps, 0, config.frames, config.form)?;
        activate(&pool, true)?;
        let mut state = lock(&self.state);
        state.queue.reserve(config.frames as usize);
        state.size = config.frames;
        state.pool = Some(pool);
        drop(state);
        // The object is new: nobody else has set it.
        let _ = self.config.set(config);
        Ok(())
    }

    fn config(&self) -> Result<&Config> {
        let missing = || Error::buffer("an NvmmSource is made by NvmmSource::new only");
        self.config.get().ok_or_else(missing)
    }

    /// An empty frame; `None` where there is none at once and `wait` is false.
    pub(super) fn frame(&self, wait: bool) -> Result<Option<NvmmFrameMut>> {
        let config = self.config()?;
        let params = (!wait).then(|| {
            gst::BufferPoolAcquireParams::with_flags(gst::BufferPoolAcquireFlags::DONTWAIT)
        });
        loop {
            let pool = {
                let state = lock(&self.state);
                let pool = state.pool.clone().filter(|_| !state.is_stopped);
                pool.ok_or(Error::Flushing)?
            };
            match pool.acquire_buffer(params.as_ref()) {
                Ok(buffer) => {
                    return NvmmFrameMut::new(buffer, &config.info, &config.context).map(Some);
                }
                Err(gst::FlowError::Eos) if !wait => return Ok(None),
                Err(gst::FlowError::Flushing) => {
                    // A larger one may have come in its place.
                    if lock(&self.state).pool.as_ref() == Some(&pool) {
                        return Err(Error::Flushing);
                    }
                }
                Err(_) => {
                    return Err(Error::buffer(
                        "no frame could be made: memory is exhausted, see the log",
                    ));
                }
            }
        }
    }

    pub(super) fn push(&self, frame: NvmmFrameMut, pts: Option<gst::ClockTime>) -> Result<()> {
        let info = &self.config()?.info;
        let (ours, theirs) = (shape(info), shape(frame.info()));
        if ours != theirs {
            return Err(Error::buffer(format!(
                "a frame of {theirs:?} pushed into a source of {ours:?}: take it from this source"
            )));
        }
        let mut buffer = frame.into_buffer();
        let stamped = buffer.make_mut();
        stamped.set_pts(pts);
        stamped.set_duration(duration(info));
        let mut state = lock(&self.state);
        if state.is_stopped {
            return Err(Error::Flushing);
        }
        if state.is_ended {
            return Err(Error::buffer(
                "the stream has ended: push before end_of_stream, or start the pipeline anew",
            ));
        }
        // Flushing: not started yet. What fails ends as an end of the stream.
        let flow = self.obj().src_pad().last_flow_result();
        if let Err(flow) = flow
            && flow != gst::FlowError::Flushing
        {
            return Err(Error::buffer(format!(
                "the stream has failed ({flow}): the bus says why; stop the pipeline and start it anew"
            )));
        }
        state.pushed += 1;
        state.queue.push_back(buffer);
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    pub(super) fn end_of_stream(&self) {
        let mut state = lock(&self.state);
        // A stream that was stopped is over: the next one is not ended before it begins.
        state.is_ended |= !state.is_stopped;
        drop(state);
        self.changed.notify_all();
    }

    /// Wakes whoever waits for a frame, and gives errors from now on.
    fn set_stopped(&self, stopped: bool) -> Result<()> {
        let mut state = lock(&self.state);
        state.is_stopped = stopped;
        let pool = state.pool.clone();
        drop(state);
        pool.map_or(Ok(()), |pool| activate(&pool, !stopped))
    }

    fn set_unlocked(&self, unlocked: bool) {
        lock(&self.state).is_unlocked = unlocked;
        self.changed.notify_all();
    }
}

fn activate(pool: &NvmmBufferPool, active: bool) -> Result<()> {
    let result = pool.set_active(active);
    result.map_err(|e| Error::buffer(format!("the source's pool: {e}, see the log")))
}

fn shape(info: &VideoInfo) -> (gst_video::VideoFormat, u32, u32) {
    (info.format(), info.width(), info.height())
}

/// How long a frame is shown; nothing where the rate varies.
fn duration(info: &VideoInfo) -> Option<gst::ClockTime> {
    let rate = info.fps();
    let (frames, seconds) = (rate.numer().try_into().ok()?, rate.denom().try_into().ok()?);
    (frames > 0_u64)
        .then(|| gst::ClockTime::SECOND.mul_div_floor(seconds, frames))
        .flatten()
}

#[glib::object_subclass]
impl ObjectSubclass for NvmmSource {
    const NAME: &'static str = "GstNvmmSource";
    const ALLOW_NAME_CONFLICT: bool = true;
    type Type = super::NvmmSource;
    type ParentType = gst_base::PushSrc;
}

impl ObjectImpl for NvmmSource {
    fn constructed(&self) {
        self.parent_constructed();
        self.obj().set_format(gst::Format::Time);
    }
}

impl GstObjectImpl for NvmmSource {}

impl ElementImpl for NvmmSource {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NVMM frames of an application",
                "Source/Video/Hardware",
                "Takes CUDA frames of the application as memory:NVMM",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> =
            LazyLock::new(|| super::super::template("src", gst::PadDirection::Src));
        &TEMPLATES
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        let stopped = match transition {
            gst::StateChange::ReadyToPaused => Some(false),
            gst::StateChange::PausedToReady => Some(true),
            _ => None,
        };
        if let Some(Err(error)) = stopped.map(|stopped| self.set_stopped(stopped)) {
            self.post_error_message(error.to_message());
            return Err(gst::StateChangeError);
        }
        let result = self.parent_change_state(transition);
        if stopped == Some(true) {
            let mut state = lock(&self.state);
            let left = std::mem::take(&mut state.queue);
            state.is_ended = false;
            let pushed = std::mem::take(&mut state.pushed);
            gst::info!(
                CATEGORY,
                imp = self,
                "{pushed} frames, {} not sent",
                left.len()
            );
            drop(state);
            // Buffers go back to the pool without the lock.
            drop(left);
        }
        result
    }
}

impl BaseSrcImpl for NvmmSource {
    fn caps(&self, filter: Option<&gst::Caps>) -> Option<gst::Caps> {
        let ours = self.config.get().map(|config| config.caps.clone())?;
        Some(match filter {
            Some(filter) => filter.intersect_with_mode(&ours, gst::CapsIntersectMode::First),
            None => ours,
        })
    }

    fn negotiate(&self) -> Result<(), gst::LoggableError> {
        let config = self.config.get();
        let caps = config.map(|config| &config.caps);
        if let Some(caps) = caps {
            let theirs = self.obj().src_pad().peer_query_caps(None);
            if !caps.can_intersect(&theirs) {
                let why = why_not(caps, &theirs);
                gst::element_imp_error!(
                    self,
                    gst::StreamError::Format,
                    ("downstream does not take the application's frames: {why}")
                );
                return Err(gst::loggable_error!(CATEGORY, "{why}"));
            }
        }
        self.parent_negotiate()
    }

    fn decide_allocation(
        &self,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        let failed = |error: Error| gst::loggable_error!(CATEGORY, "{error}");
        let config = self.config().map_err(failed)?;
        let pool = allocation::decide(query, &config.caps, config.form, config.frames);
        let pool = pool.map_err(failed)?;
        let size = query.allocation_pools().map(|(_, _, _, max)| max).max();
        let size = size.unwrap_or(config.frames);
        // The application takes buffers from it, not the base class.
        query.remove_nth_allocation_pool(0);
        let mut state = lock(&self.state);
        if size <= state.size {
            return Ok(());
        }
        activate(&pool, true).map_err(failed)?;
        state.size = size;
        let more = (size as usize).saturating_sub(state.queue.len());
        state.queue.reserve(more);
        let old = state.pool.replace(pool);
        drop(state);
        // Whoever waits in it turns to the new one; frames of it stay what they are.
        old.map_or(Ok(()), |old| activate(&old, false))
            .map_err(failed)
    }

    fn is_seekable(&self) -> bool {
        false
    }

    fn unlock(&self) -> Result<(), gst::ErrorMessage> {
        self.set_unlocked(true);
        Ok(())
    }

    fn unlock_stop(&self) -> Result<(), gst::ErrorMessage> {
        self.set_unlocked(false);
        Ok(())
    }
}

impl PushSrcImpl for NvmmSource {
    /// The next frame of the application. The buffer that the base class may have is of its own pool, of
    /// which there is none.
    fn create(
        &self,
        _buffer: Option<&mut gst::BufferRef>,
    ) -> Result<CreateSuccess, gst::FlowError> {
        let mut state = lock(&self.state);
        loop {
            if state.is_unlocked {
                return Err(gst::FlowError::Flushing);
            }
            if let Some(buffer) = state.queue.pop_front() {
                return Ok(CreateSuccess::NewBuffer(buffer));
            }
            if state.is_ended {
                return Err(gst::FlowError::Eos);
            }
            state = self.changed.wait(state).unwrap_or_else(|e| e.into_inner());
        }
    }
}
