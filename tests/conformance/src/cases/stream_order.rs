//! Streams, events and what they order.
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use egl_cuda::{Event, Stream};

use super::CUDA;
use crate::case::{Case, Failure, Need, Outcome, Outcome::Passed};
use crate::check;
use crate::cuda::{Cuda, failed};
use crate::platform::Platform;
use crate::source::DRIVER_API;

/// Since CUDA 10.0.
const HOST: &[Need] = &[Need::Cuda(c"cuLaunchHostFunc")];

pub(super) const CASES: &[Case] = &[
    Case::new(
        "stream-order.in-order",
        "Work on one stream runs in its order.",
        DRIVER_API,
        HOST,
        in_order,
    ),
    Case::new(
        "stream-order.does-not-block-the-cpu",
        "Work is put on a stream without waiting for what is there.",
        DRIVER_API,
        HOST,
        not_blocking,
    ),
    Case::new(
        "stream-order.query",
        "A stream with work to do is not ready, and ready once it was waited for.",
        DRIVER_API,
        HOST,
        query,
    ),
    Case::new(
        "stream-order.event-joins-streams",
        "A stream that waits for an event runs behind the work before the event, on the device alone.",
        DRIVER_API,
        HOST,
        joins,
    ),
    Case::new(
        "stream-order.event-query",
        "An event is complete only when the work before it is.",
        DRIVER_API,
        HOST,
        event_query,
    ),
    Case::new(
        "stream-order.event-synchronize",
        "Waiting for an event waits for the work before it.",
        DRIVER_API,
        HOST,
        event_synchronize,
    ),
    Case::new(
        "stream-order.event-again",
        "An event recorded again stands for its newest record; an older wait stays with the older one.",
        DRIVER_API,
        HOST,
        event_again,
    ),
    Case::new(
        "stream-order.two-streams-run-apart",
        "Two streams that nothing joins do not wait for each other.",
        DRIVER_API,
        HOST,
        apart,
    ),
    Case::new(
        "stream-order.non-blocking-beside-the-default-stream",
        "A non-blocking stream does not wait for the default stream.",
        DRIVER_API,
        HOST,
        beside_default,
    ),
    Case::new(
        "stream-order.context-synchronize",
        "Waiting for the context waits for every stream.",
        DRIVER_API,
        HOST,
        context,
    ),
    Case::new(
        "stream-order.destroyed-stream-finishes",
        "Work on a stream is done even if the stream is destroyed meanwhile.",
        DRIVER_API,
        HOST,
        destroyed,
    ),
    Case::new(
        "stream-order.event-destroyed-while-waited-for",
        "An event may be destroyed once a wait for it was queued.",
        DRIVER_API,
        HOST,
        event_destroyed,
    ),
    Case::new(
        "stream-order.wait-for-nothing",
        "Waiting for an event that was never recorded does not block a stream.",
        DRIVER_API,
        CUDA,
        wait_for_nothing,
    ),
];

/// Counts up, and notes the order in which work ran.
static COUNT: AtomicU32 = AtomicU32::new(0);
static FIRST: AtomicU32 = AtomicU32::new(0);
static SECOND: AtomicU32 = AtomicU32::new(0);

/// Long against the time that a call takes.
const LONG: Duration = Duration::from_millis(60);

fn first() {
    FIRST.store(COUNT.fetch_add(1, SeqCst) + 1, SeqCst);
}

fn second() {
    SECOND.store(COUNT.fetch_add(1, SeqCst) + 1, SeqCst);
}

fn slow_first() {
    std::thread::sleep(LONG);
    first();
}

/// First in the order of calls, and after the second where nothing keeps that from running; on a busy machine, too.
fn first_after_second() {
    let mut waited = Duration::ZERO;
    while SECOND.load(SeqCst) == 0 && waited < 20 * LONG {
        std::thread::sleep(LONG / 30);
        waited += LONG / 30;
    }
    first();
}

/// When the first and the second ran; 0 for not yet.
fn order() -> (u32, u32) {
    (FIRST.load(SeqCst), SECOND.load(SeqCst))
}

fn two() -> Result<(Cuda, Stream, Stream), Failure> {
    let cuda = Cuda::new()?;
    let one = Stream::new(&cuda.context).map_err(failed)?;
    let other = Stream::new(&cuda.context).map_err(failed)?;
    Ok((cuda, one, other))
}

fn in_order(_: &Platform) -> Result<Outcome, Failure> {
    let (cuda, stream, _) = two()?;
    cuda.call_on(&stream, slow_first)?;
    cuda.call_on(&stream, second)?;
    stream.synchronize().map_err(failed)?;
    check::equal("order", order(), (1, 2))?;
    Ok(Passed)
}

fn not_blocking(_: &Platform) -> Result<Outcome, Failure> {
    let (cuda, stream, _) = two()?;
    cuda.call_on(&stream, slow_first)?;
    cuda.call_on(&stream, second)?;
    let early = order();
    stream.synchronize().map_err(failed)?;
    check::equal("before the wait", early, (0, 0))?;
    check::equal("after it", order(), (1, 2))?;
    Ok(Passed)
}

fn query(_: &Platform) -> Result<Outcome, Failure> {
    let (cuda, stream, _) = two()?;
    cuda.call_on(&stream, slow_first)?;
    let early = cuda.is_done(&stream)?;
    stream.synchronize().map_err(failed)?;
    check::equal(
        "early and late",
        (early, cuda.is_done(&stream)?),
        (false, true),
    )?;
    Ok(Passed)
}

fn joins(_: &Platform) -> Result<Outcome, Failure> {
    let (cuda, one, other) = two()?;
    let event = Event::new(&cuda.context).map_err(failed)?;
    cuda.call_on(&one, slow_first)?;
    event.record(&one).map_err(failed)?;
    other.wait_event(&event).map_err(failed)?;
    cuda.call_on(&other, second)?;
    let early = order();
    other.synchronize().map_err(failed)?;
    check::equal("before", early, (0, 0))?;
    check::equal("order", order(), (1, 2))?;
    Ok(Passed)
}

fn event_query(_: &Platform) -> Result<Outcome, Failure> {
    let (cuda, stream, _) = two()?;
    let event = Event::new(&cuda.context).map_err(failed)?;
    cuda.call_on(&stream, slow_first)?;
    event.record(&stream).map_err(failed)?;
    let early = event.is_complete().map_err(failed)?;
    event.synchronize().map_err(failed)?;
    let late = event.is_complete().map_err(failed)?;
    check::equal("early and late", (early, late), (false, true))?;
    Ok(Passed)
}

fn event_synchronize(_: &Platform) -> Result<Outcome, Failure> {
    let (cuda, stream, _) = two()?;
    let event = Event::new(&cuda.context).map_err(failed)?;
    cuda.call_on(&stream, slow_first)?;
    event.record(&stream).map_err(failed)?;
    event.synchronize().map_err(failed)?;
    check::equal("order", order(), (1, 0))?;
    Ok(Passed)
}

fn event_again(_: &Platform) -> Result<Outcome, Failure> {
    let (cuda, one, other) = two()?;
    let event = Event::new(&cuda.context).map_err(failed)?;
    event.record(&one).map_err(failed)?;
    other.wait_event(&event).map_err(failed)?;
    cuda.call_on(&one, first_after_second)?;
    event.record(&one).map_err(failed)?;
    // It waits for the first record, which nothing was before.
    cuda.call_on(&other, second)?;
    other.synchronize().map_err(failed)?;
    check::equal("with the older record", order().1, 1)?;
    event.synchronize().map_err(failed)?;
    check::equal("with the newer", order(), (2, 1))?;
    Ok(Passed)
}

fn apart(_: &Platform) -> Result<Outcome, Failure> {
    let (cuda, one, other) = two()?;
    cuda.call_on(&one, first_after_second)?;
    cuda.call_on(&other, second)?;
    other.synchronize().map_err(failed)?;
    check::equal("order", order().1, 1)?;
    one.synchronize().map_err(failed)?;
    Ok(Passed)
}

fn beside_default(_: &Platform) -> Result<Outcome, Failure> {
    let (cuda, stream, _) = two()?;
    cuda.call_on_default(first_after_second)?;
    cuda.call_on(&stream, second)?;
    stream.synchronize().map_err(failed)?;
    check::equal("order", order().1, 1)?;
    cuda.context.synchronize().map_err(failed)?;
    check::equal("order in the end", order(), (2, 1))?;
    Ok(Passed)
}

fn context(_: &Platform) -> Result<Outcome, Failure> {
    let (cuda, one, other) = two()?;
    cuda.call_on(&one, slow_first)?;
    cuda.call_on(&other, second)?;
    cuda.context.synchronize().map_err(failed)?;
    check::equal("work that is done", COUNT.load(SeqCst), 2)?;
    Ok(Passed)
}

fn destroyed(_: &Platform) -> Result<Outcome, Failure> {
    let (cuda, one, _) = two()?;
    let event = Event::new(&cuda.context).map_err(failed)?;
    cuda.call_on(&one, slow_first)?;
    event.record(&one).map_err(failed)?;
    drop(one);
    event.synchronize().map_err(failed)?;
    check::equal("order", order(), (1, 0))?;
    Ok(Passed)
}

fn event_destroyed(_: &Platform) -> Result<Outcome, Failure> {
    let (cuda, one, other) = two()?;
    let event = Event::new(&cuda.context).map_err(failed)?;
    cuda.call_on(&one, slow_first)?;
    event.record(&one).map_err(failed)?;
    other.wait_event(&event).map_err(failed)?;
    cuda.call_on(&other, second)?;
    drop(event);
    other.synchronize().map_err(failed)?;
    check::equal("order", order(), (1, 2))?;
    Ok(Passed)
}

fn wait_for_nothing(_: &Platform) -> Result<Outcome, Failure> {
    let (cuda, stream, _) = two()?;
    let event = Event::new(&cuda.context).map_err(failed)?;
    stream.wait_event(&event).map_err(failed)?;
    stream.synchronize().map_err(failed)?;
    Ok(Passed)
}
