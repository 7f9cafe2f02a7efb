use std::sync::{LazyLock, Mutex, MutexGuard};

use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::subclass::prelude::*;
use gst_nvmm::egl_cuda::cust::{launch, memory::DeviceCopy};
use gst_nvmm::egl_cuda::{self, CudaFrame, Kernel, PlaneData};
use gst_nvmm::{
    CudaAggregator, CudaAggregatorImpl, CudaAggregatorPad, Input, NvmmFrame, Result, Session,
    nvmm_caps,
};
use gst_video::{VideoFormat, VideoInfo};

use super::NvmmOverlayPad;
use crate::kernel::{
    BLOCK, LAYER_OWN_ALPHA, LAYER_SURFACE, LAYER_SWAP, Layer, MAX_LAYERS, OVERLAY_KEEP,
    OVERLAY_SURFACE, OverlayParams,
};

/// Made from kernels/overlay.cu by ci/kernels.sh.
const PTX: &str = include_str!("../../kernels/overlay.ptx");
const ENTRY: &str = "nvmm_overlay";
const FORMATS: [VideoFormat; 2] = [VideoFormat::Rgba, VideoFormat::Bgrx];
/// Opaque black, in the memory order of either format.
const BACKGROUND: u32 = 0xff00_0000;

// SAFETY: integers only, and the kernel's parameter byte by byte.
unsafe impl DeviceCopy for OverlayParams {}

#[derive(Debug, Default)]
pub(crate) struct NvmmOverlay {
    kernel: Mutex<Option<Kernel>>,
    /// Kept between frames, for its memory.
    order: Mutex<Vec<(u32, usize)>>,
}

/// Locks; both are replaced or cleared as a whole, so a panic elsewhere does not spoil them.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

fn placement(pad: &CudaAggregatorPad) -> Option<super::pad::Placement> {
    pad.downcast_ref::<NvmmOverlayPad>()
        .map(|pad| pad.imp().placement())
}

/// Where the kernel finds a picture's pixels.
struct Pixels {
    /// An address, or a surface object.
    data: u64,
    pitch: u32,
    is_surface: bool,
}

fn pixels(frame: &CudaFrame) -> egl_cuda::Result<Pixels> {
    let plane = frame.plane(0)?;
    Ok(match plane.data {
        PlaneData::Pitch(data) => Pixels {
            data,
            pitch: plane.layout.pitch,
            is_surface: false,
        },
        PlaneData::Array(_) => Pixels {
            data: frame.surface_object(0)?,
            pitch: 0,
            is_surface: true,
        },
    })
}

fn layer(input: &Input, output: VideoFormat) -> egl_cuda::Result<Layer> {
    let Pixels {
        data,
        pitch,
        is_surface,
    } = pixels(&input.frame)?;
    let info = input.frame.info();
    let mut flags = if is_surface { LAYER_SURFACE } else { 0 };
    if info.format() == VideoFormat::Rgba {
        flags |= LAYER_OWN_ALPHA;
    }
    if info.format() != output {
        flags |= LAYER_SWAP;
    }
    let place = placement(&input.pad);
    Ok(Layer {
        data,
        pitch,
        x: place.map_or(0, |p| p.x),
        y: place.map_or(0, |p| p.y),
        width: input.frame.width(),
        height: input.frame.height(),
        // As compositor does, rounded down.
        alpha: place.map_or(255, |p| (p.alpha * 255.0) as u32),
        flags,
        reserved: 0,
    })
}

impl NvmmOverlay {
    fn launch(&self, session: &Session, inputs: &[Input], output: &NvmmFrame) -> Result<()> {
        let kernel = lock(&self.kernel);
        // `open` has set it before any frame comes.
        let Some(kernel) = &*kernel else {
            return Ok(());
        };
        let mut order = lock(&self.order);
        order.clear();
        for (i, input) in inputs.iter().enumerate() {
            order.push((placement(&input.pad).map_or(0, |p| p.zorder), i));
        }
        order.sort_unstable();
        let Pixels {
            data,
            pitch,
            is_surface,
        } = pixels(output)?;
        let mut params = OverlayParams {
            output: data,
            pitch,
            width: output.width(),
            height: output.height(),
            num_layers: 0,
            flags: if is_surface { OVERLAY_SURFACE } else { 0 },
            background: BACKGROUND,
            layers: [Layer::EMPTY; MAX_LAYERS],
        };
        let stream = session.stream();
        let grid = params.grid();
        let format = output.info().format();
        let mut rest = order.as_slice();
        loop {
            let (now, later) = rest.split_at(rest.len().min(MAX_LAYERS));
            for (layer_slot, (_, i)) in params.layers.iter_mut().zip(now) {
                *layer_slot = layer(&inputs[*i], format)?;
            }
            params.num_layers = now.len() as u32;
            params
                .check()
                .map_err(|e| gst::error_msg!(gst::StreamError::Format, ("{e}")))?;
            // SAFETY: the kernel takes one `OverlayParams` and stays within the sizes in it. Its
            // pixels are alive and ours: the base class holds the frames, has made the stream
            // wait for other work on them, and leaves its event.
            unsafe { launch!(kernel<<<grid, BLOCK, 0, stream>>>(params)) }?;
            if later.is_empty() {
                return Ok(());
            }
            params.flags |= OVERLAY_KEEP;
            rest = later;
        }
    }
}

#[glib::object_subclass]
impl ObjectSubclass for NvmmOverlay {
    const NAME: &'static str = "GstNvmmOverlay";
    const ALLOW_NAME_CONFLICT: bool = true;
    type Type = super::NvmmOverlay;
    type ParentType = gst_nvmm::CudaAggregator;
}

impl ObjectImpl for NvmmOverlay {}
impl GstObjectImpl for NvmmOverlay {}

impl ElementImpl for NvmmOverlay {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NVMM overlay",
                "Filter/Editor/Video/Compositor/Hardware",
                "Lays any number of NVMM pictures over each other with one CUDA kernel",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            CudaAggregator::pad_templates(&nvmm_caps(FORMATS), NvmmOverlayPad::static_type())
        });
        &TEMPLATES
    }
}

impl AggregatorImpl for NvmmOverlay {}

impl CudaAggregatorImpl for NvmmOverlay {
    fn open(&self, session: &Session) -> Result<()> {
        let kernel = Kernel::from_ptx(session.context(), PTX, ENTRY)?;
        *lock(&self.kernel) = Some(kernel);
        Ok(())
    }

    fn close(&self) {
        *lock(&self.kernel) = None;
    }

    fn output_size(&self, inputs: &[(CudaAggregatorPad, VideoInfo)]) -> (u32, u32) {
        let far = |position: i32, size: u32| size.saturating_add(position.max(0).unsigned_abs());
        inputs.iter().fold((1, 1), |(width, height), (pad, info)| {
            let (x, y) = placement(pad).map_or((0, 0), |p| (p.x, p.y));
            (
                width.max(far(x, info.width())),
                height.max(far(y, info.height())),
            )
        })
    }

    fn process(&self, session: &Session, inputs: &[Input], output: &NvmmFrame) -> Result<()> {
        self.launch(session, inputs, output)
    }
}
