//! The element of gst-nvmm: launches nothing.

#![forbid(unsafe_code)]

use std::sync::OnceLock;

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::prelude::*;
use gst_nvmm::{
    CudaAggregator, CudaAggregatorImpl, CudaAggregatorPad, Input, NvmmFrame, Session, nvmm_caps,
};
use gst_video::VideoFormat;

mod imp {
    use super::*;

    #[derive(Debug, Default)]
    pub struct Mix;

    #[glib::object_subclass]
    impl ObjectSubclass for Mix {
        const NAME: &'static str = "NvmmOverheadMix";
        type Type = super::Mix;
        type ParentType = CudaAggregator;
    }

    impl ObjectImpl for Mix {}
    impl GstObjectImpl for Mix {}

    impl ElementImpl for Mix {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: OnceLock<gst::subclass::ElementMetadata> = OnceLock::new();
            Some(METADATA.get_or_init(|| {
                gst::subclass::ElementMetadata::new(
                    "Mix of gst-nvmm",
                    "Filter/Video",
                    "Launches nothing",
                    env!("CARGO_PKG_NAME"),
                )
            }))
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: OnceLock<Vec<gst::PadTemplate>> = OnceLock::new();
            TEMPLATES.get_or_init(|| {
                let caps = nvmm_caps([VideoFormat::Rgba]);
                CudaAggregator::pad_templates(&caps, CudaAggregatorPad::static_type())
            })
        }
    }

    impl AggregatorImpl for Mix {}

    impl CudaAggregatorImpl for Mix {
        fn process(
            &self,
            _session: &Session,
            _inputs: &[Input],
            _output: &NvmmFrame,
        ) -> gst_nvmm::Result<()> {
            Ok(())
        }
    }
}

glib::wrapper! {
    pub struct Mix(ObjectSubclass<imp::Mix>)
        @extends CudaAggregator, gst_base::Aggregator, gst::Element, gst::Object,
        @implements gst::ChildProxy;
}

/// The element, which makes surfaces on every release.
pub(crate) fn mix() -> gst::Element {
    let mix: Mix = glib::Object::builder()
        .property(gst_nvmm::Form::PROPERTY, true)
        .build();
    mix.upcast()
}
