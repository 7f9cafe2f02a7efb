#![forbid(unsafe_code)]

use nvbufsurface_sys::extended::NvBufSurfaceCreateParams;

use crate::error::{Error, ErrorKind, Result};
use crate::surface::Surface;
use crate::{ColorFormat, Layout, MemType};

/// What to allocate; from [`Surface::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing is allocated before build()"]
pub struct SurfaceBuilder {
    width: u32,
    height: u32,
    format: ColorFormat,
    layout: Layout,
    mem_type: MemType,
    batch: u32,
    gpu: u32,
}

impl SurfaceBuilder {
    pub(crate) fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            format: ColorFormat::RGBA,
            layout: Layout::PITCH,
            mem_type: MemType::DEFAULT,
            batch: 1,
            gpu: 0,
        }
    }

    /// The pixel format; RGBA if not said.
    pub fn format(mut self, format: ColorFormat) -> Self {
        self.format = format;
        self
    }

    /// Pitch linear (if not said) or block linear.
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// The memory type; the platform's default if not said.
    pub fn mem_type(mut self, mem_type: MemType) -> Self {
        self.mem_type = mem_type;
        self
    }

    /// How many buffers of this shape the surface has; 1 if not said.
    pub fn batch(mut self, batch: u32) -> Self {
        self.batch = batch;
        self
    }

    /// Which GPU, on machines with several; 0 if not said.
    pub fn gpu(mut self, gpu: u32) -> Self {
        self.gpu = gpu;
        self
    }

    /// Allocates. `num_filled` is the batch size from the start, as NVIDIA's elements set it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a size, batch or format that cannot be; [`ErrorKind::Load`] where
    /// there is no libnvbufsurface; [`ErrorKind::Call`] when the library refuses.
    #[doc(alias = "NvBufSurfaceCreate")]
    pub fn build(self) -> Result<Surface> {
        let invalid = |what| Err(Error::new(ErrorKind::Invalid, "NvBufSurfaceCreate", what));
        if self.width == 0 || self.height == 0 {
            return invalid(format!("{}x{} has no pixels", self.width, self.height));
        }
        if !(1..=1024).contains(&self.batch) {
            return invalid(format!("a batch of {}; 1 to 1024 are possible", self.batch));
        }
        if self.format == ColorFormat::INVALID {
            return invalid("color format INVALID".into());
        }
        let params = NvBufSurfaceCreateParams {
            gpuId: self.gpu,
            width: self.width,
            height: self.height,
            size: 0,
            isContiguous: false,
            colorFormat: self.format.0,
            layout: self.layout.0,
            memType: self.mem_type.0,
            // The classic family ends before.
            ..Default::default()
        };
        Surface::create(self.batch, params)
    }
}
