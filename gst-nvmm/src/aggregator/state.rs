//! What an element knows between start and stop.

#![forbid(unsafe_code)]

use std::sync::{Mutex, MutexGuard};

use gst_video::VideoInfo;

use super::qos::Qos;
use super::timing::OutputClock;
use super::watch::Seen;
use crate::counts::Counts;
use crate::pool::Output;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) info: Option<VideoInfo>,
    pub(super) clock: Option<OutputClock>,
    pub(super) output: Output,
    /// Downstream takes nothing that this element makes, or there is no pool for it. The bus knows.
    pub(super) is_refused: bool,
    pub(super) qos: Qos,
    /// Frames made, and frames left out because they would have come too late.
    pub(super) frames: u64,
    pub(super) dropped: u64,
    pub(super) counts: Counts,
    /// The source task makes a frame, or is held up by what is downstream.
    pub(super) is_busy: bool,
    pub(super) seen: Seen,
    /// The source pad is not active.
    pub(super) is_inactive: bool,
    /// How many threads are about to join the source task, which must not wait for a surface meanwhile.
    pub(super) flushes: u32,
}

impl State {
    /// How long an output frame is; zero before negotiation.
    pub(super) fn frame_length(&self) -> gst::ClockTime {
        self.clock
            .map_or(gst::ClockTime::ZERO, |clock| clock.length())
    }

    /// Wakes the source task if it waits for a surface, or lets it wait again.
    pub(super) fn update_flushing(&mut self) {
        self.output
            .set_flushing(self.is_inactive || self.flushes > 0);
    }
}

/// Locks; state is replaced field by field, so a panic elsewhere does not spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}
