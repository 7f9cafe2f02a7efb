//! The two ends of an EGLStream: [`Consumer`] and [`Producer`].

mod acquired_frame;
mod connection;
mod consumer;
mod hold;
mod layout;
mod leftovers;
mod present_error;
mod producer;
mod timeout;

pub use acquired_frame::AcquiredFrame;
pub use consumer::Consumer;
pub(crate) use hold::Hold;
pub use present_error::PresentError;
pub use producer::Producer;

/// Frames that can be presented and not yet returned, by NVIDIA's note.
pub(crate) const MAX_IN_FLIGHT: usize = 64;
