//! One turn of the source task: the next output frame, made, skipped or waited for.

use std::sync::Arc;
use std::time::Duration;

use gst::ClockTime;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::AGGREGATOR_FLOW_NEED_DATA;
use gst_base::prelude::*;
use gst_video::VideoInfo;

use super::frames::Picked;
use super::imp::CudaAggregator;
use super::state::lock;
use super::timing::OutputClock;
use crate::counts::Counts;
use crate::error::Error;
use crate::pool::NvmmBufferPool;
use crate::session::Session;

/// What inputs have further ahead than this in a live pipeline is left to wait: other inputs may have
/// something before, and the times of one may be wrong.
const AHEAD: ClockTime = ClockTime::from_seconds(1);

/// How long it does nothing where the base class would call at once again; a flush or a stop waits for that.
const PATIENCE: Duration = Duration::from_millis(5);

/// An output frame that is due: its running times, and what it is made with.
struct Due {
    times: (ClockTime, ClockTime),
    info: VideoInfo,
    pool: NvmmBufferPool,
}

impl CudaAggregator {
    /// Makes the next output frame, or says why there is none yet.
    pub(super) fn make_output(&self, timeout: bool) -> Result<gst::FlowSuccess, gst::FlowError> {
        lock(&self.state).is_busy = true;
        let result = self.push_next(timeout);
        lock(&self.state).is_busy = false;
        result
    }

    fn push_next(&self, timeout: bool) -> Result<gst::FlowSuccess, gst::FlowError> {
        let session = self.session.get().ok_or(gst::FlowError::Flushing)?;
        let before = Counts::of_thread();
        let made = self.next_buffer(&session, timeout);
        // What elements after this one do on this thread is theirs.
        lock(&self.state).counts += Counts::of_thread() - before;
        match made? {
            Some(buffer) => self
                .obj()
                .upcast_ref::<gst_base::Aggregator>()
                .finish_buffer(buffer),
            None => Ok(gst::FlowSuccess::Ok),
        }
    }

    /// The next output frame; `None` where it would come too late to be shown.
    fn next_buffer(
        &self,
        session: &Arc<Session>,
        timeout: bool,
    ) -> Result<Option<gst::Buffer>, gst::FlowError> {
        let due = self.next_due(timeout)?;
        let (start, end) = self.position_of(due.times)?;
        let lateness = lock(&self.state).qos.lateness(due.times.0);
        if let Some(lateness) = lateness {
            self.count_frame(end, true);
            self.post_qos(due.times, (start, end), lateness);
            return Ok(None);
        }
        let mut buffer = match self.compute(session, &due.info, &due.pool) {
            Ok(buffer) => buffer,
            // Whether the whole element flushes is the base class's business. Until it does, as while a seek is
            // on its way up, it calls at once again.
            Err(Error::Flushing) => {
                std::thread::sleep(PATIENCE);
                return Err(AGGREGATOR_FLOW_NEED_DATA);
            }
            Err(error) => {
                self.post_error_message(error.to_message());
                return Err(gst::FlowError::Error);
            }
        };
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(start);
            buffer.set_duration(end.saturating_sub(start));
        }
        self.count_frame(end, false);
        Ok(Some(buffer))
    }

    /// The frame whose turn it is, with its input frames picked.
    fn next_due(&self, timeout: bool) -> Result<Due, gst::FlowError> {
        // The base class goes on after a negotiation that failed, where a live input is late.
        if self.is_refused() {
            return Err(gst::FlowError::NotNegotiated);
        }
        loop {
            let (mut clock, info, pool) = {
                let state = lock(&self.state);
                let (Some(clock), Some(info), Some(pool)) =
                    (state.clock, &state.info, state.output.pool())
                else {
                    return Err(AGGREGATOR_FLOW_NEED_DATA);
                };
                (clock, info.clone(), pool)
            };
            let times = clock.next();
            match self.pick(times, timeout) {
                Picked::Frames => return Ok(Due { times, info, pool }),
                Picked::NeedData => return Err(AGGREGATOR_FLOW_NEED_DATA),
                Picked::Eos => return Err(gst::FlowError::Eos),
                Picked::NothingBefore(time) => {
                    if let Some(now) = self.now().filter(|now| now.saturating_add(AHEAD) < time) {
                        self.warn_of_times(now, time);
                        clock.skip_to(now);
                        if clock.next() != times {
                            self.skip(times.0, clock)?;
                        }
                        // The base class calls at once again as long as all inputs have something.
                        std::thread::sleep(PATIENCE);
                        return Err(AGGREGATOR_FLOW_NEED_DATA);
                    }
                    clock.skip_to(time);
                    self.skip(times.0, clock)?;
                }
                Picked::Nothing => {
                    if timeout {
                        clock.advance();
                        self.skip(times.0, clock)?;
                    }
                    return Err(AGGREGATOR_FLOW_NEED_DATA);
                }
            }
        }
    }

    /// The running time, where the pipeline is live: there frames have their time, and nothing is ahead of it.
    fn now(&self) -> Option<ClockTime> {
        let object = self.obj();
        object.latency()?;
        object.current_running_time()
    }

    /// Goes on at `clock`, and tells downstream that nothing comes from `start` until then.
    fn skip(&self, start: ClockTime, clock: OutputClock) -> Result<(), gst::FlowError> {
        lock(&self.state).clock = Some(clock);
        let (start, end) = self.position_of((start, clock.next().0))?;
        let length = end.saturating_sub(start);
        if length.is_zero() {
            return Ok(());
        }
        let object = self.obj();
        let pad = object.src_pad();
        object.set_position(end);
        // The base class sends the segment with the first buffer; until then it is the same one.
        if pad.sticky_event::<gst::event::Segment>(0).is_none() {
            pad.push_event(gst::event::Segment::new(&pad.segment()));
        }
        // Refused while it flushes: then nobody waits.
        pad.push_event(gst::event::Gap::builder(start).duration(length).build());
        Ok(())
    }

    /// Where running times lie in the output's segment.
    fn position_of(
        &self,
        times: (ClockTime, ClockTime),
    ) -> Result<(ClockTime, ClockTime), gst::FlowError> {
        let segment = self.obj().src_pad().segment();
        let segment = segment.downcast_ref::<ClockTime>();
        let at = |time| segment.map_or(Some(time), |s| s.position_from_running_time(time));
        // A seek may have ended the segment.
        let start = at(times.0).ok_or(gst::FlowError::Eos)?;
        let stop = segment.and_then(|segment| segment.stop());
        let length = times.1.saturating_sub(times.0);
        let end = at(times.1).or(stop).unwrap_or(start.saturating_add(length));
        Ok((start, end))
    }

    /// The output is at `end` now.
    fn count_frame(&self, end: ClockTime, is_dropped: bool) {
        self.obj().set_position(end);
        let mut state = lock(&self.state);
        state.qos.count(is_dropped);
        if is_dropped {
            state.dropped += 1;
        } else {
            state.frames += 1;
        }
        if let Some(clock) = &mut state.clock {
            clock.advance();
        }
    }

    /// Tells the application of a frame that was left out.
    fn post_qos(
        &self,
        running: (ClockTime, ClockTime),
        position: (ClockTime, ClockTime),
        lateness: i64,
    ) {
        let (frames, dropped, proportion) = {
            let qos = lock(&self.state).qos;
            let (frames, dropped) = qos.stats();
            (frames, dropped, qos.proportion())
        };
        let segment = self.obj().src_pad().segment();
        let stream_time = segment
            .downcast_ref::<ClockTime>()
            .and_then(|segment| segment.to_stream_time(position.0));
        let message = gst::message::Qos::builder(self.obj().latency().is_some())
            .src(&*self.obj())
            .running_time(running.0)
            .stream_time(stream_time)
            .timestamp(position.0)
            .duration(position.1.saturating_sub(position.0))
            .values(lateness, proportion, 1_000_000)
            .stats(
                gst::format::Buffers::from_u64(frames),
                gst::format::Buffers::from_u64(dropped),
            )
            .build();
        // Without a bus there is nobody to tell.
        let _ = self.obj().post_message(message);
    }
}
