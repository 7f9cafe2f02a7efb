//! From a surface of NVIDIA's to a frame, on the simulator (ci/sim.sh) or a Jetson.

use std::ptr::{NonNull, null_mut};
use std::sync::{Arc, Barrier, Mutex, PoisonError};

use egl_cuda::{Context, CudaFrame, ErrorKind, MappedEglImage, PlaneLayout};
use nvbufsurface_sys::Library;
use nvbufsurface_sys::classic::{
    NVBUF_COLOR_FORMAT_NV12, NVBUF_LAYOUT_BLOCK_LINEAR, NVBUF_LAYOUT_PITCH,
    NVBUF_MEM_SURFACE_ARRAY, NvBufSurfaceLayout,
};
use nvbufsurface_sys::extended::NvBufSurfaceCreateParams;
use nvbufsurface_sys::prefix::{NvBufSurface, NvBufSurfaceParams};
use nvmm_sim_control::Simulator;

/// A surface and its EGLImage, unmapped and destroyed in this order.
struct Surface(NonNull<NvBufSurface>);

// SAFETY: nothing is done with the surface but its end, on whichever thread that is.
unsafe impl Send for Surface {}
// SAFETY: as above.
unsafe impl Sync for Surface {}

impl Surface {
    fn new(layout: NvBufSurfaceLayout) -> Self {
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

    fn planes(&self) -> [PlaneLayout; 2] {
        let planes = &self.params().planeParams;
        assert_eq!(planes.num_planes, 2);
        std::array::from_fn(|i| PlaneLayout {
            width: planes.width[i],
            height: planes.height[i],
            pitch: planes.pitch[i],
            bytes_per_pixel: planes.bytesPerPix[i],
        })
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

fn frame(context: &Context, layout: NvBufSurfaceLayout) -> (CudaFrame, [PlaneLayout; 2]) {
    let surface = Surface::new(layout);
    let planes = surface.planes();
    let image = NonNull::new(surface.params().mappedAddr.eglImage).unwrap();
    // SAFETY: the image is live, and dropping the surface ends it.
    let mapped = unsafe { MappedEglImage::register(context, image, surface) }.unwrap();
    (CudaFrame::new(Arc::new(mapped), &planes).unwrap(), planes)
}

#[test]
fn sim_surfaces_become_frames() {
    let context = Context::primary(0).unwrap();
    let (linear, planes) = frame(&context, NVBUF_LAYOUT_PITCH);
    assert_eq!(
        (linear.width(), linear.height(), linear.num_planes()),
        (638, 362, 2)
    );
    for (index, layout) in planes.iter().enumerate() {
        let (address, pitch) = linear.pitch_ptr(index as u32).unwrap();
        assert_ne!(address, 0);
        assert_eq!(pitch, layout.pitch);
    }
    // The last clone goes on another thread, without any context current there.
    let clone = linear.clone();
    drop(linear);
    std::thread::spawn(move || drop(clone)).join().unwrap();

    let (tiled, _) = frame(&context, NVBUF_LAYOUT_BLOCK_LINEAR);
    assert_eq!(
        tiled.pitch_ptr(0).unwrap_err().kind(),
        ErrorKind::BlockLinear
    );
}

/// Tests that count the driver's calls come one after the other.
static COUNTING: Mutex<()> = Mutex::new(());

/// Surface objects made and destroyed so far; on hardware nobody counts.
fn objects() -> [u64; 2] {
    let Some(simulator) = Simulator::loaded() else {
        return [0; 2];
    };
    ["cuSurfObjectCreate", "cuSurfObjectDestroy"].map(|name| simulator.counter(name).unwrap())
}

/// How many were made and destroyed since then.
fn since(before: [u64; 2]) -> [u64; 2] {
    let now = objects();
    [now[0] - before[0], now[1] - before[1]]
}

#[test]
fn sim_arrays_have_one_surface_object_each() {
    let _one_at_a_time = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let context = Context::primary(0).unwrap();
    let before = objects();
    let counts = Simulator::loaded().map_or(0, |_| 1);
    let (tiled, planes) = frame(&context, NVBUF_LAYOUT_BLOCK_LINEAR);
    let (luma, chroma) = (
        tiled.surface_object(0).unwrap(),
        tiled.surface_object(1).unwrap(),
    );
    assert!(luma != 0 && chroma != 0 && luma != chroma);
    // As a new frame of the same surface is made for each buffer.
    for _ in 0..100 {
        let again = CudaFrame::new(Arc::clone(tiled.mapped().unwrap()), &planes).unwrap();
        assert_eq!(again.surface_object(0).unwrap(), luma);
        assert_eq!(again.clone().surface_object(1).unwrap(), chroma);
    }
    let error = tiled.surface_object(2).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PlaneOutOfRange);
    assert_eq!(since(before), [2 * counts, 0]);
    drop(tiled);
    assert_eq!(since(before), [2 * counts; 2]);

    // A surface that no kernel looked at has none; one that goes by hand takes its own along.
    let (untouched, _) = frame(&context, NVBUF_LAYOUT_BLOCK_LINEAR);
    drop(untouched);
    let (tiled, _) = frame(&context, NVBUF_LAYOUT_BLOCK_LINEAR);
    tiled.surface_object(1).unwrap();
    let mapped = Arc::clone(tiled.mapped().unwrap());
    drop(tiled);
    Arc::into_inner(mapped).unwrap().unregister().unwrap();
    assert_eq!(since(before), [3 * counts; 2]);

    let (linear, _) = frame(&context, NVBUF_LAYOUT_PITCH);
    let error = linear.surface_object(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PitchLinear);
    assert!(error.to_string().contains("pitch_ptr"), "{error}");
    assert_eq!(since(before), [3 * counts; 2]);
    if let Some(simulator) = Simulator::loaded() {
        assert_eq!(simulator.counter("violations"), Some(0));
    }
}

#[test]
fn sim_threads_that_ask_at_once_get_the_same_surface_object() {
    const THREADS: usize = 8;
    let _one_at_a_time = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let context = Context::primary(0).unwrap();
    let before = objects();
    let (tiled, _) = frame(&context, NVBUF_LAYOUT_BLOCK_LINEAR);
    let simulator = Simulator::loaded();
    // So long that all of them come while the first one is in the driver.
    let delay = |microseconds| {
        if let Some(simulator) = &simulator {
            simulator.delay("cuSurfObjectCreate", microseconds).unwrap();
        }
    };
    delay(50_000);
    let start = Barrier::new(THREADS);
    let found: Vec<u64> = std::thread::scope(|scope| {
        let ask = || {
            start.wait();
            tiled.surface_object(0).unwrap()
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    delay(0);
    assert_eq!(found, [found[0]; THREADS]);
    drop(tiled);
    let counts = simulator.map_or(0, |_| 1);
    assert_eq!(since(before), [counts; 2]);
}

#[test]
fn sim_a_surface_object_that_fails_is_tried_again() {
    const OUT_OF_MEMORY: u32 = 2;
    let _one_at_a_time = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let context = Context::primary(0).unwrap();
    let Some(simulator) = Simulator::loaded() else {
        return eprintln!("not run: hardware does not fail on demand");
    };
    let before = objects();
    let (tiled, _) = frame(&context, NVBUF_LAYOUT_BLOCK_LINEAR);
    let failing = i32::try_from(OUT_OF_MEMORY).unwrap();
    simulator.fail("cuSurfObjectCreate", 1, failing).unwrap();
    let error = tiled.surface_object(0).unwrap_err();
    assert_eq!(error.call(), "cuSurfObjectCreate");
    assert_eq!(error.code().unwrap().get(), OUT_OF_MEMORY);
    tiled.surface_object(0).unwrap();
    drop(tiled);
    // The one that failed made nothing that would have to go.
    assert_eq!(since(before), [2, 1]);
}
