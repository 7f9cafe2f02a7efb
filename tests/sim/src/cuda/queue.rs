//! What a stream is: a thread, fed through a ring of reused slots.

#![forbid(unsafe_code)]

use std::ffi::{c_int, c_uint};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use super::context::Context;
use super::error::{CudaError, OUT_OF_MEMORY};
use super::work::{Command, Slot};
use crate::region::Region;
use crate::table::Table;

/// Commands that fit; with more the enqueuing thread waits.
const RING: usize = 256;
/// Streams of a context that the null stream and `cuCtxSynchronize` look at.
pub(crate) const MAX_STREAMS: usize = 256;
/// `CU_STREAM_NON_BLOCKING`
pub(crate) const NON_BLOCKING: c_uint = 1;

/// A stream.
#[derive(Debug)]
pub(crate) struct Stream {
    /// The handle of its context.
    pub(crate) context: usize,
    pub(crate) flags: c_uint,
    pub(crate) priority: c_int,
    /// The legacy default stream of its context.
    pub(crate) is_null: bool,
    /// The program has destroyed it, or its context: only what was added before is still done.
    is_ended: AtomicBool,
    ring: Mutex<Ring>,
    /// A command was added, or the end is near.
    added: Condvar,
    /// A command was finished.
    finished: Condvar,
}

#[derive(Debug)]
struct Ring {
    slots: Box<[Box<Slot>]>,
    /// Commands ever added.
    added: u64,
    /// Commands ever finished.
    done: u64,
    ending: bool,
}

/// Every stream that exists, the null streams among them.
pub(crate) static STREAMS: Table<Stream> = Table::new();

impl Stream {
    /// Makes a stream and starts its thread.
    pub(crate) fn spawn(
        context: &Context,
        flags: c_uint,
        priority: c_int,
        is_null: bool,
    ) -> Result<usize, CudaError> {
        // With more, some would not be looked at.
        if STREAMS.lock().len() >= MAX_STREAMS {
            return Err(OUT_OF_MEMORY);
        }
        let stream = Arc::new(Self {
            context: context.handle,
            flags,
            priority,
            is_null,
            is_ended: AtomicBool::new(false),
            ring: Mutex::new(Ring {
                slots: (0..RING).map(|_| Slot::new()).collect(),
                added: 0,
                done: 0,
                ending: false,
            }),
            added: Condvar::new(),
            finished: Condvar::new(),
        });
        let worker = Arc::clone(&stream);
        std::thread::Builder::new()
            .name("nvmm-sim-stream".into())
            .spawn(move || {
                worker.work();
                // Until now it was to be waited for.
                STREAMS
                    .lock()
                    .retain(|_, stream| !Arc::ptr_eq(stream, &worker));
            })
            .map_err(|_| OUT_OF_MEMORY)?;
        Ok(STREAMS.add(stream))
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The thread of the stream.
    fn work(&self) {
        let mut mine = Slot::new();
        let mut all = Vec::with_capacity(4096);
        let mut ring = self.ring();
        loop {
            if ring.done == ring.added {
                if ring.ending {
                    return;
                }
                ring = self.added.wait(ring).unwrap_or_else(|e| e.into_inner());
                continue;
            }
            let index = index(ring.done);
            std::mem::swap(&mut ring.slots[index], &mut mine);
            drop(ring);
            mine.run(&mut all);
            ring = self.ring();
            ring.done += 1;
            self.finished.notify_all();
        }
    }

    /// Adds a command; gives how many were added with it.
    fn push(&self, fill: impl FnOnce(&mut Slot)) -> u64 {
        let mut ring = self.ring();
        while ring.added - ring.done >= RING as u64 {
            ring = self.finished.wait(ring).unwrap_or_else(|e| e.into_inner());
        }
        let index = index(ring.added);
        fill(&mut ring.slots[index]);
        ring.added += 1;
        self.added.notify_one();
        ring.added
    }

    /// Waits until the first `count` commands are done.
    pub(crate) fn wait_for(&self, count: u64) {
        let mut ring = self.ring();
        while ring.done < count {
            ring = self.finished.wait(ring).unwrap_or_else(|e| e.into_inner());
        }
    }

    /// Whether the first `count` commands are done.
    pub(crate) fn has_done(&self, count: u64) -> bool {
        self.ring().done >= count
    }

    /// Commands added so far, if not all are done.
    pub(crate) fn unfinished(&self) -> Option<u64> {
        let ring = self.ring();
        (ring.done < ring.added).then_some(ring.added)
    }

    /// Whether the null stream and it wait for each other.
    pub(crate) fn is_blocking(&self) -> bool {
        self.is_null || self.flags & NON_BLOCKING == 0
    }

    /// Lets the thread end when all is done; false if somebody else has.
    pub(crate) fn end(&self) -> bool {
        if self.is_ended.swap(true, SeqCst) {
            return false;
        }
        self.ring().ending = true;
        self.added.notify_one();
        true
    }

    /// Whether the program has destroyed it.
    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended.load(SeqCst)
    }

    /// Adds a command behind all that the legacy null stream's rules order before it.
    pub(crate) fn enqueue(self: &Arc<Self>, fill: impl FnOnce(&mut Slot)) -> u64 {
        if self.is_blocking() {
            let before = of_context(self.context, |other| {
                other.is_blocking() && (self.is_null != other.is_null)
            });
            for stream in before.iter() {
                if let Some(done) = stream.unfinished() {
                    let stream = Arc::clone(stream);
                    self.push(|slot| slot.command = Command::Wait { stream, done });
                }
            }
        }
        self.push(fill)
    }
}

fn index(count: u64) -> usize {
    (count % RING as u64) as usize
}

/// Some streams of a context; kept without the heap.
pub(crate) struct Streams {
    streams: [Option<Arc<Stream>>; MAX_STREAMS],
    len: usize,
}

impl Streams {
    fn iter(&self) -> impl Iterator<Item = &Arc<Stream>> {
        self.streams[..self.len].iter().flatten()
    }

    /// Waits for all that was added to them until now.
    pub(crate) fn wait(&self) {
        for stream in self.iter() {
            if let Some(count) = stream.unfinished() {
                stream.wait_for(count);
            }
        }
    }
}

/// The streams of a context that are wanted; those that were destroyed with work to do are among them.
pub(crate) fn of_context(context: usize, wanted: impl Fn(&Stream) -> bool) -> Streams {
    matching(|stream| stream.context == context && wanted(stream))
}

fn matching(wanted: impl Fn(&Stream) -> bool) -> Streams {
    let mut found = Streams {
        streams: [const { None }; MAX_STREAMS],
        len: 0,
    };
    let streams = STREAMS.lock();
    for stream in streams.values().filter(|stream| wanted(stream)) {
        if let Some(free) = found.streams.get_mut(found.len) {
            *free = Some(Arc::clone(stream));
            found.len += 1;
        }
    }
    found
}

/// Waits until no command uses a region, of whatever context or stream.
pub(crate) fn wait_until_unused(region: &Region) {
    while region.is_busy() {
        let all = matching(|stream| stream.unfinished().is_some());
        all.wait();
        if all.len == 0 {
            // Somebody else's engine uses it, or a command that is just over.
            std::thread::yield_now();
        }
    }
}

/// Ends the streams of a context, when their work is done.
pub(crate) fn context_gone(context: usize) {
    let streams = of_context(context, |_| true);
    for stream in streams.iter() {
        stream.end();
    }
    streams.wait();
}
