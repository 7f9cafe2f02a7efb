//! Buffers of libnvbuf_utils, the library of JetPack 3 to 5.0 (L4T R28 to R35.2).
//!
//! ```text
//! NvBuffer::builder(w, h).build()     one buffer with a dmabuf, destroyed on drop
//! NvBuffer::from_fd(fd)               somebody else's in this process; never destroyed here
//! unsafe NvBuffer::view(fd)           the same without a borrow: for EGLImages and Transform::start
//! ExtractedFd::extract(nv_buffer)     the fd of what NVMM memory of R28 and R32 maps to
//! OpaqueBlock::read(address, size)    a copy of that, from anywhere
//!   |-- params()                      facts, checked and copied out when the value is made
//!   |-- map() / map_mut()             slices: map + sync for CPU .. sync for device + unmap
//!   |-- map_ptr(access)               the same as pointers, for pixels that others may reach
//!   |-- EglImage::map(&Arc<NvBuffer>) for CUDA or OpenGL ES
//!   |-- read_plane, write_plane       copies by the library
//!   `-- Transform, Composite          by the VIC: crop, scale, flip, convert, blend
//! Transform::start_after(.., points)  by SyncPoint after other transforms and fences, without waiting
//! ```
//!
//! Nearly every release has structs and colour numbers of its own; the library's self-test says
//! which. What a release lacks is an [`ErrorKind::Load`](crate::ErrorKind::Load) that says so.
//!
//! Slices need `&mut NvBuffer`, so that whatever takes `&NvBuffer` (transforms, EGLImages, the fd)
//! cannot write under one; a buffer whose fd, pointer or EGLImage was given out has no more.

mod buffer;
mod builder;
mod calls;
mod composite;
mod description;
mod egl;
mod extracted;
mod layout;
mod library;
mod map;
mod map_table;
mod opaque;
mod params;
mod params_ex;
mod pending;
mod raw_copy;
mod read;
mod session;
mod slices;
mod sync_point;
mod tables;
mod tag;
mod transform;
mod work;

pub use buffer::NvBuffer;
pub use builder::NvBufferBuilder;
pub use composite::{Composite, Layer, MAX_LAYERS};
pub use description::Description;
pub use egl::EglImage;
pub use extracted::{ExtractedFd, FdRule};
pub use map::MapPtr;
pub use opaque::OpaqueBlock;
pub use params::LegacyParams;
pub use pending::Pending;
pub use session::Session;
pub use slices::{Map, MapMut};
pub use sync_point::SyncPoint;
pub use tag::{Payload, Tag};
pub use transform::Transform;
