#![forbid(unsafe_code)]

use nvbufsurface_sys::extended::NvBufSurfaceCreateParams;

use crate::error::{Error, ErrorKind, Result};
use crate::params::MAX_SIZE;
use crate::surface::{Request, Surface};
use crate::{ColorFormat, Layout, MemType, Tag};

/// What to allocate; from [`Surface::builder`] and [`Surface::raw_builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing is allocated before build()"]
pub struct SurfaceBuilder {
    shape: Shape,
    layout: Layout,
    mem_type: MemType,
    batch: u32,
    gpu: u32,
    is_contiguous: bool,
    tag: Tag,
    pitch_padding: bool,
}

#[derive(Clone, Debug)]
enum Shape {
    Picture {
        width: u32,
        height: u32,
        format: ColorFormat,
    },
    Raw {
        bytes: u32,
    },
}

impl SurfaceBuilder {
    pub(crate) fn picture(width: u32, height: u32) -> Self {
        Self::new(Shape::Picture {
            width,
            height,
            format: ColorFormat::RGBA,
        })
    }

    pub(crate) fn raw(bytes: u32) -> Self {
        Self::new(Shape::Raw { bytes })
    }

    fn new(shape: Shape) -> Self {
        Self {
            shape,
            layout: Layout::PITCH,
            mem_type: MemType::DEFAULT,
            batch: 1,
            gpu: 0,
            is_contiguous: false,
            tag: Tag::NONE,
            pitch_padding: true,
        }
    }

    /// The pixel format; RGBA if not said. Raw memory has none, and ignores it.
    pub fn format(mut self, format: ColorFormat) -> Self {
        if let Shape::Picture { format: place, .. } = &mut self.shape {
            *place = format;
        }
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

    /// Whether all buffers of the batch are one block of memory; not if not said. CUDA memory types
    /// only.
    #[doc(alias = "isContiguous")]
    pub fn contiguous(mut self, is_contiguous: bool) -> Self {
        self.is_contiguous = is_contiguous;
        self
    }

    /// Who will use it; nobody in particular if not said. Needs `NvBufSurfaceAllocate` (since R34.1).
    #[doc(alias = "memtag")]
    pub fn tag(mut self, tag: Tag) -> Self {
        self.tag = tag;
        self
    }

    /// Whether rows may be padded, as they are if not said. Without, the pitch is the width in bytes,
    /// where odd widths are made even. CUDA and system memory types only, since R35.3.
    #[doc(alias = "disablePitchPadding")]
    pub fn pitch_padding(mut self, is_padded: bool) -> Self {
        self.pitch_padding = is_padded;
        self
    }

    /// Allocates. `num_filled` is the batch size from the start, as NVIDIA's elements set it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`] for a size, batch, format or memory type that cannot be;
    /// [`ErrorKind::Load`] where there is no libnvbufsurface, or it lacks what was asked for;
    /// [`ErrorKind::Call`] when the library refuses.
    #[doc(alias = "NvBufSurfaceCreate")]
    #[doc(alias = "NvBufSurfaceAllocate")]
    pub fn build(self) -> Result<Surface> {
        self.check()
            .map_err(|what| Error::new(ErrorKind::Invalid, "SurfaceBuilder::build", what))?;
        let (width, height, format, size) = match self.shape {
            Shape::Picture {
                width,
                height,
                format,
            } => (width, height, format, 0),
            Shape::Raw { bytes } => (0, 0, ColorFormat::INVALID, bytes),
        };
        let params = NvBufSurfaceCreateParams {
            gpuId: self.gpu,
            width,
            height,
            size,
            isContiguous: self.is_contiguous,
            colorFormat: format.0,
            layout: self.layout.0,
            memType: self.mem_type.0,
            // The classic family ends before.
            ..Default::default()
        };
        Surface::create(&Request {
            params,
            batch: self.batch,
            tag: self.tag,
            pitch_padding: self.pitch_padding,
        })
    }

    /// What can be said without the library.
    fn check(&self) -> Result<(), String> {
        match self.shape {
            Shape::Picture {
                width,
                height,
                format,
            } => {
                if width == 0 || height == 0 {
                    return Err(format!("{width}x{height} has no pixels"));
                }
                if width > MAX_SIZE || height > MAX_SIZE {
                    return Err(format!(
                        "{width}x{height}; sides are at most {MAX_SIZE} pixels"
                    ));
                }
                if format == ColorFormat::INVALID {
                    return Err(
                        "color format INVALID: Surface::raw_builder is for raw memory".into(),
                    );
                }
            }
            Shape::Raw { bytes: 0 } => return Err("raw memory of no bytes".into()),
            Shape::Raw { .. } => {}
        }
        if !(1..=1024).contains(&self.batch) {
            let batch = self.batch;
            return Err(format!("a batch of {batch}; 1 to 1024 are possible"));
        }
        let is_cuda = matches!(
            self.mem_type,
            MemType::CUDA_DEVICE | MemType::CUDA_PINNED | MemType::CUDA_UNIFIED
        );
        if self.is_contiguous && !is_cuda {
            return Err(format!(
                "contiguous and memory type {}: name a CUDA memory type, others have a block for \
                 each buffer",
                self.mem_type
            ));
        }
        if !self.pitch_padding && !is_cuda && self.mem_type != MemType::SYSTEM {
            return Err(format!(
                "no padding of rows and memory type {}: name a CUDA memory type or SYSTEM, engines \
                 need the padding of others",
                self.mem_type
            ));
        }
        Ok(())
    }
}
