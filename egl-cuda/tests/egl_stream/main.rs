//! Both ends of an EGLStream, on the simulator (ci/sim.sh) or a real GPU with EGL.

#[path = "../common/mod.rs"]
mod common;

mod children;
mod egl;
mod endings;
mod flow;
mod hostile;
mod limits;
mod pair;
mod planes;
mod steady;
mod sweep;
mod watched;
