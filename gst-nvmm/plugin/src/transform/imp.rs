use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::base_transform::{InputBuffer, PrepareOutputBufferSuccess};
use gst_base::subclass::prelude::*;
use gst_nvmm::{Counts, is_nvmm};

use super::pools::{self, Pools};
use super::settings::Settings;
use super::task::Task;
use super::{nearest, negotiate};

pub(super) static CATEGORY: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvmmtransform",
        gst::DebugColorFlags::empty(),
        Some("crops, scales, turns and converts; system memory <-> memory:NVMM"),
    )
});

#[derive(Debug, Default)]
pub(crate) struct NvmmTransform {
    pub(super) settings: Mutex<Settings>,
    /// Whether settings have changed since the streaming thread looked.
    pub(super) is_changed: AtomicBool,
    pub(super) task: Mutex<Option<Task>>,
    pub(super) pools: Mutex<Pools>,
    done: Mutex<Done>,
}

/// For the line that is logged at the end.
#[derive(Debug, Default)]
struct Done {
    frames: u64,
    counts: Counts,
}

/// Locks; what is inside is replaced as a whole, so a panic elsewhere does not spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

impl NvmmTransform {
    pub(super) fn settings(&self) -> Settings {
        *lock(&self.settings)
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
            lock(&self.pools).set_flushing(true);
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
        direction: gst::PadDirection,
        caps: &gst::Caps,
        filter: Option<&gst::Caps>,
    ) -> Option<gst::Caps> {
        Some(negotiate::transform(
            direction,
            caps,
            filter,
            &self.settings(),
        ))
    }

    fn fixate_caps(
        &self,
        direction: gst::PadDirection,
        caps: &gst::Caps,
        othercaps: gst::Caps,
    ) -> gst::Caps {
        nearest::fixate(direction, caps, othercaps, &self.settings())
    }

    fn set_caps(&self, input: &gst::Caps, output: &gst::Caps) -> Result<(), gst::LoggableError> {
        let settings = self.settings();
        let task = Task::new(input, output, &settings).map_err(|error| {
            self.refuse(&error.to_string(), &format!("from {input} to {output}"));
            gst::loggable_error!(CATEGORY, "from {input} to {output}: {error}")
        })?;
        self.obj().set_passthrough(task.is_passthrough(&settings));
        *lock(&self.task) = Some(task);
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        match event.type_() {
            gst::EventType::FlushStart => lock(&self.pools).set_flushing(true),
            gst::EventType::FlushStop => lock(&self.pools).set_flushing(false),
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

    /// Before it negotiates.
    fn submit_input_buffer(
        &self,
        is_discont: bool,
        input: gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        lock(&self.done).frames += 1;
        self.follow_changes()?;
        let flow = self.parent_submit_input_buffer(is_discont, input);
        if flow == Err(gst::FlowError::NotNegotiated)
            && let Some(caps) = self.obj().sink_pad().current_caps()
        {
            self.explain(&caps);
        }
        flow
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.pools) = Pools::default();
        *lock(&self.task) = None;
        let Done { frames, counts } = std::mem::take(&mut *lock(&self.done));
        gst::info!(CATEGORY, imp = self, "{frames} frames: {counts}");
        Ok(())
    }

    fn unit_size(&self, caps: &gst::Caps) -> Option<usize> {
        pools::size(caps, &self.settings()).ok()
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
        // The base class only says that it could not negotiate.
        let failed = |error: &gst_nvmm::Error| self.post_error_message(error.to_message());
        *lock(&self.pools) = Pools::decide(query, &self.settings())
            .inspect_err(failed)
            .map_err(|error| gst::loggable_error!(CATEGORY, "{error}"))?;
        self.parent_decide_allocation(query).inspect_err(|_| {
            let failure = lock(&self.pools).failure();
            failure.iter().for_each(failed);
        })
    }

    fn prepare_output_buffer(
        &self,
        input: InputBuffer,
    ) -> Result<PrepareOutputBufferSuccess, gst::FlowError> {
        self.output_buffer(input).inspect_err(|flow| {
            if *flow == gst::FlowError::Error {
                let failure = lock(&self.pools).failure();
                self.post_error_message(failure.map_or_else(
                    || {
                        gst::error_msg!(
                            gst::ResourceError::NoSpaceLeft,
                            ("no output buffer could be made: memory is exhausted, see the log")
                        )
                    },
                    |failure| failure.to_message(),
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
