use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use gst::ClockTime;
use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;
use gst_video::VideoInfo;

use super::qos::Qos;
use super::timing::OutputClock;
use super::watch::Watch;
use super::{CudaAggregatorPad, Input};
use crate::counts::Counts;
use crate::error::{Error, Result};
use crate::frame::NvmmFrame;
use crate::memory::{Form, form, recycled};
use crate::pool::NvmmBufferPool;
use crate::session::{Session, load_platform};

pub(super) static CATEGORY: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "cudaaggregator",
        gst::DebugColorFlags::empty(),
        Some("N NVMM inputs, one CUDA kernel, one NVMM output"),
    )
});

/// Output surfaces if nobody asks for more: one being written, one on its way, two downstream.
const DEFAULT_OUTPUT_BUFFERS: u32 = 4;

type OutputSize = fn(&super::CudaAggregator, &[(CudaAggregatorPad, VideoInfo)]) -> (u32, u32);

/// The class: GstAggregator's, and what subclasses implement.
#[repr(C)]
#[derive(Debug)]
pub struct Class {
    parent: gst_base::ffi::GstAggregatorClass,
    pub(super) open: fn(&super::CudaAggregator, &Session) -> Result<()>,
    pub(super) close: fn(&super::CudaAggregator),
    pub(super) output_size: OutputSize,
    pub(super) process: fn(&super::CudaAggregator, &Session, &[Input], &NvmmFrame) -> Result<()>,
}

// SAFETY: `repr(C)` with the parent's class first.
unsafe impl ClassStruct for Class {
    type Type = CudaAggregator;
}

#[derive(Debug)]
pub struct CudaAggregator {
    session: Mutex<Option<Arc<Session>>>,
    pads: Mutex<Vec<CudaAggregatorPad>>,
    pub(super) state: Mutex<State>,
    /// Kept between frames, empty, for its memory.
    pub(super) inputs: Mutex<Vec<Input>>,
    output_buffers: Mutex<u32>,
    bufapi_version: AtomicBool,
    watch: Mutex<Option<Watch>>,
    /// How many calls of `without_waiting` are under way.
    flushes: AtomicU32,
}

impl Default for CudaAggregator {
    fn default() -> Self {
        Self {
            session: Mutex::default(),
            pads: Mutex::default(),
            state: Mutex::default(),
            inputs: Mutex::default(),
            output_buffers: Mutex::new(DEFAULT_OUTPUT_BUFFERS),
            bufapi_version: AtomicBool::new(false),
            watch: Mutex::default(),
            flushes: AtomicU32::new(0),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) info: Option<VideoInfo>,
    pub(super) clock: Option<OutputClock>,
    pub(super) pool: Option<Pool>,
    pub(super) qos: Qos,
    /// Frames made, and frames left out because they would have come too late.
    pub(super) frames: u64,
    pub(super) dropped: u64,
    pub(super) counts: Counts,
    /// The sum of both when the watch looked last.
    pub(super) seen_by_watch: u64,
}

/// The output's pool, and what it was made for.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) caps: gst::Caps,
    pub(super) max: u32,
    pub(super) pool: NvmmBufferPool,
}

/// Locks; state is replaced field by field, so a panic elsewhere does not spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

impl CudaAggregator {
    pub(super) fn class(&self) -> &'static Class {
        let object = self.obj();
        let class: *const Class = object.class().as_ref();
        // SAFETY: GObject's static classes live for ever.
        unsafe { &*class }
    }

    pub(super) fn pads(&self) -> MutexGuard<'_, Vec<CudaAggregatorPad>> {
        lock(&self.pads)
    }

    pub(super) fn pad(&self, index: usize) -> Option<CudaAggregatorPad> {
        self.pads().get(index).cloned()
    }

    pub(super) fn output_buffers(&self) -> u32 {
        *lock(&self.output_buffers)
    }

    pub(super) fn session(&self) -> Option<Arc<Session>> {
        lock(&self.session).clone()
    }

    pub(super) fn form(&self) -> Form {
        Form::of_platform(self.bufapi_version.load(Ordering::Relaxed))
    }

    fn open(&self) -> Result<()> {
        load_platform()?;
        let session = Session::new()?;
        {
            let _current = session.push()?;
            (self.class().open)(self.obj().as_ref(), &session)?;
        }
        *lock(&self.session) = Some(Arc::new(session));
        Ok(())
    }

    fn close(&self) {
        let Some(session) = lock(&self.session).take() else {
            return;
        };
        match session.push() {
            Ok(_current) => (self.class().close)(self.obj().as_ref()),
            Err(error) => gst::error!(CATEGORY, imp = self, "closing: {error}"),
        }
    }

    /// Runs what joins the source task, which must not wait for a surface meanwhile. A flushing
    /// seek comes back as flush events before it is done: the last one out lets it wait again.
    fn without_waiting(&self, body: impl FnOnce() -> bool) -> bool {
        let set_flushing = |flushing| {
            let pool = lock(&self.state)
                .pool
                .as_ref()
                .map(|pool| pool.pool.clone());
            pool.iter().for_each(|pool| pool.set_flushing(flushing));
        };
        if self.flushes.fetch_add(1, Ordering::SeqCst) == 0 {
            set_flushing(true);
        }
        let handled = body();
        if self.flushes.fetch_sub(1, Ordering::SeqCst) == 1 {
            set_flushing(false);
        }
        handled
    }

    /// Forgets frames and times: after a flush, a seek or a stop.
    fn reset(&self) {
        let mut index = 0;
        while let Some(pad) = self.pad(index) {
            pad.imp().show(None);
            index += 1;
        }
        recycled::forget();
        let mut state = lock(&self.state);
        state.qos = Qos::default();
        state.clock = state
            .info
            .as_ref()
            .map(|i| OutputClock::new(ClockTime::ZERO, i.fps()));
    }

    /// The output's segment counts in time. GStreamer 1.14 has no function for that.
    fn init_segment(&self, keep_seek: bool) {
        let obj = self.obj();
        let pad = obj.src_pad();
        let _guard = pad.object_lock();
        let raw: *mut gst_base::ffi::GstAggregatorPad = pad.as_ptr();
        // SAFETY: the pad is alive, and its segment is changed under the object lock, as the base
        // class does.
        let segment = unsafe { &mut (*raw).segment };
        // A seek before PAUSED has set it already.
        if keep_seek && segment.format == gst::ffi::GST_FORMAT_TIME {
            return;
        }
        // SAFETY: a segment that is ours alone for the moment.
        unsafe { gst::ffi::gst_segment_init(segment, gst::ffi::GST_FORMAT_TIME) };
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
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            vec![
                glib::ParamSpecUInt::builder("output-buffers")
                    .nick("Output buffers")
                    .blurb("Output surfaces at least; more if downstream asks for them")
                    .minimum(2)
                    .maximum(64)
                    .default_value(DEFAULT_OUTPUT_BUFFERS)
                    .mutable_ready()
                    .build(),
                Form::property(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        if pspec.name() == Form::PROPERTY {
            let set = value.get().unwrap_or_default();
            self.bufapi_version.store(set, Ordering::Relaxed);
        } else if let Ok(value) = value.get() {
            *lock(&self.output_buffers) = value;
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        if pspec.name() == Form::PROPERTY {
            self.bufapi_version.load(Ordering::Relaxed).to_value()
        } else {
            self.output_buffers().to_value()
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
        self.pads().retain(|p| p.upcast_ref::<gst::Pad>() != pad);
        self.parent_release_pad(pad);
        if let Some(pad) = pad.downcast_ref::<CudaAggregatorPad>() {
            pad.imp().show(None);
        }
        recycled::forget();
        self.obj().child_removed(pad, &pad.name());
        self.obj().src_pad().mark_reconfigure();
    }
}

impl ChildProxyImpl for CudaAggregator {
    fn child_by_index(&self, index: u32) -> Option<glib::Object> {
        self.pads()
            .get(index as usize)
            .map(|pad| pad.clone().upcast())
    }

    fn child_by_name(&self, name: &str) -> Option<glib::Object> {
        let pads = self.pads();
        pads.iter()
            .find(|pad| pad.name() == name)
            .map(|pad| pad.clone().upcast())
    }

    fn children_count(&self) -> u32 {
        self.pads().len() as u32
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
        if let Some(Pool { pool, .. }) = state.pool
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
        // The source task may wait for a surface; it must not when it is to end.
        if let Some(Pool { pool, .. }) = &lock(&self.state).pool {
            pool.set_flushing(!active);
        }
        self.parent_src_activate(mode, active)
    }

    fn create_new_pad(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
        caps: Option<&gst::Caps>,
    ) -> Option<gst_base::AggregatorPad> {
        let pad = self.parent_create_new_pad(template, name, caps)?;
        let Ok(pad) = pad.downcast::<CudaAggregatorPad>() else {
            gst::error!(
                CATEGORY,
                imp = self,
                "make the sink template with PadTemplate::with_gtype and a CudaAggregatorPad type"
            );
            return None;
        };
        self.pads().push(pad.clone());
        Some(pad.upcast())
    }

    fn sink_event(&self, pad: &gst_base::AggregatorPad, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Caps(caps) if !self.set_sink_caps(pad, caps.caps()) => false,
            gst::EventView::FlushStart(_) => {
                self.without_waiting(|| self.parent_sink_event(pad, event))
            }
            gst::EventView::Segment(segment) if segment.segment().rate() < 0.0 => {
                gst::element_imp_error!(
                    self,
                    gst::StreamError::Format,
                    (
                        "input {} plays backwards, which this element cannot",
                        pad.name()
                    )
                );
                false
            }
            _ => self.parent_sink_event(pad, event),
        }
    }

    fn src_event(&self, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Seek(seek) if seek.get().0 < 0.0 => {
                gst::warning!(
                    CATEGORY,
                    imp = self,
                    "seeks backwards are not possible: {seek:?}"
                );
                false
            }
            gst::EventView::Seek(seek) if seek.get().1.contains(gst::SeekFlags::FLUSH) => {
                self.without_waiting(|| self.parent_src_event(event))
            }
            gst::EventView::Qos(qos) => {
                let (_, proportion, late, timestamp) = qos.get();
                let is_live = self.obj().latency().is_some();
                let mut state = lock(&self.state);
                let length = state.clock.map_or(ClockTime::ZERO, |clock| {
                    let (start, end) = clock.next();
                    end.saturating_sub(start)
                });
                state
                    .qos
                    .update(proportion, late, timestamp, length, is_live);
                drop(state);
                self.parent_src_event(event)
            }
            _ => self.parent_src_event(event),
        }
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
        // One frame is being shown, one is queued; a producer adds what it works on itself.
        query.add_allocation_pool(None::<&gst::BufferPool>, form::usual_size() as u32, 2, 0);
        Ok(())
    }

    fn next_time(&self) -> Option<ClockTime> {
        let clock = lock(&self.state).clock.map(|clock| clock.next().0);
        clock.or_else(|| {
            // Before negotiation: as soon as somebody could be shown.
            let has_caps = self
                .pads()
                .iter()
                .any(|pad| pad.imp().state().info.is_some());
            has_caps.then_some(ClockTime::ZERO)
        })
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
