//! Surfaces of libnvbufsurface, thin and just safe enough to write cases with.

mod cuda_buffer;
mod description;
mod descriptor;
mod pixels;
mod request;
mod twin;

pub(crate) use cuda_buffer::device_info;
pub(crate) use description::Description;
pub(crate) use descriptor::{Descriptor, Planes, from_fd};
pub(crate) use pixels::noise;
pub(crate) use request::{Extra, Wanted};
pub(crate) use twin::Twin;

use std::ops::Deref;

use crate::case::Failure;
use crate::check;

/// A surface that the library made; destroyed on drop.
#[derive(Debug)]
pub(crate) struct Surface {
    descriptor: Descriptor,
}

// SAFETY: NVIDIA's own elements pass surfaces from thread to thread; one thread has it at a time.
unsafe impl Send for Surface {}

impl Surface {
    /// Takes what `NvBufSurfaceCreate`, `Allocate` or `Import` gave.
    fn owning(descriptor: Descriptor) -> Self {
        Self { descriptor }
    }

    /// Destroys it, and says whether that went well.
    pub(crate) fn destroy(self) -> Result<(), Failure> {
        let this = std::mem::ManuallyDrop::new(self);
        check::zero("NvBufSurfaceDestroy", this.end())
    }

    /// Called once, by `destroy` or by drop.
    fn end(&self) -> std::ffi::c_int {
        let destroy = self.descriptor.library().functions().destroy;
        // SAFETY: the library made it, and nothing uses it after this.
        unsafe { destroy(self.descriptor.as_ptr()) }
    }
}

impl Deref for Surface {
    type Target = Descriptor;

    fn deref(&self) -> &Descriptor {
        &self.descriptor
    }
}

impl Drop for Surface {
    fn drop(&mut self) {
        self.end();
    }
}
