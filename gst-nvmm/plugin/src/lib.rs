//! libgstnvmm.so: elements built on gst-nvmm as any user would build theirs.
//!
//! Loading it opens no library of NVIDIA's; what is missing is said at NULL to READY.

#![expect(
    missing_docs,
    reason = "plugin_define! makes public items without docs"
)]

mod kernel;
mod overlay;
mod transform;

use gst::glib;

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    overlay::register(plugin)?;
    transform::register(plugin)
}

gst::plugin_define!(
    nvmm,
    env!("CARGO_PKG_DESCRIPTION"),
    plugin_init,
    env!("CARGO_PKG_VERSION"),
    // The crate's licence is "MIT OR Apache-2.0"; this is the name that GStreamer knows.
    "MIT/X11",
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_NAME")
);
