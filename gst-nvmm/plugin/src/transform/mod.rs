//! nvmmtransform: crop, scale, flip and format, in NVMM and to and from system memory.
//!
//! imp is the element, and frames what it does with buffers; negotiate, nearest and size say what its
//! caps can become; a task is what is done between
//! two caps, by the engine or by rows, with a stage where the engine cannot reach system memory; pools
//! are where its output comes from.

mod choices;
mod frames;
mod imp;
mod nearest;
mod negotiate;
mod pools;
mod rows;
mod settings;
mod size;
mod stage;
mod task;

/// The same code as another plugin would have it.
#[cfg(test)]
#[path = "choices.rs"]
#[allow(
    clippy::duplicate_mod,
    dead_code,
    reason = "two of each type are what is tested"
)]
mod twin;

use gst::glib;
use gst::prelude::*;

glib::wrapper! {
    pub(crate) struct NvmmTransform(ObjectSubclass<imp::NvmmTransform>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    let element = NvmmTransform::static_type();
    gst::Element::register(Some(plugin), "nvmmtransform", gst::Rank::NONE, element)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that is taken is none for a type of ours; it must not end the process either.
    #[test]
    fn types_of_two_plugins_with_this_code_do_not_collide() {
        fn names<A: StaticType, B: StaticType>(name: &str) {
            let (one, other) = (A::static_type(), B::static_type());
            assert_eq!([one.name(), other.name()], [name, &format!("{name}-1")]);
            for class in [one, other].map(glib::EnumClass::with_type) {
                let values = class.expect("an enum").values().len();
                assert!(values >= 3, "{values}");
            }
        }
        use {choices as a, twin as b};
        names::<a::FlipMethod, b::FlipMethod>("GstNvmmTransformFlipMethod");
        names::<a::Interpolation, b::Interpolation>("GstNvmmTransformInterpolationMethod");
        names::<a::ComputeHw, b::ComputeHw>("GstNvmmTransformComputeHw");
        let spec = glib::ParamSpecEnum::builder::<b::FlipMethod>("flip-method").build();
        assert_eq!(spec.value_type().name(), "GstNvmmTransformFlipMethod-1");
        let value = b::FlipMethod::Clockwise.to_value();
        assert_eq!(value.get(), Ok(b::FlipMethod::Clockwise));
        assert!(value.get::<a::FlipMethod>().is_err());
    }
}
