//! Registered surfaces as frames: several planes, pitch linear and arrays. Simulator or a Jetson.

use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::time::Duration;

use egl_cuda::{Context, CudaFrame, ErrorKind, MappedEglImage, PlaneData, PlaneLayout};
use nvbufsurface_sys::Library;
use nvbufsurface_sys::classic::{
    NVBUF_COLOR_FORMAT_NV12, NVBUF_LAYOUT_BLOCK_LINEAR, NVBUF_LAYOUT_PITCH,
    NVBUF_MEM_SURFACE_ARRAY, NvBufSurfaceLayout,
};
use nvbufsurface_sys::extended::NvBufSurfaceCreateParams;
use nvbufsurface_sys::prefix::NvBufSurface;

use crate::children::each;
use crate::pair::Pair;

const LONG: Option<Duration> = Some(Duration::from_secs(20));

/// A surface with its EGLImage, which goes with it.
struct Surface(NonNull<NvBufSurface>);

// SAFETY: nothing is done with the surface but its end, on whichever thread that is.
unsafe impl Send for Surface {}
// SAFETY: as above.
unsafe impl Sync for Surface {}

impl Drop for Surface {
    fn drop(&mut self) {
        let functions = Library::get().unwrap().functions();
        // SAFETY: the image was mapped when the surface was made.
        let code = unsafe { (functions.unmap_egl_image)(self.0.as_ptr(), 0) };
        assert_eq!(code, 0);
        // SAFETY: the surface is used no more.
        assert_eq!(unsafe { (functions.destroy)(self.0.as_ptr()) }, 0);
    }
}

fn surface(context: &Context, layout: NvBufSurfaceLayout) -> (CudaFrame, [PlaneLayout; 2]) {
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
    let mut raw = null_mut();
    // SAFETY: both pointers are live.
    let code = unsafe { (functions.create)(&raw mut raw, 1, &raw mut params) };
    assert_eq!(code, 0);
    let surface = Surface(NonNull::new(raw).unwrap());
    // SAFETY: the surface is live and has one buffer.
    assert_eq!(unsafe { (functions.map_egl_image)(raw, 0) }, 0);
    // SAFETY: as above.
    let list = unsafe { (*raw).surfaceList };
    // SAFETY: as above.
    let params = unsafe { &*list };
    let planes = &params.planeParams;
    let layouts = std::array::from_fn(|i| PlaneLayout {
        width: planes.width[i],
        height: planes.height[i],
        pitch: planes.pitch[i],
        bytes_per_pixel: planes.bytesPerPix[i],
    });
    let image = NonNull::new(params.mappedAddr.eglImage).unwrap();
    // SAFETY: the image is live, and dropping the surface ends it.
    let mapped = unsafe { MappedEglImage::register(context, image, surface) }.unwrap();
    (CudaFrame::new(Arc::new(mapped), &layouts).unwrap(), layouts)
}

#[test]
fn sim_frames_of_two_planes() {
    each("planes::sim_frames_of_two_planes", || {
        let mut pair = Pair::new(4);
        let (linear, layouts) = surface(&pair.context, NVBUF_LAYOUT_PITCH);
        let planes = [linear.pitch_ptr(0).unwrap(), linear.pitch_ptr(1).unwrap()];
        pair.producer.present(linear, &pair.stream).unwrap();
        // The driver tells of the first plane only. The frame goes back, and can be had again.
        let error = pair.consumer.acquire(LONG).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(
            error.to_string().contains("Consumer::set_layouts"),
            "{error}"
        );
        let now = Some(Duration::ZERO);
        let mut wrong = layouts;
        wrong[0].width += 1;
        pair.consumer.set_layouts(&wrong).unwrap();
        let error = pair.consumer.acquire(now).unwrap_err();
        assert!(error.to_string().contains("639x362"), "{error}");
        let four = [layouts[0]; 4];
        assert!(pair.consumer.set_layouts(&four).is_err());
        pair.consumer.set_layouts(&layouts).unwrap();
        let held = pair.consumer.acquire(now).unwrap().unwrap();
        for (index, (plane, layout)) in (0..).zip(planes.iter().zip(layouts)) {
            assert_eq!(held.frame().pitch_ptr(index).unwrap(), *plane);
            assert_eq!(held.frame().plane(index).unwrap().layout, layout);
        }
        drop(held);

        // Arrays are known, without a table and with one.
        let (tiled, layouts) = surface(&pair.context, NVBUF_LAYOUT_BLOCK_LINEAR);
        let format = tiled.color_format();
        for table in [&[][..], &layouts] {
            pair.consumer.set_layouts(table).unwrap();
            pair.producer.present(tiled.clone(), &pair.stream).unwrap();
            let held = pair.consumer.acquire(LONG).unwrap().unwrap();
            for (plane, layout) in held.frame().planes().iter().zip(layouts) {
                let (found, given) = (plane.layout, layout);
                assert!(matches!(plane.data, PlaneData::Array(_)));
                assert_eq!(
                    (found.width, found.height, found.bytes_per_pixel),
                    (given.width, given.height, given.bytes_per_pixel)
                );
            }
            assert_eq!(held.frame().num_planes(), 2);
            assert_eq!(held.frame().color_format(), format);
            assert_ne!(held.frame().surface_object(1).unwrap(), 0);
            held.release(&pair.stream).unwrap();
            let next = crate::pair::frame(&pair.context);
            pair.producer.present(next, &pair.stream).unwrap();
            let back = pair.take_back().unwrap();
            pair.consumer.set_layouts(&[]).unwrap();
            drop(pair.consumer.acquire(LONG).unwrap().unwrap());
            drop((back, pair.take_back()));
        }
    });
}
