//! Ends that go, in every order.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use egl_cuda::{Consumer, Context, Error, ErrorKind, Producer, Stream, sys};

use crate::children::each;
use crate::egl::EglStream;
use crate::pair::{ALIVE, Pair, driver, frame, producer, read};

const LONG: Option<Duration> = Some(Duration::from_secs(20));

fn alive() -> usize {
    ALIVE.load(SeqCst)
}

#[test]
fn the_consumer_goes_first() {
    each("endings::the_consumer_goes_first", || {
        let mut pair = Pair::new(4);
        (1..=3).for_each(|number| pair.present(number));
        drop(pair.consumer.acquire(LONG).unwrap());
        let Pair {
            consumer,
            mut producer,
            stream,
            egl,
            context,
        } = pair;
        consumer.disconnect().unwrap();
        assert_eq!(Arc::strong_count(&egl), 2, "the producer's and this one");
        // What was released can still be had.
        let back = producer.return_frame(&stream).unwrap().unwrap();
        assert_eq!(read(&back, &stream), 1);
        drop(back);
        let error = producer.return_frame(&stream).unwrap_err();
        assert_eq!(error.code().unwrap().get(), 999);
        let refused = producer.present(frame(&context), &stream).unwrap_err();
        assert!(
            refused.to_string().contains("create a new one"),
            "{refused}"
        );
        assert_eq!(refused.error().call(), "cuEGLStreamProducerPresentFrame");
        drop(refused);
        assert_eq!((alive(), producer.num_presented()), (2, 2));
        producer.disconnect().unwrap();
        assert_eq!((alive(), Producer::num_leaked()), (0, 0));
        assert_eq!(Arc::strong_count(&egl), 1);
    });
}

#[test]
fn the_producer_goes_first() {
    each("endings::the_producer_goes_first", || {
        let mut pair = Pair::new(4);
        (1..=4).for_each(|number| pair.present(number));
        drop(pair.consumer.acquire(LONG).unwrap());
        let held = pair.consumer.acquire(LONG).unwrap().unwrap();
        let Pair {
            consumer,
            producer,
            egl,
            ..
        } = pair;
        drop(producer);
        // The first came back; the others stay for the consumer, which reads one of them.
        assert_eq!(alive(), 3);
        assert_eq!(read(held.frame(), consumer.stream()), 2);
        let error = consumer.disconnect().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains("1 frames are held"), "{error}");
        assert_eq!((alive(), Arc::strong_count(&egl)), (3, 2));
        // The last frame disconnects, on another thread.
        std::thread::spawn(move || drop(held)).join().unwrap();
        assert_eq!((alive(), Arc::strong_count(&egl)), (0, 1));
        assert_eq!(Producer::num_leaked(), 0);
    });
}

#[test]
fn an_end_that_goes_wakes_a_producer_that_waits() {
    each(
        "endings::an_end_that_goes_wakes_a_producer_that_waits",
        || {
            let mut pair = Pair::new(1);
            pair.present(1);
            let Pair {
                consumer,
                mut producer,
                stream,
                context,
                ..
            } = pair;
            let next = frame(&context);
            let thread = std::thread::spawn(move || producer.present(next, &stream).unwrap_err());
            std::thread::sleep(Duration::from_millis(50));
            drop(consumer);
            let refused = thread.join().unwrap();
            assert_eq!(refused.error().code().unwrap().get(), 999);
        },
    );
}

fn consumer_at(
    context: &Context,
    egl: &Arc<EglStream>,
    location: sys::CUeglResourceLocationFlags,
) -> Result<Consumer, Error> {
    // SAFETY: the stream is live and is kept.
    unsafe { Consumer::connect_raw_at(context, egl.as_ptr(), location, Arc::clone(egl)) }
}

fn producer_of(context: &Context, egl: &Arc<EglStream>, width: u32) -> Result<Producer, Error> {
    // SAFETY: the stream is live and is kept.
    unsafe { Producer::connect_raw(context, egl.as_ptr(), width, 8, Arc::clone(egl)) }
}

#[test]
fn a_producer_that_comes_first_spoils_the_stream() {
    each(
        "endings::a_producer_that_comes_first_spoils_the_stream",
        || {
            let context = Context::primary(0).unwrap();
            let egl = Arc::new(EglStream::new(2));
            let error = producer_of(&context, &egl, 8).unwrap_err();
            assert_eq!(error.call(), "cuEGLStreamProducerConnect");
            assert!(
                error.to_string().contains("the consumer connects first"),
                "{error}"
            );
            let consumer = consumer_at(&context, &egl, 0).unwrap();
            let error = producer_of(&context, &egl, 8).unwrap_err();
            assert_eq!(error.code().unwrap().get(), 999);
            consumer.disconnect().unwrap();
            assert_eq!(Arc::strong_count(&egl), 1, "what failed keeps nothing");
            // Other streams are not touched.
            let egl = Arc::new(EglStream::new(2));
            let consumer = consumer_at(&context, &egl, 0).unwrap();
            producer_of(&context, &egl, 8)
                .unwrap()
                .disconnect()
                .unwrap();
            consumer.disconnect().unwrap();
        },
    );
}

#[test]
fn ends_connect_in_order_and_once() {
    each("endings::ends_connect_in_order_and_once", || {
        let context = Context::primary(0).unwrap();
        let egl = Arc::new(EglStream::new(2));
        let connect = |location| consumer_at(&context, &egl, location);
        let produce = |width| producer_of(&context, &egl, width);
        let error = connect(7).unwrap_err();
        assert_eq!(error.call(), "cuEGLStreamConsumerConnectWithFlags");
        // SAFETY: null is allowed.
        let error = unsafe { Consumer::connect_raw(&context, std::ptr::null_mut(), ()) };
        assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidArgument);
        assert_eq!(Arc::strong_count(&egl), 1, "what failed keeps nothing");
        let consumer = connect(sys::CU_EGL_RESOURCE_LOCATION_VIDMEM).unwrap();
        assert!(!consumer.as_raw().is_null());
        assert_eq!(connect(0).unwrap_err().code().unwrap().get(), 999);
        for width in [0, u32::MAX] {
            assert_eq!(
                produce(width).unwrap_err().kind(),
                ErrorKind::InvalidArgument
            );
        }
        let producer = produce(8).unwrap();
        assert!(!producer.as_raw().is_null());
        assert_eq!(produce(8).unwrap_err().code().unwrap().get(), 999);
        producer.disconnect().unwrap();
        consumer.disconnect().unwrap();
        assert_eq!(Arc::strong_count(&egl), 1);
        assert_eq!(connect(0).unwrap_err().code().unwrap().get(), 999);
    });
}

/// A consumer that is not this crate's; the functions of the driver's.
struct Foreign(Context, sys::CUeglStreamConnection);

impl Foreign {
    fn new(context: &Context, egl: &EglStream) -> Self {
        // SAFETY: its type.
        let connect: sys::PFN_cuEGLStreamConsumerConnect =
            unsafe { driver(context, c"cuEGLStreamConsumerConnect") };
        let mut raw = std::ptr::null_mut();
        let _current = context.push().unwrap();
        // SAFETY: a live stream and pointer.
        assert_eq!(unsafe { connect(&mut raw, egl.as_ptr()) }, 0);
        Self(context.clone(), raw)
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // SAFETY: its type.
        let disconnect: sys::PFN_cuEGLStreamConsumerDisconnect =
            unsafe { driver(&self.0, c"cuEGLStreamConsumerDisconnect") };
        let _current = self.0.push().unwrap();
        // SAFETY: connected by `new`.
        assert_eq!(unsafe { disconnect(&mut self.1) }, 0);
    }
}

#[test]
fn only_what_a_foreign_consumer_may_read_is_leaked() {
    each(
        "endings::only_what_a_foreign_consumer_may_read_is_leaked",
        || {
            let context = Context::primary(0).unwrap();
            let stream = Stream::new(&context).unwrap();
            for consumer_first in [true, false] {
                // A mailbox: the older frames come back.
                let egl = Arc::new(EglStream::new(0));
                let foreign = Foreign::new(&context, &egl);
                let mut producer = producer(&context, &egl);
                for _ in 0..3 {
                    producer.present(frame(&context), &stream).unwrap();
                }
                assert_eq!(alive(), 3);
                if consumer_first {
                    drop(foreign);
                    producer.disconnect().unwrap();
                    assert_eq!((alive(), Producer::num_leaked()), (0, 0));
                } else {
                    producer.disconnect().unwrap();
                    assert_eq!((alive(), Producer::num_leaked()), (1, 1));
                    drop(foreign);
                }
            }
        },
    );
}
