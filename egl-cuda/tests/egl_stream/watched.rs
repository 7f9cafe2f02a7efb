//! Ends of a stream of this crate's, which can ask for its state.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use egl_cuda::{
    Consumer, Context, CudaFrame, EglDisplay, EglStream, EglStreamState, ErrorKind, Producer,
    Stream,
};

use crate::children::each;
use crate::pair::{HEIGHT, WIDTH, frame, read, write};

const LONG: Option<Duration> = Some(Duration::from_secs(20));
/// Longer than two of the consumer's looks at the state.
const WHILE: Duration = Duration::from_millis(350);

/// Both ends of a stream, the stream, and the producer's CUDA stream.
struct Ends {
    context: Context,
    egl: Arc<EglStream>,
    consumer: Consumer,
    producer: Producer,
    work: Stream,
}

impl Ends {
    /// With a FIFO of so many frames; 0 is a mailbox.
    fn new(length: u32) -> Self {
        let context = Context::primary(0).unwrap();
        let display = EglDisplay::of_device(0).unwrap();
        let egl = Arc::new(match length {
            0 => EglStream::mailbox(&display).unwrap(),
            length => EglStream::fifo(&display, length).unwrap(),
        });
        Self {
            consumer: Consumer::connect(&context, &egl).unwrap(),
            producer: Producer::connect(&context, &egl, WIDTH, HEIGHT).unwrap(),
            work: Stream::new(&context).unwrap(),
            context,
            egl,
        }
    }

    fn frame(&self, number: u32) -> CudaFrame {
        let frame = frame(&self.context);
        write(&frame, number, &self.work);
        frame
    }

    fn present(&mut self, number: u32) {
        let frame = self.frame(number);
        self.producer.present(frame, &self.work).unwrap();
    }

    /// Acquires, and releases.
    fn next(&mut self, timeout: Option<Duration>) -> Option<u32> {
        let acquired = self.consumer.acquire(timeout).unwrap()?;
        Some(read(acquired.frame(), self.consumer.stream()))
    }
}

fn is_over(consumer: &mut Consumer) {
    for timeout in [
        None,
        LONG,
        Some(Duration::from_millis(30)),
        Some(Duration::ZERO),
    ] {
        let start = Instant::now();
        let error = consumer.acquire(timeout).unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(5));
        assert_eq!(error.kind(), ErrorKind::StreamOver, "{error}");
        assert!(
            error.to_string().contains("the producer is gone"),
            "{error}"
        );
    }
}

#[test]
fn a_consumer_notices_that_its_producer_goes() {
    each("watched::a_consumer_notices_that_its_producer_goes", || {
        let mut ends = Ends::new(4);
        ends.present(1);
        assert_eq!(ends.next(None), Some(1));
        let Ends {
            egl,
            mut consumer,
            producer,
            ..
        } = ends;
        let thread = thread::spawn(move || {
            thread::sleep(WHILE);
            drop(producer);
        });
        // Without a time the frame does not come again.
        is_over(&mut consumer);
        thread.join().unwrap();
        assert_eq!(egl.state().unwrap(), EglStreamState::DISCONNECTED);
        consumer.disconnect().unwrap();
        assert_eq!(Arc::strong_count(&egl), 1);
    });
}

#[test]
fn frames_that_a_producer_takes_along_end_the_waiting() {
    each(
        "watched::frames_that_a_producer_takes_along_end_the_waiting",
        || {
            let mut ends = Ends::new(4);
            (1..=3).for_each(|number| ends.present(number));
            let held = ends.consumer.acquire(None).unwrap().unwrap();
            let Ends {
                mut consumer,
                producer,
                ..
            } = ends;
            drop(producer);
            is_over(&mut consumer);
            // What is held can be read.
            assert_eq!(read(held.frame(), consumer.stream()), 1);
        },
    );
}

#[test]
fn the_newest_frame_comes_again_at_the_end_of_the_time() {
    each(
        "watched::the_newest_frame_comes_again_at_the_end_of_the_time",
        || {
            let mut ends = Ends::new(4);
            let start = Instant::now();
            assert_eq!(ends.next(Some(WHILE)), None);
            assert!(start.elapsed() >= WHILE);
            ends.present(1);
            let held = ends.consumer.acquire(LONG).unwrap().unwrap();
            assert_eq!(ends.next(Some(WHILE)), None, "it is held");
            drop(held);
            let start = Instant::now();
            assert_eq!(ends.next(Some(WHILE)), Some(1));
            assert!(start.elapsed() >= WHILE);
            assert_eq!(ends.next(Some(Duration::ZERO)), Some(1));
        },
    );
}

#[test]
fn a_frame_that_comes_late_is_seen_once() {
    each("watched::a_frame_that_comes_late_is_seen_once", || {
        for length in [4, 0] {
            let mut ends = Ends::new(length);
            ends.present(1);
            assert_eq!(ends.next(None), Some(1));
            let (second, third) = (ends.frame(2), ends.frame(3));
            let Ends {
                mut consumer,
                mut producer,
                work,
                ..
            } = ends;
            let thread = thread::spawn(move || {
                thread::sleep(WHILE);
                producer.present(second, &work).unwrap();
                // The memory of the first frame, and of the third, with other pixels.
                let back = loop {
                    if let Some(back) = producer.return_frame(&work).unwrap() {
                        break back;
                    }
                };
                write(&back, 4, &work);
                thread::sleep(WHILE);
                producer.present(third, &work).unwrap();
                thread::sleep(WHILE);
                producer.present(back, &work).unwrap();
                producer
            });
            for number in 2..=4 {
                let acquired = consumer.acquire(None).unwrap().unwrap();
                assert_eq!(read(acquired.frame(), consumer.stream()), number);
            }
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_producer_gets_what_was_released_and_then_the_end() {
    each(
        "watched::a_producer_gets_what_was_released_and_then_the_end",
        || {
            let mut ends = Ends::new(4);
            (1..=3).for_each(|number| ends.present(number));
            assert_eq!((ends.next(LONG), ends.next(LONG)), (Some(1), Some(2)));
            let next = ends.frame(4);
            let Ends {
                consumer,
                mut producer,
                work,
                ..
            } = ends;
            consumer.disconnect().unwrap();
            for number in 1..=2 {
                let back = producer.return_frame(&work).unwrap().unwrap();
                assert_eq!(read(&back, &work), number);
            }
            let error = producer.return_frame(&work).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::StreamOver, "{error}");
            let refused = producer.present(next, &work).unwrap_err();
            assert_eq!(refused.error().kind(), ErrorKind::StreamOver);
            assert!(refused.to_string().contains("the consumer is gone"));
            assert_eq!(read(&refused.into_frame(), &work), 4);
            producer.disconnect().unwrap();
            assert_eq!(Producer::num_leaked(), 0);
        },
    );
}

#[test]
fn connecting_out_of_turn_spoils_nothing() {
    each("watched::connecting_out_of_turn_spoils_nothing", || {
        let context = Context::primary(0).unwrap();
        let egl = Arc::new(EglStream::fifo(&EglDisplay::of_device(0).unwrap(), 2).unwrap());
        let consume = || Consumer::connect(&context, &egl);
        let produce = || Producer::connect(&context, &egl, WIDTH, HEIGHT);
        let error = produce().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains("has no consumer"), "{error}");
        assert_eq!(egl.state().unwrap(), EglStreamState::CREATED);
        let consumer = consume().unwrap();
        let error = consume().unwrap_err();
        assert!(error.to_string().contains("has a consumer"), "{error}");
        let producer = produce().unwrap();
        for error in [produce().unwrap_err(), consume().unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        }
        assert_eq!(egl.state().unwrap(), EglStreamState::EMPTY);
        drop((producer, consumer));
        for error in [produce().unwrap_err(), consume().unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::StreamOver, "{error}");
        }
        assert_eq!(Arc::strong_count(&egl), 1);
    });
}
