//! What the round trip does with buffers of either library.

use std::sync::Arc;

use egl_cuda::{Context, MappedEglImage};
use nvbuf::legacy::{self, NvBuffer};
use nvbuf::{
    Access, ColorFormat, EglImage, Flip, PlanePtr, Result, Surface, Transform, VideoBuffer,
};
use nvbufsurface_sys::LegacyLibrary;

use super::pixels::Picture;

/// A buffer of one RGBA picture.
pub(super) trait Buffer: VideoBuffer<EglImage: 'static> + 'static {
    fn create(width: u32, height: u32) -> Result<Self>;

    /// Whether the library can transform at all.
    fn has_transform() -> bool;

    /// Turns it upside down, by an engine.
    fn turn(&self, target: &mut Self) -> Result<()>;

    /// Maps and synchronises its plane, and unmaps it when `work` is done.
    fn with_plane(&self, access: Access, work: impl FnOnce(PlanePtr)) -> Result<()>;

    fn end_image(image: Self::EglImage) -> Result<()>;

    /// Writes a picture, whose rows are packed.
    fn write(&self, pixels: &[u8]) -> Result<()> {
        self.with_plane(Access::Write, |plane| {
            for (from, to) in pixels.chunks_exact(Picture::PITCH).zip(plane.rows()) {
                let length = from.len().min(to.len());
                let to: *mut u8 = to.as_ptr().cast();
                // SAFETY: both are that long at least, the mapping's row is no part of `from` and lives; nobody
                // else uses the buffer now.
                unsafe { to.copy_from_nonoverlapping(from.as_ptr(), length) };
            }
        })
    }

    /// Its picture, with packed rows.
    fn read(&self) -> Result<Vec<u8>> {
        let mut pixels = vec![0; Picture::BYTES];
        self.with_plane(Access::Read, |plane| {
            for (to, from) in pixels.chunks_exact_mut(Picture::PITCH).zip(plane.rows()) {
                let length = from.len().min(to.len());
                let from: *const u8 = from.as_ptr().cast();
                // SAFETY: as in `write`, the other way round.
                unsafe { to.as_mut_ptr().copy_from_nonoverlapping(from, length) };
            }
        })?;
        Ok(pixels)
    }
}

impl Buffer for Surface {
    fn create(width: u32, height: u32) -> Result<Self> {
        Self::builder(width, height)
            .format(ColorFormat::RGBA)
            .build()
    }

    fn has_transform() -> bool {
        // What is missing of libnvbufsurftransform is a finding.
        true
    }

    fn turn(&self, target: &mut Self) -> Result<()> {
        Transform::new().flip(Flip::Rotate180).run(self, target)
    }

    fn with_plane(&self, access: Access, work: impl FnOnce(PlanePtr)) -> Result<()> {
        let map = self.map_ptr(0, access)?;
        work(map.plane(0)?);
        map.unmap()
    }

    fn end_image(image: EglImage) -> Result<()> {
        image.unmap()
    }
}

impl Buffer for NvBuffer<'static> {
    fn create(width: u32, height: u32) -> Result<Self> {
        Self::builder(width, height)
            .format(ColorFormat::RGBA)
            .build()
    }

    fn has_transform() -> bool {
        // R28.1 has none.
        LegacyLibrary::get().is_ok_and(|library| library.functions().transform.is_some())
    }

    fn turn(&self, target: &mut Self) -> Result<()> {
        legacy::Transform::new()
            .flip(Flip::Rotate180)
            .run(self, target)
    }

    fn with_plane(&self, access: Access, work: impl FnOnce(PlanePtr)) -> Result<()> {
        let map = self.map_ptr(access)?;
        work(map.plane(0)?);
        map.unmap()
    }

    fn end_image(image: legacy::EglImage) -> Result<()> {
        image.unmap()
    }
}

/// Registers a buffer's EGLImage. The registration has its part of the image until it ends.
pub(super) fn register<B: Buffer>(
    context: &Context,
    image: &Arc<B::EglImage>,
) -> egl_cuda::Result<MappedEglImage> {
    // SAFETY: the guard, which is kept, keeps the EGLImage and its buffer alive. No references to its pixels are
    // made here: they are reached as pointers.
    unsafe { MappedEglImage::register(context, B::egl_image_ptr(image), Arc::clone(image)) }
}
