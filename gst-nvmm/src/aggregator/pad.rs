use std::sync::{Mutex, MutexGuard};

use gst::ClockTime;
use gst::glib;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;
use gst_video::VideoInfo;

#[derive(Debug, Default)]
pub struct CudaAggregatorPad {
    state: Mutex<PadState>,
}

#[derive(Debug, Default)]
pub(super) struct PadState {
    pub(super) info: Option<VideoInfo>,
    /// The frame being shown: it stays until the next one is due or the input ends.
    pub(super) current: Option<Current>,
}

#[derive(Debug)]
pub(super) struct Current {
    pub(super) buffer: gst::Buffer,
    /// What the buffer's pixels are; caps may change before the next one.
    pub(super) info: VideoInfo,
    pub(super) end: ClockTime,
}

impl CudaAggregatorPad {
    pub(super) fn state(&self) -> MutexGuard<'_, PadState> {
        // Each field is replaced as a whole, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The running times at which a queued buffer starts and ends; `fallback` where it says none.
    pub(super) fn times(
        &self,
        buffer: &gst::BufferRef,
        fallback: (ClockTime, ClockTime),
    ) -> (ClockTime, ClockTime) {
        let segment = self.obj().segment();
        let segment = segment.downcast_ref::<ClockTime>();
        let start = buffer
            .pts()
            .and_then(|pts| segment.and_then(|segment| segment.to_running_time(pts)))
            .unwrap_or(fallback.0);
        let frame = || {
            let fps = self.state().info.as_ref().map(VideoInfo::fps)?;
            (fps.numer() > 0).then(|| {
                let second = u128::from(ClockTime::SECOND.nseconds());
                let length = second * fps.denom() as u128 / fps.numer() as u128;
                ClockTime::from_nseconds(length as u64)
            })
        };
        let length = buffer
            .duration()
            .or_else(frame)
            .unwrap_or_else(|| fallback.1.saturating_sub(fallback.0));
        (start, start.saturating_add(length))
    }
}

#[glib::object_subclass]
impl ObjectSubclass for CudaAggregatorPad {
    const NAME: &'static str = "GstNvmmCudaAggregatorPad";
    const ALLOW_NAME_CONFLICT: bool = true;
    type Type = super::CudaAggregatorPad;
    type ParentType = gst_base::AggregatorPad;
}

impl ObjectImpl for CudaAggregatorPad {}
impl GstObjectImpl for CudaAggregatorPad {}
impl PadImpl for CudaAggregatorPad {}

impl AggregatorPadImpl for CudaAggregatorPad {
    fn flush(&self, aggregator: &gst_base::Aggregator) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.state().current = None;
        self.parent_flush(aggregator)
    }
}
