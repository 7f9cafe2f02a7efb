//! Frames that a producer that ended did not get back.
//!
//! A consumer may still read what it has acquired, so their memory stays until it disconnects. A producer finds the
//! consumer of its stream here, if it is one of this process and of this crate.
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};

use crate::error::report;
use crate::{Context, CudaFrame};

/// A consumer that is connected.
#[derive(Debug)]
struct Connected {
    id: u64,
    stream: usize,
    frames: Vec<CudaFrame>,
}

static CONNECTED: Mutex<Vec<Connected>> = Mutex::new(Vec::new());
static LEAKED: AtomicUsize = AtomicUsize::new(0);

/// A consumer's entry in the list.
#[derive(Debug)]
pub(super) struct Entry {
    id: u64,
}

fn connected() -> MutexGuard<'static, Vec<Connected>> {
    // Each step leaves the list right, so a panic elsewhere does not spoil it.
    CONNECTED.lock().unwrap_or_else(|e| e.into_inner())
}

/// Notes the consumer of a stream, which is connected.
pub(super) fn enter(stream: usize) -> Entry {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let id = NEXT.fetch_add(1, Relaxed);
    connected().push(Connected {
        id,
        stream,
        frames: Vec::new(),
    });
    Entry { id }
}

/// Whether the consumer of a stream is in the list.
pub(super) fn is_known(stream: usize) -> bool {
    connected().iter().any(|consumer| consumer.stream == stream)
}

/// Leaves frames to the consumer of a stream; gives them back if it has disconnected.
pub(super) fn leave_to(stream: usize, frames: Vec<CudaFrame>) -> Result<(), Vec<CudaFrame>> {
    let mut connected = connected();
    // The newest: an older one of this address is of a stream that was destroyed under it.
    let found = connected.iter_mut().rev().find(|c| c.stream == stream);
    match found {
        Some(consumer) => {
            consumer.frames.extend(frames);
            Ok(())
        }
        None => Err(frames),
    }
}

impl Entry {
    /// Takes the consumer from the list. What it was left goes, if `is_over`: nobody reads it any more.
    pub(super) fn leave(self, context: &Context, is_over: bool) {
        let mut connected = connected();
        let index = connected.iter().position(|c| c.id == self.id);
        let frames = index.map(|index| connected.swap_remove(index).frames);
        // Frames are dropped without the lock: they may be a consumer's, or a producer's memory.
        drop(connected);
        let frames = frames.unwrap_or_default();
        if is_over {
            free(context, frames);
        } else {
            leak(frames);
        }
    }
}

/// Lets go of frames that no end has any more, when the work on them is done.
pub(super) fn free(context: &Context, frames: Vec<CudaFrame>) {
    if frames.is_empty() {
        return;
    }
    if let Err(error) = context.synchronize() {
        // The work will never be done: what failed has ended the context's work.
        report(&error);
    }
    drop(frames);
}

/// Keeps frames for ever: the driver may still use them.
pub(super) fn leak(frames: Vec<CudaFrame>) {
    if frames.is_empty() {
        return;
    }
    report(&format_args!(
        "{} frames of an EGLStream are leaked: its consumer may still read them; \
         disconnect the consumer first, or call Producer::return_frame until all are back",
        frames.len()
    ));
    LEAKED.fetch_add(frames.len(), Relaxed);
    std::mem::forget(frames);
}

/// How many frames were leaked.
pub(super) fn num_leaked() -> usize {
    LEAKED.load(Relaxed)
}
