#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod aggregator;
pub mod allocation;
mod allocator;
mod app;
mod buffer;
mod caps;
mod conversion;
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
pub use app::{NvmmSink, NvmmSource};
pub use buffer::{NvmmBufferExt, NvmmPixels};
pub use caps::{
    CAPS_FEATURE_MEMORY_NVMM, is_nvmm, nvmm_caps, nvmm_caps_builder, why_not, with_field,
    with_nvmm, without_fields, without_nvmm,
};
pub use conversion::Conversion;
pub use counts::Counts;
pub use cpu::{CpuMap, read_cpu, write_cpu};
pub use egl_cuda;
pub use error::{Error, Result};
pub use filter::{CudaFilter, CudaFilterImpl, CudaFilterImplExt};
pub use format::{
    color_format, color_format_for_caps, color_format_of, colorimetry, is_allocatable,
    is_color_format, video_format, video_formats,
};
pub use frame::{NvmmFrame, NvmmFrameMut};
pub use memory::Form;
/// A GstMemory of an [`NvmmAllocator`] of this copy of the crate, by one reference of its own.
pub use memory::NvmmMemory;
/// The same, borrowed: [`NvmmBufferExt::nvmm_memory`] finds it in a buffer, and
/// `downcast_memory_ref` in a [`gst::MemoryRef`].
pub use memory::NvmmMemoryRef;
pub use nvbuf;
pub use pool::NvmmBufferPool;
pub use session::{Session, is_platform_loaded, load_platform};
