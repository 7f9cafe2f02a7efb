//! What the crate `cust` brings: kernels, its objects as ours, and the trampolines that its link needs.
//! The crate itself is re-exported as `egl_cuda::cust`, a name that this module cannot have too.

mod error;
mod kernel;
mod memory;
mod stream;
mod trampolines;

pub use kernel::{Kernel, LaunchTarget};
