//! Order and pairing of driver calls, seen by a driver that keeps a journal. Needs no CUDA.

mod common;

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{command, directory, example, in_child, is_child};
use egl_cuda::{
    Array, Context, CudaFrame, DeviceMemory, Driver, ErrorKind, Event, ManagedMemory,
    MappedEglImage, PinnedMemory, PlaneData, PlaneLayout, Sampling, Stream, StreamRef, sys,
};
use libloading::os::unix::Library;

/// The control functions of the journal.
struct Journal(Library);

impl Journal {
    fn open() -> Self {
        // SAFETY: the child's libcuda.so.1 is the fixture.
        Self(unsafe { Library::new("libcuda.so.1") }.unwrap())
    }

    fn get<T: Copy>(&self, name: &str) -> T {
        // SAFETY: each use below names the fixture's prototype; test and fixture are built by one
        // compiler.
        *unsafe { self.0.get::<T>(name) }.unwrap()
    }

    /// The calls since the last time, without the pushes and pops that must surround them.
    fn take(&self) -> String {
        let depth = self.get::<extern "Rust" fn() -> usize>("journal_depth");
        assert_eq!(depth(), 0, "a context stayed pushed");
        let take = self.get::<extern "Rust" fn() -> String>("journal_take");
        let calls = take();
        let calls = calls.split(' ').filter(|call| !call.starts_with("cuCtxP"));
        calls
            .map(|call| call.trim_start_matches("cu"))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn fail(&self, name: &str, code: u32) {
        self.get::<extern "Rust" fn(&str, u32)>("journal_fail")(name, code);
    }

    fn frame(&self, frame: sys::CUeglFrame) {
        // SAFETY: both are 64 bytes without padding holes that matter, of any value.
        let words = unsafe { std::mem::transmute::<sys::CUeglFrame, [u64; 8]>(frame) };
        self.get::<extern "Rust" fn([u64; 8])>("journal_frame")(words);
    }
}

fn child(test: &str, body: impl FnOnce(Journal)) {
    if is_child() {
        return body(Journal::open());
    }
    let directory = directory(test);
    symlink(example("journal_driver"), directory.join("libcuda.so.1")).unwrap();
    in_child(test, &directory);
}

/// Says whether it was dropped, and that the image was unregistered before.
struct Keep(Arc<AtomicBool>);

impl Drop for Keep {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        // SAFETY: the child's libcuda.so.1 is the fixture.
        let journal = unsafe { Library::new("libcuda.so.1") }.unwrap();
        // SAFETY: the fixture's prototype.
        let note = unsafe { journal.get::<extern "C" fn(i32) -> u32>("cuInit") }.unwrap();
        note(0);
    }
}

const IMAGE: NonNull<std::ffi::c_void> = NonNull::dangling();

fn register(context: &Context) -> (egl_cuda::Result<MappedEglImage>, Arc<AtomicBool>) {
    let dropped = Arc::new(AtomicBool::new(false));
    // SAFETY: the fixture does not follow the image's address.
    let mapped = unsafe { MappedEglImage::register(context, IMAGE, Keep(dropped.clone())) };
    (mapped, dropped)
}

fn nv12() -> sys::CUeglFrame {
    let plane = |address| std::ptr::without_provenance_mut(address);
    sys::CUeglFrame {
        frame: sys::CUeglFramePlanes {
            pPitch: [plane(0x10_0000), plane(0x20_0000), plane(0)],
        },
        width: 64,
        height: 32,
        depth: 1,
        pitch: 256,
        planeCount: 2,
        numChannels: 1,
        frameType: sys::CUeglFrameType::PITCH,
        eglColorFormat: sys::CUeglColorFormat::YUV420_SEMIPLANAR,
        cuFormat: sys::CUarray_format::UNSIGNED_INT8,
    }
}

const LUMA: PlaneLayout = PlaneLayout {
    width: 64,
    height: 32,
    pitch: 256,
    bytes_per_pixel: 1,
};
const CHROMA: PlaneLayout = PlaneLayout {
    width: 32,
    height: 16,
    pitch: 256,
    bytes_per_pixel: 2,
};

#[test]
fn contexts_streams_and_events_are_paired() {
    child("contexts_streams_and_events_are_paired", |journal| {
        let context = Context::primary(0).unwrap();
        assert_eq!(Driver::get().unwrap().version(), (10, 2));
        assert_eq!(
            journal.take(),
            "Init DriverGetVersion DeviceGet DevicePrimaryCtxRetain"
        );
        assert_eq!(context.device_name().unwrap(), "Journal");
        let stream = Stream::new(&context).unwrap();
        let event = Event::new(&context).unwrap();
        // The fixture puts the flags into the handle.
        assert_eq!(stream.as_raw().addr(), 0x2001);
        assert_eq!(event.as_raw().addr(), 0x3002);
        event.record(&stream).unwrap();
        stream.wait_event(&event).unwrap();
        journal.fail("cuEventQuery", sys::CUDA_ERROR_NOT_READY);
        assert!(!event.is_complete().unwrap());
        assert!(event.is_complete().unwrap());
        // SAFETY: null is the default stream.
        unsafe { event.wait_raw(std::ptr::null_mut()) }.unwrap();
        assert_eq!(
            journal.take(),
            "DeviceGetName StreamCreate EventCreate EventRecord StreamWaitEvent EventQuery \
             EventQuery StreamWaitEvent"
        );
        journal.fail("cuStreamSynchronize", sys::CUDA_ERROR_INVALID_CONTEXT);
        let error = stream.synchronize().unwrap_err();
        assert_eq!(
            (error.kind(), error.call()),
            (ErrorKind::Cuda, "cuStreamSynchronize")
        );
        assert!(
            error.to_string().contains("no CUDA context is current"),
            "{error}"
        );

        // On another thread, with nothing current there; and the context last of all.
        drop(context);
        let _ = journal.take();
        std::thread::spawn(move || drop((event, stream)))
            .join()
            .unwrap();
        assert_eq!(
            journal.take(),
            "EventDestroy_v2 StreamDestroy_v2 DevicePrimaryCtxRelease"
        );
    });
}

#[test]
fn an_event_is_of_its_own_context() {
    child("an_event_is_of_its_own_context", |journal| {
        let [first, second] = [0, 1].map(|device| Context::primary(device).unwrap());
        let event = Event::new(&first).unwrap();
        // SAFETY: null is the default stream.
        let stream = unsafe { StreamRef::from_raw(&second, std::ptr::null_mut()) };
        let _ = journal.take();
        let error = event.record(&stream).expect_err("of another device");
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.to_string().contains("of device 1"), "{error}");
        assert_eq!(journal.take(), "");
        // A wait for it on another device is what events are for.
        stream.wait_event(&event).unwrap();
        assert_eq!(journal.take(), "StreamWaitEvent");
    });
}

#[test]
fn codes_are_named_without_the_drivers_help() {
    child("codes_are_named_without_the_drivers_help", |journal| {
        let context = Context::primary(0).unwrap();
        journal.fail("cuEventCreate", sys::CUDA_ERROR_OUT_OF_MEMORY);
        let error = Event::new(&context).unwrap_err();
        let text = error.to_string();
        let named = "CUDA error 2 (CUDA_ERROR_OUT_OF_MEMORY, memory is out)";
        assert!(text.contains(named), "{text}");
        assert_eq!(journal.take().split(' ').next_back(), Some("EventCreate"));
    });
}

#[test]
fn a_drop_that_fails_does_not_panic_where_nobody_reads() {
    const NAME: &str = "a_drop_that_fails_does_not_panic_where_nobody_reads";
    if !is_child() {
        let directory = directory(NAME);
        symlink(example("journal_driver"), directory.join("libcuda.so.1")).unwrap();
        let mut child = command(NAME, &[("LD_LIBRARY_PATH", &directory)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stderr.take());
        // Not before.
        drop(child.stdin.take());
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
        return;
    }
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
    assert!(
        writeln!(std::io::stderr(), "lost").is_err(),
        "a closed pipe"
    );
    let journal = Journal::open();
    let event = Event::new(&Context::primary(0).unwrap()).unwrap();
    journal.fail("cuEventDestroy_v2", 999);
    drop(event);
    let calls = journal.take();
    assert!(
        calls.contains("EventDestroy_v2 DevicePrimaryCtxRelease"),
        "{calls}"
    );
}

#[test]
fn an_image_is_unregistered_before_its_keeper_goes() {
    child(
        "an_image_is_unregistered_before_its_keeper_goes",
        |journal| {
            const REGISTER: &str = "GraphicsEGLRegisterImage GraphicsResourceGetMappedEglFrame";
            let context = Context::primary(0).unwrap();
            journal.frame(nv12());
            let _ = journal.take();

            let (mapped, dropped) = register(&context);
            assert_eq!(mapped.as_ref().unwrap().frame().pitch, 256);
            assert_eq!(journal.take(), REGISTER);
            std::thread::spawn(move || drop(mapped)).join().unwrap();
            // `Init` is the keeper's own note.
            assert_eq!(journal.take(), "GraphicsUnregisterResource Init");
            assert!(dropped.load(Ordering::SeqCst));

            let (mapped, _) = register(&context);
            let _ = journal.take();
            mapped.unwrap().unregister().unwrap();
            assert_eq!(journal.take(), "GraphicsUnregisterResource Init");

            let (mapped, _) = register(&context);
            let _ = journal.take();
            journal.fail("cuGraphicsUnregisterResource", 999);
            assert_eq!(
                mapped
                    .unwrap()
                    .unregister()
                    .unwrap_err()
                    .code()
                    .unwrap()
                    .get(),
                999
            );
            // It may be registered still: the keeper stays.
            assert_eq!(journal.take(), "GraphicsUnregisterResource");

            journal.fail(
                "cuGraphicsEGLRegisterImage",
                sys::CUDA_ERROR_OPERATING_SYSTEM,
            );
            let (mapped, dropped) = register(&context);
            assert!(mapped.unwrap_err().to_string().contains("null or stale"));
            assert!(dropped.load(Ordering::SeqCst));
            assert_eq!(journal.take(), "GraphicsEGLRegisterImage Init");

            journal.fail("cuGraphicsResourceGetMappedEglFrame", 1);
            let (mapped, _) = register(&context);
            assert_eq!(
                mapped.unwrap_err().call(),
                "cuGraphicsResourceGetMappedEglFrame"
            );
            assert_eq!(
                journal.take(),
                format!("{REGISTER} GraphicsUnregisterResource Init")
            );
        },
    );
}

fn arrays(context: &Context) -> (CudaFrame, Arc<AtomicBool>) {
    let (mapped, dropped) = register(context);
    let frame = CudaFrame::new(Arc::new(mapped.unwrap()), &[LUMA, CHROMA]);
    (frame.unwrap(), dropped)
}

/// Unregisters what only this frame holds.
fn unregister(frame: CudaFrame) -> egl_cuda::Result<()> {
    let mapped = Arc::clone(frame.mapped().unwrap());
    drop(frame);
    Arc::into_inner(mapped).unwrap().unregister()
}

#[test]
fn surface_objects_are_made_once_and_go_before_the_registration() {
    child(
        "surface_objects_are_made_once_and_go_before_the_registration",
        |journal| {
            const CREATE: &str = "cuSurfObjectCreate";
            let context = Context::primary(0).unwrap();
            let array = |first| sys::CUeglFrame {
                frame: sys::CUeglFramePlanes {
                    pArray: [first, 0x20_0000, 0].map(std::ptr::without_provenance_mut),
                },
                frameType: sys::CUeglFrameType::ARRAY,
                pitch: 0,
                ..nv12()
            };
            journal.frame(array(0x10_0000));
            let (frame, dropped) = arrays(&context);
            let _ = journal.take();
            for _ in 0..3 {
                // The journal's driver: the array's handle and 1.
                assert_eq!(frame.surface_object(1).unwrap(), 0x20_0001);
            }
            assert_eq!(journal.take(), "SurfObjectCreate");
            let other = CudaFrame::new(frame.mapped().unwrap().clone(), &[LUMA, CHROMA]).unwrap();
            assert_eq!(other.surface_object(0).unwrap(), 0x10_0001);
            assert_eq!(frame.surface_object(0).unwrap(), 0x10_0001);
            assert_eq!(journal.take(), "SurfObjectCreate");
            drop(frame);
            assert_eq!(journal.take(), "");
            // On another thread, with nothing current there.
            std::thread::spawn(move || drop(other)).join().unwrap();
            const END: &str = "SurfObjectDestroy SurfObjectDestroy GraphicsUnregisterResource Init";
            assert_eq!(journal.take(), END);
            assert!(dropped.load(Ordering::SeqCst));

            // By hand. An object that does not go does not hold up the rest, and is told of.
            // What may still be registered keeps what it stands on.
            for failing in ["cuSurfObjectDestroy", "cuGraphicsUnregisterResource"] {
                let (frame, dropped) = arrays(&context);
                frame.surface_object(0).unwrap();
                frame.surface_object(1).unwrap();
                let _ = journal.take();
                journal.fail(failing, sys::CUDA_ERROR_LAUNCH_FAILED);
                let error = unregister(frame).unwrap_err();
                assert_eq!(error.call(), failing);
                let is_gone = failing == "cuSurfObjectDestroy";
                assert_eq!(dropped.load(Ordering::SeqCst), is_gone);
                let end = if is_gone {
                    END
                } else {
                    END.trim_end_matches(" Init")
                };
                assert_eq!(journal.take(), end);
            }

            // A failure is not kept, and of what was never made nothing is destroyed.
            let (frame, _) = arrays(&context);
            let _ = journal.take();
            journal.fail(CREATE, sys::CUDA_ERROR_INVALID_VALUE);
            let error = frame.surface_object(0).unwrap_err();
            assert_eq!((error.kind(), error.call()), (ErrorKind::Cuda, CREATE));
            assert!(error.to_string().contains("bl-output=false"), "{error}");
            assert_eq!(frame.surface_object(0).unwrap(), 0x10_0001);
            unregister(frame).unwrap();
            assert_eq!(
                journal.take(),
                "SurfObjectCreate SurfObjectCreate SurfObjectDestroy GraphicsUnregisterResource Init"
            );

            // The context was lost, and the objects with it: nothing is called, what kept the image
            // alive still goes.
            for by_hand in [false, true] {
                let (frame, dropped) = arrays(&context);
                frame.surface_object(0).unwrap();
                let _ = journal.take();
                journal.fail("cuCtxPushCurrent_v2", sys::CUDA_ERROR_CONTEXT_IS_DESTROYED);
                if by_hand {
                    let error = unregister(frame).unwrap_err();
                    assert_eq!(error.call(), "cuCtxPushCurrent");
                } else {
                    drop(frame);
                }
                assert_eq!(journal.take(), "Init");
                assert!(dropped.load(Ordering::SeqCst));
            }

            // Nobody says that the context is lost: the image is still registered.
            let (frame, dropped) = arrays(&context);
            journal.fail("cuCtxPushCurrent_v2", sys::CUDA_ERROR_UNKNOWN);
            drop(frame);
            assert!(!dropped.load(Ordering::SeqCst));
            let _ = journal.take();

            // A driver that succeeds and gives nothing.
            journal.frame(array(usize::MAX));
            let (frame, _) = arrays(&context);
            let error = frame.surface_object(0).unwrap_err();
            assert!(error.to_string().contains("null object"), "{error}");
            let _ = journal.take();
            drop(frame);
            assert_eq!(journal.take(), "GraphicsUnregisterResource Init");
        },
    );
}

#[test]
fn frames_are_checked() {
    child("frames_are_checked", |journal| {
        let context = Context::primary(0).unwrap();
        let with = |frame: sys::CUeglFrame, planes: &[PlaneLayout]| {
            journal.frame(frame);
            CudaFrame::new(Arc::new(register(&context).0.unwrap()), planes)
        };
        let frame = with(nv12(), &[LUMA, CHROMA]).unwrap();
        assert_eq!(
            (frame.width(), frame.height(), frame.num_planes()),
            (64, 32, 2)
        );
        assert_eq!(frame.pitch_ptr(1).unwrap(), (0x20_0000, 256));
        assert_eq!(frame.plane(0).unwrap().data, PlaneData::Pitch(0x10_0000));
        let error = frame.surface_object(0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PitchLinear);
        assert!(
            error.to_string().contains("CudaFrame::pitch_ptr"),
            "{error}"
        );
        assert_eq!(frame.plane(1).unwrap().layout, CHROMA);
        assert_eq!(
            frame.color_format(),
            Some(sys::CUeglColorFormat::YUV420_SEMIPLANAR)
        );
        let error = frame.plane(2).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PlaneOutOfRange);

        let array = sys::CUeglFrame {
            frameType: sys::CUeglFrameType::ARRAY,
            pitch: 0,
            ..nv12()
        };
        let array = with(array, &[LUMA, CHROMA]).unwrap();
        assert!(
            matches!(array.plane(1).unwrap().data, PlaneData::Array(a) if a.addr() == 0x20_0000)
        );
        let error = array.pitch_ptr(0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BlockLinear);
        assert!(error.to_string().contains("bl-output=false"), "{error}");
        assert!(
            error.to_string().contains("CudaFrame::surface_object"),
            "{error}"
        );
        let error = array.surface_object(2).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PlaneOutOfRange);

        let refused = |frame, planes: &[PlaneLayout], why: &str| {
            let error = with(frame, planes).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.to_string().contains(why), "{error}");
        };
        refused(nv12(), &[LUMA], "1 planes are described");
        refused(nv12(), &[], "0 planes");
        refused(
            sys::CUeglFrame {
                planeCount: 9,
                ..nv12()
            },
            &[LUMA; 9],
            "9 planes",
        );
        refused(
            sys::CUeglFrame {
                planeCount: 3,
                ..nv12()
            },
            &[LUMA; 3],
            "plane 2 is null",
        );
        let other = sys::CUeglFrameType(7);
        refused(
            sys::CUeglFrame {
                frameType: other,
                ..nv12()
            },
            &[LUMA, CHROMA],
            "type 7",
        );
        let luma = PlaneLayout { width: 63, ..LUMA };
        refused(nv12(), &[luma, CHROMA], "63x32");
        refused(
            nv12(),
            &[PlaneLayout { pitch: 128, ..LUMA }, CHROMA],
            "pitch 128",
        );
        refused(
            nv12(),
            &[
                LUMA,
                PlaneLayout {
                    pitch: 63,
                    ..CHROMA
                },
            ],
            "rows of 64 bytes",
        );
        refused(
            nv12(),
            &[
                LUMA,
                PlaneLayout {
                    height: 64,
                    ..CHROMA
                },
            ],
            "larger than plane 0",
        );
        refused(nv12(), &[LUMA, PlaneLayout::default()], "empty");
        let huge = PlaneLayout {
            bytes_per_pixel: u32::MAX,
            ..CHROMA
        };
        refused(nv12(), &[LUMA, huge], "rows of");
    });
}

#[test]
fn a_driver_that_lacks_functions_says_which() {
    child("a_driver_that_lacks_functions_says_which", |journal| {
        let context = Context::primary(0).unwrap();
        let stream = Stream::new(&context).unwrap();
        let timed = Event::with_timing(&context).unwrap();
        journal.frame(nv12());
        let (mapped, _) = register(&context);
        let frame = CudaFrame::new(Arc::new(mapped.unwrap()), &[LUMA, CHROMA]).unwrap();
        // SAFETY: the fixture has no memory, and no function that would touch it.
        let frame = unsafe { frame.assume_layouts() };
        let _ = journal.take();
        let float = sys::CUarray_format::FLOAT;
        let integrated = sys::CUdevice_attribute::INTEGRATED;
        let all = [
            ("cuMemAlloc", DeviceMemory::new(&context, 64).map(drop)),
            (
                "cuMemAllocPitch",
                DeviceMemory::pitched(&context, 64, 8).map(drop),
            ),
            (
                "cuMemAllocManaged",
                ManagedMemory::new(&context, 64, 8).map(drop),
            ),
            (
                "cuMemHostAlloc",
                PinnedMemory::new(&context, 64, 8).map(drop),
            ),
            (
                "cuArray3DCreate",
                Array::new(&context, 8, 8, float, 1).map(drop),
            ),
            ("cuMemcpy2DAsync", stream.copy_frame(&frame, &frame)),
            (
                "cuTexObjectCreate",
                frame.texture_object(0, Sampling::default()).map(drop),
            ),
            ("cuStreamQuery", stream.is_complete().map(drop)),
            ("cuEventElapsedTime", timed.elapsed_since(&timed).map(drop)),
            (
                "cuDeviceGetAttribute",
                context.attribute(integrated).map(drop),
            ),
            ("cuDeviceGetCount", Context::devices().map(drop)),
            ("cuCtxGetCurrent", Context::current_raw().map(drop)),
        ];
        for (call, result) in all {
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.call()), (ErrorKind::Unsupported, call));
            assert!(error.to_string().contains("no such function"), "{error}");
        }
        // None of them got as far as the driver.
        assert_eq!(journal.take(), "");
    });
}
