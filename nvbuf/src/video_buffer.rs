//! What buffers of both libraries have in common.

#![forbid(unsafe_code)]

use std::ffi::c_void;
use std::fmt::Debug;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::legacy::{self, LegacyParams, NvBuffer};
use crate::params::PlaneParams;
use crate::surface::Surface;
use crate::{ColorFormat, EglImage, Layout};

/// Buffers with planes and EGLImages: [`Surface`] of libnvbufsurface, and [`NvBuffer`] of
/// libnvbuf_utils, which is a batch of one.
///
/// For code that needs no more than that, such as registering a buffer with CUDA. Nobody else
/// implements it: what it says can be relied on.
pub trait VideoBuffer: sealed::Sealed + Debug + Send + Sync + Sized {
    /// The guard of an EGLImage, which keeps the buffer alive.
    type EglImage: Debug + Send + Sync;

    /// How many buffers it has.
    fn num_buffers(&self) -> u32;

    /// The pixel format of buffer `index`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for an index beyond the batch.
    fn color_format(&self, index: u32) -> Result<ColorFormat>;

    /// The layout of buffer `index`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for an index beyond the batch.
    fn layout(&self, index: u32) -> Result<Layout>;

    /// The colour planes of buffer `index`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for an index beyond the batch.
    fn planes(&self, index: u32) -> Result<&[PlaneParams]>;

    /// CUDA's address of buffer `index`, and the number of the GPU that it is of: [`Surface::device_address`].
    /// `None` for buffers that CUDA reaches as EGLImages, as all of libnvbuf_utils.
    ///
    /// # Errors
    ///
    /// As [`Surface::device_address`].
    fn device_address(&self, index: u32) -> Result<Option<(u64, u32)>>;

    /// Makes an EGLImage of buffer `index`.
    ///
    /// # Errors
    ///
    /// As [`EglImage::map`] and [`legacy::EglImage::map`].
    fn map_egl_image(self: &Arc<Self>, index: u32) -> Result<Self::EglImage>;

    /// The EGLImageKHR, valid as long as its guard.
    fn egl_image_ptr(image: &Self::EglImage) -> NonNull<c_void>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Surface {}
    impl Sealed for super::NvBuffer<'static> {}
}

impl VideoBuffer for Surface {
    type EglImage = EglImage;

    fn num_buffers(&self) -> u32 {
        self.batch_size()
    }

    fn color_format(&self, index: u32) -> Result<ColorFormat> {
        Ok(self.params(index)?.color_format())
    }

    fn layout(&self, index: u32) -> Result<Layout> {
        Ok(self.params(index)?.layout())
    }

    fn planes(&self, index: u32) -> Result<&[PlaneParams]> {
        Ok(self.params(index)?.planes())
    }

    fn device_address(&self, index: u32) -> Result<Option<(u64, u32)>> {
        let address = Surface::device_address(self, index)?;
        Ok(address.map(|address| (address, self.gpu_id())))
    }

    fn map_egl_image(self: &Arc<Self>, index: u32) -> Result<EglImage> {
        EglImage::map(self, index)
    }

    fn egl_image_ptr(image: &EglImage) -> NonNull<c_void> {
        image.as_ptr()
    }
}

/// The facts of the one buffer that there is.
fn only<'a>(buffer: &'a NvBuffer<'_>, index: u32) -> Result<&'a LegacyParams> {
    if index == 0 {
        return Ok(buffer.params());
    }
    let detail = format!("buffer {index} of {buffer:?}, which is one");
    Err(Error::new(ErrorKind::Invalid, "NvBuffer", detail))
}

impl VideoBuffer for NvBuffer<'static> {
    type EglImage = legacy::EglImage;

    fn num_buffers(&self) -> u32 {
        1
    }

    fn color_format(&self, index: u32) -> Result<ColorFormat> {
        Ok(only(self, index)?.color_format())
    }

    fn layout(&self, index: u32) -> Result<Layout> {
        Ok(only(self, index)?.layout())
    }

    fn planes(&self, index: u32) -> Result<&[PlaneParams]> {
        Ok(only(self, index)?.planes())
    }

    fn device_address(&self, index: u32) -> Result<Option<(u64, u32)>> {
        only(self, index).map(|_| None)
    }

    fn map_egl_image(self: &Arc<Self>, index: u32) -> Result<Self::EglImage> {
        only(self, index)?;
        legacy::EglImage::map(self)
    }

    fn egl_image_ptr(image: &Self::EglImage) -> NonNull<c_void> {
        image.as_ptr()
    }
}
