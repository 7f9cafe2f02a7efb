//! Elements as users write them: one that copies by the driver, one that works in place by a kernel.

use std::sync::{LazyLock, Mutex};

use gst::glib;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::{BaseTransformMode, prelude::*};
use gst_nvmm::egl_cuda::{Kernel, cust::launch};
use gst_nvmm::{
    CudaFilter, CudaFilterImpl, CudaFilterImplExt, Error, NvmmFrame, Result, Session, nvmm_caps,
};
use gst_video::VideoFormat;

/// The kernel of gst-nvmm's example, whose twin the simulator has.
const PTX: &str = include_str!("../../../../gst-nvmm/examples/brightness/brightness.ptx");

/// What the kernel adds to every colour.
const MORE: i32 = 20;

macro_rules! element {
    ($name:ident, $element:ident, $gtype:literal, $mode:ident, { $($work:item)* }) => {
        glib::wrapper! {
            struct $element(ObjectSubclass<$name>)
                @extends CudaFilter, gst_base::BaseTransform, gst::Element, gst::Object;
        }

        #[glib::object_subclass]
        impl ObjectSubclass for $name {
            const NAME: &'static str = $gtype;
            type Type = $element;
            type ParentType = CudaFilter;
        }

        impl ObjectImpl for $name {}
        impl GstObjectImpl for $name {}

        impl ElementImpl for $name {
            fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
                static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                    gst::subclass::ElementMetadata::new($gtype, "Filter/Video", $gtype, "Somebody")
                });
                Some(&METADATA)
            }

            fn pad_templates() -> &'static [gst::PadTemplate] {
                static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                    let caps = nvmm_caps([VideoFormat::Rgba]);
                    CudaFilter::pad_templates(&caps, &caps)
                });
                &TEMPLATES
            }
        }

        impl BaseTransformImpl for $name {
            const MODE: BaseTransformMode = BaseTransformMode::$mode;
            const PASSTHROUGH_ON_SAME_CAPS: bool = false;
            const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
        }

        impl CudaFilterImpl for $name { $($work)* }
    };
}

#[derive(Debug, Default)]
struct Copying;

element!(
    Copying,
    CopyingElement,
    "NvmmFaultsCopying",
    NeverInPlace,
    {
        fn process(&self, session: &Session, input: &NvmmFrame, output: &NvmmFrame) -> Result<()> {
            Ok(session.stream().copy(input.source(0)?, output.target(0)?)?)
        }
    }
);

#[derive(Debug, Default)]
struct Brighter(Mutex<Option<Kernel>>);

element!(
    Brighter,
    BrighterElement,
    "NvmmFaultsBrighter",
    AlwaysInPlace,
    {
        fn open(&self, session: &Session) -> Result<()> {
            self.parent_open(session)?;
            let kernel = Kernel::from_ptx(session.context(), PTX, "nvmm_brightness")?;
            *self.0.lock().unwrap_or_else(|e| e.into_inner()) = Some(kernel);
            Ok(())
        }

        fn close(&self) {
            *self.0.lock().unwrap_or_else(|e| e.into_inner()) = None;
            self.parent_close();
        }

        fn process_in_place(&self, session: &Session, frame: &NvmmFrame) -> Result<()> {
            let kernel = self.0.lock().unwrap_or_else(|e| e.into_inner());
            let kernel = kernel
                .as_ref()
                .ok_or_else(|| Error::Buffer("not open".into()))?;
            let ((pixels, pitch), stream) = (frame.pitch_ptr(0)?, session.stream());
            let (width, height) = (frame.width(), frame.height());
            let grid = (width.div_ceil(32), height.div_ceil(8));
            // SAFETY: the kernel takes these; the frame has `height` rows of `width` pixels of 4 bytes, as the
            // element's caps say.
            unsafe {
                launch!(kernel<<<grid, (32, 8), 0, stream>>>(
                    pixels, pitch, pixels, pitch, width, height, MORE
                ))
            }?;
            Ok(())
        }
    }
);

/// The elements by their names.
pub(crate) fn register() -> std::result::Result<(), glib::BoolError> {
    for (name, element) in [
        ("copying", CopyingElement::static_type()),
        ("brighter", BrighterElement::static_type()),
    ] {
        gst::Element::register(None, name, gst::Rank::NONE, element)?;
    }
    Ok(())
}
