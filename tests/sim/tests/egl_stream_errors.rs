//! EGLStreams: what is refused, and what happens when an end goes.

mod support;

use std::ffi::c_uint;
use std::time::{Duration, Instant};

use support::cuda::Frame;
use support::egl::*;
use support::{counter, text};

const UNKNOWN: c_uint = 999;
const TIMEOUT: c_uint = 702;

#[test]
fn a_frame_that_is_held_outlives_its_producer() {
    isolated("a_frame_that_is_held_outlives_its_producer", || {
        let mut pair = Pair::new(4);
        let (cuda, ends) = (pair.cuda, pair.ends);
        let frame = pair.frame(6);
        assert_eq!(pair.present(frame), 0);
        let resource = pair.acquire(0).unwrap();
        assert_eq!(ends.producer_disconnect(&mut pair.producer), 0);
        assert_eq!(pair.first_byte(resource), 6);
        assert_eq!((pair.release(resource), pair.acquire(0)), (0, Err(UNKNOWN)));
        let mut described = Frame::default();
        assert_eq!(cuda.frame_of(&mut described, resource, 0, 0), 400);
        // A context takes its connections with it.
        let (egl, display) = (pair.egl, pair.display);
        let (mut own, mut consumer) = (0, 0);
        assert_eq!(cuda.ctx_create(&mut own, 0, 0), 0);
        let stream = egl.create_stream(display, std::ptr::null());
        assert_eq!(ends.consumer(&mut consumer, stream), 0);
        assert_eq!(cuda.ctx_destroy(own), 0);
        assert_eq!(egl.state(display, stream), DISCONNECTED);
        assert_eq!(ends.consumer_disconnect(&mut consumer), 400);
    });
}

#[test]
fn wrong_frames_handles_and_contexts_are_refused() {
    isolated("wrong_frames_handles_and_contexts_are_refused", || {
        let mut pair = Pair::new(8);
        let (cuda, ends) = (pair.cuda, pair.ends);
        let right = pair.frame(1);
        let wrong: [fn(&mut Frame); 10] = [
            |frame| frame.width = 0,
            |frame| frame.height = 33,
            |frame| frame.height = u32::MAX,
            |frame| frame.pitch = 16,
            |frame| frame.planes[0] = 0,
            |frame| frame.plane_count = 0,
            |frame| frame.plane_count = 4,
            |frame| frame.frame_type = 2,
            |frame| frame.frame_type = 0,
            |frame| frame.cu_format = 7,
        ];
        for (number, change) in wrong.iter().enumerate() {
            let mut frame = right;
            change(&mut frame);
            assert_eq!(pair.present(frame), 1, "{number}");
        }
        let (mut none, mut resource, mut bad) = (0, 0, 1234);
        assert_eq!(ends.present(NULL, right, NULL), 1);
        assert_eq!(ends.present(&mut none, right, NULL), 400);
        assert_eq!(ends.present(&mut pair.consumer, right, NULL), 400);
        assert_eq!(ends.present(&mut pair.producer, right, &mut bad), 400);
        assert_eq!(ends.acquire(&mut pair.consumer, NULL, NULL, 0), 1);
        assert_eq!(ends.acquire(&mut none, &mut resource, NULL, 0), 400);
        assert_eq!(ends.release(&mut pair.consumer, 0, NULL), 400);
        assert_eq!(ends.release(&mut pair.consumer, 1234, NULL), 400);
        assert_eq!(pair.present(right), 0);
        let null = std::ptr::null_mut();
        assert_eq!(ends.take_back(&mut pair.producer, null, NULL), 1);
        let resource = pair.acquire(0).unwrap();
        assert_eq!(cuda.frame_of(&mut Frame::default(), resource, 1, 0), 1);
        assert_eq!(cuda.unregister(resource), 400);
        assert_eq!(pair.release(resource), 0);
        // Memory that is freed while it is in flight.
        assert_eq!(cuda.mem_free(right.planes[0]), 0);
        assert_eq!(pair.acquire(0), Err(UNKNOWN));
        assert_eq!(counter("violations"), 0);
        let mut context = 0;
        assert_eq!(cuda.pop(&mut context), 0);
        assert_eq!(pair.present(right), 201);
        assert_eq!(pair.acquire(0), Err(201));
        assert_eq!(counter("no-current-context"), 2);
    });
}

#[test]
fn how_long_a_producer_waits_can_be_set() {
    let name = "CUDA_EGL_PRODUCER_RETURN_WAIT_TIMEOUT";
    let output = child(
        "how_long_a_producer_waits_can_be_set",
        &[(name, "60000")],
        || {
            let mut pair = Pair::new(4);
            let frame = pair.frame(1);
            assert_eq!(pair.present(frame), 0);
            let start = Instant::now();
            assert_eq!(pair.take_back(), Err(TIMEOUT));
            assert!(start.elapsed() >= Duration::from_millis(60));
        },
    );
    assert!(output.status.success(), "{}", text(&output));
}
