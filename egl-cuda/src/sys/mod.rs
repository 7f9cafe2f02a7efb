//! Raw types, constants and function types of the CUDA driver API, of its EGL interop, of EGL and of OpenGL ES, as far
//! as this crate uses them.
//!
//! Made by bindgen of `include/*.h`, which are our own; `ci/headers.sh` compares them with NVIDIA's and Khronos'. There is
//! nothing to link: functions are reached through [`Driver`](crate::Driver) and [`EglDisplay`](crate::EglDisplay). Enumerations that a driver may extend are
//! open newtypes.

#[rustfmt::skip]
#[expect(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    reason = "generated: C names, and what bindgen writes"
)]
mod cuda;
#[rustfmt::skip]
#[expect(missing_docs, non_camel_case_types, reason = "generated: C names")]
mod egl;
#[cfg(feature = "gles")]
#[rustfmt::skip]
#[expect(missing_docs, non_camel_case_types, reason = "generated: C names")]
mod gles;
mod results;

pub use cuda::*;
pub use egl::*;
#[cfg(feature = "gles")]
pub use gles::*;
pub(crate) use results::RESULTS;

impl CUDA_RESOURCE_DESC {
    /// The description of an array, with zeros everywhere else.
    pub fn of_array(array: CUarray) -> Self {
        let mut description = Self {
            resType: CUresourcetype::ARRAY,
            ..Self::default()
        };
        // Into the zeros: a new union would have nothing behind the array.
        description.res.array = CUDA_RESOURCE_DESC_array { hArray: array };
        description
    }

    /// The description of device memory with rows, with zeros everywhere else.
    pub fn of_pitched(memory: CUDA_RESOURCE_DESC_pitch2D) -> Self {
        let mut description = Self {
            resType: CUresourcetype::PITCH2D,
            ..Self::default()
        };
        description.res.pitch2D = memory;
        description
    }
}
