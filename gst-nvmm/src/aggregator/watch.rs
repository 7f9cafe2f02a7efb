#![forbid(unsafe_code)]
//! Says it where an input waits for ever, because its producer has too few surfaces.

use gst::ClockTime;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;

use super::CudaAggregatorPad;
use super::imp::{CATEGORY, CudaAggregator};
use super::state::lock;

/// How often it looks; frames that are further apart than half of this say nothing.
const INTERVAL: ClockTime = ClockTime::from_seconds(2);

/// A look from time to time, on the thread of the system's clock, until this is dropped.
#[derive(Debug)]
pub(super) struct Watch(gst::PeriodicClockId);

impl Watch {
    /// `None` where the clock takes no orders: then nobody looks.
    pub(super) fn start(element: &super::CudaAggregator) -> Option<Self> {
        let clock = gst::SystemClock::obtain();
        let id = clock.new_periodic_id(clock.time() + INTERVAL, INTERVAL);
        let element = element.downgrade();
        let look = move |_: &gst::Clock, _: Option<ClockTime>, _: &gst::ClockId| {
            if let Some(element) = element.upgrade() {
                element.imp().look_for_starving_inputs();
            }
        };
        id.wait_async(look).ok()?;
        Some(Self(id))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.unschedule();
    }
}

/// What an earlier look saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Seen {
    /// An element that waits for nobody: it is not playing, has made nothing yet, or was held up.
    #[default]
    Nothing,
    /// One that may wait for its inputs, after so many frames.
    Waiting(u64),
}

impl CudaAggregator {
    /// Warns of each input, once, that gives nothing while it has a frame here and nothing moves.
    fn look_for_starving_inputs(&self) {
        let is_playing = self.obj().current_state() == gst::State::Playing;
        let length = {
            let mut state = lock(&self.state);
            let done = state.frames + state.dropped;
            // Nothing is known before the first frame, and while downstream holds up the source task.
            let seen = if is_playing && done > 0 && !state.is_busy {
                Seen::Waiting(done)
            } else {
                Seen::Nothing
            };
            let before = std::mem::replace(&mut state.seen, seen);
            if seen == Seen::Nothing || seen != before {
                return;
            }
            state.frame_length()
        };
        // Frames may be rare.
        if length > INTERVAL / 2 {
            return;
        }
        self.each_pad(|pad| {
            if Self::starves(&pad) {
                self.warn_of(&pad);
            }
        });
    }

    /// Whether an input has nothing queued while it shows a frame, for the first time. A live one may.
    fn starves(pad: &CudaAggregatorPad) -> bool {
        pad.imp().shown_until().is_some()
            && !pad.is_eos()
            && !pad.has_buffer()
            && !is_live(pad)
            && !std::mem::replace(&mut pad.imp().state().has_starved, true)
    }

    /// Warns of each input, once, whose next frame is far ahead of the time in a live pipeline.
    pub(super) fn warn_of_times(&self, now: ClockTime, far: ClockTime) {
        self.each_pad(|pad| {
            let Some(next) = pad.peek_buffer() else {
                return;
            };
            let (start, _) = pad.imp().times(&next, (now, now));
            if start < far || std::mem::replace(&mut pad.imp().state().is_ahead, true) {
                return;
            }
            gst::element_imp_warning!(
                self,
                gst::StreamError::Format,
                (
                    "input {} has its next frame at {start}, in a live pipeline that is at {now}",
                    pad.name()
                ),
                [
                    "nothing of it is shown until then. If that is not meant, its source stamps frames with the \
                     clock's time instead of the pipeline's: add live sources to a pipeline that has reached \
                     its state, or set the pad's offset"
                ]
            );
        });
    }

    fn warn_of(&self, pad: &CudaAggregatorPad) {
        gst::warning!(CATEGORY, obj = pad, "no frame comes while one is held");
        gst::element_imp_warning!(
            self,
            gst::ResourceError::NoSpaceLeft,
            (
                "input {} gives no frame while one of its frames is in use here",
                pad.name()
            ),
            [
                "its producer seems to have too few surfaces: each input of this element holds up to two. \
                 Set num-extra-surfaces=2 or more on nvv4l2decoder, output-buffers on nvvidconv, or give \
                 that element's pool two buffers more"
            ]
        );
    }
}

fn is_live(pad: &CudaAggregatorPad) -> bool {
    let mut query = gst::query::Latency::new();
    pad.peer_query(&mut query) && query.result().0
}
