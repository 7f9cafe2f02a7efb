#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod aggregator;
mod allocator;
mod caps;
mod cpu;
mod error;
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
pub use caps::{CAPS_FEATURE_MEMORY_NVMM, is_nvmm, nvmm_caps, with_nvmm, without_nvmm};
pub use cpu::{read_cpu, write_cpu};
pub use egl_cuda;
pub use error::{Error, Result};
pub use format::{FORMATS, color_format, is_color_format, video_formats};
pub use frame::NvmmFrame;
pub use nvbuf;
pub use pool::NvmmBufferPool;
pub use session::{Session, load_platform};
