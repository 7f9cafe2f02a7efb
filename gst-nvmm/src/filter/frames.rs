//! One frame: where it is computed, and what is waited for.

#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use egl_cuda::Current;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::BaseTransformMode;

use super::imp::{CATEGORY, CudaFilter};
use super::state::{Shapes, lock};
use crate::counts::Counts;
use crate::error::{Error, Result};
use crate::frame::{NvmmFrame, NvmmFrameMut, end_all, is_writable};
use crate::pool::NvmmBufferPool;
use crate::session::Session;

impl CudaFilter {
    /// What goes on for one buffer.
    pub(super) fn compute(&self, session: &Session, mut input: gst::Buffer) -> Result<gst::Buffer> {
        let shapes = lock(&self.state).shapes.clone();
        let shapes = shapes.ok_or_else(|| Error::buffer("a buffer came before caps"))?;
        let mode = self.class().mode;
        let may_write = mode != BaseTransformMode::NeverInPlace && shapes.are_equal();
        if may_write && input.get_mut().is_some_and(is_writable) {
            return self.in_place(session, &shapes, input);
        }
        let buffer = self.pool()?.acquire()?;
        let current = session.push()?;
        let output = NvmmFrameMut::new(buffer, &shapes.output, session.context())?;
        let input = NvmmFrame::new(input, &shapes.input, session.context())?;
        let object = self.obj();
        self.run(session, &current, &[&input, &output], || {
            if mode != BaseTransformMode::AlwaysInPlace {
                return (self.class().process)(&object, session, &input, &output);
            }
            Counts::note(|counts| counts.copies += 1);
            session.stream().copy_frame(&input, &output)?;
            (self.class().process_in_place)(&object, session, &output)
        })?;
        let mut buffer = output.into_buffer();
        if let Some(output) = buffer.get_mut()
            && !self.class().copy_metadata(&object, input.buffer(), output)
        {
            // As BaseTransform takes it.
            gst::warning!(CATEGORY, imp = self, "metadata could not be copied");
        }
        Ok(buffer)
    }

    fn in_place(
        &self,
        session: &Session,
        shapes: &Shapes,
        buffer: gst::Buffer,
    ) -> Result<gst::Buffer> {
        let current = session.push()?;
        let frame = NvmmFrame::new(buffer, &shapes.input, session.context())?;
        self.run(session, &current, &[&frame], || {
            (self.class().process_in_place)(&self.obj(), session, &frame)
        })?;
        Ok(frame.into_buffer())
    }

    /// The subclass's work between what was pending on the frames and what is left on them.
    fn run(
        &self,
        session: &Session,
        current: &Current<'_>,
        frames: &[&NvmmFrame],
        process: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        let stream = session.stream();
        let result = catch_unwind(AssertUnwindSafe(|| {
            for frame in frames {
                frame.begin_in(current, stream)?;
            }
            process()
        }));
        // Whatever was launched leaves its event, also after an error or a panic.
        end_all(frames.iter().copied(), current, stream)?;
        // The element's own border to C stops a panic.
        result.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// The pool that negotiation made. Where that found the element passing through, and it is not any
    /// more, downstream has not been asked yet.
    fn pool(&self) -> Result<NvmmBufferPool> {
        if let Some(pool) = lock(&self.state).output.pool() {
            return Ok(pool);
        }
        let src_pad = self.obj().static_pad("src");
        let caps = src_pad.as_ref().and_then(|pad| pad.current_caps());
        let (Some(src_pad), Some(caps)) = (src_pad, caps) else {
            return Err(Error::buffer("a buffer came before caps"));
        };
        let mut query = gst::query::Allocation::new(Some(&caps), true);
        // No answer asks for nothing.
        let _ = src_pad.peer_query(&mut query);
        self.make_pool(&caps, &mut query)?;
        let pool = lock(&self.state).output.pool();
        pool.ok_or(Error::Flushing)
    }
}
