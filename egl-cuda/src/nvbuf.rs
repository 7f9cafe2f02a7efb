//! From a surface of NVIDIA's to a registration and a frame.

use std::sync::Arc;

use ::nvbuf::{MAX_PLANES, PlaneParams, VideoBuffer};

use crate::{Context, CudaFrame, Error, MappedEglImage, PlaneLayout, Result};

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
    /// One buffer of a batch as a frame, with the planes as the buffer itself describes them.
    ///
    /// A SURFACE_ARRAY is registered by [`MappedEglImage::map`]; of CUDA_DEVICE, CUDA_PINNED and
    /// CUDA_UNIFIED, which surfaces on a desktop GPU are, the address is taken. Once for a buffer: its
    /// pixels change, the frame stays. Clone it for each picture.
    ///
    /// # Errors
    ///
    /// As [`MappedEglImage::map`] and [`CudaFrame::new`];
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) also for CUDA memory of another
    /// GPU than the context's.
    pub fn map<B>(context: &Context, buffer: &Arc<B>, index: u32) -> Result<Self>
    where
        B: VideoBuffer<EglImage: 'static> + 'static,
    {
        let planes = buffer.planes(index)?;
        if let Some((address, gpu)) = buffer.device_address(index)? {
            return Self::of_device_memory(context, buffer, planes, address, gpu);
        }
        let mut layouts = [PlaneLayout::default(); MAX_PLANES];
        for (layout, plane) in layouts.iter_mut().zip(planes) {
            *layout = plane.into();
        }
        let mapped = Arc::new(MappedEglImage::map(context, buffer, index)?);
        let frame = Self::new(mapped, &layouts[..planes.len().min(MAX_PLANES)])?;
        // SAFETY: they are those of the buffer's own description, which `nvbuf` has checked.
        Ok(unsafe { frame.assume_layouts() })
    }

    fn of_device_memory<B>(
        context: &Context,
        buffer: &Arc<B>,
        planes: &[PlaneParams],
        address: u64,
        gpu: u32,
    ) -> Result<Self>
    where
        B: VideoBuffer + 'static,
    {
        if u32::try_from(context.ordinal()) != Ok(gpu) {
            let what = format!(
                "the surface is of GPU {gpu}, the context of device {}",
                context.ordinal()
            );
            return Err(Error::argument("CudaFrame::map", what));
        }
        let mut places = [(0, PlaneLayout::default()); MAX_PLANES];
        for (place, plane) in places.iter_mut().zip(planes) {
            let start = address.checked_add(u64::from(plane.offset));
            let start = start.ok_or_else(|| {
                let what = format!("the surface says that it is at {address:#x}, {plane:?}");
                Error::argument("CudaFrame::map", what)
            })?;
            *place = (start, plane.into());
        }
        let places = &places[..planes.len().min(MAX_PLANES)];
        // SAFETY: CUDA's memory of the context's device, with the planes that the buffer's own, checked
        // description says, and kept by the frame. Whoever has the address of a buffer gets pointers to
        // its pixels, and no slices.
        unsafe { Self::from_device_ptr(context, places, None, Arc::clone(buffer)) }
    }
}

#[cfg(test)]
mod tests {
    use ::nvbuf::{ColorFormat, Surface};

    use super::*;

    #[test]
    fn planes_beyond_the_last_address_are_refused() {
        let context = Context::primary(0).unwrap();
        let builder = Surface::builder(64, 32).format(ColorFormat::NV12);
        let surface = Arc::new(builder.build().unwrap());
        let planes = *surface.params(0).unwrap();
        let gpu = u32::try_from(context.ordinal()).unwrap();
        let map = |address| {
            CudaFrame::of_device_memory(&context, &surface, planes.planes(), address, gpu)
        };
        assert_eq!(map(0x1000).unwrap().num_planes(), 2);
        let error = map(u64::MAX).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::InvalidArgument, "{error}");
        assert!(error.to_string().contains("0xffffffffffffffff"), "{error}");
    }
}
