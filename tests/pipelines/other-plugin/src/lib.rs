//! libgstother.so: `othermix` lays its inputs over each other at the top left, the last one on top.
//! It is what a user of gst-nvmm would write, in a plugin with a gst-nvmm of its own.

#![expect(
    missing_docs,
    reason = "plugin_define! makes public items without docs"
)]

#[expect(
    dead_code,
    reason = "the element uses a part of what the kernel can do"
)]
#[path = "../../../../gst-nvmm/plugin/src/kernel.rs"]
mod kernel;
mod mix;

use gst::glib;
use gst::prelude::*;

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "othermix",
        gst::Rank::NONE,
        mix::OtherMix::static_type(),
    )
}

gst::plugin_define!(
    other,
    env!("CARGO_PKG_DESCRIPTION"),
    plugin_init,
    env!("CARGO_PKG_VERSION"),
    // The crate's licence is "MIT OR Apache-2.0"; this is the name that GStreamer knows.
    "MIT/X11",
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_NAME")
);
