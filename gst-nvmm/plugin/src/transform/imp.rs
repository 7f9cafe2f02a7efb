use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::base_transform::{InputBuffer, PrepareOutputBufferSuccess};
use gst_base::subclass::prelude::*;
use gst_nvmm::{Form, NvmmBufferPool, is_nvmm, nvmm_caps, video_formats, with_nvmm, without_nvmm};
use gst_video::{VideoFrameRef, VideoInfo};

use super::rows;

static CATEGORY: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvmmtransform",
        gst::DebugColorFlags::empty(),
        Some("system memory <-> memory:NVMM"),
    )
});

/// Output surfaces if downstream asks for fewer: as many as nvvidconv has.
const OUTPUT_BUFFERS: u32 = 4;

#[derive(Debug, Default)]
pub(crate) struct NvmmTransform {
    negotiated: Mutex<Option<Negotiated>>,
    /// The output's pool, for an upload: who waits in it must be woken.
    pool: Mutex<Option<NvmmBufferPool>>,
    bufapi_version: AtomicBool,
}

#[derive(Clone, Debug)]
struct Negotiated {
    info: VideoInfo,
    direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Upload,
    Download,
}

impl NvmmTransform {
    /// What an upload makes.
    fn form(&self) -> Form {
        Form::of_platform(self.bufapi_version.load(Ordering::Relaxed))
    }

    /// Wakes the streaming thread if it waits for a surface, or lets it wait again.
    fn set_flushing(&self, flushing: bool) {
        let pool = self.pool.lock().unwrap_or_else(|e| e.into_inner()).clone();
        if let Some(pool) = pool.filter(|pool| pool.is_active()) {
            pool.set_flushing(flushing);
        }
    }

    fn copy(&self, input: &gst::BufferRef, output: &mut gst::BufferRef) -> gst_nvmm::Result<()> {
        let negotiated = self.negotiated.lock().unwrap_or_else(|e| e.into_inner());
        let Some(Negotiated { info, direction }) = &*negotiated else {
            return Err(gst_nvmm::Error::Buffer("a buffer came before caps".into()));
        };
        let unmappable = |_| {
            gst_nvmm::Error::Buffer(
                "a buffer in system memory is smaller than its caps say, or cannot be mapped"
                    .into(),
            )
        };
        match direction {
            Direction::Upload => {
                let frame =
                    VideoFrameRef::from_buffer_ref_readable(input, info).map_err(unmappable)?;
                gst_nvmm::write_cpu(output, info, |map| rows::upload(&frame, map))
            }
            Direction::Download => {
                let mut frame =
                    VideoFrameRef::from_buffer_ref_writable(output, info).map_err(unmappable)?;
                gst_nvmm::read_cpu(input, info, |map| rows::download(map, &mut frame))
            }
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
        static PROPERTIES: LazyLock<[glib::ParamSpec; 1]> = LazyLock::new(|| [Form::property()]);
        &*PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, _pspec: &glib::ParamSpec) {
        let set = value.get().unwrap_or_default();
        self.bufapi_version.store(set, Ordering::Relaxed);
    }

    fn property(&self, _id: usize, _pspec: &glib::ParamSpec) -> glib::Value {
        self.bufapi_version.load(Ordering::Relaxed).to_value()
    }
}
impl GstObjectImpl for NvmmTransform {}

impl ElementImpl for NvmmTransform {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NVMM transform",
                "Filter/Converter/Video/Hardware",
                "Moves video between system memory and memory:NVMM",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let mut caps = nvmm_caps(video_formats());
            let system = without_nvmm(&caps);
            caps.make_mut().append(system);
            [
                ("sink", gst::PadDirection::Sink),
                ("src", gst::PadDirection::Src),
            ]
            .into_iter()
            // A template fails only for a name that does not go with its presence.
            .filter_map(|(name, direction)| {
                gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok()
            })
            .collect()
        });
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
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn transform_caps(
        &self,
        _direction: gst::PadDirection,
        caps: &gst::Caps,
        filter: Option<&gst::Caps>,
    ) -> Option<gst::Caps> {
        // The other memory first; NVMM to NVMM is passed through. System to system is nobody's wish
        // here: it would hide that a capsfilter lacks the feature.
        let mut other = gst::Caps::new_empty();
        for (structure, features) in caps.iter_with_features() {
            let one: gst::Caps = [(structure.to_owned(), features.to_owned())]
                .into_iter()
                .collect();
            if is_nvmm(&one) {
                other.merge(without_nvmm(&one));
                other.merge(one);
            } else {
                other.merge(with_nvmm(&one));
            }
        }
        Some(match filter {
            Some(filter) => filter.intersect_with_mode(&other, gst::CapsIntersectMode::First),
            None => other,
        })
    }

    fn set_caps(&self, input: &gst::Caps, output: &gst::Caps) -> Result<(), gst::LoggableError> {
        let direction = match (is_nvmm(input), is_nvmm(output)) {
            (false, true) => Direction::Upload,
            (true, false) => Direction::Download,
            // Passed through: `transform` is not called.
            _ => return Ok(()),
        };
        let parse = |caps: &gst::Caps| {
            VideoInfo::from_caps(caps)
                .map_err(|_| gst::loggable_error!(CATEGORY, "{caps} are not fixed raw video"))
        };
        let (info, other) = (parse(input)?, parse(output)?);
        let shape = |i: &VideoInfo| (i.format(), i.width(), i.height());
        if shape(&info) != shape(&other) {
            return Err(gst::loggable_error!(
                CATEGORY,
                "{input} to {output}: sizes and formats must be equal; put videoscale or \
                 videoconvert on the system memory side"
            ));
        }
        *self.negotiated.lock().unwrap_or_else(|e| e.into_inner()) =
            Some(Negotiated { info, direction });
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        match event.type_() {
            gst::EventType::FlushStart => self.set_flushing(true),
            gst::EventType::FlushStop => self.set_flushing(false),
            _ => {}
        }
        self.parent_sink_event(event)
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *self.pool.lock().unwrap_or_else(|e| e.into_inner()) = None;
        *self.negotiated.lock().unwrap_or_else(|e| e.into_inner()) = None;
        Ok(())
    }

    fn unit_size(&self, caps: &gst::Caps) -> Option<usize> {
        if is_nvmm(caps) {
            return self.form().memory_size().ok();
        }
        VideoInfo::from_caps(caps).ok().map(|info| info.size())
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
        let (caps, _) = query.get_owned();
        let caps = caps.ok_or_else(|| gst::loggable_error!(CATEGORY, "no caps were negotiated"))?;
        if is_nvmm(&caps) {
            let max = NvmmBufferPool::size_for(query, OUTPUT_BUFFERS);
            let pool = NvmmBufferPool::with_form(&caps, 0, max, self.form())
                .map_err(|e| gst::loggable_error!(CATEGORY, "{e}"))?;
            let size = self.unit_size(&caps).unwrap_or(0) as u32;
            query.add_allocation_pool(Some(&pool), size, 0, max);
            *self.pool.lock().unwrap_or_else(|e| e.into_inner()) = Some(pool);
        } else if query.allocation_pools().next().is_none() {
            let info = VideoInfo::from_caps(&caps)
                .map_err(|_| gst::loggable_error!(CATEGORY, "{caps} are not fixed raw video"))?;
            let pool = gst_video::VideoBufferPool::new();
            query.add_allocation_pool(Some(&pool), info.size() as u32, 0, 0);
        }
        self.parent_decide_allocation(query)
    }

    fn prepare_output_buffer(
        &self,
        input: InputBuffer,
    ) -> Result<PrepareOutputBufferSuccess, gst::FlowError> {
        self.parent_prepare_output_buffer(input)
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
        self.copy(input, output).map_err(|error| {
            self.post_error_message(error.to_message());
            gst::FlowError::Error
        })?;
        Ok(gst::FlowSuccess::Ok)
    }
}
