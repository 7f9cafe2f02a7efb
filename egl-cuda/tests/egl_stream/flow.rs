//! Frames on their way, and back.

use std::ffi::{c_uint, c_void};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use egl_cuda::{ErrorKind, Event, Producer, Stream, sys};

use crate::children::each;
use crate::pair::{ALIVE, Pair, driver, frame, read, write};

const LONG: Option<Duration> = Some(Duration::from_secs(20));

#[test]
fn a_thousand_frames_on_two_threads() {
    each("flow::a_thousand_frames_on_two_threads", || {
        const FRAMES: u32 = 1000;
        let Pair {
            context,
            egl,
            mut consumer,
            mut producer,
            stream,
        } = Pair::new(4);
        let mut free: Vec<_> = (0..6).map(|_| frame(&context)).collect();
        let thread = std::thread::spawn(move || {
            let mut returned = 0;
            for number in 0..FRAMES {
                let frame = loop {
                    if let Some(frame) = free.pop() {
                        break frame;
                    }
                    if let Some(frame) = producer.return_frame(&stream).unwrap() {
                        returned += 1;
                        break frame;
                    }
                };
                write(&frame, number, &stream);
                producer.present(frame, &stream).unwrap();
            }
            (producer, returned)
        });
        let other = Stream::new(&context).unwrap();
        for number in 0..FRAMES {
            let acquired = consumer.acquire(LONG).unwrap().unwrap();
            assert!(acquired.frame().is_read_only());
            assert_eq!(read(acquired.frame(), consumer.stream()), number);
            if number % 2 == 0 {
                drop(acquired);
            } else {
                acquired.release(&other).unwrap();
            }
        }
        let (producer, returned) = thread.join().unwrap();
        assert_eq!(returned, FRAMES - 6);
        consumer.disconnect().unwrap();
        producer.disconnect().unwrap();
        assert_eq!(ALIVE.load(std::sync::atomic::Ordering::SeqCst), 0);
        assert_eq!(Producer::num_leaked(), 0);
        drop(egl);
    });
}

#[test]
fn a_mailbox_has_the_newest_frame() {
    each("flow::a_mailbox_has_the_newest_frame", || {
        const FRAMES: u32 = 300;
        let Pair {
            context,
            egl: _egl,
            mut consumer,
            mut producer,
            stream,
        } = Pair::new(0);
        let mut free: Vec<_> = (0..4).map(|_| frame(&context)).collect();
        let thread = std::thread::spawn(move || {
            for number in 0..FRAMES {
                while let Some(frame) = producer.return_frame(&stream).unwrap() {
                    free.push(frame);
                    if free.len() > 2 {
                        break;
                    }
                }
                let Some(frame) = free.pop() else { continue };
                write(&frame, number, &stream);
                producer.present(frame, &stream).unwrap();
            }
            let frame = free.pop().unwrap_or_else(|| {
                loop {
                    if let Some(frame) = producer.return_frame(&stream).unwrap() {
                        break frame;
                    }
                }
            });
            write(&frame, FRAMES, &stream);
            producer.present(frame, &stream).unwrap();
            producer
        });
        let (mut newest, mut seen) = (None, 0);
        while newest != Some(FRAMES) {
            let acquired = consumer.acquire(LONG).unwrap().unwrap();
            let number = read(acquired.frame(), consumer.stream());
            assert!(newest <= Some(number), "{newest:?} {number}");
            newest = Some(number);
            seen += 1;
        }
        assert!(seen <= FRAMES + 1);
        drop((consumer, thread.join().unwrap()));
    });
}

#[test]
fn frames_return_when_a_newer_one_is_there() {
    each("flow::frames_return_when_a_newer_one_is_there", || {
        let mut pair = Pair::new(4);
        assert!(pair.take_back().is_none(), "there is nothing");
        (1..=3).for_each(|number| pair.present(number));
        assert_eq!(pair.producer.num_presented(), 3);
        assert!(pair.take_back().is_none());
        let first = pair.consumer.acquire(LONG).unwrap().unwrap();
        let second = pair.consumer.acquire(LONG).unwrap().unwrap();
        assert_eq!(pair.consumer.num_held(), 2);
        assert_eq!(read(second.frame(), pair.consumer.stream()), 2);
        drop((second, first));
        // In the order in which they were presented.
        let back = pair.take_back().unwrap();
        assert_eq!(read(&back, &pair.stream), 1);
        assert!(!back.is_read_only());
        assert_eq!(read(&pair.take_back().unwrap(), &pair.stream), 2);
        drop(pair.consumer.acquire(LONG).unwrap());
        // The newest one stays, and can be had again.
        assert!(pair.take_back().is_none());
        let again = pair.consumer.acquire(Some(Duration::ZERO)).unwrap();
        let again = again.unwrap();
        assert_eq!(read(again.frame(), pair.consumer.stream()), 3);
        drop(again);
        pair.producer.present(back, &pair.stream).unwrap();
        assert_eq!(read(&pair.take_back().unwrap(), &pair.stream), 3);
        assert_eq!(pair.producer.num_presented(), 1);
    });
}

#[test]
fn times_that_are_up_are_no_errors() {
    each("flow::times_that_are_up_are_no_errors", || {
        let mut pair = Pair::new(2);
        let start = Instant::now();
        let time = Duration::from_millis(40);
        assert!(pair.consumer.acquire(Some(time)).unwrap().is_none());
        assert!(start.elapsed() >= time);
        assert!(
            pair.consumer
                .acquire(Some(Duration::ZERO))
                .unwrap()
                .is_none()
        );
        pair.present(1);
        let held = pair.consumer.acquire(Some(time)).unwrap().unwrap();
        // The newest one is held: there is nothing to be had again.
        assert!(pair.consumer.acquire(Some(time)).unwrap().is_none());
        drop(held);
        let Pair {
            mut consumer,
            producer,
            ..
        } = pair;
        producer.disconnect().unwrap();
        for timeout in [LONG, None] {
            let start = Instant::now();
            let error = consumer.acquire(timeout).unwrap_err();
            assert!(start.elapsed() < Duration::from_secs(5));
            assert_eq!(error.call(), "cuEGLStreamConsumerAcquireFrame");
            assert_eq!(error.code().unwrap().get(), 999);
            assert!(error.to_string().contains("create a new one"), "{error}");
        }
    });
}

#[test]
fn no_more_than_64_frames_are_under_way_or_held() {
    each("flow::no_more_than_64_frames_are_under_way_or_held", || {
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
        pair.producer.present(next, &pair.stream).unwrap();
        let newest = pair.consumer.acquire(LONG).unwrap().unwrap();
        assert_eq!(read(newest.frame(), pair.consumer.stream()), 64);
        // The same memory twice.
        let again = held[0].frame().clone();
        drop((newest, held));
        let (back, twice) = (back.clone(), back);
        drop(again);
        assert!(pair.take_back().is_some() && pair.take_back().is_some());
        pair.producer.present(back, &pair.stream).unwrap();
        let refused = pair.producer.present(twice, &pair.stream).unwrap_err();
        assert!(refused.to_string().contains("of this memory"), "{refused}");
    });
}

#[test]
fn a_full_fifo_makes_the_producer_wait() {
    each("flow::a_full_fifo_makes_the_producer_wait", || {
        let mut pair = Pair::new(1);
        pair.present(1);
        let Pair {
            mut consumer,
            mut producer,
            stream,
            context,
            ..
        } = pair;
        let next = frame(&context);
        write(&next, 2, &stream);
        let (send, receive) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            producer.present(next, &stream).unwrap();
            send.send(()).unwrap();
            (producer, stream)
        });
        let time = Duration::from_millis(100);
        assert!(receive.recv_timeout(time).is_err(), "it waits");
        let first = consumer.acquire(LONG).unwrap().unwrap();
        receive.recv_timeout(LONG.unwrap()).unwrap();
        // Held and read on another thread than that which acquires.
        let second = consumer.acquire(LONG).unwrap().unwrap();
        let other = Stream::new(&context).unwrap();
        std::thread::spawn(move || {
            assert_eq!(read(first.frame(), &other), 1);
            first.release(&other).unwrap();
        })
        .join()
        .unwrap();
        assert_eq!(read(second.frame(), consumer.stream()), 2);
        let (mut producer, stream) = thread.join().unwrap();
        assert!(producer.return_frame(&stream).unwrap().is_some());
    });
}

#[test]
fn clones_of_a_frame_hold_it() {
    each("flow::clones_of_a_frame_hold_it", || {
        let mut pair = Pair::new(4);
        (1..=2).for_each(|number| pair.present(number));
        let acquired = pair.consumer.acquire(LONG).unwrap().unwrap();
        assert!(!acquired.as_raw().is_null());
        let clone = acquired.frame().clone();
        let error = acquired.release(&pair.stream).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains("1 clones"), "{error}");
        assert_eq!(
            (pair.consumer.num_held(), pair.take_back().is_some()),
            (1, false)
        );
        assert_eq!(read(&clone, pair.consumer.stream()), 1);
        std::thread::spawn(move || drop(clone)).join().unwrap();
        assert_eq!(
            (pair.consumer.num_held(), pair.take_back().is_some()),
            (0, true)
        );
    });
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

#[test]
fn work_on_the_gpu_is_ordered_by_the_streams() {
    each("flow::work_on_the_gpu_is_ordered_by_the_streams", || {
        let mut pair = Pair::new(4);
        let event = Event::new(&pair.context).unwrap();
        // Busy streams are for 300 ms, others a moment at most.
        let is_busy = |stream: &Stream| {
            let start = Instant::now();
            event.record(stream).unwrap();
            while !event.is_complete().unwrap() {
                if start.elapsed() > Duration::from_millis(100) {
                    return true;
                }
            }
            false
        };
        // The consumer's stream behind the producer's.
        let first = frame(&pair.context);
        write(&first, 1, &pair.stream);
        busy(&pair.stream, 300);
        pair.producer.present(first, &pair.stream).unwrap();
        assert!(!is_busy(pair.consumer.stream()));
        let held = pair.consumer.acquire(LONG).unwrap().unwrap();
        assert!(is_busy(pair.consumer.stream()));
        pair.consumer.stream().synchronize().unwrap();
        assert!(!is_busy(&pair.stream));
        // The producer's behind that on which the frame was released: by a drop the consumer's own.
        let other = Stream::new(&pair.context).unwrap();
        busy(pair.consumer.stream(), 300);
        drop(held);
        pair.present(2);
        assert!(!is_busy(&pair.stream));
        // Freeing memory would wait for the device.
        let first = pair.take_back().unwrap();
        assert!(is_busy(&pair.stream) && !is_busy(&other));
        pair.stream.synchronize().unwrap();
        let held = pair.consumer.acquire(LONG).unwrap().unwrap();
        busy(&other, 300);
        held.release(&other).unwrap();
        pair.present(3);
        assert!(!is_busy(&pair.stream));
        let second = pair.take_back().unwrap();
        assert!(is_busy(&pair.stream) && !is_busy(pair.consumer.stream()));
        pair.stream.synchronize().unwrap();
        drop((first, second));
    });
}

#[test]
fn frames_are_released_while_another_thread_waits_for_one() {
    each(
        "flow::frames_are_released_while_another_thread_waits_for_one",
        || {
            let mut pair = Pair::new(2);
            (1..=2).for_each(|number| pair.present(number));
            let held = [(); 2].map(|()| pair.consumer.acquire(LONG).unwrap().unwrap());
            let Pair {
                mut consumer,
                mut producer,
                stream,
                context,
                ..
            } = pair;
            let thread = std::thread::spawn(move || {
                let acquired = consumer.acquire(None).unwrap().unwrap();
                assert_eq!(read(acquired.frame(), consumer.stream()), 3);
                drop(acquired);
                consumer
            });
            std::thread::sleep(Duration::from_millis(50));
            drop(held);
            let back = producer.return_frame(&stream).unwrap().unwrap();
            assert!(!thread.is_finished());
            write(&back, 3, &stream);
            producer.present(back, &stream).unwrap();
            let consumer = thread.join().unwrap();
            assert_eq!(
                (consumer.num_held(), consumer.context().ordinal()),
                (0, context.ordinal())
            );
        },
    );
}
