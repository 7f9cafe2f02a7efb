//! CUDA at the ends of an EGLStream.
//!
//! What the driver was seen to do stands here; what its documentation leaves open and nobody saw is in
//! the README.

#![forbid(unsafe_code)]

mod connection;
pub(crate) mod consumer;
mod frame;
mod memories;
pub(crate) mod producer;

pub(super) use connection::acquired;
pub(crate) use connection::context_gone;
pub(crate) use frame::Frame;
