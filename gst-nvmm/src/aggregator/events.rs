//! Events from either side, and what ends a stretch of the stream: flushes, seeks, stops.

use gst::ClockTime;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;

use super::imp::{CATEGORY, CudaAggregator};
use super::qos::Qos;
use super::state::lock;
use super::timing::OutputClock;
use crate::memory::recycled;

impl CudaAggregator {
    pub(super) fn on_sink_event(&self, pad: &gst_base::AggregatorPad, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Caps(caps) if !self.set_sink_caps(pad, caps.caps()) => false,
            gst::EventView::FlushStart(_) => {
                self.without_waiting(|| self.parent_sink_event(pad, event))
            }
            gst::EventView::Segment(segment) if segment.segment().rate() < 0.0 => {
                gst::element_imp_error!(
                    self,
                    gst::StreamError::Format,
                    (
                        "input {} plays backwards, which this element cannot",
                        pad.name()
                    )
                );
                false
            }
            gst::EventView::Segment(_) => {
                // After each flush as well.
                lock(&self.state).qos = Qos::default();
                self.parent_sink_event(pad, event)
            }
            _ => self.parent_sink_event(pad, event),
        }
    }

    pub(super) fn on_src_event(&self, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Seek(seek) if seek.get().0 < 0.0 => {
                gst::warning!(
                    CATEGORY,
                    imp = self,
                    "seeks backwards are not possible: {seek:?}"
                );
                false
            }
            gst::EventView::Seek(seek) if seek.get().1.contains(gst::SeekFlags::FLUSH) => {
                self.without_waiting(|| self.parent_src_event(event))
            }
            gst::EventView::Qos(qos) => {
                let (_, proportion, late, timestamp) = qos.get();
                let is_live = self.obj().latency().is_some();
                let mut state = lock(&self.state);
                let length = state.frame_length();
                state
                    .qos
                    .update(proportion, late, timestamp, length, is_live);
                drop(state);
                self.parent_src_event(event)
            }
            // The base class ends without a word where nothing is taken any more.
            gst::EventView::Reconfigure(_) if lock(&self.state).info.is_some() => {
                self.is_refused();
                self.parent_src_event(event)
            }
            _ => self.parent_src_event(event),
        }
    }

    /// Runs what joins the source task, which must not wait for a surface meanwhile. A flushing
    /// seek comes back as flush events before it is done: the last one out lets it wait again.
    pub(super) fn without_waiting(&self, body: impl FnOnce() -> bool) -> bool {
        let count = |change: fn(u32) -> u32| {
            let mut state = lock(&self.state);
            state.flushes = change(state.flushes);
            state.update_flushing();
        };
        count(|flushes| flushes.saturating_add(1));
        let handled = body();
        count(|flushes| flushes.saturating_sub(1));
        handled
    }

    /// Notes whether the source pad is active: while it is not, its task must end and not wait.
    pub(super) fn set_active(&self, is_active: bool) {
        let mut state = lock(&self.state);
        state.is_inactive = !is_active;
        state.update_flushing();
    }

    /// Forgets frames and times: after a flush, a seek or a stop.
    pub(super) fn reset(&self) {
        self.each_pad(|pad| pad.imp().show(None));
        recycled::forget();
        let mut state = lock(&self.state);
        state.clock = state
            .info
            .as_ref()
            .map(|info| OutputClock::new(ClockTime::ZERO, info.fps()));
    }

    /// The output's segment counts in time. GStreamer 1.14 has no function for that.
    pub(super) fn init_segment(&self, keep_seek: bool) {
        let obj = self.obj();
        let pad = obj.src_pad();
        let _guard = pad.object_lock();
        let raw: *mut gst_base::ffi::GstAggregatorPad = pad.as_ptr();
        // SAFETY: the pad is alive, and its segment is changed under the object lock, as the base
        // class does.
        let segment = unsafe { &mut (*raw).segment };
        // A seek before PAUSED has set it already.
        if keep_seek && segment.format == gst::ffi::GST_FORMAT_TIME {
            return;
        }
        // SAFETY: a segment that is ours alone for the moment.
        unsafe { gst::ffi::gst_segment_init(segment, gst::ffi::GST_FORMAT_TIME) };
    }
}
