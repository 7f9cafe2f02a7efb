//! One output frame: which input frames belong to it, and its computation.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use gst::ClockTime;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_video::VideoInfo;

use super::imp::{CATEGORY, CudaAggregator};
use super::state::lock;
use super::timing::{Due, due};
use super::{CudaAggregatorPad, Input};
use crate::error::{Error, Result};
use crate::frame::{NvmmFrame, NvmmFrameMut, end_all};
use crate::pool::NvmmBufferPool;
use crate::session::Session;

/// What the inputs have for one output frame.
pub(super) enum Picked {
    /// At least one input has something to show.
    Frames,
    /// An input must deliver more first.
    NeedData,
    /// Nothing before this time.
    NothingBefore(ClockTime),
    /// Nothing now, and nobody knows when.
    Nothing,
    /// All inputs have ended.
    Eos,
}

impl CudaAggregator {
    /// Moves each input on to what is due in `output`.
    pub(super) fn pick(&self, output: (ClockTime, ClockTime), timeout: bool) -> Picked {
        let (mut shown, mut all_eos, mut need_data) = (false, true, false);
        let (mut earliest, mut all_known): (Option<ClockTime>, bool) = (None, true);
        let mut num_pads = 0;
        self.each_pad(|pad| {
            num_pads += 1;
            let imp = pad.imp();
            let (queued, has_dropped) = Self::take_due(&pad, output);
            let is_eos = queued.is_none() && pad.is_eos();
            let over = imp.shown_until().filter(|end| *end <= output.0);
            if over.is_some_and(|end| !imp.repeats(end, output.0, is_eos)) {
                imp.show(None);
            }
            let is_shown = imp.shown_until().is_some();
            shown |= is_shown;
            all_eos &= is_eos && (over.is_some() || !is_shown);
            need_data |= has_dropped && queued.is_none() && !is_eos && !timeout;
            all_known &= is_eos || queued.is_some();
            earliest = earliest.into_iter().chain(queued).min();
        });
        // The last pad may be on its way out, and another on its way in.
        all_eos &= num_pads > 0;
        match (need_data, all_eos, shown, earliest) {
            (true, ..) => Picked::NeedData,
            (_, true, ..) => Picked::Eos,
            (_, _, true, _) => Picked::Frames,
            // An input of which nothing is known may have something before that.
            (.., Some(earliest)) if all_known => Picked::NothingBefore(earliest),
            _ => Picked::Nothing,
        }
    }

    /// Moves one input on. Returns when what it has queued begins, if it has anything, and whether
    /// something was taken out of its queue in vain.
    fn take_due(
        pad: &CudaAggregatorPad,
        output: (ClockTime, ClockTime),
    ) -> (Option<ClockTime>, bool) {
        let imp = pad.imp();
        let mut has_dropped = false;
        while let Some(next) = pad.peek_buffer().filter(|_| !imp.has_taken_for(output.0)) {
            let times = imp.times(&next, output);
            let (due, is_gap) = (due(times, output), next.n_memory() == 0);
            if due == Due::Later {
                return (Some(times.0), has_dropped);
            }
            // It stays queued until it is over, or the base class would wait for what comes after it.
            if due == Due::Now && is_gap && times.1 >= output.1 {
                imp.show(None);
                return (Some(times.1), has_dropped);
            }
            // None where the input was flushed meanwhile.
            let Some(buffer) = pad.pop_buffer() else {
                break;
            };
            if due == Due::Now && !is_gap {
                imp.show_or_gap(buffer, times.1, Some(output.0));
                break;
            }
            has_dropped = true;
            gst::debug!(CATEGORY, obj = pad, "{buffer:?} is late, or a gap");
            // The newest that there is, until a better one comes: an input that is always late is seen.
            if due == Due::Now || imp.shown_until() <= Some(times.1) {
                imp.show_or_gap(buffer, times.1, None);
            }
        }
        (None, has_dropped)
    }

    /// Computes one output frame from what `pick` chose.
    pub(super) fn compute(
        &self,
        session: &Session,
        info: &VideoInfo,
        pool: &NvmmBufferPool,
    ) -> Result<gst::Buffer> {
        let buffer = pool.acquire()?;
        let context = session.context();
        let stream = session.stream();
        let current = session.push()?;
        let output = NvmmFrameMut::new(buffer, info, context)?;
        let mut inputs = std::mem::take(&mut *lock(&self.inputs));
        let result = catch_unwind(AssertUnwindSafe(|| {
            self.fill_and_process(session, &current, &mut inputs, &output)
        }));
        // Whatever was launched leaves its event, also after an error or a panic.
        let frames = inputs.iter().map(|input| &input.frame).chain([&*output]);
        end_all(frames, &current, stream)?;
        inputs.clear();
        *lock(&self.inputs) = inputs;
        match result {
            Ok(result) => result?,
            // The element's own border to C stops it.
            Err(panic) => resume_unwind(panic),
        }
        Ok(output.into_buffer())
    }

    fn fill_and_process(
        &self,
        session: &Session,
        current: &egl_cuda::Current<'_>,
        inputs: &mut Vec<Input>,
        output: &NvmmFrame,
    ) -> Result<()> {
        let mut result = Ok(());
        self.each_pad(|pad| {
            let Some((buffer, info)) = pad.imp().shown().filter(|_| result.is_ok()) else {
                return;
            };
            match NvmmFrame::new(buffer, &info, session.context()) {
                Ok(frame) => inputs.push(Input { pad, frame }),
                Err(error) => {
                    gst::error!(CATEGORY, obj = pad, "{error}");
                    result = Err(error);
                }
            }
        });
        result?;
        // The last of them has gone, or was flushed, since they were picked.
        if inputs.is_empty() {
            return Err(Error::Flushing);
        }
        for frame in inputs.iter().map(|input| &input.frame).chain([output]) {
            frame.begin_in(current, session.stream())?;
        }
        (self.class().process)(self.obj().as_ref(), session, inputs, output)
    }
}
