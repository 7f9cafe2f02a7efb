#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod descriptor;
mod egl;
mod error;
pub mod legacy;
mod map;
mod params;
mod raw;
mod surface;
mod video_buffer;
mod view;

pub use builder::SurfaceBuilder;
pub use descriptor::{Descriptor, Identity};
pub use egl::EglImage;
pub use error::{Error, ErrorKind, Result};
pub use map::{Access, Map, MapMut, MapPtr, PlanePtr};
pub use nvbufsurface_sys as sys;
pub use nvbufsurface_sys::{ColorFormat, Layout, MemType};
pub use params::{MAX_PLANES, PlaneParams, SurfaceParams};
pub use surface::Surface;
pub use video_buffer::VideoBuffer;
