//! A source of NVMM buffers that come from a pool as they are.

#![forbid(unsafe_code)]

use std::sync::{Mutex, OnceLock};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::base_src::CreateSuccess;
use gst_base::subclass::prelude::*;

/// What it makes: small, so that nothing but calls is measured.
pub(crate) fn caps() -> gst::Caps {
    gst::Caps::builder("video/x-raw")
        .features([gst_nvmm::CAPS_FEATURE_MEMORY_NVMM])
        .field("format", "RGBA")
        .field("width", 64)
        .field("height", 48)
        .field("framerate", gst::Fraction::new(30, 1))
        .build()
}

mod imp {
    use super::*;

    #[derive(Debug, Default)]
    pub struct Source {
        pub(super) pool: OnceLock<gst::BufferPool>,
        pub(super) limit: OnceLock<u64>,
        pub(super) frames: Mutex<u64>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Source {
        const NAME: &'static str = "NvmmOverheadSource";
        type Type = super::Source;
        type ParentType = gst_base::PushSrc;
    }

    impl ObjectImpl for Source {
        fn constructed(&self) {
            self.parent_constructed();
            self.obj().set_format(gst::Format::Time);
        }
    }

    impl GstObjectImpl for Source {}

    impl ElementImpl for Source {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: OnceLock<gst::subclass::ElementMetadata> = OnceLock::new();
            Some(METADATA.get_or_init(|| {
                gst::subclass::ElementMetadata::new(
                    "Source of pooled buffers",
                    "Source/Video",
                    "Gives buffers of a pool as they are",
                    env!("CARGO_PKG_NAME"),
                )
            }))
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: OnceLock<Vec<gst::PadTemplate>> = OnceLock::new();
            TEMPLATES.get_or_init(|| {
                let (direction, presence) = (gst::PadDirection::Src, gst::PadPresence::Always);
                let template = gst::PadTemplate::new("src", direction, presence, &caps());
                template.into_iter().collect()
            })
        }
    }

    impl BaseSrcImpl for Source {
        fn decide_allocation(
            &self,
            _query: &mut gst::query::Allocation,
        ) -> Result<(), gst::LoggableError> {
            Ok(())
        }
    }

    impl PushSrcImpl for Source {
        fn create(
            &self,
            _buffer: Option<&mut gst::BufferRef>,
        ) -> Result<CreateSuccess, gst::FlowError> {
            let (Some(pool), Some(limit)) = (self.pool.get(), self.limit.get()) else {
                return Err(gst::FlowError::NotNegotiated);
            };
            let mut frames = self.frames.lock().unwrap_or_else(|e| e.into_inner());
            if *frames == *limit {
                return Err(gst::FlowError::Eos);
            }
            let mut buffer = pool.acquire_buffer(None)?;
            let length = gst::ClockTime::SECOND / 30;
            if let Some(buffer) = buffer.get_mut() {
                buffer.set_pts(length * *frames);
                buffer.set_duration(length);
            }
            *frames += 1;
            Ok(CreateSuccess::NewBuffer(buffer))
        }
    }
}

glib::wrapper! {
    pub struct Source(ObjectSubclass<imp::Source>)
        @extends gst_base::PushSrc, gst_base::BaseSrc, gst::Element, gst::Object;
}

impl Source {
    /// That gives so many buffers of an active pool.
    pub(crate) fn new(pool: gst::BufferPool, frames: u64) -> Self {
        let source: Self = glib::Object::new();
        // Both are empty in what was made just now.
        let _ = source.imp().pool.set(pool);
        let _ = source.imp().limit.set(frames);
        source
    }
}
