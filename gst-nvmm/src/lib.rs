#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod aggregator;
mod allocator;
mod buffer;
mod caps;
mod counts;
mod cpu;
mod error;
mod filter;
mod format;
mod frame;
mod log;
mod memory;
mod pool;
mod session;

pub use aggregator::{
    CudaAggregator, CudaAggregatorImpl, CudaAggregatorImplExt, CudaAggregatorPad,
    CudaAggregatorPadImpl, Input,
};
pub use allocator::NvmmAllocator;
pub use buffer::{NvmmBufferExt, NvmmPixels};
pub use caps::{CAPS_FEATURE_MEMORY_NVMM, is_nvmm, nvmm_caps, with_nvmm, without_nvmm};
pub use counts::Counts;
pub use cpu::{CpuMap, read_cpu, write_cpu};
pub use egl_cuda;
pub use error::{Error, Result};
pub use filter::{CudaFilter, CudaFilterImpl, CudaFilterImplExt};
pub use format::{FORMATS, color_format, is_color_format, video_formats};
pub use frame::{NvmmFrame, NvmmFrameMut};
pub use memory::Form;
/// A GstMemory of an [`NvmmAllocator`] of this copy of the crate, by one reference of its own.
pub use memory::NvmmMemory;
/// The same, borrowed: [`NvmmBufferExt::nvmm_memory`] finds it in a buffer, and
/// `downcast_memory_ref` in a [`gst::MemoryRef`].
pub use memory::NvmmMemoryRef;
pub use nvbuf;
pub use pool::NvmmBufferPool;
pub use session::{Session, load_platform};
