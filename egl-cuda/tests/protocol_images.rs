//! Images and frames as the journal of a driver shows them: registered, checked, unregistered. Needs no CUDA.

mod common;
mod journal;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use egl_cuda::{Context, CudaFrame, ErrorKind, PlaneData, PlaneLayout, sys};
use journal::{CHROMA, LUMA, arrays, child, nv12, register, unregister};

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
