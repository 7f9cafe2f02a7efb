//! What the output looks like, and where its buffers come from.

use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::AGGREGATOR_FLOW_NEED_DATA;
use gst_base::prelude::*;
use gst_video::VideoInfo;

use super::CudaAggregatorPad;
use super::imp::{CATEGORY, CudaAggregator};
use super::state::lock;
use super::timing::OutputClock;
use crate::memory::recycled;

impl CudaAggregator {
    /// Notes what an input sends from here on.
    pub(super) fn set_sink_caps(&self, pad: &gst_base::AggregatorPad, caps: &gst::CapsRef) -> bool {
        let Some(pad) = pad.downcast_ref::<CudaAggregatorPad>() else {
            return false;
        };
        match VideoInfo::from_caps(caps) {
            Ok(info) if crate::is_nvmm(caps) => {
                let old = pad.imp().state().info.replace(info.clone());
                if old.is_some_and(|old| old != info) {
                    // The producer's surfaces are others from here on.
                    recycled::forget();
                }
                let object = self.obj();
                let src_pad = object.src_pad();
                src_pad.mark_reconfigure();
                // This is the thread that negotiates next; of caps that do not meet the base class says
                // nothing, and asks nobody.
                let takes = src_pad.peer_query_caps(None);
                let meet = takes.can_intersect(&src_pad.pad_template_caps());
                if !meet {
                    self.post_mismatch(&takes);
                }
                meet
            }
            _ => {
                gst::error!(
                    CATEGORY,
                    obj = pad,
                    "{caps} is no raw video with the feature memory:NVMM"
                );
                false
            }
        }
    }

    /// The size, rate and format that the inputs ask for.
    fn wish(&self) -> Option<(u32, u32, gst::Fraction, &'static str)> {
        let inputs = self.inputs_with_caps();
        let first = inputs.first()?;
        let format = first.1.format().to_str().as_str();
        let rate = inputs
            .iter()
            .map(|(_, info)| info.fps())
            .filter(|fps| fps.numer() > 0)
            .max()
            .unwrap_or(gst::Fraction::new(30, 1));
        let (width, height) = (self.class().output_size)(self.obj().as_ref(), &inputs);
        Some((width.max(1), height.max(1), rate, format))
    }

    /// What of downstream's caps is possible: with the wished size and rate if it takes them.
    pub(super) fn choose_src_caps(&self, caps: &gst::Caps) -> Result<gst::Caps, gst::FlowError> {
        let Some((width, height, rate, _)) = self.wish() else {
            return Err(AGGREGATOR_FLOW_NEED_DATA);
        };
        let possible = self.obj().src_pad().pad_template_caps().intersect(caps);
        let size = [("width", width as i32), ("height", height as i32)];
        for (with_size, with_rate) in [(true, true), (true, false), (false, true), (false, false)] {
            let mut wished = possible.clone();
            for structure in wished.make_mut().iter_mut() {
                if with_size && size.iter().any(|(field, v)| !allows(structure, field, v)) {
                    structure.set_name("video/x-none");
                    continue;
                }
                if with_rate && !allows(structure, "framerate", &rate) {
                    structure.set_name("video/x-none");
                    continue;
                }
                if with_size {
                    size.iter().for_each(|(field, v)| structure.set(*field, *v));
                }
                if with_rate {
                    structure.set("framerate", rate);
                }
            }
            let wished: gst::Caps = wished
                .iter_with_features()
                .filter(|(structure, _)| structure.name() == "video/x-raw")
                .map(|(structure, features)| (structure.to_owned(), features.to_owned()))
                .collect();
            if !wished.is_empty() {
                return Ok(wished);
            }
        }
        self.post_mismatch(caps);
        Err(gst::FlowError::NotNegotiated)
    }

    /// Whether negotiation has failed for good, which the bus is told once: the base class asks nobody
    /// where downstream takes nothing of the template.
    pub(super) fn is_refused(&self) -> bool {
        let pad = self.obj().src_pad().clone();
        // Set again by the base class when negotiation fails, else by downstream for the next turn.
        if !pad.needs_reconfigure() || pad.pad_flags().contains(gst::PadFlags::FLUSHING) {
            return false;
        }
        if lock(&self.state).is_refused {
            return true;
        }
        let takes = pad.peer_query_caps(None);
        if takes.can_intersect(&pad.pad_template_caps()) {
            return false;
        }
        let was_refused = std::mem::replace(&mut lock(&self.state).is_refused, true);
        if !was_refused {
            self.post_mismatch(&takes);
        }
        true
    }

    /// Says which field of the output's caps does not meet downstream's.
    fn post_mismatch(&self, takes: &gst::Caps) {
        let makes = self.obj().src_pad().pad_template_caps();
        gst::element_imp_error!(
            self,
            gst::StreamError::Format,
            (
                "downstream takes nothing that this element makes: {}",
                crate::why_not(&makes, takes)
            ),
            ["downstream takes {takes}; this element makes {makes}"]
        );
    }

    /// Fixes what is left open, as near to the wish as possible.
    pub(super) fn prefer(&self, mut caps: gst::Caps) -> gst::Caps {
        let Some((width, height, rate, format)) = self.wish() else {
            return caps;
        };
        caps.truncate();
        if let Some(structure) = caps.make_mut().structure_mut(0) {
            structure.fixate_field_nearest_int("width", width as i32);
            structure.fixate_field_nearest_int("height", height as i32);
            structure.fixate_field_nearest_fraction("framerate", rate);
            structure.fixate_field_str("format", format);
        }
        caps
    }

    pub(super) fn set_src_caps(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = VideoInfo::from_caps(caps)
            .map_err(|_| gst::loggable_error!(CATEGORY, "{caps} are not fixed raw video"))?;
        let mut state = lock(&self.state);
        let clock = match state.clock {
            // Another size only: a new origin would round, and in the end be a frame more.
            Some(clock) if clock.has_rate(info.fps()) => clock,
            Some(clock) => OutputClock::new(clock.next().0, info.fps()),
            None => OutputClock::new(gst::ClockTime::ZERO, info.fps()),
        };
        let length = clock.length();
        state.clock = Some(clock);
        state.info = Some(info);
        state.is_refused = false;
        drop(state);
        self.obj().set_latency(length, length);
        Ok(())
    }
}

/// Whether a structure's field, if it is there, can be `value`.
fn allows<T: Into<gst::glib::Value> + Copy>(
    structure: &gst::StructureRef,
    field: &str,
    value: &T,
) -> bool {
    let value: gst::glib::Value = (*value).into();
    structure
        .value(field)
        // Not can_intersect(): of two single values of one type that says yes whatever they are.
        .is_ok_and(|allowed| allowed.intersect(&value).is_some())
        || !structure.has_field(field)
}
