use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;
use gst_video::VideoInfo;

use super::super::lock;
use super::super::places::{Places, Refused};
use crate::allocation;
use crate::counts::Counts;
use crate::error::{Error, Result};
use crate::format::fixed_info;
use crate::frame::NvmmFrame;
use crate::memory::{Form, recycled};
use crate::session::{Session, load_platform};

static CATEGORY: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvmmsink",
        gst::DebugColorFlags::empty(),
        Some("memory:NVMM -> application"),
    )
});

pub(super) type OnFrame = Box<dyn FnMut(NvmmFrame) -> Result<()> + Send>;

#[derive(Default)]
pub struct NvmmSink {
    pub(super) config: OnceLock<Config>,
    pub(super) on_frame: Mutex<Option<OnFrame>>,
    pub(super) drops: AtomicBool,
    pub(super) form: Mutex<Option<Form>>,
    state: Mutex<State>,
}

impl fmt::Debug for NvmmSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NvmmSink")
            .field("config", &self.config)
            .field("drops", &self.drops)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) struct Config {
    pub(super) caps: gst::Caps,
    pub(super) places: Arc<Places>,
    pub(super) frames: u32,
}

#[derive(Debug, Default)]
struct State {
    /// From start to stop.
    session: Option<Arc<Session>>,
    info: Option<VideoInfo>,
    given: u64,
    dropped: u64,
    counts: Counts,
}

impl NvmmSink {
    fn config(&self) -> Result<&Config> {
        let missing = || Error::buffer("an NvmmSink is made by NvmmSink::new only");
        self.config.get().ok_or_else(missing)
    }

    fn form(&self) -> Form {
        lock(&self.form).unwrap_or_else(|| Form::of_platform(false))
    }

    /// Gives a buffer to the application. The state is not locked meanwhile: it may stop the pipeline's
    /// other elements, and ask this one.
    fn give(&self, buffer: &gst::Buffer, place: super::super::Place) -> Result<()> {
        let before = Counts::of_thread();
        let (session, info) = {
            let state = lock(&self.state);
            (state.session.clone(), state.info.clone())
        };
        let (Some(session), Some(info)) = (session, info) else {
            return Err(Error::buffer("a buffer came before start or caps"));
        };
        let frame = NvmmFrame::new(buffer.clone(), &info, session.context())?.in_place(place);
        let mut on_frame = lock(&self.on_frame);
        let result = match &mut *on_frame {
            Some(on_frame) => on_frame(frame),
            None => Ok(()),
        };
        drop(on_frame);
        let mut state = lock(&self.state);
        state.given += 1;
        state.counts += Counts::of_thread() - before;
        result
    }
}

#[glib::object_subclass]
impl ObjectSubclass for NvmmSink {
    const NAME: &'static str = "GstNvmmSink";
    const ALLOW_NAME_CONFLICT: bool = true;
    type Type = super::NvmmSink;
    type ParentType = gst_base::BaseSink;
}

impl ObjectImpl for NvmmSink {
    fn constructed(&self) {
        self.parent_constructed();
        // It would keep one of the producer's buffers for nobody.
        self.obj().set_property("enable-last-sample", false);
    }
}

impl GstObjectImpl for NvmmSink {}

impl ElementImpl for NvmmSink {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NVMM frames to an application",
                "Sink/Video/Hardware",
                "Gives memory:NVMM to a closure as CUDA frames",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> =
            LazyLock::new(|| super::super::template("sink", gst::PadDirection::Sink));
        &TEMPLATES
    }

    /// A change to PLAYING takes the lock that `render` is called with. A flush lost the state before, so
    /// that the base class does not unlock it: a wait for the application must end.
    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        let places = self.config.get().map(|config| &config.places);
        let places = places.filter(|_| transition == gst::StateChange::PausedToPlaying);
        places.iter().for_each(|places| places.set_changing(true));
        let result = self.parent_change_state(transition);
        places.iter().for_each(|places| places.set_changing(false));
        result
    }
}

impl BaseSinkImpl for NvmmSink {
    fn start(&self) -> Result<(), gst::ErrorMessage> {
        self.config().map_err(|e| e.to_message())?;
        load_platform().map_err(|e| e.to_message())?;
        let session = Session::new().map_err(|e| e.to_message())?;
        *lock(&self.state) = State {
            session: Some(Arc::new(session)),
            ..State::default()
        };
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        let state = std::mem::take(&mut *lock(&self.state));
        gst::info!(
            CATEGORY,
            imp = self,
            "{} frames given, {} dropped, {}",
            state.given,
            state.dropped,
            state.counts
        );
        Ok(())
    }

    fn caps(&self, filter: Option<&gst::Caps>) -> Option<gst::Caps> {
        let ours = self.config.get().map(|config| &config.caps)?;
        let template = self.obj().static_pad("sink")?.pad_template_caps();
        let ours = ours.intersect_with_mode(&template, gst::CapsIntersectMode::First);
        Some(match filter {
            Some(filter) => filter.intersect_with_mode(&ours, gst::CapsIntersectMode::First),
            None => ours,
        })
    }

    fn set_caps(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = fixed_info(caps).filter(|_| crate::is_nvmm(caps));
        let info = info.ok_or_else(|| {
            gst::loggable_error!(CATEGORY, "{caps} is no video with the feature memory:NVMM")
        })?;
        let old = lock(&self.state).info.replace(info.clone());
        if old.is_some_and(|old| old != info) {
            // The producer's surfaces are others from here on.
            recycled::forget();
        }
        Ok(())
    }

    fn propose_allocation(
        &self,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        let held = self.config.get().map_or(0, |config| config.frames);
        // One more is being rendered, or waits.
        allocation::propose(query, self.form(), held.saturating_add(1))
            .map_err(|e| gst::loggable_error!(CATEGORY, "{e}"))
    }

    fn event(&self, event: gst::Event) -> bool {
        if event.type_() == gst::EventType::FlushStop {
            recycled::forget();
        }
        self.parent_event(event)
    }

    fn unlock(&self) -> Result<(), gst::ErrorMessage> {
        self.config
            .get()
            .iter()
            .for_each(|config| config.places.set_flushing(true));
        Ok(())
    }

    fn unlock_stop(&self) -> Result<(), gst::ErrorMessage> {
        self.config
            .get()
            .iter()
            .for_each(|config| config.places.set_flushing(false));
        Ok(())
    }

    fn render(&self, buffer: &gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        let config = self.config().map_err(|_| gst::FlowError::Error)?;
        let mut has_made_way = false;
        let place = loop {
            let wait = !self.drops.load(Ordering::Relaxed);
            match config.places.take(wait, has_made_way) {
                Ok(place) => break place,
                Err(Refused::Full) => {
                    lock(&self.state).dropped += 1;
                    return Ok(gst::FlowSuccess::Ok);
                }
                Err(Refused::Flushing) => {
                    // Paused, and then it goes on, or flushed or stopped.
                    self.obj().wait_preroll()?;
                    has_made_way = true;
                }
            }
        };
        match self.give(buffer, place) {
            Ok(()) => Ok(gst::FlowSuccess::Ok),
            Err(Error::Flushing) => Err(gst::FlowError::Flushing),
            Err(error) => {
                self.post_error_message(error.to_message());
                Err(gst::FlowError::Error)
            }
        }
    }
}
