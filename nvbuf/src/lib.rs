#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod cuda_buffer;
mod descriptor;
mod device_address;
mod device_info;
mod dmabuf;
mod egl;
mod error;
mod gpu_l2;
mod leftovers;
pub mod legacy;
mod map;
mod packing;
mod params;
mod params_ex;
mod raw;
mod share;
mod surface;
mod transform;
mod video_buffer;
mod view;

pub use builder::SurfaceBuilder;
pub use cuda_buffer::CudaBuffer;
pub use descriptor::{Descriptor, Identity};
pub use device_info::{DeviceInfo, DriverType, PlatformType};
pub use egl::EglImage;
pub use error::{Error, ErrorKind, Result};
pub use gpu_l2::GpuL2;
pub use map::{
    Access, Map, MapMut, MapPtr, Pixel, PlaneMap, PlaneMapMut, PlanePtr, PtrRows, Rows, RowsMut,
};
pub use nvbufsurface_sys as sys;
pub use nvbufsurface_sys::{ColorFormat, Layout, MemType, Tag};
pub use params::{MAX_PLANES, PlaneParams, SurfaceParams};
pub use params_ex::ParamsEx;
pub use share::{Exported, MapParams};
pub use surface::Surface;
pub use transform::{
    Blend, Color, Composite, Compute, Filter, Flip, Layer, Rect, Session, SyncObject, Transform,
    TransformError,
};
pub use video_buffer::VideoBuffer;
