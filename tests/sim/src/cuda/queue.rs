//! What a stream is: a thread, fed through a ring of reused slots.

#![forbid(unsafe_code)]

use std::ffi::{c_int, c_uint};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use super::context::Context;
use super::error::{CudaError, OUT_OF_MEMORY};
use super::work::{Command, Slot};
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
        let stream = Arc::new(Self {
            context: context.handle,
            flags,
            priority,
            is_null,
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
            .spawn(move || worker.work())
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

    /// Lets the thread end when all is done.
    pub(crate) fn end(&self) {
        self.ring().ending = true;
        self.added.notify_one();
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

/// The streams of a context that are wanted.
pub(crate) fn of_context(context: usize, wanted: impl Fn(&Stream) -> bool) -> Streams {
    let mut found = Streams {
        streams: [const { None }; MAX_STREAMS],
        len: 0,
    };
    let streams = STREAMS.lock();
    for stream in streams
        .values()
        .filter(|s| s.context == context && wanted(s))
    {
        if let Some(free) = found.streams.get_mut(found.len) {
            *free = Some(Arc::clone(stream));
            found.len += 1;
        }
    }
    found
}

/// Ends the streams of a context.
pub(crate) fn context_gone(context: usize) {
    STREAMS.lock().retain(|_, stream| {
        let keep = stream.context != context;
        if !keep {
            stream.end();
        }
        keep
    });
}
