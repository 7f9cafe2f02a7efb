use std::sync::{LazyLock, Mutex, MutexGuard};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::prelude::*;
use gst_nvmm::egl_cuda::Kernel;
use gst_nvmm::egl_cuda::cust::{launch, memory::DeviceCopy};
use gst_nvmm::nvbuf::ColorFormat;
use gst_nvmm::{
    CudaAggregator, CudaAggregatorImpl, CudaAggregatorPad, Input, NvmmFrame, Result, Session,
    nvmm_caps, video_formats,
};

use crate::kernel::{BLOCK, LAYER_OWN_ALPHA, Layer, MAX_LAYERS, OverlayParams};

const PTX: &str = include_str!("../../../../gst-nvmm/plugin/kernels/overlay.ptx");
const ENTRY: &str = "nvmm_overlay";

// SAFETY: integers only, and the kernel's parameter byte by byte.
unsafe impl DeviceCopy for OverlayParams {}

glib::wrapper! {
    pub(crate) struct OtherMix(ObjectSubclass<Imp>)
        @extends CudaAggregator, gst_base::Aggregator, gst::Element, gst::Object,
        @implements gst::ChildProxy;
}

#[derive(Debug, Default)]
pub(crate) struct Imp {
    kernel: Mutex<Option<Kernel>>,
}

impl Imp {
    fn kernel(&self) -> MutexGuard<'_, Option<Kernel>> {
        // Only ever replaced as a whole.
        self.kernel.lock().unwrap_or_else(|e| e.into_inner())
    }
}

#[glib::object_subclass]
impl ObjectSubclass for Imp {
    const NAME: &'static str = "NvmmTestOtherMix";
    const ALLOW_NAME_CONFLICT: bool = true;
    type Type = OtherMix;
    type ParentType = CudaAggregator;
}

impl ObjectImpl for Imp {}
impl GstObjectImpl for Imp {}

impl ElementImpl for Imp {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Other mix",
                "Filter/Editor/Video/Compositor/Hardware",
                env!("CARGO_PKG_DESCRIPTION"),
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let rgba = video_formats()
                .filter(|format| gst_nvmm::is_color_format(*format, ColorFormat::RGBA));
            CudaAggregator::pad_templates(&nvmm_caps(rgba), CudaAggregatorPad::static_type())
        });
        &TEMPLATES
    }
}

impl AggregatorImpl for Imp {}

impl CudaAggregatorImpl for Imp {
    fn open(&self, session: &Session) -> Result<()> {
        *self.kernel() = Some(Kernel::from_ptx(session.context(), PTX, ENTRY)?);
        Ok(())
    }

    fn close(&self) {
        *self.kernel() = None;
    }

    fn process(&self, session: &Session, inputs: &[Input], output: &NvmmFrame) -> Result<()> {
        let kernel = self.kernel();
        // `open` has set it before any frame comes.
        let Some(kernel) = &*kernel else {
            return Ok(());
        };
        let (address, pitch) = output.pitch_ptr(0)?;
        let mut params = OverlayParams {
            output: address,
            pitch,
            width: output.width(),
            height: output.height(),
            num_layers: inputs.len().min(MAX_LAYERS) as u32,
            flags: 0,
            background: 0xff00_0000,
            layers: [Layer::EMPTY; MAX_LAYERS],
        };
        for (layer, Input { frame, .. }) in params.layers.iter_mut().zip(inputs) {
            let (data, pitch) = frame.pitch_ptr(0)?;
            *layer = Layer {
                data,
                pitch,
                width: frame.width(),
                height: frame.height(),
                alpha: 255,
                flags: LAYER_OWN_ALPHA,
                ..Layer::EMPTY
            };
        }
        let (grid, stream) = (params.grid(), session.stream());
        // SAFETY: the kernel takes one `OverlayParams` and stays within the sizes in it, which are
        // those of frames that the base class holds and orders the stream behind.
        unsafe { launch!(kernel<<<grid, BLOCK, 0, stream>>>(params)) }?;
        Ok(())
    }
}
