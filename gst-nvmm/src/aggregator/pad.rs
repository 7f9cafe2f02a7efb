use std::sync::{LazyLock, Mutex, MutexGuard};

use gst::ClockTime;
use gst::glib;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;
use gst_video::VideoInfo;

#[derive(Debug, Default)]
pub struct CudaAggregatorPad {
    state: Mutex<PadState>,
    settings: Mutex<Settings>,
}

/// What becomes of a frame that is over while no other has come.
#[derive(Clone, Copy, Debug)]
struct Settings {
    repeat_after_eos: bool,
    /// `u64::MAX` is for ever.
    max_repeat: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            repeat_after_eos: false,
            max_repeat: u64::MAX,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct PadState {
    pub(super) info: Option<VideoInfo>,
    /// The frame being shown: it stays until the next one is due or the input ends.
    pub(super) current: Option<Current>,
    /// The application was told that its producer has too few surfaces.
    pub(super) has_starved: bool,
    /// The application was told that its frames are far ahead of a live pipeline's time.
    pub(super) is_ahead: bool,
}

#[derive(Debug)]
pub(super) struct Current {
    pub(super) buffer: gst::Buffer,
    /// What the buffer's pixels are; caps may change before the next one.
    pub(super) info: VideoInfo,
    pub(super) end: ClockTime,
    /// The start of the output frame that it was taken for; `None` if it came too late for any.
    pub(super) taken_for: Option<ClockTime>,
}

impl CudaAggregatorPad {
    pub(super) fn state(&self) -> MutexGuard<'_, PadState> {
        // Each field is replaced as a whole, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Shows another frame, or none. The old one is dropped without the lock.
    pub(super) fn show(&self, current: Option<Current>) {
        let old = std::mem::replace(&mut self.state().current, current);
        drop(old);
    }

    /// Shows a buffer that ends then; none where it stands for a gap, which comes without memory.
    pub(super) fn show_or_gap(
        &self,
        buffer: gst::Buffer,
        end: ClockTime,
        taken_for: Option<ClockTime>,
    ) {
        let info = self.state().info.clone();
        let info = info.filter(|_| buffer.n_memory() > 0);
        self.show(info.map(|info| Current {
            buffer,
            info,
            end,
            taken_for,
        }));
    }

    /// The frame being shown.
    pub(super) fn shown(&self) -> Option<(gst::Buffer, VideoInfo)> {
        let state = self.state();
        let current = state.current.as_ref()?;
        Some((current.buffer.clone(), current.info.clone()))
    }

    /// The running time at which the frame being shown ends.
    pub(super) fn shown_until(&self) -> Option<ClockTime> {
        self.state().current.as_ref().map(|current| current.end)
    }

    /// Whether this input has taken its frame for the output that starts then. Another that has come
    /// meanwhile, while the other inputs were waited for, is the next output's.
    pub(super) fn has_taken_for(&self, start: ClockTime) -> bool {
        let state = self.state();
        let current = state.current.as_ref();
        current.is_some_and(|current| current.taken_for == Some(start))
    }

    /// Whether a frame that ended at `end` is still to be shown at `now`, later.
    pub(super) fn repeats(&self, end: ClockTime, now: ClockTime, is_eos: bool) -> bool {
        let settings = *self.settings.lock().unwrap_or_else(|e| e.into_inner());
        if is_eos {
            return settings.repeat_after_eos;
        }
        let most = ClockTime::try_from(settings.max_repeat).unwrap_or(ClockTime::MAX);
        settings.max_repeat == u64::MAX || end.saturating_add(most) > now
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
        let length = self
            .length(buffer)
            .unwrap_or_else(|| fallback.1.saturating_sub(fallback.0));
        let rate = segment.map_or(1.0, |segment| segment.rate().abs());
        (start, start.saturating_add(at_rate(length, rate)))
    }

    /// How long a buffer is shown: its duration, or one frame at the caps' rate.
    fn length(&self, buffer: &gst::BufferRef) -> Option<ClockTime> {
        let duration = buffer.duration().filter(|duration| !duration.is_zero());
        duration.or_else(|| {
            let fps = self.state().info.as_ref().map(VideoInfo::fps)?;
            (fps.numer() > 0).then(|| {
                let second = u128::from(ClockTime::SECOND.nseconds());
                let length = second * fps.denom() as u128 / fps.numer() as u128;
                ClockTime::from_nseconds(length as u64)
            })
        })
    }

    /// What of a buffer lies in the segment, if anything.
    pub(super) fn clip(&self, mut buffer: gst::Buffer) -> Option<gst::Buffer> {
        let segment = self.obj().segment();
        let (Some(segment), Some(start)) = (segment.downcast_ref::<ClockTime>(), buffer.pts())
        else {
            return Some(buffer);
        };
        let end = self
            .length(&buffer)
            .map(|length| start.saturating_add(length));
        let (clipped_start, clipped_end) = segment.clip(start, end)?;
        if (clipped_start, clipped_end) != (Some(start), end) {
            let buffer = buffer.make_mut();
            buffer.set_pts(clipped_start);
            buffer.set_duration(
                clipped_end
                    .zip(clipped_start)
                    .map(|(end, start)| end.saturating_sub(start)),
            );
        }
        Some(buffer)
    }
}

/// How long something runs that lasts `length` in its stream.
fn at_rate(length: ClockTime, rate: f64) -> ClockTime {
    // The usual one without rounding.
    if rate == 1.0 || rate <= 0.0 {
        return length;
    }
    ClockTime::from_nseconds((length.nseconds() as f64 / rate) as u64)
}

#[glib::object_subclass]
impl ObjectSubclass for CudaAggregatorPad {
    const NAME: &'static str = "GstNvmmCudaAggregatorPad";
    const ALLOW_NAME_CONFLICT: bool = true;
    type Type = super::CudaAggregatorPad;
    type ParentType = gst_base::AggregatorPad;
}

impl ObjectImpl for CudaAggregatorPad {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<[glib::ParamSpec; 2]> = LazyLock::new(|| {
            [
                glib::ParamSpecBoolean::builder("repeat-after-eos")
                    .nick("Repeat after EOS")
                    .blurb("Shows the last frame on until all inputs have ended")
                    .mutable_playing()
                    .build(),
                glib::ParamSpecUInt64::builder("max-last-buffer-repeat")
                    .nick("Longest repeat")
                    .blurb("For how many nanoseconds the last frame of an input that stalls is shown; -1 for ever")
                    .default_value(u64::MAX)
                    .mutable_playing()
                    .build(),
            ]
        });
        &*PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut settings = self.settings.lock().unwrap_or_else(|e| e.into_inner());
        let settings = &mut *settings;
        // GObject has checked type and range; a value of another type changes nothing.
        match pspec.name() {
            "repeat-after-eos" => {
                settings.repeat_after_eos = value.get().unwrap_or(settings.repeat_after_eos);
            }
            _ => settings.max_repeat = value.get().unwrap_or(settings.max_repeat),
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = *self.settings.lock().unwrap_or_else(|e| e.into_inner());
        match pspec.name() {
            "repeat-after-eos" => settings.repeat_after_eos.to_value(),
            _ => settings.max_repeat.to_value(),
        }
    }
}

impl GstObjectImpl for CudaAggregatorPad {}
impl PadImpl for CudaAggregatorPad {}

impl AggregatorPadImpl for CudaAggregatorPad {
    fn flush(&self, aggregator: &gst_base::Aggregator) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.show(None);
        self.parent_flush(aggregator)
    }
}
