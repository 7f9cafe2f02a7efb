//! What a driver gives that makes no sense, and drivers without EGLStreams.

use std::os::unix::fs::symlink;
use std::ptr::without_provenance_mut as pointer;
use std::sync::Arc;

use egl_cuda::{
    Consumer, Context, CudaFrame, ErrorKind, PlaneData, PlaneLayout, Producer, Stream, sys,
};
use libloading::os::unix::Library;

use crate::common::{directory, example, in_child, is_child};

/// Runs the body in a child that has this fixture for a driver.
fn with(driver: &str, test: &str, body: impl FnOnce(Control)) {
    if is_child() {
        // SAFETY: the child's libcuda.so.1 is the fixture.
        return body(Control(unsafe { Library::new("libcuda.so.1") }.unwrap()));
    }
    let directory = directory(&test.replace("::", "-"));
    symlink(example(driver), directory.join("libcuda.so.1")).unwrap();
    in_child(test, &directory);
}

struct Control(Library);

impl Control {
    fn get<T: Copy>(&self, name: &str) -> T {
        // SAFETY: each use below names the fixture's prototype; test and fixture are built by one
        // compiler.
        *unsafe { self.0.get::<T>(name) }.unwrap()
    }

    fn gives(&self, connection: usize, resource: usize, returned: usize, channels: usize) {
        type Gives = extern "Rust" fn(usize, usize, usize, usize);
        self.get::<Gives>("stream_gives")(connection, resource, returned, channels);
    }

    fn frame(&self, frame: sys::CUeglFrame) {
        // SAFETY: both are 64 bytes, of any value.
        let words = unsafe { std::mem::transmute::<sys::CUeglFrame, [u64; 8]>(frame) };
        self.get::<extern "Rust" fn([u64; 8])>("journal_frame")(words);
    }

    fn fail(&self, name: &str, code: u32) {
        self.get::<extern "Rust" fn(&str, u32)>("journal_fail")(name, code);
    }

    /// The calls of EGLStreams and surface objects since the last time.
    fn take(&self) -> String {
        let calls = self.get::<extern "Rust" fn() -> String>("journal_take")();
        let is_ours = |call: &&str| {
            ["cuEGLStream", "cuSurf", "cuStreamSy"]
                .iter()
                .any(|prefix| call.starts_with(prefix))
        };
        let names = calls.split(' ').filter(is_ours);
        let names = names.map(|call| {
            call.trim_start_matches("cu")
                .trim_start_matches("EGLStream")
        });
        names.collect::<Vec<_>>().join(" ")
    }
}

/// What a hostile driver does to a frame.
type Change = fn(&mut sys::CUeglFrame);

const STREAM: sys::EGLStreamKHR = std::ptr::dangling_mut::<u8>().cast();

fn rgba() -> sys::CUeglFrame {
    sys::CUeglFrame {
        frame: sys::CUeglFramePlanes {
            pPitch: [0x10_0000, 0, 0].map(pointer),
        },
        width: 64,
        height: 32,
        depth: 1,
        pitch: 256,
        planeCount: 1,
        numChannels: 4,
        frameType: sys::CUeglFrameType::PITCH,
        eglColorFormat: sys::CUeglColorFormat::ABGR,
        cuFormat: sys::CUarray_format::UNSIGNED_INT8,
    }
}

fn connect(context: &Context) -> egl_cuda::Result<Consumer> {
    // SAFETY: the fixture does not follow the stream's address.
    unsafe { Consumer::connect_raw(context, STREAM, ()) }
}

#[test]
fn a_driver_without_egl_streams_is_said_to_be() {
    let test = "hostile::a_driver_without_egl_streams_is_said_to_be";
    with("journal_driver", test, |_| {
        let context = Context::primary(0).unwrap();
        let keep = Arc::new(());
        // SAFETY: the stream is not looked at.
        let at = unsafe { Consumer::connect_raw_at(&context, STREAM, 0, Arc::clone(&keep)) };
        // SAFETY: as above.
        let producer = unsafe { Producer::connect_raw(&context, STREAM, 8, 8, Arc::clone(&keep)) };
        let errors = [
            (connect(&context).unwrap_err(), "cuEGLStreamConsumerConnect"),
            (at.unwrap_err(), "cuEGLStreamConsumerConnectWithFlags"),
            (producer.unwrap_err(), "cuEGLStreamProducerConnect"),
        ];
        for (error, call) in errors {
            assert_eq!((error.kind(), error.call()), (ErrorKind::Unsupported, call));
        }
        assert_eq!(Arc::strong_count(&keep), 1);
    });
}

#[test]
fn frames_that_make_no_sense_go_back() {
    with(
        "stream_driver",
        "hostile::frames_that_make_no_sense_go_back",
        |control| {
            let context = Context::primary(0).unwrap();
            control.gives(0, 0, 0, 0);
            let error = connect(&context).unwrap_err();
            assert!(error.to_string().contains("null connection"), "{error}");
            control.gives(0x5000, 0x6000, 0, 1);
            let mut consumer = connect(&context).unwrap();
            let _ = control.take();
            let wrong: [(Change, &str); 12] = [
                (|frame| frame.planeCount = 0, "0 planes"),
                (|frame| frame.planeCount = 4, "4 planes"),
                (|frame| frame.planeCount = u32::MAX, "4294967295 planes"),
                (|frame| frame.planeCount = 2, "Consumer::set_layouts"),
                (
                    |frame| frame.frameType = sys::CUeglFrameType(7),
                    "unknown type 7",
                ),
                (|frame| frame.width = 0, "empty"),
                (|frame| frame.height = 0, "empty"),
                (|frame| frame.pitch = 255, "256 bytes at pitch 255"),
                (|frame| frame.numChannels = 0, "0 channels"),
                (|frame| frame.numChannels = u32::MAX, "4294967295 channels"),
                (
                    |frame| frame.cuFormat = sys::CUarray_format(99),
                    "unknown type 99",
                ),
                (|frame| frame.frame.pPitch = [pointer(0); 3], "null"),
            ];
            for (change, words) in wrong {
                let mut frame = rgba();
                change(&mut frame);
                control.frame(frame);
                let error = consumer.acquire(None).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{words}");
                assert!(error.to_string().contains(words), "{words}: {error}");
                assert_eq!(control.take(), "ConsumerAcquireFrame ConsumerReleaseFrame");
                assert_eq!(consumer.num_held(), 0);
            }
            control.frame(rgba());
            control.gives(0, 0, 0, 1);
            let error = consumer.acquire(None).unwrap_err();
            assert!(error.to_string().contains("null resource"), "{error}");
            assert_eq!(control.take(), "ConsumerAcquireFrame");
            // The same frame twice: it is not released twice.
            control.gives(0, 0x6000, 0, 1);
            let held = consumer.acquire(None).unwrap().unwrap();
            let error = consumer.acquire(None).unwrap_err();
            assert!(error.to_string().contains("held already"), "{error}");
            drop(held);
            drop(consumer);
            assert_eq!(
                control.take(),
                "ConsumerAcquireFrame ConsumerAcquireFrame ConsumerReleaseFrame ConsumerDisconnect"
            );
        },
    );
}

#[test]
fn arrays_tell_their_shapes_and_have_surface_objects() {
    let test = "hostile::arrays_tell_their_shapes_and_have_surface_objects";
    with("stream_driver", test, |control| {
        let context = Context::primary(0).unwrap();
        control.gives(0x5000, 0x6000, 0, 2);
        let mut consumer = connect(&context).unwrap();
        // The fixture's arrays are as wide as the end of their handles says.
        let nv12 = sys::CUeglFrame {
            frame: sys::CUeglFramePlanes {
                pArray: [0x10_0040, 0x20_0020, 0].map(pointer),
            },
            frameType: sys::CUeglFrameType::ARRAY,
            planeCount: 2,
            numChannels: 1,
            pitch: 0,
            ..rgba()
        };
        control.frame(nv12);
        let _ = control.take();
        let held = consumer.acquire(None).unwrap().unwrap();
        let chroma = held.frame().plane(1).unwrap();
        let layout = PlaneLayout {
            width: 32,
            height: 16,
            pitch: 0,
            bytes_per_pixel: 2,
        };
        assert_eq!(chroma.layout, layout);
        assert!(matches!(chroma.data, PlaneData::Array(array) if array.addr() == 0x20_0020));
        for _ in 0..2 {
            assert_eq!(held.frame().surface_object(1).unwrap(), 0x20_0021);
        }
        assert!(held.frame().mapped().is_none());
        drop(held);
        assert_eq!(
            control.take(),
            "ConsumerAcquireFrame SurfObjectCreate StreamSynchronize SurfObjectDestroy \
             ConsumerReleaseFrame"
        );
        // A release that fails is tried again, once there is a chance.
        let held = consumer.acquire(None).unwrap().unwrap();
        control.fail("cuEGLStreamConsumerReleaseFrame", 304);
        drop(held);
        control.gives(0, 0x7000, 0, 2);
        let held = consumer.acquire(None).unwrap().unwrap();
        drop(consumer);
        control.fail("cuEGLStreamConsumerReleaseFrame", 304);
        drop(held);
        assert_eq!(
            control.take(),
            "ConsumerAcquireFrame ConsumerReleaseFrame ConsumerReleaseFrame ConsumerAcquireFrame \
             ConsumerReleaseFrame ConsumerReleaseFrame ConsumerDisconnect"
        );
        // Widths and channels that make no sense.
        control.gives(0x5000, 0x6000, 0, 9);
        let mut consumer = connect(&context).unwrap();
        assert!(
            consumer
                .acquire(None)
                .unwrap_err()
                .to_string()
                .contains("9 channels")
        );
        control.gives(0x5000, 0x6000, 0, 1);
        let arrays = [0x10_0040, 0x20_0041, 0].map(pointer);
        control.frame(sys::CUeglFrame {
            frame: sys::CUeglFramePlanes { pArray: arrays },
            ..nv12
        });
        let error = consumer.acquire(None).unwrap_err();
        assert!(error.to_string().contains("larger than plane 0"), "{error}");
        assert_eq!(consumer.num_held(), 0);
    });
}

#[test]
fn a_frame_that_was_not_presented_is_refused() {
    with(
        "stream_driver",
        "hostile::a_frame_that_was_not_presented_is_refused",
        |control| {
            let context = Context::primary(0).unwrap();
            let stream = Stream::new(&context).unwrap();
            control.gives(0x5000, 0x6000, 0x1234, 1);
            // SAFETY: the fixture does not follow the stream's address.
            let mut producer =
                unsafe { Producer::connect_raw(&context, STREAM, 64, 32, ()) }.unwrap();
            let layout = PlaneLayout {
                width: 64,
                height: 32,
                pitch: 256,
                bytes_per_pixel: 4,
            };
            let keep = Arc::new(());
            let frame_of = |address, format| {
                let keep = Arc::clone(&keep);
                let planes = [(address, layout)];
                // SAFETY: nobody follows the address.
                unsafe { CudaFrame::from_device_ptr(&context, &planes, format, keep) }
            };
            let frame = |address| frame_of(address, Some(sys::CUeglColorFormat::ABGR));
            let error = frame(0).unwrap_err();
            assert!(error.to_string().contains("null"), "{error}");
            let unknown = frame_of(0x1000, None).unwrap();
            assert_eq!(unknown.color_format(), None);
            let refused = producer.present(unknown, &stream).unwrap_err();
            assert!(refused.to_string().contains("colour format"), "{refused}");
            drop(refused);
            let _ = control.take();
            assert!(producer.return_frame(&stream).unwrap().is_none());
            assert_eq!(control.take(), "", "nothing was presented");
            producer.present(frame(0x1000).unwrap(), &stream).unwrap();
            producer.present(frame(0x2000).unwrap(), &stream).unwrap();
            let error = producer.return_frame(&stream).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.to_string().contains("0x1234 that was not"), "{error}");
            assert_eq!((producer.num_presented(), Arc::strong_count(&keep)), (2, 3));
            // Out of order, and then time that is up.
            control.gives(0x5000, 0x6000, 0x2000, 1);
            let back = producer.return_frame(&stream).unwrap().unwrap();
            assert_eq!(back.pitch_ptr(0).unwrap(), (0x2000, 256));
            control.fail("cuEGLStreamProducerReturnFrame", 702);
            assert!(producer.return_frame(&stream).unwrap().is_none());
            drop(back);
            // Whoever has the other frame is not known: it is never freed.
            drop(producer);
            assert_eq!((Producer::num_leaked(), Arc::strong_count(&keep)), (1, 2));
        },
    );
}

#[test]
fn streams_of_another_device_are_refused() {
    with(
        "stream_driver",
        "hostile::streams_of_another_device_are_refused",
        |control| {
            let [context, other] = [0, 1].map(|device| Context::primary(device).unwrap());
            let [own, foreign] = [&context, &other].map(|context| Stream::new(context).unwrap());
            control.gives(0x5000, 0x6000, 0x1000, 1);
            control.frame(rgba());
            let mut consumer = connect(&context).unwrap();
            let acquired = consumer.acquire(None).unwrap().unwrap();
            let _ = control.take();
            let error = acquired.release(&foreign).unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains("of device 1, this end of device 0"),
                "{error}"
            );
            // On the consumer's own stream, by the drop.
            assert_eq!(control.take(), "ConsumerReleaseFrame");
            let frame = consumer.acquire(None).unwrap().unwrap();
            // SAFETY: the fixture does not follow the stream's address.
            let mut producer =
                unsafe { Producer::connect_raw(&context, STREAM, 64, 32, ()) }.unwrap();
            let _ = control.take();
            let frame = frame.frame().clone();
            let refused = producer.present(frame, &foreign).unwrap_err();
            assert_eq!(refused.error().call(), "Producer::present");
            let error = producer.return_frame(&foreign).unwrap_err();
            assert_eq!(error.call(), "Producer::return_frame");
            assert_eq!(control.take(), "");
            producer.present(refused.into_frame(), &own).unwrap();
            drop(producer);
            // What is acquired can be presented elsewhere; this stream's own consumer got it back here.
            assert_eq!(Producer::num_leaked(), 0);
        },
    );
}
