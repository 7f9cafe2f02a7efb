//! What is tried, each in a process of its own.

mod cuda;
mod egl;
mod libraries;
mod round_trip;

use crate::probe::Probe;

pub(crate) use cuda::CUDA;
pub(crate) use egl::EGL;
pub(crate) use libraries::{LEGACY, SIMULATED, SURFACE, TRANSFORM, numbering};
pub(crate) use round_trip::{BUFFER_TRIP, IMAGE, SURFACE_TRIP};

/// The probe that `--step` names.
pub(crate) fn find(name: &str) -> Option<&'static Probe> {
    let all = [
        &SURFACE,
        &TRANSFORM,
        &LEGACY,
        &CUDA,
        &EGL,
        &SURFACE_TRIP,
        &BUFFER_TRIP,
    ];
    all.into_iter().find(|probe| probe.name == name)
}
