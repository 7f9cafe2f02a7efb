//! The inputs: pads that come and go, and the children that they are to applications.

#![forbid(unsafe_code)]

use std::sync::MutexGuard;

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_video::VideoInfo;

use super::CudaAggregatorPad;
use super::imp::{CATEGORY, CudaAggregator};
use super::state::lock;
use crate::memory::recycled;

impl CudaAggregator {
    fn pads(&self) -> MutexGuard<'_, Vec<CudaAggregatorPad>> {
        lock(&self.pads)
    }

    /// All pads, in the order of their creation, without the lock: what is done to one may run other
    /// people's code. One may be on its way out.
    pub(super) fn each_pad(&self, body: impl FnMut(CudaAggregatorPad)) {
        let mut pads = std::mem::take(&mut *lock(&self.visited));
        pads.extend(self.pads().iter().cloned());
        pads.drain(..).for_each(body);
        *lock(&self.visited) = pads;
    }

    /// Whether any input has caps.
    pub(super) fn has_caps(&self) -> bool {
        self.pads()
            .iter()
            .any(|pad| pad.imp().state().info.is_some())
    }

    /// What the inputs send that have caps.
    pub(super) fn inputs_with_caps(&self) -> Vec<(CudaAggregatorPad, VideoInfo)> {
        let pads = self.pads();
        pads.iter()
            .filter_map(|pad| Some((pad.clone(), pad.imp().state().info.clone()?)))
            .collect()
    }

    /// Notes a pad that the base class has made. `None` for one of another type.
    pub(super) fn add_pad(&self, pad: gst_base::AggregatorPad) -> Option<gst_base::AggregatorPad> {
        let Ok(pad) = pad.downcast::<CudaAggregatorPad>() else {
            gst::error!(
                CATEGORY,
                imp = self,
                "make the sink template with PadTemplate::with_gtype and a CudaAggregatorPad type"
            );
            return None;
        };
        self.pads().push(pad.clone());
        Some(pad.upcast())
    }

    /// Forgets a pad. Before the base class lets it go.
    pub(super) fn remove_pad(&self, pad: &gst::Pad) {
        self.pads().retain(|p| p.upcast_ref::<gst::Pad>() != pad);
    }

    /// Forgets what a pad has shown, and lets the output be negotiated without it. Afterwards.
    pub(super) fn pad_removed(&self, pad: &gst::Pad) {
        if let Some(pad) = pad.downcast_ref::<CudaAggregatorPad>() {
            pad.imp().show(None);
            // What the source task has looked at last GStreamer 1.18 lets go in its next turn only, and of pads
            // that are still there.
            drop(pad.pop_buffer());
        }
        recycled::forget();
        self.obj().child_removed(pad, &pad.name());
        self.obj().src_pad().mark_reconfigure();
    }
}

impl ChildProxyImpl for CudaAggregator {
    fn child_by_index(&self, index: u32) -> Option<glib::Object> {
        let pads = self.pads();
        pads.get(index as usize).map(|pad| pad.clone().upcast())
    }

    fn child_by_name(&self, name: &str) -> Option<glib::Object> {
        let pads = self.pads();
        let pad = pads.iter().find(|pad| pad.name() == name);
        pad.map(|pad| pad.clone().upcast())
    }

    fn children_count(&self) -> u32 {
        self.pads().len() as u32
    }
}
