#![forbid(unsafe_code)]

use std::sync::LazyLock;

/// What this crate logs to, but for its base classes.
pub(crate) static CATEGORY: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    let about = "memory:NVMM, gst-nvmm";
    gst::DebugCategory::new("nvmm", gst::DebugColorFlags::empty(), Some(about))
});
