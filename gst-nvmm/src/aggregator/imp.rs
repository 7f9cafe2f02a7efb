#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex};

use gst::ClockTime;
use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::prelude::*;

use super::class::Class;
use super::state::{State, lock};
use super::watch::Watch;
use super::{CudaAggregatorPad, Input};
use crate::error::{Error, Result};
use crate::pool::OutputSettings;
use crate::session::ElementSession;

pub(super) static CATEGORY: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "cudaaggregator",
        gst::DebugColorFlags::empty(),
        Some("N NVMM inputs, one CUDA kernel, one NVMM output"),
    )
});

#[derive(Debug, Default)]
pub struct CudaAggregator {
    pub(super) session: ElementSession,
    pub(super) pads: Mutex<Vec<CudaAggregatorPad>>,
    pub(super) state: Mutex<State>,
    /// Kept between frames, empty, for their memory.
    pub(super) visited: Mutex<Vec<CudaAggregatorPad>>,
    pub(super) inputs: Mutex<Vec<Input>>,
    pub(super) settings: OutputSettings,
    watch: Mutex<Option<Watch>>,
    /// The element is in PLAYING or on its way there, so that its base time is the clock's.
    is_playing: AtomicBool,
}

impl CudaAggregator {
    pub(super) fn class(&self) -> &'static Class {
        Class::of(&self.obj())
    }

    fn open(&self) -> Result<()> {
        let object = self.obj();
        self.session
            .open(|session| (self.class().open)(&object, session))
    }

    fn close(&self) {
        let object = self.obj();
        if let Err(error) = self.session.close(|| (self.class().close)(&object)) {
            gst::error!(CATEGORY, imp = self, "closing: {error}");
        }
    }
}

#[glib::object_subclass]
impl ObjectSubclass for CudaAggregator {
    const NAME: &'static str = "GstNvmmCudaAggregator";
    const ALLOW_NAME_CONFLICT: bool = true;
    const ABSTRACT: bool = true;
    type Type = super::CudaAggregator;
    type ParentType = gst_base::Aggregator;
    type Class = Class;
    type Interfaces = (gst::ChildProxy,);

    fn class_init(class: &mut Self::Class) {
        class.open = |_, _| Ok(());
        class.close = |_| {};
        class.output_size = |_, inputs| {
            let sizes = inputs.iter().map(|(_, info)| (info.width(), info.height()));
            sizes.fold((1, 1), |a, b| (a.0.max(b.0), a.1.max(b.1)))
        };
        class.process = |_, _, _, _| Err(Error::buffer("the subclass has no process()"));
    }
}

impl ObjectImpl for CudaAggregator {
    fn properties() -> &'static [glib::ParamSpec] {
        OutputSettings::properties()
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        self.settings.set(value, pspec);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        self.settings.value(pspec)
    }

    fn notify(&self, pspec: &glib::ParamSpec) {
        self.parent_notify(pspec);
        if pspec.name() == "latency" {
            self.ask_again_how_many();
        }
    }
}

impl GstObjectImpl for CudaAggregator {}

impl ElementImpl for CudaAggregator {
    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::NullToReady
            && let Err(error) = self.open()
        {
            self.post_error_message(error.to_message());
            return Err(gst::StateChangeError);
        }
        // Before the base class wakes the source task, which then asks for the next time.
        match transition {
            gst::StateChange::PausedToPlaying => self.is_playing.store(true, Ordering::Release),
            gst::StateChange::PlayingToPaused => self.is_playing.store(false, Ordering::Release),
            _ => {}
        }
        let result = self.parent_change_state(transition);
        if transition == gst::StateChange::ReadyToNull {
            self.close();
        }
        result
    }

    fn request_new_pad(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
        caps: Option<&gst::Caps>,
    ) -> Option<gst::Pad> {
        let pad = self.parent_request_new_pad(template, name, caps)?;
        self.obj().child_added(&pad, &pad.name());
        Some(pad)
    }

    fn release_pad(&self, pad: &gst::Pad) {
        self.remove_pad(pad);
        self.parent_release_pad(pad);
        self.pad_removed(pad);
    }
}

impl AggregatorImpl for CudaAggregator {
    fn start(&self) -> Result<(), gst::ErrorMessage> {
        self.init_segment(true);
        *lock(&self.state) = State::default();
        self.reset();
        self.parent_start()?;
        *lock(&self.watch) = Watch::start(self.obj().as_ref());
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        let watch = lock(&self.watch).take();
        drop(watch);
        self.reset();
        self.init_segment(false);
        let state = std::mem::take(&mut *lock(&self.state));
        if let Some(pool) = state.output.pool()
            && let Err(error) = pool.set_active(false)
        {
            gst::warning!(CATEGORY, imp = self, "{error}");
        }
        gst::info!(
            CATEGORY,
            imp = self,
            "{} frames, {} dropped, {}",
            state.frames,
            state.dropped,
            state.counts
        );
        self.parent_stop()
    }

    fn flush(&self) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.reset();
        self.parent_flush()
    }

    fn src_activate(&self, mode: gst::PadMode, active: bool) -> Result<(), gst::LoggableError> {
        self.set_active(active);
        self.parent_src_activate(mode, active)
    }

    fn create_new_pad(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
        caps: Option<&gst::Caps>,
    ) -> Option<gst_base::AggregatorPad> {
        self.add_pad(self.parent_create_new_pad(template, name, caps)?)
    }

    fn sink_event(&self, pad: &gst_base::AggregatorPad, event: gst::Event) -> bool {
        self.on_sink_event(pad, event)
    }

    fn src_event(&self, event: gst::Event) -> bool {
        self.on_src_event(event)
    }

    fn clip(&self, pad: &gst_base::AggregatorPad, buffer: gst::Buffer) -> Option<gst::Buffer> {
        match pad.downcast_ref::<CudaAggregatorPad>() {
            Some(pad) => pad.imp().clip(buffer),
            None => Some(buffer),
        }
    }

    fn propose_allocation(
        &self,
        _pad: &gst_base::AggregatorPad,
        _decide_query: Option<&gst::query::Allocation>,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        self.propose(query)
    }

    fn next_time(&self) -> Option<ClockTime> {
        // The clock comes before the base time, which is 0 until then or from before a pause: all times
        // would seem to be long past, and what is due then left out without end.
        if !self.is_playing.load(Ordering::Acquire) {
            return None;
        }
        let clock = lock(&self.state).clock.map(|clock| clock.next().0);
        // Before negotiation: as soon as somebody could be shown.
        clock.or_else(|| self.has_caps().then_some(ClockTime::ZERO))
    }

    fn update_src_caps(&self, caps: &gst::Caps) -> Result<gst::Caps, gst::FlowError> {
        self.choose_src_caps(caps)
    }

    fn fixate_src_caps(&self, caps: gst::Caps) -> gst::Caps {
        self.parent_fixate_src_caps(self.prefer(caps))
    }

    fn negotiated_src_caps(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
        self.set_src_caps(caps)?;
        self.parent_negotiated_src_caps(caps)
    }

    fn decide_allocation(
        &self,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        self.make_pool(query)
    }

    fn aggregate(&self, timeout: bool) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.make_output(timeout)
    }
}
