//! What an element knows between start and stop.

#![forbid(unsafe_code)]

use std::sync::{Mutex, MutexGuard};

use gst_video::VideoInfo;

use crate::counts::Counts;
use crate::pool::Output;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) shapes: Option<Shapes>,
    pub(super) output: Output,
    /// Buffers that downstream wants to hold.
    pub(super) downstream: u32,
    /// Why caps were refused last, if it was not that they do not meet.
    pub(super) refusal: Option<String>,
    pub(super) frames: u64,
    pub(super) counts: Counts,
}

/// What the caps of either side say.
#[derive(Clone, Debug)]
pub(super) struct Shapes {
    pub(super) input: VideoInfo,
    pub(super) output: VideoInfo,
}

impl Shapes {
    /// Whether a picture of the input is one of the output.
    pub(super) fn are_equal(&self) -> bool {
        let shape = |info: &VideoInfo| (info.format(), info.width(), info.height());
        shape(&self.input) == shape(&self.output)
    }
}

/// Locks; state is replaced field by field, so a panic elsewhere does not spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}
