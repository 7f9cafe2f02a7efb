#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod sys;

mod context;
mod driver;
mod egl_stream;
mod error;
mod event;
mod frame;
#[cfg(feature = "cust")]
mod kernel;
mod load_error;
mod mapped_egl_image;
mod stream;
mod surface_object;
#[cfg(feature = "cust")]
mod trampolines;

#[cfg(feature = "cust")]
pub use cust;

pub use context::{Context, Current};
pub use driver::Driver;
pub use egl_stream::{AcquiredFrame, Consumer, PresentError, Producer};
pub use error::{Error, ErrorKind, Result};
pub use event::Event;
pub use frame::{CudaFrame, Plane, PlaneData, PlaneLayout};
#[cfg(feature = "cust")]
pub use kernel::{Kernel, LaunchTarget};
pub use load_error::LoadError;
pub use mapped_egl_image::MappedEglImage;
pub use stream::Stream;
