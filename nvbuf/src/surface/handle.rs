//! Handles of one buffer: of a batch of ours, or of somebody else's surface.

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};

use nvbufsurface_sys::Library;

use super::{Origin, Surface};
use crate::descriptor::Descriptor;
use crate::error::Result;
use crate::leftovers::Leftovers;
use crate::view::View;

impl Surface {
    /// A view of one buffer that somebody else owns: mapped and shared as EGLImage like our own,
    /// never destroyed here.
    ///
    /// # Safety
    ///
    /// The buffer (its dmabuf fd, or its memory for types without one) stays alive as long as the
    /// view and everything made from it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Load`](crate::ErrorKind::Load) where there is no libnvbufsurface.
    pub unsafe fn view(descriptor: &Descriptor) -> Result<Self> {
        let library = Library::get()?;
        let origin = Origin::View(View::of(descriptor));
        let descriptors = std::slice::from_ref(descriptor);
        Ok(Self::new(origin, library, descriptors))
    }

    /// A handle of buffer `index` alone, which is mapped, copied, transformed and made an EGLImage by
    /// itself: threads may write the buffers of a batch at the same time.
    ///
    /// It keeps the batch alive. Mappings through it and through the batch know of each other, so
    /// that one in the way of the other is [`ErrorKind::Busy`](crate::ErrorKind::Busy), and what exports one shares the
    /// other.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for an index beyond the batch.
    pub fn buffer(self: &Arc<Self>, index: u32) -> Result<Self> {
        let buffer = self.buffer_at("Surface::buffer", index)?;
        let _lock = self.lock();
        // SAFETY: calls on the view happen under the lock, which is held.
        let public = unsafe { buffer.view.another() };
        // SAFETY: as above.
        let buffer = unsafe { buffer.another() };
        Ok(Self {
            origin: Origin::Buffer(public, Arc::clone(self)),
            library: self.library,
            mem_type: self.mem_type,
            gpu: self.gpu,
            is_contiguous: self.is_contiguous,
            num_filled: AtomicU32::new(1),
            calls: Mutex::default(),
            leftovers: Leftovers::default(),
            buffers: Box::new([buffer]),
        })
    }

    /// The batch that this is one buffer of, for a handle that [`Surface::buffer`] made.
    pub fn owner(&self) -> Option<&Arc<Self>> {
        match &self.origin {
            Origin::Buffer(_, owner) => Some(owner),
            Origin::Created(_) | Origin::Imported { .. } | Origin::View(_) => None,
        }
    }
}
