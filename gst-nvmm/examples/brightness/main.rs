//! A whole element on `CudaFilter`, and a pipeline with it that writes a picture:
//!
//!     ci/plugin.sh && cargo run -p gst-nvmm --example brightness --features cust [PICTURE.png [VALUE]]

use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex};

use gst::{glib, subclass::prelude::*};
use gst_base::prelude::*;
use gst_base::subclass::{BaseTransformMode, prelude::*};
use gst_nvmm::egl_cuda::{Kernel, cust::launch};
use gst_nvmm::{CudaFilter, CudaFilterImpl, Error, NvmmFrame, Session, nvmm_caps};
use gst_video::VideoFormat;

#[derive(Debug, Default)]
struct Brightness {
    kernel: Mutex<Option<Kernel>>,
    value: AtomicI32,
}

glib::wrapper! {
    struct BrightnessElement(ObjectSubclass<Brightness>)
        @extends CudaFilter, gst_base::BaseTransform, gst::Element, gst::Object;
}

#[glib::object_subclass]
impl ObjectSubclass for Brightness {
    const NAME: &'static str = "NvmmExampleBrightness";
    type Type = BrightnessElement;
    type ParentType = CudaFilter;
}

impl ObjectImpl for Brightness {
    fn properties() -> &'static [glib::ParamSpec] {
        static VALUE: LazyLock<[glib::ParamSpec; 1]> = LazyLock::new(|| {
            let value = glib::ParamSpecInt::builder("value");
            [value.minimum(-255).maximum(255).controllable().build()]
        });
        &*VALUE
    }

    fn set_property(&self, _id: usize, value: &glib::Value, _spec: &glib::ParamSpec) {
        self.value.store(value.get().unwrap_or(0), Relaxed);
        // Nothing to add: buffers go on as they are.
        self.obj().set_passthrough(self.value.load(Relaxed) == 0);
    }

    fn property(&self, _id: usize, _spec: &glib::ParamSpec) -> glib::Value {
        self.value.load(Relaxed).to_value()
    }
}

impl GstObjectImpl for Brightness {}

impl ElementImpl for Brightness {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            let (name, class) = ("CUDA brightness", "Filter/Effect/Video/Hardware");
            gst::subclass::ElementMetadata::new(name, class, "Adds a value to colours", "Somebody")
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = nvmm_caps([VideoFormat::Rgba, VideoFormat::Bgrx]);
            CudaFilter::pad_templates(&caps, &caps)
        });
        &TEMPLATES
    }
}

impl BaseTransformImpl for Brightness {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
}

impl CudaFilterImpl for Brightness {
    fn open(&self, session: &Session) -> gst_nvmm::Result<()> {
        // brightness.cu, compiled by ci/kernels.sh.
        let ptx = include_str!("brightness.ptx");
        let kernel = Kernel::from_ptx(session.context(), ptx, "nvmm_brightness")?;
        *self.kernel.lock().unwrap_or_else(|e| e.into_inner()) = Some(kernel);
        Ok(())
    }

    fn close(&self) {
        *self.kernel.lock().unwrap_or_else(|e| e.into_inner()) = None;
    }

    fn process_in_place(&self, session: &Session, frame: &NvmmFrame) -> gst_nvmm::Result<()> {
        let kernel = self.kernel.lock().unwrap_or_else(|e| e.into_inner());
        let not_open = || Error::Buffer("a frame came before open()".into());
        let kernel = kernel.as_ref().ok_or_else(not_open)?;
        let (data, pitch) = frame.pitch_ptr(0)?;
        let (width, height, stream) = (frame.width(), frame.height(), session.stream());
        let grid = (width.div_ceil(32), height.div_ceil(8));
        let value = self.value.load(Relaxed);
        // SAFETY: the kernel takes these, and stays within `height` rows of `width` pixels of 4 bytes, which
        // the frame has by the formats of the pad templates.
        unsafe {
            launch!(kernel<<<grid, (32, 8), 0, stream>>>(
                data, pitch, data, pitch, width, height, value
            ))
        }?;
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    gst::init()?;
    let element = BrightnessElement::static_type();
    gst::Element::register(None, "brightness", gst::Rank::NONE, element)?;
    let mut arguments = std::env::args().skip(1);
    let picture = arguments.next().unwrap_or("brightness.png".into());
    let value: i32 = arguments.next().map_or(Ok(80), |value| value.parse())?;
    let pipeline = gst::parse::launch(&format!(
        "videotestsrc num-buffers=1 ! video/x-raw,format=RGBA ! nvmmtransform ! brightness value={value} \
         ! nvmmtransform ! video/x-raw ! pngenc ! filesink location=\"{picture}\""
    ))?;
    pipeline.set_state(gst::State::Playing)?;
    let bus = pipeline.bus().ok_or("a pipeline has a bus")?;
    let types = [gst::MessageType::Error, gst::MessageType::Eos];
    let end = bus.timed_pop_filtered(gst::ClockTime::NONE, &types);
    pipeline.set_state(gst::State::Null)?;
    match end.as_ref().map(|end| end.view()) {
        Some(gst::MessageView::Error(error)) => Err(error.to_string().into()),
        _ => {
            println!("{picture}");
            Ok(())
        }
    }
}
