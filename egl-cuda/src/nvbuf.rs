//! From a surface of NVIDIA's to a registration and a frame.

use std::sync::Arc;

use ::nvbuf::{MAX_PLANES, PlaneParams, VideoBuffer};

use crate::{Context, CudaFrame, MappedEglImage, PlaneLayout, Result};

impl From<&PlaneParams> for PlaneLayout {
    fn from(plane: &PlaneParams) -> Self {
        Self {
            width: plane.width,
            height: plane.height,
            pitch: plane.pitch,
            bytes_per_pixel: plane.bytes_per_pixel,
        }
    }
}

impl MappedEglImage {
    /// Makes an EGLImage of one buffer of a batch and registers it. `buffer` is an
    /// [`nvbuf::Surface`](::nvbuf::Surface), or an [`nvbuf::legacy::NvBuffer`](::nvbuf::legacy::NvBuffer),
    /// whose only `index` is 0.
    ///
    /// The registration keeps the EGLImage and the buffer; they end in this order when it is dropped.
    /// Make it once for a buffer and keep it, as [`MappedEglImage::register`] says.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Surface`](crate::ErrorKind::Surface): there is no such buffer, or it can be no
    /// EGLImage; or the driver's error.
    #[doc(alias = "NvBufSurfaceMapEglImage")]
    #[doc(alias = "NvEGLImageFromFd")]
    pub fn map<B>(context: &Context, buffer: &Arc<B>, index: u32) -> Result<Self>
    where
        B: VideoBuffer<EglImage: 'static>,
    {
        let image = buffer.map_egl_image(index)?;
        let handle = B::egl_image_ptr(&image);
        // SAFETY: `image` keeps the EGLImage and its buffer alive, and is kept until the registration
        // has ended. A buffer that has an EGLImage gives pointers, and no slices.
        unsafe { Self::register(context, handle, image) }
    }
}

impl CudaFrame {
    /// One buffer of a batch as a frame: [`MappedEglImage::map`] with the planes as the buffer itself
    /// describes them.
    ///
    /// Once for a buffer: its pixels change, the frame stays. Clone it for each picture.
    ///
    /// # Errors
    ///
    /// As [`MappedEglImage::map`] and [`CudaFrame::new`].
    pub fn map<B>(context: &Context, buffer: &Arc<B>, index: u32) -> Result<Self>
    where
        B: VideoBuffer<EglImage: 'static>,
    {
        let planes = buffer.planes(index)?;
        let mut layouts = [PlaneLayout::default(); MAX_PLANES];
        for (layout, plane) in layouts.iter_mut().zip(planes) {
            *layout = plane.into();
        }
        let mapped = Arc::new(MappedEglImage::map(context, buffer, index)?);
        Self::new(mapped, &layouts[..planes.len().min(MAX_PLANES)])
    }
}
