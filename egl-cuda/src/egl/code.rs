//! What EGL's codes are called and mean.
#![forbid(unsafe_code)]

use crate::sys;

/// Name and meaning of a code of `eglGetError`.
pub(crate) fn known(code: i32) -> Option<(&'static str, &'static str)> {
    Some(match code {
        sys::EGL_SUCCESS => ("EGL_SUCCESS", "no error, although the call failed"),
        sys::EGL_NOT_INITIALIZED => ("EGL_NOT_INITIALIZED", "the display cannot be initialised"),
        sys::EGL_BAD_ACCESS => (
            "EGL_BAD_ACCESS",
            "the object is in use by another thread, or has an image already",
        ),
        sys::EGL_BAD_ALLOC => ("EGL_BAD_ALLOC", "memory or another resource is out"),
        sys::EGL_BAD_ATTRIBUTE => ("EGL_BAD_ATTRIBUTE", "an attribute is not known"),
        sys::EGL_BAD_CONFIG => ("EGL_BAD_CONFIG", "there is no such configuration"),
        sys::EGL_BAD_CONTEXT => ("EGL_BAD_CONTEXT", "there is no such context"),
        sys::EGL_BAD_CURRENT_SURFACE => ("EGL_BAD_CURRENT_SURFACE", "the current surface is gone"),
        sys::EGL_BAD_DISPLAY => ("EGL_BAD_DISPLAY", "there is no such display"),
        sys::EGL_BAD_MATCH => ("EGL_BAD_MATCH", "the arguments contradict each other"),
        sys::EGL_BAD_NATIVE_PIXMAP => ("EGL_BAD_NATIVE_PIXMAP", "there is no such native pixmap"),
        sys::EGL_BAD_NATIVE_WINDOW => ("EGL_BAD_NATIVE_WINDOW", "there is no such native window"),
        sys::EGL_BAD_PARAMETER => ("EGL_BAD_PARAMETER", "an argument is not valid"),
        sys::EGL_BAD_SURFACE => ("EGL_BAD_SURFACE", "there is no such surface"),
        sys::EGL_CONTEXT_LOST => ("EGL_CONTEXT_LOST", "the GPU was reset"),
        sys::EGL_BAD_STREAM_KHR => ("EGL_BAD_STREAM_KHR", "there is no such stream"),
        sys::EGL_BAD_STATE_KHR => ("EGL_BAD_STATE_KHR", "the stream is in the wrong state"),
        sys::EGL_BAD_DEVICE_EXT => ("EGL_BAD_DEVICE_EXT", "there is no such device"),
        _ => return None,
    })
}

/// What users found to help.
pub(crate) fn remedy(call: &str, code: i32) -> Option<&'static str> {
    match (call, code) {
        ("eglGetDisplay" | "eglInitialize" | "eglGetPlatformDisplayEXT", _) => Some(
            "without a screen, or over ssh -X, unset DISPLAY: one that points at a remote or dead X server is the \
             common cause; else check that the driver's EGL is installed and that the user is in group `video`",
        ),
        ("eglCreateImageKHR", sys::EGL_BAD_ACCESS) => {
            Some("a texture has one EGLImage: keep that, and register it as often as needed")
        }
        (_, sys::EGL_BAD_ACCESS) => Some("the context is current on another thread"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn every_code_of_the_header_is_named() {
        let codes = (0x3000..=0x300e).chain([0x321b, 0x321c, 0x322b]);
        let names: Vec<_> = codes
            .map(|code| known(code).map(|(name, _)| name))
            .collect();
        assert!(names.iter().all(Option::is_some), "{names:?}");
        assert_eq!(names[8], Some("EGL_BAD_DISPLAY"));
        assert_eq!(known(0x300f), None);
    }
}
