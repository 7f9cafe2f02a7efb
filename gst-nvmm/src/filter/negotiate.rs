//! What the two sides look like, and how many buffers each needs.

#![forbid(unsafe_code)]

use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_video::VideoInfo;

use super::imp::{CATEGORY, CudaFilter};
use super::state::{Shapes, lock};
use crate::caps::why_not;
use crate::error::{Error, Result};
use crate::memory::recycled;
use crate::pool::NvmmBufferPool;

impl CudaFilter {
    /// Keeps what a step of the negotiation says, for the error that [`Self::post_mismatch`] posts.
    pub(super) fn negotiated(&self, result: Result<()>) -> Result<(), gst::LoggableError> {
        let refusal = result.err().map(|error| error.to_string());
        lock(&self.state).refusal.clone_from(&refusal);
        refusal.map_or(Ok(()), |text| Err(gst::loggable_error!(CATEGORY, "{text}")))
    }

    /// Notes what comes in and goes out from here on.
    pub(super) fn set_shapes(&self, input: &gst::Caps, output: &gst::Caps) -> Result<()> {
        let parse = |caps: &gst::Caps| {
            let info = VideoInfo::from_caps(caps).ok();
            info.filter(|_| crate::is_nvmm(caps)).ok_or_else(|| {
                Error::buffer(format!(
                    "{caps} is no fixed raw video with the feature memory:NVMM"
                ))
            })
        };
        let shapes = Shapes {
            input: parse(input)?,
            output: parse(output)?,
        };
        if self.class().mode == BaseTransformMode::AlwaysInPlace && !shapes.are_equal() {
            return Err(Error::buffer(format!(
                "{input} to {output}: an element that works in place alone cannot change format or \
                 size; its MODE must be NeverInPlace or Both"
            )));
        }
        let old = lock(&self.state).shapes.replace(shapes);
        let is_other = |old: &Shapes| VideoInfo::from_caps(input).ok().as_ref() != Some(&old.input);
        if old.as_ref().is_some_and(is_other) {
            // The producer's surfaces are others from here on.
            recycled::forget();
        }
        Ok(())
    }

    /// Our own pool, kept while the caps stay. Downstream's are for other memory; the number of
    /// buffers that it wants to hold is honoured.
    pub(super) fn make_pool(
        &self,
        caps: &gst::Caps,
        query: &mut gst::query::Allocation,
    ) -> Result<()> {
        let asked = query.allocation_pools().map(|(_, _, min, _)| min).max();
        let max = NvmmBufferPool::size_for(query, self.settings.buffers());
        let mut state = lock(&self.state);
        state.downstream = asked.unwrap_or(0);
        let old = state.output.set(caps, max, self.settings.form())?;
        drop(state);
        if let Some(old) = old
            && let Err(error) = old.set_active(false)
        {
            gst::warning!(CATEGORY, imp = self, "{error}");
        }
        Ok(())
    }

    /// What upstream's pool needs: what we hold, which is the frame in work, and one more; and what
    /// goes on in place stays out as long as downstream holds it.
    pub(super) fn propose(&self, query: &mut gst::query::Allocation) {
        let in_place = self.class().mode != BaseTransformMode::NeverInPlace;
        let downstream = lock(&self.state).downstream;
        let min = if in_place { downstream } else { 0 }.saturating_add(2);
        let size = self.settings.form().memory_size().unwrap_or(0) as u32;
        query.add_allocation_pool(None::<&gst::BufferPool>, size, min, 0);
    }

    /// Says why downstream takes nothing of what becomes of `caps`.
    pub(super) fn post_mismatch(&self, caps: &gst::Caps) {
        let object = self.obj();
        let src_pad = object.src_pad();
        // Pads that flush refuse everything.
        if src_pad.pad_flags().contains(gst::PadFlags::FLUSHING) {
            return;
        }
        // Not in the condition: whoever hears of the error may stop the element at once.
        let refusal = lock(&self.state).refusal.take();
        if let Some(refusal) = refusal {
            gst::element_imp_error!(self, gst::StreamError::Format, ("{refusal}"));
            return;
        }
        let makes = self.class().transform_caps(&object, caps);
        let makes = makes.intersect(&src_pad.pad_template_caps());
        let takes = src_pad.peer_query_caps(None);
        gst::element_imp_error!(
            self,
            gst::StreamError::Format,
            (
                "downstream takes nothing that this element makes of its input: {}",
                why_not(&makes, &takes)
            ),
            [
                "input {caps}; this element makes {makes} of it; downstream takes {takes}. Put nvvidconv or \
                 nvmmtransform in between, and check that capsfilters have the feature memory:NVMM"
            ]
        );
    }
}
