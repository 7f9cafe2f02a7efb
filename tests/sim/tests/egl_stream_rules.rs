//! EGLStreams: what a driver was measured to do, rule by rule.

mod support;

use std::ffi::c_uint;
use std::time::{Duration, Instant};

use support::counter;
use support::cuda::Cuda;
use support::egl::*;

const UNKNOWN: c_uint = 999;
const TIMEOUT: c_uint = 702;

#[test]
fn a_producer_that_comes_first_spoils_the_stream() {
    isolated("a_producer_that_comes_first_spoils_the_stream", || {
        let (egl, display) = Egl::start();
        let (_cuda, ends) = (Cuda::start(), Ends::load());
        let connect = |spoil: bool| {
            let stream = egl.create_stream(display, std::ptr::null());
            let (mut consumer, mut producer, mut other) = (0, 0, 0);
            if spoil {
                assert_eq!(ends.producer(&mut other, stream, 64, 32), UNKNOWN);
                assert_eq!(egl.state(display, stream), CREATED);
            }
            // What fails here is harmless.
            assert_eq!(ends.consumer_with_flags(&mut other, stream, 7), 1);
            assert_eq!(ends.consumer(&mut consumer, stream), 0);
            assert_eq!(ends.consumer(&mut other, stream), UNKNOWN);
            let first = ends.producer(&mut producer, stream, 64, 32);
            let second = ends.producer(&mut other, stream, 64, 32);
            assert_eq!(second, UNKNOWN);
            (first, egl.state(display, stream))
        };
        assert_eq!(connect(true), (UNKNOWN, CONNECTING));
        assert_eq!(connect(false), (0, EMPTY));
        assert_eq!(counter("violations"), 0);
    });
}

#[test]
fn what_a_failed_connect_leaves_is_not_to_be_used() {
    isolated("what_a_failed_connect_leaves_is_not_to_be_used", || {
        let mut pair = Pair::new(2);
        let (mut left, mut resource) = (0, 0);
        assert_eq!(pair.ends.consumer(&mut left, pair.stream), UNKNOWN);
        assert_ne!(left, 0, "a handle, but of nothing");
        assert_eq!(pair.ends.acquire(&mut left, &mut resource, NULL, 0), 400);
        assert_eq!(pair.ends.consumer_disconnect(&mut left), 400);
        assert_eq!(counter("use-after-destroy"), 2);
        assert_eq!(pair.ends.consumer_disconnect(&mut pair.consumer), 0);
    });
}

#[test]
fn what_was_released_comes_back_when_the_consumer_has_gone() {
    isolated(
        "what_was_released_comes_back_when_the_consumer_has_gone",
        || {
            let mut pair = Pair::new(4);
            let frames = [1, 2, 3, 4].map(|value| pair.frame(value));
            for frame in frames {
                assert_eq!(pair.present(frame), 0);
            }
            let held = [(); 3].map(|()| pair.acquire(0).unwrap());
            assert_eq!((pair.release(held[0]), pair.release(held[1])), (0, 0));
            let gone = pair.ends.consumer_disconnect(&mut pair.consumer);
            assert_eq!((gone, pair.state()), (0, DISCONNECTED));
            assert_eq!(pair.present(frames[0]), UNKNOWN);
            assert_eq!(pair.take_back(), Ok(frames[0].planes[0]));
            assert_eq!(pair.take_back(), Ok(frames[1].planes[0]));
            // One was held, one was waiting.
            assert_eq!(pair.take_back(), Err(UNKNOWN));
            assert_eq!(pair.ends.producer_disconnect(&mut pair.producer), 0);
        },
    );
}

#[test]
fn the_newest_frame_does_not_come_back_from_a_consumer_that_has_gone() {
    isolated(
        "the_newest_frame_does_not_come_back_from_a_consumer_that_has_gone",
        || {
            let mut pair = Pair::new(4);
            let frame = pair.frame(1);
            assert_eq!(pair.present(frame), 0);
            let held = pair.acquire(0).unwrap();
            assert_eq!(pair.release(held), 0);
            assert_eq!(pair.ends.consumer_disconnect(&mut pair.consumer), 0);
            assert_eq!(pair.take_back(), Err(UNKNOWN));
        },
    );
}

#[test]
fn frames_return_in_the_order_of_their_release() {
    isolated("frames_return_in_the_order_of_their_release", || {
        let mut pair = Pair::new(4);
        let frames = [1, 2, 3, 4].map(|value| pair.frame(value));
        for frame in &frames[..3] {
            assert_eq!(pair.present(*frame), 0);
        }
        let held = [(); 3].map(|()| pair.acquire(0).unwrap());
        // The newest is in line when there is a newer one.
        assert_eq!((pair.release(held[2]), pair.release(held[0])), (0, 0));
        assert_eq!((pair.present(frames[3]), pair.release(held[1])), (0, 0));
        for index in [0, 2, 1] {
            assert_eq!(pair.take_back(), Ok(frames[index].planes[0]));
        }
        assert_eq!(pair.take_back(), Err(TIMEOUT));
    });
}

#[test]
fn a_stream_has_places_for_64_memories() {
    isolated("a_stream_has_places_for_64_memories", || {
        let mut pair = Pair::new(100);
        // Addresses count, not allocations: half of these are in one.
        let mut all = 0;
        assert_eq!(pair.cuda.mem_alloc(&mut all, 256 * 32 * 32), 0);
        let mut frames: Vec<_> = (0..64).map(|value| pair.frame(value)).collect();
        for (index, frame) in frames.iter_mut().take(32).enumerate() {
            assert_eq!(pair.cuda.mem_free(frame.planes[0]), 0);
            frame.planes[0] = all + index * 256 * 32;
        }
        let other = pair.frame(64);
        let pass = |pair: &mut Pair, frame| {
            let presented = pair.present(frame);
            if presented == 0 {
                let held = pair.acquire(0).unwrap();
                assert_eq!(pair.release(held), 0);
                let _ = pair.take_back();
            }
            presented
        };
        for frame in &frames {
            assert_eq!(pass(&mut pair, *frame), 0);
        }
        assert_eq!(pass(&mut pair, other), UNKNOWN);
        assert_eq!(pass(&mut pair, frames[7]), 0, "known memory goes on");
        assert_eq!(pass(&mut pair, other), UNKNOWN);
        assert_eq!(pair.cuda.mem_free(frames[40].planes[0]), 0);
        assert_eq!(pass(&mut pair, other), UNKNOWN, "freeing makes no room");
        assert_eq!(counter("violations"), 0);
    });
}

#[test]
fn no_more_than_64_frames_are_in_flight() {
    isolated("no_more_than_64_frames_are_in_flight", || {
        let mut pair = Pair::new(100);
        let frames: Vec<_> = (0..64).map(|value| pair.frame(value)).collect();
        for frame in &frames {
            assert_eq!(pair.present(*frame), 0);
        }
        let frame = pair.frame(64);
        assert_eq!(pair.present(frame), UNKNOWN);
        let resource = pair.acquire(0).unwrap();
        assert_eq!(pair.release(resource), 0);
        assert_eq!(pair.take_back(), Ok(frames[0].planes[0]));
        assert_eq!(pair.present(frame), UNKNOWN, "the 65th memory");
        assert_eq!(pair.present(frames[0]), 0, "one that is back");
    });
}

#[test]
fn a_producer_that_goes_wakes_no_consumer() {
    isolated("a_producer_that_goes_wakes_no_consumer", || {
        let time = Duration::from_millis(120);
        let mut pair = Pair::new(4);
        let frame = pair.frame(1);
        assert_eq!(pair.present(frame), 0);
        let held = pair.acquire(0).unwrap();
        assert_eq!(pair.release(held), 0);
        assert_eq!(pair.acquire(0), Ok(held), "the newest again");
        assert_eq!(pair.release(held), 0);
        let (cuda, ends, mut producer) = (pair.cuda, pair.ends, pair.producer);
        let mut context = 0;
        assert_eq!(cuda.get_current(&mut context), 0);
        let thread = std::thread::spawn(move || {
            assert_eq!(cuda.push(context), 0);
            std::thread::sleep(Duration::from_millis(20));
            assert_eq!(ends.producer_disconnect(&mut producer), 0);
        });
        // Going while the consumer waits, and before: time has to be up, and nothing comes again.
        for _ in 0..2 {
            let start = Instant::now();
            assert_eq!(pair.acquire(120_000), Err(UNKNOWN));
            assert!(start.elapsed() >= time);
            assert_eq!(pair.state(), DISCONNECTED);
        }
        thread.join().unwrap();
    });
}

#[test]
fn a_producer_takes_along_what_nobody_acquired() {
    isolated("a_producer_takes_along_what_nobody_acquired", || {
        let mut pair = Pair::new(4);
        for value in 1..=3 {
            let frame = pair.frame(value);
            assert_eq!(pair.present(frame), 0);
        }
        let held = pair.acquire(0).unwrap();
        assert_eq!(pair.ends.producer_disconnect(&mut pair.producer), 0);
        assert_eq!((pair.state(), pair.first_byte(held)), (DISCONNECTED, 1));
        // Such an end is seen at once, whatever the time.
        for timeout in [0, 20_000_000, u32::MAX] {
            assert_eq!(pair.acquire(timeout), Err(UNKNOWN));
        }
        assert_eq!(pair.release(held), 0);
        assert_eq!(pair.acquire(u32::MAX), Err(UNKNOWN));
    });
}

#[test]
fn presenting_and_releasing_wait_for_the_work() {
    isolated("presenting_and_releasing_wait_for_the_work", || {
        let mut pair = Pair::new(4);
        let (cuda, ends) = (pair.cuda, pair.ends);
        let (mut makes, mut uses) = (cuda.stream(), cuda.stream());
        let fill = cuda.function("fill");
        let (frame, slow, other) = (pair.frame(1), pair.frame(0), pair.frame(2));
        let work = Duration::from_millis(300);
        let start = Instant::now();
        assert_eq!(cuda.fill(fill, makes, picture(&frame), 300, 9), 0);
        assert!(start.elapsed() < work / 2);
        assert_eq!(ends.present(&mut pair.producer, frame, &mut makes), 0);
        assert!(start.elapsed() >= work);
        assert_eq!(cuda.stream_query(makes), 0);
        // Acquiring and returning do not: work of their own streams goes on.
        assert_eq!(cuda.fill(fill, uses, picture(&slow), 300, 1), 0);
        let (start, mut resource) = (Instant::now(), 0);
        let acquired = ends.acquire(&mut pair.consumer, &mut resource, &mut uses, 0);
        assert_eq!((acquired, cuda.stream_query(uses)), (0, 600));
        assert!(start.elapsed() < work / 2);
        assert_eq!(pair.first_byte(resource), 9);
        assert_eq!(ends.release(&mut pair.consumer, resource, &mut uses), 0);
        assert_eq!(cuda.stream_query(uses), 0, "it was waited for");
        assert_eq!(ends.present(&mut pair.producer, other, &mut makes), 0);
        assert_eq!(cuda.fill(fill, makes, picture(&slow), 300, 1), 0);
        let mut back = frame;
        let taken = ends.take_back(&mut pair.producer, &mut back, &mut makes);
        assert_eq!((taken, back.planes), (0, frame.planes));
        assert_eq!(cuda.stream_query(makes), 600);
        assert_eq!(cuda.stream_synchronize(makes), 0);
        assert_eq!(counter("violations"), 0);
    });
}

/// Runs a call on another thread, ends the stream under it, and gives what came of both.
fn wakes(go: fn(&mut Pair), full: bool) -> (c_uint, Pair) {
    let mut pair = Pair::new(2);
    let (cuda, ends) = (pair.cuda, pair.ends);
    let (mut consumer, mut producer) = (pair.consumer, pair.producer);
    let frames = [1, 2, 3].map(|value| pair.frame(value));
    if full {
        assert_eq!((pair.present(frames[0]), pair.present(frames[1])), (0, 0));
    }
    let mut context = 0;
    assert_eq!(cuda.get_current(&mut context), 0);
    let thread = std::thread::spawn(move || {
        assert_eq!(cuda.push(context), 0);
        if full {
            ends.present(&mut producer, frames[2], NULL)
        } else {
            ends.acquire(&mut consumer, &mut 0, NULL, u32::MAX)
        }
    });
    std::thread::sleep(Duration::from_millis(30));
    go(&mut pair);
    (thread.join().unwrap(), pair)
}

#[test]
fn ends_that_go_wake_a_producer_that_waits() {
    isolated("ends_that_go_wake_a_producer_that_waits", || {
        let ways: [fn(&mut Pair); 3] = [
            |pair| assert_eq!(pair.ends.producer_disconnect(&mut pair.producer), 0),
            |pair| assert_eq!(pair.ends.consumer_disconnect(&mut pair.consumer), 0),
            |pair| assert_eq!(pair.egl.destroy_stream(pair.display, pair.stream), 1),
        ];
        for (way, go) in ways.into_iter().enumerate() {
            for full in [false, true] {
                if way == 0 && !full {
                    continue; // That consumer is not woken.
                }
                let (result, mut pair) = wakes(go, full);
                assert_eq!(result, UNKNOWN, "{way} {full}");
                let gone = |role| if way == role { 400 } else { UNKNOWN };
                let frame = pair.frame(4);
                assert_eq!(pair.present(frame), gone(0));
                assert_eq!(pair.take_back(), Err(gone(0)));
                assert_eq!(pair.acquire(1000), Err(gone(1)));
                let left = |role| if way == role { 400 } else { 0 };
                let (ends, producer) = (pair.ends, &mut pair.producer);
                assert_eq!(ends.producer_disconnect(producer), left(0));
                assert_eq!(ends.consumer_disconnect(&mut pair.consumer), left(1));
            }
        }
        assert_eq!(counter("violations"), 0);
    });
}
