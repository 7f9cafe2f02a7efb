use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::base_transform::{InputBuffer, PrepareOutputBufferSuccess};
use gst_base::subclass::prelude::*;
use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{Counts, NvmmBufferExt, NvmmBufferPool, is_nvmm};

use super::allocation;
use super::mismatch::mismatch;
use super::negotiate;
use super::settings::Settings;
use super::task::Task;

static CATEGORY: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvmmtransform",
        gst::DebugColorFlags::empty(),
        Some("crops, scales, turns and converts; system memory <-> memory:NVMM"),
    )
});

#[derive(Debug, Default)]
pub(crate) struct NvmmTransform {
    settings: Mutex<Settings>,
    /// Whether settings have changed since the streaming thread looked.
    is_changed: AtomicBool,
    task: Mutex<Option<Task>>,
    /// The output's pool, if it is NVMM: who waits in it must be woken.
    pool: Mutex<Option<NvmmBufferPool>>,
    /// The pool in place of that, for inputs of this format.
    of_format: Mutex<Option<(ColorFormat, Option<NvmmBufferPool>)>>,
    done: Mutex<Done>,
}

/// For the line that is logged at the end.
#[derive(Debug, Default)]
struct Done {
    frames: u64,
    counts: Counts,
}

/// Locks; what is inside is replaced as a whole, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

impl NvmmTransform {
    fn settings(&self) -> Settings {
        *lock(&self.settings)
    }

    /// Wakes the streaming thread if it waits for a surface, or lets it wait again.
    fn set_flushing(&self, flushing: bool) {
        let other = lock(&self.of_format).clone().and_then(|(_, pool)| pool);
        let pools = lock(&self.pool).clone().into_iter().chain(other);
        for pool in pools.filter(|pool| pool.is_active()) {
            pool.set_flushing(flushing);
        }
    }

    /// An output buffer with the colours of an input whose surface says more than the caps do, or less;
    /// `None` if the usual pool has such.
    fn of_colours(&self, input: &gst::BufferRef) -> Result<Option<gst::Buffer>, gst::FlowError> {
        let keeps = lock(&self.task).as_ref().is_some_and(Task::keeps_colours)
            && !self.obj().is_passthrough();
        let Some(usual) = lock(&self.pool).clone().filter(|_| keeps) else {
            return Ok(None);
        };
        // What cannot be read is said when it is transformed.
        let Ok(format) = input.nvmm_pixels(0).and_then(|p| p.color_format()) else {
            return Ok(None);
        };
        let known = lock(&self.of_format).clone();
        let pool = match known.filter(|(known, _)| *known == format) {
            Some((_, pool)) => pool,
            None => {
                let pool = allocation::of_format(&usual, format, &self.settings()).unwrap_or_else(
                    |error| {
                        gst::warning!(CATEGORY, imp = self, "colours may change: {error}");
                        None
                    },
                );
                *lock(&self.of_format) = Some((format, pool.clone()));
                pool
            }
        };
        pool.map(|pool| pool.acquire_buffer(None)).transpose()
    }

    /// Says on the bus why caps were not taken, where that is downstream's doing.
    fn explain(&self, caps: &gst::CapsRef) {
        let Some(pad) = self.obj().static_pad("src") else {
            return;
        };
        if pad.pad_flags().contains(gst::PadFlags::FLUSHING) || !pad.is_linked() {
            return;
        }
        let possible = negotiate::transform(caps, None, &self.settings());
        if let Some(why) = mismatch(&possible, &pad.peer_query_caps(None)) {
            self.post_error_message(gst::error_msg!(
                gst::CoreError::Negotiation,
                ("{why}"),
                ["from {caps}"]
            ));
        }
    }
}

#[glib::object_subclass]
impl ObjectSubclass for NvmmTransform {
    const NAME: &'static str = "GstNvmmTransform";
    const ALLOW_NAME_CONFLICT: bool = true;
    type Type = super::NvmmTransform;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for NvmmTransform {
    fn properties() -> &'static [glib::ParamSpec] {
        Settings::properties()
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        lock(&self.settings).set(pspec.name(), value);
        self.is_changed.store(true, Ordering::Release);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        self.settings().value(pspec.name())
    }
}

impl GstObjectImpl for NvmmTransform {}

impl ElementImpl for NvmmTransform {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NVMM transform",
                "Filter/Converter/Video/Scaler/Effect/Hardware",
                "Crops, scales, turns and converts video in memory:NVMM, and moves it there and back",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(negotiate::templates);
        &TEMPLATES
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::NullToReady
            && let Err(error) = gst_nvmm::load_platform()
        {
            self.post_error_message(error.to_message());
            return Err(gst::StateChangeError);
        }
        if transition == gst::StateChange::PausedToReady {
            // The base class takes the stream lock next.
            self.set_flushing(true);
        }
        self.parent_change_state(transition)
    }
}

impl BaseTransformImpl for NvmmTransform {
    const MODE: BaseTransformMode = BaseTransformMode::NeverInPlace;
    // Not for the same caps alone: see `set_caps`.
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn transform_caps(
        &self,
        _direction: gst::PadDirection,
        caps: &gst::Caps,
        filter: Option<&gst::Caps>,
    ) -> Option<gst::Caps> {
        Some(negotiate::transform(caps, filter, &self.settings()))
    }

    fn fixate_caps(
        &self,
        direction: gst::PadDirection,
        caps: &gst::Caps,
        othercaps: gst::Caps,
    ) -> gst::Caps {
        negotiate::fixate(direction, caps, othercaps, &self.settings())
    }

    fn set_caps(&self, input: &gst::Caps, output: &gst::Caps) -> Result<(), gst::LoggableError> {
        let settings = self.settings();
        let task = Task::new(input, output, &settings).map_err(|error| {
            self.post_error_message(gst::error_msg!(
                gst::CoreError::Negotiation,
                ("{error}"),
                ["from {input} to {output}"]
            ));
            gst::loggable_error!(CATEGORY, "from {input} to {output}: {error}")
        })?;
        self.obj().set_passthrough(task.is_passthrough(&settings));
        *lock(&self.task) = Some(task);
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        match event.type_() {
            gst::EventType::FlushStart => self.set_flushing(true),
            gst::EventType::FlushStop => self.set_flushing(false),
            gst::EventType::Caps => {
                let caps = match event.view() {
                    gst::EventView::Caps(caps) => Some(caps.caps_owned()),
                    _ => None,
                };
                let is_taken = self.parent_sink_event(event);
                if let Some(caps) = caps.filter(|_| !is_taken) {
                    self.explain(&caps);
                }
                return is_taken;
            }
            _ => {}
        }
        self.parent_sink_event(event)
    }

    /// The streaming thread sees here, before it negotiates, that properties were set meanwhile. Equal
    /// caps are not negotiated anew, and the pool follows from what is said of passing through.
    fn submit_input_buffer(
        &self,
        is_discont: bool,
        input: gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        lock(&self.done).frames += 1;
        if self.is_changed.swap(false, Ordering::AcqRel) {
            let settings = self.settings();
            if let Some(task) = &*lock(&self.task) {
                self.obj().set_passthrough(task.is_passthrough(&settings));
            }
            self.obj().reconfigure_src();
        }
        self.parent_submit_input_buffer(is_discont, input)
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.pool) = None;
        *lock(&self.of_format) = None;
        *lock(&self.task) = None;
        let Done { frames, counts } = std::mem::take(&mut *lock(&self.done));
        gst::info!(CATEGORY, imp = self, "{frames} frames: {counts}");
        Ok(())
    }

    fn unit_size(&self, caps: &gst::Caps) -> Option<usize> {
        allocation::size(caps, &self.settings()).ok()
    }

    fn propose_allocation(
        &self,
        decide_query: Option<&gst::query::Allocation>,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        self.parent_propose_allocation(decide_query, query)?;
        let (caps, _) = query.get();
        if decide_query.is_some() && caps.is_some_and(|caps| !is_nvmm(caps)) {
            query.add_allocation_meta::<gst_video::VideoMeta>(None);
        }
        Ok(())
    }

    fn decide_allocation(
        &self,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        *lock(&self.of_format) = None;
        *lock(&self.pool) = allocation::decide(query, &self.settings())
            .map_err(|error| gst::loggable_error!(CATEGORY, "{error}"))?;
        self.parent_decide_allocation(query)
    }

    fn prepare_output_buffer(
        &self,
        input: InputBuffer,
    ) -> Result<PrepareOutputBufferSuccess, gst::FlowError> {
        let from: &gst::BufferRef = match &input {
            InputBuffer::Writable(input) => input,
            InputBuffer::Readable(input) => input,
        };
        let buffer = self.of_colours(from).and_then(|buffer| {
            let Some(mut buffer) = buffer else {
                return Ok(None);
            };
            // As the base class does with its own.
            if let Some(to) = buffer.get_mut() {
                self.parent_copy_metadata(from, to)
                    .map_err(|_| gst::FlowError::Error)?;
            }
            Ok(Some(buffer))
        });
        buffer
            .and_then(|buffer| match buffer {
                Some(buffer) => Ok(PrepareOutputBufferSuccess::Buffer(buffer)),
                None => self.parent_prepare_output_buffer(input),
            })
            .inspect_err(|flow| {
                if *flow == gst::FlowError::Error {
                    // The pool has logged why.
                    self.post_error_message(gst::error_msg!(
                        gst::ResourceError::NoSpaceLeft,
                        ("no output buffer could be made: memory is exhausted, see the log")
                    ));
                }
            })
    }

    fn transform(
        &self,
        input: &gst::Buffer,
        output: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let before = Counts::of_thread();
        let result = match &mut *lock(&self.task) {
            Some(task) => task.run(input, output, &self.settings()),
            None => Err(gst_nvmm::Error::Buffer("a buffer came before caps".into())),
        };
        lock(&self.done).counts += Counts::of_thread() - before;
        result.map_err(|error| {
            self.post_error_message(error.to_message());
            gst::FlowError::Error
        })?;
        Ok(gst::FlowSuccess::Ok)
    }
}
