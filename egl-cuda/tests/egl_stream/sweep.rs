//! The life of a stream in which every call fails at every number. Simulator only.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use egl_cuda::{Consumer, Context, EglDisplay, Error, ErrorKind, Producer, Stream};
use nvmm_sim_control::Simulator;

use crate::children::each;
use crate::egl::EglStream;
use crate::pair::{ALIVE, HEIGHT, WIDTH, frame};

/// `CUDA_ERROR_OPERATING_SYSTEM`, which nothing here gives by itself.
const INJECTED: i32 = 304;

const CALLS: [&str; 9] = [
    "cuEGLStreamConsumerConnect",
    "cuEGLStreamConsumerConnectWithFlags",
    "cuEGLStreamConsumerDisconnect",
    "cuEGLStreamConsumerAcquireFrame",
    "cuEGLStreamConsumerReleaseFrame",
    "cuEGLStreamProducerConnect",
    "cuEGLStreamProducerDisconnect",
    "cuEGLStreamProducerPresentFrame",
    "cuEGLStreamProducerReturnFrame",
];

/// Calls that are (also) made when something is dropped, where nobody gets the error; how many in a life.
fn in_drops(function: &str) -> u64 {
    match function {
        // Of the stream that is dropped.
        "cuEGLStreamConsumerDisconnect" | "cuEGLStreamProducerDisconnect" => 1,
        "cuEGLStreamConsumerReleaseFrame" => 3,
        "cuEGLStreamProducerReturnFrame" => 1,
        _ => 0,
    }
}

/// Two streams: one whose ends are dropped, the producer first, and one whose ends are ended by hand.
fn life(context: &Context) -> Result<(), Error> {
    for by_hand in [false, true] {
        let egl = Arc::new(EglStream::new(4));
        let (consumer_keep, producer_keep) = (Arc::clone(&egl), Arc::clone(&egl));
        let consumer = match by_hand {
            // SAFETY: the stream is live and is kept.
            false => unsafe { Consumer::connect_raw(context, egl.as_ptr(), consumer_keep) },
            // SAFETY: as above.
            true => unsafe { Consumer::connect_raw_at(context, egl.as_ptr(), 0, consumer_keep) },
        };
        let mut consumer = consumer?;
        // SAFETY: as above.
        let producer =
            unsafe { Producer::connect_raw(context, egl.as_ptr(), WIDTH, HEIGHT, producer_keep) };
        let mut producer = producer?;
        let stream = Stream::new(context)?;
        for _ in 0..2 {
            producer.present(frame(context), &stream)?;
        }
        drop(consumer.acquire(None)?);
        // A frame whose release failed is not back: that is tried again with the next one.
        let back = producer.return_frame(&stream)?;
        let back = back.unwrap_or_else(|| frame(context));
        producer.present(back, &stream)?;
        let held = consumer.acquire(None)?.unwrap();
        if by_hand {
            held.release(&stream)?;
            consumer.disconnect()?;
            producer.disconnect()?;
        } else {
            drop(producer);
            drop((held, consumer));
        }
    }
    Ok(())
}

fn balance(simulator: &Simulator) -> [u64; 4] {
    [
        simulator.counter("egl_streams_alive").unwrap(),
        ALIVE.load(SeqCst) as u64,
        Producer::num_leaked() as u64,
        simulator.counter("violations").unwrap(),
    ]
}

/// The calls of a clean life, which leaves nothing.
fn clean_life(simulator: &Simulator, context: &Context) -> BTreeMap<&'static str, u64> {
    let (before, start) = (
        CALLS.map(|name| simulator.counter(name)),
        balance(simulator),
    );
    life(context).unwrap();
    assert_eq!(balance(simulator), start);
    let counts = CALLS.iter().zip(before);
    counts
        .map(|(name, before)| (*name, simulator.counter(name).unwrap() - before.unwrap()))
        .collect()
}

#[test]
fn every_call_fails_once_and_nothing_is_left_behind() {
    each(
        "sweep::every_call_fails_once_and_nothing_is_left_behind",
        || {
            if Simulator::find().is_err() {
                println!("not run: failures need the simulator (ci/sim.sh)");
                return;
            }
            let context = Context::primary(0).unwrap();
            life(&context).unwrap();
            let simulator = Simulator::loaded().unwrap();
            let clean = clean_life(&simulator, &context);
            for (function, count) in &clean {
                assert!(*count > 0, "{function} is not called");
                let mut unnoticed = 0;
                for number in 1..=*count {
                    let at = format!("{function} number {number} of {count}");
                    let before = balance(&simulator);
                    let injected = simulator.counter("faults_injected").unwrap();
                    simulator.fail(function, number, INJECTED).unwrap();
                    match life(&context) {
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::Cuda, "{at}: {error}");
                            assert_eq!(error.call(), *function, "{at}: {error}");
                            assert_eq!(error.code().unwrap().get(), 304, "{at}: {error}");
                        }
                        Ok(()) => unnoticed += 1,
                    }
                    let now = simulator.counter("faults_injected").unwrap();
                    assert_eq!(now, injected + 1, "{at} came");
                    let mut after = balance(&simulator);
                    if *function == "cuEGLStreamConsumerDisconnect" && number == 1 {
                        // The consumer that did not end may still read what its producer left it.
                        println!("{at}: {before:?} {after:?}");
                        assert!(after[1] - before[1] == after[2] - before[2], "{at}");
                        assert!(after[2] - before[2] <= 2, "{at}");
                        (after[1], after[2]) = (before[1], before[2]);
                    }
                    assert_eq!(after, before, "{at}");
                    assert_eq!(
                        clean_life(&simulator, &context),
                        clean,
                        "the life after {at}"
                    );
                }
                assert_eq!(
                    unnoticed,
                    in_drops(function),
                    "{function}, of {count} calls"
                );
            }
        },
    );
}

#[test]
fn a_state_that_cannot_be_had_is_an_error_and_loses_no_frame() {
    each(
        "sweep::a_state_that_cannot_be_had_is_an_error_and_loses_no_frame",
        || {
            const BAD_STREAM: i32 = 0x321b;
            if Simulator::find().is_err() {
                println!("not run: failures need the simulator (ci/sim.sh)");
                return;
            }
            let context = Context::primary(0).unwrap();
            let display = EglDisplay::of_device(0).unwrap();
            let egl = Arc::new(egl_cuda::EglStream::fifo(&display, 4).unwrap());
            let simulator = Simulator::loaded().unwrap();
            let fail = |call| simulator.fail(call, 1, BAD_STREAM).unwrap();
            let is_told = |error: Error, call| {
                assert_eq!((error.call(), error.egl_code()), (call, Some(BAD_STREAM)));
            };
            const STATE: &str = "eglQueryStreamKHR";
            const NUMBER: &str = "eglQueryStreamu64KHR";
            fail(STATE);
            is_told(Consumer::connect(&context, &egl).unwrap_err(), STATE);
            let mut consumer = Consumer::connect(&context, &egl).unwrap();
            fail(STATE);
            let connect = || Producer::connect(&context, &egl, WIDTH, HEIGHT);
            is_told(connect().unwrap_err(), STATE);
            let mut producer = connect().unwrap();
            let stream = Stream::new(&context).unwrap();
            let now = Some(Duration::ZERO);
            fail(STATE);
            is_told(consumer.acquire(now).unwrap_err(), STATE);
            producer.present(frame(&context), &stream).unwrap();
            fail(NUMBER);
            is_told(consumer.acquire(None).unwrap_err(), NUMBER);
            drop(consumer.acquire(None).unwrap().unwrap());
            consumer.disconnect().unwrap();
            // The driver says 999, and why is not known.
            fail(STATE);
            is_told(producer.return_frame(&stream).unwrap_err(), STATE);
            let over = producer.return_frame(&stream).unwrap_err();
            assert_eq!(over.kind(), ErrorKind::StreamOver);
            producer.disconnect().unwrap();
            drop(egl);
            assert_eq!(balance(&simulator), [0; 4]);
        },
    );
}
