#![forbid(unsafe_code)]
//! Where frames leave a pipeline for an application, and where they enter one.

mod places;
mod sink;
mod source;

pub(crate) use places::Place;
pub use sink::NvmmSink;
pub use source::NvmmSource;

/// Locks what is consistent after each step, so that a panic elsewhere does not spoil it.
fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

/// The one pad of an element that takes or makes whatever surfaces hold.
fn template(name: &str, direction: gst::PadDirection) -> Vec<gst::PadTemplate> {
    let caps = crate::nvmm_caps(crate::video_formats());
    // A template fails only for a name that does not go with its presence.
    let template = gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps);
    template.into_iter().collect()
}
