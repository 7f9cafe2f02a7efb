//! Elements as users write them: subclasses of CudaFilter, one for each mode, and two whose output is of
//! another shape.

use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex, Once};

use gst::glib;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::{BaseTransformMode, prelude::*};
use gst_nvmm::egl_cuda::{CudaFrame, Kernel, cust::launch};
use gst_nvmm::{
    CudaFilter, CudaFilterImpl, CudaFilterImplExt, Error, NvmmFrame, Result, Session, nvmm_caps,
};
use gst_video::VideoFormat;

/// The kernel of gst-nvmm's example, whose twin the simulator has.
const PTX: &str = include_str!("../../../../gst-nvmm/examples/brightness/brightness.ptx");

/// The frame that a fault comes with, counted from 0.
const FAULTY_FRAME: u32 = 2;

/// What the elements have in common: a kernel, and properties.
#[derive(Debug, Default)]
struct Work {
    kernel: Mutex<Option<Kernel>>,
    value: AtomicI32,
    fault: Mutex<String>,
    frames: AtomicU32,
}

impl Work {
    fn properties() -> [glib::ParamSpec; 2] {
        [
            // Added to every colour byte.
            glib::ParamSpecInt::builder("value").build(),
            // Where something goes wrong: open, error or panic.
            glib::ParamSpecString::builder("fault").build(),
        ]
    }

    fn set_property(&self, value: &glib::Value, name: &str) {
        match name {
            "value" => self.value.store(value.get().expect("a number"), Relaxed),
            _ => *self.fault.lock().expect("no panic") = value.get().expect("a text"),
        }
    }

    fn has_fault(&self, fault: &str) -> bool {
        *self.fault.lock().expect("no panic") == fault
    }

    fn open(&self, session: &Session) -> Result<()> {
        if self.has_fault("open") {
            return Err(Error::Buffer("open() went wrong".into()));
        }
        let kernel = Kernel::from_ptx(session.context(), PTX, "nvmm_brightness")?;
        *self.kernel.lock().expect("no panic") = Some(kernel);
        Ok(())
    }

    fn close(&self) {
        *self.kernel.lock().expect("no panic") = None;
    }

    fn add(&self, session: &Session, input: &CudaFrame, output: &CudaFrame) -> Result<()> {
        {
            let kernel = self.kernel.lock().expect("no panic");
            let kernel = kernel.as_ref().expect("open() came before");
            let ((from, from_pitch), (to, to_pitch)) = (input.pitch_ptr(0)?, output.pitch_ptr(0)?);
            let (width, height, stream) = (output.width(), output.height(), session.stream());
            let grid = (width.div_ceil(32), height.div_ceil(8));
            let value = self.value.load(Relaxed);
            // SAFETY: the kernel takes these; input and output have `height` rows of `width` pixels of 4
            // bytes, as the elements' caps say.
            unsafe {
                launch!(kernel<<<grid, (32, 8), 0, stream>>>(
                    from, from_pitch, to, to_pitch, width, height, value
                ))
            }?;
        }
        // After a launch, which the base class must not forget.
        let is_faulty = self.frames.fetch_add(1, Relaxed) == FAULTY_FRAME;
        if is_faulty && self.has_fault("error") {
            return Err(Error::Buffer("process() went wrong".into()));
        }
        assert!(!is_faulty || !self.has_fault("panic"), "process() panics");
        Ok(())
    }
}

macro_rules! filter {
    (
        $name:ident, $element:ident, $gtype:literal, $mode:ident,
        $sink:expr => $src:expr, { $($base:item)* }, { $($process:item)* }
    ) => {
        #[derive(Debug, Default)]
        struct $name(Work);

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

        impl ObjectImpl for $name {
            fn properties() -> &'static [glib::ParamSpec] {
                static ALL: LazyLock<[glib::ParamSpec; 2]> = LazyLock::new(Work::properties);
                &*ALL
            }

            fn set_property(&self, _id: usize, value: &glib::Value, spec: &glib::ParamSpec) {
                self.0.set_property(value, spec.name());
            }
        }

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
                    CudaFilter::pad_templates(&nvmm_caps([$sink]), &nvmm_caps([$src]))
                });
                &TEMPLATES
            }
        }

        impl BaseTransformImpl for $name {
            const MODE: BaseTransformMode = BaseTransformMode::$mode;
            const PASSTHROUGH_ON_SAME_CAPS: bool = false;
            const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;
            $($base)*
        }

        impl CudaFilterImpl for $name {
            fn open(&self, session: &Session) -> Result<()> {
                self.parent_open(session)?;
                self.0.open(session)
            }

            fn close(&self) {
                self.0.close();
                self.parent_close();
            }

            $($process)*
        }
    };
}

filter!(InPlace, InPlaceElement, "NvmmTestInPlace", AlwaysInPlace,
    VideoFormat::Rgba => VideoFormat::Rgba, {}, {
        fn process_in_place(&self, session: &Session, frame: &NvmmFrame) -> Result<()> {
            self.0.add(session, frame, frame)
        }
    }
);

filter!(Copying, CopyingElement, "NvmmTestCopying", NeverInPlace,
    VideoFormat::Rgba => VideoFormat::Rgba, {}, {
        fn process(&self, session: &Session, input: &NvmmFrame, output: &NvmmFrame) -> Result<()> {
            self.0.add(session, input, output)
        }
    }
);

filter!(Either, EitherElement, "NvmmTestEither", Both,
    VideoFormat::Rgba => VideoFormat::Rgba, {}, {
        fn process(&self, session: &Session, input: &NvmmFrame, output: &NvmmFrame) -> Result<()> {
            self.0.add(session, input, output)
        }

        fn process_in_place(&self, session: &Session, frame: &NvmmFrame) -> Result<()> {
            self.0.add(session, frame, frame)
        }
    }
);

// Shows the upper left quarter.
filter!(Quarter, QuarterElement, "NvmmTestQuarter", Both,
    VideoFormat::Rgba => VideoFormat::Rgba, {
        fn transform_caps(
            &self,
            direction: gst::PadDirection,
            caps: &gst::Caps,
            filter: Option<&gst::Caps>,
        ) -> Option<gst::Caps> {
            let mut other = caps.clone();
            for structure in other.make_mut().iter_mut() {
                for field in ["width", "height"] {
                    match (structure.get::<i32>(field), direction) {
                        (Ok(size), gst::PadDirection::Sink) => structure.set(field, size / 2),
                        (Ok(size), _) => structure.set(field, size * 2),
                        // Half of a range is some number.
                        (Err(_), _) => structure.remove_field(field),
                    }
                }
            }
            let meet = |f: &gst::Caps| f.intersect_with_mode(&other, gst::CapsIntersectMode::First);
            Some(filter.map_or_else(|| other.clone(), meet))
        }
    }, {
        fn process(&self, session: &Session, input: &NvmmFrame, output: &NvmmFrame) -> Result<()> {
            self.0.add(session, input, output)
        }
    }
);

// Shows the brightness of NV12.
filter!(Luma, LumaElement, "NvmmTestLuma", NeverInPlace,
    VideoFormat::Nv12 => VideoFormat::Gray8, {
        fn transform_caps(
            &self,
            direction: gst::PadDirection,
            caps: &gst::Caps,
            filter: Option<&gst::Caps>,
        ) -> Option<gst::Caps> {
            Some(with_format(if direction == gst::PadDirection::Sink { "GRAY8" } else { "NV12" }, caps, filter))
        }
    }, {
        fn process(&self, session: &Session, input: &NvmmFrame, output: &NvmmFrame) -> Result<()> {
            Ok(session.stream().copy(input.source(0)?, output.target(0)?)?)
        }
    }
);

// Says that it works in place, and implements nothing.
filter!(Nothing, NothingElement, "NvmmTestNothing", AlwaysInPlace,
    VideoFormat::Rgba => VideoFormat::Rgba, {}, {}
);

// Says that it works in place, and changes the format.
filter!(Contradiction, ContradictionElement, "NvmmTestContradiction", AlwaysInPlace,
    VideoFormat::Rgba => VideoFormat::Bgrx, {
        fn transform_caps(
            &self,
            direction: gst::PadDirection,
            caps: &gst::Caps,
            filter: Option<&gst::Caps>,
        ) -> Option<gst::Caps> {
            Some(with_format(if direction == gst::PadDirection::Sink { "BGRx" } else { "RGBA" }, caps, filter))
        }
    }, {}
);

/// The other side's caps of an element that changes the format alone.
fn with_format(format: &str, caps: &gst::Caps, filter: Option<&gst::Caps>) -> gst::Caps {
    let mut other = caps.clone();
    for structure in other.make_mut().iter_mut() {
        structure.set("format", format);
        structure.remove_fields(["colorimetry", "chroma-site"]);
    }
    let meet = |f: &gst::Caps| f.intersect_with_mode(&other, gst::CapsIntersectMode::First);
    filter.map_or_else(|| other.clone(), meet)
}

/// The elements by their names, once; and this copy's libraries, whose check makes a surface.
pub(crate) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        gst_nvmm::load_platform().expect("the platform is there");
        for (name, element) in [
            ("testinplace", InPlaceElement::static_type()),
            ("testcopying", CopyingElement::static_type()),
            ("testeither", EitherElement::static_type()),
            ("testquarter", QuarterElement::static_type()),
            ("testluma", LumaElement::static_type()),
            ("testcontradiction", ContradictionElement::static_type()),
            ("testnothing", NothingElement::static_type()),
        ] {
            gst::Element::register(None, name, gst::Rank::NONE, element).expect("a new name");
        }
    });
}
