//! A surface of NVIDIA's with its EGLImage, from the simulator (ci/sim.sh) or a Jetson.

#![allow(dead_code, unused_imports, reason = "no test uses all of it")]

use std::ptr::{NonNull, null_mut};
use std::sync::Arc;

use egl_cuda::{Context, CudaFrame, MappedEglImage, PlaneLayout};
use nvbufsurface_sys::Library;
use nvbufsurface_sys::classic::{
    NVBUF_COLOR_FORMAT_NV12, NVBUF_MEM_SURFACE_ARRAY, NvBufSurfaceLayout,
};
pub(crate) use nvbufsurface_sys::classic::{NVBUF_LAYOUT_BLOCK_LINEAR, NVBUF_LAYOUT_PITCH};
use nvbufsurface_sys::extended::NvBufSurfaceCreateParams;
use nvbufsurface_sys::prefix::{NvBufSurface, NvBufSurfaceParams};

/// A surface and its EGLImage, unmapped and destroyed in this order.
pub(crate) struct Surface(NonNull<NvBufSurface>);

// SAFETY: nothing is done with the surface but its end, on whichever thread that is.
unsafe impl Send for Surface {}
// SAFETY: as above.
unsafe impl Sync for Surface {}

impl Surface {
    pub(crate) fn new(layout: NvBufSurfaceLayout) -> Self {
        let functions = Library::get().unwrap().functions();
        let mut params = NvBufSurfaceCreateParams {
            gpuId: 0,
            width: 638,
            height: 362,
            size: 0,
            isContiguous: false,
            colorFormat: NVBUF_COLOR_FORMAT_NV12,
            layout,
            memType: NVBUF_MEM_SURFACE_ARRAY,
            ..Default::default()
        };
        let mut surface = null_mut();
        // SAFETY: both pointers are live.
        let code = unsafe { (functions.create)(&raw mut surface, 1, &raw mut params) };
        assert_eq!(code, 0);
        let surface = Self(NonNull::new(surface).unwrap());
        // SAFETY: the surface is live and has one buffer.
        let code = unsafe { (functions.map_egl_image)(surface.0.as_ptr(), 0) };
        assert_eq!(code, 0);
        surface
    }

    fn params(&self) -> &NvBufSurfaceParams {
        // SAFETY: the surface is live.
        let surface = unsafe { self.0.as_ref() };
        // SAFETY: it has one buffer.
        unsafe { &*surface.surfaceList }
    }

    pub(crate) fn planes(&self) -> [PlaneLayout; 2] {
        let planes = &self.params().planeParams;
        assert_eq!(planes.num_planes, 2);
        std::array::from_fn(|i| PlaneLayout {
            width: planes.width[i],
            height: planes.height[i],
            pitch: planes.pitch[i],
            bytes_per_pixel: planes.bytesPerPix[i],
        })
    }

    pub(crate) fn image(&self) -> NonNull<std::ffi::c_void> {
        NonNull::new(self.params().mappedAddr.eglImage).unwrap()
    }
}

impl Drop for Surface {
    fn drop(&mut self) {
        let functions = Library::get().unwrap().functions();
        // SAFETY: the image was mapped by `new`.
        let code = unsafe { (functions.unmap_egl_image)(self.0.as_ptr(), 0) };
        assert_eq!(code, 0);
        // SAFETY: the surface was made by `new` and is used no more.
        let code = unsafe { (functions.destroy)(self.0.as_ptr()) };
        assert_eq!(code, 0);
    }
}

/// A frame of a new surface, and its planes.
pub(crate) fn frame(
    context: &Context,
    layout: NvBufSurfaceLayout,
) -> (CudaFrame, [PlaneLayout; 2]) {
    let surface = Surface::new(layout);
    let planes = surface.planes();
    let image = surface.image();
    // SAFETY: the image is live, and dropping the surface ends it.
    let mapped = unsafe { MappedEglImage::register(context, image, surface) }.unwrap();
    (CudaFrame::new(Arc::new(mapped), &planes).unwrap(), planes)
}
