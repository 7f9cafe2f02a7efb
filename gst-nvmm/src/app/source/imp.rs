use std::sync::{Arc, Condvar, LazyLock, Mutex, OnceLock};

use gst::glib;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::base_src::CreateSuccess;
use gst_base::subclass::prelude::*;

use super::super::lock;
use super::frames::{Config, State, activate};
use crate::allocation;
use crate::error::Error;

pub(super) static CATEGORY: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvmmsource",
        gst::DebugColorFlags::empty(),
        Some("application -> memory:NVMM"),
    )
});

#[derive(Debug, Default)]
pub struct NvmmSource {
    pub(super) config: OnceLock<Config>,
    pub(super) state: Mutex<State>,
    pub(super) changed: Condvar,
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
        let has_failed = stopped == Some(false) && result.is_err();
        if has_failed && let Err(error) = self.set_stopped(true) {
            gst::warning!(CATEGORY, imp = self, "{error}");
        }
        if has_failed || stopped == Some(true) {
            let mut state = lock(&self.state);
            let left = std::mem::take(&mut state.queue);
            state.is_ended = false;
            state.told = None;
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
        let state = lock(&self.state);
        let video = state.told.clone().or_else(|| state.next())?;
        drop(state);
        let ours = video.caps.clone();
        Some(match filter {
            Some(filter) => filter.intersect_with_mode(&ours, gst::CapsIntersectMode::First),
            None => ours,
        })
    }

    fn negotiate(&self) -> Result<(), gst::LoggableError> {
        let next = lock(&self.state).next();
        if let Some(video) = next {
            self.check(&video)?;
            lock(&self.state).told = Some(video);
        }
        self.parent_negotiate()
    }

    fn decide_allocation(
        &self,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        // The base class only says that it could not negotiate.
        let failed = |error: Error| {
            self.post_error_message(error.to_message());
            gst::loggable_error!(CATEGORY, "{error}")
        };
        let config = self.config().map_err(failed)?;
        let mut state = lock(&self.state);
        let Some(video) = state.video.clone() else {
            return Err(gst::loggable_error!(
                CATEGORY,
                "nobody said what frames are"
            ));
        };
        // The caps are those of new frames, not always those of the query: their number is what counts.
        let pool = allocation::decide(query, &video.caps, config.form, config.frames);
        let pool = pool.map_err(failed)?;
        let size = query.allocation_pools().map(|(_, _, _, max)| max).max();
        let size = size.unwrap_or(config.frames);
        // The application takes buffers from it, not the base class.
        query.remove_nth_allocation_pool(0);
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
            if let Some((buffer, video)) = state.queue.pop_front() {
                let told = state.told.as_ref();
                let is_told = told.is_some_and(|told| Arc::ptr_eq(told, &video));
                drop(state);
                if !is_told {
                    self.tell(video)?;
                }
                return Ok(CreateSuccess::NewBuffer(buffer));
            }
            if state.is_ended {
                return Err(gst::FlowError::Eos);
            }
            state = self.changed.wait(state).unwrap_or_else(|e| e.into_inner());
        }
    }
}
