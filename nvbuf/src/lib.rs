#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod descriptor;
mod egl;
mod error;
mod map;
mod params;
mod params_ex;
mod raw;
mod surface;
mod view;

pub use builder::SurfaceBuilder;
pub use descriptor::{Descriptor, Identity};
pub use egl::EglImage;
pub use error::{Error, ErrorKind, Result};
pub use map::{
    Access, Map, MapMut, MapPtr, Pixel, PlaneMap, PlaneMapMut, PlanePtr, PtrRows, Rows, RowsMut,
};
pub use nvbufsurface_sys as sys;
pub use nvbufsurface_sys::{ColorFormat, Layout, MemType, Tag};
pub use params::{MAX_PLANES, PlaneParams, SurfaceParams};
pub use params_ex::ParamsEx;
pub use surface::Surface;
