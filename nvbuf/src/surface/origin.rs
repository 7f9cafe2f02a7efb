//! Where a surface is from, and with it what ends with it.

#![forbid(unsafe_code)]

use std::ptr::NonNull;
use std::sync::Arc;

use nvbufsurface_sys::prefix::NvBufSurface;

use super::Surface;
use crate::share::KeptFd;
use crate::view::View;

/// The public surface, which `as_ptr` gives, and where it is from.
pub(crate) enum Origin {
    /// `NvBufSurfaceCreate` or `NvBufSurfaceAllocate`; destroyed on drop.
    Created(NonNull<NvBufSurface>),
    /// `NvBufSurfaceImport` of this fd, which is closed after the surface is destroyed, and not before.
    Imported {
        raw: NonNull<NvBufSurface>,
        fd: KeptFd,
    },
    /// A copy of the descriptor of somebody else's buffer.
    View(View),
    /// The same of a buffer of ours, whose owner lives as long.
    Buffer(View, Arc<Surface>),
}

impl Origin {
    /// What the library may still use stays: the public surface was not destroyed.
    pub(super) fn leave_open(&mut self) {
        if let Self::Imported { fd, .. } = self {
            fd.leave_open();
        }
    }
}
