//! One output frame: which input frames belong to it, and its computation.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use gst::ClockTime;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_video::VideoInfo;

use super::Input;
use super::imp::{CATEGORY, CudaAggregator, lock};
use super::pad::Current;
use super::timing::{Due, due};
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
        // Pad by pad, without the lock: dropping a buffer runs other people's code.
        while let Some(pad) = self.pad(num_pads) {
            num_pads += 1;
            let imp = pad.imp();
            let mut dropped = false;
            let queued = loop {
                let Some(buffer) = pad.peek_buffer().filter(|_| !imp.has_taken_for(output.0))
                else {
                    break None;
                };
                let times = imp.times(&buffer, output);
                match due(times, output) {
                    Due::Past => {
                        gst::debug!(CATEGORY, obj = pad, "{buffer:?} is too late, dropped");
                        drop(pad.pop_buffer());
                        dropped = true;
                    }
                    // A gap comes as a buffer without memory: nothing to show. It stays queued until it
                    // is over, or the base class would wait for what comes after it.
                    Due::Now if buffer.n_memory() == 0 => {
                        imp.show(None);
                        if times.1 >= output.1 {
                            break Some(times.1);
                        }
                        drop(pad.pop_buffer());
                        dropped = true;
                    }
                    Due::Now => {
                        drop(pad.pop_buffer());
                        let info = imp.state().info.clone();
                        imp.show(info.map(|info| Current {
                            buffer,
                            info,
                            end: times.1,
                            taken_for: output.0,
                        }));
                        break None;
                    }
                    Due::Later => break Some(times.0),
                }
            };
            let is_eos = queued.is_none() && pad.is_eos();
            let over = imp.shown_until().filter(|end| *end <= output.0);
            if over.is_some_and(|end| !imp.repeats(end, output.0, is_eos)) {
                imp.show(None);
            }
            let is_shown = imp.shown_until().is_some();
            shown |= is_shown;
            all_eos &= is_eos && (over.is_some() || !is_shown);
            need_data |= dropped && queued.is_none() && !is_eos && !timeout;
            all_known &= is_eos || queued.is_some();
            earliest = earliest.into_iter().chain(queued).min();
        }
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

    /// Computes one output frame from what `pick` chose.
    pub(super) fn compute(
        &self,
        session: &Session,
        info: &VideoInfo,
        pool: &NvmmBufferPool,
    ) -> Result<gst::Buffer> {
        let buffer = pool.acquire_buffer(None).map_err(|flow| match flow {
            gst::FlowError::Flushing => Error::Flushing,
            // The pool has logged why.
            flow => gst::error_msg!(
                gst::ResourceError::NoSpaceLeft,
                ("no output surface could be made ({flow}): memory is exhausted, see the log")
            )
            .into(),
        })?;
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
        let mut index = 0;
        while let Some(pad) = self.pad(index) {
            index += 1;
            let Some((buffer, info)) = pad.imp().shown() else {
                continue;
            };
            let frame = NvmmFrame::new(buffer, &info, session.context())
                .inspect_err(|e| gst::error!(CATEGORY, obj = pad, "{e}"))?;
            inputs.push(Input { pad, frame });
        }
        for frame in inputs.iter().map(|input| &input.frame).chain([output]) {
            frame.begin_in(current, session.stream())?;
        }
        (self.class().process)(self.obj().as_ref(), session, inputs, output)
    }
}
