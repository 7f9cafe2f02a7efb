#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod sys;

mod context;
mod copy;
mod driver;
mod egl;
mod error;
mod event;
mod frame;
#[cfg(feature = "gles")]
mod gles;
#[cfg(feature = "cust")]
mod kernel;
mod load_error;
mod mapped_egl_image;
mod memory;
mod objects;
mod stream;
mod table;
mod texture;
#[cfg(feature = "cust")]
mod trampolines;

#[cfg(feature = "cust")]
pub use cust;

pub use context::{Context, Current};
pub use copy::{CopySource, CopyTarget};
pub use driver::Driver;
pub use egl::{EglDisplay, EglImage, EglStream, EglStreamState, EglSync};
pub use error::{Error, ErrorKind, Result};
pub use event::Event;
pub use frame::{CudaFrame, PixelOrder, Plane, PlaneData, PlaneLayout};
#[cfg(feature = "gles")]
pub use gles::{GlesContext, Texture, TextureFormat};
#[cfg(feature = "cust")]
pub use kernel::{Kernel, LaunchTarget};
pub use load_error::LoadError;
pub use mapped_egl_image::MappedEglImage;
pub use memory::{Array, DeviceMemory, ManagedMemory, PinnedMemory};
pub use stream::Stream;
pub use texture::Sampling;
