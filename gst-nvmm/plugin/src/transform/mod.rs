//! nvmmtransform: crop, scale, flip and format, in NVMM and to and from system memory.

mod allocation;
mod imp;
mod mismatch;
mod negotiate;
mod rows;
mod settings;
mod size;
mod task;

use gst::glib;
use gst::prelude::*;

glib::wrapper! {
    pub(crate) struct NvmmTransform(ObjectSubclass<imp::NvmmTransform>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    let element = NvmmTransform::static_type();
    gst::Element::register(Some(plugin), "nvmmtransform", gst::Rank::NONE, element)
}
