#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod sys;

mod code;
mod context;
mod copy;
#[cfg(feature = "cust")]
mod cust_interop;
mod driver;
mod egl;
mod egl_stream;
mod error;
mod error_kind;
mod event;
mod frame;
#[cfg(feature = "gles")]
mod gles;
mod load_error;
mod mapped_egl_image;
mod memory;
#[cfg(feature = "nvbuf")]
mod nvbuf;
mod objects;
mod stream;
mod stream_ref;
mod table;
mod texture;

#[cfg(feature = "cust")]
pub use cust;

pub use context::{Context, Current};
pub use copy::{CopySource, CopyTarget};
#[cfg(feature = "cust")]
pub use cust_interop::{Kernel, LaunchTarget};
pub use driver::Driver;
#[cfg(feature = "gles")]
pub use egl::EglImage;
pub use egl::{EglDisplay, EglStream, EglStreamState, EglSync};
pub use egl_stream::{AcquiredFrame, Consumer, PresentError, Producer};
pub use error::{Error, Result};
pub use error_kind::ErrorKind;
pub use event::Event;
pub use frame::{CudaFrame, PixelOrder, Plane, PlaneData, PlaneLayout};
#[cfg(feature = "gles")]
pub use gles::{GlesContext, Texture, TextureFormat};
pub use load_error::LoadError;
pub use mapped_egl_image::MappedEglImage;
pub use memory::{Array, DeviceMemory, ManagedMemory, PinnedMemory};
pub use stream::Stream;
pub use stream_ref::StreamRef;
pub use texture::Sampling;
