//! Why a memory of ours could not be used, for whoever was told only that: GStreamer's map gives a null, and
//! what copies of this crate lend each other gives a number.

use std::ffi::{CStr, CString, c_char};
use std::sync::LazyLock;

use gst::ffi::GstMemory;
use gst::glib;
use gst::glib::translate::IntoGlib;

use crate::error::Error;

/// Text under it crosses from one copy of the crate to another, of any version: a C string of GLib's.
static QUARK: LazyLock<glib::Quark> = LazyLock::new(|| glib::Quark::from_str("gst-nvmm-why"));

/// Leaves the reason at the memory, in place of an older one.
///
/// # Safety
///
/// `memory` is valid for the call.
pub(super) unsafe fn leave(memory: *mut GstMemory, error: &Error) {
    let text = error.to_string().replace('\0', " ");
    let text = CString::new(text).unwrap_or_default();
    // SAFETY: a C string.
    let text = unsafe { glib::ffi::g_strdup(text.as_ptr()) };
    // SAFETY: by this function's contract; GLib's string is freed with the memory, or when it is replaced.
    unsafe {
        gst::ffi::gst_mini_object_set_qdata(
            memory.cast(),
            QUARK.into_glib(),
            text.cast(),
            Some(glib::ffi::g_free),
        );
    }
}

/// Takes the reason that the memory's owner has left; words that say where to look, if it has left none.
///
/// # Safety
///
/// `memory` is valid for the call.
pub(crate) unsafe fn take(memory: *mut GstMemory) -> String {
    // SAFETY: by this function's contract. Nobody else frees what this gives.
    let text = unsafe { gst::ffi::gst_mini_object_steal_qdata(memory.cast(), QUARK.into_glib()) };
    if text.is_null() {
        return "the log of the element that made it says why".into();
    }
    // SAFETY: the quark is this crate's: what is under it is from `leave`.
    let words = unsafe { CStr::from_ptr(text.cast::<c_char>()) };
    let words = words.to_string_lossy().into_owned();
    // SAFETY: GLib's, and nobody else has it any more.
    unsafe { glib::ffi::g_free(text) };
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_reason_is_given_once() {
        gst::init().expect("GStreamer is there");
        let memory = gst::Memory::with_size(1);
        let raw = memory.as_ptr().cast_mut();
        for reason in ["one", "two\0three"] {
            // SAFETY: the memory is held.
            unsafe { leave(raw, &Error::buffer(reason)) };
        }
        // SAFETY: as above.
        let first = unsafe { take(raw) };
        assert_eq!(first, "two three");
        // SAFETY: as above.
        let second = unsafe { take(raw) };
        assert!(second.contains("log"), "{second}");
        // One that nobody takes goes with the memory.
        // SAFETY: as above.
        unsafe { leave(raw, &Error::buffer("four")) };
    }
}
