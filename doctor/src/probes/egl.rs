//! libEGL and its displays.
#![forbid(unsafe_code)]

use egl_cuda::EglDisplay;

use crate::finding::Fault;
use crate::mapped;
use crate::probe::{Probe, Steps};

pub(crate) static EGL: Probe = Probe {
    name: "egl",
    steps: &["device's display", "default display"],
    run: egl,
};

fn egl(steps: &mut Steps<'_>) {
    let describe = |display: &EglDisplay| {
        let (major, minor) = display.version();
        let path = mapped::library("libEGL.so").unwrap_or_default();
        let vendor = display.vendor();
        Ok(format!(
            "EGL {major}.{minor} of {vendor}, {}",
            path.display()
        ))
    };
    let open = |display: egl_cuda::Result<EglDisplay>| display.map_err(Fault::from);
    let of_device = steps.take(
        "device's display",
        || open(EglDisplay::of_device(0)),
        describe,
    );
    if of_device.is_none() && mapped::library("libEGL.so").is_none() {
        return;
    }
    steps.take(
        "default display",
        || open(EglDisplay::default_display()),
        describe,
    );
}
