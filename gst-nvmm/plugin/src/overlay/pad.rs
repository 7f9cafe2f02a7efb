use std::sync::{LazyLock, Mutex};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::prelude::*;
use gst_nvmm::CudaAggregatorPadImpl;

/// Where and how an input lies in the output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) alpha: f64,
    pub(super) zorder: u32,
}

#[derive(Debug)]
pub(crate) struct NvmmOverlayPad(Mutex<Placement>);

impl Default for NvmmOverlayPad {
    fn default() -> Self {
        Self(Mutex::new(Placement {
            x: 0,
            y: 0,
            alpha: 1.0,
            zorder: 0,
        }))
    }
}

impl NvmmOverlayPad {
    pub(super) fn placement(&self) -> Placement {
        // Fields are written one by one: a panic elsewhere does not spoil them.
        *self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

#[glib::object_subclass]
impl ObjectSubclass for NvmmOverlayPad {
    const NAME: &'static str = "GstNvmmOverlayPad";
    const ALLOW_NAME_CONFLICT: bool = true;
    type Type = super::NvmmOverlayPad;
    type ParentType = gst_nvmm::CudaAggregatorPad;
}

impl ObjectImpl for NvmmOverlayPad {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let live = gst::PARAM_FLAG_CONTROLLABLE | gst::PARAM_FLAG_MUTABLE_PLAYING;
            vec![
                glib::ParamSpecInt::builder("xpos")
                    .nick("X position")
                    .blurb("Column of the output where the picture's left edge lies")
                    .flags(live | glib::ParamFlags::READWRITE)
                    .build(),
                glib::ParamSpecInt::builder("ypos")
                    .nick("Y position")
                    .blurb("Row of the output where the picture's top edge lies")
                    .flags(live | glib::ParamFlags::READWRITE)
                    .build(),
                glib::ParamSpecDouble::builder("alpha")
                    .nick("Alpha")
                    .blurb("Opacity of the picture; times the alpha of each pixel for RGBA")
                    .minimum(0.0)
                    .maximum(1.0)
                    .default_value(1.0)
                    .flags(live | glib::ParamFlags::READWRITE)
                    .build(),
                glib::ParamSpecUInt::builder("zorder")
                    .nick("Z order")
                    .blurb("Higher ones lie above lower ones; of equals, later pads above earlier")
                    .flags(live | glib::ParamFlags::READWRITE)
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let mut placement = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let placement = &mut *placement;
        // GObject has checked type and range; a value of another type changes nothing.
        match pspec.name() {
            "xpos" => placement.x = value.get().unwrap_or(placement.x),
            "ypos" => placement.y = value.get().unwrap_or(placement.y),
            "alpha" => placement.alpha = value.get().unwrap_or(placement.alpha),
            "zorder" => placement.zorder = value.get().unwrap_or(placement.zorder),
            _ => {}
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let placement = self.placement();
        match pspec.name() {
            "xpos" => placement.x.to_value(),
            "ypos" => placement.y.to_value(),
            "alpha" => placement.alpha.to_value(),
            _ => placement.zorder.to_value(),
        }
    }
}

impl GstObjectImpl for NvmmOverlayPad {}
impl PadImpl for NvmmOverlayPad {}
impl AggregatorPadImpl for NvmmOverlayPad {}
impl CudaAggregatorPadImpl for NvmmOverlayPad {}
