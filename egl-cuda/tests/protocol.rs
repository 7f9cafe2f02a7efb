//! Order and pairing of driver calls, seen by a driver that keeps a journal. Needs no CUDA.

mod common;
mod journal;

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::sync::Arc;

use common::{command, directory, example, is_child};
use egl_cuda::{
    Array, Context, CudaFrame, DeviceMemory, Driver, ErrorKind, Event, ManagedMemory, PinnedMemory,
    Sampling, Stream, StreamRef, sys,
};
use journal::{CHROMA, Journal, LUMA, child, nv12, register};

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
