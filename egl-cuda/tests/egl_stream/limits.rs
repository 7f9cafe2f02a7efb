//! How many frames there can be, and who waits for work on the CPU.

use std::ffi::{c_uint, c_void};
use std::time::{Duration, Instant};

use egl_cuda::{ErrorKind, Stream, sys};

use crate::children::each;
use crate::pair::{Pair, driver, frame, read, write};

const LONG: Option<Duration> = Some(Duration::from_secs(20));

#[test]
fn no_more_than_64_frames_are_under_way_or_held() {
    each(
        "limits::no_more_than_64_frames_are_under_way_or_held",
        || {
            let mut pair = Pair::new(100);
            (0..64).for_each(|number| pair.present(number));
            let next = frame(&pair.context);
            write(&next, 64, &pair.stream);
            let refused = pair.producer.present(next, &pair.stream).unwrap_err();
            assert_eq!(refused.error().kind(), ErrorKind::InvalidArgument);
            assert!(refused.to_string().contains("return_frame"), "{refused}");
            let next = refused.into_frame();
            let mut held: Vec<_> = (0..64)
                .map(|_| pair.consumer.acquire(LONG).unwrap().unwrap())
                .collect();
            let error = pair.consumer.acquire(LONG).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.to_string().contains("64 frames are held"), "{error}");
            drop(held.remove(0));
            let back = pair.take_back().unwrap();
            assert_eq!(read(&back, &pair.stream), 0);
            // The 65th memory: a stream never takes it.
            let refused = pair.producer.present(next, &pair.stream).unwrap_err();
            assert_eq!(refused.error().code().unwrap().get(), 999);
            assert!(refused.to_string().contains("a fixed set"), "{refused}");
            drop((back, held));
            let mut others: Vec<_> = (1..63).map(|_| pair.take_back().unwrap()).collect();
            let back = others.pop().unwrap();
            drop(others);
            let next = refused.into_frame();
            let refused = pair.producer.present(next, &pair.stream).unwrap_err();
            assert_eq!(
                refused.error().code().unwrap().get(),
                999,
                "freeing makes no room"
            );
            // The same memory twice.
            let twice = back.clone();
            pair.producer.present(back, &pair.stream).unwrap();
            let refused = pair.producer.present(twice, &pair.stream).unwrap_err();
            assert!(refused.to_string().contains("of this memory"), "{refused}");
        },
    );
}

/// Puts work on a stream that takes as long.
fn busy(stream: &Stream, milliseconds: usize) {
    type Call = unsafe extern "C" fn(sys::CUstream, c_uint, *mut c_void);
    type Add = unsafe extern "C" fn(sys::CUstream, Call, *mut c_void, c_uint) -> c_uint;
    unsafe extern "C" fn wait(_: sys::CUstream, _: c_uint, milliseconds: *mut c_void) {
        std::thread::sleep(Duration::from_millis(milliseconds.addr() as u64));
    }
    let context = stream.context();
    // SAFETY: its type.
    let add: Add = unsafe { driver(context, c"cuStreamAddCallback") };
    let _current = context.push().unwrap();
    let data = std::ptr::without_provenance_mut(milliseconds);
    // SAFETY: the function takes a number for its data; the flags must be 0.
    assert_eq!(unsafe { add(stream.as_raw(), wait, data, 0) }, 0);
}

const WORK: Duration = Duration::from_millis(400);

#[test]
fn presenting_and_releasing_wait_for_work() {
    each("limits::presenting_and_releasing_wait_for_work", || {
        let mut pair = Pair::new(4);
        // Allocating and freeing would wait for the device.
        let [first, second] = [1, 2].map(|number| {
            let frame = frame(&pair.context);
            write(&frame, number, &pair.stream);
            frame
        });
        let start = Instant::now();
        busy(&pair.stream, 400);
        assert!(start.elapsed() < WORK / 2);
        pair.producer.present(first, &pair.stream).unwrap();
        assert!(start.elapsed() >= WORK);
        // Acquiring does not wait for what is on its stream; releasing does.
        let start = Instant::now();
        busy(pair.consumer.stream(), 400);
        let held = pair.consumer.acquire(LONG).unwrap().unwrap();
        assert!(start.elapsed() < WORK / 2);
        drop(held);
        assert!(start.elapsed() >= WORK);
        pair.producer.present(second, &pair.stream).unwrap();
        // Nor does taking back.
        let start = Instant::now();
        busy(&pair.stream, 400);
        let first = pair.take_back().unwrap();
        assert!(start.elapsed() < WORK / 2);
        pair.stream.synchronize().unwrap();
        assert!(start.elapsed() >= WORK);
        assert_eq!(read(&first, &pair.stream), 1);
    });
}

#[test]
fn frames_have_the_pixels_of_slow_work() {
    each("limits::frames_have_the_pixels_of_slow_work", || {
        let mut pair = Pair::new(4);
        let first = frame(&pair.context);
        let other = Stream::new(&pair.context).unwrap();
        busy(&pair.stream, 200);
        write(&first, 7, &pair.stream);
        pair.producer.present(first, &pair.stream).unwrap();
        let held = pair.consumer.acquire(LONG).unwrap().unwrap();
        assert_eq!(read(held.frame(), &other), 7);
        held.release(&other).unwrap();
    });
}
