//! Objects of `cust` and ours together, on whatever driver there is: the simulator's (ci/sim.sh) or a GPU's.

mod common;

use std::sync::Arc;

use common::{example, is_child, run};
use egl_cuda::cust;
use egl_cuda::cust::context::legacy::{
    Context as OldContext, ContextFlags as OldFlags, ContextStack,
};
use egl_cuda::cust::context::{Context as CustContext, ContextFlags};
use egl_cuda::cust::device::Device;
use egl_cuda::cust::error::CudaError;
use egl_cuda::cust::launch;
use egl_cuda::cust::memory::{AsyncCopyDestination, CopyDestination, DeviceBuffer, DevicePointer};
use egl_cuda::cust::memory::{DeviceSlice, LockedBuffer};
use egl_cuda::cust::stream::{Stream as CustStream, StreamFlags};
use egl_cuda::{
    Context, CudaFrame, Driver, ErrorKind, Event, Kernel, PlaneLayout, Stream, StreamRef,
};
use nvbuf::{Access, ColorFormat, Layout, Surface};
use nvmm_sim_control::Simulator;

const INVERT: &str = include_str!("../examples/capture_loop/invert.ptx");
const ENTRY: &str = "egl_cuda_invert";

/// Runs `body` in a child process that knows the kernels' twins.
fn child(test: &str, body: impl FnOnce()) {
    if is_child() {
        return body();
    }
    run(test, &[("NVMM_SIM_KERNELS", &example("fill_twin"))]);
}

fn no_violations() {
    let violations = Simulator::loaded().map(|simulator| simulator.counter("violations"));
    assert!(matches!(violations, None | Some(Some(0))), "{violations:?}");
}

#[test]
fn sim_contexts_of_cust_live_on_drivers_without_the_names_of_cuda_11() {
    const NAME: &str = "sim_contexts_of_cust_live_on_drivers_without_the_names_of_cuda_11";
    child(NAME, || {
        // The first call of the program, as in programs that do not know this crate's own types.
        let context = cust::quick_init().unwrap();
        let driver = Driver::get().unwrap();
        for name in [
            c"cuDevicePrimaryCtxRelease_v2",
            c"cuDevicePrimaryCtxSetFlags_v2",
            c"cuDevicePrimaryCtxReset_v2",
        ] {
            let is_there = driver.symbol(name).is_some();
            assert_eq!(is_there, driver.version() >= (11, 0), "{name:?}");
        }
        assert!(context.get_api_version().is_ok());
        // Other flags: before CUDA 11 not while somebody holds the context.
        let flags = context.set_flags(ContextFlags::SCHED_BLOCKING_SYNC);
        match driver.version() {
            (11.., _) => assert_eq!(flags, Ok(())),
            _ => assert_eq!(flags, Err(CudaError::PrimaryContextActive)),
        }
        let clone = context.clone();
        // It is the primary context, and so is ours.
        let ours = Context::primary(0).unwrap();
        assert_eq!(ours.as_raw().cast(), context.as_raw());
        CustContext::drop(context).unwrap();
        drop(clone);
        assert!(Stream::new(&ours).is_ok());
        drop(ours);
        if let Some(simulator) = Simulator::loaded() {
            let count = |name| simulator.counter(name).unwrap();
            // By whichever name the driver has.
            let released =
                count("cuDevicePrimaryCtxRelease") + count("cuDevicePrimaryCtxRelease_v2");
            assert_eq!((count("cuDevicePrimaryCtxRetain"), released), (3, 3));
        }
        let device = Device::get_device(0).unwrap();
        // SAFETY: nothing of the context is alive.
        unsafe { CustContext::reset(&device) }.unwrap();
        no_violations();
    });
}

/// A surface, its frame, and every byte of it of this value.
fn surface(context: &Context, value: u8) -> (Arc<Surface>, CudaFrame) {
    let builder = Surface::builder(638, 362).format(ColorFormat::NV12);
    let surface = Arc::new(builder.build().unwrap());
    let frame = CudaFrame::map(context, &surface, 0).unwrap();
    let pixels = surface.map_ptr(0, Access::Write).unwrap();
    for plane in 0..pixels.num_planes() {
        for row in pixels.plane(plane).unwrap().rows() {
            // SAFETY: the row is mapped for writing, and nothing runs on it.
            unsafe { row.cast::<u8>().write_bytes(value, row.len()) };
        }
    }
    pixels.unmap().unwrap();
    (surface, frame)
}

/// Whether the planes hold these values and nothing else.
fn assert_planes(surface: &Surface, values: [u8; 2]) {
    let pixels = surface.map_ptr(0, Access::Read).unwrap();
    for (plane, value) in values.into_iter().enumerate() {
        for row in pixels.plane(plane).unwrap().rows() {
            // SAFETY: the row is mapped for reading, and the work on it is done.
            let row = unsafe { row.as_ref() };
            assert!(row.iter().all(|&byte| byte == value), "plane {plane}");
        }
    }
    pixels.unmap().unwrap();
}

/// Inverts a plane on a stream of either kind.
fn invert(kernel: &Kernel, stream: &Stream, frame: &CudaFrame, plane: u32) {
    let layout = frame.plane(plane).unwrap().layout;
    let row_bytes = layout.width * layout.bytes_per_pixel;
    let address = frame.device_pointer::<u8>(plane).unwrap();
    let grid = (row_bytes.div_ceil(32), layout.height.div_ceil(8));
    // SAFETY: these are the kernel's parameters, and it stays within the plane, which nothing else uses.
    unsafe {
        launch!(kernel<<<grid, (32, 8), 0, stream>>>(
            address, layout.pitch, row_bytes, layout.height
        ))
    }
    .unwrap();
}

#[test]
fn sim_a_stream_of_custs_is_one_of_ours() {
    child("sim_a_stream_of_custs_is_one_of_ours", || {
        let context = Context::primary(0).unwrap();
        let theirs = {
            let _current = context.push().unwrap();
            CustStream::new(StreamFlags::NON_BLOCKING, None).unwrap()
        };
        let ours = Stream::new(&context).unwrap();
        let kernel = Kernel::from_ptx(&context, INVERT, ENTRY).unwrap();
        let event = Event::new(&context).unwrap();
        let (surface, frame) = surface(&context, 7);
        context.synchronize().unwrap();
        {
            let borrowed = StreamRef::from_cust(&context, &theirs).unwrap();
            assert_eq!(borrowed.as_raw().cast(), theirs.as_inner());
            assert_eq!(borrowed.context().as_raw(), context.as_raw());
            // Both planes on their stream, then luma again on ours, which waits.
            invert(&kernel, &borrowed, &frame, 0);
            invert(&kernel, &borrowed, &frame, 1);
            event.record(&borrowed).unwrap();
            ours.wait_event(&event).unwrap();
            invert(&kernel, &ours, &frame, 0);
            event.record(&ours).unwrap();
            borrowed.wait_event(&event).unwrap();
            borrowed.synchronize().unwrap();
        }
        assert_planes(&surface, [7, !7]);
        // It was only borrowed: theirs is alive, and ends once.
        {
            let _current = context.push().unwrap();
            theirs.synchronize().unwrap();
            CustStream::drop(theirs).unwrap();
        }
        drop(ours);
        if let Some(simulator) = Simulator::loaded() {
            assert_eq!(simulator.counter("cuStreamDestroy_v2"), Some(2));
        }
        no_violations();
    });
}

#[test]
fn sim_the_default_stream_can_be_borrowed() {
    child("sim_the_default_stream_can_be_borrowed", || {
        let context = Context::primary(0).unwrap();
        let kernel = Kernel::from_ptx(&context, INVERT, ENTRY).unwrap();
        let (surface, frame) = surface(&context, 9);
        // SAFETY: null is the default stream.
        let stream = unsafe { StreamRef::from_raw(&context, std::ptr::null_mut()) };
        invert(&kernel, &stream, &frame, 1);
        // From another thread, as with a stream of ours.
        std::thread::scope(|scope| {
            scope.spawn(|| stream.synchronize().unwrap());
        });
        assert_planes(&surface, [9, !9]);
        drop(stream);
        if let Some(simulator) = Simulator::loaded() {
            assert_eq!(simulator.counter("cuStreamDestroy_v2"), Some(0));
        }
        no_violations();
    });
}

#[test]
fn sim_what_is_of_another_context_is_refused() {
    child("sim_what_is_of_another_context_is_refused", || {
        let ours = Context::primary(0).unwrap();
        let device = Device::get_device(0).unwrap();
        let other = OldContext::create_and_push(OldFlags::SCHED_AUTO, device).unwrap();
        let stream = CustStream::new(StreamFlags::DEFAULT, None).unwrap();
        let error = StreamRef::from_cust(&ours, &stream).unwrap_err();
        if Driver::get().unwrap().version() >= (9, 2) {
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert_eq!(error.call(), "cuStreamGetCtx");
            assert!(error.to_string().contains("Context::push"), "{error}");
        }
        let memory = DeviceBuffer::from_slice(&[0_u8; 64]).unwrap();
        let layout = PlaneLayout {
            width: 8,
            height: 8,
            pitch: 8,
            bytes_per_pixel: 1,
        };
        let error = CudaFrame::from_device_buffer(&ours, memory, &[(0, layout)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains("Context::push"), "{error}");
        drop(stream);
        ContextStack::pop().unwrap();
        drop(other);
        no_violations();
    });
}

#[test]
fn sim_device_pointers_go_both_ways() {
    child("sim_device_pointers_go_both_ways", || {
        let context = Context::primary(0).unwrap();
        let (surface, frame) = surface(&context, 5);
        let luma: DevicePointer<u8> = frame.device_pointer(0).unwrap();
        let chroma: DevicePointer<[u8; 2]> = frame.device_pointer(1).unwrap();
        assert_eq!(luma.as_raw(), frame.pitch_ptr(0).unwrap().0);
        assert_eq!(chroma.as_raw(), frame.pitch_ptr(1).unwrap().0);

        // cust's own copies read and write the frame, on cust's own stream.
        let _current = context.push().unwrap();
        let stream = CustStream::new(StreamFlags::DEFAULT, None).unwrap();
        let row = frame.plane(0).unwrap().layout.width as usize;
        // SAFETY: the first row of the plane, which nothing else uses, while the frame lives.
        let mut first = unsafe { DeviceSlice::from_raw_parts(luma, row) };
        let mut host = vec![0_u8; row];
        first.copy_to(&mut host).unwrap();
        assert_eq!(host, vec![5; row]);
        let sevens = LockedBuffer::new(&7_u8, row).unwrap();
        // SAFETY: neither goes before the stream is synchronised.
        unsafe { first.async_copy_from(&sevens[..], &stream) }.unwrap();
        StreamRef::from_cust(&context, &stream)
            .unwrap()
            .synchronize()
            .unwrap();
        drop(sevens);
        let pixels = surface.map_ptr(0, Access::Read).unwrap();
        let mut rows = pixels.plane(0).unwrap().rows();
        for value in [7, 5] {
            // SAFETY: the row is mapped for reading, and the copy is done.
            let row = unsafe { rows.next().unwrap().as_ref().to_vec() };
            assert!(row.iter().all(|&byte| byte == value));
        }
        pixels.unmap().unwrap();

        drop(stream);
        no_violations();
    });
}

#[test]
fn sim_memory_of_custs_is_a_frame() {
    child("sim_memory_of_custs_is_a_frame", || {
        const PITCH: u32 = 80;
        let context = Context::primary(0).unwrap();
        let layout = PlaneLayout {
            width: 70,
            height: 4,
            pitch: PITCH,
            bytes_per_pixel: 1,
        };
        let chroma = PlaneLayout {
            width: 35,
            height: 2,
            bytes_per_pixel: 2,
            ..layout
        };
        let buffer = || {
            let _current = context.push().unwrap();
            DeviceBuffer::from_slice(&[6_u16; (PITCH * 6 / 2) as usize]).unwrap()
        };
        let alive = || {
            Some(
                Simulator::loaded()?
                    .counter("device_allocations_alive")
                    .unwrap(),
            )
        };
        let planes = [(0, layout), (u64::from(PITCH) * 4, chroma)];
        let memory = buffer();
        let address = memory.as_device_ptr().as_raw();
        let frame = CudaFrame::from_device_buffer(&context, memory, &planes).unwrap();
        assert_eq!(frame.pitch_ptr(0).unwrap(), (address, PITCH));
        assert_eq!(
            frame.device_pointer::<u16>(1).unwrap().as_raw(),
            address + 320
        );
        let kernel = Kernel::from_ptx(&context, INVERT, ENTRY).unwrap();
        let stream = Stream::new(&context).unwrap();
        context.synchronize().unwrap();
        invert(&kernel, &stream, &frame, 1);
        let mut rows = [0; 140];
        stream
            .copy_to_host(frame.source(1).unwrap(), &mut rows, 70)
            .unwrap();
        assert!(rows.chunks(2).all(|pair| pair == [!6, !0]), "{rows:?}");
        assert!(matches!(alive(), None | Some(1)));
        // On a thread without any context current.
        std::thread::spawn(move || drop(frame)).join().unwrap();
        assert!(matches!(alive(), None | Some(0)));

        // What does not fit is refused, and the memory freed.
        for (offset, layout) in [
            (321, chroma),
            (u64::MAX, chroma),
            (
                0,
                PlaneLayout {
                    height: 7,
                    ..layout
                },
            ),
            (
                0,
                PlaneLayout {
                    width: 81,
                    ..layout
                },
            ),
        ] {
            let planes = [(offset, layout)];
            let error = CudaFrame::from_device_buffer(&context, buffer(), &planes).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
            assert!(matches!(alive(), None | Some(0)));
        }
        no_violations();
    });
}

#[test]
fn sim_no_device_pointer_where_there_is_none() {
    child("sim_no_device_pointer_where_there_is_none", || {
        let context = Context::primary(0).unwrap();
        let (_surface, frame) = surface(&context, 0);
        let error = frame.device_pointer::<u8>(2).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PlaneOutOfRange);
        let error = frame.device_pointer::<()>(0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        let builder = Surface::builder(64, 64).layout(Layout::BLOCK_LINEAR);
        let tiled = Arc::new(builder.build().unwrap());
        let tiled = CudaFrame::map(&context, &tiled, 0).unwrap();
        let error = tiled.device_pointer::<u8>(0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BlockLinear);
    });
}
