//! EGLStreams with CUDA at both ends.

mod support;

use std::ffi::{c_int, c_uint, c_void};
use std::time::{Duration, Instant};

use nvbufsurface_sys::classic as sys;
use support::cuda::Frame;
use support::egl::*;
use support::surface::{Surface, params};
use support::{counter, text};

const UNKNOWN: c_uint = 999;
const TIMEOUT: c_uint = 702;

#[test]
fn a_stream_goes_through_its_states() {
    isolated("a_stream_goes_through_its_states", || {
        let (egl, display) = Egl::start();
        let (cuda, ends) = (support::cuda::Cuda::start(), Ends::load());
        let stream = egl.create_stream(display, std::ptr::null());
        let state = || egl.state(display, stream);
        assert_eq!(state(), CREATED);
        let (mut consumer, mut producer, mut other) = (0, 0, 0);
        // The consumer first, each end once, streams that exist.
        assert_eq!(ends.consumer(&mut consumer, 1234), 1);
        assert_eq!(ends.consumer(NULL, stream), 1);
        assert_eq!(ends.consumer_with_flags(&mut consumer, stream, 2), 1);
        assert_eq!(ends.consumer_with_flags(&mut consumer, stream, 1), 0);
        assert_eq!(ends.consumer(&mut other, stream), UNKNOWN);
        assert_eq!(state(), CONNECTING);
        assert_eq!(ends.producer(&mut producer, stream, 0, 32), 1);
        assert_eq!(ends.producer(&mut producer, stream, 64, 32), 0);
        assert_eq!(state(), EMPTY);
        let mut pair = Pair {
            egl,
            ends,
            cuda,
            display,
            stream,
            consumer,
            producer,
        };
        let frame = pair.frame(5);
        assert_eq!((pair.present(frame), state()), (0, NEW_FRAME));
        let resource = pair.acquire(0).unwrap();
        assert_eq!((pair.first_byte(resource), state()), (5, OLD_FRAME));
        let number = |name| {
            let mut number = 0;
            assert_eq!(egl.query_u64(display, stream, name, &mut number), 1);
            number
        };
        assert_eq!((number(0x3212), number(0x3213)), (1, 1));
        let time = |name| {
            let mut time = 0;
            assert_eq!(egl.query_time(display, stream, name, &mut time), 1);
            time
        };
        let (consumed, produced) = (time(0x31fe), time(0x31ff));
        assert!(0 < produced && produced == consumed && produced < time(0x31fd));
        assert_eq!((pair.release(resource), state()), (0, OLD_FRAME));
        assert_eq!(ends.producer_disconnect(&mut pair.producer), 0);
        assert_eq!(state(), DISCONNECTED);
        assert_eq!(ends.producer_disconnect(&mut pair.producer), 400);
        assert_eq!(ends.consumer_disconnect(&mut pair.consumer), 0);
        assert_eq!(ends.consumer(&mut other, stream), UNKNOWN);
        assert_eq!(counter("egl_streams_alive"), 1);
        assert_eq!(egl.destroy_stream(display, stream), 1);
        assert_eq!(
            (egl.destroy_stream(display, stream), egl.error()),
            (0, BAD_STREAM)
        );
        assert_eq!(
            (counter("egl_streams_alive"), counter("violations")),
            (0, 0)
        );
    });
}

#[test]
fn attributes_of_a_stream() {
    isolated("attributes_of_a_stream", || {
        let (egl, display) = Egl::start();
        let create = |pairs: &[(c_int, c_int)]| {
            let stream = egl.create_stream(display, list(pairs).as_ptr());
            (stream != 0, egl.error())
        };
        assert_eq!(create(&[(0x1234, 1)]), (false, BAD_ATTRIBUTE));
        assert_eq!(create(&[(FIFO_LENGTH, -1)]), (false, BAD_PARAMETER));
        assert_eq!(create(&[(STATE, CREATED)]), (false, BAD_ACCESS));
        assert_eq!(
            create(&[(FIFO_LENGTH, 1000), (0x3210, -5)]),
            (true, SUCCESS)
        );
        let attributes = list(&[(FIFO_LENGTH, 4), (0x3210, 300), (0x321e, 20)]);
        let stream = egl.create_stream(display, attributes.as_ptr());
        let query = |name| {
            let mut value = -9;
            let done = egl.query(display, stream, name, &mut value);
            (done, value, egl.error())
        };
        assert_eq!(query(FIFO_LENGTH), (1, 4, SUCCESS));
        assert_eq!(query(0x3210), (1, 300, SUCCESS));
        assert_eq!(query(0x321e), (1, 20, SUCCESS));
        assert_eq!(query(0x3212), (0, -9, BAD_ATTRIBUTE));
        let set = |name| (egl.set_attribute(display, stream, name, 7), egl.error());
        assert_eq!((set(0x3210), query(0x3210).1), ((1, SUCCESS), 7));
        assert_eq!((set(0x321e), query(0x321e).1), ((1, SUCCESS), 7));
        assert_eq!(
            (set(STATE), set(FIFO_LENGTH)),
            ((0, BAD_ACCESS), (0, BAD_ACCESS))
        );
        assert_eq!(set(0x1234), (0, BAD_ATTRIBUTE));
        let mut value = 0;
        assert_eq!(egl.query(display, 0x77, STATE, &mut value), 0);
        assert_eq!(egl.error(), BAD_STREAM);
        assert_eq!(
            (egl.terminate(display), counter("egl_streams_alive")),
            (1, 0)
        );
    });
}

#[test]
fn a_fifo_keeps_every_frame() {
    isolated("a_fifo_keeps_every_frame", || {
        let mut pair = Pair::new(4);
        let frames = [1, 2, 3].map(|value| pair.frame(value));
        // Nothing was presented: there is nothing to come back, or to be had.
        assert_eq!(pair.take_back(), Err(UNKNOWN));
        assert_eq!(pair.acquire(1000), Err(UNKNOWN));
        for frame in frames {
            assert_eq!(pair.present(frame), 0);
        }
        assert_eq!(pair.present(frames[2]), UNKNOWN, "it is in flight");
        assert_eq!(pair.take_back(), Err(TIMEOUT));
        let first = pair.acquire(0).unwrap();
        let second = pair.acquire(0).unwrap();
        assert_eq!((pair.first_byte(first), pair.first_byte(second)), (1, 2));
        assert_eq!(pair.state(), NEW_FRAME);
        assert_eq!((pair.release(second), pair.release(first)), (0, 0));
        assert_eq!(pair.release(first), 400);
        // In the order in which they were released.
        assert_eq!(pair.take_back(), Ok(frames[1].planes[0]));
        assert_eq!(pair.take_back(), Ok(frames[0].planes[0]));
        assert_eq!(pair.take_back(), Err(TIMEOUT));
        // The newest frame stays in the stream until there is a newer one.
        let third = pair.acquire(0).unwrap();
        assert_eq!((pair.acquire(0), pair.release(third)), (Err(UNKNOWN), 0));
        assert_eq!(pair.take_back(), Err(TIMEOUT));
        assert_eq!(pair.acquire(0), Ok(third));
        assert_eq!((pair.first_byte(third), pair.release(third)), (3, 0));
        assert_eq!(pair.present(frames[0]), 0);
        assert_eq!(pair.take_back(), Ok(frames[2].planes[0]));
        assert_eq!(counter("violations"), 0);
    });
}

#[test]
fn a_mailbox_has_the_newest_frame() {
    isolated("a_mailbox_has_the_newest_frame", || {
        let mut pair = Pair::new(0);
        let frames = [1, 2, 3].map(|value| pair.frame(value));
        assert_eq!(
            (pair.present(frames[0]), pair.take_back()),
            (0, Err(TIMEOUT))
        );
        assert_eq!(pair.present(frames[1]), 0);
        assert_eq!(pair.take_back(), Ok(frames[0].planes[0]));
        assert_eq!(pair.take_back(), Err(TIMEOUT));
        let second = pair.acquire(0).unwrap();
        assert_eq!(pair.first_byte(second), 2);
        assert_eq!(
            (pair.present(frames[2]), pair.take_back()),
            (0, Err(TIMEOUT))
        );
        let third = pair.acquire(0).unwrap();
        assert_eq!((pair.first_byte(second), pair.first_byte(third)), (2, 3));
        assert_eq!((pair.release(second), pair.release(third)), (0, 0));
        assert_eq!(pair.take_back(), Ok(frames[1].planes[0]));
        assert_eq!(pair.take_back(), Err(TIMEOUT));
        // Nothing new within the time: the old one again.
        let start = Instant::now();
        assert_eq!(pair.acquire(30_000), Ok(third));
        assert!(start.elapsed() >= Duration::from_millis(30));
    });
}

#[test]
fn a_full_fifo_stalls_the_producer() {
    isolated("a_full_fifo_stalls_the_producer", || {
        let mut pair = Pair::new(1);
        let (first, second) = (pair.frame(1), pair.frame(2));
        assert_eq!(pair.present(first), 0);
        let (cuda, ends, mut producer) = (pair.cuda, pair.ends, pair.producer);
        let mut context = 0;
        assert_eq!(cuda.get_current(&mut context), 0);
        let start = Instant::now();
        let thread = std::thread::spawn(move || {
            assert_eq!(cuda.push(context), 0);
            assert_eq!(ends.present(&mut producer, second, NULL), 0);
            start.elapsed()
        });
        std::thread::sleep(Duration::from_millis(100));
        let resource = pair.acquire(0).unwrap();
        assert!(thread.join().unwrap() >= Duration::from_millis(100));
        assert_eq!(pair.first_byte(resource), 1);
        let resource = pair.acquire(u32::MAX).unwrap();
        assert_eq!(pair.first_byte(resource), 2);
    });
}

#[test]
fn two_threads_pass_frames_in_a_ring() {
    isolated("two_threads_pass_frames_in_a_ring", || {
        let mut pair = Pair::new(2);
        let mut free: Vec<_> = (0..4).map(|value| pair.frame(value)).collect();
        let (cuda, ends, mut producer) = (pair.cuda, pair.ends, pair.producer);
        let fill = cuda.function("fill");
        let mut context = 0;
        assert_eq!(cuda.get_current(&mut context), 0);
        let thread = std::thread::spawn(move || {
            assert_eq!(cuda.push(context), 0);
            let mut stream = cuda.stream();
            for value in 0..200u8 {
                let frame = match free.pop() {
                    Some(frame) => frame,
                    None => loop {
                        let mut frame = Frame::default();
                        match ends.take_back(&mut producer, &mut frame, &mut stream) {
                            0 => break frame,
                            error => assert_eq!(error, TIMEOUT),
                        }
                    },
                };
                assert_eq!(cuda.fill(fill, stream, picture(&frame), 0, value), 0);
                assert_eq!(ends.present(&mut producer, frame, &mut stream), 0);
            }
        });
        for value in 0..200u8 {
            let resource = pair.acquire(u32::MAX).unwrap();
            assert_eq!(pair.first_byte(resource), value);
            assert_eq!(pair.release(resource), 0);
        }
        thread.join().unwrap();
        assert_eq!(counter("violations"), 0);
    });
}

#[test]
fn arrays_and_registered_surfaces_are_frames_too() {
    isolated("arrays_and_registered_surfaces_are_frames_too", || {
        let mut pair = Pair::new(4);
        let cuda = pair.cuda;
        for layout in [sys::NVBUF_LAYOUT_BLOCK_LINEAR, sys::NVBUF_LAYOUT_PITCH] {
            let mut wanted = params(sys::NVBUF_COLOR_FORMAT_NV12);
            wanted.layout = layout;
            let surface = Surface::create(1, wanted).unwrap();
            assert_eq!(surface.map_egl_image(0), 0);
            let (mut resource, mut frame, mut got) = (0, Frame::default(), Frame::default());
            assert_eq!(cuda.register(&mut resource, surface.image(), 0), 0);
            assert_eq!(cuda.frame_of(&mut frame, resource, 0, 0), 0);
            assert_eq!(pair.present(frame), 0);
            let acquired = pair.acquire(0).unwrap();
            assert_eq!(cuda.frame_of(&mut got, acquired, 0, 0), 0);
            assert_eq!(
                (got.planes, got.frame_type),
                (frame.planes, frame.frame_type)
            );
            assert_eq!((got.egl_color_format, got.plane_count), (1, 2));
            assert_eq!(pair.release(acquired), 0);
            // Its memory is not CUDA's any more.
            assert_eq!(cuda.unregister(resource), 0);
            assert_eq!(pair.acquire(0), Err(UNKNOWN));
            assert_eq!((surface.unmap_egl_image(0), surface.destroy()), (0, 0));
        }
    });
}

#[test]
fn frames_cost_no_allocation() {
    let preload = support::compile("count.c");
    let variables = [("LD_PRELOAD", preload.to_str().unwrap())];
    let output = child("frames_cost_no_allocation", &variables, || {
        // SAFETY: the preloaded library has it; null is checked below.
        let count = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"nvmm_test_heap_calls".as_ptr()) };
        assert!(!count.is_null(), "the interposer is loaded");
        // SAFETY: its prototype.
        let count =
            unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> u64>(count) };
        // SAFETY: takes nothing.
        let heap_calls = || unsafe { count() };
        let mut pair = Pair::new(2);
        let mut next = pair.frame(1);
        let other = pair.frame(2);
        assert_eq!(pair.present(other), 0);
        let mut value = 2;
        let mut pass = || {
            assert_eq!(pair.present(next), 0);
            let resource = pair.acquire(0).unwrap();
            assert_eq!(pair.first_byte(resource), value);
            value = 3 - value;
            assert_eq!(pair.release(resource), 0);
            next.planes[0] = pair.take_back().unwrap();
        };
        (0..10).for_each(|_| pass());
        let before = heap_calls();
        (0..200).for_each(|_| pass());
        assert_eq!(heap_calls() - before, 0, "heap calls of 200 frames");
        let vec = std::hint::black_box(vec![1u8; 100]);
        assert!(heap_calls() > before, "the interposer counts {}", vec.len());
    });
    assert!(output.status.success(), "{}", text(&output));
}
