mod imp;
mod pad;

use gst::glib;
use gst::prelude::*;
use gst_nvmm::{CudaAggregator, CudaAggregatorPad};

glib::wrapper! {
    pub(crate) struct NvmmOverlay(ObjectSubclass<imp::NvmmOverlay>)
        @extends CudaAggregator, gst_base::Aggregator, gst::Element, gst::Object,
        @implements gst::ChildProxy;
}

glib::wrapper! {
    pub(crate) struct NvmmOverlayPad(ObjectSubclass<pad::NvmmOverlayPad>)
        @extends CudaAggregatorPad, gst_base::AggregatorPad, gst::Pad, gst::Object;
}

pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "nvmmoverlay",
        gst::Rank::NONE,
        NvmmOverlay::static_type(),
    )
}
