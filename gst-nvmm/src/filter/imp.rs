#![forbid(unsafe_code)]

use std::sync::{LazyLock, Mutex};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::base_transform::GenerateOutputSuccess;
use gst_base::subclass::prelude::*;

use super::class::Class;
use super::state::{State, lock};
use crate::counts::Counts;
use crate::error::{Error, Result};
use crate::memory::recycled;
use crate::pool::OutputSettings;
use crate::session::ElementSession;

pub(super) static CATEGORY: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "cudafilter",
        gst::DebugColorFlags::empty(),
        Some("one NVMM input, one CUDA kernel, one NVMM output"),
    )
});

#[derive(Debug, Default)]
pub struct CudaFilter {
    session: ElementSession,
    pub(super) state: Mutex<State>,
    pub(super) settings: OutputSettings,
}

impl CudaFilter {
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

    /// Wakes the streaming thread if it waits for a surface, or lets it wait again.
    fn set_flushing(&self, flushing: bool) {
        lock(&self.state).output.set_flushing(flushing);
    }
}

#[glib::object_subclass]
impl ObjectSubclass for CudaFilter {
    const NAME: &'static str = "GstNvmmCudaFilter";
    const ALLOW_NAME_CONFLICT: bool = true;
    const ABSTRACT: bool = true;
    type Type = super::CudaFilter;
    type ParentType = gst_base::BaseTransform;
    type Class = Class;

    fn class_init(class: &mut Self::Class) {
        class.mode = Self::MODE;
        class.open = |_, _| Ok(());
        class.close = |_| {};
        class.process = |_, _, _, _| Err(Error::buffer("the subclass has no process()"));
        class.process_in_place =
            |_, _, _| Err(Error::buffer("the subclass has no process_in_place()"));
    }
}

impl ObjectImpl for CudaFilter {
    fn properties() -> &'static [glib::ParamSpec] {
        OutputSettings::properties()
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        self.settings.set(value, pspec);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        self.settings.value(pspec)
    }

    fn constructed(&self) {
        self.parent_constructed();
        self.obj().set_qos(true);
    }
}

impl GstObjectImpl for CudaFilter {}

impl ElementImpl for CudaFilter {
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
        if transition == gst::StateChange::PausedToReady {
            // The base class takes the stream lock next.
            self.set_flushing(true);
        }
        let result = self.parent_change_state(transition);
        if transition == gst::StateChange::ReadyToNull {
            self.close();
        }
        result
    }
}

impl BaseTransformImpl for CudaFilter {
    const MODE: BaseTransformMode = BaseTransformMode::NeverInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.state) = State::default();
        self.parent_start()
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        recycled::forget();
        let state = std::mem::take(&mut *lock(&self.state));
        if let Some(pool) = state.output.pool()
            && let Err(error) = pool.set_active(false)
        {
            gst::warning!(CATEGORY, imp = self, "{error}");
        }
        let State { frames, counts, .. } = state;
        gst::info!(CATEGORY, imp = self, "{frames} frames: {counts}");
        self.parent_stop()
    }

    fn set_caps(&self, input: &gst::Caps, output: &gst::Caps) -> Result<(), gst::LoggableError> {
        self.negotiated(self.set_shapes(input, output))
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::FlushStart(_) => self.set_flushing(true),
            gst::EventView::FlushStop(_) => {
                recycled::forget();
                self.set_flushing(false);
            }
            gst::EventView::Caps(caps) => {
                let caps = caps.caps_owned();
                let is_taken = self.parent_sink_event(event);
                if !is_taken {
                    self.post_mismatch(&caps);
                }
                return is_taken;
            }
            _ => {}
        }
        self.parent_sink_event(event)
    }

    fn submit_input_buffer(
        &self,
        is_discont: bool,
        buffer: gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        // It negotiates anew where downstream asked for that.
        self.parent_submit_input_buffer(is_discont, buffer)
            .inspect_err(|flow| {
                let caps = self.obj().sink_pad().current_caps();
                if let (gst::FlowError::NotNegotiated, Some(caps)) = (flow, caps) {
                    self.post_mismatch(&caps);
                }
            })
    }

    fn propose_allocation(
        &self,
        decide_query: Option<&gst::query::Allocation>,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        self.parent_propose_allocation(decide_query, query)?;
        // Without a query of our own it was passed on.
        if decide_query.is_some() {
            self.propose(query);
        }
        Ok(())
    }

    fn decide_allocation(
        &self,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        let (caps, _) = query.get_owned();
        let caps = caps.ok_or_else(|| gst::loggable_error!(CATEGORY, "no caps were negotiated"))?;
        // BaseTransform gets no pool: it would make all surfaces anew whenever downstream asks again.
        self.negotiated(self.make_pool(&caps, query))
    }

    fn generate_output(&self) -> Result<GenerateOutputSuccess, gst::FlowError> {
        let Some(buffer) = self.take_queued_buffer() else {
            return Ok(GenerateOutputSuccess::NoOutput);
        };
        // Asked once: it may change at any time. And a gap in a stream comes as a buffer without
        // memory: nothing to compute.
        if self.obj().is_passthrough() || buffer.n_memory() == 0 {
            return Ok(GenerateOutputSuccess::Buffer(buffer));
        }
        let session = self.session.get().ok_or(gst::FlowError::Flushing)?;
        let before = Counts::of_thread();
        let result = self.compute(&session, buffer);
        let mut state = lock(&self.state);
        state.counts += Counts::of_thread() - before;
        state.frames += u64::from(result.is_ok());
        drop(state);
        match result {
            Ok(buffer) => Ok(GenerateOutputSuccess::Buffer(buffer)),
            Err(Error::Flushing) => Err(gst::FlowError::Flushing),
            Err(error) => {
                self.post_error_message(error.to_message());
                Err(gst::FlowError::Error)
            }
        }
    }
}
