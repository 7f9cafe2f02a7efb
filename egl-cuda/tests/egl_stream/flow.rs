//! Frames on their way, and back.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use egl_cuda::{ErrorKind, Producer, Stream};

use crate::children::each;
use crate::pair::{ALIVE, Pair, frame, read, write};

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
        // In the order in which they were released.
        let back = pair.take_back().unwrap();
        assert_eq!(read(&back, &pair.stream), 2);
        assert!(!back.is_read_only());
        assert_eq!(read(&pair.take_back().unwrap(), &pair.stream), 1);
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
        // The producer that goes wakes nobody, and the newest frame does not come again.
        let Pair {
            mut consumer,
            producer,
            ..
        } = pair;
        producer.disconnect().unwrap();
        let start = Instant::now();
        assert!(consumer.acquire(Some(time)).unwrap().is_none());
        assert!(start.elapsed() >= time);
    });
}

#[test]
fn frames_that_a_producer_takes_along_end_the_waiting() {
    each(
        "flow::frames_that_a_producer_takes_along_end_the_waiting",
        || {
            let mut pair = Pair::new(2);
            pair.present(1);
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
        },
    );
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
