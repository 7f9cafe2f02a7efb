//! From surfaces to frames in one call, on the simulator (ci/sim.sh) or a Jetson.

use std::sync::{Arc, Mutex, PoisonError};

use egl_cuda::{Context, CudaFrame, ErrorKind, MappedEglImage, PlaneLayout, Stream};
use nvbuf::legacy::NvBuffer;
use nvbuf::{ColorFormat, Layout, MemType, Surface};
use nvmm_sim_control::Simulator;

/// The simulator's counters are of the whole process: its tests come one after the other.
static COUNTING: Mutex<()> = Mutex::new(());

fn alone<T>(body: impl FnOnce() -> T) -> T {
    let _one_at_a_time = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    body()
}

/// Of now, or since the start; on hardware nobody counts.
fn counter(name: &str) -> Option<u64> {
    Some(Simulator::loaded()?.counter(name).unwrap())
}

/// What must have ended, and that it ended in the right order.
fn all_ended() {
    for name in ["registrations_alive", "egl_images_alive", "buffers_alive"] {
        assert!(matches!(counter(name), None | Some(0)), "{name}");
    }
    assert!(matches!(counter("violations"), None | Some(0)));
}

fn surface(batch: u32) -> Arc<Surface> {
    let builder = Surface::builder(638, 362).format(ColorFormat::NV12);
    Arc::new(builder.batch(batch).build().unwrap())
}

#[test]
fn sim_each_buffer_of_a_batch_is_a_frame() {
    alone(|| {
        let context = Context::primary(0).unwrap();
        let batch = surface(3);
        let frames: Vec<_> = (0..3)
            .map(|index| CudaFrame::map(&context, &batch, index).unwrap())
            .collect();
        let mut addresses = Vec::new();
        for (index, frame) in (0..).zip(&frames) {
            let planes = batch.params(index).unwrap().planes();
            assert_eq!(frame.num_planes() as usize, planes.len());
            for (plane, params) in frame.planes().iter().zip(planes) {
                assert_eq!(plane.layout, PlaneLayout::from(params));
            }
            addresses.push(frame.pitch_ptr(0).unwrap().0);
        }
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), 3, "buffers of their own");
        // The frames alone keep the surface; the last one goes on another thread.
        drop(batch);
        assert!(matches!(counter("buffers_alive"), None | Some(3)));
        std::thread::spawn(move || drop(frames)).join().unwrap();
        all_ended();
    });
}

#[test]
fn sim_a_handle_of_one_buffer_keeps_the_batch() {
    alone(|| {
        let context = Context::primary(0).unwrap();
        let batch = surface(2);
        let second = Arc::new(batch.buffer(1).unwrap());
        let mapped = MappedEglImage::map(&context, &second, 0).unwrap();
        drop((batch, second));
        assert!(matches!(counter("buffers_alive"), None | Some(2)));
        mapped.unregister().unwrap();
        all_ended();
    });
}

#[test]
fn sim_block_linear_surfaces_are_arrays() {
    alone(|| {
        let context = Context::primary(0).unwrap();
        let builder = Surface::builder(640, 360).layout(Layout::BLOCK_LINEAR);
        let surface = Arc::new(builder.build().unwrap());
        let frame = CudaFrame::map(&context, &surface, 0).unwrap();
        let error = frame.pitch_ptr(0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BlockLinear);
        assert_ne!(frame.surface_object(0).unwrap(), 0);
        drop((frame, surface));
        all_ended();
    });
}

#[test]
fn sim_surfaces_in_cudas_memory_are_frames_without_registration() {
    alone(|| {
        let context = Context::primary(0).unwrap();
        let stream = Stream::new(&context).unwrap();
        let mut found = 0;
        for mem_type in [
            MemType::CUDA_DEVICE,
            MemType::CUDA_PINNED,
            MemType::CUDA_UNIFIED,
        ] {
            let builder = Surface::builder(638, 362).format(ColorFormat::NV12);
            let surface = match builder.batch(2).mem_type(mem_type).build() {
                Ok(surface) => Arc::new(surface),
                Err(error) => {
                    eprintln!("not run: no {mem_type} here: {error}");
                    continue;
                }
            };
            found += 1;
            let before = counter("registrations");
            let frame = CudaFrame::map(&context, &surface, 1).unwrap();
            assert_eq!(counter("registrations"), before);
            let address = surface.device_address(1).unwrap().unwrap();
            let planes = *surface.params(1).unwrap();
            for (index, plane) in (0..).zip(planes.planes()) {
                let (start, pitch) = frame.pitch_ptr(index).unwrap();
                assert_eq!(start, address + u64::from(plane.offset));
                assert_eq!(pitch, plane.pitch);
            }
            // The frame alone keeps the memory: written and read back, both planes.
            drop(surface);
            let other = CudaFrame::map(&context, &self::surface(1), 0).unwrap();
            for (plane, value) in [(0, 3_u8), (1, 4)] {
                let params = planes.planes()[plane as usize];
                let bytes = vec![value; params.packed_len()];
                stream
                    .copy_from_host(&bytes, params.row_bytes(), frame.target(plane).unwrap())
                    .unwrap();
                stream
                    .copy(frame.source(plane).unwrap(), other.target(plane).unwrap())
                    .unwrap();
                let mut back = vec![0; bytes.len()];
                stream
                    .copy_to_host(other.source(plane).unwrap(), &mut back, params.row_bytes())
                    .unwrap();
                assert_eq!(back, bytes, "{mem_type}, plane {plane}");
            }
        }
        assert!(found > 0, "no type of CUDA memory at all");
        drop(stream);
        all_ended();
    });
}

#[test]
fn sim_what_is_no_egl_image_is_refused_in_nvbufs_words() {
    alone(|| {
        let context = Context::primary(0).unwrap();
        let batch = surface(2);
        let raw = Arc::new(Surface::raw_builder(4096).build().unwrap());
        let system = Surface::builder(64, 64).mem_type(MemType::SYSTEM);
        let system = Arc::new(system.build().unwrap());
        for (surface, index, text) in [
            (&batch, 2, "2"),
            (&raw, 0, "without a picture"),
            (&system, 0, "SURFACE_ARRAY"),
        ] {
            let error = CudaFrame::map(&context, surface, index).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Surface);
            let cause = error.surface_error().unwrap();
            assert_eq!(cause.kind(), nvbuf::ErrorKind::Invalid);
            assert_eq!(error.call(), cause.call());
            assert_eq!(error.to_string(), cause.to_string());
            assert!(error.to_string().contains(text), "{error}");
            assert!(error.code().is_none());
        }
        drop((batch, raw, system));
        all_ended();
    });
}

#[test]
fn sim_a_call_that_fails_leaves_nothing_behind() {
    alone(|| {
        let Some(simulator) = Simulator::find().ok() else {
            return eprintln!("not run: hardware does not fail on demand");
        };
        let context = Context::primary(0).unwrap();
        let batch = surface(1);
        for (function, code, kind) in [
            ("NvBufSurfaceMapEglImage", -1, ErrorKind::Surface),
            ("cuGraphicsEGLRegisterImage", 1, ErrorKind::Cuda),
            ("cuGraphicsResourceGetMappedEglFrame", 1, ErrorKind::Cuda),
        ] {
            simulator.fail(function, 1, code).unwrap();
            let error = CudaFrame::map(&context, &batch, 0).unwrap_err();
            assert_eq!((error.kind(), error.call()), (kind, function));
            assert_eq!(simulator.counter("registrations_alive"), Some(0));
            assert_eq!(simulator.counter("egl_images_alive"), Some(0));
            drop(CudaFrame::map(&context, &batch, 0).unwrap());
        }
        drop(batch);
        all_ended();
    });
}

#[test]
fn sim_legacy_buffers_are_frames_too() {
    alone(|| {
        let buffer = match NvBuffer::builder(638, 362).build() {
            Ok(buffer) => Arc::new(buffer),
            Err(error) if error.kind() == nvbuf::ErrorKind::Load => {
                return eprintln!("not run: no libnvbuf_utils in this release: {error}");
            }
            Err(error) => panic!("{error}"),
        };
        let context = Context::primary(0).unwrap();
        let frame = CudaFrame::map(&context, &buffer, 0).unwrap();
        assert_eq!((frame.width(), frame.height()), (638, 362));
        let error = CudaFrame::map(&context, &buffer, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Surface);
        drop((frame, buffer));
        all_ended();
    });
}
