//! What the streaming thread does between the base class's steps.

#![forbid(unsafe_code)]

use std::sync::atomic::Ordering;

use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::base_transform::{InputBuffer, PrepareOutputBufferSuccess};
use gst_base::subclass::prelude::*;
use gst_nvmm::{Form, color_format, is_allocatable, is_nvmm, why_not};
use gst_video::VideoInfo;

use super::imp::{CATEGORY, NvmmTransform, lock};
use super::negotiate;

impl NvmmTransform {
    /// Sees that properties were set meanwhile. Equal caps are not negotiated anew, and the pool follows from
    /// what is said of passing through.
    pub(super) fn follow_changes(&self) -> Result<(), gst::FlowError> {
        if !self.is_changed.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let settings = self.settings();
        let part = lock(&self.task).as_ref().map(|task| {
            self.obj().set_passthrough(task.is_passthrough(&settings));
            task.part(&settings)
        });
        if let Some(Err(error)) = part {
            self.refuse(&error.to_string(), "set while it plays");
            return Err(gst::FlowError::NotNegotiated);
        }
        self.obj().reconfigure_src();
        Ok(())
    }

    /// A buffer to write into: one with the colours of an input whose surface says more than the caps do, or
    /// less, where the base class's pool has none.
    pub(super) fn output_buffer(
        &self,
        input: InputBuffer,
    ) -> Result<PrepareOutputBufferSuccess, gst::FlowError> {
        let from: &gst::BufferRef = match &input {
            InputBuffer::Writable(input) => input,
            InputBuffer::Readable(input) => input,
        };
        let Some(mut buffer) = self.of_colours(from)? else {
            return self.parent_prepare_output_buffer(input);
        };
        // As the base class does with its own.
        if let Some(to) = buffer.get_mut() {
            self.parent_copy_metadata(from, to)
                .map_err(|_| gst::FlowError::Error)?;
        }
        Ok(PrepareOutputBufferSuccess::Buffer(buffer))
    }

    fn of_colours(&self, input: &gst::BufferRef) -> Result<Option<gst::Buffer>, gst::FlowError> {
        if self.obj().is_passthrough() {
            return Ok(None);
        }
        let task = lock(&self.task);
        let format = task.as_ref().and_then(|task| task.output_format(input));
        drop(task);
        let Some(format) = format else {
            return Ok(None);
        };
        let pool = lock(&self.pools).of_format(format, &self.settings());
        let pool = pool.unwrap_or_else(|error| {
            gst::warning!(CATEGORY, imp = self, "colours may change: {error}");
            None
        });
        pool.map(|pool| pool.acquire_buffer(None)).transpose()
    }

    pub(super) fn refuse(&self, why: &str, detail: &str) {
        self.post_error_message(gst::error_msg!(
            gst::CoreError::Negotiation,
            ("{why}"),
            ["{detail}"]
        ));
    }

    /// Says on the bus why caps were not taken, where that is downstream's doing.
    pub(super) fn explain(&self, caps: &gst::Caps) {
        let Some(pad) = self.obj().static_pad("src") else {
            return;
        };
        if pad.pad_flags().contains(gst::PadFlags::FLUSHING) || !pad.is_linked() {
            return;
        }
        let possible = negotiate::transform(gst::PadDirection::Sink, caps, None, &self.settings());
        let takes = pad.peer_query_caps(None);
        if !possible.can_intersect(&takes) {
            let format = VideoInfo::from_caps(caps).map(|info| info.format());
            let unmade = format.ok().filter(|format| {
                color_format(*format).is_none_or(|format| !is_allocatable(format, Form::Surface))
            });
            let remedy = match unmade {
                Some(format) => {
                    format!("; this release makes no surfaces of {format}: convert it before")
                }
                None if is_nvmm(caps) => String::new(),
                None => "; system memory becomes NVMM, or is passed on as it is: pictures change on their \
                         way there or back"
                    .into(),
            };
            self.refuse(
                &format!("{}{remedy}", why_not(&possible, &takes)),
                &format!("from {caps}"),
            );
        }
    }
}
