//! How many buffers there are: in the output's pool, and in those of the inputs' producers.

#![forbid(unsafe_code)]

use gst::ClockTime;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_video::VideoInfo;

use super::imp::{CATEGORY, CudaAggregator};
use super::state::lock;
use super::timing::OutputClock;
use crate::allocation;
use crate::pool::NvmmBufferPool;

/// As many are asked for at most, however long the latency is: each is a surface.
const MAX_HELD: u32 = 32;

impl CudaAggregator {
    /// Our own pool, kept while the caps stay. Downstream's are for other memory; the number of
    /// buffers that it wants to hold is honoured.
    pub(super) fn make_pool(
        &self,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        let (caps, _) = query.get_owned();
        let caps = caps.ok_or_else(|| gst::loggable_error!(CATEGORY, "no caps were negotiated"))?;
        let max = NvmmBufferPool::size_for(query, self.settings.buffers());
        let old = {
            let mut state = lock(&self.state);
            let old = state.output.set(&caps, max, self.settings.form());
            state.is_refused = old.is_err();
            old
        };
        let old = old.map_err(|error| {
            self.post_error_message(error.to_message());
            gst::loggable_error!(CATEGORY, "{error}")
        })?;
        if let Some(old) = old
            && let Err(error) = old.set_active(false)
        {
            gst::warning!(CATEGORY, imp = self, "{error}");
        }
        Ok(())
    }

    /// What an input's producer needs: what we hold; what it works on it adds itself.
    pub(super) fn propose(
        &self,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        let info = query
            .get()
            .0
            .and_then(|caps| VideoInfo::from_caps(caps).ok());
        let rate = info.map_or(gst::Fraction::new(0, 1), |info| info.fps());
        let length = OutputClock::new(ClockTime::ZERO, rate).length();
        let (queued, at_least) = self.queue_limits();
        let held = held(queued, length, at_least);
        allocation::propose(query, self.settings.form(), held)
            .map_err(|e| gst::loggable_error!(CATEGORY, "{e}"))
    }

    /// How much of an input the base class queues, in time and in frames at least: its property
    /// `latency`, and in a live pipeline the time that the slowest input is behind.
    fn queue_limits(&self) -> (ClockTime, u32) {
        match self.obj().latency() {
            // All there is, of which one frame is our own.
            Some(latency) => (latency.saturating_sub(lock(&self.state).frame_length()), 2),
            None => {
                let latency = self.obj().property_value("latency").get();
                (ClockTime::from_nseconds(latency.unwrap_or(0)), 1)
            }
        }
    }

    /// Lets the producers ask anew: with another latency more of their frames are queued.
    pub(super) fn ask_again_how_many(&self) {
        self.each_pad(|pad| {
            // Nobody may be there yet, who will ask at the start.
            let _ = pad.push_event(gst::event::Reconfigure::new());
        });
    }
}

/// Frames of `length` that an input holds: the one that is shown, and in the queue `at_least` so many or
/// those that begin within `queued`.
fn held(queued: ClockTime, length: ClockTime, at_least: u32) -> u32 {
    let within = queued
        .nseconds()
        .checked_div(length.nseconds())
        .and_then(|frames| u32::try_from(frames).ok())
        .unwrap_or(MAX_HELD);
    let in_queue = within.saturating_add(1).max(at_least);
    in_queue.saturating_add(1).min(MAX_HELD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_holds_two_frames_and_the_latency() {
        let ms = ClockTime::from_mseconds;
        for (queued, length, frames) in [
            (ms(0), ms(40), 2),
            (ms(39), ms(40), 2),
            (ms(40), ms(40), 3),
            (ms(500), ms(40), 14),
            (ms(60_000), ms(40), MAX_HELD),
            (ClockTime::MAX, ClockTime::from_nseconds(1), MAX_HELD),
            (ms(40), ms(0), MAX_HELD),
        ] {
            assert_eq!(held(queued, length, 1), frames, "{queued} of {length}");
        }
        assert_eq!(held(ms(0), ms(40), 2), 3, "a live one");
    }
}
