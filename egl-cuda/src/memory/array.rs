//! Arrays.

use std::fmt;
use std::ptr::NonNull;

use crate::copy::{Pending, Place, Rows, Streams};
use crate::error::check;
use crate::sys::{self, CUarray, CUarray_format};
use crate::{Context, CopySource, CopyTarget, Error, Result};

/// Memory in the GPU's own (block-linear) order: for textures, surface objects, and frames for encoders
/// that take no other.
///
/// Kernels reach it through a frame made of it, [`CudaFrame::from_arrays`](crate::CudaFrame::from_arrays):
/// its surface and texture objects. What it holds at first is not said.
///
/// # Invariants
///
/// `raw` is an array of this shape, made in the context of `pending` and destroyed by `drop` alone.
pub struct Array {
    raw: NonNull<sys::CUarray_st>,
    width: u32,
    height: u32,
    format: CUarray_format,
    channels: u32,
    /// Bytes of a pixel: of all its channels.
    pixel: u32,
    destroy: sys::PFN_cuArrayDestroy,
    pending: Pending,
}

// SAFETY: the handle belongs to no thread, and destroying it pushes the context.
unsafe impl Send for Array {}
// SAFETY: as above; nothing changes but what is behind a lock.
unsafe impl Sync for Array {}

impl Array {
    /// Makes an array of `width` by `height` pixels of 1, 2 or 4 channels of a type. Surface objects can
    /// be made of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument): it is empty, or has no such
    /// pixels. Or the driver's error, as when memory is out or a side is longer than the device takes.
    #[doc(alias = "cuArray3DCreate")]
    #[doc(alias = "cuArrayCreate")]
    pub fn new(
        context: &Context,
        width: u32,
        height: u32,
        format: CUarray_format,
        channels: u32,
    ) -> Result<Self> {
        const CALL: &str = "cuArray3DCreate";
        let refuse = |what: String| Error::argument("Array::new", what);
        if width == 0 || height == 0 {
            return Err(refuse(format!("{width}x{height} pixels are none")));
        }
        let channel = super::channel_bytes(format).filter(|_| matches!(channels, 1 | 2 | 4));
        let Some(channel) = channel else {
            return Err(refuse(format!(
                "pixels have 1, 2 or 4 channels of 8 to 32 bits, not {channels} of type {:#x}",
                format.0
            )));
        };
        let functions = context.functions();
        let missing = || Error::missing(CALL);
        let create = functions.array_3d_create.ok_or_else(missing)?;
        let destroy = functions.array_destroy.ok_or_else(missing)?;
        let descriptor = sys::CUDA_ARRAY3D_DESCRIPTOR {
            Width: width as usize,
            Height: height as usize,
            Depth: 0,
            Format: format,
            NumChannels: channels,
            Flags: sys::CUDA_ARRAY3D_SURFACE_LDST,
        };
        let mut raw: CUarray = std::ptr::null_mut();
        let _current = context.push()?;
        // SAFETY: both pointers are to live values, and the context is current.
        let code = unsafe { create(&raw mut raw, &raw const descriptor) };
        check(context.driver(), CALL, code)?;
        let raw = NonNull::new(raw)
            .ok_or_else(|| Error::argument(CALL, "the driver gave a null array"))?;
        Ok(Self {
            raw,
            width,
            height,
            format,
            channels,
            pixel: channel * channels,
            destroy,
            pending: Pending::new(context),
        })
    }

    /// The handle, valid while this object lives.
    pub fn as_raw(&self) -> CUarray {
        self.raw.as_ptr()
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Type of one channel.
    pub fn format(&self) -> CUarray_format {
        self.format
    }

    /// Channels of a pixel: 1, 2 or 4.
    pub fn channels(&self) -> u32 {
        self.channels
    }

    /// Bytes of a pixel.
    pub fn bytes_per_pixel(&self) -> u32 {
        self.pixel
    }

    /// The context that the array is of.
    pub fn context(&self) -> &Context {
        self.pending.context()
    }

    /// All rows, to copy from.
    pub fn source(&self) -> CopySource<'_> {
        CopySource(self.rows())
    }

    /// All rows, to copy to.
    pub fn target(&self) -> CopyTarget<'_> {
        CopyTarget(self.rows())
    }

    fn rows(&self) -> Rows<'_> {
        Rows {
            place: Place::Array(self.as_raw()),
            x: 0,
            y: 0,
            row_bytes: self.width as usize * self.pixel as usize,
            height: self.height as usize,
            element: self.pixel as usize,
            streams: Streams::Any,
            pending: Some(&self.pending),
        }
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        super::end(&self.pending, "cuArrayDestroy", || {
            // SAFETY: by the type invariant the array is ours to destroy, once, in its context, which
            // `end` has made current; copies are done, and kernels are by the contract of their launch.
            unsafe { (self.destroy)(self.as_raw()) }
        });
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Array")
            .field("raw", &self.raw)
            .field("width", &self.width)
            .field("height", &self.height)
            .field("format", &self.format)
            .field("channels", &self.channels)
            .finish_non_exhaustive()
    }
}
