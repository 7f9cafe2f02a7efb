//! Harness of the pipeline tests: the plugin and the platform, pipelines with a time limit, pixels, the
//! simulator's counters, and buffers as peers make them.
//!
//! A test takes [`exclusive`] first and keeps it: tests of one binary share a process, and with it the
//! counters. What needs a process of its own runs in [`child`].

mod counters;
pub mod hostile;
mod peer;
mod pipeline;
mod pixels;
mod platform;

pub use counters::{Usage, alive, fail};
pub use peer::{Consumer, Forged, LegacyPeer, Peer, is_r32, wrap};
pub use pipeline::{Pipeline, frames, run};
pub use pixels::{Picture, Worst, assert_near, compositor_error, compositor_keeps_time, worst};
pub use platform::{child, exclusive, init, is_child, root};

/// The README's element compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;

/// The elements of the page on writing them compile.
#[cfg(doctest)]
#[doc = include_str!("../../../gst-nvmm/docs/own-element.md")]
pub struct OwnElement;

/// And so do the copies.
#[cfg(doctest)]
#[doc = include_str!("../../../gst-nvmm/docs/to-memory.md")]
pub struct ToMemory;
