#![forbid(unsafe_code)]
//! The frames of a source: what they are, where new ones come from, and those on their way.

use std::collections::VecDeque;
use std::sync::Arc;

use egl_cuda::Context;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_video::VideoInfo;

use super::super::lock;
use super::imp::{CATEGORY, NvmmSource};
use crate::caps::{why_not, with_nvmm};
use crate::error::{Error, Result};
use crate::format::fixed_info;
use crate::frame::NvmmFrameMut;
use crate::memory::Form;
use crate::pool::NvmmBufferPool;

#[derive(Debug)]
pub(super) struct Config {
    pub(super) form: Form,
    pub(super) frames: u32,
    pub(super) context: Context,
}

/// What frames are.
#[derive(Debug)]
pub(super) struct Video {
    pub(super) caps: gst::Caps,
    pub(super) info: VideoInfo,
}

impl Video {
    pub(super) fn new(caps: &gst::Caps) -> Result<Self> {
        crate::pool::require_nvmm(caps)?;
        let info = fixed_info(caps).ok_or_else(|| {
            Error::buffer(format!(
                "caps {caps} are not fixed raw video: give format, width, height and framerate"
            ))
        })?;
        Ok(Self {
            caps: caps.clone(),
            info,
        })
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// What new frames are, and where they come from.
    pub(super) video: Option<Arc<Video>>,
    pub(super) pool: Option<NvmmBufferPool>,
    /// How many surfaces it has.
    pub(super) size: u32,
    pub(super) queue: VecDeque<(gst::Buffer, Arc<Video>)>,
    /// What downstream was told last that frames are.
    pub(super) told: Option<Arc<Video>>,
    pub(super) is_ended: bool,
    /// From a stop to the next start.
    pub(super) is_stopped: bool,
    /// The streaming thread must not wait.
    pub(super) is_unlocked: bool,
    pub(super) pushed: u64,
}

impl State {
    /// What a frame is: what was known, or something new.
    fn video_of(&self, info: &VideoInfo) -> Result<Arc<Video>> {
        let queued = self.queue.back().map(|(_, video)| video);
        let known = || {
            [self.video.as_ref(), queued, self.told.as_ref()]
                .into_iter()
                .flatten()
        };
        let same = known().find(|video| video.info == *info);
        let similar = || known().find(|video| shape(&video.info) == shape(info));
        match same.or_else(similar) {
            Some(video) => Ok(Arc::clone(video)),
            None => {
                let caps = info.to_caps();
                let caps = caps.map_err(|e| Error::buffer(format!("a frame of {info:?}: {e}")))?;
                Video::new(&with_nvmm(&caps)).map(Arc::new)
            }
        }
    }

    /// What the next frame is, as far as is known.
    pub(super) fn next(&self) -> Option<Arc<Video>> {
        let queued = self.queue.front().map(|(_, video)| video);
        queued.or(self.video.as_ref()).cloned()
    }
}

impl NvmmSource {
    pub(super) fn configure(&self, config: Config, video: Video) -> Result<()> {
        let mut state = lock(&self.state);
        state.queue.reserve(config.frames as usize);
        state.size = config.frames;
        drop(state);
        // The object is new: nobody else has set it.
        let _ = self.config.set(config);
        self.set_video(video)
    }

    /// From here on new frames are of this.
    pub(super) fn set_video(&self, video: Video) -> Result<()> {
        let config = self.config()?;
        let mut state = lock(&self.state);
        let now = state.video.as_ref();
        if now.is_some_and(|now| now.caps == video.caps) {
            return Ok(());
        }
        let pool = NvmmBufferPool::with_form(&video.caps, 0, state.size, config.form)?;
        if !state.is_stopped {
            activate(&pool, true)?;
        }
        state.video = Some(Arc::new(video));
        let old = state.pool.replace(pool);
        drop(state);
        // Whoever waits in it turns to the new one; frames of it stay what they are.
        old.map_or(Ok(()), |old| activate(&old, false))
    }

    pub(super) fn config(&self) -> Result<&Config> {
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
            let (pool, video) = {
                let state = lock(&self.state);
                let pool = state.pool.clone().filter(|_| !state.is_stopped);
                pool.zip(state.video.clone()).ok_or(Error::Flushing)?
            };
            match pool.acquire_buffer(params.as_ref()) {
                Ok(buffer) => {
                    return NvmmFrameMut::new(buffer, &video.info, &config.context).map(Some);
                }
                Err(gst::FlowError::Eos) if !wait => return Ok(None),
                Err(gst::FlowError::Flushing) => {
                    // Another may have come in its place.
                    if lock(&self.state).pool.as_ref() == Some(&pool) {
                        return Err(Error::Flushing);
                    }
                }
                Err(flow) => {
                    let other =
                        || Error::buffer(format!("the source's pool gives no frame: {flow}"));
                    return Err(pool.failure().unwrap_or_else(other));
                }
            }
        }
    }

    pub(super) fn push(&self, frame: NvmmFrameMut, pts: Option<gst::ClockTime>) -> Result<()> {
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
        let video = state.video_of(frame.info())?;
        let mut buffer = frame.into_buffer();
        let stamped = buffer.make_mut();
        stamped.set_pts(pts);
        stamped.set_duration(duration(&video.info));
        state.pushed += 1;
        state.queue.push_back((buffer, video));
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
    pub(super) fn set_stopped(&self, stopped: bool) -> Result<()> {
        let mut state = lock(&self.state);
        state.is_stopped = stopped;
        let pool = state.pool.clone();
        drop(state);
        pool.map_or(Ok(()), |pool| activate(&pool, !stopped))
    }

    /// Says on the bus why downstream does not take these frames, if so.
    pub(super) fn check(&self, video: &Video) -> Result<(), gst::LoggableError> {
        let theirs = self.obj().src_pad().peer_query_caps(None);
        if video.caps.can_intersect(&theirs) {
            return Ok(());
        }
        let why = why_not(&video.caps, &theirs);
        gst::element_imp_error!(
            self,
            gst::StreamError::Format,
            ("downstream does not take the application's frames: {why}")
        );
        Err(gst::loggable_error!(CATEGORY, "{why}"))
    }

    /// Tells downstream that other frames come, and asks it anew how many it holds.
    pub(super) fn tell(&self, video: Arc<Video>) -> Result<(), gst::FlowError> {
        let object = self.obj();
        let pad = object.src_pad();
        let caps = video.caps.clone();
        let is_taken = self.check(&video).is_ok();
        lock(&self.state).told = Some(video);
        if is_taken && object.set_caps(&caps).is_ok() {
            pad.mark_reconfigure();
            return Ok(());
        }
        match pad.pad_flags().contains(gst::PadFlags::FLUSHING) {
            true => Err(gst::FlowError::Flushing),
            false => Err(gst::FlowError::NotNegotiated),
        }
    }

    pub(super) fn set_unlocked(&self, unlocked: bool) {
        lock(&self.state).is_unlocked = unlocked;
        self.changed.notify_all();
    }
}

pub(super) fn activate(pool: &NvmmBufferPool, active: bool) -> Result<()> {
    let result = pool.set_active(active);
    result.map_err(|e| Error::buffer(format!("the source's pool: {e}")))
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
